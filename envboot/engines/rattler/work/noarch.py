"""Python files of ``noarch`` packages compiled, as conda does when it installs one.

The environment's own Python compiles them, as many at once as there are cores, with
paths from the prefix, so that the compiled files are the same in any folder. What does not
compile (a file for another Python) is left as it is: nothing imports it.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from envboot.engines.rattler.work import kept
from envboot.errors import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from envboot.engines.rattler.work.metadata import Document
    from envboot.shell import Shell

Compiled = dict[str, "list[tuple[str, int]]"]
"""A package's name and its compiled files: the path from the prefix, and bytes."""
_FEW = 40  # files: below, one process is faster than two
_ISOLATED = (3, 4)  # the first Python with -I


def compile_all(
    prefix: Path, documents: Iterable[Document], folder: Path, shell: Shell
) -> Compiled:
    """Return what was compiled; nothing without a python in the environment.

    ``folder`` keeps compiled files for the next environment (:mod:`.kept`).
    """
    documents = list(documents)
    python = next((d for d in documents if d.get("name") == "python"), None)
    if python is None:
        return {}
    version = short(str(python["version"]))
    modules = site_packages(python, shell)
    pairs: dict[str, dict[str, str]] = {}
    stores: dict[str, Path] = {}
    missing: list[str] = []
    for document in documents:
        if document.get("noarch") != "python":
            continue
        name = str(document["name"])
        sources = sources_of(document, modules)
        pairs[name] = {s: compiled(s, version) for s in sources}
        movable = kept.movable(document, sources)
        path = kept.place(document, python, folder)
        done = (
            kept.restore(prefix, path, {m: pairs[name][m] for m in movable}, shell)
            if path
            else set()
        )
        if path and len(done) < len(movable):
            stores[name] = path
        missing += [s for s in sources if s not in done]
    _run(prefix, version, _shares(prefix, missing, shell), shell)
    for document in documents:
        if path := stores.get(name := str(document["name"])):
            movable = kept.movable(document, list(pairs[name]))
            kept.keep(prefix, path, {m: pairs[name][m] for m in movable}, shell)
    return {
        name: [(t, size) for t in of.values() if (size := _size(prefix / t)) is not None]
        for name, of in pairs.items()
    }


def sources_of(document: Document, folder: str) -> list[str]:
    """Return the paths of a package's files that conda compiles: all modules, no scripts."""
    files = (str(f) for f in document.get("files", ()))
    own = (f for f in files if f.startswith(f"{folder}/") and f.endswith(".py"))
    return [f for f in own if ".." not in f.split("/") and "\n" not in f]  # a package's word


def compiled(source: str, version: tuple[int, int]) -> str:
    """Return the path of the compiled file that belongs to a module."""
    path = PurePosixPath(source)
    if version[0] == 2:  # noqa: PLR2004 - the last that kept them beside one another
        return f"{source}c"
    name = f"{path.stem}.cpython-{version[0]}{version[1]}.pyc"
    return str(path.parent / "__pycache__" / name)


def short(version: str) -> tuple[int, int]:
    """Return (3, 11) for ``3.11.7``."""
    numbers = re.findall(r"\d+", version)
    return int(numbers[0]), int(numbers[1]) if len(numbers) > 1 else 0


def site_packages(python: Mapping[str, object], shell: Shell) -> str:
    """Return where an environment with this ``python`` record keeps its modules."""
    if own := python.get("python_site_packages_path"):
        return str(own)
    if shell.platform.system == "Windows":
        return "Lib/site-packages"
    version = short(str(python["version"]))
    return f"lib/python{version[0]}.{version[1]}/site-packages"


def _run(
    prefix: Path, version: tuple[int, int], shares: Sequence[Sequence[str]], shell: Shell
) -> None:
    """Compile each share in a process of its own."""
    windows = shell.platform.system == "Windows"
    names = ("python.exe",) if windows else (f"bin/python{version[0]}.{version[1]}", "bin/python")
    python = next((prefix / n for n in names if shell.kind(prefix / n) == "file"), None)
    flags = ("-I", "-S") if version >= _ISOLATED else ("-E", "-s", "-S")

    def one(number: int) -> None:
        listed = meta / f".compile-{number}"
        shell.write(listed, "".join(f"{name}\n" for name in shares[number]), lasting=False)
        argv = (str(python), *flags, "-Wi", "-m", "compileall", "-q", "-l", "-i", str(listed))
        try:
            shell.do(argv, cwd=prefix, why="compiling")
        except CommandFailed as error:
            shell.log(f"not all was compiled: {error}")
        finally:
            shell.remove(listed)

    meta = prefix / "conda-meta"
    for left in (p for p in shell.folder(meta) if p.name.startswith(".compile")):
        shell.remove(left)  # by a run that was ended
    if not shares or python is None:
        return
    # What a holder of a lock starts ends with it (Linux): nobody writes here after a kill.
    held = meta / ".compile.lock"
    with shell.lock(held, lambda _who: None), ThreadPoolExecutor(len(shares)) as pool:
        list(pool.map(one, range(len(shares))))
    shell.remove(held)


def _shares(prefix: Path, wanted: Iterable[str], shell: Shell) -> list[list[str]]:
    """Return the files in as many shares of about the same bytes as there are cores."""
    sizes = {w: size for w in wanted if (size := _size(prefix / w)) is not None}
    shares: list[list[str]] = [[] for _ in range(min(shell.cores(), 1 + len(sizes) // _FEW))]
    loads = [0] * len(shares)
    for name in sorted(sizes, key=lambda n: (-sizes[n], n)):
        least = loads.index(min(loads))
        shares[least].append(name)
        loads[least] += sizes[name]
    return [s for s in shares if s]


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
