"""Which Pythons this computer has, and the one to build an environment with.

The running interpreter comes first: asking nobody, it is there at once. The others are listed
from folder names where these say the version (pyenv, uv, conda), else by asking them; the one
that is chosen is always asked, so a broken one is never handed over.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envboot.shell import Shell

Version = tuple[int, int, int]
ASK = (
    "import sys,json;b=getattr(sys,'_base_executable','') or sys.executable;"
    "print(json.dumps([list(sys.version_info),sys.implementation.name,"
    "sys.base_prefix,sys.prefix,b]))"
)
_FOLDER = re.compile(r"(?:cpython-)?(\d+)\.(\d+)\.(\d+)(?:-[a-z].*)?")
_PACKAGE = re.compile(r"python-(\d+)\.(\d+)\.(\d+)-[^-]*\.json")
_NAME = re.compile(r"python(\d)\.(\d+)(?:\.exe)?")
_CONDA_HOMES = ("miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba", ".conda")
_CONDA_PLACES = ("/opt/conda", "/opt/miniconda3", "/opt/anaconda3", "/opt/miniforge3")
_MINORS = range(7, 21)
_ASKED: WeakKeyDictionary[Shell, dict[Path, Interpreter | None]] = WeakKeyDictionary()
"""Answers of one shell's life: engines and plans ask for the same interpreter again."""
_CHOSEN: WeakKeyDictionary[Shell, dict[str, Interpreter | None]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Interpreter:
    """One CPython, outside any virtual environment."""

    path: Path
    """Absolute."""
    version: Version
    source: str
    """Where it was found, for people: running, PATH, pyenv, conda, uv, launcher, system."""

    @property
    def text(self) -> str:
        """Return the version as people write it."""
        return ".".join(map(str, self.version))


@dataclass(frozen=True)
class _Candidate:
    """A file that should be an interpreter; ``hint`` is the version its place names, if any."""

    path: Path
    source: str
    hint: tuple[int, ...] = ()


def find(shell: Shell) -> tuple[Interpreter, ...]:
    """Return every stable CPython, the running one first, then the newest.

    One of each version; what cannot be started, a PyPy, a pre-release is left out. Versions
    that a folder names are believed.
    """
    mine = running()
    seen = {mine.version}
    others = []
    for candidate in _candidates(shell):
        found = _believed(candidate) or _ask(candidate, shell)
        if found and found.version not in seen:
            seen.add(found.version)
            others.append(found)
    return (mine, *sorted(others, key=lambda i: i.version, reverse=True))


def choose(specifier: str, shell: Shell) -> Interpreter | None:
    """Return the running interpreter if it satisfies the PEP 440 set, else the newest that does.

    None when there is none. "" is satisfied by any. Only with the running one unfit are other
    programs looked for and asked.
    """
    mine = running()
    if not specifier or _satisfies(mine.text, specifier, prereleases=True):
        return mine
    chosen = _CHOSEN.setdefault(shell, {})
    if specifier not in chosen:
        chosen[specifier] = _other(specifier, shell)
    return chosen[specifier]


def _other(specifier: str, shell: Shell) -> Interpreter | None:
    """Return the newest that satisfies, by its own word."""
    for found in find(shell)[1:]:
        if _satisfies(found.text, specifier):
            sure = _ask(_Candidate(found.path, found.source), shell)
            if sure and _satisfies(sure.text, specifier):
                return sure
    # A version whose first candidate is broken may have a second one elsewhere.
    for candidate in _candidates(shell):
        believed = _believed(candidate)
        if believed is None or _satisfies(believed.text, specifier):
            sure = _ask(candidate, shell)
            if sure and _satisfies(sure.text, specifier):
                return sure
    return None


def said(shell: Shell) -> str:
    """Return the versions that there are, oldest first: ``3.9.18, 3.10.13, 3.11.7``."""
    return ", ".join(i.text for i in sorted(find(shell), key=lambda i: i.version))


def running() -> Interpreter:
    """Return the interpreter of this process, or the one that its virtual environment is of."""
    version = (sys.version_info[0], sys.version_info[1], sys.version_info[2])
    path = sys.executable
    if sys.prefix != sys.base_prefix:
        path = _base(sys.base_prefix, getattr(sys, "_base_executable", ""), version, path)
    return Interpreter(Path(path), version, "running")


def _believed(candidate: _Candidate) -> Interpreter | None:
    hint = candidate.hint
    if len(hint) != 3:  # noqa: PLR2004 - a full version
        return None
    return Interpreter(candidate.path, (hint[0], hint[1], hint[2]), candidate.source)


def _satisfies(version: str, specifier: str, *, prereleases: bool = False) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return SpecifierSet(specifier).contains(version, prereleases=prereleases)
    except InvalidSpecifier:
        return False


def _ask(candidate: _Candidate, shell: Shell) -> Interpreter | None:
    """Return what a candidate says of itself: of its base, when it is a virtual environment's."""
    asked = _ASKED.setdefault(shell, {})
    if candidate.path not in asked:
        asked[candidate.path] = _answer(candidate, shell)
    return asked[candidate.path]


def _answer(candidate: _Candidate, shell: Shell) -> Interpreter | None:
    answer = shell.query((str(candidate.path), "-I", "-c", ASK), timeout=10.0)
    try:
        info, kind, base, prefix, executable = json.loads(answer.out or "")
        version = (int(info[0]), int(info[1]), int(info[2]))
        if kind != "cpython" or info[3] != "final":
            return None
    except (ValueError, TypeError, IndexError):
        return None
    path = str(candidate.path)
    if prefix != base:
        path = _base(base, executable, version, path, shell)
    return Interpreter(Path(path), version, candidate.source)


def _base(
    prefix: str, executable: str, version: Version, own: str, shell: Shell | None = None
) -> str:
    """Return the interpreter that a virtual environment was made from.

    ``sys._base_executable`` is right on Windows, and elsewhere from Python 3.11 on; before, it
    names the environment's own.
    """
    if executable and executable != own and not executable.startswith(str(Path(own).parent)):
        return executable
    names = [f"bin/python{version[0]}.{version[1]}", "bin/python3", "bin/python", "python.exe"]
    for name in names:
        path = Path(prefix, name)
        if (shell.kind(path) == "file") if shell else path.is_file():
            return str(path)
    return own


# ------------------------------------------------------------------------- places


def _candidates(shell: Shell) -> Iterator[_Candidate]:
    """Yield what may be an interpreter, each file once, the person's own choice first."""
    seen = set()
    for found in (*_on_path(shell), *_pyenv(shell), *_uv(shell), *_conda(shell), *_system(shell)):
        if found.path not in seen:
            seen.add(found.path)
            yield found


def _on_path(shell: Shell) -> Iterator[_Candidate]:
    names = ["python3", "python", *(f"python3.{n}" for n in reversed(_MINORS))]
    shims = _pyenv_root(shell)
    for name in names:
        path = shell.which(name)
        # A shim starts whatever the folder and the variables of the moment say.
        if path and not (shims and path.parent == shims / "shims"):
            yield _Candidate(path, "PATH", _minor(name))


def _pyenv_root(shell: Shell) -> Path | None:
    if root := shell.environ.get("PYENV_ROOT"):
        return Path(root)
    if shell.platform.system == "Windows":
        return shell.home / ".pyenv" / "pyenv-win" if shell.home else None
    return shell.home / ".pyenv" if shell.home else None


def _pyenv(shell: Shell) -> Iterator[_Candidate]:
    if root := _pyenv_root(shell):
        yield from _named(root / "versions", "pyenv", shell)


def _uv(shell: Shell) -> Iterator[_Candidate]:
    if own := shell.environ.get("UV_PYTHON_INSTALL_DIR"):
        yield from _named(Path(own), "uv", shell)
        return
    if data := shell.environ.get("XDG_DATA_HOME"):
        yield from _named(Path(data) / "uv" / "python", "uv", shell)
    elif shell.platform.system == "Windows":
        if data := shell.environ.get("APPDATA"):
            yield from _named(Path(data) / "uv" / "python", "uv", shell)
    elif shell.home:
        yield from _named(shell.home / ".local" / "share" / "uv" / "python", "uv", shell)


def _named(folder: Path, source: str, shell: Shell) -> Iterator[_Candidate]:
    """Yield the interpreters of folders that are called by their version."""
    for place in shell.folder(folder):
        match = _FOLDER.fullmatch(place.name)
        path = _in_prefix(place, shell)
        if match and path and int(match[1]) >= 3:  # noqa: PLR2004
            yield _Candidate(path, source, tuple(int(n) for n in match.groups()))


def _conda(shell: Shell) -> Iterator[_Candidate]:
    homes = [Path(p) for p in _CONDA_PLACES]
    if shell.home:
        homes = [*(shell.home / name for name in _CONDA_HOMES), *homes]
    for variable in ("CONDA_EXE", "MAMBA_EXE"):
        if own := shell.environ.get(variable):
            homes.insert(0, Path(own).parent.parent)
    if root := shell.environ.get("MAMBA_ROOT_PREFIX"):
        homes.insert(0, Path(root))
    for home in dict.fromkeys(homes):
        for prefix in (home, *shell.folder(home / "envs")):
            records = (_PACKAGE.fullmatch(p.name) for p in shell.folder(prefix / "conda-meta"))
            match = next((m for m in records if m), None)
            path = _in_prefix(prefix, shell) if match else None
            if match and path:
                yield _Candidate(path, "conda", tuple(int(n) for n in match.groups()))


def _system(shell: Shell) -> Iterator[_Candidate]:
    if shell.platform.system == "Windows":
        yield from _launcher(shell)
        return
    folders = [Path("/usr/bin"), Path("/usr/local/bin")]
    if shell.platform.system == "Darwin":
        folders.append(Path("/opt/homebrew/bin"))
        frameworks = Path("/Library/Frameworks/Python.framework/Versions")
        folders += [place / "bin" for place in shell.folder(frameworks)]
    for folder in folders:
        for path in shell.folder(folder):
            if _NAME.fullmatch(path.name):
                yield _Candidate(path, "system", _minor(path.name))


def _launcher(shell: Shell) -> Iterator[_Candidate]:
    r"""Yield what ``py -0p`` lists: `` -V:3.11 *        C:\Python311\python.exe``."""
    launcher = shell.which("py")
    if launcher is None:
        return
    for line in (shell.query((str(launcher), "-0p")).out or "").splitlines():
        match = re.match(r"\s*-(?:V:)?(\d)\.(\d+)\S*\s+(?:\*\s+)?(\S.*?)\s*$", line)
        if match:
            yield _Candidate(Path(match[3]), "launcher", (int(match[1]), int(match[2])))


def _in_prefix(prefix: Path, shell: Shell) -> Path | None:
    names = ("python.exe",) if shell.platform.system == "Windows" else ("bin/python", "bin/python3")
    return next((prefix / n for n in names if shell.kind(prefix / n) == "file"), None)


def _minor(name: str) -> tuple[int, ...]:
    match = _NAME.fullmatch(name)
    return (int(match[1]), int(match[2])) if match else ()
