"""What each command may be given: functions that add the flags of one to its parser."""

from __future__ import annotations

import argparse
from pathlib import Path


def common(sub: argparse.ArgumentParser) -> None:
    """Add the flags of every command."""
    add = sub.add_argument
    add("-C", "--root", type=Path, metavar="DIR", help="the repository (default: found from here)")
    add("-y", "--yes", action="store_true", help="answer the main question with yes")
    add("-n", "--dry-run", action="store_true", help="print the plan and do nothing")
    add("--json", action="store_true", help="print the result as JSON on stdout")
    add("-v", "--verbose", action="store_true", help="show all that programs print")
    add("-q", "--quiet", action="store_true", help="say errors only")
    add("--file", metavar="PATH", help="the dependency file to use, instead of the one that wins")
    add("--engine", metavar="NAME", help="what makes the environment: conda, rattler, uv, venv")
    add("--name", metavar="NAME", help="the environment's name")
    add("--prefix", type=Path, metavar="DIR", help="where the environment goes")
    add("--group", action="append", default=[], metavar="NAME", help="also this group (repeatable)")
    add("--offline", action="store_true", help="use what is on this machine, no network")


def _up(sub: argparse.ArgumentParser) -> None:
    what = "set up what this notebook carries, instead of the repository"
    sub.add_argument("notebook", nargs="?", metavar="NOTEBOOK", help=what)
    sub.add_argument("--approve", metavar="SHA256", help=argparse.SUPPRESS)
    _making(sub)


def _making(sub: argparse.ArgumentParser) -> None:
    add = sub.add_argument
    add("--anyway", action="store_true", help="go on although the machine falls short")
    add("--manual", action="store_true", help="print the commands instead of running them")
    add("--launch", metavar="NAME", help="go elsewhere with this launcher when it falls short")
    add("--rebuild", action="store_true", help="make it anew although it is up to date")
    add("--apt", action="store_true", help="install the packages that apt.txt names")
    add("--post-build", action="store_true", help="run the repository's postBuild")
    add("--link-scripts", action="store_true", help="run conda packages' post-link scripts")
    add("--no-lock", action="store_false", dest="locked", help="solve anew, whatever a lock says")
    add("--as-of", metavar="DATE", help="the environment that worked then: nothing newer counts")
    for flag, field, what in (
        ("kernel", "kernel", "register a Jupyter kernel (default: when there are notebooks)"),
        ("shell", "subshell", "end in a shell inside the environment (default: ask)"),
    ):
        add(f"--{flag}", dest=field, action="store_true", default=None, help=what)
        add(f"--no-{flag}", dest=field, action="store_false", help=argparse.SUPPRESS)


def _packaging(sub: argparse.ArgumentParser) -> None:
    add = sub.add_argument
    add("--check", action="store_true", help="fail when a file is stale; write nothing")
    add("--remove", action="store_true", help="take out again what package-env wrote")
    add("--readme", action="store_true", help="also write the onboarding section of README.md")
    add("--python", metavar="PATH", help="the live environment is this interpreter's")
    add("--env", metavar="NAME", help="the live environment is the conda one of that name")
    add("--no-live", action="store_true", help="do not look at a live environment")
    pins = ("exact", "compatible", "minimum")
    add("--pin", choices=pins, help="write ==, ~= (the default) or >= with the versions")
    add("--pip-only", action="store_true", default=None, help="write requirements.txt alone")
    add("--conda-only", action="store_true", default=None, help="write environment.yml alone")
    add(
        "--provides",
        action="append",
        default=[],
        metavar="MODULE=NAME",
        help="this distribution brings this module (repeatable)",
    )
    add(
        "--variable",
        action="append",
        default=[],
        metavar="NAME",
        help="carry this environment variable with its value (repeatable)",
    )
    add(
        "--with",
        action="append",
        default=[],
        dest="companions",
        metavar="KIND",
        help="also write: devcontainer, dockerfile, install or readme (repeatable)",
    )
    add("--lock", action="store_true", help="also write pixi.lock or pylock.toml, with hashes")
    add(
        "--platform",
        action="append",
        default=[],
        metavar="NAME",
        help="lock for this platform: linux-64, osx-arm64, win-64 … (repeatable)",
    )
    add("--no-cache", action="store_true", help="read every file anew")
    add("--commit", action="store_true", help="commit the written files, and nothing else")
    add("--message", metavar="TEXT", help="the commit's message")
    add("--push", action="store_true", help="push the current branch afterwards")


