"""The door to the computer: the only module that starts programs or changes files.

:class:`Shell` is the Protocol, :class:`LocalShell` the real one;
:class:`envboot.testing.ScriptedShell` plays recorded computers in tests.
"""

from __future__ import annotations

import contextlib
import errno
import os
import platform
import queue
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
import webbrowser
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from envboot.errors import CommandFailed, EnvbootError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

WINDOWS = os.name == "nt"
TAIL = 30  # lines of a failed program that an error message may show
GRACE = 4.0  # seconds between SIGINT, SIGTERM and SIGKILL
LOGS_KEPT = 10
# Variables that make a child Python look for its modules in the wrong place.
_STRAY = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "__PYVENV_LAUNCHER__", "VIRTUAL_ENV")
_SECRET_NAME = re.compile(r"TOKEN|PASSW|SECRET|CREDENTIAL|API_?KEY|ACCESS_?KEY", re.IGNORECASE)
_SECRET_TEXT = (
    (re.compile(r"(://)[^/?#\s'\"]+@"), r"\1***@"),  # up to the last @: passwords may hold one
    (re.compile(r"(/t/)[A-Za-z0-9][A-Za-z0-9-]{7,}(?=/)"), r"\1***"),
    (
        re.compile(r"\b(?:gh[pousr]_|github_pat_|hf_|pypi-|glpat-|xox[bp]-|sk-)[A-Za-z0-9_-]{8,}"),
        "***",
    ),
    (re.compile(r"(?i)((?:token|password|passwd|secret|api_?key)\s*[=:]\s*)[^\s&'\"]+"), r"\1***"),
    (re.compile(r"(?i)(--(?:token|password|api-key)\s+)[^\s'\"]+"), r"\1***"),
    (re.compile(r"(?i)(\bbearer\s+)[A-Za-z0-9+/=._~-]{16,}"), r"\1***"),
    (re.compile(r"(?i)(\bauthorization\W{1,4}(?:basic|token)\s+)[^\s'\"]+"), r"\1***"),
)
# Colours, cursor movements and window titles of a program's output, and stray control bytes.
_CONTROL = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
_LONGEST = 1 << 16  # bytes of a line without end before it is cut


@dataclass(frozen=True)
class Platform:
    """Which kind of computer: ``system`` is Linux, Darwin or Windows; ``machine`` as uname says."""

    system: str
    machine: str
    release: str = ""
    glibc: str = ""
    """Version of the GNU C library, "2.36"; "" with musl and elsewhere."""


@dataclass(frozen=True)
class Answer:
    """What a program replied: ``out`` is None when there is no answer, and ``why`` says why."""

    out: str | None
    why: str = ""


