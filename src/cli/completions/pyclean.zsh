#compdef pyclean
_pyclean() {
    local -a lines described
    # Without quotes, zsh passes no empty argument, which would not be valid.
    lines=(${(f)"$(command pyclean --generate candidates -- \
        $((CURRENT - 1)) ${(Q)words[1,CURRENT]} 2>/dev/null)"})
    if (( ! $#lines )); then
        _files
        return
    fi
    # `_describe` expects `value:description`.
    described=("${(@)lines/$'\t'/:}")
    _describe value described
}
# `compinit` runs this file as the function, other users of it read it.
if [[ $funcstack[1] == _pyclean ]]; then
    _pyclean "$@"
else
    compdef _pyclean pyclean
fi
