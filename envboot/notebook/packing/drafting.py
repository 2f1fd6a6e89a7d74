"""What one notebook should become, before anything is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envboot.errors import InvalidFile
from envboot.formats import notebook as nb
from envboot.formats.notebook import cells, environment
from envboot.notebook import gathering, pep723
from envboot.notebook.packing import comparing, embedding
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envboot.formats.notebook import Notebook
    from envboot.formats.notebook.environment import Embedded
    from envboot.git import Published
    from envboot.shell import Shell

_WHOSE = {
    "google": "Google's notebooks",
    "conda": "`conda env attach`",
    "foreign": "a program that envboot does not know",
}


@dataclass(frozen=True)
class Order:
    """What a person asked for."""

    check: bool = False
    remove: bool = False
    force: bool = False
    pep723: bool = False
    by_hand: bool = True
    """The notebooks were named by a person, not found by ``--all``."""
    python: str | None = None
    live: bool = True
    dry_run: bool = False
    seen: dict[Path, Published | None] = field(default_factory=dict)
    """What git said of repositories: each is asked once."""


@dataclass(frozen=True)
class Draft:
    """One notebook before and after."""

    path: Path
    before: bytes
    after: bytes
    state: str = ""
    """kept | opted-out: why it is not touched; "" where it may be."""
    why: str = ""
    said: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    """Which keys are not what they should be, a sentence each."""
    rendered: Mapping[str, Any] = field(default_factory=dict)
    """What it carries afterwards."""
    place: Path = Path()
    """Whose files they are."""

    @property
    def digest(self) -> str:
        """Return what ``--approve`` takes for the notebook as it will be."""
        return environment.digest(self.rendered) if self.rendered else ""


def draft(path: Path, order: Order, shell: Shell) -> Draft:
    """Return what a notebook becomes. Raises InvalidFile."""
    root = gathering.repository(path, shell)
    shell.confine(root)
    before, known = gathering.read(path, shell)
    if order.remove:
        after = embedding.without_environment(before, known)
        return Draft(path, before, after, place=path.parent)
    if known.own.get("embed") is False and not order.by_hand:
        return Draft(path, before, before, "opted-out", place=path.parent)
    there = _there(path, known, order)
    if there is not None and there.whose != "ours" and not order.force:
        return Draft(path, before, before, "kept", _refusal(there, order), place=path.parent)
    ours = there if there is not None and there.whose == "ours" else None
    return _packed(path, root, before, known, ours, order, shell)


def _there(path: Path, known: Notebook, order: Order) -> Embedded | None:
    """Return what a notebook carries; None for a broken one that is to be replaced."""
    try:
        return environment.found(known, Origin(str(path)))[0]
    except InvalidFile as error:
        if order.force:
            return None
        error.hint = (
            f"{error.hint}; `--force` replaces it" if error.hint else "`--force` replaces it"
        )
        raise


def summary(done: Draft) -> str:
    """Return the names of what a notebook carries, for a sentence."""
    keys = [k for k in comparing.flat(done.rendered) if k not in comparing.ABOUT]
    sources = done.rendered.get("sources", {})
    names = (key.rpartition("/")[2] for key in keys)
    return ", ".join(sources.get(name, name) for name in names) or "nothing"


def _packed(
    path: Path,
    root: Path,
    before: bytes,
    known: Notebook,
    ours: Embedded | None,
    order: Order,
    shell: Shell,
) -> Draft:
    read = (before, known)
    wish = gathering.Wish(order.python, order.live, not order.check, ours, order.seen, read)
    embedded, said = gathering.gather(path, root, shell, wish)
    place = gathering.folder(path, root, shell) or path.parent
    if not embedded.files and ours is None:
        why = "; ".join(said) or "nothing says what it needs"
        return Draft(path, before, before, "kept", why, (), place=place)
    if known.own.get("embed") is False:
        sentence = "`metadata.envboot.embed` is false; it is packed because it was named"
        said = (*said, f"{path.name}: {sentence}")
    after = embedding.with_environment(before, known, embedded, Origin(str(path)))
    now = known if after == before else nb.read(after, Origin(str(path)))
    usual = embedding.portable(after, now)
    if usual != after:
        after, now = usual, nb.read(usual, Origin(str(path)))
    after, more = _with_cell(after, embedded, order, path)
    rendered = embedding.value(now)
    environment.parse(rendered, Origin(str(path)))  # what nobody could read is not written
    return Draft(
        path,
        before,
        after,
        said=(*said, *more),
        stale=(*_stale(known, now, place), *_stale_cell(before, after)),
        rendered=rendered,
        place=place,
    )


def _with_cell(
    data: bytes, embedded: Embedded, order: Order, path: Path
) -> tuple[bytes, tuple[str, ...]]:
    """Return ``data`` with PEP 723's cell, where it was asked for or is there."""
    there = pep723.is_there(data)
    if not (order.pep723 or there):
        return data, ()
    if pep723.foreign(data):
        sentence = "another cell has a `# /// script` block: it stays, and gets none beside it"
        return data, (f"{path.name}: {sentence}",)
    source, said = pep723.source(embedded.files)
    if source:
        return cells.put_cell(data, source, pep723.MARK), said
    return cells.take_cell(data, pep723.MARK), said


def _stale(known: Notebook, now: Notebook, place: Path) -> Iterator[str]:
    """Yield what is not as it should be: not the commit, which is another with each commit."""
    old = embedding.value(known)
    if not old:
        yield "it carries no environment"
        return
    yield from comparing.stale(old, embedding.value(now), place)
    if known.metadata.get("kernelspec") != now.metadata.get("kernelspec"):
        yield "kernelspec: it names a kernel of one computer alone"


def _stale_cell(before: bytes, after: bytes) -> Iterator[str]:
    if pep723.is_there(before) and comparing.cell(before) != comparing.cell(after):
        yield "its PEP 723 cell says something else"


def _refusal(there: Embedded, order: Order) -> str:
    text = f"`metadata.environment` was written by {_WHOSE.get(there.whose, 'somebody else')}"
    return text if order.check else f"{text}; `--force` puts envboot's keys beside theirs"
