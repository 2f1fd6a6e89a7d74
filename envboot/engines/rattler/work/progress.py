"""What py-rattler reports of an installation, counted.

py-rattler calls its reporter on threads of its own, where an exception vanishes: what goes wrong
in one is kept, and raised in the main thread by :mod:`~envboot.engines.rattler.work.watching`.
``file://`` channels report no downloads, and what is in the cache already has none: neither counts
among the bytes.
"""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any, TypeVar, cast

from envboot.engines.rattler.work.telling import State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_Method = TypeVar("_Method", bound="Callable[..., Any]")


def _kept(method: _Method) -> _Method:
    """Return a callback that counts as a sign of life and keeps what it raises."""

    @functools.wraps(method)
    def call(self: Reporter, *values: Any) -> Any:  # noqa: ANN401 - whatever py-rattler passes
        try:
            with self._lock:
                self.moves += 1
                return method(self, *values)
        except BaseException as error:  # noqa: BLE001 - it would vanish on this thread
            self.error = self.error or error
            return 0

    return cast("_Method", call)


class Reporter:
    """py-rattler's ``InstallerReporter``: counts what one try at an installation has done.

    ``records`` are those to install (``RepoDataRecord``): their sizes and addresses are known.
    Hand it to ``rattler.install(reporter=…)``, once: each try gets its own.
    """

    def __init__(self, records: Sequence[Any]) -> None:
        """Count nothing yet."""
        self.error: BaseException | None = None
        """The first exception of a callback."""
        self.moves = 0
        """Signs of life: it grows with every byte and every package."""
        self.failed_scripts: tuple[str, ...] = ()
        """The packages whose post-link or pre-unlink script failed, in order."""
        self._lock = threading.Lock()
        self._sizes = {r.name.normalized: int(r.size or 0) for r in records}
        self._urls = {r.name.normalized: str(r.url) for r in records}
        self._operations = 0
        self._finished = 0
        self._names: list[str] = []  # by token: which package a callback is about
        self._got: dict[str, int] = {}  # bytes of what is or was fetched
        self._fetching: dict[str, None] = {}
        self._cached: set[str] = set()
        self._busy: dict[str, None] = {}

    def state(self) -> State:
        """Return how far it is."""
        with self._lock:
            size = sum(self._sizes.get(name, 0) for name in self._wanted() - self._cached)
            slowest = max(self._fetching, key=self._left, default="")
            return State(
                done=self._finished,
                total=self._operations,
                got=sum(self._got.values()),
                size=size if self._got else 0,
                slowest=slowest,
                slowest_got=self._got.get(slowest, 0),
                slowest_size=self._sizes.get(slowest, 0),
                waiting=tuple(self._urls.get(name, name) for name in self._fetching),
                busy=tuple(self._busy),
            )

    def _wanted(self) -> set[str]:
        """Return the packages to install: all, or those begun where some are there already."""
        return set(self._sizes) if self._operations >= len(self._sizes) else set(self._names)

    def _left(self, name: str) -> int:
        return self._sizes.get(name, 0) - self._got.get(name, 0)

    def _token(self, name: str) -> int:
        self._names.append(name)
        return len(self._names) - 1

    @_kept
    def on_transaction_start(self, total_operations: int) -> None:
        """See py-rattler: what is installed already is no operation."""
        self._operations = total_operations

    @_kept
    def on_transaction_operation_start(self, operation: int) -> None:
        """See py-rattler."""

    @_kept
    def on_populate_cache_start(self, operation: int, package_name: str) -> int:  # noqa: ARG002
        """See py-rattler."""
        return self._token(package_name)

    @_kept
    def on_validate_start(self, cache_entry: int) -> int:
        """See py-rattler."""
        self._busy[self._names[cache_entry]] = None
        return cache_entry

    @_kept
    def on_validate_complete(self, validate_idx: int) -> None:
        """See py-rattler."""
        self._busy.pop(self._names[validate_idx], None)

    @_kept
    def on_download_start(self, cache_entry: int) -> int:
        """See py-rattler; once more for the same package when its own retry begins."""
        self._fetching[self._names[cache_entry]] = None
        self._got[self._names[cache_entry]] = 0
        return cache_entry

    @_kept
    def on_download_progress(self, download_idx: int, progress: int, total: int | None) -> None:
        """See py-rattler."""
        name = self._names[download_idx]
        self._got[name] = progress
        if total and not self._sizes.get(name):
            self._sizes[name] = total

    @_kept
    def on_download_completed(self, download_idx: int) -> None:
        """See py-rattler."""
        self._fetching.pop(self._names[download_idx], None)

    @_kept
    def on_populate_cache_complete(self, cache_entry: int) -> None:
        """See py-rattler: without a download it was there already, or came from this disk."""
        name = self._names[cache_entry]
        self._fetching.pop(name, None)
        if name not in self._got:
            self._cached.add(name)

    @_kept
    def on_unlink_start(self, operation: int, package_name: str) -> int:  # noqa: ARG002
        """See py-rattler."""
        self._busy[package_name] = None
        return self._token(package_name)

    @_kept
    def on_unlink_complete(self, index: int) -> None:
        """See py-rattler."""
        self._busy.pop(self._names[index], None)

    @_kept
    def on_link_start(self, operation: int, package_name: str) -> int:  # noqa: ARG002
        """See py-rattler."""
        self._busy[package_name] = None
        return self._token(package_name)

    @_kept
    def on_link_complete(self, index: int) -> None:
        """See py-rattler."""
        self._busy.pop(self._names[index], None)

    @_kept
    def on_transaction_operation_complete(self, operation: int) -> None:  # noqa: ARG002
        """See py-rattler."""
        self._finished += 1

    @_kept
    def on_transaction_complete(self) -> None:
        """See py-rattler."""

    @_kept
    def on_post_link_start(self, package_name: str, script_path: str) -> int:  # noqa: ARG002
        """See py-rattler."""
        self._busy[package_name] = None
        return self._token(package_name)

    @_kept
    def on_post_link_complete(self, index: int, success: bool) -> None:
        """See py-rattler: the only place where a script's failure is told."""
        self._busy.pop(self._names[index], None)
        if not success:
            self.failed_scripts += (self._names[index],)

    @_kept
    def on_pre_unlink_start(self, package_name: str, script_path: str) -> int:  # noqa: ARG002
        """See py-rattler."""
        self._busy[package_name] = None
        return self._token(package_name)

    @_kept
    def on_pre_unlink_complete(self, index: int, success: bool) -> None:
        """See py-rattler."""
        self._busy.pop(self._names[index], None)
        if not success:
            self.failed_scripts += (self._names[index],)
