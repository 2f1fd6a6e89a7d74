"""Pack public repositories, clone them afresh, set them up, and say what came of it.

``public_repositories.py`` clones from GitHub; ``public_repositories.py FOLDER`` takes the git
repositories in FOLDER instead: ``OWNER+NAME``, or ``OWNER+NAME/repo``, bare or not. Run it inside
envboot's own environment. Everything happens in a temporary folder, in an empty home.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pairs import machine

ROOT = Path(__file__).resolve().parent.parent
KEPT = ("PIP_", "UV_", "SSL_", "HTTP", "NO_PROXY", "REQUESTS_", "LANG", "LC_", "LD_", "SYSTEMROOT")
FILE = ("--file", "requirements.txt")


@dataclass(frozen=True)
class Case:
    """One repository to try."""

    name: str
    file: tuple[str, ...] = ()
    """Which of its files to take."""
    flags: tuple[str, ...] = ()
    """What setting up is told besides."""
    drops: tuple[str, ...] = ()
    """Files that its owner would remove: they import what nobody has."""


CASES = (
    Case("binder-examples/requirements"),
    Case("stefmolin/pandas-workshop", FILE, ("--anyway",)),
    Case("norvig/pytudes"),
    Case("norvig/pytudes", drops=("py/testaccum.py",)),
    Case("AllenDowney/ThinkStats2", FILE),
    Case("jvns/pandas-cookbook"),
    Case("rougier/numpy-100"),
    Case("jakevdp/PythonDataScienceHandbook", FILE),
)


@dataclass(frozen=True)
class Tried:
    """What came of one repository."""

    name: str
    commit: str
    value: dict[str, Any]
    """The JSON of ``up``."""
    said: str
    seconds: float

    def row(self) -> str:
        """Return the row of the table."""
        report, made = self.value["report"], self.value.get("environment") or {}
        proved = f"{len(report['imported'])} modules import"
        if report["failed"]:
            proved += ", not: " + ", ".join(failure["module"] for failure in report["failed"])
        if not made.get("packages"):
            proved = "; ".join(
                f"{row['need']}: {row['wanted']} asked for ({row['evidence']})"
                for row in self.value["shortfalls"]
            ) or str((self.value.get("error") or {}).get("message", ""))
        cells = (
            f"{self.name} ({self.commit})",
            self.value.get("source") or "",
            f"{self.value['outcome']}, {self.value['exit_code']}",
            str(made.get("packages") or ""),
            f"{self.seconds:.1f} s",
            proved,
        )
        return f"| {' | '.join(cells)} |"


def attempt(case: Case, source: str, place: Path) -> Tried:
    """Pack, commit, clone afresh and set up one repository."""
    packed, fresh, home = place / "packed", place / case.name.partition("/")[2], place / "home"
    home.mkdir(parents=True)
    environ = {k: v for k, v in os.environ.items() if k.upper().startswith(KEPT) or k == "PATH"}
    beside = str(Path(sys.executable).parent)
    environ |= {"HOME": str(home), "PATH": f"{beside}{os.pathsep}{environ.get('PATH', '')}"}
    # Python finds its own versions there; nothing else of the person's home is used.
    environ["PYENV_ROOT"] = str(Path.home() / ".pyenv")

    def git(*words: str, within: Path = packed, check: bool = True) -> str:
        who = ("-c", "user.name=benchmark", "-c", "user.email=benchmark@localhost")
        argv = ["git", *who, "-C", str(within), *words]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, env=environ)
        if check and done.returncode:
            sys.exit(f"{' '.join(argv)}: {done.stderr}")
        return done.stdout.strip()

    git("clone", "--quiet", "--no-checkout", source, str(packed), within=place)
    commit = git("rev-parse", "--short", "HEAD")
    git("read-tree", "HEAD")
    git("checkout-index", "--all", "--force", "--quiet", check=False)  # a mirror may lack big files
    for path in case.drops:
        (packed / path).unlink()
    argv = [sys.executable, "-m", "envboot", "package-env", "--quiet", "--yes", "--root", packed]
    subprocess.run(
        [*argv, *case.file], check=True, env={**environ, "PYTHONPATH": str(ROOT)}, cwd=place
    )
    git("add", "--all")
    git("commit", "--quiet", "--message", "Set up with `python setup.py`")
    git("clone", "--quiet", str(packed), str(fresh), within=place)
    python = getattr(sys, "_base_executable", sys.executable)
    start = time.perf_counter()
    done = subprocess.run(
        [python, "setup.py", "--yes", "--json", "--engine", "uv", *case.file, *case.flags],
        cwd=fresh,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - start
    said = done.stderr.replace(str(place), "~")
    if done.returncode == 1 or "Traceback" in done.stderr:
        sys.exit(f"{case.name}: {done.stderr}")
    return Tried(
        case.name + (", mended" if case.drops else ""),
        commit,
        json.loads(done.stdout),
        said,
        seconds,
    )


def where(name: str, folder: Path | None) -> str:
    """Return what git clones."""
    if folder is None:
        return f"https://github.com/{name}"
    place = folder / name.replace("/", "+")
    return str(place / "repo" if (place / "repo").is_dir() else place)


def main() -> None:
    """Try them and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="git repositories, OWNER+NAME")
    parser.add_argument("--only", metavar="WORD", default="", help="those whose name has it")
    options = parser.parse_args()
    rows = []
    for case in CASES:
        if options.only in case.name:
            with tempfile.TemporaryDirectory(prefix="envboot-public-") as place:
                source = where(case.name, options.folder and options.folder.resolve())
                tried = attempt(case, source, Path(place))
            shown = re.sub(r"(?m)^> log: .*\n", "", tried.said)
            typed = " ".join(("python3 setup.py --yes --engine uv", *case.file, *case.flags))
            print(f"\n# {tried.name}\n$ {typed}\n{shown}", end="")
            print(f"$ echo $?\n{tried.value['exit_code']}", flush=True)
            rows.append(tried.row())
    print("\n| repository | file | outcome, exit code | packages | time | proved |")
    print("\n".join(("|---|---|---|---|---|---|", *rows)))
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
