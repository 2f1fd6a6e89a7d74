"""Which file of a repository wins: repo2docker's published order, then the project itself."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from envboot.errors import InvalidFile, NothingFound
from envboot.spec import Notice, Origin

if TYPE_CHECKING:
    from envboot.find.reading import Repository

CONDA = ("environment.yml", "environment.yaml")
ORDER = (*CONDA, "Pipfile.lock", "Pipfile", "requirements.txt")
"""What Binder reads; the first one wins."""
PROJECT = ("pyproject.toml", "setup.cfg", "setup.py")
PIXI = "pixi.toml"
"""Binder does not know it: it comes after all that Binder reads."""
BINDER = ("binder/", ".binder/")
_ROLES = ("wins", "embedded", "lock", "adds", "passed over")


@dataclass(frozen=True)
class FoundFile:
    """One file that was looked at."""

    path: str
    role: str
    """wins, adds, lock, embedded (it wins, and setup.py carries it) or passed over."""
    why: str


@dataclass
class Account:
    """What is told of a look at a repository, while it lasts."""

    files: list[FoundFile] = field(default_factory=list)
    said: list[Notice] = field(default_factory=list)

    def tell(self, path: str, role: str, why: str) -> None:
        """Keep what became of a file; that it adds something replaces that it was passed over."""
        old = next((f for f in self.files if f.path == path), None)
        if old is None or (old.role == "passed over" and role == "adds"):
            self.files = [f for f in self.files if f != old]
            self.files.append(FoundFile(path, role, why))
        elif old.role == role == "adds":
            self.files[self.files.index(old)] = replace(old, why=f"{old.why}; {why}")

    def told(self) -> tuple[FoundFile, ...]:
        """Return the files, the winner first."""
        return tuple(sorted(self.files, key=lambda f: _ROLES.index(f.role)))


def binder(repository: Repository) -> str:
    """Return ``binder/`` or ``.binder/`` where one is there; both are an InvalidFile."""
    there = [b for b in BINDER if repository.holds(b)]
    if len(there) > 1:
        raise InvalidFile(
            "the folders binder/ and .binder/ are both there",
            hint="keep one of the two: Binder refuses this too",
            origin=Origin("binder"),
        )
    return there[0] if there else ""


def asked(repository: Repository, file: str) -> str:
    """Return the path that a person gave, relative to the root where it lies inside.

    Raises NothingFound where there is no such file.
    """
    path = Path(file)
    if path.is_absolute() and repository.root in path.parents:
        path = path.relative_to(repository.root)
    if not repository.has(path.as_posix()):
        raise NothingFound(f"{file} does not exist", hint=f"give a path from {repository.root}")
    return path.as_posix()


def candidates(repository: Repository, folder: str) -> list[str]:
    """Return the files that may win, best first; ``folder`` is what :func:`binder` returned."""
    inside = [folder + n for n in ORDER if folder and repository.has(folder + n)]
    return [*inside, *(n for n in (*ORDER, PIXI, *PROJECT) if repository.has(n))]


def winner(repository: Repository, ranked: list[str]) -> str:
    """Return the best candidate that declares something. Raises NothingFound, InvalidFile."""
    best = next((c for c in ranked if declares(repository, c)), "")
    if not best and repository.has("pylock.toml"):
        best = "pylock.toml"
    if not best and repository.only is not None:
        raise NothingFound(
            "the notebook carries no dependency file",
            hint="`envboot notebook pack` puts them in, where it comes from",
        )
    if not best:
        raise NothingFound(
            f"no dependency file in {repository.root}",
            hint="add a requirements.txt or an environment.yml; "
            "`envboot package-env` can write them",
        )
    return best


def declares(repository: Repository, path: str) -> bool:
    """Return whether a file declares an environment; a project's may hold tools' settings only."""
    if path not in PROJECT:
        return True
    spec = repository.spec(path)
    if path == "setup.py":
        return spec.project or bool(spec.dependencies)
    return bool(spec.name or spec.dependencies or spec.groups)
