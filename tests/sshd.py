"""A real sshd of one's own on loopback, and a person who reaches it: keys, host keys, aliases.

All of it lies in one folder. Where this user may, sshd stands in a network namespace of its own,
and is reached through a relay that enters it; else on a port of loopback. The account there has a
home of its own, and any of the login shells. Host keys are checked; nobody is ever asked anything.

    with sshd.running(tmp_path) as box:
        shell = LocalShell(box.environ)      # `ssh box` and `rsync` work for it
        box.home                             # the home there
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import getpass
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SECONDS = 180.0
"""How long anything may take that a busy computer does in one."""
USUAL = "/usr/local/bin:/usr/bin:/bin"
_SERVER = """\
ListenAddress 127.0.0.1:{port}
HostKey "{folder}/host_key"
PidFile "{folder}/sshd.pid"
AuthorizedKeysFile "{folder}/authorized_keys"
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
PrintMotd no
LogLevel VERBOSE
MaxStartups 100
ForceCommand {enter}
"""
_ENTER = """\
#!/bin/sh
# Makes this account one with another home and login shell; sshd takes both from passwd.
unset SHLVL
{exports}
export SHELL={shell}
cd {home} || exit 1
[ "${{SSH_ORIGINAL_COMMAND+set}}" ] || exec {shell} -l
exec {shell} -c "$SSH_ORIGINAL_COMMAND"
"""
_CLIENT = """\
{hosts}
Host *
    User {user}
    IdentityFile "{folder}/person/.ssh/key"
    IdentitiesOnly yes
    IdentityAgent none
    UserKnownHostsFile "{folder}/person/.ssh/known_hosts"
    GlobalKnownHostsFile /dev/null
    StrictHostKeyChecking yes
"""
_RELAY = """\
import os, socket, sys, threading
to = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
def up():
    while True:
        data = os.read(0, 65536)
        if not data:
            break
        to.sendall(data)
    to.shutdown(socket.SHUT_WR)
threading.Thread(target=up, daemon=True).start()
try:
    while True:
        data = to.recv(65536)
        if not data:
            break
        while data:
            data = data[os.write(1, data):]
except OSError:
    pass
