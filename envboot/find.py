"""Which files of a repository say what its environment is, and what they say together.

The order is repo2docker's ("Configuration files" in its documentation), so that what works on
Binder works here: ``binder/`` or ``.binder/`` before the root, environment.yml before Pipfile.lock
before Pipfile before requirements.txt; a local package comes last, where nothing else is declared.

A project that wins (pyproject.toml, setup.cfg, setup.py) is listed twice: its own dependencies, so
that they can be looked at, and the line ``-e .``, which installs it. So ``spec.dependencies`` is
always what ``pip install -r`` takes, started in the repository.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from envboot import contradictions, groups, needs
from envboot.errors import InvalidFile, NothingFound
from envboot.reading import Repository
from envboot.spec import Dependency, EnvironmentSpec, Notice, Origin, normalise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from envboot.shell import Shell

CONDA = ("environment.yml", "environment.yaml")
ORDER = (*CONDA, "Pipfile.lock", "Pipfile", "requirements.txt")
"""What Binder reads, first one wins."""
PROJECT = ("pyproject.toml", "setup.cfg", "setup.py")
LOCKS = {
    "pyproject.toml": ("uv.lock", "pylock.toml", "poetry.lock", "pdm.lock"),
    "environment.yml": ("conda-lock.yml",),
    "environment.yaml": ("conda-lock.yml",),
}
ALL_LOCKS = ("uv.lock", "pylock.toml", "poetry.lock", "pdm.lock", "conda-lock.yml", "pixi.lock")
BINDER = ("binder/", ".binder/")
CONTAINERS = (".devcontainer/devcontainer.json", ".devcontainer.json")
_FIRST = (
    "the first of: environment.yml, Pipfile.lock, Pipfile, requirements.txt, the project itself"
)


@dataclass(frozen=True)
class FoundFile:
    """One file that was looked at."""

    path: str
    role: str
    """wins, adds, lock, embedded (wins or adds, from setup.py) or passed over."""
    why: str


@dataclass(frozen=True)
class Found:
    """What a repository declares, from which files, and where they disagree."""

    spec: EnvironmentSpec
    files: tuple[FoundFile, ...]
    contradictions: tuple[Notice, ...]


def look(
    root: Path,
    shell: Shell,
    *,
    file: str | None = None,
    groups: Sequence[str] = (),
    embedded: Mapping[str, tuple[str, str]] | None = None,
    embedded_needs: Mapping[str, object] | None = None,
) -> Found:
    """Return what the repository at ``root`` declares. Nothing is run, written or downloaded.

    ``file`` chooses the file that wins. ``embedded`` is what setup.py carries: path →
    (sha256, text).
    Raises NothingFound, InvalidFile, and UsageError for a group that does not exist.
    """
    return _Search(Repository(root, shell, embedded or {}), file).found(groups, embedded_needs)


class _Search:
    """One look at one repository: the winner first, then what is merged into it."""

    def __init__(self, repository: Repository, file: str | None) -> None:
        self.repository = repository
        self.files: list[FoundFile] = []
        self.said: list[Notice] = []
        self.folder = self._binder()
        self.asked = self._asked(file) if file else ""
        self.candidates = self._candidates()
        self.winner = self.asked or next((c for c in self.candidates if self._declares(c)), "")
        if not self.winner and repository.has("pylock.toml"):
            self.winner = "pylock.toml"
        if not self.winner:
            raise NothingFound(
                f"no dependency file in {repository.root}",
                hint="add a requirements.txt or an environment.yml; "
                "`envboot package-env` can write them",
            )

    def found(self, wanted: Sequence[str], embedded_needs: Mapping[str, object] | None) -> Found:
        """Return the merged spec and the account of the files."""
        spec = self._won()
        others = self._others()
        spec = self._python(spec, others)
        for other in others.values():
            self.said += contradictions.between(spec, other)
        project = others.get("pyproject.toml")
        if project and self.winner.rsplit("/", 1)[-1] not in CONDA:
            self.said += contradictions.missing(spec, project)
        spec, added = groups.add(spec, wanted, others.values(), self.repository, self.folder)
        for path, name in added:
            self._tell(path, "adds", f"the group `{name}`")
        spec = self._extras(spec)
        spec = self._needs(spec, embedded_needs)
        spec = self._locked(spec)
        self._compare_embedded()
        spec = replace(spec, name=self._name(spec), source=Origin(self.winner))
        return Found(spec, self._account(), tuple(dict.fromkeys(self.said)))

    # ------------------------------------------------------------ who wins

    def _binder(self) -> str:
        there = [
            b for b in BINDER if self.repository.shell.kind(self.repository.root / b) == "folder"
        ]
        if len(there) > 1:
            raise InvalidFile(
                "the folders binder/ and .binder/ are both there",
                hint="keep one of the two: Binder refuses this too",
                origin=Origin("binder"),
            )
        return there[0] if there else ""

    def _asked(self, file: str) -> str:
        """Return the path that a person gave, relative to the repository where it lies inside."""
        root = self.repository.root
        path = Path(file)
        if path.is_absolute():
            path = path.relative_to(root) if root in path.parents else path
        name = PurePosixPath(path.as_posix()).as_posix()
        if not self.repository.has(name):
            raise NothingFound(f"{file} does not exist", hint=f"give a path from {root}")
        return name

    def _candidates(self) -> list[str]:
        """Return the files that may win, best first."""
        has = self.repository.has
        inside = [self.folder + n for n in ORDER if self.folder and has(self.folder + n)]
        return [*inside, *(n for n in (*ORDER, *PROJECT) if has(n))]

    def _declares(self, path: str) -> bool:
        """Return whether a file says something: pyproject.toml may hold tools' settings only."""
        if path not in PROJECT:
            return True
        spec = self.repository.spec(path)
        if path == "setup.py":
            return spec.project or bool(spec.dependencies)
        return bool(spec.name or spec.dependencies or spec.groups)

    def _won(self) -> EnvironmentSpec:
        """Return what the winner says; a project gets the line that installs it."""
        spec = self.repository.spec(self.winner)
        embedded = not self.repository.on_disk(self.winner)
        why = "chosen with `--file`" if self.asked else _FIRST
        if embedded:
            self._tell(self.winner, "embedded", "not on disk: the copy that setup.py carries wins")
            spec = replace(spec, as_written=False)
        else:
            self._tell(self.winner, "wins", why)
        name = self.winner.rsplit("/", 1)[-1]
        if name in {"setup.cfg", "setup.py"}:
            spec = self._setuptools(spec, name)
        if name in PROJECT and spec.project:
            folder = self.winner[: -len(name)].rstrip("/")
            text = f"-e ./{folder}" if folder else "-e ."
            itself = Dependency(normalise(spec.name), text, "pypi", Origin(self.winner))
            spec = replace(spec, dependencies=(*spec.dependencies, itself))
        return spec

    def _setuptools(self, spec: EnvironmentSpec, name: str) -> EnvironmentSpec:
        """Return the metadata that setup.cfg and setup.py hold together."""
        if name == "setup.cfg" and self.winner == name and self.repository.on_disk("setup.py"):
            more = self.repository.spec("setup.py")
            known = {d.text for d in spec.dependencies}
            added = tuple(d for d in more.dependencies if d.text not in known)
            if added:
                self._tell("setup.py", "adds", "more of the project's dependencies")
            spec = replace(
                spec,
                dependencies=(*spec.dependencies, *added),
                groups=(*spec.groups, *more.groups),
                python=spec.python or more.python,
                python_origin=spec.python_origin or more.python_origin,
            )
        folder = self.winner[: -len(name)]
        builds = any(self.repository.on_disk(folder + n) for n in ("setup.py", "pyproject.toml"))
        if spec.project and not builds:
            text = (
                "the project itself is not installed: pip needs a pyproject.toml beside this file"
            )
            spec = replace(
                spec, project=False, notices=(*spec.notices, Notice(text, Origin(self.winner)))
            )
        return spec

    def _others(self) -> dict[str, EnvironmentSpec]:
        """Return what the files that did not win say, by path; a broken one is noticed."""
        others: dict[str, EnvironmentSpec] = {}
        for path in self.candidates:
            if path == self.winner or any(f.path == path for f in self.files):
                continue
            try:
                spec = self.repository.spec(path)
                declares = self._declares(path)
            except InvalidFile as error:
                if path == "pyproject.toml" and "envboot" in (self.repository.text(path) or ""):
                    raise
                self._tell(path, "passed over", f"{self.winner} wins; it cannot be read")
                self.said.append(
                    Notice(f"passed over, and cannot be read: {error.message}", error.origin)
                )
                continue
            if path in CONDA and self.winner in CONDA:
                text = f"both environment.yml and environment.yaml are there; {self.winner} wins"
                self.said.append(Notice(text, Origin(path)))
            if declares:
                others[path] = spec
                self._tell(path, "passed over", f"{self.winner} wins")
            elif path != "setup.py":
                others[path] = spec
        return others

    # ------------------------------------------------------- what is added

    def _python(self, spec: EnvironmentSpec, others: dict[str, EnvironmentSpec]) -> EnvironmentSpec:
        """Return ``spec`` with the Python that runtime.txt or the project names."""
        path = f"{self.folder}runtime.txt"
        conda = any(d.ecosystem == "conda" for d in spec.dependencies)
        if self.repository.on_disk(path):
            runtime = self.repository.spec(path)
            self.said += runtime.notices
            own = self.winner.rsplit("/", 1)[-1]
            agree = contradictions.pythons_agree(spec.python, runtime.python)
            if not agree:
                self.said += contradictions.between(spec, runtime)
            keeps = conda or (own in {"Pipfile", "Pipfile.lock"} and spec.python)
            if keeps or (not agree and own in PROJECT):
                self._tell(path, "passed over", f"{self.winner} names the Python")
            elif runtime.python:
                self._tell(path, "adds", f"Python {runtime.python}")
                return replace(spec, python=runtime.python, python_origin=runtime.python_origin)
        project = others.get("pyproject.toml")
        if project and project.python and not spec.python and not conda:
            self._tell("pyproject.toml", "adds", f"Python {project.python}")
            return replace(spec, python=project.python, python_origin=project.python_origin)
        return spec

    def _extras(self, spec: EnvironmentSpec) -> EnvironmentSpec:
        """Return ``spec`` with apt.txt and postBuild, which both need a yes of their own."""
        for name, why in (
            ("apt.txt", "system packages, installed only on a yes of their own"),
            ("postBuild", "a program to run afterwards, only on a yes of its own"),
        ):
            path = self.folder + name
            if self.repository.on_disk(path):
                more = self.repository.spec(path)
                self._tell(path, "adds", why)
                spec = replace(
                    spec, system=spec.system + more.system, scripts=spec.scripts + more.scripts
                )
        return spec

    def _needs(
        self, spec: EnvironmentSpec, embedded: Mapping[str, object] | None
    ) -> EnvironmentSpec:
        """Return ``spec`` with the needs of the first file that declares any."""
        if self.asked and spec.needs:
            return spec
        for path in ("pyproject.toml", "setup.cfg"):
            if self.repository.on_disk(path):
                text = self.repository.text(path) or ""
                wanted = self.repository.spec(path).needs if "envboot" in text else ()
                if wanted:
                    self._tell(path, "adds", "the needs of the repository")
                    return replace(spec, needs=wanted)
        if embedded:
            return replace(spec, needs=needs.read(embedded, lambda _key: Origin("setup.py")))
        for path in CONTAINERS:
            if self.repository.on_disk(path):
                wanted = self.repository.spec(path).needs
                if wanted:
                    self._tell(path, "adds", "the needs of the repository (hostRequirements)")
                    return replace(spec, needs=wanted)
        return spec

    def _locked(self, spec: EnvironmentSpec) -> EnvironmentSpec:
        """Return ``spec`` with the lock file that belongs to the winner."""
        *folders, name = self.winner.rsplit("/", 1)
        folder = f"{folders[0]}/" if folders else ""
        for lock in LOCKS.get(name, ()):
            if self.repository.on_disk(folder + lock):
                spec = replace(spec, lock=self.repository.spec(folder + lock).lock)
                self._tell(folder + lock, "lock", f"the exact versions for {self.winner}")
                break
        for lock in (*ALL_LOCKS, "pylock.toml"):
            path = folder + lock
            if self.repository.on_disk(path) and not any(f.path == path for f in self.files):
                self._tell(path, "passed over", f"{self.winner} wins")
        return spec

    def _compare_embedded(self) -> None:
        for path, (digest, text) in self.repository.embedded.items():
            data = self.repository.shell.read(self.repository.root / path)
            if data is None or hashlib.sha256(data).hexdigest() == digest:
                continue
            if data.decode("utf-8", "replace").splitlines() != text.splitlines():
                self.said.append(
                    Notice(
                        "the file differs from the copy in setup.py; the file is used "
                        "(`envboot package-env` renews the copy)",
                        Origin(path),
                    )
                )

    # -------------------------------------------------------- the account

    def _tell(self, path: str, role: str, why: str) -> None:
        """Keep what became of a file; what it adds replaces that it was passed over."""
        old = next((f for f in self.files if f.path == path), None)
        if old and role == "adds":
            if old.role == "passed over":
                self.files.remove(old)
            elif old.role == "adds":
                self.files[self.files.index(old)] = replace(old, why=f"{old.why}; {why}")
                return
            else:
                return
        self.files.append(FoundFile(path, role, why))

    def _account(self) -> tuple[FoundFile, ...]:
        order = ("wins", "embedded", "lock", "adds", "passed over")
        return tuple(sorted(self.files, key=lambda f: order.index(f.role)))

    def _name(self, spec: EnvironmentSpec) -> str:
        own = self.winner.rsplit("/", 1)[-1]
        name = spec.name if own in CONDA or self.asked.endswith((".yml", ".yaml")) else ""
        return (
            environment_name(name) or environment_name(self.repository.root.name) or "environment"
        )


def environment_name(text: str) -> str:
    """Return ``text`` as a name for an environment: ``[A-Za-z0-9._-]``, "" when nothing is left.

    Accents are dropped; ``base`` and ``root`` are conda's own and get ``-env`` appended.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip("-.")[:100].rstrip("-.")
    return f"{name}-env" if name.lower() in {"base", "root"} else name
