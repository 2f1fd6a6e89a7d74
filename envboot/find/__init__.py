"""Which files of a repository say what its environment is, and what they say together.

The order is repo2docker's ("Configuration files" in its documentation), so that what works on
Binder works here: ``binder/`` or ``.binder/`` before the root, environment.yml before Pipfile.lock
before Pipfile before requirements.txt; a local package comes last, where nothing else is declared.
Before it comes pixi.toml, which Binder does not read.

A project that wins (pyproject.toml, setup.cfg, setup.py) is listed twice: its own dependencies, so
that they can be looked at, and the line ``-e .``, which installs it. So ``spec.dependencies`` is
always what ``pip install -r`` takes, started in the repository.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envboot.errors import InvalidFile
from envboot.find import additions, contradictions, lock_files, precedence
from envboot.find import groups as beyond
from envboot.find.precedence import CONDA, PIXI, PROJECT, Account, FoundFile
from envboot.find.reading import Repository
from envboot.spec import Dependency, EnvironmentSpec, Notice, Origin, normalise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from envboot.shell import Shell

CONTAINERS = additions.CONTAINERS
"""Where a devcontainer.json may be."""
_FIRST = (
    "first of environment.yml, Pipfile.lock, Pipfile, requirements.txt, pixi.toml, "
    "the project itself"
)
_LONGEST = 100  # characters of a name; paths have limits too


@dataclass(frozen=True)
class Found:
    """What a repository declares, from which files, and where they disagree."""

    spec: EnvironmentSpec
    files: tuple[FoundFile, ...]
    contradictions: tuple[Notice, ...]


def look(  # noqa: PLR0913 - each is a part of the question
    root: Path,
    shell: Shell,
    *,
    file: str | None = None,
    groups: Sequence[str] = (),
    embedded: Mapping[str, tuple[str, str]] | None = None,
    embedded_needs: Mapping[str, object] | None = None,
    twin: bool = False,
    overlay: Mapping[str, str | None] | None = None,
    locked: bool = True,
    only: frozenset[str] | None = None,
    carrier: str = "setup.py",
) -> Found:
    """Return what the repository at ``root`` declares. Nothing is run, written or downloaded.

    ``file`` chooses the file that wins; ``twin`` takes the one beside it that asks for the same of
    the Python package index, where there is one. ``embedded`` is what setup.py carries: path →
    (sha256, text), ``overlay`` what is about to be written: path → text, None for what will go.
    ``locked``: False takes no lock. ``only``: no other file counts, for a notebook that carries
    them. ``carrier``: the file that ``embedded_needs`` stand in.
    Raises NothingFound, InvalidFile, and UsageError for a group that does not exist.
    """
    repository, account = Repository(root, shell, embedded or {}, overlay or {}, only), Account()
    folder = precedence.binder(repository)
    ranked = precedence.candidates(repository, folder)
    won = precedence.asked(repository, file) if file else precedence.winner(repository, ranked)
    spec = _won(repository, won, account, "chosen with `--file`" if file else _FIRST)
    if twin and spec.twin:
        won, spec = _twin(repository, won, spec, account)
    others = _others(repository, won, ranked, account)
    project = others.get("pyproject.toml")
    spec = additions.python(spec, repository, folder, project, account)
    for other in others.values():
        account.said += contradictions.between(spec, other)
    if project and won.rsplit("/", 1)[-1] not in {*CONDA, PIXI}:
        account.said += contradictions.missing(spec, project)
    spec, added = beyond.add(spec, groups, others.values(), repository, folder)
    for path, name in added:
        account.tell(path, "adds", f"the group `{name}`")
    spec = additions.extras(spec, repository, folder, account)
    if not (file and spec.needs):
        spec = additions.wanted(spec, repository, embedded_needs, account, carrier)
    spec = lock_files.locked(spec, repository, won, account, use=locked, more=bool(groups))
    account.said += _stale(repository)
    spec = replace(spec, name=_name(spec, won, root.name), source=Origin(won))
    return Found(spec, account.told(), tuple(dict.fromkeys(account.said)))


def _won(repository: Repository, won: str, account: Account, why: str) -> EnvironmentSpec:
    """Return what the winner says; a project gets the line that installs it."""
    spec = repository.spec(won)
    if repository.on_disk(won):
        account.tell(won, "wins", why)
    else:
        account.tell(won, "embedded", "not on disk: the copy that setup.py carries wins")
        account.said.append(Notice("the file is missing; setup.py's copy is used", Origin(won)))
        spec = replace(spec, as_written=False)
    name = won.rsplit("/", 1)[-1]
    if name in {"setup.cfg", "setup.py"}:
        spec = additions.setuptools(spec, repository, won, account)
    if name == PIXI:
        spec = additions.of_platform(spec, repository)
    if name in PROJECT and spec.project:
        folder = won[: -len(name)].rstrip("/")
        text = f"-e ./{folder}" if folder else "-e ."
        itself = Dependency(normalise(spec.name), text, "pypi", Origin(won))
        spec = replace(spec, dependencies=(*spec.dependencies, itself))
    return spec


def _twin(
    repository: Repository, won: str, conda: EnvironmentSpec, account: Account
) -> tuple[str, EnvironmentSpec]:
    """Return the twin's path and what it says, with what only an environment.yml can say."""
    path = won[: won.rfind("/") + 1] + conda.twin
    if path not in repository.embedded and not repository.on_disk(path):
        return won, conda
    account.files.clear()
    spec = _won(repository, path, account, f"asks for the same as {won}, without conda")
    account.tell(won, "passed over", f"{path} asks for the same, without conda")
    spec = replace(
        spec,
        name=conda.name,
        python=conda.python,
        python_origin=conda.python_origin,
        variables=conda.variables,
        as_written=spec.as_written and not conda.variables,
    )
    return path, spec


