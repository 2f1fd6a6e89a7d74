"""Pipfile.lock: exact versions with hashes, as pipenv locks them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import Any

from envboot.errors import InvalidFile
from envboot.formats.parts import json_text, requirement, sources, versions
from envboot.formats.pipfile import package
from envboot.spec import Dependency, EnvironmentSpec, Group, Lock, Notice, Origin

PATTERNS = ("Pipfile.lock",)


def parse(text: str, origin: Origin) -> EnvironmentSpec:
    """Return the locked packages, one line each with its hashes; ``develop`` is the group ``dev``.

    pip wants a hash for all or for none: where a package has none (git, a folder), all are left
    out, and that is said. Raises InvalidFile.
    """
    document = json_text.loads(text, origin)
    at = json_text.key_lines(text, tuple(document))
    meta = _table(document, "_meta", origin)
    main = _section(document, "default", at, origin)
    groups = (
        [Group("dev", _section(document, "develop", at, origin))] if "develop" in document else []
    )
    for key, value in document.items():
        if key not in {"_meta", "default", "develop"} and isinstance(value, dict):
            groups.append(Group(key, _section(document, key, at, origin)))
    notices: tuple[Notice, ...] = ()
    everything = [*main, *(d for g in groups for d in g.dependencies)]
    bare = next((d for d in everything if " --hash=" not in d.text), None)
    if bare and any(" --hash=" in d.text for d in everything):
        notices = (Notice(f"the hashes are left out: `{bare.name}` has none", bare.origin),)
        main = tuple(map(_unhashed, main))
        groups = [Group(g.name, tuple(map(_unhashed, g.dependencies))) for g in groups]
    requires = _table(meta, "requires", origin)
    wanted = requires.get("python_full_version") or requires.get("python_version") or ""
    python = versions.exact_python(wanted) if isinstance(wanted, str) else ""
    place = Origin(origin.path, at.get(("_meta", "requires")))
    options, said = sources.options(
        meta.get("sources", []), Origin(origin.path, at.get(("_meta", "sources")))
    )
    return EnvironmentSpec(
        python=python,
        python_origin=place if python else None,
        dependencies=main,
        groups=tuple(groups),
        options=options,
        lock=Lock(
            "Pipfile.lock", origin.path, hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
        ),
        notices=(*notices, *said),
        source=origin,
    )


def _table(parent: dict[str, Any], key: str, origin: Origin) -> dict[str, Any]:
    found = parent.get(key, {})
    if not isinstance(found, dict):
        raise InvalidFile(
            f"`{key}` must be an object", hint="run `pipenv lock` again", origin=origin
        )
    return found


def _section(
    document: dict[str, Any], section: str, at: dict[tuple[str, str], int], origin: Origin
) -> tuple[Dependency, ...]:
    out = []
    for name, entry in _table(document, section, origin).items():
        place = Origin(origin.path, at.get((section, name)))
        found = package(name, entry, place)
        hashes = entry.get("hashes", []) if isinstance(entry, dict) else []
        if not isinstance(hashes, list) or not all(
            isinstance(h, str) and re.fullmatch(r"[a-z0-9]+:[0-9a-f]+", h) for h in hashes
        ):
            raise InvalidFile(
                f"the hashes of `{requirement.short(name)}` are not understood",
                hint="run `pipenv lock` again",
                origin=place,
            )
        text_with = found.text + "".join(f" --hash={h}" for h in hashes)
        out.append(replace(found, text=text_with))
    return tuple(out)


def _unhashed(dependency: Dependency) -> Dependency:
    return replace(dependency, text=dependency.text.split(" --hash=")[0])