class Shell(Protocol):
    """All that envboot may do to a computer. Reads never raise; deeds raise EnvbootError."""

    platform: Platform
    environ: Mapping[str, str]
    home: Path | None

    def which(self, name: str) -> Path | None:
        """Return the absolute path of a program on PATH."""

    def which_in(self, name: str, path: str) -> Path | None:
        """Return the program that ``name`` (a name or a path) means with that PATH."""

    def is_root(self) -> bool:
        """Return whether this process may install system packages itself."""

    def read(self, path: Path, limit: int = ...) -> bytes | None:
        """Return up to ``limit`` bytes of a file; None when it is absent or cannot be read."""

    def folder(self, path: Path) -> tuple[Path, ...]:
        """Return the entries of a folder, sorted; () when it is absent or cannot be read."""

    def kind(self, path: Path) -> str:
        """Return "file", "folder" or "" (absent); links are followed."""

    def target(self, path: Path) -> Path | None:
        """Return the absolute path that a link points to, one step; None: it is no link."""

    def confine(self, root: Path) -> None:
        """Refuse from now on every deed below ``root`` that a link would lead out of it.

        For a repository, which is a stranger's: a committed ``.envboot`` that is a link to the
        person's own folder must not make envboot write or remove there.
        """

    def writable(self, path: Path) -> bool:
        """Return whether this user may write at ``path``, or make it where it is absent."""

    def query(
        self, argv: Sequence[str], *, timeout: float = ..., env: Mapping[str, str] = ...
    ) -> Answer:
        """Ask a program something; it may fail, hang (killed after ``timeout`` s) or be absent."""

    def memory(self) -> tuple[int, int] | None:
        """Return (total, free) bytes as psutil says; None without psutil (Windows: its own)."""

    def cores(self) -> int:
        """Return the cores that this process may run on (affinity), at least 1."""

    def disk_free(self, path: Path) -> int | None:
        """Return the bytes free for this user where ``path`` is, or would be made."""

    def do(
        self,
        argv: Sequence[str],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] = ...,
        said: Callable[[str], None] = ...,
        why: str = "",
    ) -> None:
        """Run a program that must not fail; each line goes to ``said``. Raises CommandFailed."""

    def hand_over(self, argv: Sequence[str], env: Mapping[str, str], cwd: Path | None) -> int:
        """Run a program on the person's own terminal with exactly ``env``; return its status."""

    def write(self, path: Path, text: str | bytes, *, executable: bool = False) -> None:
        """Write a file atomically; missing folders are made. Text becomes UTF-8, as it is."""

    def remove(self, path: Path) -> None:
        """Remove a file, a link or a tree; absent is no error."""

    def rename(self, source: Path, target: Path) -> None:
        """Rename a file or folder; ``target`` must not exist, or be a file or link."""

    def link(self, link: Path, target: Path) -> None:
        """Make or atomically replace ``link``, a link to the folder ``target``."""

    def sync(self) -> None:
        """Wait until all that was written is on the disk: what follows survives a power cut."""

    def lock(
        self, path: Path, waiting: Callable[[str], None]
    ) -> contextlib.AbstractContextManager[None]:
        """Hold an exclusive lock; ``waiting`` is told once who holds it while we wait."""

    def open(self, url: str) -> None:
        """Open a link in the person's browser, if there is one."""

    def log(self, line: str) -> None:
        """Add a line to the log, secrets masked."""

    def log_to(self, folder: Path) -> Path | None:
        """Start a log file in ``folder``; return its path, None when it cannot be written."""


def redact(text: str, environ: Mapping[str, str] | None = None) -> str:
    """Return ``text`` with passwords in URLs, tokens and the values of secret variables masked."""
    for pattern, mask in _SECRET_TEXT:
        text = pattern.sub(mask, text)
    found = {v for n, v in (environ or {}).items() if len(v) >= 8 and _SECRET_NAME.search(n)}  # noqa: PLR2004
    for value in sorted(found, key=len, reverse=True):  # one may be the beginning of another
        text = text.replace(value, "***")
    return text


