"""Locks of wheels (pylock.toml, uv.lock): whether each package of them has a wheel on a target.

Sources: PEP 751; uv's documentation, "Lockfile". A ``uv.lock`` says with each dependency where it
counts, so the packages are followed from the project on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from envboot.errors import InvalidFile
from envboot.formats.parts import toml
from envboot.preflight import values, wheels
from envboot.preflight.values import Cell, Finding, cell
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from envboot.preflight.asked import Case
    from envboot.spec import Lock

_MOST = 20_000  # packages that are followed


def judge(text: str, lock: Lock, case: Case) -> tuple[Cell, tuple[int | None, ...]] | Finding:
    """Return the cell and the bytes of the wheels; a finding where the lock is not for the target.

    Raises InvalidFile for what is no lock.
    """
    document = toml.loads(text, Origin(lock.path))
    facts = case.target.environment(case.python)
    try:
        if lock.format == "uv.lock":
            packages = list(_reached(document, facts))
        else:
            environments = document.get("environments") or []
            if environments and not any(_holds(e, facts) for e in environments):
                where = f"{case.target.platform.subdir} with Python {case.python}"
                return Finding("warn", f"is not for {where}: resolved anew there", lock.path)
            packages = [p for p in document.get("packages", []) if _holds(p.get("marker"), facts)]
        return _cell(packages, lock.path, case)
    except (TypeError, KeyError, AttributeError) as error:
        raise InvalidFile(f"it is no {lock.format}", origin=Origin(lock.path)) from error


def _cell(
    packages: Sequence[Mapping[str, Any]], path: str, case: Case
) -> tuple[Cell, tuple[int | None, ...]]:
    minor = (int(case.python.split(".")[0]), int(case.python.split(".")[1]))
    findings: list[Finding] = []
    sizes: list[int | None] = []
    for package in packages:
        name, version = str(package["name"]), str(package.get("version", ""))
        files = [(wheels.read(_filename(w)), w) for w in package.get("wheels") or []]
        good = [w for f, w in files if f and f.tags and wheels.fits(f.tags, case.target, minor)]
        sizes.append(next((w["size"] for w in good if isinstance(w.get("size"), int)), None))
        if good or not (files or package.get("sdist")):
            continue  # a folder or a repository: there as well as here
        spec = f"{name}=={version}"
        if files and not all(f and wheels.pure(f.tags) for f, _ in files if f and f.tags):
            where = f"{case.target.platform.subdir} with Python {case.python}"
            findings.append(Finding("fail", f"there is no wheel for {where}", path, spec))
        else:
            said = "must be built there: it has no wheel, only sources"
            findings.append(Finding("warn", said, path, spec))
    text = values.count(findings) or f"{values.packages(len(packages))}, locked"
    return cell("pip", tuple(findings), text), tuple(sizes)


def _filename(wheel: Mapping[str, Any]) -> str:
    place = str(wheel.get("name") or wheel.get("url") or wheel.get("path") or "")
    return unquote(urlsplit(place).path).rpartition("/")[2]


def _holds(marker: object, facts: Mapping[str, str]) -> bool:
    """Return whether a marker lets something count; one that cannot be read does."""
    from packaging.markers import InvalidMarker, Marker, UndefinedEnvironmentName

    if not marker:
        return True
    try:
        return bool(Marker(str(marker)).evaluate(dict(facts)))
    except (InvalidMarker, UndefinedEnvironmentName, RecursionError):
        return True


def _reached(document: Mapping[str, Any], facts: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    """Yield the packages of a uv.lock that the project brings there, each once."""
    packages = document.get("package", [])
    own = [p for p in packages if {"virtual", "editable"} & set(p.get("source", {}))]
    todo = [(p, extra) for p in own for extra in ("",)]
    seen: set[tuple[int, str]] = set()
    told: set[int] = set()
    while todo and len(seen) < _MOST:
        package, extra = todo.pop()
        if (id(package), extra) in seen:
            continue
        seen.add((id(package), extra))
        if id(package) not in told and package not in own:
            told.add(id(package))
            yield package
        more = package.get("optional-dependencies", {}).get(extra, []) if extra else []
        for asked in (*package.get("dependencies", []), *more):
            if _holds(asked.get("marker"), facts):
                extras = ("", *asked.get("extra", []))
                todo += [(p, e) for p in _named(packages, asked, facts) for e in extras]


def _named(
    packages: Sequence[Mapping[str, Any]], asked: Mapping[str, Any], facts: Mapping[str, str]
) -> Iterator[Mapping[str, Any]]:
    """Yield the package that a dependency means; of several versions the one that counts there."""
    for package in packages:
        same = package.get("name") == asked.get("name")
        version = asked.get("version")
        if same and (not version or package.get("version") == version):
            markers = package.get("resolution-markers") or []
            if not markers or any(_holds(m, facts) for m in markers):
                yield package
