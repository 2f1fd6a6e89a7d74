"""Compare envboot with its neighbours, in pairs, and print a table. ``--help`` lists the parts.

Run it inside envboot's own environment: ``python3 setup.py run -- python benchmarks/run.py``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pairs import HEADER, Pairs, machine, take, timed

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # for envboot, where it is not installed
PARTS = ("prompt", "up-to-date", "uv-warm", "uv-cold", "venv")
REQUIREMENTS = "requests==2.32.3\npandas==2.2.3\nmatplotlib==3.9.2\n"
MODULES = ("requests", "pandas", "matplotlib.pyplot")
CODE = "".join(f"import {name}\n" for name in MODULES)


@dataclass(frozen=True)
class Bench:
    """Where the measuring happens, and with what."""

    place: Path
    python: str
    """The interpreter of both of a pair; it has pip."""
    environ: dict[str, str]
    number: int

    def folder(self, name: str, code: str = CODE) -> Path:
        """Return a new repository: a fresh clone of what was packed."""
        root = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.place)) / "repository"
        shutil.copytree(self.place / "packed", root)
        if code:
            (root / "main.py").write_text(code, encoding="utf-8")
        return root

    def pip(self) -> float:
        """Return the seconds of ``pip --version``."""
        command = (self.python, "-m", "pip", "--version")
        return timed(command, cwd=self.place, env=self.environ)

    def setup(self, root: Path, *flags: str, status: int = 0, cache: Path | None = None) -> float:
        """Return the seconds of ``python3 setup.py``."""
        env = {**self.environ, **caches(cache)} if cache else self.environ
        return timed((self.python, "setup.py", *flags), cwd=root, env=env, status=status)


def caches(folder: Path) -> dict[str, str]:
    """Return the variables that put the caches of pip and uv into ``folder``."""
    return {"UV_CACHE_DIR": str(folder / "uv"), "PIP_CACHE_DIR": str(folder / "pip")}


def prompt(bench: Bench) -> list[Pairs]:
    """Measure a fresh clone up to the question, with nobody to ask (exit 5)."""
    root = bench.folder("prompt")
    pairs = Pairs("first prompt of `python3 setup.py`", "`pip --version`")
    take(pairs, lambda: bench.setup(root, status=5), bench.pip, bench.number)
    return [pairs]


def up_to_date(bench: Bench) -> list[Pairs]:
    """Measure ``python3 setup.py`` where there is nothing to do."""
    root = bench.folder("up-to-date")
    bench.setup(root, "--yes", "--no-kernel")
    pairs = Pairs("`python3 setup.py`, up to date", "`pip --version`")
    take(pairs, lambda: bench.setup(root), bench.pip, bench.number)
    return [pairs]


def uv_warm(bench: Bench) -> list[Pairs]:
    """Measure a creation with uv, everything in uv's cache."""
    return _uv(bench, cold=False)


def uv_cold(bench: Bench) -> list[Pairs]:
    """Measure a creation with uv, with an empty cache each time: mostly the network."""
    return _uv(bench, cold=True)


