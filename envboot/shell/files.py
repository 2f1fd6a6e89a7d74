"""Files: written whole, removed whole, replaced at once; every failure is a CommandFailed."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from envboot.errors import CommandFailed
from envboot.shell.processes import WINDOWS, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EINVAL, getattr(errno, "EOPNOTSUPP", errno.ENOSYS)}


def refuse_escape(path: Path, roots: tuple[Path, ...], *, follow: bool = False) -> None:
    """Raise CommandFailed when a link below one of ``roots`` leads ``path`` out of it.

    ``follow``: the last part of the path counts too.
    """
    lexical = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow the links
    for root in roots:
        if root not in (lexical, *lexical.parents) or (lexical == root and not follow):
            continue
        try:
            real, home = (lexical if follow else lexical.parent).resolve(), root.resolve()
        except (OSError, RuntimeError) as error:
            raise CommandFailed(f"{path} cannot be resolved: {error}") from error
        if home not in (real, *real.parents):
            raise CommandFailed(
                f"{path} is not touched: a link leads out of {root}, to {real}",
                hint="look at that link, and remove it if you did not make it",
            )


def sizes(root: Path) -> Iterator[tuple[str, int]]:
    """Yield the path below ``root`` (POSIX) and the bytes of each regular file; links are none."""
    folders = [("", str(root))]
    while folders:
        prefix, folder = folders.pop()
        with contextlib.suppress(OSError, ValueError), os.scandir(folder) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        folders.append((f"{prefix}{entry.name}/", entry.path))
                    elif entry.is_file(follow_symlinks=False):
                        yield prefix + entry.name, entry.stat(follow_symlinks=False).st_size


def write(
    path: Path,
    data: bytes,
    *,
    executable: bool = False,
    lasting: bool = True,
    private: bool = False,
) -> None:
    """Write a file whole, or not at all; its old mode is kept, a link is written through.

    A ``private`` one is new in any case, and this user's alone.
    """
    part = None
    try:
        path = path.resolve() if path.is_symlink() and not private else path
        path.parent.mkdir(parents=True, exist_ok=True)
        old = path.stat().st_mode & 0o777 if path.exists() and not private else None
        beside = path.with_name(f"{_part(path)}{os.urandom(4).hex()}.part")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        handle = os.open(beside, flags, 0o600 if private else 0o666)  # less the person's umask
        part = beside
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            if lasting:
                os.fsync(handle)  # else a power cut may leave the new name with nothing in it
        mode = part.stat().st_mode & 0o777 if old is None else old
        part.chmod(mode | ((mode & 0o444) >> 2 if executable else 0))
        part.replace(path)
    except FileExistsError as error:
        raise CommandFailed(f"{path} cannot be written: {error.filename} is a file") from error
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: links in a circle
        raise CommandFailed(f"{path} cannot be written: {plain(error)}") from error
    finally:
        if part:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)


def share(folder: Path, sources: Mapping[str, Path]) -> None:
    """Link or copy files below ``folder``, in the order given; missing folders are made."""
    made: set[str] = set()
    name = ""
    try:
        for name, source in sources.items():
            path = os.path.join(folder, name)  # noqa: PTH118 - Path takes as long as the linking
            parent = os.path.dirname(path)  # noqa: PTH120 - as above
            if parent not in made:
                Path(parent).mkdir(parents=True, exist_ok=True)
                made.add(parent)
            _shared(source, path)
    except (OSError, ValueError) as error:
        raise CommandFailed(f"{folder / name} cannot be written: {plain(error)}") from error


def _shared(source: Path, path: str) -> None:
    try:
        os.link(source, path)
    except FileExistsError:
        os.unlink(path)  # noqa: PTH108 - as in share
        _shared(source, path)
    except FileNotFoundError:
        raise
    except OSError:  # another disk, one without hard links, a file of somebody else
        shutil.copyfile(source, path)


def append(path: Path, data: bytes) -> None:
    """Add to the end of a file in one write; missing folders are made."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        handle = os.open(path, flags, 0o666)  # less the person's umask
        try:
            os.write(handle, data)
        finally:
            os.close(handle)
    except (OSError, ValueError) as error:
        raise CommandFailed(f"{path} cannot be written: {plain(error)}") from error


def remove(path: Path) -> None:
    """Remove a file, a link or a tree; read-only folders in it are opened first."""
    try:
        if path.is_symlink() or not path.is_dir():
            path.unlink(missing_ok=True)
            return
        try:
            shutil.rmtree(path)
        except OSError:
            _open_up(path)
            shutil.rmtree(path)
    except OSError as error:
        raise CommandFailed(f"{path} cannot be removed: {plain(error)}") from error


def link(place: Path, target: Path) -> None:
    """Make or replace a link to a folder; on Windows a junction, which needs no privilege."""
    try:
        if WINDOWS:
            _junction(place, target)
            return
        beside = place.with_name(f"{_part(place)}{os.getpid()}.part")
        beside.unlink(missing_ok=True)
        # beside one another: the pair may be moved together
        to = target.name if target.parent == place.parent else target
        beside.symlink_to(to, target_is_directory=True)
        beside.replace(place)
    except OSError as error:
        raise CommandFailed(f"{place} cannot be linked: {plain(error)}") from error


def _junction(place: Path, target: Path) -> None:
    import _winapi

    with contextlib.suppress(FileNotFoundError):
        place.rmdir()  # removes the junction, never what it points to
    _winapi.CreateJunction(str(target), str(place))  # type: ignore[attr-defined,unused-ignore]


def _part(path: Path) -> str:
    """Return how the names of files that will become ``path`` begin; names end at 255 bytes."""
    return f".{path.name.encode('utf-8', 'surrogateescape')[:200].decode('utf-8', 'ignore')}."


def _open_up(tree: Path) -> None:
    """Let the person remove what is in the read-only folders of ``tree``.

    Elsewhere than on Windows a file needs no right of its own to go, and it may be one with a
    file outside (a hard link into uv's cache), so that only folders are changed.
    """
    tree.chmod(0o700)
    for folder, folders, files in os.walk(tree):
        for name in (*folders, *(files if WINDOWS else ())):
            path = Path(folder, name)
            if not path.is_symlink():
                with contextlib.suppress(OSError):
                    path.chmod(0o700)


def try_lock(handle: int, log: Callable[[str], None]) -> bool:
    """Return whether the lock is ours now; a file system without locks gives it to everyone."""
    try:
        if WINDOWS:
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if WINDOWS or error.errno not in _NO_LOCKS:
            return False
        log(f"no lock: {plain(error)}")
    return True


def unlock(handle: int) -> None:
    """Give the lock back. Closing is not enough: a daemon that a program left inherited it."""
    if not WINDOWS:
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_UN)
