"""What explanations stand on: the channels, asked for the names in question and nothing else.

Every question is bounded in time, and the solver is asked a bounded number of times: what could
not be learnt in that time is not said.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from envboot.engines.rattler.work import causes, solving

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from envboot.engines.rattler.order import Aim, Order
    from envboot.engines.rattler.work.causes import Cause

FORGE = "https://conda.anaconda.org/conda-forge"
PLATFORMS = ("linux-64", "linux-aarch64", "linux-ppc64le", "osx-64", "osx-arm64", "win-64")
SOLUTIONS = 60
"""How often the solver is asked at most."""
SECONDS = 30.0
"""For all questions to the solver together."""
ELSEWHERE = 5.0
"""For a question about other platforms: some channels send their whole list for it."""
_AMPLE = {
    "__cuda": "99",
    "__glibc": "2.99",
    "__linux": "6.99",
    "__osx": "99",
    "__win": "99",
}
"""Versions that a machine could have which had everything."""
_OF = {"linux": ("__cuda", "__glibc", "__linux"), "osx": ("__osx",), "win": ("__cuda", "__win")}


@dataclass
class Ground:
    """Channels, one platform, and what was learnt of them so far."""

    gateway: Any
    urls: list[str]
    """Channels that can be asked, in their order."""
    subdir: Any
    """conda's name of the platform, a str."""
    virtual: list[Any]
    """rattler's virtual packages of the machine."""
    priority: str = "flexible"
    until: Any = None
    """A datetime after which nothing counts."""
    deadline: float = 0.0
    left: int = SOLUTIONS
    names: frozenset[str] = frozenset()
    """Of all packages for this platform."""
    records: dict[str, list[Any]] = field(default_factory=dict)
    """By name, for this platform."""
    _solved: dict[Any, list[Any] | None] = field(default_factory=dict)

    @classmethod
    def of(cls, order: Order, aim: Aim, gateway: Any, urls: Sequence[str], priority: str) -> Ground:  # noqa: ANN401 - rattler's
        """Return the ground for an aim. Raises UsageError for virtual packages that are none."""
        return cls(
            gateway,
            list(urls),
            aim.subdir,
            solving.virtual_packages(aim),
            priority,
            solving.moment(order.as_of),
            time.monotonic() + SECONDS,
        )

    async def names_of(self, url: str) -> frozenset[str] | Cause:
        """Return the names of a channel for this platform, or why it cannot be asked."""
        try:
            found = await self.gateway.names([url], [self.subdir, "noarch"])
        except Exception as error:  # noqa: BLE001 - rattler's have no common base
            return causes.of(error)
        return frozenset(name.normalized for name in found)

    async def learn(self, names: Iterable[str]) -> None:
        """Fetch the records of some names for this platform."""
        wanted = sorted(set(names) - self.records.keys())
        if not wanted or not self.urls:
            return
        found = await self.gateway.query(
            self.urls, [self.subdir, "noarch"], wanted, recursive=False
        )
        self.records.update({name: [] for name in wanted})
        for record in (r for records in found for r in records):
            if self.until is None or record.timestamp is None or record.timestamp <= self.until:
                self.records.setdefault(record.name.normalized, []).append(record)

    async def elsewhere(self, name: str) -> list[Any]:
        """Return the records of a name for other platforms; [] where that is not learnt in time."""
        others = [p for p in PLATFORMS if p != self.subdir]
        asking = self.gateway.query(self.urls, others, [name], recursive=False)
        try:
            found = await asyncio.wait_for(asking, ELSEWHERE)
        except Exception:  # noqa: BLE001 - it is not known then, and not said
            return []
        return [r for records in found for r in records]

    async def solved(
        self,
        specs: Sequence[str],
        *,
        virtual: Sequence[Any] | None = None,
    ) -> list[Any] | None:
        """Return the packages that meet ``specs``; None: there is no such set.

        ``virtual`` are the virtual packages, those of the machine by default. Raises Spent when the
        time is over, and whatever the channels raise.
        """
        from rattler.exceptions import SolverError

        having = self.virtual if virtual is None else virtual
        key = (frozenset(specs), frozenset((name_of(v), version_of(v)) for v in having))
        if key not in self._solved:
            try:
                self._solved[key] = await self._solve(specs, virtual)
            except SolverError:
                self._solved[key] = None
        return self._solved[key]

    async def reasons(self, specs: Sequence[str]) -> BaseException | None:
        """Return why ``specs`` cannot be met, as the solver says it; None: they can, or no time."""
        from rattler.exceptions import SolverError

        try:
            await self._solve(specs, None)
        except (SolverError, Spent) as error:
            return error if isinstance(error, SolverError) else None
        return None

    async def _solve(self, specs: Sequence[str], virtual: Sequence[Any] | None) -> list[Any]:
        from rattler import ChannelPriority, MatchSpec, solve

        seconds = self.deadline - time.monotonic()
        if self.left <= 0 or seconds <= 0:
            raise Spent
        self.left -= 1
        work = solve(
            self.urls,
            [MatchSpec(text) for text in specs],
            gateway=self.gateway,
            platforms=[self.subdir, "noarch"],
            virtual_packages=self.virtual if virtual is None else list(virtual),
            channel_priority=getattr(ChannelPriority, self.priority.capitalize()),
            add_pip_as_python_dependency=True,
            exclude_newer=self.until,
            timestamp_policy="allow-missing",
        )
        try:
            return list(await asyncio.wait_for(work, seconds))
        except (TimeoutError, asyncio.TimeoutError) as error:
            raise Spent from error

    def ample(self, without: str = "") -> list[Any]:
        """Return the virtual packages of a machine that had everything, but for one name."""
        from rattler import GenericVirtualPackage, PackageName, Version
        from rattler.package import BuildString

        real = {name_of(v): v for v in self.virtual}
        for name in _OF.get(self.subdir.partition("-")[0], ()):
            if name != without:
                real[name] = GenericVirtualPackage(
                    PackageName(name), Version(_AMPLE[name]), BuildString("0")
                )
        return list(real.values())


class Spent(Exception):
    """The time for an explanation is over."""


def name_of(virtual: Any) -> str:  # noqa: ANN401 - one of two classes of rattler's
    """Return the name of a virtual package."""
    generic = virtual.into_generic() if hasattr(virtual, "into_generic") else virtual
    return str(generic.name.normalized)


def version_of(virtual: Any) -> str:  # noqa: ANN401 - one of two classes of rattler's
    """Return the version of a virtual package."""
    generic = virtual.into_generic() if hasattr(virtual, "into_generic") else virtual
    return str(generic.version)
