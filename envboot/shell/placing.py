"""Files of a stranger's, put into a person's folder: no link is followed, and nothing is lost.

Every folder on the way is opened as itself (``O_NOFOLLOW``), each file is made relative to such a
folder (``O_EXCL``), and all is on the disk under other names before the first gets its own. Where a
system has no such opening (Windows), each part of the way is looked at instead.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from typing import TYPE_CHECKING

from envboot.errors import CommandFailed
from envboot.shell.processes import WINDOWS, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

BY_HANDLE = {os.open, os.mkdir, os.rename, os.link, os.unlink, os.stat} <= os.supports_dir_fd
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
_NEW |= getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_OLD = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_OLD |= getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
# A folder that may only be passed through (/home of some computers) can be opened by O_PATH alone.
_WAY = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_WAY |= getattr(os, "O_PATH", os.O_RDONLY)


class Folders:
    """The folders that are written to, each opened once; those that were absent are made."""

    def __init__(self, root: Path, *, by_handle: bool = BY_HANDLE) -> None:
        """Open ``root``, an absolute path without links in it. Raises OSError."""
        self.root = root
        self._by_handle = by_handle
        self._open: dict[tuple[str, ...], int] = {}
        self._top(root)

    def _top(self, root: Path) -> None:
        if not self._by_handle:
            _as_itself(root)
            root.mkdir(parents=True, exist_ok=True)
            return
        handle = os.open(root.anchor, _WAY)
        for part in root.parts[1:]:
            try:
                handle, before = self._enter(handle, part), handle
            except BaseException:
                os.close(handle)
                raise
            os.close(before)
        self._open[()] = handle

    @staticmethod
    def _enter(handle: int, part: str) -> int:
        try:
            return os.open(part, _WAY, dir_fd=handle)
        except FileNotFoundError:
            with contextlib.suppress(FileExistsError):
                os.mkdir(part, 0o755, dir_fd=handle)
            return os.open(part, _WAY, dir_fd=handle)

    def of(self, parts: tuple[str, ...]) -> int | None:
        """Return the handle of a folder below the root, made where it is absent; None: by path."""
        if not self._by_handle:
            place = self.root.joinpath(*parts)
            _as_itself(place)
            place.mkdir(parents=True, exist_ok=True)
            _as_itself(place)
            return None
        for end in range(1, len(parts) + 1):
            if parts[:end] not in self._open:
                above = self._open[parts[: end - 1]]
                self._open[parts[:end]] = self._enter(above, parts[end - 1])
        return self._open[parts]

    def name(self, parts: tuple[str, ...], name: str) -> str:
        """Return what ``name`` is called beside the handle of :meth:`of`."""
        return name if self._by_handle else str(self.root.joinpath(*parts, name))

    def close(self) -> None:
        """Close all of them."""
        for handle in self._open.values():
            os.close(handle)
        self._open.clear()


def place(
    root: Path,
    texts: Mapping[str, bytes],
    over: Mapping[str, bytes],
    *,
    by_handle: bool = BY_HANDLE,
) -> None:
    """See :meth:`envboot.shell.Shell.place`."""
    written: list[str] = []
    with contextlib.ExitStack() as stack:
        try:
            folders = Folders(root, by_handle=by_handle)
            stack.callback(folders.close)
            parts = [stack.enter_context(_staged(folders, n, d)) for n, d in texts.items()]
            for name, part in zip(texts, parts):
                _name(folders, name, part, over.get(name))
                written.append(name)
        except (OSError, ValueError) as error:
            whole = root / list(texts)[len(written)] if written else root
            rest = f"; these were written: {', '.join(written)}" if written else ""
            raise CommandFailed(
                f"{whole} cannot be written: {_plain(error)}{rest or '; nothing was written'}",
                hint="once that is mended, the same command goes on" if written else "",
            ) from error


@contextlib.contextmanager
def _staged(folders: Folders, name: str, data: bytes) -> Iterator[str]:
    """Write a file under a name of its own, which goes at the end if it is still there."""
    *parents, _last = name.split("/")
    handle = folders.of(tuple(parents))
    part = folders.name(tuple(parents), f".envboot-{os.urandom(6).hex()}.part")
    try:
        opened = os.open(part, _NEW, 0o644, dir_fd=handle)
        with os.fdopen(opened, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield part
    finally:
        with contextlib.suppress(OSError):
            os.unlink(part, dir_fd=handle)


def _name(folders: Folders, name: str, part: str, old: bytes | None) -> None:
    """Give a file that lies ready its name; ``old`` is what stands there, None: nothing does."""
    *parents, last = name.split("/")
    handle = folders.of(tuple(parents))
    to = folders.name(tuple(parents), last)
    if old is not None:
        mode = _unchanged(to, handle, old)
        if os.chmod in os.supports_dir_fd:
            os.chmod(part, mode, dir_fd=handle)
        os.replace(part, to, src_dir_fd=handle, dst_dir_fd=handle)
        return
    if WINDOWS:  # its rename never replaces
        os.rename(part, to)  # noqa: PTH104 - beside a handle elsewhere
        return
    try:
        os.link(part, to, src_dir_fd=handle, dst_dir_fd=handle, follow_symlinks=False)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError):  # a disk without hard links
        _absent(to, handle)
        os.rename(part, to, src_dir_fd=handle, dst_dir_fd=handle)


def _unchanged(name: str, handle: int | None, old: bytes) -> int:
    """Return the mode of a regular file that holds ``old`` still. Raises OSError."""
    opened = os.open(name, _OLD, dir_fd=handle)
    with os.fdopen(opened, "rb") as file:
        now = os.fstat(file.fileno())
        if not stat.S_ISREG(now.st_mode):
            raise OSError("it is no regular file")
        if file.read(len(old) + 1) != old:
            raise OSError("it changed meanwhile")
    return now.st_mode & 0o666


def _absent(name: str, handle: int | None) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.stat(name, dir_fd=handle, follow_symlinks=False)
        raise FileExistsError(errno.EEXIST, "it is there meanwhile")


def _as_itself(place: Path) -> None:
    """Raise OSError where a part of the way is a link, or a junction of Windows."""
    for part in (place, *place.parents):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            found = os.lstat(part)
            reparse = getattr(found, "st_reparse_tag", 0)
            if stat.S_ISLNK(found.st_mode) or reparse == getattr(
                stat, "IO_REPARSE_TAG_MOUNT_POINT", -1
            ):
                raise OSError(f"{part} is a link")


def _plain(error: Exception) -> str:
    """Return what went wrong; the codes of a link in the way are no sentence."""
    code = getattr(error, "errno", None)
    if code in {errno.ELOOP, errno.ENOTDIR}:
        return "a link or a file is in the way, where a folder was"
    if code is None and not isinstance(error, ValueError):
        return str(error)
    return plain(error)
