"""``--as-of``: the environment that worked then.

Without pins, files that nobody touched for a year ask for packages that did not exist when they
worked. The default that is offered is the last commit that touched them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envboot.request import Request
    from envboot.shell import Shell
    from envboot.spec import EnvironmentSpec


def moment(text: str) -> str:
    """Return a date (``2023-06-01``), a timestamp or a year-month as ISO 8601 in UTC.

    A date means its end. Raises UsageError for what is none, or lies ahead.
    """
    raise NotImplementedError


def offered(request: Request, spec: EnvironmentSpec, shell: Shell) -> str:
    """Return the moment to offer: the last commit that touched the dependency files; else "".

    Only where pins are missing, no lock is used, and it is more than a year ago.
    """
    raise NotImplementedError
