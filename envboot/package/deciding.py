"""What the witnesses say together: what has to be written into which dependency file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot import find
from envboot.derive import Policy, derive
from envboot.package import carrying, declaring, itself, settings, strangers

if TYPE_CHECKING:
    from envboot.console import Console
    from envboot.derive import Derived
    from envboot.package.changes import Change
    from envboot.package.values import Packing
    from envboot.package.witnesses import Heard
    from envboot.shell import Shell


def together(
    request: Packing, heard: Heard, shell: Shell, console: Console
) -> tuple[Derived, tuple[str, ...]]:
    """Return what has to be written, and what a person answered about unknown modules."""

    def once(more: tuple[str, ...] = ()) -> Derived:
        policy = Policy(
            request.pin or "compatible",
            bool(request.pip_only),
            bool(request.conda_only),
            settings.answers((*request.provides, *more)),
            carrying.variables(request, heard.before, shell),
        )
        name = find.environment_name(request.root.name) or "environment"
        return derive(heard.scan, heard.live, heard.before, policy, name=name)

    derived = once()
    if not derived.unknown or request.check or request.dry_run or request.yes:
        return derived, ()
    answers = strangers.ask(derived.unknown, console)
    return (once(answers), answers) if answers else (derived, ())


def any_package(derived: Derived) -> bool:
    """Return whether there is a package to write; a Python alone, and its pip, is none."""
    specs = (derived.conda, derived.pip, derived.conda_dev, derived.pip_dev)
    return any(d.name not in {"python", "pip"} for spec in specs for d in spec.dependencies)


def files(request: Packing, heard: Heard, derived: Derived, shell: Shell) -> tuple[Change, ...]:
    """Return the changes of the dependency files.

    Where another file declares all that the code imports (pyproject.toml, a Pipfile), it stays
    the only one, unless a flag asks for one of ours.
    """
    lacking = any(
        r.used and not r.declared and r.verdict in {"undeclared", "missing"} for r in derived.rows
    )
    asked = request.pip_only is not None or request.conda_only is not None
    if heard.elsewhere and not lacking and not asked:
        return ()
    derived = itself.whole(heard, derived)
    remembered = heard.before.remembered or {}
    return declaring.draft(request.root, heard.places, derived, request, remembered, shell)
