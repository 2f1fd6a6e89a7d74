"""A notebook on a computer that a launcher brings about: in a notebook service, or in JupyterLab.

A launcher that has the option ``notebook`` opens the notebook itself; one that keeps jobs sets up
the repository there, and JupyterLab is what it ends in.
"""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from envboot import launching, survey
from envboot.errors import EnvbootError, UsageError
from envboot.launchers.link import services
from envboot.launching import choosing
from envboot.launching.errand import KEPT
from envboot.notebook import carried

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from envboot.console import Console
    from envboot.launching import Launched
    from envboot.request import Request
    from envboot.shell import Shell


def knows(name: str) -> bool:
    """Return whether ``name`` (``ssh``, ``ssh:gpu-box``, ``colab``) is a place to open it at."""
    return _launcher(name) in dict(_members())


def rows(path: Path, request: Request, shell: Shell) -> tuple[dict[str, Any], ...]:
    """Return the launchers that can open a notebook: name, title, why_not (None: open), pays."""
    try:
        request = _there(path, request, shell)
        assessment = survey.assess(request, survey.locate(request, shell), shell)
    except EnvbootError as error:
        return tuple(
            {
                "name": name,
                "title": str(member.TITLE),
                "why_not": str(error),
                "pays": choosing.pays(name),
            }
            for name, member in _members()
        )
    return choosing.rows(choosing.ways(assessment.spec, assessment.site, _members()))


def launch(
    name: str, path: Path, request: Request, shell: Shell, console: Console, *, browse: bool
) -> Launched:
    """Open the notebook with a launcher, as ``envboot launch`` would. Raises as that does."""
    launcher = _launcher(name)
    where = name if name in services.NAMES else name.partition(":")[2]
    request = _there(path, request, shell)
    opens = "notebook" in getattr(dict(_members())[launcher], "OPTIONS", ())
    wish = launching.Wish(
        launcher,
        where,
        then="" if opens else "lab",
        options=(("notebook", str(path)),) if opens else (),
        browse=browse,
    )
    console.say("locating dependency files...")
    located = survey.locate(request, shell)
    console.say("checking requirements...")
    assessment = survey.assess(request, located, shell)
    if not opens:
        inside = path.relative_to(request.root).as_posix()
        console.say(f"JupyterLab opens there; the notebook is {inside}")
    return launching.launch(wish, request, assessment, shell, console)


def unknown(name: str, handlers: Sequence[str]) -> UsageError:
    """Return the error for a name that nobody knows."""
    names = [*handlers, *services.NAMES, *(n for n, _ in _members())]
    near = difflib.get_close_matches(name.lower(), names, 1)
    hint = f"did you mean `{near[0]}`?" if near else f"names: {', '.join(names)}"
    return UsageError(f"nothing opens a notebook at {name[:80]!a}", hint=hint)


def _members() -> tuple[tuple[str, Any], ...]:
    """Return the launchers that can open a notebook."""
    return tuple(
        (name, member)
        for name, member in choosing.members()
        if "notebook" in getattr(member, "OPTIONS", ()) or all(hasattr(member, k) for k in KEPT)
    )


def _launcher(name: str) -> str:
    """Return the launcher that a name means: a notebook service is opened by a link."""
    return "link" if name in services.NAMES else name.partition(":")[0]


def _there(path: Path, request: Request, shell: Shell) -> Request:
    """Return the request for the notebook's own repository."""
    root = carried.repository(path, request, shell)
    if root == request.root:
        return request
    return replace(request, root=root, embedded=None, embedded_needs=None)
