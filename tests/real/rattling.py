"""What the tests of our own conda engine share: a tiny channel, its child, what it made."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from envboot import interpreters, platforms, tools
from envboot.engines.rattler.order import Aim, Answer, Asked, Order
from envboot.errors import EnvbootError
from envboot.plan import Plan, carry_out, child
from envboot.shell.local import LocalShell
from envboot.tools import pins
from tests.channel import File, light_python, make_channel, native, noarch
from tests.real.person import PATH, Person, leftovers

ASKED = ("python", "tool", "big")
FILE = """\
name: hers
channels: [{url}, nodefaults]
dependencies:
  - python
  - tool=1
  - many
  - big
"""
UP = ("--yes", "--no-kernel", "--no-shell", "--engine", "rattler")
MARK = "envboot-half-made"
BIG = "big-1.0-h0_0.tar.bz2"


def tiny_channel(folder):
    """Make a channel of a few small packages that work; two packages are large enough to hurt.

    ``big`` is of 300,000 random bytes, ``many`` of 200 files, ``tool`` is a ``noarch: python``
    package with an entry point. ``tool`` and ``many`` exist as 1.0 and 2.0.
    """
    chance = random.Random(7)  # noqa: S311 - the same each time
    more = [light_python(interpreters.running()), noarch("pip")]
    for version in ("1.0", "2.0"):
        text = f"__version__ = {version!r}\n\n\ndef main():\n    print(__version__)\n"
        more.append(noarch("tool", version, {"tool/__init__.py": text}, {"tool": "tool:main"}))
        files = {f"share/many/{n}.txt": File(f"{version} {n}\n".encode() * 50) for n in range(200)}
        more.append(native("many", version, files))
    more.append(native("big", "1.0", {"share/big.bin": File(chance.randbytes(300_000))}))
    make_channel(folder, None, more=more)
    return folder


@dataclass(frozen=True)
class Done:
    """What came of a child."""

    returncode: int
    said: str
    answer: Answer | None
    prefix: Path

    @property
    def reasons(self):
        """Return all that a person would read about the failure."""
        findings = self.answer.findings if self.answer else ()
        return "\n".join(f"{f.at} {f.text} {f.hint}" for f in findings) + "\n" + self.said


class Child:
    """Our engine alone, without the story around it, with caches of its own."""

    def __init__(self, folder, channels, asked=ASKED, *, python=sys.executable, **variables):
        pytest.importorskip("rattler")
        self.folder, self.python = folder, python
        self.home = folder / "home"
        self.home.mkdir(parents=True, exist_ok=True)
        self.prefix = folder / "envs" / "made"
        self.order = Order(
            "create",
            asked=tuple(Asked(a, f"environment.yml:{n}") for n, a in enumerate(asked, 4)),
            channels=(*channels, "nodefaults"),
            aims=(Aim(platforms.here(LocalShell())),),
            prefix=str(self.prefix),
            cache=str(folder / "packages"),
            answer=str(folder / "answer.json"),
        )
        self.environ = {
            "HOME": str(self.home),
            "PATH": PATH,
            "LC_ALL": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            "ENVBOOT_STALL": "1",
            **{k: v for k, v in os.environ.items() if k.startswith("LD_")},
            **variables,
        }

    def asks(self, *asked, **changes):
        """Change what is asked for; return self."""
        if asked:
            changes["asked"] = tuple(Asked(a) for a in asked)
        self.order = replace(self.order, **changes)
        return self

    def start(self, *tools, before=()):
        """Start the child and return its process."""
        Path(self.order.answer).unlink(missing_ok=True)
        file = self.folder / "order.json"
        file.write_text(self.order.text(), encoding="utf-8")
        step = child("envboot.engines.rattler", str(file), *tools, python=str(self.python))
        return subprocess.Popen(
            [*before, *step.argv],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )

    def run(self, *tools, before=(), seconds=120):
        """Let a child go to its end."""
        process = self.start(*tools, before=before)
        try:
            said, _ = process.communicate(timeout=seconds)
        except BaseException:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
        assert "Traceback" not in said, said
        answer = None
        with contextlib.suppress(OSError):
            answer = Answer.read(Path(self.order.answer).read_text(encoding="utf-8"))
        return Done(process.returncode, said, answer, self.prefix)

    def works(self, *tools):
        """Fail unless a run ends with a working environment; return what came of it."""
        done = self.run(*tools)
        assert done.returncode == 0, done.reasons
        assert altered(self.prefix) == []
        assert tool_of(self.prefix) in {"1.0", "2.0"}
        return done


def tool_of(prefix):
    """Return the version that the environment's entry point says; "" when it does not work."""
    try:
        argv = [str(prefix / "bin" / "tool")]
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def altered(prefix):
    """Return what is missing or not as its package has it, of all that conda-meta lists."""
    wrong, seen = [], 0
    for record in sorted((prefix / "conda-meta").glob("*.json")):
        for entry in json.loads(record.read_text(encoding="utf-8"))["paths_data"]["paths"]:
            seen += 1
            path = prefix / entry["_path"]
            digest = entry.get("sha256_in_prefix") or entry.get("sha256")
            if entry["path_type"] == "softlink" or path.is_symlink():
                wrong += [] if path.is_symlink() else [str(path)]
            elif not path.is_file():
                wrong.append(f"{path} is missing")
            elif digest and entry["path_type"] not in {"pyc_file", "unix_python_entry_point"}:
                found = hashlib.sha256(path.read_bytes()).hexdigest()
                wrong += [] if found == digest else [f"{path} was altered"]
    return wrong if seen else [f"nothing is recorded in {prefix}"]


