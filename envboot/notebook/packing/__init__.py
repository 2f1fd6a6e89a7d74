"""``envboot notebook pack``: the environment into the notebook, and out of it again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envboot.errors import CommandFailed, EnvbootError, InvalidFile, UsageError
from envboot.infer import sources
from envboot.notebook import gathering, owned, trust, visible
from envboot.notebook.packing import comparing, drafting
from envboot.notebook.values import Packed
from envboot.shell import redact

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from envboot.console import Console
    from envboot.notebook.packing.drafting import Draft, Order
    from envboot.request import Request
    from envboot.shell import Shell

_AGAIN = 3  # looks at a notebook that somebody saves meanwhile
_LONGEST = 4096  # characters of a path, as Linux has them
_BAD = frozenset({"unreadable", "stale"})


@dataclass
class _Run:
    """One call, while it lasts."""

    order: Order
    shell: Shell
    console: Console
    rows: list[dict[str, Any]]
    said: dict[str, None]

    def tell(self, path: Path, state: str, why: str = "", digest: str = "") -> None:
        """Keep what became of a notebook, and say it."""
        row = {"path": str(path), "state": state, "why": why, "digest": digest}
        self.rows.append(row)
        name = visible.brief(str(path), _LONGEST)
        text = f"{name}: {_STATES[state]}" + (f": {why}" if why else "")
        shown = redact(visible.visible(text), self.shell.environ)
        if state in {"unreadable", "stale", "kept"}:
            self.console.warn(shown)
        else:
            self.console.say(shown)

    def notice(self, sentences: Sequence[str]) -> None:
        """Say what was left out or guessed, each sentence once."""
        for one in sentences:
            if one not in self.said:
                self.said[one] = None
                shown = redact(visible.visible(one), self.shell.environ)
                told = one.startswith(("versions are", "git: "))
                (self.console.say if told else self.console.warn)(shown)


_STATES = {
    "written": "packed",
    "removed": "as it was before",
    "planned": "would be written",
    "unchanged": "up to date",
    "stale": "stale",
    "kept": "left alone",
    "opted-out": "left alone: `metadata.envboot.embed` is false",
    "unreadable": "not done",
}


def pack(options: argparse.Namespace, request: Request, shell: Shell, console: Console) -> Packed:
    """Put into notebooks what they need, take it out, or say what is stale.

    Raises UsageError where no notebook is named, and the notebook's own error where one alone was;
    of several a bad one is reported, and the others are done.
    """
    order = _order(options, request)
    paths = _chosen(options, request, shell)
    run = _Run(order, shell, console, [], {})
    drafts = list(_drafts(run, paths, alone=len(paths) == 1 and not options.all))
    if order.check or request.dry_run:
        for draft in drafts:
            _show(run, draft, quiet=options.json)
    else:
        _carry_out(run, drafts)
    return _result(run, request)


def _order(options: argparse.Namespace, request: Request) -> Order:
    if options.check and options.remove:
        raise UsageError("`--check` and `--remove` do not go together")
    if options.remove and options.pep723:
        raise UsageError(
            "`--remove` and `--pep723` do not go together", hint="`--remove` takes the cell out too"
        )
    if options.python and options.no_live:
        raise UsageError("`--python` and `--no-live` do not go together")
    return drafting.Order(
        check=options.check,
        remove=options.remove,
        force=options.force,
        pep723=options.pep723,
        by_hand=not options.all,
        python=options.python,
        live=not (options.no_live or options.check),
        dry_run=request.dry_run,
    )


def _chosen(options: argparse.Namespace, request: Request, shell: Shell) -> tuple[Path, ...]:
    """Return the notebooks that are meant, each once. Raises UsageError."""
    if not options.notebook and not options.all:
        raise UsageError(
            "pack which notebook?",
            hint="name some (`notebook pack report.ipynb`), or `--all` for the whole repository",
        )
    found: dict[Path, None] = {}
    for text in options.notebook or [str(request.root)]:
        try:
            path = Path(text).expanduser()
            path = (path if path.is_absolute() else Path.cwd() / path).parent.resolve() / path.name
        except (OSError, RuntimeError, ValueError) as error:
            raise UsageError(f"`{text}` cannot be found: {error}") from error
        kind = shell.kind(path)
        if not kind:
            raise UsageError(f"there is no `{text}`", hint="name a notebook, or use `--all`")
        if kind == "folder" and not options.all:
            raise UsageError(f"`{text}` is a folder", hint="`--all` packs the notebooks in it")
        found.update(dict.fromkeys(_below(path, shell) if kind == "folder" else (path,)))
    return tuple(found)


def _below(folder: Path, shell: Shell) -> Iterator[Path]:
    """Yield the repository's own notebooks: not ignored ones, copies and checkpoints."""
    for source in sources.walk(folder, shell):
        if source.relative.lower().endswith(".ipynb"):
            yield source.path


