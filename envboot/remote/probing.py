"""What a computer behind ssh has: envboot itself is carried there, and asks.

One round trip: its archive goes in by standard input, :class:`envboot.machine.Machine` comes out
as JSON. Nothing is left there.
"""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import envboot
from envboot import archive, remote
from envboot.machine import ALL, Gpu, Machine
from envboot.remote import scripts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envboot.remote import Place
    from envboot.shell import Shell

SECONDS = 30.0  # for one computer
_MARK = "envboot found: "
_NO_PYTHON = "envboot found no python"
_AT_ONCE = 32
_TEXT = 400  # characters of a text from there that are kept
# The folder for temporary files may be full or read-only there; then the home is tried.
_SCRIPT = (
    scripts.FIND_PYTHON
    + r"""
place=$(mktemp -d 2>/dev/null || mktemp -d "$HOME/envboot-XXXXXX" 2>/dev/null) || {
    place=$HOME/envboot-$$
    mkdir -m 700 "$place" || exit 1
}
trap 'rm -rf "$place"' EXIT
trap 'exit 1' HUP INT TERM PIPE
cat >"$place/envboot.pyz" || exit 1
find_python || { echo 'envboot found no python'; exit 0; }
cd /
"$python" -I -B -c "$1" "$place/envboot.pyz" "$2" 2>&1
"""
)
_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); import dataclasses, json; "
    "from pathlib import Path; from envboot.machine import probe; "
    "from envboot.shell.local import LocalShell; shell = LocalShell(); "
    "found = probe(shell, shell.home or Path.home(), frozenset(sys.argv[2].split())); "
    f"print({_MARK!r} + json.dumps(dataclasses.asdict(found)))"
)


def probe(
    where: Place, asked: frozenset[str], shell: Shell, *, timeout: float = SECONDS
) -> Machine | str:
    """Return what it has, or a sentence that says why it cannot be learnt.

    ``asked`` is as for :func:`envboot.machine.probe`; free disk is that of its home.
    """
    return _probe(where, carried(shell), asked, shell, timeout)


def probes(
    places: tuple[Place, ...], asked: frozenset[str], shell: Shell
) -> tuple[Machine | str, ...]:
    """Probe all at once, in the same order."""
    program = carried(shell)

    def one(where: Place) -> Machine | str:
        return _probe(where, program, asked, shell, SECONDS)

    with ThreadPoolExecutor(min(len(places), _AT_ONCE) or 1) as pool:
        return tuple(pool.map(one, places))


def carried(shell: Shell) -> bytes:
    """Return envboot itself as Python imports it from one file: the archive that runs, or a zip.

    It is run there with the person's rights, and before any yes: so it is never the archive of the
    repository, which may be a stranger's and is not running here.
    """
    return archive.own(shell) or _zipped(shell)


def _zipped(shell: Shell) -> bytes:
    """Return the modules of the installed envboot that a probe imports."""
    import zipfile

    out, home = io.BytesIO(), Path(envboot.__file__).parent
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for folder in ("", "machine", "shell"):
            for path in shell.folder(home / folder):
                if path.suffix == ".py":
                    name = path.relative_to(home.parent).as_posix()
                    file.writestr(name, shell.read(path) or b"")
    return out.getvalue()


def _probe(
    where: Place, program: bytes, asked: frozenset[str], shell: Shell, timeout: float
) -> Machine | str:
    words = (_PROGRAM, " ".join(sorted(asked & ALL)))
    said = remote.ask(where, _SCRIPT, *words, shell=shell, timeout=timeout, feed=program)
    if said.out is None:
        return said.why
    if _NO_PYTHON in said.out:
        return f"{where} has no Python 3.9 or newer: install one there, or load its module"
    rows = [row.partition(_MARK)[2] for row in said.out.splitlines() if _MARK in row]
    try:
        told = json.loads(rows[-1]) if rows else None
        machine = _machine(told) if isinstance(told, dict) else None
    except (ValueError, TypeError, RecursionError):
        machine = None
    if machine is None:
        last = said.out.strip().splitlines()[-1:]
        return f"{where} could not say what it has{': ' + last[0][:_TEXT] if last else ''}"
    return machine


# ------------------------------------------------------------------ a Machine from JSON


def _machine(told: Mapping[str, Any]) -> Machine:
    """Return the value of what a computer said, each fact of its type; raises TypeError."""
    gpus = told.get("gpus")
    if isinstance(gpus, list):
        gpus = tuple(Gpu(**_facts(Gpu, g)) for g in gpus if isinstance(g, dict))
    return Machine(**{**_facts(Machine, told), "gpus": gpus})


def _facts(kind: type, told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the known ones; the types are read from the class: ``int | None``."""
    found: dict[str, Any] = {}
    for known in fields(kind):
        if known.name not in told or known.name == "gpus":
            continue
        value = told[known.name]
        allowed = str(known.type)
        if isinstance(value, str) and "str" in allowed:
            value = "".join(c for c in value if c.isprintable())[:_TEXT]
        elif isinstance(value, list) and "tuple" in allowed:
            value = tuple(str(v)[:_TEXT] for v in value)
        elif not (
            (value is None and "None" in allowed)
            or (isinstance(value, bool) and "bool" in allowed)
            or (isinstance(value, int) and "int" in allowed)
            or (isinstance(value, float) and "float" in allowed)
        ):
            raise TypeError(known.name)
        found[known.name] = value
    return found
