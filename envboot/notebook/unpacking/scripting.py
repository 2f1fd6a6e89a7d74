"""setup.sh and postBuild of a stranger's notebook: what was shown, run on its own yes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot import activation, plan, transaction
from envboot.errors import FallsShort, InvalidFile
from envboot.notebook import placing
from envboot.plan import Plan, Run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from envboot.console import Console
    from envboot.notebook.showing import Sight
    from envboot.shell import Shell

ORDER = ("postBuild", "setup.sh")
"""Those that are ever run, the last of all last; ``start`` is not."""


def of(sight: Sight) -> tuple[str, ...]:
    """Return the names of the scripts that may be run, in the order in which they are."""
    return tuple(n for last in ORDER for n in sight.scripts if n.rsplit("/", 1)[-1] == last)


def run(names: Sequence[str], sight: Sight, prefix: Path, shell: Shell, console: Console) -> None:
    """Run scripts in the notebook's folder, inside the environment at ``prefix``.

    Only the text that was shown runs. Raises InvalidFile for another one, CommandFailed.
    """
    bash = shell.which("bash")
    if bash is None:
        raise FallsShort(f"{names[0]} needs bash, which is not on this computer")
    stamp = transaction.read_stamp(prefix, shell)
    inside = activation.environ(prefix, stamp.variables if stamp else (), shell)
    texts = {f.name: f.text for f in sight.files}
    for name in names:
        path = sight.folder / name
        if placing.state(sight.folder, name, texts[name].encode(), shell) != "same":
            raise InvalidFile(f"{path} is not run: it is not what was shown")
        argv = (*_interpreter(texts[name], shell), str(path))
        argv = argv if len(argv) > 1 else (str(bash), "--noprofile", "--norc", str(path))
        step = Run(argv, cwd=sight.folder, env=tuple(inside.items()), why=f"running {name}")
        plan.carry_out(Plan(name, (step,)), shell, console.line, console.say)


def _interpreter(text: str, shell: Shell) -> tuple[str, ...]:
    """Return what a first line ``#!`` names: the file itself is never executable."""
    first = text.partition("\n")[0].rstrip("\r")
    if not first.startswith("#!/") or shell.platform.system == "Windows":
        return ()
    return tuple(first[2:].strip().split(None, 1))
