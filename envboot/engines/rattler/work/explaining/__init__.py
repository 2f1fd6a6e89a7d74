"""Errors as sentences: one line a mistake, with the nearest that can be.

The solver's own tree is the last resort. Only the names in question are asked of the channels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from envboot.engines.rattler.order import Aim, Answer, Finding, Order
    from envboot.index import Index


async def findings(  # noqa: PLR0913 - each is a part of the question
    order: Order,
    aim: Aim,
    gateway: Any,
    urls: Sequence[str],
    *,
    priority: str = "flexible",
    index: Index | None = None,
    error: BaseException | None = None,
) -> tuple[Finding, ...]:
    """Return what of ``order`` cannot be had for ``aim``, in the order of the checks; () when
    nothing was found and a solution exists.

    ``urls`` are the channels' full addresses (:func:`envboot.conda.settings.urls`), ``priority``
    as conda calls it, ``index`` is asked for ``order.pip`` (None: it is not asked), ``error`` is
    what the solver said, if it was asked already: its tree is the last resort.
    """
    raise NotImplementedError


def of_exception(
    error: BaseException, order: Order, environ: Mapping[str, str] | None = None
) -> Answer:
    """Return any error of py-rattler, of the disk or of the network as sentences for a person.

    Secrets are masked. The exit code is 4 for what the files can mend, 6 for this machine, 7 else.
    """
    raise NotImplementedError
