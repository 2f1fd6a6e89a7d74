"""The start-up files of a shell inside an environment: constant text, all that varies is in env.

A person's own start-up file may set PATH and the prompt anew, so it runs first and the
environment is activated after it. ``ENVBOOT_PREFIX`` and ``ENVBOOT_NAME`` say which; the name
was reduced to harmless characters, since prompts are expanded.
"""

from __future__ import annotations

_ACTIVATE = """\
PATH="${PATH#"$ENVBOOT_PREFIX/bin:"}"
if [ -f "$ENVBOOT_PREFIX/bin/activate" ] && [ ! -d "$ENVBOOT_PREFIX/conda-meta" ]; then
    VIRTUAL_ENV_DISABLE_PROMPT=1
    . "$ENVBOOT_PREFIX/bin/activate"
    unset VIRTUAL_ENV_DISABLE_PROMPT
else
    PATH="$ENVBOOT_PREFIX/bin:$PATH"
    export PATH
    if [ -d "$ENVBOOT_PREFIX/conda-meta" ]; then
        [ -z "${CONDA_PROMPT_MODIFIER-}" ] || PS1="${PS1#"$CONDA_PROMPT_MODIFIER"}"
        export CONDA_PREFIX="$ENVBOOT_PREFIX" CONDA_DEFAULT_ENV="$ENVBOOT_NAME" CONDA_SHLVL=1
    else
        export VIRTUAL_ENV="$ENVBOOT_PREFIX"
    fi
fi
_OLD_VIRTUAL_PS1="${PS1-}"
_envboot_prompt() {
    case "${VIRTUAL_ENV-}:${CONDA_PREFIX-}:${PS1-}" in
        *":"*"($ENVBOOT_NAME)"*) ;;
        "$ENVBOOT_PREFIX:"* | *":$ENVBOOT_PREFIX:"*) PS1="($ENVBOOT_NAME) ${PS1-}" ;;
    esac
}
_envboot_prompt
"""

BASH = (
    """\
# Written by envboot for `envboot shell`: the person's own file first, then the environment.
[ ! -f ~/.bashrc ] || . ~/.bashrc
"""
    + _ACTIVATE
    + """\
PROMPT_COMMAND="${PROMPT_COMMAND:+$PROMPT_COMMAND
}_envboot_prompt"
"""
)

ZSHENV = """\
# Written by envboot for `envboot shell`: zsh looks for its files where ZDOTDIR says.
_envboot_files=$ZDOTDIR
if [[ -n ${ENVBOOT_ZDOTDIR-} ]]; then ZDOTDIR=$ENVBOOT_ZDOTDIR; else unset ZDOTDIR; fi
[[ ! -f ${ZDOTDIR:-$HOME}/.zshenv ]] || . "${ZDOTDIR:-$HOME}/.zshenv"
ENVBOOT_ZDOTDIR=${ZDOTDIR-}
ZDOTDIR=$_envboot_files
unset _envboot_files
"""

ZSHRC = (
    """\
# Written by envboot for `envboot shell`: the person's own file first, then the environment.
if [[ -n ${ENVBOOT_ZDOTDIR-} ]]; then ZDOTDIR=$ENVBOOT_ZDOTDIR; else unset ZDOTDIR; fi
unset ENVBOOT_ZDOTDIR
[[ ! -f ${ZDOTDIR:-$HOME}/.zshrc ]] || . "${ZDOTDIR:-$HOME}/.zshrc"
"""
    + _ACTIVATE
    + """\
autoload -Uz add-zsh-hook && add-zsh-hook precmd _envboot_prompt
"""
)

FISH = """\
set -gx PATH (string match -v -- "$ENVBOOT_PREFIX/bin" $PATH)
if test -f "$ENVBOOT_PREFIX/bin/activate.fish"; and not test -d "$ENVBOOT_PREFIX/conda-meta"
    set -g VIRTUAL_ENV_DISABLE_PROMPT 1
    source "$ENVBOOT_PREFIX/bin/activate.fish"
    set -e VIRTUAL_ENV_DISABLE_PROMPT
else
    set -gx PATH "$ENVBOOT_PREFIX/bin" $PATH
end
functions -q fish_prompt; or function fish_prompt; echo '> '; end
functions -c fish_prompt _envboot_fish_prompt
function fish_prompt
    set -l before $status
    if test "$VIRTUAL_ENV$CONDA_PREFIX" != ""
        printf '(%s) ' "$ENVBOOT_NAME"
    end
    sh -c "exit $before"
    _envboot_fish_prompt
end
"""

POWERSHELL = (
    "$global:_EnvbootPrompt = $function:prompt; "
    'function global:prompt { "($env:ENVBOOT_NAME) " + (& $global:_EnvbootPrompt) }'
)
