"""What the child is asked to do, and what it answers: values that travel as JSON files.

The child reads conda's settings itself, so that no token of them travels. A token that somebody
wrote into a file of the repository is in the order, which nobody but this user can read; answers
have none.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from envboot.plan import child

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from envboot.plan import Run


@dataclass(frozen=True)
class Asked:
    """One conda package that is asked for."""

    text: str
    """The match spec, as written: ``numpy=1.26``, ``conda-forge::pytorch>=2``."""
    at: str = ""
    """``environment.yml:5``; "" for what envboot adds."""


@dataclass(frozen=True)
class Aim:
    """One platform to solve for; the computer that the child runs on when ``virtual`` is None."""

    subdir: str
    virtual: tuple[str, ...] | None = None
    """Virtual packages, ``__cuda=12.4=0``."""
    name: str = ""
    """What the person called it, ``cuda124``; the subdir where they called it nothing."""


@dataclass(frozen=True)
class Order:
    """One piece of work."""

    task: str
    """``create``: solve, or take the lock, and install at ``prefix``. ``solve``: the records for
    each aim. ``explain``: what each aim lacks, without a solution."""
    asked: tuple[Asked, ...] = ()
    channels: tuple[str, ...] = ()
    """As written in the file; the child makes addresses of them."""
    aims: tuple[Aim, ...] = ()
    prefix: str = ""
    """Absolute, where to build."""
    lock: str = ""
    """The absolute path of a pixi.lock or conda-lock.yml to take instead of solving; where the
    task is ``solve``: whose versions are kept where they still fit."""
    lock_sha256: str = ""
    as_of: str = ""
    """ISO 8601 in UTC: nothing newer counts; "" for now."""
    offline: bool = False
    link_scripts: bool = False
    """Run post-link scripts."""
    command: str = "envboot"
    """For conda's history."""
    cache: str = ""
    """The folder for packages; "" for rattler's own."""
    answer: str = ""
    """Where the child writes its :class:`Answer`."""
    pip: tuple[Asked, ...] = field(default=())
    """The lines for pip, for the explanation alone: the child installs none of them."""

    def text(self) -> str:
        """Return the order as JSON, a line each fact that is not the default: people read it."""
        plain = asdict(type(self)(self.task))
        said = [(k, v) for k, v in asdict(self).items() if k == "task" or v != plain[k]]
        return "{" + ",\n ".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in said) + "}\n"

    @classmethod
    def read(cls, text: str) -> Order:
        """Return the order that ``text`` says; the reverse of :meth:`text`. Raises ValueError."""
        raw = json.loads(text)
        raw["asked"] = tuple(Asked(**a) for a in raw.get("asked", ()))
        raw["pip"] = tuple(Asked(**a) for a in raw.get("pip", ()))
        raw["aims"] = tuple(
            Aim(a["subdir"], None if a["virtual"] is None else tuple(a["virtual"]), a["name"])
            for a in raw.get("aims", ())
        )
        raw["channels"] = tuple(raw.get("channels", ()))
        return cls(**raw)


@dataclass(frozen=True)
class Finding:
    """One thing that stands in the way, as a person reads it: one line each, no solver's essay."""

    text: str
    """``there is no package `pyTorch```"""
    hint: str = ""
    """The nearest that can be: ``write `pytorch```."""
    at: str = ""
    """``environment.yml:5``"""
    spec: str = ""
    nearest: str = ""
    """The replacement alone, where there is one: ``pytorch=2.8``."""


@dataclass(frozen=True)
class Solved:
    """The packages for one aim, or what stands in their way."""

    aim: str
    """The aim's name."""
    packages: tuple[Mapping[str, Any], ...] = ()
    """Records as in repodata.json, with ``url`` and ``channel``; no token in the addresses."""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What came of an order."""

    solved: tuple[Solved, ...] = ()
    findings: tuple[Finding, ...] = ()
    """Why a ``create`` failed for a reason that the files can mend; () otherwise."""
    exit_code: int = 0
    """As :mod:`envboot.errors` numbers them: 4 for files, 6 for the machine, 7 for all else."""

    def text(self) -> str:
        """Return the answer as JSON."""
        return json.dumps(asdict(self), indent=1) + "\n"

    @classmethod
    def read(cls, text: str) -> Answer:
        """Return the answer that ``text`` says. Raises ValueError."""
        raw = json.loads(text)
        return cls(
            tuple(
                Solved(
                    s["aim"],
                    tuple(s["packages"]),
                    tuple(Finding(**f) for f in s["findings"]),
                )
                for s in raw["solved"]
            ),
            tuple(Finding(**f) for f in raw["findings"]),
            int(raw["exit_code"]),
        )


def step(paper: Path, tools: Path, python: str, why: str) -> Run:
    """Return the step that does the order in a file; ``tools``: where py-rattler lies unpacked."""
    arguments = (str(paper), "--tools", str(tools))
    return child("envboot.engines.rattler", *arguments, python=python, why=why)


def file_of(prefix: Path) -> Path:
    """Return where the order for a prefix lies while the child runs."""
    return prefix.parent / ".envboot" / f"{prefix.name}.order.json"


def answer_of(prefix: Path) -> Path:
    """Return where the answer for a prefix lies until it is read."""
    return prefix.parent / ".envboot" / f"{prefix.name}.answer.json"
