"""``--variable NAME``: environment variables whose values go into environment.yml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envboot import secrecy
from envboot.errors import UsageError

if TYPE_CHECKING:
    from envboot.derive import Before
    from envboot.package import Packing
    from envboot.shell import Shell


def variables(request: Packing, before: Before, shell: Shell) -> tuple[tuple[str, str], ...]:
    """Return the variables to carry with their values: those of this environment.

    One that is not set here keeps the value that the file has; a check looks at the file alone.
    Raises UsageError for what looks like a secret (its value is never shown), for one that has no
    value at all, and where only requirements.txt is written, which cannot hold any.
    """
    if request.variable and request.pip_only:
        raise UsageError(
            "requirements.txt cannot carry variables",
            hint="leave out `--pip-only` or `--variable`",
        )
    known = dict(before.conda.variables) if before.conda else {}
    found = {}
    for name in request.variable:
        value = known.get(name) if request.check else shell.environ.get(name, known.get(name))
        if value is None and request.check:
            continue
        if value is None:
            raise UsageError(
                f"the variable {name} is not set here, so it has no value to carry",
                hint=f"`{name}=VALUE envboot package-env …`",
            )
        if why := secrecy.why_secret(name, value):
            raise UsageError(
                f"{name} is not written into a file: {why}",
                hint="let everyone set it for herself, and say so in the README",
            )
        if not value.isprintable():
            raise UsageError(f"the value of {name} has more than one line, or is not printable")
        found[name] = value
    return tuple(found.items())
