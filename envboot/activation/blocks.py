"""The marked block that makes an activation script set variables, and quoting for each shell.

The values come out of a stranger's file: whatever they hold (``$(rm -rf ~)``, quotes, newlines)
they stay text in every shell. A value that a shell has no safe spelling for is left out there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Variables = Sequence[tuple[str, str]]

TITLE = "envboot variables"
_MARKED = re.compile(
    rf"^[ \t]*(?:#|@REM) >>> {TITLE} >>>.*?<<< {TITLE} <<<\r?\n", re.DOTALL | re.MULTILINE
)
_CSH_CALL = "_envboot_off; "


def posix(text: str) -> str:
    """Quote for sh, bash and zsh: within single quotes nothing has a meaning."""
    return "'" + text.replace("'", "'\"'\"'") + "'"


def fish(text: str) -> str:
    r"""Quote for fish, where ``\\`` and ``\'`` work within single quotes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def powershell(text: str) -> str:
    """Quote for PowerShell, which takes typographic quotes for quotes too."""
    return "'" + re.sub("(['\u2018\u2019\u201a\u201b])", r"\1\1", text) + "'"


def csh(text: str) -> str:
    """Quote for csh and tcsh, where history is expanded even within quotes."""
    return "'" + text.replace("'", "'\"'\"'").replace("!", "\\!") + "'"


def batch(text: str) -> str:
    """Return text for the inside of ``set "NAME=…"`` in a batch file; see :func:`batch_can`."""
    return text.replace("%", "%%")


def batch_can(text: str) -> bool:
    """Return whether cmd has a safe spelling: a quote would end the quotes, a newline the line."""
    return not re.search(r'["\r\n]', text)


def weave(name: str, text: str, values: Variables) -> str:
    """Return the activation script ``name`` with the block for ``values``; () takes it out.

    The script sets each variable when it has done its own work, and its ``deactivate`` gives
    back what was there before. ``text`` is the script of venv, virtualenv or uv, or one woven
    earlier; a script in which ``deactivate`` cannot be found only sets.
    """
    text = _MARKED.sub("", text).replace(f"alias deactivate '{_CSH_CALL}", "alias deactivate '")
    if not values:
        return text
    newline = "\r\n" if "\r\n" in text else "\n"
    return _WEAVERS[name.lower()](text, values).replace("\r\n", "\n").replace("\n", newline)


def _block(lines: list[str], comment: str = "#", indent: str = "") -> str:
    rows = [f"{comment} >>> {TITLE} >>>", *lines, f"{comment} <<< {TITLE} <<<"]
    return "".join(f"{indent}{row}\n" for row in rows)


def _around(text: str, head: str, off: str, on: str) -> str:
    """Put ``off`` after the line that begins ``deactivate``, and ``on`` at the end."""
    text = text.replace("\r\n", "\n")
    text = text if text.endswith("\n") else text + "\n"
    found = re.search(head, text, re.MULTILINE)
    return (text[: found.end()] + off + text[found.end() :] if found else text) + on


def _posix(text: str, values: Variables) -> str:
    off = ['if [ -n "${_ENVBOOT_ON:-}" ] ; then']
    on: list[str] = []
    for name, value in values:
        old = f"_ENVBOOT_OLD_{name}"
        off += [
            f'    if [ -n "${{{old}+x}}" ] ; then {name}="${old}"; export {name}; unset {old}',
            f"    else unset {name}; fi",
        ]
        on += [
            f'if [ -n "${{{name}+x}}" ] ; then {old}="${name}"; fi',
            f"{name}={posix(value)}; export {name}",
        ]
    off += ["    unset _ENVBOOT_ON", "fi"]
    head = r"^(?:function )?deactivate ?\(\) ?\{\n"
    return _around(text, head, _block(off, indent="    "), _block([*on, "_ENVBOOT_ON=1"]))