def _uv(bench: Bench, *, cold: bool) -> list[Pairs]:
    word = "cold cache" if cold else "warm cache"
    cache = [bench.place / "caches"]

    def ours(code: str) -> float:
        root = bench.folder("uv", code)
        flags = ("--yes", "--engine", "uv", "--no-kernel")
        seconds = bench.setup(root, *flags, cache=_cache(bench, cache, cold=cold))
        shutil.rmtree(root)
        return seconds

    def plain(*then: str) -> float:
        root = bench.folder("plain")
        env = {**bench.environ, **_uv_settings(bench), **caches(_cache(bench, cache, cold=cold))}
        python = str(root / ".venv" / "bin" / "python")
        commands = [
            ("uv", "venv", "--quiet", "--python", bench.python, ".venv"),
            ("uv", "pip", "install", "--python", python, "-r", "requirements.txt"),
        ]
        if then:
            commands.append((python, *then))
        seconds = timed(*commands, cwd=root, env=env)
        shutil.rmtree(root)
        return seconds

    number = max(1, bench.number // (4 if cold else 2))
    # A creation with nothing to import: what envboot itself costs, without the proof.
    bare = Pairs(f"`up --engine uv`, {word}, no code", "`uv venv && uv pip install`")
    take(bare, lambda: ours(""), plain, number, warm=not cold)
    whole = Pairs(f"`up --engine uv`, {word}, proved", "`uv venv && uv pip install`")
    take(whole, lambda: ours(CODE), plain, number, warm=not cold)
    whole.note = "A imports what the code imports, for the first time: Python compiles it"
    fair = Pairs(f"`up --engine uv`, {word}, proved", "the same, then a first import")
    take(fair, lambda: ours(CODE), lambda: plain("-c", CODE), number, warm=not cold)
    return [bare, whole, fair]


def _cache(bench: Bench, shared: list[Path], *, cold: bool) -> Path:
    """Return the cache to use: a new one for each creation when ``cold``."""
    if not cold:
        return shared[0]
    shutil.rmtree(shared[0], ignore_errors=True)
    shared[0] = Path(tempfile.mkdtemp(prefix="cache-", dir=bench.place))
    return shared[0]


def _uv_settings(bench: Bench) -> dict[str, str]:
    """Return the variables that tell plain uv which index pip is configured with."""
    from envboot import index
    from envboot.shell.local import LocalShell

    shell = LocalShell(bench.environ)
    return dict(index.uv_environ(index.settings(shell), shell))


def venv(bench: Bench) -> list[Pairs]:
    """Measure a creation with the standard library's venv and pip."""
    cache = bench.place / "caches"

    def ours() -> float:
        root = bench.folder("venv")
        flags = ("--yes", "--engine", "venv", "--no-kernel")
        seconds = bench.setup(root, *flags, cache=cache)
        shutil.rmtree(root)
        return seconds

    def plain() -> float:
        root = bench.folder("plain")
        python = str(root / ".venv" / "bin" / "python")
        commands = (
            (bench.python, "-m", "venv", ".venv"),
            (python, "-m", "pip", "install", "--quiet", "-r", "requirements.txt"),
        )
        seconds = timed(*commands, cwd=root, env={**bench.environ, **caches(cache)})
        shutil.rmtree(root)
        return seconds

    pairs = Pairs("`up --engine venv`, warm cache, proved", "`python -m venv && pip install`")
    return [take(pairs, ours, plain, max(1, bench.number // 4))]


def _environ(home: Path) -> dict[str, str]:
    """Return the variables of a person with an empty home, with this machine's index."""
    kept = {k: v for k, v in os.environ.items() if k.upper().startswith(_KEPT) or k == "PATH"}
    beside = str(Path(sys.executable).parent)  # uv, where it is installed beside envboot
    return {**kept, "PATH": f"{beside}{os.pathsep}{kept.get('PATH', '')}", "HOME": str(home)}


_KEPT = ("PIP_", "UV_", "SSL_", "HTTP", "NO_PROXY", "REQUESTS_", "LANG", "LC_", "LD_", "SYSTEMROOT")


def _with_pip() -> str:
    """Return the interpreter that a fresh machine would have: this one's base, if it has pip."""
    base = getattr(sys, "_base_executable", sys.executable)
    for python in (base, sys.executable):
        argv = [python, "-I", "-m", "pip", "--version"]
        if not subprocess.run(argv, capture_output=True, check=False).returncode:
            return str(python)
    sys.exit("no Python with pip to compare with: give one with --python")


def _pack(bench: Bench) -> None:
    """Pack the repository that all clones are of."""
    root = bench.place / "packed"
    (root / ".git").mkdir(parents=True)
    (root / "requirements.txt").write_text(REQUIREMENTS, encoding="utf-8")
    command = (sys.executable, "-m", "envboot", "package-env", "--yes", "--root", str(root))
    timed(command, cwd=bench.place, env={**bench.environ, "PYTHONPATH": str(ROOT)})


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="*", help=f"what to measure: {', '.join(PARTS)}")
    parser.add_argument("-n", "--number", type=int, default=12, help="pairs of the quick parts")
    parser.add_argument("--python", help="the interpreter of both (default: this one's base)")
    options = parser.parse_args()
    if unknown := set(options.part) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    measure = dict(zip(PARTS, (prompt, up_to_date, uv_warm, uv_cold, venv)))
    with tempfile.TemporaryDirectory(prefix="envboot-benchmark-") as name:
        place = Path(name)
        (place / "home").mkdir()
        python = options.python or _with_pip()
        bench = Bench(place, python, _environ(place / "home"), options.number)
        _pack(bench)
        rows = [pairs.row() for part in options.part or PARTS for pairs in measure[part](bench)]
    version = subprocess.run(
        [python, "-c", "import platform; print(platform.python_version())"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    print("\n".join((HEADER, *rows)))
    print(f"\n{machine()}; Python {version}")


if __name__ == "__main__":
    main()
