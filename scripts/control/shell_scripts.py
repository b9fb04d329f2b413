"""The completion scripts of the shells. Each asks the program for candidates of a line.

A candidate is a line: the word, and after a tab its help. A line `FILES` asks for file names.
"""

from collections.abc import Mapping

FILES = "\x1d"
"""A line of the answer that asks the shell for the names of files. No word contains it."""

BASH = r"""# Completion for bash: eval "$(websocket-mock-server completion bash)"
_websocket_mock_server() {
    local word help
    COMPREPLY=()
    while IFS=$'\t' read -r word help; do
        if [[ $word == $'\x1d' ]]; then
            compopt -o filenames 2>/dev/null
            while IFS= read -r word; do COMPREPLY+=("$word"); done \
                < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]#[=@]}")
        else
            COMPREPLY+=("$word")
        fi
    done < <("$1" completion bash --complete "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -F _websocket_mock_server websocket-mock-server
"""

ZSH = r"""#compdef websocket-mock-server
# Completion for zsh: source <(websocket-mock-server completion zsh)
_websocket_mock_server() {
    local word help
    local -a words_ helps keys
    while IFS=$'\t' read -r word help; do
        if [[ $word == $'\x1d' ]]; then
            _files
        elif [[ $word == *= ]]; then
            keys+=("$word")
        else
            words_+=("$word")
            helps+=("$word${help:+  -- $help}")
        fi
    done < <($words[1] completion zsh --complete "${(j: :)${(@)words[1,CURRENT]}}" 2>/dev/null)
    (( $#words_ )) && compadd -l -d helps -- $words_
    (( $#keys )) && compadd -S '' -- $keys
    return 0
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
compdef _websocket_mock_server websocket-mock-server
"""

FISH = r"""# Completion for fish: websocket-mock-server completion fish | source
function __websocket_mock_server
    set -l line (commandline -cp)
    set -l program (commandline -opc)[1]
    for candidate in ($program completion fish --complete "$line" 2>/dev/null)
        if test "$candidate" = \x1d
            __fish_complete_path (commandline -ct)
        else
            printf '%s\n' $candidate
        end
    end
end
complete -c websocket-mock-server -f -a '(__websocket_mock_server)'
"""

SCRIPTS: Mapping[str, str] = {"bash": BASH, "zsh": ZSH, "fish": FISH}
