"""What this machine wrote into notebooks, as digests: so that nothing of somebody else is replaced.

Kept in the person's state folder, by the folder whose files were packed: renaming a notebook there
changes nothing, moving it beside other files makes what it carries somebody else's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from envboot.shell import Shell


def merged(
    there: object, wanted: Mapping[str, object], place: Path, shell: Shell
) -> tuple[dict[str, object] | None, tuple[str, ...]]:
    """Return what ``metadata.environment`` becomes at a save, and the keys that were kept.

    ``there`` is what the notebook carries, ``wanted`` what it should (as
    :func:`envboot.formats.notebook.environment.render` makes it of the files in ``place``). A key whose value is what this machine last wrote for ``place``
    is refreshed, one of ours that is missing is restored, anybody else's is kept and named. None:
    nothing is to be changed.
    """
    raise NotImplementedError


def remember(written: Mapping[str, object], place: Path, shell: Shell) -> None:
    """Note that these values were written here, or unpacked to here; never raises."""
    raise NotImplementedError
