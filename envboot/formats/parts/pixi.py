"""pixi's tables, in pixi.toml and below ``[tool.pixi]``. Source: pixi's "Manifest reference".

What belongs to some platforms only is kept: a package of the Python index gets a marker, those of
conda, which has none, stand in a group named ``target.`` and the platform. Features and
environments are groups. Tasks are pixi's own business: they are named in a notice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from envboot import needs
from envboot.errors import InvalidFile
from envboot.formats.parts import match_parts, pixi_pypi, requirement, versions
from envboot.formats.parts.pixi_targets import TARGET, marker
from envboot.spec import EnvironmentSpec, Group, Notice, normalise

if TYPE_CHECKING:
    from envboot.formats.parts.toml import Lines
    from envboot.spec import Dependency, Need, Origin

_CONDA = ("dependencies", "host-dependencies", "build-dependencies")
_HINT = 'write `name = ">=1.2"` or `name = {version = ">=1.2", channel = "conda-forge"}`'
_IN_BRACKETS = {
    "build-number": "build_number",
    "file-name": "fn",
    "md5": "md5",
    "sha256": "sha256",
    "subdir": "subdir",
    "license": "license",
}


def read(root: dict[str, Any], at: Lines, *keys: str) -> EnvironmentSpec:
    """Return what the tables in ``root`` declare; ``keys`` lead to it. Raises InvalidFile."""
    head = "workspace" if "workspace" in root else "project"
    space = table(root, head, at, *keys)
    name = space.get("name", "")
    if not isinstance(name, str):
        raise wrong(f"`{head}.name` must be text", 'write `name = "…"`', at.origin(*keys, head))
    main, notices = _conda(root, at, *keys)
    packages, said = pixi_pypi.packages(table(root, "pypi-dependencies", at, *keys), at, *keys)
    more, groups = _targets(root, at, *keys)
    groups += _features(root, at, *keys)
    options, doubts = pixi_pypi.options(root, at, *keys)
    variables = _variables(root, at, *keys)
    python = next((d for d in main if d.name == "python"), None)
    wanted = versions.conda_python(match_parts.split(python.text).version) if python else ""
    return EnvironmentSpec(
        name=name,
        python=wanted,
        python_origin=python.origin if python and wanted else None,
        dependencies=(*main, *packages, *more),
        groups=_environments(root, tuple(groups), at, *keys),
        channels=_channels(space, at, *keys, head),
        platforms=_platforms(space, at, *keys, head),
        options=options,
        variables=variables,
        needs=_needs(root, at, *keys),
        notices=(*notices, *said, *doubts, *_left(root, space, at, *keys)),
    )


def table(parent: dict[str, Any], key: str, at: Lines, *keys: str) -> dict[str, Any]:
    """Return the table below a key, {} where there is none. Raises InvalidFile."""
    found = parent.get(key, {})
    if not isinstance(found, dict):
        name = ".".join((*keys, key))
        raise wrong(f"`{name}` must be a table", f"write `[{name}]`", at.origin(*keys, key))
    return found


def wrong(message: str, hint: str, origin: Origin) -> InvalidFile:
    """Return the error for something that pixi would refuse too."""
    return InvalidFile(message, hint=hint, origin=origin)


def _strings(value: object, what: str, origin: Origin) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
        raise wrong(f"`{what}` must be a list of texts", 'write `["one", "two"]`', origin)
    return [" ".join(v.split()) for v in value]


def _channels(space: dict[str, Any], at: Lines, *keys: str) -> tuple[str, ...]:
    """Return them, highest priority first, as ``priority`` and the order say."""
    declared = space.get("channels", [])
    ranked = []
    for item in declared if isinstance(declared, list) else [declared]:
        found = item if isinstance(item, dict) else {"channel": item}
        rank = found.get("priority", 0)
        text = _strings([found.get("channel")], "channels", at.origin(*keys, "channels"))[0]
        ranked.append((-rank if isinstance(rank, int) else 0, text))
    return tuple(text for _, text in sorted(ranked, key=lambda pair: pair[0]))


def _platforms(space: dict[str, Any], at: Lines, *keys: str) -> tuple[str, ...]:
    declared = space.get("platforms", [])
    items = declared if isinstance(declared, list) else [declared]
    plain = [i.get("platform") or i.get("name") if isinstance(i, dict) else i for i in items]
    return tuple(_strings(plain, "platforms", at.origin(*keys, "platforms")))


def _conda(
    parent: dict[str, Any], at: Lines, *keys: str
) -> tuple[tuple[Dependency, ...], tuple[Notice, ...]]:
    found: dict[str, Dependency] = {}
    notices = []
    for kind in _CONDA:
        for name, value in table(parent, kind, at, *keys).items():
            origin = at.origin(*keys, kind, name)
            if isinstance(value, dict) and ({"git", "path"} & set(value)):
                said = f"`{requirement.short(name)}` is built from source by pixi alone; left out"
                notices.append(Notice(said, origin))
            else:
                found.setdefault(f"{name} {value}", _package(name, value, origin))
    return tuple(found.values()), tuple(notices)


def _package(name: str, value: object, origin: Origin) -> Dependency:
    """Return one of conda's packages. Raises InvalidFile."""
    entry: dict[str, Any] = value if isinstance(value, dict) else {"version": value}
    texts = {k: str(v) if type(v) is int else v for k, v in entry.items() if k != "extras"}
    if not all(isinstance(v, str) and not set(v) & set("'\"[]\r\n") for v in texts.values()):
        raise wrong(f"`{requirement.short(name)}` is not understood", _HINT, origin)
    more = {_IN_BRACKETS[k]: v for k, v in texts.items() if k in _IN_BRACKETS}
    return match_parts.join(
        match_parts.Parts(
            name,
            match_parts.from_pixi(texts.get("version", "*")),
            texts.get("build", ""),
            texts.get("channel", ""),
            more,
            texts.get("url", ""),
        ),
        origin,
    )


