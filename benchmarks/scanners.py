"""The programs that find out what code depends on, each started as its users start it.

Each takes a repository and returns requirement lines. Where a program reports modules and not
distributions (deptry, fawltydeps), the module's name is its answer, as it is in its own report.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 600  # seconds for one repository
PEERS = ("pipreqs", "pigar", "deptry", "fawltydeps")


@dataclass(frozen=True)
class Place:
    """Where a scanner works."""

    bin: Path
    """The folder with the peers' programs."""
    scratch: Path
    index: str
    """Base address of the stand-in for the package index, with a slash behind it."""
    installed: Path | None = None
    """The environment that has everything installed; None: a bare one."""


def ours(repository: Path, place: Place) -> list[str]:
    """Run ``envboot infer``, or with an environment the same judgement with its metadata."""
    if place.installed:
        live = ROOT / "benchmarks" / "with_environment.py"
        argv = [sys.executable, str(live), str(repository), str(place.installed / "bin" / "python")]
    else:
        argv = [sys.executable, "-m", "envboot", "infer", "--quiet", "--no-cache", str(repository)]
    return _run(argv, place, ROOT).splitlines()


def pipreqs(repository: Path, place: Place) -> list[str]:
    """Run pipreqs on scripts and notebooks; it asks the stand-in about every name."""
    argv = [place.bin / "pipreqs", "--print", "--mode", "no-pin", "--scan-notebooks"]
    argv += ["--pypi-server", f"{place.index}pypi/", repository]
    return _run([str(a) for a in argv], place, place.scratch).splitlines()


def pigar(repository: Path, place: Place) -> list[str]:
    """Run pigar; bare it asks the stand-in for versions, else its search of the index is off."""
    file = place.scratch / "pigar.txt"
    file.unlink(missing_ok=True)
    search = "no" if place.installed else "yes"
    argv = [place.bin / "pigar", "generate", "-f", file, "-c", "-", "--dont-show-differences"]
    argv += [
        "--question-answer",
        search,
        "--auto-select",
        "-i",
        f"{place.index}simple/",
        repository,
    ]
    _run([str(a) for a in argv], place, place.scratch)
    said = file.read_text(encoding="utf-8") if file.exists() else ""
    return list(chosen(said.splitlines()))


def chosen(rows: list[str]) -> Iterator[str]:
    """Yield pigar's lines; of those that it leaves to a person the one most like the import."""
    module, group = "", []
    for row in [*rows, "#"]:
        if not row.startswith("#"):
            group.append(row)
            continue
        if group and module:
            yield max(group, key=lambda name: SequenceMatcher(None, name.lower(), module).ratio())
        else:
            yield from group
        group = []
        found = re.search(r"for the import name: (\S+)", row)
        module = found[1].lower() if found else module if "WARNING" in row else ""


def deptry(repository: Path, place: Place) -> list[str]:
    """Run deptry against a project that declares nothing: all that it misses is its answer."""
    project, report = _nothing(place), place.scratch / "deptry.json"
    report.unlink(missing_ok=True)
    argv = [place.bin / "deptry", "--config", project, "-o", report, "--no-ansi", "."]
    _run([str(a) for a in argv], place, repository)
    rows = json.loads(report.read_text(encoding="utf-8")) if report.exists() else []
    return sorted({row["module"] for row in rows if row["error"]["code"] in {"DEP001", "DEP003"}})


def fawltydeps(repository: Path, place: Place) -> list[str]:
    """Run fawltydeps for what is imported and not declared."""
    argv = [place.bin / "fawltydeps", "--check-undeclared", "--json", "--code", "."]
    argv += ["--deps", _nothing(place)]
    argv += ["--pyenv", place.installed] if place.installed else []
    said = _run([str(a) for a in argv], place, repository)
    found = json.loads(said)["undeclared_deps"] if said.lstrip().startswith("{") else []
    return sorted({(row.get("candidates") or [row["name"]])[0] for row in found})


SCANNERS: dict[str, Callable[[Path, Place], list[str]]] = {
    "envboot": ours,
    "pipreqs": pipreqs,
    "pigar": pigar,
    "deptry": deptry,
    "fawltydeps": fawltydeps,
}


@dataclass(frozen=True)
class Answer:
    """What one scanner said of one repository."""

    lines: list[str]
    seconds: float


def ask(scanner: str, repository: Path, place: Place) -> Answer:
    """Run a scanner on a repository; a failure is an empty answer, as for its users."""
    start = time.perf_counter()
    lines = SCANNERS[scanner](repository, place)
    seconds = time.perf_counter() - start
    return Answer([re.sub(r"==.*", "", line) for line in lines if line.strip()], seconds)


def _nothing(place: Place) -> Path:
    """Return a project file that declares nothing."""
    project = place.scratch / "pyproject.toml"
    project.write_text('[project]\nname = "nothing"\nversion = "1"\ndependencies = []\n')
    return project


def _run(argv: list[str], place: Place, folder: Path) -> str:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "VIRTUAL_ENV"))}
    if place.installed:  # metadata of what is installed; the peers' own modules stay theirs
        env["PYTHONPATH"] = str(place.installed / "for-peers")
    if argv[0] == sys.executable:
        env["PYTHONPATH"] = str(ROOT)
    done = subprocess.run(
        argv,
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=LONGEST,
    )
    return done.stdout.decode("utf-8", "replace")
