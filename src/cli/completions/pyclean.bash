# Completions of pyclean for bash 3.2 and later.
_pyclean() {
    local i word start line words=()
    # Bash splits words at `=` and `:`. Join the parts of `--color=al` again.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if ((i > 1)) && [[ $word == [=:]* || ${COMP_WORDS[i - 1]} == *[=:] ]]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
        fi
    done
    i=$((${#words[@]} - 1))
    word=${words[i]}
    # Bash replaces only the part of the word that it completes.
    start=${word%"$2"}
    # An empty argument is not valid.
    [[ -n $word ]] || unset "words[i]"
    COMPREPLY=()
    while IFS= read -r line; do
        line=${line%%$'\t'*}
        COMPREPLY+=("${line#"$start"}")
    done < <(command pyclean --generate candidates -- "$i" "${words[@]}" 2>/dev/null)
}
# Where there are no candidates, `-o default` completes file names.
complete -o default -F _pyclean pyclean
