"""This computer: the only place where programs are started and files are changed."""

from __future__ import annotations

import contextlib
import itertools
import os
import platform
import shlex
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from envboot.errors import CommandFailed, EnvbootError
from envboot.shell import Answer, Platform, Usage, files, processes, quiet, redact
from envboot.shell.processes import WINDOWS, ending, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

TAIL = 30  # lines of a failed program that an error message may show
LOGS_KEPT = 10
# Variables that make a child Python look for its modules in the wrong place.
_STRAY = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "__PYVENV_LAUNCHER__", "VIRTUAL_ENV")
# What git sets for its hooks and commands (`git rev-parse --local-env-vars`), less its settings:
# a git that is started inside of them (uv, pip and envboot start some) would mean that repository.
_OTHER_REPOSITORY = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_GRAFT_FILE",
    "GIT_SHALLOW_FILE",
    "GIT_REPLACE_REF_BASE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
)
_OF_TERMINALS = frozenset({"www-browser", "links", "elinks", "lynx", "w3m"})
"""Browsers that would take the terminal and what is printed there; :mod:`webbrowser` knows them."""


class LocalShell:
    """This computer."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        """Take ``environ`` for the whole life of the shell (default: the process's own)."""
        self.environ: Mapping[str, str] = dict(os.environ if environ is None else environ)
        self.platform = Platform(
            platform.system(), platform.machine(), platform.release(), _glibc()
        )
        self.home = self._home()
        self._log: Path | None = None
        self._held: tuple[int, ...] = ()
        self._confined: tuple[Path, ...] = ()

    def _home(self) -> Path | None:
        with contextlib.suppress(RuntimeError, OSError, KeyError):
            text = self.environ.get("HOME") if not WINDOWS else self.environ.get("USERPROFILE")
            home = Path(text) if text else Path.home()
            return home if home.is_absolute() else None
        return None

    # ------------------------------------------------------------------ looking

    def which(self, name: str) -> Path | None:
        """See :meth:`Shell.which`; relative entries of PATH are skipped, they change with cwd."""
        return self.which_in(name, self.environ.get("PATH", os.defpath))

    def which_in(self, name: str, path: str) -> Path | None:
        """See :meth:`Shell.which_in`."""
        if Path(name).name != name:
            return Path(name) if _executable(Path(name)) else None
        # Not shutil.which: on Windows that takes a program of the current folder first, which is
        # the stranger's repository.
        known = self.environ.get("PATHEXT", ".COM;.EXE;.BAT;.CMD") if WINDOWS else ""
        endings = tuple(e for e in known.split(os.pathsep) if e)
        bare = not endings or name.upper().endswith(tuple(e.upper() for e in endings))
        for entry in path.split(os.pathsep):
            if entry and Path(entry).is_absolute():
                for ending in ("",) if bare else endings:
                    found = Path(entry, name + ending)
                    if _executable(found):
                        return found
        return None

    def is_root(self) -> bool:
        """See :meth:`Shell.is_root`."""
        return hasattr(os, "geteuid") and os.geteuid() == 0

    def read(self, path: Path, limit: int = 1 << 26) -> bytes | None:
        """See :meth:`Shell.read`; anything but a regular file (a pipe, a device) is unreadable."""
        try:
            if not path.is_file():
                return None
            with path.open("rb") as file:
                return file.read(limit)
        except (OSError, ValueError):
            return None

    def folder(self, path: Path) -> tuple[Path, ...]:
        """See :meth:`Shell.folder`."""
        try:
            return tuple(sorted(path.iterdir(), key=lambda p: p.name))  # paths compare slowly
        except (OSError, ValueError):
            return ()

    def kind(self, path: Path) -> str:
        """See :meth:`Shell.kind`."""
        try:
            return "folder" if path.is_dir() else "file" if path.exists() else ""
        except (OSError, ValueError):
            return ""

    def mark(self, path: Path) -> tuple[int, ...]:
        """See :meth:`Shell.mark`: the time of the last change in ns, the size, and which file."""
        with contextlib.suppress(OSError, ValueError):
            found = path.stat()
            return found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode
        return ()

    def target(self, path: Path) -> Path | None:
        """See :meth:`Shell.target`; junctions of Windows count."""
        with contextlib.suppress(OSError, ValueError):
            text = os.readlink(path)  # noqa: PTH115 - Path.readlink loses \\?\ less readably
            return path.parent / text.replace("\\\\?\\", "")
        return None

    def sizes(self, root: Path, limit: int = 500_000) -> dict[str, int]:
        """See :meth:`Shell.sizes`."""
        return dict(itertools.islice(files.sizes(root), limit))

    def writable(self, path: Path) -> bool:
        """See :meth:`Shell.writable`; asked of the nearest folder that exists."""
        for place in (path, *path.parents):
            with contextlib.suppress(OSError, ValueError):
                if place.exists():
                    below = place == path or place.is_dir()  # nothing goes below a file
                    return below and os.access(place, os.W_OK)
        return False

    def query(
        self,
        argv: Sequence[str],
        *,
        timeout: float = 10.0,
        env: Mapping[str, str] | None = None,
        feed: bytes = b"",
    ) -> Answer:
        """See :meth:`Shell.query`; standard output only, undecodable bytes replaced."""
        said = processes.ask(argv, {**self._child_environ(), **(env or {})}, timeout, feed)
        secrets = {**self.environ, **(env or {})}
        return replace(said, why=redact(said.why, secrets), err=redact(said.err, secrets))

    def memory(self) -> tuple[int, int] | None:
        """See :meth:`Shell.memory`."""
        try:
            import psutil
        except ImportError:
            return _windows_memory() if WINDOWS else None
        with contextlib.suppress(Exception):  # an unreadable /proc must not end a command
            found = psutil.virtual_memory()
            return int(found.total), int(found.available)
        return None

    def cores(self) -> int:
        """See :meth:`Shell.cores`; psutil ignores affinity, the operating system does not."""
        affinity = getattr(os, "sched_getaffinity", None)
        with contextlib.suppress(OSError):
            if affinity is not None:
                return max(1, len(affinity(0)))
        return os.cpu_count() or 1

    def disk_free(self, path: Path) -> int | None:
        """See :meth:`Shell.disk_free`."""
        for place in (path, *path.parents):
            with contextlib.suppress(OSError, ValueError):
                return shutil.disk_usage(place).free
        return None

    # -------------------------------------------------------------------- doing

    def do(
        self,
        argv: Sequence[str],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        said: Callable[[str], None] = quiet,
        why: str = "",
        hold: bytes | None = None,
        halt: Callable[[], bool] | None = None,
    ) -> None:
        r"""See :meth:`Shell.do`.

        stderr goes into stdout, so that neither can fill up unread; lines end at ``\r`` too
        (progress bars). An exception while waiting (Ctrl-C) ends the program's whole group by
        SIGINT, SIGTERM, SIGKILL before it goes on up.
        """
        name = Path(argv[0]).name
        secrets = {**self.environ, **(env or {})}
        try:
            own = {**self._child_environ(), **(env or {})}
            process = processes.start(
                argv, cwd, own, inherit=self._held, merged=True, fed=hold is not None
            )
        except (OSError, ValueError) as error:
            if cwd and not cwd.is_dir():
                raise CommandFailed(f"{name} cannot be started: no folder {cwd}") from error
            raise CommandFailed(f"{name} cannot be started: {plain(error)}") from error
        tail: list[str] = []
        try:
            processes.give(process, hold or b"")
            for line in processes.lines(process, halt):
                clean = redact(line, secrets)
                self.log(f"  {clean}")
                tail = [*tail[1 - TAIL :], clean]
                said(clean)
            process.wait()
        except BaseException:
            processes.end(process)
            raise
        processes.leave(process)
        if process.returncode:
            doing = redact(why or " ".join(shlex.quote(a) for a in argv[:4]), secrets)
            raise CommandFailed(
                f"{doing}: {name} {ending(process.returncode)}",
                returncode=process.returncode,
                tail=tuple(tail),
                log=str(self._log or ""),
            )

    def hand_over(self, argv: Sequence[str], env: Mapping[str, str], cwd: Path | None) -> int:
        """See :meth:`Shell.hand_over`; Ctrl-C goes to the program, not to us."""
        try:
            return processes.attend(argv, env, cwd)
        except (OSError, ValueError) as error:
            raise CommandFailed(f"{argv[0]} cannot be started: {plain(error)}") from error

    def watch(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        cwd: Path | None,
        *,
        gpu: Callable[[frozenset[int]], int | None] | None = None,
        aside: bool = False,
    ) -> Usage:
        """See :meth:`Shell.watch`."""
        from envboot.shell import watching

        try:
            return watching.watch(argv, env, cwd, gpu=gpu, aside=aside)
        except (OSError, ValueError) as error:
            raise CommandFailed(f"{argv[0]} cannot be started: {plain(error)}") from error

    def write(
        self,
        path: Path,
        text: str | bytes,
        *,
        executable: bool = False,
        lasting: bool = True,
        private: bool = False,
    ) -> None:
        """See :meth:`Shell.write`; the old mode is kept, a link is written through."""
        self._stay(path, follow=True)
        try:
            data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
        except ValueError as error:
            raise CommandFailed(f"{path} cannot be written: {plain(error)}") from error
        files.write(path, data, executable=executable, lasting=lasting, private=private)

    def share(self, folder: Path, sources: Mapping[str, Path]) -> None:
        """See :meth:`Shell.share`."""
        self._stay(folder, follow=True)
        files.share(folder, sources)

    def place(self, root: Path, texts: Mapping[str, bytes], over: Mapping[str, bytes]) -> None:
        """See :meth:`Shell.place`."""
        from envboot.shell import placing

        self._stay(root, follow=True)
        placing.place(root, texts, over)

    def append(self, path: Path, text: str) -> None:
        """See :meth:`Shell.append`."""
        self._stay(path, follow=True)
        files.append(path, text.encode("utf-8", "surrogateescape"))

    def remove(self, path: Path) -> None:
        """See :meth:`Shell.remove`; read-only folders in a tree are opened first."""
        self._stay(path)
        files.remove(path)

    def rename(self, source: Path, target: Path) -> None:
        """See :meth:`Shell.rename`."""
        self._stay(source)
        self._stay(target)
        try:
            source.replace(target)
        except OSError as error:
            raise CommandFailed(
                f"{source} cannot be renamed to {target}: {plain(error)}"
            ) from error

    def link(self, link: Path, target: Path) -> None:
        """See :meth:`Shell.link`; on Windows a junction, which needs no privilege."""
        self._stay(link)
        files.link(link, target)

    def sync(self) -> None:
        """See :meth:`Shell.sync`."""
        if hasattr(os, "sync"):
            os.sync()

    @contextlib.contextmanager
    def lock(self, path: Path, waiting: Callable[[str], None]) -> Iterator[None]:
        """See :meth:`Shell.lock`.

        The lock is the operating system's, so a killed holder leaves none behind; programs
        that :meth:`do` starts inherit it, so it lasts until an orphan of a killed run has ended.
        A file system without locks (some cluster ones) is noted in the log, and gone on without.
        """
        self._stay(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # A link in its place could point to any file of the person, and would empty it.
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
            handle = os.open(path, flags, 0o644)
        except OSError as error:
            raise CommandFailed(f"{path} cannot be locked: {plain(error)}") from error
        try:
            if not files.try_lock(handle, self.log):
                waiting(os.pread(handle, 200, 1).decode("utf-8", "replace") if not WINDOWS else "")
                while not files.try_lock(handle, self.log):
                    time.sleep(0.1)
            with contextlib.suppress(OSError):  # a full disk: the lock itself holds
                os.ftruncate(handle, 0)
                os.write(handle, f"\nprocess {os.getpid()} since {time.ctime()}".encode())
            self._held = (*self._held, handle)
            yield
        finally:
            self._held = tuple(h for h in self._held if h != handle)
            files.unlock(handle)
            os.close(handle)

    def open(self, url: str) -> None:
        """See :meth:`Shell.open`."""
        import webbrowser

        page = url.startswith("file://") and url.endswith(".html")
        if not (page or url.startswith(("https://", "http://"))):
            raise EnvbootError(f"not a web link: {url}")
        with contextlib.suppress(Exception):  # no browser is no error: the link was printed
            browser = webbrowser.get()
            if getattr(browser, "name", "") not in _OF_TERMINALS:
                browser.open(url)

    # ------------------------------------------------------------------ the log

    def log(self, line: str) -> None:
        """See :meth:`Shell.log`; a log that cannot be written never ends a command."""
        if self._log:
            data = (redact(line, self.environ) + "\n").encode("utf-8", "surrogateescape")
            with contextlib.suppress(OSError), self._log.open("ab") as file:
                file.write(data)

    def log_to(self, folder: Path) -> Path | None:
        """See :meth:`Shell.log_to`; the newest logs are kept, older ones removed."""
        try:
            self._stay(folder, follow=True)
            folder.mkdir(parents=True, exist_ok=True)
            for old in sorted(folder.glob("*.log"))[: -LOGS_KEPT + 1]:
                old.unlink(missing_ok=True)
            self._log = folder / time.strftime(f"%Y%m%d-%H%M%S-{os.getpid()}.log")
            self._log.touch()
        except (OSError, CommandFailed):
            self._log = None
        return self._log

    def confine(self, root: Path) -> None:
        """See :meth:`Shell.confine`."""
        self._confined = (*self._confined, root)

    def _stay(self, path: Path, *, follow: bool = False) -> None:
        files.refuse_escape(path, self._confined, follow=follow)

    def _child_environ(self) -> dict[str, str]:
        stray = {*_STRAY, *_OTHER_REPOSITORY}
        kept = {k: v for k, v in self.environ.items() if k not in stray}
        return {**kept, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}


def _glibc() -> str:
    with contextlib.suppress(AttributeError, OSError, ValueError):  # Windows; musl; macOS
        return (os.confstr("CS_GNU_LIBC_VERSION") or "").rpartition(" ")[2]
    return ""


def _windows_memory() -> tuple[int, int] | None:
    """Return what GlobalMemoryStatusEx says: MEMORYSTATUSEX is two DWORDs and seven DWORDLONGs."""
    with contextlib.suppress(Exception):
        import ctypes
        import struct

        layout = struct.Struct("=II7Q")
        status = ctypes.create_string_buffer(layout.pack(layout.size, *[0] * 8), layout.size)
        if ctypes.windll.kernel32.GlobalMemoryStatusEx(status):  # type: ignore[attr-defined,unused-ignore]
            _, _, total, free, *_ = layout.unpack(status.raw)
            return int(total), int(free)
    return None


def _executable(path: Path) -> bool:
    with contextlib.suppress(OSError, ValueError):
        return path.is_file() and os.access(path, os.X_OK)
    return False
