"""Where an environment is made, and what can make one: the values that targets are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.machine import Machine
    from envboot.plan import Plan
    from envboot.shell import Shell
    from envboot.spec import EnvironmentSpec


@dataclass(frozen=True)
class Order:
    """What is asked of a launcher."""

    handle: str
    """The name of what is to be made, here and there, chosen by us: ``sunspots-7f3a``."""
    where: str = ""
    """A host, a region, an account: whatever the person named behind the launcher's name."""
    size: str = ""
    """The name of one of the launcher's offers."""
    then: str = ""
    """What follows setting up: ``shell``, ``lab`` (JupyterLab), or "" for nothing."""
    command: tuple[str, ...] = ()
    """To be run in the environment once it is set up; (): none."""
    options: tuple[tuple[str, str], ...] = ()
    """The launcher's own flags: ``("time", "2:00:00")``."""
    anyway: bool = False
    """setup.py there shall go on although that computer falls short too."""

    def option(self, name: str, default: str = "") -> str:
        """Return the value of one of the launcher's own flags."""
        return dict(self.options).get(name, default)


@dataclass(frozen=True)
class Site:
    """One repository on one computer, and the place its environment goes to."""

    root: Path
    """The repository, absolute."""
    name: str
    """The environment's name: what a prompt shows and ``conda activate`` takes."""
    prefix: Path
    """Where to build; absolute, and nothing is there yet."""
    machine: Machine
    shell: Shell
    """For looking only (which, read, query): deeds go into the plan."""
    offline: bool = False
    asked: str = ""
    """The engine that the person named, or that made the environment which is there: what it
    needs may then be fetched for it."""
    as_of: str = ""
    """ISO 8601 in UTC: nothing newer counts; "" for now."""
    link_scripts: bool = False
    """Run the post-link scripts of conda packages."""
    order: Order = Order("")
    """For launchers only."""


_MARKS = (".git", ".envboot/envboot.pyz", ".envboot/environment.json")
"""Of a repository: git's, a packed one's, and one that remembers its environment. A log alone,
which lies beside each notebook that was unpacked, is none."""


def repository(here: Path, shell: Shell) -> Path | None:
    """Return the nearest folder upwards that is a repository; None where ``here`` lies in none."""
    marked = (p for p in (here, *here.parents) if any(shell.kind(p / mark) for mark in _MARKS))
    return next(marked, None)


def python_of(prefix: Path, shell: Shell) -> Path:
    """Return where the interpreter of the environment at ``prefix`` is, there or not.

    Source: the layouts of ``venv`` (``Scripts`` on Windows) and of conda (the prefix itself there).
    """
    if shell.platform.system != "Windows":
        return prefix / "bin" / "python"
    venv = prefix / "Scripts" / "python.exe"
    return venv if shell.kind(venv) else prefix / "python.exe"


class Target(Protocol):
    """A module that can make the environment: an engine here, a launcher elsewhere."""

    TITLE: str
    """For the menu: ``uv``, ``GitHub Codespaces``."""

    def why_not(self, spec: EnvironmentSpec, site: Site) -> str | None:
        """Return None when it can, else a sentence that says why not."""

    def plan(self, spec: EnvironmentSpec, site: Site) -> Plan:
        """Return the steps; called only after ``why_not`` returned None."""
