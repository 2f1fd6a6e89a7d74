"""Someone with a packed repository that is on GitHub, and what she has on PATH."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

from tests.real.person import PATH, Person

_CONFIG = """\
[user]
name = Ada
email = ada@localhost
[init]
defaultBranch = main
[credential "https://github.com"]
helper = "!f() { echo username=ada; echo \\"password=$GH_TOKEN\\"; }; f"
"""
_CONTAINER = """\
{
  "image": "mcr.microsoft.com/devcontainers/python:3",
  "postCreateCommand": "python3 setup.py --yes"
}
"""


def git(place, *words):
    """Run git there; return what it prints."""
    done = subprocess.run(["git", "-C", place, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


class Ada(Person):
    """Someone who has told git her name, and where her token is."""

    def __init__(self, folder, github, **variables):
        super().__init__(folder, **variables)
        self.folder, self.github = folder, github
        (self.home / ".gitconfig").write_text(_CONFIG)
        self.environ |= github.environ

    def publish(self, root, packed):
        """Pack a folder, with a container for it, and put it on GitHub, pushed."""
        for name in ("setup.py", ".envboot/envboot.pyz"):
            (root / name).parent.mkdir(exist_ok=True)
            shutil.copy(packed / name, root / name)
        (root / ".devcontainer").mkdir()
        (root / ".devcontainer" / "devcontainer.json").write_text(_CONTAINER)
        bare = self.github.bare()
        for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "all of it")):
            subprocess.run(["git", *words], cwd=root, env=self.environ, check=True)
        subprocess.run(["git", "clone", "-q", "--bare", root, bare], env=self.environ, check=True)
        git(bare, "config", "http.receivepack", "true")
        git(root, "remote", "add", "origin", f"https://github.com/{self.github.full}.git")
        git(root, "update-ref", "refs/remotes/origin/main", "HEAD")
        git(root, "config", "branch.main.remote", "origin")
        git(root, "config", "branch.main.merge", "refs/heads/main")

    def without(self, *names):
        """Return a PATH on which these programs are not."""
        farm = self.folder / "programs"
        farm.mkdir(exist_ok=True)
        for folder in PATH.split(os.pathsep):
            for path in Path(folder).iterdir() if os.access(folder, os.R_OK | os.X_OK) else ():
                link = farm / path.name
                if path.name not in names and not link.is_symlink():
                    link.symlink_to(path)
        assert not any(shutil.which(name, path=str(farm)) for name in names)
        return {"PATH": str(farm)}

    def holds(self, *tokens, but=()):
        """Return which of her files, and of GitHub's copy, hold a token."""
        found = self.written()
        return [
            path
            for path, data in found.items()
            if data and not path.startswith(tuple(but)) and any(_in(data, t) for t in tokens)
        ]


def _in(data, token):
    return token.encode() in (data if isinstance(data, bytes) else str(data).encode())


def enter_until(terminal, wanted):
    """Press Enter until ``wanted`` is on the screen.

    What is typed while gh asks the terminal for its cursor is lost, as it is for a quick person.
    """
    end = time.monotonic() + 180
    while wanted not in terminal.seen[terminal.read_up_to :]:
        assert time.monotonic() < end, terminal.seen
        terminal.send("\r")
        with contextlib.suppress(AssertionError):
            terminal.read(wanted, seconds=1)
            return
    terminal.read(wanted)


class Watch:
    """Reads the command line of every process, again and again, as another user here could."""

    def __init__(self, *secrets):
        self.secrets = [secret.encode() for secret in secrets]
        self.seen, self.count, self.over = [], 0, threading.Event()
        self.thread = threading.Thread(target=self._read, daemon=True)

    def _read(self):
        while not self.over.is_set():
            for folder in Path("/proc").glob("[0-9]*"):
                try:
                    line = (folder / "cmdline").read_bytes()
                except OSError:
                    continue
                self.count += b"envboot" in line
                if any(secret in line for secret in self.secrets):
                    self.seen.append(line)
            self.over.wait(0.01)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_why):
        self.over.set()
        self.thread.join()