def _drafts(run: _Run, paths: Sequence[Path], *, alone: bool) -> Iterator[Draft]:
    for path in paths:
        try:
            draft = drafting.draft(path, run.order, run.shell)
        except EnvbootError as error:
            if alone:
                raise
            run.tell(path, "unreadable", str(error).removeprefix(f"{path}: "))
            continue
        run.notice(draft.said)
        if draft.state:
            run.tell(path, draft.state, draft.why)
        else:
            yield draft


def _show(run: _Run, draft: Draft, *, quiet: bool) -> None:
    """Say what is stale, or show what would be changed."""
    if run.order.check:
        why = "; ".join(draft.stale)
        run.tell(draft.path, "stale" if why else "unchanged", why, draft.digest)
        return
    changed = draft.before != draft.after
    run.tell(draft.path, "planned" if changed else "unchanged", digest=draft.digest)
    if changed and not quiet:
        text = comparing.diff(draft.before, draft.after, str(draft.path))
        run.console.show(redact(visible.visible(text), run.shell.environ))


def _carry_out(run: _Run, drafts: Sequence[Draft]) -> None:
    """Write what changes; a notebook that Jupyter trusted is signed again."""
    changed = [d.path for d in drafts if d.before != d.after]
    known = trust.trusted(changed, run.shell)
    written: dict[Path, bytes] = {}
    for draft in drafts:
        try:
            done = _written(run, draft)
        except EnvbootError as error:
            run.tell(draft.path, "unreadable", str(error))
            continue
        if not run.order.remove and done.rendered:
            owned.remember(done.rendered, done.place, run.shell)
        if done.before == done.after:
            run.tell(draft.path, "unchanged", digest=done.digest)
            continue
        if done.before == draft.before and draft.path in known:
            written[draft.path] = done.after
        if run.order.remove:
            run.tell(draft.path, "removed")
        else:
            run.tell(draft.path, "written", drafting.summary(done), done.digest)
    trust.sign(written, run.shell)


def _written(run: _Run, draft: Draft) -> Draft:
    """Write one notebook; somebody who saves it meanwhile is not overwritten."""
    shell = run.shell
    for _ in range(_AGAIN):
        if draft.state or draft.before == draft.after:
            return draft
        if shell.read(draft.path, gathering.LARGEST + 1) == draft.before:
            if not shell.writable(draft.path):
                raise CommandFailed(
                    f"{draft.path} is read-only", hint="`chmod u+w` allows it to be changed"
                )
            shell.write(draft.path, draft.after)
            return draft
        draft = drafting.draft(draft.path, run.order, shell)
    raise CommandFailed(
        f"{draft.path} is being changed by another program", hint="close it there, and try again"
    )


def _result(run: _Run, request: Request) -> Packed:
    states = {row["state"] for row in run.rows}
    by_hand = run.order.by_hand
    bad = bool(states & _BAD) or (by_hand and "kept" in states and not run.order.check)
    if run.order.check:
        outcome = "stale" if states & _BAD else "up-to-date"
    elif request.dry_run:
        outcome = "planned" if "planned" in states else "up-to-date"
    elif run.order.remove:
        outcome = "removed" if "removed" in states else "up-to-date"
    else:
        outcome = "packed" if "written" in states else "up-to-date"
    rows = tuple(run.rows)
    if not rows:
        run.console.warn(f"there is no notebook in {request.root}")
    return Packed(outcome, InvalidFile.exit_code if bad else 0, rows, tuple(run.said))