def _inferring(sub: argparse.ArgumentParser) -> None:
    add = sub.add_argument
    add("path", nargs="?", type=Path, metavar="PATH", help="a folder, a file or a notebook")
    add("--all", action="store_true", help="also guarded, test-only and docs-only imports")
    add("--no-cache", action="store_true", help="read every file anew")


def _looking_ahead(sub: argparse.ArgumentParser) -> None:
    add = sub.add_argument
    add(
        "--for",
        action="append",
        default=[],
        dest="targets",
        metavar="NAMES",
        help="where: cpu, cuda124, osx-arm64, win-64, codespaces-2core … (repeatable)",
    )
    add("--python", action="append", default=[], metavar="X.Y", help="also with this Python")
    add("--badge", type=Path, metavar="FILE", help="write a badge for shields.io as JSON")


def _converting(sub: argparse.ArgumentParser) -> None:
    add = sub.add_argument
    add("source", type=Path, metavar="FROM", help="the file to read")
    add("target", metavar="TO", help="the file to write; its name says its kind; `-` prints it")
    add("--kind", metavar="NAME", help="what TO is: environment.yml, requirements.txt, pixi.toml …")
    add("--force", action="store_true", help="replace a file that is there")


def _launching(sub: argparse.ArgumentParser) -> None:
    add = sub.add_argument
    add(
        "launcher",
        nargs="?",
        default="",
        metavar="NAME",
        help="ssh, slurm, codespaces, azure, link",
    )
    add("where", nargs="?", default="", metavar="WHERE", help="a host, a region, a service")
    add(
        "--size",
        default="",
        metavar="NAME",
        help="this one of the sizes (default: smallest that fits)",
    )
    add("--then", choices=("shell", "lab"), default="", help="go on there: a shell, or JupyterLab")
    add("--anyway", action="store_true", help="take `--size` although it is too small")
    add("--push", action="store_true", help="push commits that are not pushed yet")
    add("--as-pushed", action="store_true", help="go on with what was pushed, whatever is new here")
    add("--new", action="store_true", help="one more, although one of this repository is there")
    add("--no-wait", action="store_false", dest="wait", help="do not wait until it is ready")
    add(
        "--no-browser", action="store_false", dest="browse", help="print the link, and open nothing"
    )
    add("--notebook", metavar="PATH", help="the notebook to open there")
    add("--time", metavar="LIMIT", help="slurm: no longer than this, as Slurm writes it: `2:00:00`")
    add("--partition", metavar="NAME", help="slurm: this partition")
    add("--account", metavar="NAME", help="slurm: the account that it counts for")
    add("--array", metavar="RANGE", help="slurm: an array of jobs, as Slurm writes it: `1-10`")
    add("--idle", metavar="MINUTES", help="codespaces, azure: stop after so long")
    add("--region", metavar="NAME", help="codespaces, azure: where the machine stands")
    add("--spot", action="store_true", help="azure: cheaper, and may be taken away at any time")
    add("--allow", metavar="ADDRESS", help="azure: who may connect (default: your own address)")
    sub.epilog = "Behind `--`: a command to run there, in the environment."


def tending(sub: argparse.ArgumentParser, name: str) -> None:
    """Add what a command on a job takes."""
    add = sub.add_argument
    add("handle", metavar="HANDLE", help="as `jobs` lists it")
    if name == "logs":
        add("--follow", action="store_true", help="go on while it prints more")
    if name == "status":
        add("--wait", action="store_true", help="wait until it is ready or ended")


