"""``envboot notebook run``: from a mailed file to its results, executed by nbclient."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envboot import kernel, plan, remedies
from envboot.errors import CommandFailed, FallsShort, Interrupted, UsageError
from envboot.notebook import naming, setting_up, showing, unpacking
from envboot.notebook.running import executor

if TYPE_CHECKING:
    import argparse

    from envboot.console import Console
    from envboot.notebook.values import Unpacked
    from envboot.request import Request
    from envboot.shell import Shell

_COLOURS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


def run(options: argparse.Namespace, request: Request, shell: Shell, console: Console) -> Unpacked:
    """Unpack, set up, execute, and keep the outputs: in place, or in ``--output FILE``.

    A cell that fails is an outcome, "failed" with exit code 7: the outputs so far are kept, as they
    are where the person interrupts it. Raises EnvbootError for what ends it before.
    """
    notebook = unpacking.notebook_of(options.notebook, request)
    _possible(options, request, notebook, shell)
    options.files_only = False
    sight, unpacked = unpacking.open_up(options, request, shell, console, then_run=True)
    if unpacked.outcome not in setting_up.MADE:
        return unpacked
    here = sight.folder / notebook.name
    notebook = here if shell.kind(here) == "file" else notebook
    name = str((unpacked.result or {}).get("kernel") or "")
    kernels = kernel.data_dir(shell)
    if not name or kernels is None:
        raise CommandFailed(
            "the notebook cannot be executed: no kernel was registered",
            hint="the lines above say why; without `--no-kernel` one is",
        )
    beside = _own(sight.folder)
    python = executor.bring(shell, console, beside, offline=request.offline)
    order = {
        "notebook": str(notebook),
        "output": str(_absolute(options.output)) if options.output else "",
        "kernel": name,
        "kernels": str(kernels / "kernels"),
        "timeout": options.cell_timeout or 0,
        "allow_errors": options.allow_errors,
        "word": secrets.token_hex(16),
    }
    ended = _execute(order, python, notebook, shell, console)
    return _outcome(ended, replace(unpacked, path=str(notebook)), request, shell, console)


def _own(folder: Path) -> Path:
    """Return envboot's own folder beside the notebook."""
    return folder / ".envboot"


def _possible(options: argparse.Namespace, request: Request, notebook: Path, shell: Shell) -> None:
    """Refuse before the question what would fail after it. Raises UsageError, FallsShort."""
    if request.kernel is False:
        raise UsageError("`run` takes a kernel", hint="leave `--no-kernel` out")
    language = naming.language(notebook, shell)
    if language not in {"", "python"}:
        raise UsageError(
            f"{notebook.name} is in {showing.visible(language)}; only Python's are executed",
            hint="`notebook unpack` sets it up",
        )
    if options.cell_timeout is not None and options.cell_timeout <= 0:
        raise UsageError("`--cell-timeout` takes seconds, 1 or more")
    if options.output:
        target = _absolute(options.output)
        if shell.kind(target) == "folder":
            raise UsageError(f"{target} is a folder", hint="`--output` takes a file")
        if shell.kind(target) and not options.force:
            raise UsageError(f"{target} is there already", hint="`--force` replaces it")
        if shell.kind(target.parent) != "folder":
            raise UsageError(f"there is no folder {target.parent}", hint="make it first")
    beside = _own(_absolute(options.to) if options.to else notebook.parent)
    if why := executor.why_not(shell, beside, offline=request.offline):
        raise FallsShort(why, hint="run it once without `--offline`")


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


# --------------------------------------------------------------------- the child


@dataclass
class _Heard:
    """What the child says, line by line."""

    word: str
    console: Console
    ended: dict[str, Any] = field(default_factory=dict)

    def line(self, text: str) -> None:
        beginning, _, rest = text.partition(" ")
        if beginning != self.word:
            self.console.line(text)
            return
        said = json.loads(rest)
        if "cell" in said:
            self.console.say(f"cell {said['cell']} of {said['of']}")
        self.ended = said.get("ended", self.ended)


def _execute(
    order: dict[str, Any], python: Path, notebook: Path, shell: Shell, console: Console
) -> dict[str, Any]:
    """Return what came of the execution. Raises CommandFailed, and what interrupts."""
    console.say(f"executing {notebook.name}....")
    step = plan.child("envboot.notebook.executing", python=str(python))
    heard = _Heard(order["word"], console)
    target = Path(order["output"] or notebook)
    before = shell.mark(target)
    hold = json.dumps(order).encode() + b"\n"
    try:
        shell.do(step.argv, said=heard.line, why=f"executing {notebook.name}", hold=hold)
    except (KeyboardInterrupt, Interrupted):
        kept = shell.mark(target) != before
        console.say(f"what was done until then is in {target}" if kept else "nothing was kept")
        raise
    if not heard.ended:
        raise CommandFailed(f"{notebook.name} was not executed")
    return heard.ended


def _outcome(
    ended: dict[str, Any], unpacked: Unpacked, request: Request, shell: Shell, console: Console
) -> Unpacked:
    """Return the outcome, and say what a person should know of it. Raises CommandFailed."""
    why = _plain(str(ended["why"]))
    if ended["outcome"] == "unsaved":
        place = Path(unpacked.path)
        hint = remedies.remedy((why,), place, shell, offline=request.offline)
        raise CommandFailed(
            f"the outputs cannot be kept: {why}",
            hint=hint or f"{place.name} is as it was: give another place with `--output`",
        )
    output = str(ended["output"])
    if output and output != unpacked.path and Path(output).parent == Path(unpacked.path).parent:
        _tell_elsewhere(Path(output), unpacked, console)
    if ended["outcome"] == "ran":
        if ended["errors"]:
            console.warn(f"{ended['errors']} of the cells failed; `--allow-errors` went on")
        console.say(f"executed; the outputs are in {output}")
        return replace(unpacked, outcome="ran", exit_code=0, output=output)
    cell = f"cell {ended['cell']} failed: " if ended["cell"] else ""
    for row in map(_plain, ended["traceback"]):
        console.say(f"  | {row}")
    hint = f"the outputs so far are in {output}" if output else "nothing was executed"
    if ended["outcome"] == "interrupted":
        raise Interrupted(f"interrupted in cell {ended['cell']}", hint=hint)
    console.warn(f"{cell}{why}", hint=hint)
    code, error = CommandFailed.exit_code, {"message": f"{cell}{why}", "hint": hint}
    return replace(unpacked, outcome="failed", exit_code=code, output=output, error=error)


def _tell_elsewhere(output: Path, unpacked: Unpacked, console: Console) -> None:
    if output.name.startswith(f"{Path(unpacked.path).stem}-executed"):
        console.warn(f"{Path(unpacked.path).name} was changed while it ran; it is left alone")


def _plain(text: str) -> str:
    """Return what a kernel says without colours, nor anything that a terminal obeys."""
    return showing.visible(_COLOURS.sub("", text)).replace("\n", " ")
