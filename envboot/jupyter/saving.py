"""Upon every save: the hook that keeps what a notebook carries what its folder declares.

It runs inside the save, on the server's own thread, so it never looks at the cells, starts no
program and infers nothing: it asks whether files were changed (some forty ``stat``), and reads them
when they were. What takes longer (git, the needs of the code, files above :data:`QUICK` bytes) is
looked at in a thread, and counts from the next save on. Whatever goes wrong is logged once, and the
save goes on.
"""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envboot.formats.notebook import environment
from envboot.notebook import gathering, owned

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envboot.formats.notebook.environment import Embedded
    from envboot.shell import Shell

PAUSE = 5.0
"""Seconds between two looks at what takes longer, for one folder."""
LATER = 0.5
"""Seconds until then: a save is over."""
QUICK = 16 << 10
"""Bytes of all the dependency files together that are read within a save."""
_BINDER = ("binder", ".binder")


@dataclass(frozen=True)
class _Seen:
    """What a folder declares, and by what one sees that it was changed."""

    watched: tuple[Path, ...]
    marks: tuple[tuple[int, ...], ...]
    place: Path | None
    """The folder whose files they are; None: nothing is declared."""
    wanted: Mapping[str, object]
    """What ``metadata.environment`` should be."""


@dataclass(frozen=True)
class _Merged:
    """What was put into a notebook the last time, and of what it was made."""

    there: object
    wanted: Mapping[str, object]
    value: object


class Keeper:
    """What one server knows of the folders whose notebooks were saved."""

    def __init__(self, shell: Shell, log: Any) -> None:  # noqa: ANN401 - a logger, or an adapter of one
        """Begin with nothing looked at."""
        self._shell, self._log = shell, log
        self._seen: dict[Path, _Seen] = {}
        self._facts: dict[Path, Embedded] = {}
        self._merged: dict[tuple[Path, str], _Merged] = {}
        self._looked: dict[Path, float] = {}
        self._said: set[tuple[str, str]] = set()

        def keep_environment(
            model: Any = None,  # noqa: ANN401 - a front end's
            path: str = "",
            contents_manager: Any = None,  # noqa: ANN401
            **_words: object,
        ) -> None:
            # A plain function with a name: a server that cannot name a hook that raises aborts the
            # person's save. It does not raise either.
            try:
                self.keep(model, path, contents_manager)
            except Exception as error:  # noqa: BLE001 - nothing may stand between her and the disk
                self._warn(str(path), str(error) or type(error).__name__)

        self.hook = keep_environment

    def keep(self, model: Any, path: str, manager: Any) -> None:  # noqa: ANN401
        """Let the notebook that is about to be saved carry what its folder declares."""
        metadata = _metadata(model)
        notebook = _file(manager, path)
        if metadata is None or notebook is None or _opted_out(metadata):
            return
        seen = self._look(notebook)
        if seen is not None and seen.place is not None:
            for where, holder in _holders(metadata):
                there = holder.get("environment")
                last = self._merged.get((notebook, where))
                if last is None or last.wanted is not seen.wanted or last.there != there:
                    last = self._merge((notebook, where), path, there, seen, seen.place)
                if last.value != there:
                    holder["environment"] = last.value
        self.warm(notebook, path)

    def _merge(
        self, key: tuple[Path, str], path: str, there: object, seen: _Seen, place: Path
    ) -> _Merged:
        """Return what the notebook should carry by whose it is, and note what is ours."""
        value, kept = owned.merged(there, seen.wanted, place, self._shell)
        if kept:
            self._warn(path, f"left as somebody else wrote it: {', '.join(kept)}")
        if value is not None and value != there:
            owned.remember(value, place, self._shell)
        found = _Merged(there, seen.wanted, there if value is None else value)
        if not kept:
            self._merged[key] = found
        return found

    def warm(self, notebook: Path, path: str) -> None:
        """Look in a thread at what takes longer: git, the needs of the code, large files."""
        now = time.monotonic()
        if now - self._looked.get(notebook.parent, -PAUSE) < PAUSE:
            return
        self._looked[notebook.parent] = now
        later = threading.Timer(LATER, self._learn, (notebook, path))
        later.daemon = True
        later.start()

    def _learn(self, notebook: Path, path: str) -> None:
        try:
            root = gathering.repository(notebook, self._shell)
            declared = gathering.folder(notebook, root, self._shell)
            if declared is None or not self._shell.kind(notebook):
                return
            found, _ = gathering.gather(notebook, root, self._shell)
            facts = replace(found, files={})
            if self._facts.get(notebook.parent) != facts:
                self._facts[notebook.parent] = facts
                self._seen.pop(notebook.parent, None)
            self._look(notebook, most=sys.maxsize)
        except Exception as error:  # noqa: BLE001 - a thread has nobody above it
            self._warn(path, str(error) or type(error).__name__)

    def _look(self, notebook: Path, most: int = QUICK) -> _Seen | None:
        """Return what the notebook's folder declares; from memory where no file was changed.

        None: it is more than ``most`` bytes, and a thread has not read it yet.
        """
        before = self._seen.get(notebook.parent)
        if before and before.marks == tuple(map(self._shell.mark, before.watched)):
            return before
        root = gathering.repository(notebook, self._shell)
        place = gathering.folder(notebook, root, self._shell)
        watched = tuple(dict.fromkeys(_watched(notebook.parent, root, place, self._shell)))
        marks = tuple(map(self._shell.mark, watched))  # first: a change meanwhile is seen next time
        if place is None:
            found = _Seen(watched, marks, None, {})
        else:
            sizes = (self._shell.mark(place / name)[1:2] for name in gathering.NAMES)
            if sum(sum(size) for size in sizes) > most:
                self._looked.pop(notebook.parent, None)
                return None
            facts = self._facts.get(notebook.parent, environment.Embedded())
            carried = replace(facts, files=gathering.files(place, self._shell))
            found = _Seen(watched, marks, place, environment.render(carried))
        self._seen[notebook.parent] = found
        return found

    def _warn(self, path: str, said: str) -> None:
        """Log it, once for each notebook and cause."""
        if (path, said) not in self._said:
            self._said.add((path, said))
            self._log.warning("envboot: %s: %s", path, said)


