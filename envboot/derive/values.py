"""What goes into a derivation and what comes out of it, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envboot.spec import EnvironmentSpec, Notice, Origin

Pin = Literal["exact", "compatible", "minimum"]
Verdict = Literal["ok", "undeclared", "unused", "differs", "missing", "optional", "unknown"]


@dataclass(frozen=True)
class Policy:
    """How lines are written."""

    pin: Pin = "compatible"
    pip_only: bool = False
    conda_only: bool = False
    provides: Mapping[str, str] | None = None
    """Answers of a person: module → distribution on the Python package index."""
    variables: tuple[tuple[str, str], ...] = ()
    """Environment variables to carry, with their values."""


@dataclass(frozen=True)
class Row:
    """One distribution: declared, used, installed; "" where a witness is silent."""

    name: str
    declared: str
    """The line, as written."""
    used: str
    """``cv2 in src/see.py:3``, and its label unless that is production."""
    installed: str
    """The version."""
    verdict: Verdict
    why: str = ""


@dataclass(frozen=True)
class Unknown:
    """A module of which nobody knows the distribution: left out, and said."""

    module: str
    origin: Origin
    namesake: bool = False
    """The package index has another project of that name: never to be taken for it."""


@dataclass(frozen=True)
class Before:
    """The files that are there already: the third witness. None: no such file."""

    conda: EnvironmentSpec | None = None
    pip: EnvironmentSpec | None = None
    conda_dev: EnvironmentSpec | None = None
    pip_dev: EnvironmentSpec | None = None
    others: tuple[EnvironmentSpec, ...] = ()
    """What pyproject.toml, setup.cfg, Pipfile … declare: read, never written."""
    remembered: Mapping[str, str] | None = None
    """Texts of the files as envboot last wrote them (setup.py carries them): path → text. A line
    that differs from the one there was changed by hand."""


@dataclass(frozen=True)
class Derived:
    """What has to be written. A spec without dependencies: that file is not written."""

    conda: EnvironmentSpec
    """For environment.yml: conda's packages first, then pip's."""
    pip: EnvironmentSpec
    """For requirements.txt: the same distributions, all from the Python package index."""
    conda_dev: EnvironmentSpec
    """For environment-dev.yml: what only tests and docs import. No dependencies: no file."""
    pip_dev: EnvironmentSpec
    rows: tuple[Row, ...]
    """Sorted by name."""
    unknown: tuple[Unknown, ...]
    suggestions: tuple[Notice, ...]
    """Back ends of calls, guarded imports: what may be wanted, with its evidence."""
    notices: tuple[Notice, ...]
    modules: tuple[tuple[str, str], ...] = ()
    """(module, distribution) of all that production code imports and that is known: test_env.py."""
