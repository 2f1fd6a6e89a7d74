"""The script that activates an environment of conda packages where there is no conda.

It does what ``conda activate`` does: PATH, the variables of the environment, the scripts that
packages leave in ``etc/conda/activate.d``; and its ``deactivate`` takes all of it back. The scripts
are named one by one, because zsh stops at a pattern that nothing matches.
Source: conda's documentation, "Managing environments" (saving environment variables).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envboot.activation import blocks, layout
from envboot.plan import Plan, Write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from envboot.shell import Shell

    Variables = Sequence[tuple[str, str]]

_POSIX = """\
# envboot wrote this file: it activates the environment where there is no conda.
deactivate () {{
    if [ -n "${{_ENVBOOT_OLD_PATH+x}}" ] ; then
{off}        PATH="$_ENVBOOT_OLD_PATH"; export PATH; unset _ENVBOOT_OLD_PATH
        unset CONDA_PREFIX CONDA_DEFAULT_ENV CONDA_SHLVL
    fi
    if [ -n "${{_ENVBOOT_OLD_PS1+x}}" ] ; then PS1="$_ENVBOOT_OLD_PS1"; unset _ENVBOOT_OLD_PS1; fi
    hash -r 2> /dev/null
    if [ "${{1:-}}" != nondestructive ] ; then unset -f deactivate; fi
}}
deactivate nondestructive
_ENVBOOT_OLD_PATH="$PATH"; PATH={bin}:"$PATH"; export PATH
CONDA_PREFIX={prefix}; CONDA_DEFAULT_ENV={name}; CONDA_SHLVL=1
export CONDA_PREFIX CONDA_DEFAULT_ENV CONDA_SHLVL
if [ -n "${{PS1:-}}" ] ; then _ENVBOOT_OLD_PS1="$PS1"; PS1={prompt}"$PS1"; fi
hash -r 2> /dev/null
"""
_FISH = """\
# envboot wrote this file: it activates the environment where there is no conda.
function deactivate
    if set -q _ENVBOOT_OLD_PATH
{off}        set -gx PATH $_ENVBOOT_OLD_PATH; set -e _ENVBOOT_OLD_PATH
        set -e CONDA_PREFIX; set -e CONDA_DEFAULT_ENV; set -e CONDA_SHLVL
    end
    if test "$argv[1]" != nondestructive; functions -e deactivate; end
end
deactivate nondestructive
set -g _ENVBOOT_OLD_PATH $PATH; set -gx PATH {bin} $PATH
set -gx CONDA_PREFIX {prefix}; set -gx CONDA_DEFAULT_ENV {name}; set -gx CONDA_SHLVL 1
"""


def plan(prefix: Path, name: str, values: Variables, shell: Shell) -> Plan:
    """Return the steps that write the scripts for ``prefix``; none where they are there already."""
    steps = []
    for fish in (False, True):
        path, text = layout.script(prefix, fish=fish), _text(prefix, name, values, shell, fish=fish)
        if shell.read(path) != text.encode("utf-8", "surrogateescape"):
            steps.append(Write(path, text))
    return Plan("the way in", tuple(steps))


def _text(prefix: Path, name: str, values: Variables, shell: Shell, *, fish: bool) -> str:
    quote = blocks.fish if fish else blocks.posix
    once = "test -r {0}; and source {0}\n" if fish else "if [ -r {0} ] ; then . {0}; fi\n"
    hooks = prefix / "etc" / "conda"

    def calls(folder: str) -> list[str]:
        ending = ".fish" if fish else ".sh"
        found = [p for p in shell.folder(hooks / folder) if p.suffix == ending]
        return [once.format(quote(str(p))) for p in found if "\n" not in p.name]

    plain = re.sub(r"[^\w.+@-]", "_", name)
    text = (_FISH if fish else _POSIX).format(
        off="".join(f"        {row}" for row in reversed(calls("deactivate.d"))),
        bin=quote(str(prefix / "bin")),
        prefix=quote(str(prefix)),
        name=quote(plain),
        prompt=quote(f"({plain}) "),
    )
    woven = blocks.weave("activate.fish" if fish else "activate", text, values)
    return woven + "".join(calls("activate.d"))
