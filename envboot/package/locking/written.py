"""pixi.lock, version 6, as text: the oldest version that pixi, py-rattler and conda all read.

The same packages always give the same bytes. Source: the crate ``rattler_lock``; what is written
here is read back by it in the tests.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from envboot.locks.reading import MARK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FILENAME = "pixi.lock"
HEAD = """\
# Written by `envboot package-env --lock`; `python setup.py` installs exactly this.
"""
_PLAIN = re.compile(r"[A-Za-z_](?:[A-Za-z0-9_.+*<>=!|,()/ -]*[A-Za-z0-9_.+*)])?")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"}
_DIGESTS = ("sha256", "md5")
_LISTS = ("depends", "constrains")
_MORE = ("license", "license_family", "python_site_packages_path")
_NUMBERS = ("size", "timestamp")


@dataclass(frozen=True)
class Wheel:
    """One file of pip's part."""

    name: str
    version: str
    url: str
    sha256: str
    requires_python: str = ""


@dataclass(frozen=True)
class Part:
    """All that is installed on one platform."""

    subdir: str
    records: tuple[Mapping[str, Any], ...]
    """As in repodata.json, with ``url`` and ``channel``."""
    wheels: tuple[Wheel, ...] = ()


def render(parts: Sequence[Part], channels: Sequence[str], index: str, made_of: str) -> str:
    """Return the lock; ``channels`` are addresses, ``index`` is where pip's part comes from."""
    out = [HEAD.rstrip(), f"{MARK}{made_of}", "version: 6", "environments:", "  default:"]
    out += ["    channels:", *(f"    - url: {_scalar(c)}" for c in channels)]
    if any(part.wheels for part in parts):
        out += ["    indexes:", f"    - {_scalar(index)}"]
    out.append("    packages:")
    packages: dict[str, list[str]] = {}
    for part in sorted(parts, key=lambda p: p.subdir):
        out.append(f"      {part.subdir}:")
        for record in sorted(part.records, key=lambda r: (str(r["name"]), str(r["url"]))):
            out.append(f"      - conda: {_scalar(record['url'])}")
            packages.setdefault(str(record["url"]), list(_conda(record)))
        for wheel in sorted(part.wheels, key=lambda w: w.name):
            out.append(f"      - pypi: {_scalar(wheel.url)}")
            packages.setdefault(wheel.url, list(_pypi(wheel)))
    out.append("packages:")
    for url in sorted(packages):
        out += packages[url]
    return "\n".join(out) + "\n"


def _conda(record: Mapping[str, Any]) -> Iterator[str]:
    yield f"- conda: {_scalar(record['url'])}"
    if str(record["url"]).startswith("file:"):  # rattler learns these from other addresses alone
        yield f"  subdir: {_scalar(record['subdir'])}"
        yield f"  channel: {_scalar(record['channel'])}"
    yield f"  build_number: {int(record.get('build_number') or 0)}"
    if str(record.get("subdir")) == "noarch" and record.get("noarch") in {"python", "generic"}:
        yield f"  noarch: {record['noarch']}"
    yield from (f"  {key}: {_scalar(record[key])}" for key in _DIGESTS if record.get(key))
    for key in _LISTS:
        if record.get(key):
            yield f"  {key}:"
            yield from (f"  - {_scalar(text)}" for text in record[key])
    yield from (f"  {key}: {_scalar(record[key])}" for key in _MORE if record.get(key))
    yield from (f"  {k}: {record[k]}" for k in _NUMBERS if isinstance(record.get(k), int))


def _pypi(wheel: Wheel) -> Iterator[str]:
    yield f"- pypi: {_scalar(wheel.url)}"
    yield f"  name: {_scalar(wheel.name)}"
    yield f"  version: {_scalar(wheel.version)}"
    yield f"  sha256: {_scalar(wheel.sha256)}"
    if wheel.requires_python:
        yield f"  requires_python: {_scalar(wheel.requires_python)}"


def _scalar(value: object) -> str:
    """Return a text as YAML: plain where it can only be a text, else as JSON writes it."""
    text = str(value)
    address = re.fullmatch(r"(?:https?|file)://[A-Za-z0-9._~:/@!$&()*+,;=%-]*[A-Za-z0-9_/]", text)
    digest = re.fullmatch(r"[0-9a-f]{32,64}", text) and not re.fullmatch(r"\d+(?:e\d+)?", text)
    if address or digest or (_PLAIN.fullmatch(text) and text.lower() not in _WORDS):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return re.sub(r"[\x7f-\xa0\u2028\u2029\ufeff]", lambda m: f"\\u{ord(m[0]):04x}", quoted)
