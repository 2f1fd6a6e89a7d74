"""The packages of a lock file as rattler's records: nothing is solved, and every hash is checked.

pixi.lock is read by rattler itself. conda-lock.yml names each package's address and digests; the
rest of its record is in the package.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envboot import locks
from envboot.errors import InvalidFile
from envboot.spec import Origin

if TYPE_CHECKING:
    from envboot.engines.rattler.order import Order
    from envboot.shell import Shell

_FILE = re.compile(r"(?P<name>.+)-(?P<version>[^-]+)-(?P<build>[^-]+?)(?:\.conda|\.tar\.bz2)")
_DIGITS = 64


def records(order: Order, subdir: str, shell: Shell) -> list[Any]:
    """Return the records of ``order.lock`` for ``subdir``.

    Raises InvalidFile for a lock that was changed, that cannot be read, that is for other
    platforms, or that has a package without a digest.
    """
    path = Path(order.lock)
    data = shell.read(path)
    if data is None:
        raise InvalidFile(f"the lock {path} cannot be read")
    if order.lock_sha256 and hashlib.sha256(data).hexdigest() != order.lock_sha256:
        raise InvalidFile(f"{path} was changed since it was read", hint="run it again")
    text = data.decode("utf-8", "replace")
    pixi = path.name.endswith(".lock")
    found = _of_pixi(path, subdir) if pixi else _of_conda_lock(text, path.name, subdir)
    for record in found:
        if not record.sha256 and not record.md5:
            raise InvalidFile(
                f"{path.name} has no digest of {record.file_name}",
                hint="write it anew with: package-env --lock",
                origin=Origin(path.name),
            )
    return found


def held(order: Order, subdir: str, shell: Shell) -> list[Any]:
    """Return the records of ``order.lock`` that a new solution keeps where they still fit.

    [] for a lock that cannot be read: it is about to be written anew.
    """
    if not order.lock:
        return []
    try:
        return records(order, subdir, shell)
    except InvalidFile:
        return []


def _of_pixi(path: Path, subdir: str) -> list[Any]:
    from rattler import LockFile
    from rattler.exceptions import ParseCondaLockError

    try:
        lock = LockFile.from_path(path)
        several = dict(lock.environments())
        environment = several.get("default") or next(iter(several.values()), None)
        platforms = environment.platforms() if environment else []
    except (ParseCondaLockError, OSError, ValueError) as error:
        raise InvalidFile(f"{path.name} is no lock that can be read: {error}") from error
    fits = [p for p in platforms if str(p.subdir) == subdir]
    if environment is None or not fits:
        names = ", ".join(sorted({str(p.subdir) for p in platforms})) or "no platform"
        raise InvalidFile(
            f"{path.name} is for {names}, and this is {subdir}",
            hint="write it anew with: package-env --lock",
        )
    platform = next((p for p in fits if p.name == subdir), fits[0])
    return list(environment.conda_repodata_records_for_platform(platform) or ())


def _of_conda_lock(text: str, name: str, subdir: str) -> list[Any]:
    contents = locks.read(text, name, subdir)
    if subdir not in contents.platforms:
        raise InvalidFile(
            f"{name} is for {', '.join(contents.platforms) or 'no platform'}, and this is {subdir}",
            hint="write it anew with: conda-lock",
        )
    return [_record(p) for p in contents.packages if p.ecosystem == "conda"]


def _record(locked: locks.Locked) -> Any:  # noqa: ANN401 - rattler's
    """Return a record of what an address and the digests say."""
    from rattler import PackageRecord, RepoDataRecord
    from rattler.package import BuildString

    address = locked.url.partition("#")[0]
    channel, _, rest = address.rpartition("/")
    channel, _, subdir = channel.rpartition("/")
    match = _FILE.fullmatch(rest)
    if match is None or not channel:
        raise InvalidFile(f"`{address}` is no conda package", origin=locked.origin)
    package = PackageRecord(
        match["name"],
        match["version"],
        BuildString(match["build"]),
        _build_number(match["build"]),
        subdir,
        md5=bytes.fromhex(locked.md5) if locked.md5 else None,
        sha256=bytes.fromhex(locked.sha256) if len(locked.sha256) == _DIGITS else None,
    )
    return RepoDataRecord(package, rest, address, channel)


def _build_number(build: str) -> int:
    tail = build.rpartition("_")[2]
    return int(tail) if tail.isdigit() else 0