def _quiet(_line: str) -> None:
    """Ignore what a program prints."""


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

    def target(self, path: Path) -> Path | None:
        """See :meth:`Shell.target`; junctions of Windows count."""
        with contextlib.suppress(OSError, ValueError):
            text = os.readlink(path)  # noqa: PTH115 - Path.readlink loses \\?\ less readably
            return path.parent / text.replace("\\\\?\\", "")
        return None

    def writable(self, path: Path) -> bool:
        """See :meth:`Shell.writable`; asked of the nearest folder that exists."""
        for place in (path, *path.parents):
            with contextlib.suppress(OSError, ValueError):
                if place.exists():
                    return os.access(place, os.W_OK)
        return False

    def query(
        self,
        argv: Sequence[str],
        *,
        timeout: float = 10.0,
        env: Mapping[str, str] | None = None,
    ) -> Answer:
        """See :meth:`Shell.query`; standard output only, undecodable bytes replaced."""
        try:
            process = subprocess.Popen(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=_neutral(),
                env={**self._child_environ(), **(env or {})},
                **_own_group(),
            )
        except (OSError, ValueError) as error:
            return Answer(None, f"{argv[0]} cannot be started: {_plain(error)}")
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            _signal_group(process, _KILL)
            with contextlib.suppress(subprocess.TimeoutExpired):  # it may hang in the kernel
                process.communicate(timeout=0.5)
            return Answer(None, f"{Path(argv[0]).name} gave no answer in {timeout:g} s")
        except BaseException:
            _signal_group(process, _KILL)
            raise
        text = out.decode("utf-8", "replace")
        if process.returncode:
            said = (text.strip() or err.decode("utf-8", "replace").strip()).splitlines()
            why = f"{Path(argv[0]).name} {_ending(process.returncode)}"
            return Answer(None, f"{why}: {redact(said[-1], self.environ)}" if said else why)
        return Answer(text)

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
        said: Callable[[str], None] = _quiet,
        why: str = "",
    ) -> None:
        r"""See :meth:`Shell.do`.

        stderr goes into stdout, so that neither can fill up unread; lines end at ``\r`` too
        (progress bars). An exception while waiting (Ctrl-C) ends the program's whole group by
        SIGINT, SIGTERM, SIGKILL before it goes on up.
        """
        name = Path(argv[0]).name
        secrets = {**self.environ, **(env or {})}
        try:
            process = subprocess.Popen(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=cwd or _neutral(),
                env={**self._child_environ(), **(env or {})},
                **_own_group(self._held),
            )
        except (OSError, ValueError) as error:
            if cwd and not cwd.is_dir():
                raise CommandFailed(f"{name} cannot be started: no folder {cwd}") from error
            raise CommandFailed(f"{name} cannot be started: {_plain(error)}") from error
        tail: list[str] = []
        try:
            for line in _lines(process):
                clean = redact(line, secrets)
                self.log(f"  {clean}")
                tail = [*tail[1 - TAIL :], clean]
                said(clean)
            process.wait()
        except BaseException:
            _end_group(process)
            raise
        if process.returncode:
            doing = redact(why or " ".join(shlex.quote(a) for a in argv[:4]), secrets)
            raise CommandFailed(
                f"{doing}: {name} {_ending(process.returncode)}",
                returncode=process.returncode,
                tail=tuple(tail),
                log=str(self._log or ""),
            )

    def hand_over(self, argv: Sequence[str], env: Mapping[str, str], cwd: Path | None) -> int:
        """See :meth:`Shell.hand_over`; Ctrl-C goes to the program, not to us."""
        try:
            process = subprocess.Popen(list(argv), env=dict(env), cwd=cwd)
        except (OSError, ValueError) as error:
            raise CommandFailed(f"{argv[0]} cannot be started: {_plain(error)}") from error
        while True:
            try:
                status = process.wait()
            except KeyboardInterrupt:
                continue
            return status if status >= 0 else 128 - status

    def write(self, path: Path, text: str | bytes, *, executable: bool = False) -> None:
        """See :meth:`Shell.write`; the old mode is kept, a link is written through."""
        data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
        self._refuse_escape(path, follow=True)
        part = None
        try:
            path = path.resolve() if path.is_symlink() else path
            path.parent.mkdir(parents=True, exist_ok=True)
            old = path.stat().st_mode & 0o777 if path.exists() else None
            beside = path.with_name(f"{_part(path)}{os.urandom(4).hex()}.part")
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            handle = os.open(beside, flags, 0o666)  # less the person's umask
            part = beside
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(handle)  # else a power cut may leave the new name with nothing in it
            mode = part.stat().st_mode & 0o777 if old is None else old
            part.chmod(mode | ((mode & 0o444) >> 2 if executable else 0))
            part.replace(path)
        except FileExistsError as error:
            raise CommandFailed(f"{path} cannot be written: {error.filename} is a file") from error
        except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: links in a circle
            raise CommandFailed(f"{path} cannot be written: {_plain(error)}") from error
        finally:
            if part:
                with contextlib.suppress(OSError):
                    part.unlink(missing_ok=True)

    def remove(self, path: Path) -> None:
        """See :meth:`Shell.remove`; read-only folders in a tree are opened first."""
        self._refuse_escape(path)
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
            raise CommandFailed(f"{path} cannot be removed: {_plain(error)}") from error

    def rename(self, source: Path, target: Path) -> None:
        """See :meth:`Shell.rename`."""
        self._refuse_escape(source)
        self._refuse_escape(target)
        try:
            source.replace(target)
        except OSError as error:
            raise CommandFailed(
                f"{source} cannot be renamed to {target}: {_plain(error)}"
            ) from error

    def link(self, link: Path, target: Path) -> None:
        """See :meth:`Shell.link`; on Windows a junction, which needs no privilege."""
        self._refuse_escape(link)
        try:
            if WINDOWS:
                self._junction(link, target)
                return
            beside = link.with_name(f"{_part(link)}{os.getpid()}.part")
            beside.unlink(missing_ok=True)
            # beside one another: the pair may be moved together
            to = target.name if target.parent == link.parent else target
            beside.symlink_to(to, target_is_directory=True)
            beside.replace(link)
        except OSError as error:
            raise CommandFailed(f"{link} cannot be linked: {_plain(error)}") from error

    @staticmethod
    def _junction(link: Path, target: Path) -> None:
        import _winapi

        with contextlib.suppress(FileNotFoundError):
            link.rmdir()  # removes the junction, never what it points to
        _winapi.CreateJunction(str(target), str(link))  # type: ignore[attr-defined,unused-ignore]

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
        self._refuse_escape(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # A link in its place could point to any file of the person, and would empty it.
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
            handle = os.open(path, flags, 0o644)
        except OSError as error:
            raise CommandFailed(f"{path} cannot be locked: {_plain(error)}") from error
        try:
            if not _try_lock(handle, self.log):
                waiting(os.pread(handle, 200, 1).decode("utf-8", "replace") if not WINDOWS else "")
                while not _try_lock(handle, self.log):
                    time.sleep(0.1)
            with contextlib.suppress(OSError):  # a full disk: the lock itself holds
                os.ftruncate(handle, 0)
                os.write(handle, f"\nprocess {os.getpid()} since {time.ctime()}".encode())
            self._held = (*self._held, handle)
            yield
        finally:
            self._held = tuple(h for h in self._held if h != handle)
            _unlock(handle)  # closing is not enough: a daemon that a program left inherited it
            os.close(handle)

    def open(self, url: str) -> None:
        """See :meth:`Shell.open`."""
        if not url.startswith(("https://", "http://")):
            raise EnvbootError(f"not a web link: {url}")
        with contextlib.suppress(Exception):  # no browser is no error: the link was printed
            webbrowser.open(url)

    # ------------------------------------------------------------------ the log

    def log(self, line: str) -> None:
        """See :meth:`Shell.log`; a log that cannot be written never ends a command."""
        if self._log:
            with contextlib.suppress(OSError), self._log.open("a", encoding="utf-8") as file:
                file.write(redact(line, self.environ) + "\n")

    def log_to(self, folder: Path) -> Path | None:
        """See :meth:`Shell.log_to`; the newest logs are kept, older ones removed."""
        try:
            self._refuse_escape(folder, follow=True)
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

    def _refuse_escape(self, path: Path, *, follow: bool = False) -> None:
        lexical = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow the links
        for root in self._confined:
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

    def _child_environ(self) -> dict[str, str]:
        kept = {k: v for k, v in self.environ.items() if k not in _STRAY}
        return {**kept, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}


# ---------------------------------------------------------------- processes

_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
_PR_SET_PDEATHSIG = 1


def _neutral() -> str:
    return os.environ.get("SYSTEMROOT", "C:\\") if WINDOWS else "/"


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


def _plain(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


def _ending(status: int) -> str:
    """Return how a program ended, in words; a negative status is the signal that killed it."""
    if status >= 0:
        return f"ended with status {status}"
    with contextlib.suppress(ValueError):
        return f"was killed by {signal.Signals(-status).name}"
    return f"was killed by signal {-status}"


def _executable(path: Path) -> bool:
    with contextlib.suppress(OSError, ValueError):
        return path.is_file() and os.access(path, os.X_OK)
    return False


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


def _own_group(inherit: tuple[int, ...] = ()) -> dict[str, Any]:
    """Return the Popen arguments for a process group of its own that dies with us."""
    if WINDOWS:
        return {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    group: dict[str, Any] = {"start_new_session": True, "pass_fds": inherit}
    if sys.platform == "linux" and inherit:
        with contextlib.suppress(Exception):
            import ctypes

            prctl = ctypes.CDLL(None).prctl
            group["preexec_fn"] = lambda: prctl(_PR_SET_PDEATHSIG, int(_KILL))
    return group


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(OSError, ValueError):
        if WINDOWS:
            process.send_signal(number)
        else:
            os.killpg(process.pid, number)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    first = getattr(signal, "CTRL_BREAK_EVENT", signal.SIGINT) if WINDOWS else signal.SIGINT
    for number in (first, signal.SIGTERM, _KILL):
        _signal_group(process, number)
        with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            process.wait(GRACE)
            break
    _signal_group(process, _KILL)  # grandchildren that ignored the first signals


def _lines(process: subprocess.Popen[bytes]) -> Iterator[str]:
    """Yield the decoded lines of a program, split at CR and LF, until it has ended."""
    rest = b""
    for chunk in _chunks(process):
        *whole, rest = re.split(rb"[\r\n]+", rest + chunk)
        if len(rest) > _LONGEST:
            whole, rest = [*whole, rest], b""
        yield from filter(None, map(_text, whole))
    if last := _text(rest):
        yield last


def _chunks(process: subprocess.Popen[bytes]) -> Iterator[bytes]:
    """Yield what a program writes until it has ended.

    A grandchild may keep the pipe open after that (a daemon), and go on writing: what was in the
    pipe at the end is still read, then nothing more is waited for than one second of silence.
    """
    chunks: queue.Queue[bytes] = queue.Queue(maxsize=64)  # a slow reader slows the program
    left = threading.Event()

    def pump() -> None:
        assert process.stdout is not None  # noqa: S101 - Popen was given a pipe
        with process.stdout as pipe, contextlib.suppress(OSError, ValueError):
            while chunk := os.read(pipe.fileno(), 65536):
                if not left.is_set():  # else nobody listens, but a closed pipe would end a daemon
                    chunks.put(chunk)
        if not left.is_set():
            chunks.put(b"")

    threading.Thread(target=pump, daemon=True).start()
    ended, more = 0.0, 1
    try:
        while more:
            if not ended and process.poll() is not None:
                ended, more = time.monotonic(), chunks.qsize() + 8
            with contextlib.suppress(queue.Empty):
                chunk = chunks.get(timeout=0.1)
                if not chunk:
                    break
                more -= bool(ended)
                yield chunk
                continue
            if ended and time.monotonic() - ended > 1:
                break
    finally:
        left.set()
        with contextlib.suppress(queue.Empty):
            while True:  # the pump may be waiting for a place
                chunks.get_nowait()


def _text(line: bytes) -> str:
    return _CONTROL.sub("", line.decode("utf-8", "replace")).rstrip()


_NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EINVAL, getattr(errno, "EOPNOTSUPP", errno.ENOSYS)}


def _try_lock(handle: int, log: Callable[[str], None]) -> bool:
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
        log(f"no lock: {_plain(error)}")
    return True


def _unlock(handle: int) -> None:
    if not WINDOWS:
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_UN)