def _others(
    repository: Repository, won: str, ranked: list[str], account: Account
) -> dict[str, EnvironmentSpec]:
    """Return what the files that did not win say, by path; a broken one is only noticed.

    A broken pyproject.toml that has something for envboot is an InvalidFile all the same.
    """
    others: dict[str, EnvironmentSpec] = {}
    told = {f.path for f in account.files}
    for path in ranked:
        if path in told:
            continue
        try:
            spec, declares = repository.spec(path), precedence.declares(repository, path)
        except InvalidFile as error:
            text = "" if path != "pyproject.toml" else repository.text(path) or ""
            if "envboot" in text:
                raise
            account.tell(path, "passed over", f"{won} wins; it cannot be read")
            said = f"passed over, and cannot be read: {error.message}"
            account.said.append(Notice(said, error.origin))
            continue
        if path in CONDA and won in CONDA:
            said = f"both environment.yml and environment.yaml are there; {won} wins"
            account.said.append(Notice(said, Origin(path)))
        if declares:
            account.tell(path, "passed over", f"{won} wins")
        if declares or path != "setup.py":
            others[path] = spec
    return others


def _stale(repository: Repository) -> list[Notice]:
    """Return a sentence for each file that differs from the copy that setup.py carries."""
    said = []
    for path, (_, text) in repository.embedded.items():
        if not repository.on_disk(path):
            continue
        try:
            now = repository.text(path)
        except InvalidFile:  # said where it is read, if it is
            continue
        if (now or "").splitlines() != text.splitlines():
            sentence = (
                "the file differs from the copy in setup.py; the file is used "
                "(`envboot package-env` renews the copy)"
            )
            said.append(Notice(sentence, Origin(path)))
    return said


def _name(spec: EnvironmentSpec, won: str, folder: str) -> str:
    conda = won.endswith((".yml", ".yaml", "requirements.txt", PIXI))
    declared = spec.name if conda else ""
    return environment_name(declared) or environment_name(folder) or "environment"


def environment_name(text: str) -> str:
    """Return ``text`` as a name for an environment: ``[A-Za-z0-9._-]``, "" when nothing is left.

    Accents are dropped; ``base`` and ``root`` are conda's own and get ``-env`` appended.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip("-.")[:_LONGEST].rstrip("-.")
    return f"{name}-env" if name.lower() in {"base", "root"} else name
