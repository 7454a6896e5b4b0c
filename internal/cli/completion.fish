# wg-run: completion for fish. In ~/.config/fish/config.fish: wg-run completion fish | source

function __wg_run_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    # Behind "--" the worker's own completion goes on, or else the shell's.
    if set -l dashes (contains -i -- -- $words)
        set -e words[1..$dashes]
        complete -C (string join -- ' ' (string escape -- $words) "$word")
        return
    end
    set -e words[1]
    set word (string replace -r '^[\'"]' '' -- "$word") # an open quote
    printf '%s\0' $words "$word" | command wg-run completion --answer 2>/dev/null
end

complete -c wg-run -f -a '(__wg_run_complete)'
