"""From what is asked to the packages: one solution for each platform.

The priority of channels is conda's (flexible, where nobody set another), and python brings pip, as
it does there.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from envboot.conda import addresses
from envboot.engines.rattler.work import locked, metadata, specs, watching
from envboot.errors import CommandFailed, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from envboot.engines.rattler.order import Aim, Order
    from envboot.engines.rattler.work.repodata import Channels, Store
    from envboot.shell import Shell

LIMIT = 600.0
"""Seconds for the solver alone, without reading lists of packages; ``ENVBOOT_SOLVE_LIMIT``."""
_LONGEST = 1e6


async def solved(
    order: Order,
    aim: Aim,
    store: Store,
    channels: Channels,
    shell: Shell,
    say: Callable[[str], None],
) -> list[Any]:
    """Return rattler's records for ``aim``; those of ``order.lock`` are kept where they fit.

    Raises rattler's SolverError where there is no solution, CommandFailed where none was found in
    time, UsageError for a date that is none.
    """
    from rattler import ChannelPriority, solve
    from rattler.exceptions import SolverError
    from rattler.platform import Subdir

    priority = {
        "strict": ChannelPriority.Strict,
        "disabled": ChannelPriority.Disabled,
        "flexible": ChannelPriority.Flexible,
    }[store.known.priority]
    asked = specs.match_specs(order.asked, channels.address)
    virtual = virtual_packages(aim)
    until = moment(order.as_of)
    seconds = limit(shell.environ)
    held = locked.held(order, aim.subdir, shell)

    async def make() -> list[Any]:
        return await solve(
            channels.sources,
            asked,
            gateway=store.gateway,
            platforms=[Subdir(aim.subdir), Subdir("noarch")],
            virtual_packages=virtual,
            locked_packages=held,
            channel_priority=priority,
            add_pip_as_python_dependency=True,
            timeout=timedelta(seconds=seconds),
            exclude_newer=until,
            # What has no date is older than the dates: conda-build writes one since 2017.
            timestamp_policy="allow-missing",
        )

    try:
        found = await watching.attempt(
            make, "solving", channels.urls, say, watching.patience(shell.environ)
        )
    except SolverError as error:
        if "cancelled" not in str(error):
            raise
        raise CommandFailed(
            f"no solution was found within {seconds:g} seconds: too many versions go together",
            hint="pin `python` and the largest packages to a version, "
            "or wait longer with ENVBOOT_SOLVE_LIMIT=SECONDS",
        ) from error
    return list(found)


def limit(environ: Mapping[str, str]) -> float:
    """Return how many seconds the solver may take; what is no positive number says nothing."""
    try:
        said = float(environ.get("ENVBOOT_SOLVE_LIMIT", ""))
    except ValueError:
        return LIMIT
    return said if 0 < said < _LONGEST else LIMIT


def virtual_packages(aim: Aim) -> list[Any]:
    """Return the virtual packages of ``aim``; this computer's, with ``CONDA_OVERRIDE_*``.

    Raises UsageError for one that is none.
    """
    from rattler import (
        GenericVirtualPackage,
        PackageName,
        Version,
        VirtualPackage,
        VirtualPackageOverrides,
    )
    from rattler.package import BuildString

    if aim.virtual is None:
        return list(VirtualPackage.detect(VirtualPackageOverrides.from_env()))
    found = []
    for text in aim.virtual:
        name, _, rest = text.partition("=")
        version, _, build = rest.partition("=")
        try:
            found.append(
                GenericVirtualPackage(
                    PackageName(name), Version(version or "0"), BuildString(build or "0")
                )
            )
        except Exception as error:
            raise UsageError(f"`{text}` is no virtual package") from error
    return found


def moment(as_of: str) -> datetime | None:
    """Return ``as_of`` in UTC, None for now. Raises UsageError."""
    if not as_of:
        return None
    try:
        found = datetime.fromisoformat(as_of.replace("Z", "+00:00"))
    except ValueError as error:
        raise UsageError(f"`{as_of}` is no date", hint="write it as 2024-05-31") from error
    return found.replace(tzinfo=found.tzinfo or timezone.utc).astimezone(timezone.utc)


def as_dictionaries(records: Sequence[Any]) -> tuple[Mapping[str, Any], ...]:
    """Return records as repodata.json has them, by name; passwords and tokens are left out."""
    found = []
    for record in records:
        raw = json.loads(record.to_json())
        raw["url"] = addresses.shown(raw["url"])
        raw["channel"] = metadata.channel_of(raw)
        found.append(raw)
    return tuple(sorted(found, key=lambda r: str(r["name"])))
