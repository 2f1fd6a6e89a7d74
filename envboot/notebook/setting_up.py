"""From unpacked files to a proven environment and a kernel that the notebook names.

Each notebook has an environment of its own, ``.venv-NAME`` beside it, so that two in one folder
never take turns at one; where another environment of the folder is exactly what it asks for, that
one is used.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from envboot import bootstrap, find, kernel, survey, transaction
from envboot.errors import EnvbootError, InvalidFile
from envboot.formats import devcontainer_json
from envboot.formats.notebook import environment
from envboot.notebook import naming
from envboot.spec import Origin

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.console import Console
    from envboot.notebook.showing import Sight
    from envboot.request import Request
    from envboot.result import Result
    from envboot.shell import Shell

SCRIPTS = frozenset({"setup.sh", "postBuild", "start"})
"""They run on a yes of their own, which :mod:`envboot.notebook.unpacking` asks for."""
MADE = frozenset({"created", "updated", "up-to-date"})
"""Outcomes with an environment that works."""


def set_up(
    notebook: Path, sight: Sight, request: Request, shell: Shell, console: Console
) -> Result:
    """Set up what was unpacked, as :func:`envboot.bootstrap.up` does, the yes being given.

    The needs are the notebook's, its own imports are proved, ipykernel is there, and
    ``metadata.kernelspec`` names the kernel that was registered; the one before is kept in
    ``metadata.envboot.kernelspec``, and :mod:`envboot.notebook.packing` puts it back.

    A dry run looks ahead: the files need not be written yet, and nothing is. A machine that falls
    short is asked about, or said, as ever.
    """
    shell.confine(sight.folder)
    wish = wished(notebook, sight, request, shell)
    if sight.embedded.container:
        image = sight.embedded.container
        console.say(f"the notebook was made for the container `{image}`; it is not used")
    result = bootstrap.up(wish, shell, console)
    if result.outcome not in MADE or wish.dry_run or wish.manual or wish.kernel is False:
        return result
    result = _with_kernel(wish, result, shell, console)
    if result.kernel and wish.notebook:
        naming.point(wish.notebook, result.kernel, f"{wish.name} (envboot)", shell, console)
    return result


def wished(notebook: Path, sight: Sight, request: Request, shell: Shell) -> Request:
    """Return the request for the environment of one notebook. Raises InvalidFile."""
    folder = sight.folder
    if shell.kind(folder / notebook.name) == "file":
        notebook = folder / notebook.name
    own = (file for file in sight.files if file.name.rpartition("/")[2] not in SCRIPTS)
    files = {file.name: file.text for file in own}
    ahead = request.dry_run or request.manual
    wish = replace(
        request,
        root=folder,
        notebook=notebook,
        only=frozenset(files),
        overlay=files if ahead else None,
        agreed=True,
        embedded=None,
        embedded_needs=_needs(sight, notebook),
        name=request.name or name_of(notebook),
        kernel=_wants_kernel(notebook, request, shell),
    )
    return replace(wish, prefix=request.prefix or _prefix(wish, shell))


def name_of(notebook: Path) -> str:
    """Return what the environment of a notebook is called: as the notebook, in plain letters."""
    stem = notebook.stem
    name: str = find.environment_name(stem)
    if name == stem:
        return name
    digest = hashlib.sha256(stem.encode("utf-8", "surrogateescape")).hexdigest()[:6]
    return f"{name or 'notebook'}-{digest}"


def _needs(sight: Sight, notebook: Path) -> dict[str, object] | None:
    """Return what ``machine_configuration`` asks of the machine. Raises InvalidFile."""
    machine = environment.machine(sight.embedded)
    if not machine:
        return None
    return devcontainer_json.asked(machine, Origin(notebook.name)) or None


def _wants_kernel(notebook: Path, request: Request, shell: Shell) -> bool:
    """Return whether a kernel of Python's is to be registered: what the person said, else True.

    A notebook of another language keeps its own.
    """
    if request.kernel is not None:
        return request.kernel
    try:
        return naming.language(notebook, shell) in {"", "python"}
    except InvalidFile:
        return True


def _prefix(wish: Request, shell: Shell) -> Path:
    """Return the notebook's own place, or that of an environment here that is what it asks for."""
    own = wish.root / f".venv-{wish.name}"
    if transaction.read_stamp(own, shell):
        return own
    asked = replace(wish, name=None, prefix=None)
    try:
        found = survey.locate(asked, shell).existing
    except EnvbootError:  # said where it is located again
        return own
    return found.prefix if found and found.up_to_date else own


def _with_kernel(wish: Request, result: Result, shell: Shell, console: Console) -> Result:
    """Return the result with the kernel's name: an environment from before may have none here."""
    from envboot import handover

    environment = result.environment
    if result.kernel or environment is None or wish.prefix is None:
        return result
    if kernel.registered(wish.prefix, shell):
        return replace(result, kernel=kernel.name(wish.prefix))
    stamp = transaction.read_stamp(wish.prefix, shell)
    if stamp is None or not kernel.installed(wish.prefix, shell):
        return result
    name = wish.name or environment.name
    return replace(
        result, kernel=handover.enrol(wish.prefix, name, stamp.variables, shell, console)
    )