os._exit(0)
"""


@dataclass
class Box:
    """The sshd that runs, and what a person has to reach it by the name ``box``."""

    folder: Path
    process: subprocess.Popen[bytes]
    port: int
    home: Path
    """The home there."""
    environ: dict[str, str]
    """The person's: her own HOME, and a PATH where ``ssh`` finds her settings."""
    apart: bool
    """Whether it stands in a network namespace of its own."""
    _hosts: list[str] = field(default_factory=list)

    @property
    def person(self) -> Path:
        """Her home here."""
        return self.folder / "person"

    @property
    def known_hosts(self) -> Path:
        return self.person / ".ssh" / "known_hosts"

    def alias(self, name: str, **settings: str) -> None:
        """Add a ``Host`` to her settings: ``alias("shut", Port="1", ProxyCommand="none")``."""
        usual = {"HostName": "127.0.0.1", "Port": str(self.port), "HostKeyAlias": "box"}
        if self.apart:
            usual["ProxyCommand"] = self._relay()
        rows = "".join(f"    {k} {v}\n" for k, v in {**usual, **settings}.items())
        self._hosts.append(f"Host {name}\n{rows}")
        text = _CLIENT.format(
            hosts="".join(self._hosts), user=getpass.getuser(), folder=self.folder
        )
        new = self.folder / "config.new"
        new.write_text(text)
        new.replace(self.folder / "config")

    def _relay(self) -> str:
        script = self.folder / "relay.py"
        script.write_text(_RELAY)
        words = (sys.executable, "-I", "-S", str(script), str(self.port))
        return f"nsenter --net=/proc/{self.process.pid}/ns/net -- {shlex.join(words)}"

    def sessions(self) -> list[int]:
        """The processes of sshd that hold a connection each."""
        return _children(self.process.pid)

    def cut(self) -> int:
        """Cut every connection, as a network does; what runs there goes on. Return how many."""
        found = self.sessions()
        for pid in [p for s in found for p in (*_children_of_sshd(s), s)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return len(found)

    def down(self) -> None:
        """Let it be out of reach, as one whose network is gone; what runs there goes on."""
        self.cut()
        if self.apart:
            self._address("del")
        else:
            self.process.kill()
            self.process.wait(SECONDS)
        self.cut()

    def up(self) -> None:
        """Let it be in reach again."""
        if self.apart:
            self._address("add")
        else:
            self.process, _ = _start(self.folder, self.home, False, 0, self.port)

    def _address(self, deed: str) -> None:
        inside = f"--net=/proc/{self.process.pid}/ns/net"
        _run("nsenter", inside, "--", "ip", "address", deed, "127.0.0.1/8", "dev", "lo")

    def log(self) -> str:
        return (self.folder / "sshd.log").read_text(errors="replace")

    def running(self) -> list[int]:
        """What runs in the account there, whether a connection holds it or not."""
        return [p for p in _all() if f"HOME={self.home}" in _environ(p)]

    def programs(self, *names: str) -> str:
        """Return a PATH for ``running(path=…)``: these programs of this computer alone."""
        return programs(self.folder / "programs", *names)


def missing() -> str:
    """Return which program a test would need and is not here; "" when all are."""
    wanted = ("ssh", "ssh-keygen")
    absent = [n for n in wanted if shutil.which(n) is None] + ([] if _sshd() else ["sshd"])
    return f"{' and '.join(absent)} cannot be found" if absent else ""


@contextlib.contextmanager
def running(
    folder: Path,
    *,
    shell: str = "/bin/bash",
    home: str = "home there",
    path: str = "",
    env: dict[str, str] | None = None,
    apart: bool | None = None,
    disk: int = 0,
):
    """Run an sshd in ``folder``/sshd until the block ends; skip where there is none.

    ``shell``: the login shell there; ``home``: the name of the home's folder there; ``path``: PATH
    there (default: this Python's folder and the usual ones); ``env``: more variables there;
    ``apart``: in a network namespace of its own (None: where that can be had; False: never, as for
    one that has to reach other servers of the test); ``disk``: the home is a disk of so many KiB,
    or, where none can be made, no file there may become so large.
    """
    if absent := missing():
        pytest.skip(absent)
    folder = folder / "sshd"
    there = folder / home
    (folder / "person" / ".ssh").mkdir(parents=True)
    (folder / "bin").mkdir()
    there.mkdir()
    for name in ("host_key", "person/.ssh/key"):
        _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", folder / name)
    shutil.copy(folder / "person/.ssh/key.pub", folder / "authorized_keys")
    own = {
        "HOME": str(there),
        "PATH": path or f"{Path(sys.executable).parent}:{USUAL}",
        "PIP_NO_INDEX": "1",
        "PIP_CONFIG_FILE": "/dev/null",
        "PYTHONDONTWRITEBYTECODE": "1",
        **(env or {}),
    }
    exports = "\n".join(f"export {k}={shlex.quote(v)}" for k, v in own.items())
    if disk and not may_mount():
        exports += f"\nulimit -f {disk * 2}"
    enter = _ENTER.format(exports=exports, shell=shell, home=shlex.quote(str(there)))
    _script(folder / "enter", enter)
    real = shutil.which("ssh")
    wrapper = f'#!/bin/sh\nexec {real} -F {shlex.quote(str(folder / "config"))} "$@"\n'
    _script(folder / "bin" / "ssh", wrapper)
    environ = {
        "HOME": str(folder / "person"),
        "PATH": f"{folder / 'bin'}:{Path(sys.executable).parent}:{USUAL}",
        "LC_ALL": "C.UTF-8",
    }
    alone = _may_unshare("--net") if apart is None else apart
    process, port = _start(folder, there, alone, disk)
    key = (folder / "host_key.pub").read_text()
    (folder / "person/.ssh/known_hosts").write_text(f"box {key}")
    box = Box(folder, process, port, there, environ, alone)
    try:
        box.alias("box")
        yield box
    finally:
        box.cut()
        box.process.kill()
        box.process.wait(SECONDS)
        for pid in box.running():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def programs(folder: Path, *names: str) -> str:
    """Fill ``folder`` with links to these programs of this computer; return it as a PATH."""
    folder.mkdir(exist_ok=True)
    for name in names:
        found = shutil.which(name)
        if found and not (folder / name).exists():
            (folder / name).symlink_to(found)
    return str(folder)


def until(true, what: str = "it", seconds: float = SECONDS):
    """Wait until ``true()`` is; return what it said."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, f"{what} did not happen in {seconds:g} s"
        time.sleep(0.05)
    return found


def _start(
    folder: Path, home: Path, alone: bool, disk: int, port: int = 0
) -> tuple[subprocess.Popen[bytes], int]:
    log = folder / "sshd.log"
    for _ in range(5):  # somebody else may take the port between asking for it and using it
        port = port or _port()
        text = _SERVER.format(port=port, folder=folder, enter=shlex.quote(str(folder / "enter")))
        (folder / "sshd_config").write_text(text)
        log.write_text("")
        serve = [_sshd(), "-D", "-f", folder / "sshd_config", "-E", log]
        words = [*_around(home, alone, disk), *map(str, serve)]
        process = subprocess.Popen(words, preexec_fn=_end_with_us)  # noqa: PLW1509 - no threads yet
        until(lambda p=process: "listening on" in log.read_text() or p.poll() is not None, "sshd")
        if process.poll() is None:
            return process, port
        port = 0
    raise AssertionError(f"sshd does not start: {log.read_text()}")


def _around(home: Path, alone: bool, disk: int) -> list[str]:
    """Return what sshd is started with: mounts and a network of its own, as far as can be."""
    if not may_mount():
        if not os.geteuid():
            Path("/run/sshd").mkdir(exist_ok=True)  # sshd's own, which a package makes at boot
        return []
    first = ["mount -t tmpfs tmpfs /run", "mkdir -m 755 /run/sshd"]
    first += ["ip link set lo up"] if alone else []
    first += [f"mount -t tmpfs -o size={disk}k tmpfs {shlex.quote(str(home))}"] if disk else []
    words = ["unshare", "--mount", *(["--net"] if alone else []), "--", "sh", "-c"]
    return [*words, " && ".join([*first, 'exec "$@"']), "sh"]


def may_mount() -> bool:
    """Return whether a disk of one's own can be made."""
    return _may_unshare("--mount")


@functools.cache
def _may_unshare(kind: str) -> bool:
    if os.geteuid() or not all(shutil.which(n) for n in ("unshare", "nsenter", "ip")):
        return False
    tried = {"--net": "ip link set lo up", "--mount": "mount -t tmpfs tmpfs /run"}[kind]
    done = subprocess.run(["unshare", kind, "sh", "-c", tried], capture_output=True, check=False)
    return done.returncode == 0


def _end_with_us() -> None:
    """Let the system end sshd when the test run is killed (Linux)."""
    with contextlib.suppress(Exception):
        ctypes.CDLL(None).prctl(1, int(signal.SIGKILL))  # PR_SET_PDEATHSIG


def _sshd() -> str:
    return (
        shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin") or ""
    )


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def _run(*argv: object) -> None:
    subprocess.run([str(a) for a in argv], check=True, capture_output=True)


def _all() -> list[int]:
    proc = Path("/proc")
    return [int(p.name) for p in proc.iterdir() if p.name.isdigit()] if proc.is_dir() else []


def _environ(pid: int) -> list[str]:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/environ").read_text(errors="replace").split("\0")
    return []


def _children(pid: int) -> list[int]:
    found = []
    for other in _all():
        with contextlib.suppress(OSError, IndexError, ValueError):
            stat = Path(f"/proc/{other}/stat").read_text(errors="replace")
            if int(stat.rpartition(")")[2].split()[1]) == pid:
                found.append(other)
    return found


def _children_of_sshd(pid: int) -> list[int]:
    def named(other: int) -> str:
        with contextlib.suppress(OSError):
            return Path(f"/proc/{other}/comm").read_text().strip()
        return ""

    return [p for p in _children(pid) if named(p).startswith("sshd")]
