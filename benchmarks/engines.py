"""Compare our own conda engine with conda, uv, venv and py-rattler by itself, in pairs.

``CONDA_EXE=…/conda python benchmarks/engines.py`` makes a channel of this machine's Python and of
wheels from the package index, and sets up the same packages with each, warm and cold. ``--help``
lists the parts. Run it inside envboot's own environment: ``python3 setup.py run -- python …``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pairs import HEADER, Pairs, machine, take, timed

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # for envboot and its tests, where they are not installed

from envboot import index, interpreters, platforms  # noqa: E402
from envboot.engines.rattler.order import Aim, Asked, Order  # noqa: E402
from envboot.shell.local import LocalShell  # noqa: E402
from tests.channel import download, make_channel, of_wheel, packing_here  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NOARCH = ("click", "packaging", "six", "colorama", "rich", "pygments", "jinja2", "requests")
NATIVE = ("numpy", "markupsafe", "pyyaml")
BESIDE = ("idna", "urllib3", "certifi", "charset-normalizer", "markdown-it-py", "mdurl")
SMALL = ("numpy", "click")
RAW = """\
import asyncio, os, sys
from rattler import Client, Gateway, MatchSpec, VirtualPackage, install, solve
from rattler import ChannelPriority, VirtualPackageOverrides
async def main(url, cache, prefix, *specs):
    gateway = Gateway(cache_dir=cache + "/repodata", client=Client.default_client())
    wanted = [MatchSpec(s) for s in specs]
    records = await solve([url], wanted, gateway=gateway, add_pip_as_python_dependency=True,
        virtual_packages=VirtualPackage.detect(VirtualPackageOverrides.from_env()),
        channel_priority=ChannelPriority.Flexible)
    await install(records, prefix, cache_dir=cache + "/pkgs", show_progress=False)
asyncio.run(main(*sys.argv[1:]))
sys.stdout.flush()
os._exit(0)
"""
"""What anybody would write with py-rattler; nothing is compiled, and conda's files are not made."""


@dataclass
class Bench:
    """Where the measuring happens, and with what."""

    place: Path
    channel: str
    """Its address."""
    names: tuple[str, ...]
    """The packages that are asked for, beside Python and pip."""
    number: int
    environ: dict[str, str]
    made: int = field(default=0)

    @property
    def specs(self) -> tuple[str, ...]:
        """Return the lines of ``dependencies:``."""
        return (f"python={sys.version_info[0]}.{sys.version_info[1]}", "pip", *self.names)

    def prefix(self) -> Path:
        """Return a path at which nothing is."""
        self.made += 1
        return self.place / "envs" / f"e{self.made}"

    def caches(self, name: str, *, cold: bool) -> Path:
        """Return the folder for caches of that name, emptied when ``cold``."""
        folder = self.place / "caches" / name
        if cold:
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def timed(self, *commands: Sequence[str], remove: Path, **variables: str) -> float:
        """Return the seconds of commands; the environment that they made is removed after."""
        seconds = timed(*commands, cwd=self.place, env={**self.environ, **variables})
        assert list(remove.glob("lib/python3*/site-packages/numpy*")), commands
        shutil.rmtree(remove)
        return seconds

    def file(self) -> Path:
        """Return an ``environment.yml`` of the packages."""
        path = self.place / "environment.yml"
        lines = "".join(f"  - {s}\n" for s in self.specs)
        head = f"name: bench\nchannels:\n  - {self.channel}\ndependencies:\n"
        path.write_text(head + lines)
        return path


def engine(bench: Bench, *, cold: bool) -> float:
    """Return the seconds of our engine's child: compiled, recorded, as conda leaves it."""
    prefix, cache = bench.prefix(), bench.caches("ours", cold=cold)
    order = Order(
        "create",
        asked=tuple(Asked(s) for s in bench.specs),
        channels=(bench.channel, "nodefaults"),
        aims=(Aim(platforms.here(LocalShell())),),
        prefix=str(prefix),
        cache=str(cache),
        answer=str(bench.place / "answer.json"),
    )
    path = bench.place / "order.json"
    path.write_text(order.text())
    command = (sys.executable, "-m", "envboot.engines.rattler", str(path))
    return bench.timed(command, remove=prefix)


def story(bench: Bench, *, cold: bool) -> float:
    """Return the seconds of ``envboot up --engine rattler``: with questions, proof and stamp."""
    prefix, cache = bench.prefix(), bench.caches("story", cold=cold)
    root = Path(tempfile.mkdtemp(dir=bench.place))
    shutil.copy(bench.file(), root)
    words = ("up", "--yes", "--engine", "rattler", "--no-kernel", "--no-shell", "--no-lock")
    places = ("--prefix", str(prefix), "--root", str(root))
    command = (sys.executable, "-m", "envboot", *words, *places)
    return bench.timed(command, remove=prefix, RATTLER_CACHE_DIR=str(cache))


def conda(bench: Bench, *, cold: bool) -> float:
    """Return the seconds of ``conda env create``."""
    prefix, cache = bench.prefix(), bench.caches("conda", cold=cold)
    command = (os.environ["CONDA_EXE"], "env", "create", "--quiet", "--yes")
    words = ("--file", str(bench.file()), "--prefix", str(prefix))
    return bench.timed((*command, *words), remove=prefix, CONDA_PKGS_DIRS=str(cache))


def raw(bench: Bench, *, cold: bool) -> float:
    """Return the seconds of py-rattler by itself: solved and installed."""
    prefix, cache = bench.prefix(), bench.caches("raw", cold=cold)
    program = bench.place / "raw.py"
    program.write_text(RAW)
    words = (str(program), bench.channel, str(cache), str(prefix), *bench.specs)
    return bench.timed((sys.executable, *words), remove=prefix)


