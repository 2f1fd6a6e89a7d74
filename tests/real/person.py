"""A person at this computer: her home, her repository, what she types and what she sees."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

from tests.wheels import make_wheel

CHECKOUT = Path(__file__).resolve().parents[2]
# Where programs are: this Python's neighbours (uv) come first.
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


def tree(*folders):
    """Return all that lies in folders: path → bytes of a file, target of a link, None."""
    found = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_symlink():
                found[str(path)] = str(path.readlink())
            else:
                found[str(path)] = path.read_bytes() if path.is_file() else None
    return found


def tiny(version, files=1):
    """Return the modules of the package ``tiny``, with so many more files."""
    more = {f"tiny/m{n}.py": f"number = {n}\n" * 40 for n in range(files - 1)}
    return {"tiny/__init__.py": f"__version__ = {version!r}\n", **more}


def make_repository(root, *, files=1):
    """Make a repository that imports ``tiny``, of which it has the wheels 1.0 and 2.0."""
    root.mkdir(parents=True)
    for version in ("1.0", "2.0"):
        make_wheel(root / "wheels", "tiny", version, tiny(version, files))
    ask_for(root, "1.0")
    (root / "main.py").write_text("import tiny\n\nprint(tiny.__version__)\n")
    return root


def ask_for(root, version):
    """Let the repository ask for that version."""
    (root / "requirements.txt").write_text(f"./wheels/tiny-{version}-py3-none-any.whl\n")


def version_in(prefix):
    """Return the version of ``tiny`` that the environment imports; "" when it does not."""
    argv = [str(prefix / "bin" / "python"), "-I", "-c", "import tiny; print(tiny.__version__)"]
    try:
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def leftovers(root):
    """Return what a run that ended well leaves neither in a repository nor beside a prefix."""
    state = root / ".envboot"
    found = [*state.glob("build-*"), *state.glob("old-*"), *state.glob("*.journal")]
    return sorted([*found, *root.rglob("*.part"), *root.glob("*--*")])


class Person:
    """Someone who has not set anything, with a home and a folder for temporary files."""

    def __init__(self, folder, **variables):
        self.home, self.tmp = folder / "home", folder / "tmp"
        self.home.mkdir(parents=True)
        self.tmp.mkdir()
        self.environ = {
            "HOME": str(self.home),
            "TMPDIR": str(self.tmp),
            "PATH": PATH,
            "LC_ALL": "C.UTF-8",
            "PIP_NO_INDEX": "1",
            "PIP_CONFIG_FILE": "/dev/null",
            "PYTHONPATH": str(CHECKOUT),
            "PYTHONDONTWRITEBYTECODE": "1",
            **variables,
        }

    def start(self, *words, cwd, program=(sys.executable, "-m", "envboot"), before=(), **options):
        """Start envboot in a process group of its own, with nobody at a terminal."""
        environ = {**self.environ, **options.pop("environ", {})}
        return subprocess.Popen(
            [*before, *program, *words],
            cwd=cwd,
            env={k: v for k, v in environ.items() if v is not None},
            stdin=options.pop("stdin", subprocess.DEVNULL),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
            **options,
        )

    def types(self, *words, cwd, **options):
        """Let her run envboot to its end; return what came of it."""
        process = self.start(*words, cwd=cwd, **options)
        try:
            out, err = process.communicate(timeout=240)
        except BaseException:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
        assert "Traceback" not in err, err
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def written(self):
        """Return what lies in her home and among her temporary files.

        Not what installers themselves keep: caches, and rustup's settings, since pip asks rustc.
        """
        found = tree(self.home, self.tmp)
        theirs = (f"{self.home}/.cache", f"{self.home}/.rustup")
        return {k: v for k, v in found.items() if not k.startswith(theirs)}


class Terminal:
    """envboot at a pseudo-terminal, which is the controlling one as a person's is."""

    def __init__(self, person, *words, cwd, columns=80, program=None, **environ):
        self.seen, self.read_up_to, self.told = "", 0, 0
        argv = [*(program or (sys.executable, "-m", "envboot")), *words]
        variables = {**person.environ, "TERM": "dumb", "SHELL": "/bin/bash", **environ}
        self.pid, self.near = pty.fork()
        if not self.pid:
            try:
                os.chdir(cwd)
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
                os.execvpe(argv[0], argv, variables)  # noqa: S606
            finally:
                os._exit(127)
        self.status = None

    def _more(self):
        if select.select([self.near], [], [], 0.1)[0]:
            try:
                data = os.read(self.near, 65536)
            except OSError:  # Linux: the other side is closed
                return False
            self.seen += data.decode("utf-8", "replace").replace("\r\n", "\n")
            while self.seen.count("\x1b[6n") > self.told:  # where is the cursor: gh wants to know
                self.told += 1
                os.write(self.near, b"\x1b[24;80R")
            return bool(data)
        return True

    def read(self, wanted, seconds=180.0):
        """Read until ``wanted`` is on the screen, after what was read before."""
        end = time.monotonic() + seconds
        while wanted not in self.seen[self.read_up_to :]:
            open_still = self._more()
            rest = self.seen[self.read_up_to :]
            assert wanted in rest or (open_still and time.monotonic() < end), (
                f"no {wanted!r} after {self.seen!r}"
            )
        self.read_up_to = self.seen.index(wanted, self.read_up_to) + len(wanted)

    def send(self, text):
        """Type something."""
        os.write(self.near, text.encode())

    def end(self, seconds=180.0):
        """Return the exit status, after all has been read."""
        end = time.monotonic() + seconds
        while self._more():
            assert time.monotonic() < end, f"still there after {self.seen!r}"
        os.close(self.near)
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        assert "Traceback" not in self.seen, self.seen
        return self.status

    def kill(self):
        """End what still runs."""
        if self.status is None:
            with contextlib.suppress(OSError):
                os.killpg(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
            os.close(self.near)

    @property
    def text(self):
        """Return what was seen without what moves the cursor."""
        return re.sub(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[=>]|\r", "", self.seen)
