# wg-run: completion for bash. In ~/.bashrc: source <(wg-run completion bash)

_wg_run() {
    local IFS=$' \t\n' line=${COMP_LINE:0:COMP_POINT} head='' worker='' rest word i
    local -a words=()
    COMPREPLY=()
    # bash breaks words at '=' and ':', too: what no blank parts belongs together.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        rest=${line#"${line%%[![:space:]]*}"}
        word=${COMP_WORDS[i]}
        ((i < COMP_CWORD)) || word=$rest
        if ((i > 0)) && [[ $rest == "$line" ]]; then
            words[${#words[@]} - 1]+=$word
        else
            if [[ ! $worker && ${#words[@]} -gt 1 && ${words[${#words[@]} - 1]} == -- ]]; then
                worker=$i
            fi
            words+=("$word")
        fi
        line=${rest#"$word"}
    done
    i=$((${#words[@]} - 1))
    if [[ $worker ]]; then
        _wg_run_worker "$worker" "${words[i]}"
        return
    fi
    # The line editor replaces only what stands behind the last break.
    case ${words[i]} in
    [\'\"]*) words[i]=${words[i]#?} ;;
    *)
        word=${COMP_WORDBREAKS//[!:=]/}
        [[ ! $word ]] || head=${words[i]%"${words[i]##*[$word]}"}
        ;;
    esac
    while IFS= read -r word; do
        COMPREPLY+=("${word#"$head"}")
    done < <(printf '%s\0' "${words[@]:1}" | command wg-run completion --answer 2>/dev/null)
    case ${#COMPREPLY[@]}${COMPREPLY[0]} in
    1*[:=]) compopt -o nospace 2>/dev/null ;;
    esac
}

# Behind "--" the worker's own completion goes on, or else the shell's.
_wg_run_worker() {
    if declare -F _command_offset >/dev/null; then
        _command_offset "$1"
    elif [[ $COMP_CWORD == "$1" && $2 != */* ]]; then
        while IFS= read -r word; do
            COMPREPLY+=("$word")
        done < <(compgen -c -- "$2")
    else
        compopt -o bashdefault -o default 2>/dev/null
    fi
}

complete -F _wg_run wg-run