def _fish(text: str, values: Variables) -> str:
    off, on = ["if set -q _ENVBOOT_ON"], []
    for name, value in values:
        old = f"_ENVBOOT_OLD_{name}"
        off += [
            f"    if set -q {old}; set -gx {name} ${old}; set -e {old}; else; set -e {name}; end"
        ]
        on += [
            f"if set -q {name}; set -g {old} ${name}; end",
            f"set -gx {name} {fish(value)}",
        ]
    off += ["    set -e _ENVBOOT_ON", "end"]
    head = r"^function deactivate\b.*\n"
    return _around(text, head, _block(off, indent="    "), _block([*on, "set -g _ENVBOOT_ON 1"]))


def _powershell(text: str, values: Variables) -> str:
    text = re.sub(r"(?ms)^# SIG # Begin signature block.*\Z", "", text)  # void once changed
    off, on = ["if ($global:_ENVBOOT_ON) {"], []
    for name, value in values:
        old = f"_ENVBOOT_OLD_{name}"
        off += [
            f"    if (Test-Path variable:global:{old}) {{",
            f"        $env:{name} = $global:{old}",
            f"        Remove-Variable -Name {old} -Scope Global",
            f"    }} else {{ Remove-Item env:{name} -ErrorAction SilentlyContinue }}",
        ]
        on += [
            f"if (Test-Path env:{name}) {{ $global:{old} = $env:{name} }}",
            f"$env:{name} = {powershell(value)}",
        ]
    off += ["    Remove-Variable -Name _ENVBOOT_ON -Scope Global", "}"]
    on += ["$global:_ENVBOOT_ON = $true"]
    head = r"^function global:deactivate ?\(.*\{\n"
    return _around(text, head, _block(off, indent="    "), _block(on))


def _csh(text: str, values: Variables) -> str:
    off, on = [], []
    for name, value in values:
        if "\n" in value or "\r" in value:
            on.append(f"# {name} is left out: csh has no spelling for a line break")
            continue
        old = f"_ENVBOOT_OLD_{name}"
        off.append(
            f"test $?_ENVBOOT_ON != 0 && unsetenv {name}; "
            f'test $?{old} != 0 && setenv {name} "${old}:q" && unset {old}; '
        )
        on += [
            f"if ($?{name}) then",  # on one line the value is expanded even when there is none
            f'    set {old} = "${name}:q"',
            "endif",
            f"setenv {name} {csh(value)}",
        ]
    alias = _block([f"alias _envboot_off '{''.join(off)}unset _ENVBOOT_ON'"])
    found = re.search(r"^alias deactivate '", text, re.MULTILINE)
    if found:
        before, after = text[: found.start()], text[found.end() :]
        text = f"{before}{alias}alias deactivate '{_CSH_CALL}{after}"
    return _around(text, r"\A(?!)", "", _block([*on, "set _ENVBOOT_ON = 1"]))


def _batch(text: str, values: Variables) -> str:
    on: list[str] = []
    for name, value in values:
        if not batch_can(value):
            on.append(f"@REM {name} is left out: cmd has no safe spelling for its value")
            continue
        on += [
            f'@if not defined _ENVBOOT_ON @set "_ENVBOOT_OLD_{name}=%{name}%"',
            f'@set "{name}={batch(value)}"',
        ]
    return _around(text, r"\A(?!)", "", _block([*on, '@set "_ENVBOOT_ON=1"'], "@REM"))


def _batch_off(text: str, values: Variables) -> str:
    off = [
        f'@if defined _ENVBOOT_ON @set "{name}=%_ENVBOOT_OLD_{name}%"'
        for name, value in values
        if batch_can(value)
    ]
    off += [f"@set _ENVBOOT_OLD_{name}=" for name, _ in values]
    return _around(text, r"\A(?!)", "", _block([*off, "@set _ENVBOOT_ON="], "@REM"))


_WEAVERS: dict[str, Callable[[str, Variables], str]] = {
    "activate": _posix,
    "activate.fish": _fish,
    "activate.ps1": _powershell,
    "activate.csh": _csh,
    "activate.bat": _batch,
    "deactivate.bat": _batch_off,
}
SCRIPTS = (*_WEAVERS, "Activate.ps1")
