"""The three witnesses: the files that are there, the code, and the live environment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from envboot import caches, find, formats, freeze, infer
from envboot.derive import Before
from envboot.errors import InvalidFile, NothingFound
from envboot.find.reading import Repository
from envboot.package import declaring, setupfile
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from envboot.console import Console
    from envboot.find import Found
    from envboot.freeze import Live
    from envboot.infer.facts import Scan
    from envboot.package import Packing
    from envboot.package.declaring import Places
    from envboot.package.setupfile import Block
    from envboot.shell import Shell
    from envboot.spec import EnvironmentSpec

_OTHERS = ("pyproject.toml", "setup.cfg", "setup.py", "Pipfile.lock", "Pipfile", "runtime.txt")
_SHOWN = 10  # files that could not be read, before the rest is only counted


@dataclass(frozen=True)
class Heard:
    """What the witnesses say."""

    places: Places
    before: Before
    scan: Scan
    live: Live | None
    found: Found | None
    """What ``python setup.py`` would find now; None: nothing."""
    included: frozenset[str] = frozenset()
    """Distributions that files ask for which requirements.txt includes (``-r``)."""
    made: frozenset[str] = frozenset()
    """Paths of the dependency files that envboot made; the others are people's."""

    @property
    def elsewhere(self) -> str:
        """Return the file that declares the environment when it is none of ours; "" else."""
        source = self.found.spec.source if self.found else None
        if self.found is None or source is None or source.path in self.places.all():
            return ""
        return source.path if self.found.spec.dependencies or self.found.spec.lock else ""


def hear(request: Packing, block: Block | None, shell: Shell, console: Console) -> Heard:
    """Return what the files, the code and the live environment say. Nothing of them is run.

    ``block`` is what setup.py carries. Raises InvalidFile for a file of ours that is broken.
    """
    root = request.root
    console.say("Looking for requirements....")
    repository = Repository(root, shell, _carried(request, block, shell))
    places = declaring.places(root, shell)
    before = _before(repository, places, block)
    found = _found(request, repository, block, shell)
    for file in found.files if found else ():
        console.say(f"  {file.path}: {file.role} ({file.why})")
    silent = request.no_cache or request.check or request.dry_run  # these write nothing at all
    cache = None if silent else caches.folder(shell)
    scan = _without_setup(infer.imports(root, shell, cache=cache))
    _tell_of_code(scan, console)
    live = None
    if not (request.check or request.no_live):
        live = freeze.look(
            shell, root, python=request.python, prefix=request.prefix, env=request.env
        )
        _tell_of_environment(live, console, "" if live else freeze.passed_over(shell))
    main = (places.conda, places.pip)
    names = (d.name for s in _included(repository, main) for d in s.dependencies)
    made = (p for p in places.all() if declaring.is_made(repository.text(p) or ""))
    return Heard(places, before, scan, live, found, frozenset(names), frozenset(made))


def _carried(request: Packing, block: Block | None, shell: Shell) -> dict[str, tuple[str, str]]:
    """Return the copies in setup.py whose files are gone: they may be the only ones there are."""
    return {
        name: (setupfile.sha256(text), text)
        for name, text in (block.files.items() if block else ())
        if shell.kind(request.root / name) != "file"
    }


def _found(
    request: Packing, repository: Repository, block: Block | None, shell: Shell
) -> Found | None:
    try:
        return find.look(
            request.root,
            shell,
            file=request.file,
            embedded=repository.embedded,
            embedded_needs=block.needs if block else None,
        )
    except NothingFound:
        if request.file:
            raise
        return None


def _before(repository: Repository, places: Places, block: Block | None) -> Before:
    conda, pip, conda_dev, pip_dev = (_spec(repository, path) for path in places.all())
    others = [*_included(repository, places.all()), *_declared(repository)]
    remembered = dict(block.files) if block else {}
    return Before(conda, pip, conda_dev, pip_dev, tuple(others), remembered)


def _spec(repository: Repository, path: str) -> EnvironmentSpec | None:
    """Return what a file says itself: files that it includes stay named."""
    text = repository.text(path) if repository.has(path) else None
    if text is None or not text.strip():
        return None
    reader = formats.reader_for(path)
    assert reader is not None  # noqa: S101 - one of our own four
    return reader.parse(text, Origin(path))


def _included(repository: Repository, places: Sequence[str]) -> Iterator[EnvironmentSpec]:
    """Yield what the files say that these include."""
    for path in places:
        if not repository.has(path) or not (repository.text(path) or "").strip():
            continue
        spec = repository.spec(path)
        more = tuple(d for d in spec.dependencies if d.origin.path not in places)
        if more:
            yield replace(spec, dependencies=more, source=more[0].origin)


def _declared(repository: Repository) -> Iterator[EnvironmentSpec]:
    """Yield what other files declare; one that cannot be read says so where it is needed."""
    folders = [f for f in ("binder", ".binder") if repository.names(f)]
    inside = ("environment.yml", "requirements.txt", "runtime.txt")
    for path in (*_OTHERS, *(str(PurePosixPath(f, n)) for f in folders for n in inside)):
        if repository.on_disk(path):
            try:
                yield _steady(repository.spec(path))
            except InvalidFile:
                continue


def _steady(spec: EnvironmentSpec) -> EnvironmentSpec:
    """Return what setup.py says without its lines: envboot's block moves them."""
    if spec.source is None or spec.source.path != "setup.py":
        return spec
    moved = (replace(d, origin=spec.source) for d in spec.dependencies)
    return replace(spec, dependencies=tuple(moved))


def _without_setup(scan: Scan) -> Scan:
    """Return the scan without what setup.py alone imports: whoever builds the package needs it."""
    kept = (m for m in scan.modules if m.origin.path != "setup.py" or m.places > 1)
    return replace(scan, modules=tuple(kept))


def _tell_of_code(scan: Scan, console: Console) -> None:
    names = ", ".join(i.module for i in scan.modules if i.label == "production")
    console.say(f"  the code: imports {names}" if names else "  the code: imports no packages")
    for notice in scan.unreadable[:_SHOWN]:
        console.warn(str(notice))
    if len(scan.unreadable) > _SHOWN:
        console.warn(f"and {len(scan.unreadable) - _SHOWN} more could not be read whole")


def _tell_of_environment(live: Live | None, console: Console, passed_over: str) -> None:
    if live is None:
        console.say(
            "  no live environment: versions are those of the files (`--python`, `--prefix` or "
            "`--env` names one)"
        )
        if passed_over:
            console.say(f"  {passed_over}")
        return
    python = f"Python {live.python}, " if live.python else ""
    console.say(f"  {live.prefix}: {live.why} ({python}{len(live.installed)} packages)")
    for sentence in live.unreadable[:_SHOWN]:
        console.warn(sentence)
