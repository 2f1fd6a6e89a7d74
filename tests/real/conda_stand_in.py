"""A stand-in for the program ``conda``: real environments through py-rattler, for tests alone.

It does what ``conda env create``, ``conda info --json`` and ``conda run`` do with the same
arguments, and refuses arguments that conda does not know. Where conda surprises, so does it: an
existing environment is replaced without a word, channels of ``CONDA_CHANNELS`` are appended, pip is
started beside the file, and when pip fails the environment stays. Sources: conda's documentation,
"Commands" and "Managing environments".
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TextIO

import yaml


def say(text: str, *, to: TextIO = sys.stdout) -> None:
    """Print a line at once."""
    to.write(f"{text}\n")
    to.flush()


def parser() -> argparse.ArgumentParser:
    """Return the part of conda's command line that is played."""
    top = argparse.ArgumentParser(prog="conda")
    top.add_argument("-V", "--version", action="version", version="conda 26.1.0")
    commands = top.add_subparsers(dest="command", required=True)

    def output(command: argparse.ArgumentParser) -> None:
        command.add_argument("--json", action="store_true")
        command.add_argument("-v", "--verbose", action="count", default=0)
        command.add_argument("-q", "--quiet", action="store_true")

    def target(command: argparse.ArgumentParser) -> None:
        place = command.add_mutually_exclusive_group()
        place.add_argument("-n", "--name")
        place.add_argument("-p", "--prefix", type=Path)

    info = commands.add_parser("info")
    info.add_argument("-e", "--envs", action="store_true")
    output(info)

    run = commands.add_parser("run")
    target(run)
    run.add_argument("--no-capture-output", "--live-stream", action="store_true")
    run.add_argument("--cwd", type=Path)
    run.add_argument("executable_call", nargs=argparse.REMAINDER)

    env = commands.add_parser("env").add_subparsers(dest="verb", required=True)
    create = env.add_parser("create")
    create.add_argument("-f", "--file", type=Path, default=Path("environment.yml"))
    target(create)
    create.add_argument("-C", "--use-index-cache", action="store_true")
    create.add_argument("-k", "--insecure", action="store_true")
    create.add_argument("--offline", action="store_true")
    create.add_argument("--no-default-packages", action="store_true")
    create.add_argument("-d", "--dry-run", action="store_true")
    create.add_argument("-y", "--yes", action="store_true")
    create.add_argument("--solver", choices=["classic", "libmamba", "rattler"])
    create.add_argument("--subdir", "--platform")
    output(create)
    return top


ROOT = Path(os.environ.get("CONDA_STAND_IN_ROOT") or Path(sys.argv[0]).resolve().parent.parent)


def environments() -> list[Path]:
    """Return the folders for environments, the one that is written to first."""
    named = os.environ.get("CONDA_ENVS_PATH", "")
    return [*(Path(p) for p in named.split(os.pathsep) if p), ROOT / "envs"]


def prefix_of(given: argparse.Namespace, name: str = "") -> Path:
    """Return the environment that the arguments mean; the prefix wins, then the name."""
    if given.prefix:
        return Path(given.prefix).absolute()
    name = given.name or name
    if not name:
        raise SystemExit("CondaValueError: Name or prefix required")
    found = (folder / name for folder in environments())
    return next((p for p in found if p.exists()), environments()[0] / name)


def create(given: argparse.Namespace) -> int:
    """Create an environment from a file."""
    if given.file.suffix not in {".yml", ".yaml"}:
        raise SystemExit(f"EnvironmentFileExtensionNotValid: '{given.file}' must be .yml or .yaml")
    if not given.file.is_file():
        raise SystemExit(f"EnvironmentFileNotFound: '{given.file}' file not found")
    wanted = yaml.safe_load(given.file.read_text(encoding="utf-8"))
    prefix = prefix_of(given, wanted.get("name", ""))
    conda = [d for d in wanted.get("dependencies") or [] if isinstance(d, str)]
    pip = [
        line for d in wanted.get("dependencies") or [] if isinstance(d, dict) for line in d["pip"]
    ]
    if pip and not any(d.split("=")[0].strip() == "pip" for d in conda):
        say("Warning: you have pip-installed dependencies in your environment file, but you do not")
        conda.append("pip")
    channels = [*(wanted.get("channels") or []), *os.environ.get("CONDA_CHANNELS", "").split()]
    if prefix.exists():
        shutil.rmtree(prefix)
    say("Collecting package metadata: done\nSolving environment: ...working...")
    asyncio.run(install(conda, channels, prefix))
    record(prefix, conda)
    say("Executing transaction: ...working... done")
    if pip and not install_with_pip(pip, given.file.absolute().parent, prefix):
        say("CondaEnvException: Pip failed", to=sys.stderr)
        return 1
    state = {str(k): str(v) for k, v in (wanted.get("variables") or {}).items()}
    if state:
        (prefix / "conda-meta" / "state").write_text(json.dumps({"version": 1, "env_vars": state}))
    say(f"#\n# To activate this environment, use\n#\n#     $ conda activate {prefix.name}")
    return 0