class Story(Person):
    """Someone with a repository that asks for the tiny channel's packages, and no conda."""

    def __init__(self, folder, url, tools, **variables):
        super().__init__(folder / "person", XDG_CACHE_HOME=str(tools), **variables)
        self.environ["RATTLER_CACHE_DIR"] = str(folder / "packages")
        self.root = folder / "clone of hers"
        self.root.mkdir()
        self.prefix = self.home / ".conda" / "envs" / "hers"
        (self.root / "environment.yml").write_text(FILE.format(url=url))
        (self.root / "main.py").write_text("import tool\n\nprint(tool.__version__)\n")

    def goes_up(self):
        """Let a run end well; the environment works, and nothing of a broken run is left."""
        done = self.types(*UP, cwd=self.root)
        assert done.returncode == 0, done.stderr
        self.has_it()

    def has_it(self):
        """Fail unless the environment is whole."""
        assert tool_of(self.prefix) == "1.0"
        assert altered(self.prefix) == []
        assert self.beside() == ["hers"]
        assert leftovers(self.root) == []
        assert leftovers(self.prefix.parent) == []

    def beside(self):
        """Return what stands where environments do, the hashed folders of one counted as one."""
        place = self.prefix.parent
        names = {p.name.partition("--")[0] for p in place.iterdir()} if place.exists() else set()
        return sorted(n for n in names if not n.startswith("."))

    def clear(self):
        """Make it the first time again, with full caches."""
        shutil.rmtree(self.prefix.parent, ignore_errors=True)
        shutil.rmtree(self.root / ".envboot", ignore_errors=True)


def is_whole(prefix):
    """Return whether an environment says that it is whole."""
    meta = prefix / "conda-meta"
    return (meta / "history").exists() and not (meta / MARK).exists()


def tools_at(tmp_path_factory):
    """Return a cache folder for envboot in which py-rattler lies unpacked, for a whole test run.

    It is fetched once, from the package index that pip is configured with. Skips where that fails.
    """
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "tools for all"
    kept = ("PIP_", "SSL_", "HTTP", "NO_PROXY", "REQUESTS_", "LD_")
    environ = {k: v for k, v in os.environ.items() if k.upper().startswith(kept)}
    environ |= {"HOME": os.environ.get("HOME", "/nowhere"), "PATH": PATH}
    shell = LocalShell({**environ, "XDG_CACHE_HOME": str(shared)})
    into = tools.place(pins.RATTLER, shell, shared / "beside")
    if not tools.whole(into, shell):
        try:
            carry_out(Plan("tools", (tools.step(pins.RATTLER, into),)), shell, lambda _line: None)
        except EnvbootError as error:
            pytest.skip(f"py-rattler could not be fetched: {error}")
    return shared


def installed_at(folder):
    """Return a folder with the py-rattler of these tests, for any Python.

    Beside it lies what envboot needs of others, as its archive has it: Python alone.
    """
    folder.mkdir(parents=True)
    for name in ("rattler", "yaml", "packaging"):
        module = pytest.importorskip(name)
        (folder / name).symlink_to(Path(module.__file__).parent)
    return folder
