"""What is being done, in a line a second: solving, then packages and bytes with their rate.

py-rattler calls its reporter on threads of its own, where an exception vanishes: what goes wrong
in one is kept and raised in the main thread by :func:`~.watching.attempt`. ``file://`` channels
report no downloads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


class Reporter:
    """py-rattler's ``InstallerReporter``: counts what one try at an installation has done.

    ``records`` are those to install (``RepoDataRecord``): their sizes and addresses are known.
    Hand it to ``rattler.install(reporter=…)``, once: each try gets its own.
    """

    failed_scripts: tuple[str, ...] = ()
    """The packages whose post-link or pre-unlink script failed, in order."""

    def __init__(self, records: Sequence[Any]) -> None:
        """Count nothing yet."""
        raise NotImplementedError