def _exporting(sub: argparse.ArgumentParser) -> None:
    add = sub.add_argument
    add("kind", choices=("sky", "devcontainer", "sbatch"), help="sky, devcontainer or sbatch")
    add("--output", metavar="FILE", help="where to write it; `-` prints it")
    add("--force", action="store_true", help="replace a file that is there")


def _embedding(sub: argparse.ArgumentParser) -> None:
    add = sub.add_argument
    add("--all", action="store_true", help="every notebook of the repository")
    add("--check", action="store_true", help="fail when what a notebook carries is stale")
    add("--remove", action="store_true", help="take out again what `pack` put in")
    add("--force", action="store_true", help="also replace what somebody else put in")
    add("--pep723", action="store_true", help="also as a first cell that juv and uv read")
    add("--python", metavar="PATH", help="versions are those of this interpreter's environment")
    add("--no-live", action="store_true", help="look at no live environment for versions")


def _restoring(sub: argparse.ArgumentParser) -> None:
    add = sub.add_argument
    add(
        "--to", type=Path, metavar="DIR", help="the files go there (default: the notebook's folder)"
    )
    add("--overwrite", action="store_true", help="replace files that differ, and keep a backup")
    add("--approve", metavar="SHA256", help="also run the setup.sh of exactly this environment")
    add("--expect", metavar="SHA256", help=argparse.SUPPRESS)
    add("--clone", action="store_true", help="also fetch the repository that it names")
    _making(sub)


def _unpacking(sub: argparse.ArgumentParser) -> None:
    _restoring(sub)
    sub.add_argument("--files-only", action="store_true", help="write the files and end there")


def _running(sub: argparse.ArgumentParser) -> None:
    _restoring(sub)
    add = sub.add_argument
    add("--output", type=Path, metavar="FILE", help="the executed notebook (default: in place)")
    add("--force", action="store_true", help="replace a file that is there")
    add("--cell-timeout", type=int, metavar="SECONDS", help="no cell may take longer")
    add("--allow-errors", action="store_true", help="go on behind a cell that fails")


def _comparing(sub: argparse.ArgumentParser) -> None:
    add = sub.add_argument
    add("--python", metavar="PATH", help="the live environment is this interpreter's")
    add("--no-live", action="store_true", help="do not look at a live environment")


def _opening(sub: argparse.ArgumentParser) -> None:
    add = sub.add_argument
    add("where", nargs="?", default="", metavar="NAME", help="open it there: google, colab, ssh …")
    add("--no-browser", action="store_false", dest="browse", help="print the link, open nothing")


def _creating(sub: argparse.ArgumentParser) -> None:
    add = sub.add_argument
    add("directory", metavar="NAME", help="the new repository: a folder that is not there yet")
    add("--ml", action="store_true", help="designate it a machine-learning one")
    kinds = sub.add_mutually_exclusive_group()
    kinds.add_argument("--public", action="store_true", help="on GitHub, for everybody")
    kinds.add_argument("--private", action="store_true", help="on GitHub, for you alone")
    add("--organisation", metavar="NAME", help="on GitHub, this organisation's")
    add("--no-github", action="store_true", help="here only; do not ask about GitHub")


OWN = {
    "up": _up,
    "check": _making,
    "package-env": _packaging,
    "infer": _inferring,
    "create": _creating,
    "preflight": _looking_ahead,
    "convert": _converting,
    "launch": _launching,
    "export": _exporting,
}
"""What adds the flags of one command alone."""
BEHIND = {
    "pack": _embedding,
    "unpack": _unpacking,
    "show": lambda _sub: None,
    "diff": _comparing,
    "run": _running,
    "cloud": _opening,
}
"""What adds the flags of one command behind ``notebook``."""
