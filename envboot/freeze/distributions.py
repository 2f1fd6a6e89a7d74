"""What Python's installers left in one folder of packages: each distribution as it says itself.

Nothing is imported and no interpreter is asked: ``importlib.metadata`` would read the same files.
So a broken environment, one of another system, and one that nobody trusts can be read as well.
Sources: PEP 376 and 627 (``.dist-info``), setuptools' documentation (``.egg-info``, ``.egg-link``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from envboot.freeze import editable, metadata, modules, origins
from envboot.names import NAMESPACES
from envboot.spec import normalise

if TYPE_CHECKING:
    from envboot.shell import Shell

_LARGEST = 1 << 24  # bytes of a RECORD; the largest wheels have a tenth


@dataclass(frozen=True)
class Distribution:
    """One distribution, before anyone asks what installed it."""

    place: Path
    """Its folder of metadata, or the file that is all of it."""
    name: str
    """As its metadata spells it."""
    version: str
    """With its local label."""
    files: tuple[str, ...] = ()
    """POSIX, relative to the folder of packages; () when it does not say."""
    imports: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    direct: origins.Direct | None = None
    editable: bool = False
    requested: bool = False
    """It has a REQUESTED file."""
    installer: str = ""
    """What its INSTALLER says: ``pip``, ``uv``; "" when it does not."""


def read(folder: Path, shell: Shell) -> tuple[tuple[Distribution, ...], tuple[str, ...]]:
    """Return the distributions of a folder, and a sentence for each that cannot be read.

    Of several with one name the newest that has its RECORD is taken: the others are what a
    failed removal left behind.
    """
    found: dict[str, list[Distribution]] = {}
    broken = []
    for entry in shell.folder(folder):
        ending = entry.suffix.lower()
        if entry.name.startswith("~"):
            if ending == ".dist-info":
                broken.append(f"{entry.name} was left behind by an installation that failed")
            continue
        if ending not in _READERS:
            continue
        one = _READERS[ending](entry, shell)
        if one is None:
            broken.append(f"{entry.name} has no metadata that can be read")
        else:
            found.setdefault(normalise(one.name), []).append(one)
    for several in found.values():
        several.sort(key=_rank, reverse=True)
        if len({d.version for d in several}) > 1:
            versions = ", ".join(d.version for d in several)
            kept = several[0]
            broken.append(f"{kept.name} is there twice ({versions}): {kept.version} is taken")
    return tuple(several[0] for several in found.values()), tuple(broken)


def _rank(one: Distribution) -> tuple[bool, list[int], str]:
    numbers = [int(p) for p in one.version.partition("+")[0].split(".") if p.isdecimal()]
    return bool(one.files) or one.editable, numbers, one.version


def _dist_info(entry: Path, shell: Shell) -> Distribution | None:
    said = metadata.fields(shell.read(entry / "METADATA", metadata.HEADER))
    known = metadata.name_and_version(said, entry.stem)
    if known is None:
        return None
    files = metadata.record(shell.read(entry / "RECORD", _LARGEST))
    direct = origins.direct(shell.read(entry / "direct_url.json", 1 << 16))
    tops = metadata.words(shell.read(entry / "top_level.txt", 1 << 16))
    linked = bool(direct and direct.editable) or editable.points(entry.parent, files, shell)
    names = metadata.import_names(said)
    if names is None:
        names = ()
        if linked:
            source = direct.folder if direct else ""
            names = editable.brought(known[0], entry.parent, files, source, tops, shell)
        names = names or _modules(entry, files, tops, said, shell)
    return Distribution(
        entry,
        *known,
        files,
        names,
        metadata.requires(said),
        metadata.programs(shell.read(entry / "entry_points.txt", 1 << 18), files),
        metadata.tags(shell.read(entry / "WHEEL", 1 << 16)),
        direct,
        linked,
        shell.kind(entry / "REQUESTED") == "file",
        metadata.text(shell.read(entry / "INSTALLER", 1 << 10)).strip().lower(),
    )


def _egg_info(entry: Path, shell: Shell) -> Distribution | None:
    """Read what setuptools and Debian leave: a folder, or one file that is all metadata."""
    inside = entry if shell.kind(entry) == "folder" else None
    path = inside / "PKG-INFO" if inside else entry
    said = metadata.fields(shell.read(path, metadata.HEADER))
    known = metadata.name_and_version(said, entry.stem)
    if known is None:
        return None
    if inside is None:
        return Distribution(entry, *known, imports=_modules(entry, (), (), said, shell))
    listed = metadata.text(shell.read(inside / "installed-files.txt", _LARGEST)).splitlines()
    files = tuple(f[3:] for f in listed if f.startswith("../") and f.isprintable())
    tops = metadata.words(shell.read(inside / "top_level.txt", 1 << 16))
    return Distribution(
        entry,
        *known,
        files,
        _modules(entry, files, tops, said, shell),
        metadata.egg_requires(shell.read(inside / "requires.txt", 1 << 18)),
        metadata.programs(shell.read(inside / "entry_points.txt", 1 << 18), files),
    )


def _egg(entry: Path, shell: Shell) -> Distribution | None:
    """Read what easy_install left: a folder of its own, with ``EGG-INFO`` in it."""
    said = metadata.fields(shell.read(entry / "EGG-INFO" / "PKG-INFO", metadata.HEADER))
    known = metadata.name_and_version(said, entry.stem)
    if known is None:
        return None
    tops = metadata.words(shell.read(entry / "EGG-INFO" / "top_level.txt", 1 << 16))
    needs = metadata.egg_requires(shell.read(entry / "EGG-INFO" / "requires.txt", 1 << 18))
    return Distribution(
        entry, *known, imports=tops or editable.listed(entry, shell), requires=needs
    )


def _egg_link(entry: Path, shell: Shell) -> Distribution | None:
    """Read what ``setup.py develop`` leaves: the folder whose ``.egg-info`` says the rest."""
    line = metadata.text(shell.read(entry, 1 << 14)).strip().partition("\n")[0].strip()
    if not line or not line.isprintable() or not Path(line).is_absolute():
        return None
    for beside in shell.folder(Path(line)):
        if beside.suffix == ".egg-info" and (one := _egg_info(beside, shell)):
            if normalise(one.name) != normalise(entry.stem):
                continue
            names = one.imports or editable.listed(beside.parent, shell)
            return Distribution(
                entry, one.name, one.version, (), names, one.requires, one.scripts, editable=True
            )
    return None


_READERS = {
    ".dist-info": _dist_info,
    ".egg-info": _egg_info,
    ".egg": _egg,
    ".egg-link": _egg_link,
}


def _modules(
    entry: Path,
    files: tuple[str, ...],
    tops: tuple[str, ...],
    said: dict[str, list[str]],
    shell: Shell,
) -> tuple[str, ...]:
    """Return the modules: from the list of files, else as told, else the one of its name.

    A wheel of type stubs has files and no module.
    """
    folder = entry.parent
    old = shell.read(entry / "namespace_packages.txt", 1 << 16)
    declared = metadata.namespaces(said, old)

    def shares(package: str) -> bool:
        return modules.opens(shell.read(folder / package / "__init__.py", 1 << 12))

    found = modules.brought(files, declared=declared, shares=shares)
    if found or any("/" in f and ".dist-info/" not in f and ".." not in f for f in files):
        return found
    shared = {t for t in tops if t in NAMESPACES or t in declared}
    if set(tops) - shared:
        return tuple(sorted(set(tops) - shared))
    if files:
        return ()
    stem = entry.stem.split("-")[0]
    plain = stem.replace(".", "_")
    for name in dict.fromkeys((stem, plain, plain.lower())):
        place = folder / name.replace(".", "/")
        here = (place / "__init__.py", place.with_name(f"{place.name}.py"))
        if all(p.isidentifier() for p in name.split(".")) and any(
            shell.kind(p) == "file" for p in here
        ):
            return (name,)
    return ()