def raw_compiled(bench: Bench, *, cold: bool) -> float:
    """Return the seconds of the same, and of compiling as conda does it: one file after another."""
    prefix, cache = bench.prefix(), bench.caches("raw", cold=cold)
    program = bench.place / "raw.py"
    program.write_text(RAW)
    words = (str(program), bench.channel, str(cache), str(prefix), *bench.specs)
    short = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    site = str(prefix / "lib" / short / "site-packages")
    compiling = (str(prefix / "bin" / "python"), "-m", "compileall", "-q", site)
    return bench.timed((sys.executable, *words), compiling, remove=prefix)


def uv(bench: Bench, *, cold: bool) -> float:
    """Return the seconds of ``uv venv`` and ``uv pip install`` from the package index."""
    prefix, cache = bench.prefix(), bench.caches("uv", cold=cold)
    base = str(interpreters.running().path)
    shell = LocalShell(bench.environ)
    known = dict(index.uv_environ(index.settings(shell), shell))
    python = str(prefix / "bin" / "python")
    return bench.timed(
        ("uv", "venv", "--quiet", "--python", base, str(prefix)),
        ("uv", "pip", "install", "--quiet", "--compile-bytecode", "--python", python,
         "pip", *bench.names),
        remove=prefix,
        UV_CACHE_DIR=str(cache),
        **known,
    )  # fmt: skip


def venv(bench: Bench, *, cold: bool) -> float:
    """Return the seconds of ``python -m venv`` and ``pip install`` from the package index."""
    prefix, cache = bench.prefix(), bench.caches("pip", cold=cold)
    base = str(interpreters.running().path)
    return bench.timed(
        (base, "-m", "venv", str(prefix)),
        (str(prefix / "bin" / "python"), "-m", "pip", "install", "--quiet", *bench.names),
        remove=prefix,
        PIP_CACHE_DIR=str(cache),
    )


TITLES: dict[str, tuple[Callable[..., float], str, Callable[..., float], str]] = {
    "conda": (engine, "our engine", conda, "`conda env create`"),
    "story": (story, "`envboot up --engine rattler`", conda, "`conda env create`"),
    "raw": (engine, "our engine", raw, "py-rattler alone, nothing compiled"),
    "compiled": (engine, "our engine", raw_compiled, "py-rattler alone, then `compileall`"),
    "uv": (engine, "our engine", uv, "`uv venv && uv pip install --compile-bytecode`"),
    "venv": (engine, "our engine", venv, "`python -m venv && pip install`"),
}


def measure(bench: Bench, part: str) -> Pairs:
    """Return the pairs of one part, ``conda-warm``."""
    kind, _, cache = part.rpartition("-")
    ours, what, theirs, against = TITLES[kind]
    cold = cache == "cold"
    pairs = Pairs(f"{what}, {cache} cache", against)
    number = max(2, bench.number // 2) if cold else bench.number
    return take(
        pairs,
        lambda: ours(bench, cold=cold),
        lambda: theirs(bench, cold=cold),
        number,
        warm=not cold,
    )


def main() -> None:
    """Measure and print."""
    every = [f"{kind}-{cache}" for kind in TITLES for cache in ("warm", "cold")]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="*", help=f"what to measure: {', '.join(every)}")
    parser.add_argument("-n", "--number", type=int, default=8, help="pairs of the warm parts")
    parser.add_argument("--small", action="store_true", help="python, numpy, click and pip alone")
    options = parser.parse_args()
    if unknown := set(options.part) - set(every):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    parts = options.part or [p for p in every if p not in {"story-cold", "uv-cold", "venv-cold"}]
    if not os.environ.get("CONDA_EXE"):
        print("CONDA_EXE is not set: conda is left out", file=sys.stderr)
        parts = [p for p in parts if not p.startswith(("conda", "story"))]
    with tempfile.TemporaryDirectory(prefix="envboot-engines-") as name:
        place = Path(name)
        python = interpreters.running()
        names = SMALL if options.small else (*NOARCH, *NATIVE)
        wheels = download(python, place / "wheels", *names, *(() if options.small else BESIDE))
        made = [of_wheel(w) for w in wheels]
        channel = make_channel(place / "channel", python, more=made, packing=packing_here())
        bench = Bench(place, channel, names, options.number, _environ(place / "home", channel))
        rows = [measure(bench, part).row() for part in parts]
        count = sum(len(p.files) for p in made)
    print("\n".join((HEADER, *rows)))
    print(f"\n{machine()}; Python {python.text}; {len(made) + 2} packages, {count} files beside "
          f"Python's; channel at file://, {packing_here()} packages")  # fmt: skip


def _environ(home: Path, channel: str) -> dict[str, str]:
    """Return the variables of a person with an empty home, with this machine's package index."""
    home.mkdir()
    condarc = {"channels": [channel], "default_channels": [], "notify_outdated_conda": False}
    (home / ".condarc").write_text(json.dumps(condarc))  # which is YAML
    environ = {k: v for k, v in os.environ.items() if k.upper().startswith(_KEPT)}
    beside = str(Path(sys.executable).parent)  # uv, where it is installed beside envboot
    path = f"{beside}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return {**environ, "PATH": path, "HOME": str(home), "PYTHONPATH": str(ROOT)}


_KEPT = ("PIP_", "UV_", "SSL_", "HTTP", "NO_PROXY", "REQUESTS_", "LANG", "LC_", "LD_", "CONDA_SOL")


if __name__ == "__main__":
    main()