def register(keeper: Keeper, manager: Any) -> None:  # noqa: ANN401 - of any version
    """Add the hook to a contents manager, once; other hooks stay."""
    if keeper.hook not in getattr(manager, "_pre_save_hooks", (keeper.hook,)):
        manager.register_pre_save_hook(keeper.hook)


def _metadata(model: Any) -> dict[str, Any] | None:  # noqa: ANN401
    """Return the metadata of what is saved; None where it is no notebook."""
    if not isinstance(model, dict) or model.get("type") != "notebook":
        return None
    content = model.get("content")
    metadata = content.get("metadata") if isinstance(content, dict) else None
    return metadata if isinstance(metadata, dict) else None


def _holders(metadata: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the objects whose ``environment`` is ours, or may become so, each with its name.

    A copy stands in ``metadata.envboot`` where somebody else has the key, too; where theirs is all
    that the key has, the copy alone is ours.
    """
    own = metadata.get("envboot")
    copied = isinstance(own, dict) and environment.is_ours(own.get("environment"))
    if not copied or environment.is_ours(metadata.get("environment")):
        yield "metadata", metadata
    if copied and isinstance(own, dict):
        yield "envboot", own


def _opted_out(metadata: Mapping[str, Any]) -> bool:
    own = metadata.get("envboot")
    return isinstance(own, dict) and own.get("embed") is False


def _file(manager: Any, path: str) -> Path | None:  # noqa: ANN401
    """Return the file that is written; None where notebooks are no files, or it is no .ipynb."""
    if not path.endswith(".ipynb") or not getattr(manager, "root_dir", ""):
        return None
    where = getattr(manager, "_get_os_path", None)
    return Path(where(path)) if where else None


def _watched(folder: Path, root: Path, place: Path | None, shell: Shell) -> Iterator[Path]:
    """Yield the files and folders of which one changes when what is declared does.

    The notebook's own folder changes with every save, so its files are watched one by one; of other
    folders the folder tells of files that come and go.
    """
    yield folder / ".git"
    yield from (folder / name for name in gathering.NAMES)
    yield from (folder / name for name in _BINDER)
    if place:
        rows = gathering.signature(place, shell)
        yield from (place / str(row[0]) for row in rows if isinstance(row, tuple))
    for above in folder.parents:
        if folder == root or not (above == root or root in above.parents):
            break
        yield from (above, *(above / name for name in _BINDER))