def _targets(
    parent: dict[str, Any], at: Lines, *keys: str
) -> tuple[tuple[Dependency, ...], list[Group]]:
    """Return what targets add: the Python index's packages with markers, conda's as groups."""
    marked: list[Dependency] = []
    groups = []
    for selector in table(parent, "target", at, *keys):
        path = (*keys, "target", selector)
        body = table(parent["target"], selector, at, *keys, "target")
        conda, _ = _conda(body, at, *path)
        if conda:
            groups.append(Group(f"{TARGET}{selector}", conda))
        found, _ = pixi_pypi.packages(table(body, "pypi-dependencies", at, *path), at, *path)
        marked += [pixi_pypi.marked(d, marker(selector)) for d in found]
    return tuple(marked), groups


def _features(root: dict[str, Any], at: Lines, *keys: str) -> list[Group]:
    groups = []
    for name in table(root, "feature", at, *keys):
        path = (*keys, "feature", name)
        body = table(root["feature"], name, at, *keys, "feature")
        groups.append(Group(name, _inside(body, at, *path)))
    return groups


def _inside(body: dict[str, Any], at: Lines, *path: str) -> tuple[Dependency, ...]:
    """Return what a feature, or an environment itself, asks for."""
    conda, _ = _conda(body, at, *path)
    found, _ = pixi_pypi.packages(table(body, "pypi-dependencies", at, *path), at, *path)
    return (*conda, *found, *_targets(body, at, *path)[0])


def _environments(
    root: dict[str, Any], groups: tuple[Group, ...], at: Lines, *keys: str
) -> tuple[Group, ...]:
    """Return the groups, with those that environments make of several features."""
    named = {g.name: g for g in groups}
    for name, value in table(root, "environments", at, *keys).items():
        path = (*keys, "environments", name)
        body: dict[str, Any] = value if isinstance(value, dict) else {"features": value}
        features = _strings(body.get("features", []), f"environments.{name}", at.origin(*path))
        known = [f for f in features if f != "default"]
        for feature in known:
            if feature not in named:
                message = f"there is no feature `{requirement.short(feature)}`"
                raise wrong(message, f"features: {', '.join(named)}", at.origin(*path))
        if name == "default" or (known == [name] and len(body) == 1):
            continue
        own = _inside(body, at, *path)
        both = (*(d for f in known for d in named[f].dependencies), *own)
        named[name] = Group(name, tuple(dict.fromkeys(both)))
    merged: dict[str, Group] = {}
    for group in named.values():
        old = merged.get(normalise(group.name))
        both = (*old.dependencies, *group.dependencies) if old else group.dependencies
        merged[normalise(group.name)] = Group(group.name, tuple(dict.fromkeys(both)))
    return tuple(merged.values())


def _variables(root: dict[str, Any], at: Lines, *keys: str) -> tuple[tuple[str, str], ...]:
    path = (*keys, "activation")
    env = table(table(root, "activation", at, *keys), "env", at, *path)
    for name, value in env.items():
        fits = name.replace("_", "a").isalnum() and not name[:1].isdigit() and name.isascii()
        if not fits or not isinstance(value, str) or set(value) & set("\0\r\n"):
            message = f"`{requirement.short(name)}` is no variable with a value of one line"
            raise wrong(message, 'write `NAME = "value"`', at.origin(*path, "env", name))
    return tuple(env.items())


def _needs(root: dict[str, Any], at: Lines, *keys: str) -> tuple[Need, ...]:
    path = (*keys, "system-requirements")
    found = table(root, "system-requirements", at, *keys)
    libc = found.get("libc")
    family = libc.get("family", "glibc") if isinstance(libc, dict) else "glibc"
    wanted: dict[str, object] = {k: str(found[k]) for k in ("cuda", "macos") if k in found}
    if libc is not None and family == "glibc":
        wanted["glibc"] = str(libc.get("version", "") if isinstance(libc, dict) else libc)
    return needs.read(
        wanted, lambda name: at.origin(*path, "libc" if name == "glibc" else str(name))
    )


def _left(root: dict[str, Any], space: dict[str, Any], at: Lines, *keys: str) -> tuple[Notice, ...]:
    """Return a sentence for each thing that pixi alone does."""
    said = []
    tasks = table(root, "tasks", at, *keys)
    if tasks:
        names = requirement.short(", ".join(tasks))
        said.append(Notice(f"tasks are left to pixi: {names}", at.origin(*keys, "tasks")))
    activation = table(root, "activation", at, *keys)
    if activation.get("scripts"):
        text = "the scripts of `activation` are not run"
        said.append(Notice(text, at.origin(*keys, "activation", "scripts")))
    if "exclude-newer" in space:
        when = requirement.short(str(space["exclude-newer"]))
        text = f"`exclude-newer` is ignored: `--as-of {when}` says it"
        said.append(Notice(text, at.origin(*keys, "workspace", "exclude-newer")))
    if "package" in root:
        said.append(
            Notice("the package itself is built by pixi alone", at.origin(*keys, "package"))
        )
    for key in ("linux", "archspec"):
        if key in table(root, "system-requirements", at, *keys):
            text = f"the system requirement `{key}` is ignored"
            said.append(Notice(text, at.origin(*keys, "system-requirements", key)))
    return tuple(said)
