"""``package-env --lock``: the exact packages, with digests, beside the file that asks for them.

An environment.yml gets a pixi.lock, a requirements.txt a pylock.toml; a repository with both has
both, because its clones take either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot import locks
from envboot.errors import CommandFailed, EnvbootError, InvalidFile, UsageError
from envboot.find.reading import Repository
from envboot.formats import requirements_txt
from envboot.locks import reading
from envboot.package.locking import pixi, pylock, targets
from envboot.platforms import here

if TYPE_CHECKING:
    from collections.abc import Callable

    from envboot.console import Console
    from envboot.derive import Derived
    from envboot.package.changes import Change
    from envboot.package.embedding import Carried
    from envboot.package.values import Packing
    from envboot.shell import Shell

_CONDA = (".yml", ".yaml")


def draft(
    request: Packing,
    derived: Derived,
    carried: Carried,
    minor: str,
    shell: Shell,
    console: Console,
) -> tuple[Change, ...]:
    """Return the changes of the locks that were asked for. Raises EnvbootError."""
    asked = targets.chosen(request.platform, shell)
    spec = carried.found.spec
    source = spec.source.path if spec.source else ""
    conda = source.endswith(_CONDA)
    pip = _requirements(carried, derived, conda=conda)
    if request.dry_run:
        if conda:
            console.say(f"  {pixi.FILENAME} would be solved with py-rattler")
        if pip:
            console.say(f"  {pylock.FILENAME} would be solved with uv")
        return ()
    repository = _repository(request, carried, shell)

    def of_conda() -> tuple[Change, ...]:
        wanted = pixi.Wanted(repository.spec(source), spec.needs, asked, bool(request.platform))
        return pixi.lock(
            request.root, wanted, shell, console, offline=request.offline, yes=request.yes
        )

    def of_pip() -> tuple[Change, ...]:
        return _pylock(request, carried, pip, minor, asked, shell, console)

    if conda and pip:
        return _twins({source: of_conda, "requirements.txt": of_pip}, console)
    if not (conda or pip):
        raise UsageError(
            "`--lock` has nothing to lock: no package is asked for", hint="leave out `--lock`"
        )
    return of_conda() if conda else of_pip()


def _twins(
    makers: dict[str, Callable[[], tuple[Change, ...]]], console: Console
) -> tuple[Change, ...]:
    """Return the changes of both locks; of one, where a program or a server fails for the other."""
    out: list[Change] = []
    failed: dict[str, CommandFailed] = {}
    for name, make in makers.items():
        try:
            out += make()
        except CommandFailed as error:  # noqa: PERF203 - each by itself
            failed[name] = error
    if len(failed) == len(makers):
        raise next(iter(failed.values()))
    for name, said in failed.items():
        why = "; ".join(line.strip() for line in said.tail[-2:]) or said.message
        console.warn(f"{name} is not locked, the other file is: {why}", hint=said.hint)
    return tuple(out)


def stale(request: Packing, carried: Carried, shell: Shell) -> dict[str, str]:
    """Return why each lock that is there is not the lock of the files any more, by path."""
    repository = _repository(request, carried, shell)
    spec = carried.found.spec
    source = spec.source.path if spec.source else ""
    out = {}
    if source.endswith(_CONDA):
        path = pixi.place(spec)
        text = repository.bytes(path, locks.LIMIT)
        if text is not None:
            out[path] = _why(text.decode("utf-8", "replace"), path, repository, source)
    made_of = reading.made_of(
        (shell.read(request.root / pylock.FILENAME) or b"").decode("utf-8", "replace")
    )
    if made_of and repository.has("requirements.txt"):
        try:
            fresh = locks.digest(repository.spec("requirements.txt")) == made_of
        except InvalidFile:  # said where it is read
            fresh = True
        if not fresh:
            out[pylock.FILENAME] = "was made of other dependencies than requirements.txt lists"
    return {path: why.removeprefix(f"{path} ") for path, why in out.items() if why}


def _why(text: str, path: str, repository: Repository, source: str) -> str:
    try:
        platform = here(repository.shell)
        contents = locks.read(text, path, platform)
        if platform not in contents.platforms and contents.platforms:
            platform = contents.platforms[0]
            contents = locks.read(text, path, platform)
        return locks.stale(repository.spec(source), contents, platform)
    except InvalidFile as error:
        return error.message


def _repository(request: Packing, carried: Carried, shell: Shell) -> Repository:
    """Return the repository as it is about to be."""
    return Repository(request.root, shell, overlay=dict(carried.files))


def _requirements(carried: Carried, derived: Derived, *, conda: bool) -> str:
    """Return the text that pylock.toml locks, "" for none: that of the file, else what is asked."""
    text = carried.files.get("requirements.txt", "")
    if not text and not conda:
        text = requirements_txt.render(derived.pip)
    return text if text.strip() else ""


def _pylock(
    request: Packing,
    carried: Carried,
    text: str,
    minor: str,
    asked: tuple[str, ...],
    shell: Shell,
    console: Console,
) -> tuple[Change, ...]:
    """Return the change of pylock.toml: for this platform alone, where all at once cannot be."""
    repository = _repository(request, carried, shell)
    known = repository.has("requirements.txt")
    made_of = locks.digest(repository.spec("requirements.txt")) if known else ""

    def once(platforms: tuple[str, ...]) -> tuple[Change, ...]:
        wanted = pylock.Wanted(text, minor, platforms, made_of)
        return pylock.lock(
            request.root, wanted, shell, console, offline=request.offline, yes=request.yes
        )

    try:
        return once(asked)
    except CommandFailed as error:
        own = here(shell)
        if request.platform or asked == (own,):
            raise
        left = ", ".join(name for name in asked if name != own)
        try:
            done = once((own,))
        except EnvbootError:
            raise error from None
        console.warn(
            f"{pylock.FILENAME} is for {own} alone: it could not be solved for {left} too",
            hint="`--platform NAME` says why",
        )
        return done
