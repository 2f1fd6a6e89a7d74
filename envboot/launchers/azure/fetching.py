"""The child that fetches Azure's SDK: ``python -m envboot.launchers.azure.fetching FOLDER``.

Each wheel comes from the index that pip is configured with and counts only with its own sha256.
All of them are unpacked into one folder, which gets its name when it is whole, in one step.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from envboot import tools
from envboot.errors import FallsShort, UsageError
from envboot.launchers.azure import pins, sdk
from envboot.tools import fetching, unpacking

if TYPE_CHECKING:
    from collections.abc import Callable

    from envboot.index import Index
    from envboot.shell import Shell


def bring(into: Path, where: Index, shell: Shell, said: Callable[[str], None]) -> None:
    """Fetch and unpack all wheels at ``into``, whole or not at all. Raises EnvbootError."""
    if into != sdk.folder(shell):
        raise UsageError(f"{into} is not where Azure's SDK belongs: {sdk.folder(shell)}")
    if tools.whole(into, shell):
        return
    some = sdk.wheels(shell)
    with shell.lock(into.with_name(f".{into.name}.lock"), said):
        if tools.whole(into, shell):
            return
        for rest in shell.folder(into.parent):
            if rest.name.startswith(f".{into.name}.") and rest.suffix == ".part":
                shell.remove(rest)  # of a run that was killed
        part = into.with_name(f".{into.name}.{os.getpid()}.part")
        try:
            _fill(part, some, where, shell, said)
            shell.sync()
            shell.remove(into)  # one that is not whole
            shell.rename(part, into)
        finally:
            shell.remove(part)


def _fill(
    part: Path,
    some: tuple[tools.Wheel, ...],
    where: Index,
    shell: Shell,
    said: Callable[[str], None],
) -> None:
    sizes: dict[str, int] = {}
    for number, wheel in enumerate(some, 1):
        name, version = pins.named(wheel.filename), wheel.filename.split("-")[1]
        said(f"{number} of {len(some)}: {name} {version}")
        wanted = fetching.Wanted(name, version, wheel.filename, wheel.sha256, wheel.size)
        try:
            data = fetching.fetch(wanted, where, shell, said)
        except FallsShort as error:
            error.hint += "; or `pip install 'envboot[azure]'` where envboot is installed"
            raise
        unpacking.unpack(data, part, shell)
        sizes |= json.loads(shell.read(part / tools.MARK) or b"{}")["files"]
    shell.write(part / tools.MARK, json.dumps({"files": sizes}, indent=1) + "\n", lasting=False)


def main(arguments: list[str]) -> int:
    """Fetch the SDK; the last lines that are printed say what went wrong."""
    into = Path(arguments[0])
    return fetching.ended(
        lambda where, shell: bring(into, where, shell, fetching.say),
        "Azure's SDK is there",
        offline=False,
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
