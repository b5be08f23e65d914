# Completions of pyclean for fish.
function __pyclean_candidates
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    set -l current (commandline --current-token --cut-at-cursor)
    set -l index (count $words)
    # An empty argument is not valid.
    test -n "$current"; and set --append words $current
    set -l lines (command pyclean --generate candidates -- $index $words 2>/dev/null)
    if test (count $lines) -gt 0
        printf '%s\n' $lines
    else
        __fish_complete_path $current
    end
end
complete --command pyclean --no-files --keep-order --arguments '(__pyclean_candidates)'