async def install(specs: list[str], channels: list[str], prefix: Path) -> None:
    """Solve and install with py-rattler, into nothing."""
    from rattler import Gateway, MatchSpec, VirtualPackage, solve
    from rattler import install as put

    urls = [c for c in channels if c not in {"defaults", "nodefaults"}]
    records = await solve(
        urls,
        [MatchSpec(s) for s in specs],
        gateway=Gateway(),
        virtual_packages=VirtualPackage.detect(),
        add_pip_as_python_dependency=True,
    )
    await put(records, prefix, cache_dir=ROOT / "pkgs", show_progress=False)
    for path in (prefix / "conda-meta").glob("*.json"):
        path.chmod(0o644)


def record(prefix: Path, specs: list[str]) -> None:
    """Write the history by which conda knows an environment, and note where it is."""
    lines = [
        f"==> {time.strftime('%Y-%m-%d %H:%M:%S')} <==",
        f"# cmd: conda {' '.join(sys.argv[1:])}",
    ]
    lines += [f"+{p.stem}" for p in sorted((prefix / "conda-meta").glob("*.json"))]
    lines.append(f"# update specs: {specs!r}")
    (prefix / "conda-meta" / "history").write_text("\n".join(lines) + "\n")
    known = Path.home() / ".conda" / "environments.txt"
    known.parent.mkdir(exist_ok=True)
    with known.open("a") as file:
        file.write(f"{prefix}\n")


def install_with_pip(lines: list[str], folder: Path, prefix: Path) -> bool:
    """Install the ``pip:`` part as conda does: one file beside the yml, and pip started there."""
    say("Installing pip dependencies: ...working...")
    with tempfile.NamedTemporaryFile(
        "w", prefix="condaenv.", suffix=".requirements.txt", dir=folder, delete=False
    ) as file:
        file.write("\n".join(lines))
    argv = [prefix / "bin" / "python", "-m", "pip", "install", "-U", "-r", file.name]
    try:
        return subprocess.run([*argv, "--exists-action=b"], cwd=folder, check=False).returncode == 0
    finally:
        Path(file.name).unlink()


def run(given: argparse.Namespace) -> int:
    """Run a program inside an environment."""
    prefix = prefix_of(given)
    path = f"{prefix / 'bin'}{os.pathsep}{os.environ['PATH']}"
    state = prefix / "conda-meta" / "state"
    variables = json.loads(state.read_text())["env_vars"] if state.exists() else {}
    env = {**os.environ, "PATH": path, "CONDA_PREFIX": str(prefix), **variables}
    return subprocess.run(given.executable_call, env=env, cwd=given.cwd, check=False).returncode


def main() -> int:
    """Do what the arguments say."""
    given = parser().parse_args()
    if given.command == "env":
        return create(given)
    if given.command == "run":
        return run(given)
    folders = [str(p) for p in environments()]
    say(json.dumps({"root_prefix": str(ROOT), "envs_dirs": folders, "conda_version": "26.1.0"}))
    return 0


if __name__ == "__main__":
    try:
        code: object = main()
    except SystemExit as error:
        code = error.code
        if isinstance(code, str):
            say(code, to=sys.stderr)
    except Exception as error:  # noqa: BLE001 - py-rattler's errors share no class
        say(f"{type(error).__name__}: {error}", to=sys.stderr)
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    # py-rattler can crash an interpreter that shuts down the usual way after it has worked.
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)
