#compdef wg-run
# wg-run: completion for zsh. In ~/.zshrc, behind compinit: source <(wg-run completion zsh)

_wg-run() {
    local -i dashes=${words[(ie)--]}
    # Behind "--" the worker's own completion goes on, or else the shell's.
    if (( dashes > 1 && dashes < CURRENT )); then
        words=("${(@)words[dashes + 1,-1]}")
        (( CURRENT -= dashes ))
        _normal
        return
    fi
    local -a found
    found=("${(@f)$(print -rN -- "${(@Q)words[2,CURRENT - 1]}" "${(Q)PREFIX}" | command wg-run completion --answer 2>/dev/null)}")
    found=(${found:#})
    (( $#found )) || return 1
    # No blank behind what goes on.
    compadd -Q -S '' -- ${(M)found:#*[:=]}
    compadd -Q -- ${found:#*[:=]}
    return 0
}

if [[ $funcstack[1] == _wg-run ]]; then
    _wg-run "$@" # a file _wg-run in $fpath
elif (( $+functions[compdef] )); then
    compdef _wg-run wg-run
else
    print -ru2 -- "wg-run: hint: before this line in ~/.zshrc: autoload -U compinit; compinit"
fi
