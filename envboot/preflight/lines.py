"""One requirement against one target: whether there is a wheel, and if not, the nearest."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envboot.formats.parts import requirement
from envboot.names import DISTRIBUTIONS, SAME
from envboot.names.tables import column
from envboot.preflight import wheels
from envboot.preflight.values import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.requirements import Requirement
    from packaging.version import Version

    from envboot.preflight.pages import Page, Release
    from envboot.preflight.targets import Target
    from envboot.spec import Dependency

PYTHONS = range(8, 16)
"""Minor versions of Python 3 among which another one is looked for."""
_CUDA = re.compile(r"\+cu(\d{2,3})\b")
_LOCAL = re.compile(r"\+([a-z0-9][a-z0-9.]*)", re.IGNORECASE)
_TORCH = frozenset({"torch", "torchvision", "torchaudio", "torchtext"})


@dataclass(frozen=True)
class Line:
    """A requirement that an index can be asked about."""

    asked: Dependency
    read: Requirement

    @property
    def bare(self) -> str:
        """Return the name with its extras, without a version."""
        extras = f"[{','.join(sorted(self.read.extras))}]" if self.read.extras else ""
        return f"{self.read.name}{extras}"


def line(asked: Dependency) -> Line | None:
    """Return what can be asked of an index; None for a folder, an address, what cannot be read."""
    from packaging.requirements import InvalidRequirement, Requirement

    text = re.split(r"\s--?[A-Za-z]", asked.text, maxsplit=1)[0].strip()
    if asked.text.startswith("-") or requirement.is_location(text):
        return None
    try:
        read = Requirement(text)
    except (InvalidRequirement, RecursionError):
        return None
    return None if read.url else Line(asked, read)


def wanted(one: Line, target: Target, python: str) -> bool:
    """Return whether the marker of a line lets it count there."""
    from packaging.markers import UndefinedEnvironmentName

    try:
        return one.read.marker is None or one.read.marker.evaluate(target.environment(python))
    except UndefinedEnvironmentName:
        return True


def judge(
    one: Line, page: Page, target: Target, python: str, *, pre: bool = False
) -> Finding | None:
    """Return what is the matter with a line on a target with a Python; None: a wheel is there.

    ``python`` is "3.11"; ``pre``: pre-releases count too.
    """
    at, spec = str(one.asked.origin), one.asked.text
    if page.why:
        return Finding("unknown", f"the package index gave no answer ({page.why})", at, spec)
    if not page.found:
        near = _near(one.asked.name)
        text = f"there is no package `{one.asked.name}` on the package index"
        return Finding("fail", text, at, spec, f"did you mean `{near}`?" if near else "", near)
    minor = (int(python.split(".", maxsplit=1)[0]), int(python.split(".")[1]))
    fits = _Fit(one, page, target, minor, pre=pre)
    if not fits.matching:
        return _no_version(one, fits, at, spec)
    if any(fits.installs(release) for _, release in fits.matching):
        return _cuda(one, target, at, spec)
    return _no_wheel(fits, at, spec)


def best(one: Line, page: Page, target: Target, python: str) -> str:
    """Return the newest version that a line allows and that installs there; "" without one."""
    minor = (int(python.split(".", maxsplit=1)[0]), int(python.split(".")[1]))
    fits = _Fit(one, page, target, minor, pre=False)
    good = [version for version, release in fits.matching if fits.installs(release)]
    return str(good[-1]) if good else ""


@dataclass
class _Fit:
    """The releases of a page as one target sees them."""

    one: Line
    page: Page
    target: Target
    python: tuple[int, int]
    pre: bool

    def __post_init__(self) -> None:
        self.all = sorted(_versions(self.page), key=lambda pair: pair[0])
        specifier = self.one.read.specifier
        found = [p for p in self.all if specifier.contains(p[0], prereleases=True)]
        stable = [p for p in found if not p[0].is_prerelease and not p[1].yanked]
        pinned = any(s.operator in {"==", "==="} for s in specifier)
        allowed = self.pre or pinned or not stable or bool(specifier.prereleases)
        self.matching = found if allowed else stable

    def installs(self, release: Release, python: tuple[int, int] | None = None) -> bool:
        python = python or self.python
        return _accepts(release, python) and any(
            wheels.fits(tags, self.target, python) for tags in release.tags
        )

    def nearest(self) -> str:
        """Return the version that installs there and is nearest to what is asked; "" without."""
        good = [
            version
            for version, release in self.all
            if not release.yanked and not version.is_prerelease and self.installs(release)
        ]
        asked = _number(self.one)
        if not good:
            return ""
        if asked is None:
            return str(good[-1])
        return str(next((v for v in good if v >= asked), good[-1]))

    def python_for(self) -> str:
        """Return the Python nearest to this one for which what is asked has a wheel; ""."""
        minors = sorted(PYTHONS, key=lambda m: (abs(m - self.python[1]), -m))
        for minor in minors:
            if any(self.installs(release, (3, minor)) for _, release in self.matching):
                return f"3.{minor}"
        return ""

    def written(self, version: str) -> str:
        return f"{self.one.bare}=={version}" if version else ""


def _no_version(one: Line, fits: _Fit, at: str, spec: str) -> Finding:
    local = _LOCAL.search(str(one.read.specifier))
    if local:
        plain = re.sub(r"\+[A-Za-z0-9.]+", "", one.asked.text)
        hint = f"write `{plain}`"
        if one.asked.name in _TORCH:
            where = f"--extra-index-url https://download.pytorch.org/whl/{local[1]}"
            hint += f", which takes the build that fits the driver, or add `{where}`"
        text = f"`+{local[1]}` is a build that the package index does not have"
        return Finding("fail", text, at, spec, hint, plain)
    nearest = fits.written(fits.nearest())
    text = f"there is no version {one.read.specifier} of {one.asked.name}"
    if not fits.all:
        text = f"the package index has no file of {one.asked.name}"
    return Finding("fail", text, at, spec, f"write `{nearest}`" if nearest else "", nearest)


def _no_wheel(fits: _Fit, at: str, spec: str) -> Finding:
    """Return why none of the matching releases installs: the Python, the system, or sources."""
    python = ".".join(map(str, fits.python))
    accepted = [(v, r) for v, r in fits.matching if _accepts(r, fits.python)]
    if not accepted:
        asks = fits.matching[-1][1].python
        text = f"asks for Python {asks}, and this is {python}"
        return Finding("fail", text, at, spec, *_advice(fits))
    name = fits.one.asked.name
    version, newest = accepted[-1]
    if newest.source and all(wheels.pure(tags) for tags in newest.tags):
        text = f"must be built there: {name} {version} has no wheel, only sources"
        return Finding("warn", text, at, spec)
    elsewhere = any(wheels.fits_python(t, fits.python) for _, r in accepted for t in r.tags)
    where = f"{fits.target.platform.subdir} with " if elsewhere else ""
    text = f"there is no wheel for {where}Python {python}"
    return Finding("fail", text, at, spec, *_advice(fits))


def _advice(fits: _Fit) -> tuple[str, str]:
    """Return the nearest as advice, and alone."""
    nearest, other = fits.written(fits.nearest()), fits.python_for()
    either = " or ".join(
        part
        for part in (nearest and f"write `{nearest}`", other and f"take Python {other}")
        if part
    )
    return either, nearest


def _cuda(one: Line, target: Target, at: str, spec: str) -> Finding | None:
    """Return what is the matter with a build for one CUDA (``+cu121``) on the target."""
    label = _CUDA.search(str(one.read.specifier))
    if not label:
        return None
    number = f"{label[1][:-1]}.{label[1][-1]}"
    plain = re.sub(r"\+cu\d+", "", one.asked.text)
    hint = f"write `{plain}`, and the build that fits is taken"
    if target.cuda and _dotted(number)[0] > _dotted(target.cuda)[0]:
        text = f"is built for CUDA {number}, and the driver there runs {target.cuda} at most"
        return Finding("fail", text, at, spec, hint, plain)
    if target.machine.gpus is not None and not target.cuda:
        text = f"is built for CUDA {number}, and there is no NVIDIA GPU there"
        return Finding("warn", text, at, spec, hint, plain)
    return None


def _accepts(release: Release, python: tuple[int, int]) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        asked = SpecifierSet(release.python)
    except InvalidSpecifier:
        return True  # pip takes what it cannot read as no limit
    return asked.contains(f"{python[0]}.{python[1]}.99", prereleases=True)


def _versions(page: Page) -> Iterator[tuple[Version, Release]]:
    for text, release in page.releases.items():
        version = _version(text)
        if version is not None:
            yield version, release


def _number(one: Line) -> Version | None:
    """Return the version that a requirement names first, to be near to."""
    found = (_version(clause.version.replace(".*", "")) for clause in one.read.specifier)
    return next((version for version in found if version is not None), None)


def _version(text: str) -> Version | None:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(text)
    except InvalidVersion:
        return None


def _near(name: str) -> str:
    """Return a well-known name that is spelt like this one, letters exchanged before others."""
    known = column("popular.txt") | SAME | set(DISTRIBUTIONS.values())
    found = difflib.get_close_matches(name, known, 5, 0.82)
    return min(found, key=lambda other: sorted(other) != sorted(name), default="")


def _dotted(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
