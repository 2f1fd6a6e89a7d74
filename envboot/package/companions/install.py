"""install.sh and install.ps1: the way by hand, for whoever does not want envboot to do it."""

from __future__ import annotations

import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING

import envboot
from envboot import secrecy
from envboot.package.companions import images, signature

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envboot.package.companions import Picture

_MORE = "environment.yml names more, which only conda has: `conda env create` installs all of it"
SH, PS1 = "install.sh", "install.ps1"


def render(picture: Picture) -> Mapping[str, bytes]:
    """Return both scripts by their names, ASCII but for values of variables."""
    told = [
        (name, value)
        for name, value in picture.derived.conda.variables
        if name.isidentifier()
        and name.isascii()
        and value.isprintable()
        and not secrecy.why_secret(name, value)
    ]
    exports = "".join(f"\nexport {name}={posix(value)}" for name, value in told)
    settings = [  # PowerShell 5 takes a script without a mark for one in the system's code page
        f"$env:{name} = {powershell(value)}" for name, value in told if value.isascii()
    ]
    rows = ", ".join(powershell(row) for row in settings)
    note = _MORE if images.needs_conda(picture.derived) else ""
    in_sh = {"wanted=": posix(picture.python), "note=": posix(note)}
    in_ps1 = {"$wanted = ": powershell(picture.python), "$note = ": powershell(note)}
    return {
        SH: _filled(SH, {**in_sh, "    cat <<'VARIABLES'": exports}),
        PS1: _filled(PS1, {**in_ps1, "$variables = ": f"@({rows})"}),
    }


def posix(text: str) -> str:
    """Return ``text`` as one word of a POSIX shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def powershell(text: str) -> str:
    """Return ``text`` as a literal of PowerShell; it takes typographic quotes for its own too."""
    for quote in "'\u2018\u2019\u201a\u201b":
        text = text.replace(quote, quote * 2)
    return f"'{text}'"


def _filled(name: str, values: Mapping[str, str]) -> bytes:
    """Return the template with its variables set: each stands on a line of its own."""
    out = []
    for row in _template(name).split("\n"):
        key = next((key for key in values if row.startswith(key)), None)
        out.append(f"{key}{values[key]}" if key else row)
    return signature.sign("\n".join(out), "#")


def _template(name: str) -> str:
    data = pkgutil.get_data("envboot.templates", name)
    if data is None:  # a source tree that is not installed
        data = (Path(envboot.__file__).parent.parent / "templates" / name).read_bytes()
    return data.decode("ascii").replace("\r\n", "\n")
