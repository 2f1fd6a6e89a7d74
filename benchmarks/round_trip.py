"""Pack public repositories without their declaration files, clone them afresh, and prove them.

What their owner would do who has a working environment and no list of what is in it: the files
that declare dependencies are removed; what ``envboot infer`` prints is installed into a virtual
environment, which stands for the owner's; ``envboot package-env`` writes the files from the code
and that environment; a fresh clone is set up with ``python setup.py --yes --engine uv``.

``round_trip.py`` clones from GitHub; ``round_trip.py FOLDER`` takes the git repositories in FOLDER
(``OWNER+NAME``, or ``OWNER+NAME/repo``). Run it inside envboot's own environment, with uv there.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pairs import machine
from public_repositories import KEPT, ROOT, where

DECLARATIONS = re.compile(
    r"(?:.*/)?(?:(?:[\w.-]*requirements[\w.-]*\.(?:txt|in))|(?:environment[\w.-]*\.ya?ml)|Pipfile"
    r"|Pipfile\.lock|pyproject\.toml|setup\.cfg|setup\.py|runtime\.txt|apt\.txt|postBuild|install\.R"
    r"|poetry\.lock|uv\.lock|tox\.ini|noxfile\.py|devcontainer\.json|Dockerfile)"
)


@dataclass(frozen=True)
class Case:
    """One repository to try."""

    name: str
    drops: tuple[str, ...] = ()
    """Files that its owner would remove: they import what nobody has."""


CASES = (
    Case("binder-examples/requirements"),
    Case("binder-examples/conda"),
    Case("binder-examples/python-conda_pip"),
    Case("stefmolin/pandas-workshop"),
    Case("jvns/pandas-cookbook"),
    Case("norvig/pytudes", drops=("py/testaccum.py",)),
    Case("AllenDowney/ThinkStats2"),
)


@dataclass(frozen=True)
class Owner:
    """Where one repository is packed and set up, and with which variables."""

    place: Path
    environ: dict[str, str]

    @property
    def packed(self) -> Path:
        """Return the owner's checkout."""
        return self.place / "packed"

    def run(self, *argv: str, cwd: Path | None = None, check: bool = True, **more: str) -> str:
        """Run a program that must end well, unless ``check`` is off; return what it printed."""
        done = subprocess.run(
            argv,
            cwd=cwd or self.place,
            env={**self.environ, **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode:
            sys.exit(f"{' '.join(argv)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def git(self, *words: str, within: Path | None = None, check: bool = True) -> str:
        """Run git as somebody."""
        who = ("-c", "user.name=benchmark", "-c", "user.email=benchmark@localhost")
        return self.run("git", *who, "-C", str(within or self.packed), *words, check=check).strip()

    def envboot(self, *words: str, **more: str) -> str:
        """Run envboot from its checkout."""
        argv = (sys.executable, "-m", "envboot", *words, "--root", str(self.packed))
        return self.run(*argv, PYTHONPATH=str(ROOT), **more)


def hide(owner: Owner, case: Case) -> list[str]:
    """Remove what declares dependencies; return the paths."""
    tracked = owner.git("ls-files", "-z").split("\0")
    gone = [path for path in tracked if DECLARATIONS.fullmatch(path) or path in case.drops]
    for path in gone:
        (owner.packed / path).unlink(missing_ok=True)
    return gone


def attempt(case: Case, source: str, place: Path) -> str:
    """Return the row of one repository."""
    home = place / "home"
    home.mkdir(parents=True)
    environ = {k: v for k, v in os.environ.items() if k.upper().startswith(KEPT)}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environ |= {"HOME": str(home), "PATH": path, "PYENV_ROOT": str(Path.home() / ".pyenv")}
    owner = Owner(place, environ)
    owner.git("clone", "--quiet", "--no-checkout", source, str(owner.packed), within=place)
    commit = owner.git("rev-parse", "--short", "HEAD")
    owner.git("read-tree", "HEAD")
    owner.git(
        "checkout-index", "--all", "--force", "--quiet", check=False
    )  # a mirror may lack some
    hidden = hide(owner, case)
    asked = place / "asked.txt"
    asked.write_text(owner.envboot("infer", "--quiet"))
    live = place / "live"
    python = getattr(sys, "_base_executable", sys.executable)
    owner.run("uv", "venv", "--quiet", "--python", python, str(live))
    inside = str(live / ("Scripts" if os.name == "nt" else "bin") / "python")
    owner.run("uv", "pip", "install", "--quiet", "--python", inside, "-r", str(asked))
    owner.envboot("package-env", "--yes", "--quiet", VIRTUAL_ENV=str(live))
    owner.git("add", "--all")
    owner.git("commit", "--quiet", "--message", "Set up with `python setup.py`")
    fresh = place / case.name.partition("/")[2]
    owner.git("clone", "--quiet", str(owner.packed), str(fresh), within=place)
    done = subprocess.run(
        [python, "setup.py", "--yes", "--json", "--engine", "uv"],
        cwd=fresh,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 1 or "Traceback" in done.stderr:
        sys.exit(f"{case.name}: {done.stderr}")
    value = json.loads(done.stdout)
    lines = (fresh / "requirements.txt").read_text().splitlines()
    written = [line for line in lines if line.strip() and not line.startswith("#")]
    report = value["report"]
    failed = ", ".join(f"{f['module']}: {f['why']}" for f in report["failed"])
    said = done.stderr.replace(str(place), "~")
    print(f"\n# {case.name}\n$ cat requirements.txt\n" + "\n".join(lines))
    print(
        f"$ python3 setup.py --yes --engine uv\n{said}$ echo $?\n{value['exit_code']}", flush=True
    )
    cells = (
        f"{case.name} ({commit})",
        str(len(hidden)),
        str(len(written)),
        f"{value['outcome']}, {value['exit_code']}",
        f"{len(report['imported'])} import" + (f"; not: {failed}" if failed else ""),
    )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Try them and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="git repositories, OWNER+NAME")
    parser.add_argument("--only", metavar="WORD", default="", help="those whose name has it")
    options = parser.parse_args()
    rows = []
    for case in CASES:
        if options.only in case.name:
            with tempfile.TemporaryDirectory(prefix="envboot-round-trip-") as place:
                source = where(case.name, options.folder and options.folder.resolve())
                rows.append(attempt(case, source, Path(place).resolve()))
    print("\n| repository | files hidden | lines written | outcome, exit code | proved |")
    print("\n".join(("|---|---|---|---|---|", *rows)))
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
