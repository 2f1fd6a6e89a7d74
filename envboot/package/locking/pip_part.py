"""The part of pip in a conda environment, pinned with digests by uv for one platform at a time.

What conda brings must not come again from pip. So uv is shown each such package as a wheel of its
name and version that asks for nothing: what pip brings is chosen to go with it, and it is left out
of the lock.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING, Any

from envboot import names
from envboot.errors import FallsShort, InvalidFile
from envboot.formats.parts import toml
from envboot.locks.fitting import unlockable
from envboot.package.locking.written import Wheel
from envboot.platforms import ALL
from envboot.spec import Origin, normalise

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from envboot.console import Console
    from envboot.locks import Locked
    from envboot.package.locking.uv_runs import Maker
    from envboot.shell import Shell
    from envboot.spec import EnvironmentSpec

_LOCK = "pylock.toml"
_DAY = (1980, 1, 1, 0, 0, 0)
_RANK = {"abi3": 1, "none": 2}


def wanted(spec: EnvironmentSpec) -> tuple[str, ...]:
    """Return the lines for pip that can be locked."""
    pip = (d.text for d in spec.dependencies if d.ecosystem == "pypi")
    return tuple(text for text in pip if not unlockable(text))


def solve(
    spec: EnvironmentSpec,
    subdir: str,
    records: Sequence[Mapping[str, Any]],
    held: Sequence[Locked],
    uv: Maker,
    work: Path,
    shell: Shell,
    console: Console,
) -> tuple[Wheel, ...]:
    """Return the files for ``subdir``, where conda brings ``records``.

    ``held`` is locked already and kept where it still fits. Raises FallsShort for a platform that
    uv does not know, CommandFailed with what it says, InvalidFile without a digest.
    """
    platform = ALL[subdir]
    if not platform.uv:
        raise FallsShort(f"uv cannot solve for {subdir}", hint="leave this platform out")
    python = next((str(r["version"]) for r in records if r["name"] == "python"), "")
    if not re.fullmatch(r"3(?:\.\d+)+", python):
        raise InvalidFile(
            f"pip's part cannot be locked for {subdir}: no python is among the conda packages",
            hint="add `python` to the dependencies",
            origin=spec.source,
        )
    brought = _brought(records)
    limits = [c.text for c in spec.constraints]
    for name, version in brought.items():
        stub = work / "brought" / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        shell.write(stub, _stub(name, version), lasting=False)
        limits.append(f"{name} @ {stub.as_uri()}")
    lines = [*(o.text for o in spec.options), *wanted(spec)]
    shell.write(work / "requirements.txt", _text(lines), lasting=False, private=True)
    shell.write(work / "limits.txt", _text(limits), lasting=False, private=True)
    if held:
        shell.write(work / _LOCK, _held(held), lasting=False)
    flags = ("--python-platform", platform.uv, "--python-version", python, "-c", "limits.txt")
    uv.compile(flags, _LOCK, work, shell, console)
    text = (shell.read(work / _LOCK) or b"").decode("utf-8")
    return tuple(_files(text, subdir, frozenset(brought)))


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _brought(records: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the distributions that conda brings, by name."""
    from packaging.version import InvalidVersion, Version

    out = {}
    for record in records:
        name = str(record["name"])
        asks = {str(d).split()[0] for d in record.get("depends", ()) if str(d).split()}
        if record.get("noarch") != "python" and not asks & {"python", "python_abi"}:
            continue
        purls = (re.match(r"pkg:pypi/([^@?#]+)", str(p)) for p in record.get("purls") or ())
        pypi = next((m.group(1) for m in purls if m), "") or names.pypi_name(name) or name
        try:
            out[normalise(pypi)] = str(Version(str(record["version"])))
        except InvalidVersion:
            continue  # no distribution has such a version
    return out


def _stub(name: str, version: str) -> bytes:
    """Return a wheel that asks for nothing and brings nothing. Source: the wheel format."""
    folder = f"{name.replace('-', '_')}-{version}.dist-info"
    files = {
        "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: envboot\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
        "RECORD": "".join(f"{folder}/{n},,\n" for n in ("METADATA", "WHEEL", "RECORD")),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for file, text in files.items():
            archive.writestr(zipfile.ZipInfo(f"{folder}/{file}", _DAY), text)
    return out.getvalue()


def _held(held: Sequence[Locked]) -> str:
    """Return a lock that uv takes its preferences from."""
    out = ['lock-version = "1.0"\ncreated-by = "envboot"\n']
    out += [f'\n[[packages]]\nname = "{p.name}"\nversion = "{p.version}"\n' for p in held]
    return "".join(out)


def _files(text: str, subdir: str, brought: frozenset[str]) -> Iterator[Wheel]:
    origin = Origin(_LOCK)
    requires = ""
    for package in toml.loads(text, origin).get("packages", []):
        name = normalise(str(package.get("name", "")))
        if name in brought:
            continue
        source = _best(package)
        url = str(source.get("url") or "")
        digest = str(source.get("hashes", {}).get("sha256", ""))
        if not url or not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise InvalidFile(
                f"{name} has no file with a digest for {subdir}",
                hint="its index gives none, or it lies on this computer: use another index",
                origin=Origin("pixi.lock"),
            )
        requires = str(package.get("requires-python", ""))
        yield Wheel(name, str(package.get("version", "")), url, digest, requires)


def _best(package: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the wheel that is made for this platform most closely, else the source.

    uv names those only that work on the platform; of several, pip's order decides.
    """
    wheels = [w for w in package.get("wheels", ()) if isinstance(w, dict)]
    if wheels:
        return max(wheels, key=_closeness)
    for key in ("archive", "sdist"):
        if isinstance(package.get(key), dict):
            return dict(package[key])
    return {}


def _closeness(wheel: Mapping[str, Any]) -> tuple[int, int, tuple[int, int], str]:
    name = str(wheel.get("name") or wheel.get("url") or "").rpartition("/")[2]
    *_, abi, where = ("", "", *name.removesuffix(".whl").split("-"))[-2:]
    abis = [_RANK.get(a, 0) for a in abi.split(".")]
    numbers = re.findall(r"(?:manylinux|musllinux|macosx)_(\d+)_(\d+)_", where)
    newest = max(((int(a), int(b)) for a, b in numbers), default=(0, 0))
    return -min(abis), int(where != "any"), newest, name
