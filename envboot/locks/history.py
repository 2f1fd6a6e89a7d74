"""The child that puts what was asked for into conda's history: ``PREFIX SPEC…``.

conda notes the addresses of an explicit file as what a person asked for, which pins each of them
for ever. Source: conda's ``history`` module; of several ``update specs`` of a package the last
counts.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from envboot.shell.local import LocalShell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envboot.shell import Shell

_ASKED = re.compile(r"^# update specs: .*$", re.MULTILINE)


def rewrite(prefix: Path, specs: Sequence[str], shell: Shell) -> None:
    """Replace the addresses in the last entry of the history by ``specs``."""
    file = prefix / "conda-meta" / "history"
    text = (shell.read(file) or b"").decode("utf-8", "replace")
    found = list(_ASKED.finditer(text))
    if found:
        last = found[-1]
        line = f"# update specs: {list(specs)!r}"
        shell.write(file, text[: last.start()] + line + text[last.end() :])


if __name__ == "__main__":
    rewrite(Path(sys.argv[1]), sys.argv[2:], LocalShell())
