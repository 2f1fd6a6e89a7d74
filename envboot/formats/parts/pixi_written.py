"""A pixi.toml, written. Source: pixi's documentation, "Manifest reference"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envboot.errors import InvalidFile
from envboot.formats.parts import comments, match_parts, pixi_targets, requirement, toml
from envboot.formats.parts.toml_splice import key, listed, quoted
from envboot.spec import Dependency, Origin, normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envboot.spec import EnvironmentSpec

_HERE = Origin("pixi.toml")
_OPTIONS = {"--index-url": "index-url", "--extra-index-url": "extra-index-urls"}
_NEEDS = {"cuda": "cuda", "macos": "macos", "glibc": "libc"}
_GIT = re.compile(r"git\+(?P<url>[^@#]*(?://[^@/]*@)?[^@#]*)(?:@(?P<rev>[^#]+))?(?:#(?P<more>.*))?")
_FIELDS = {"build_number": "build-number", "fn": "file-name"}
_ALSO = frozenset({"md5", "sha256", "subdir", "license"})


def render(spec: EnvironmentSpec, before: str = "") -> str:
    """Return the file; comments of ``before`` stay with their entry."""
    made: list[comments.Line] = []
    for path, rows in _tables(spec):
        if made:
            made.append(comments.Line(f"blank {len(made)}", ""))
        header = ".".join(key(name) for name in path)
        made.append(comments.Line(f"[{header}]", f"[{header}]"))
        made += [
            comments.Line(f"{header}.{name}", f"{key(name)} = {value}") for name, value in rows
        ]
    return comments.keep(made, before, _keys(before)) if made else ""


def conda(dependency: Dependency) -> tuple[str, str]:
    """Return the key of one of conda's packages and its value."""
    parts = match_parts.split(dependency.text)
    version = match_parts.to_pixi(parts.version)
    fields = {"url": parts.url} if parts.url else {}
    more = {_FIELDS.get(k, k): v for k, v in parts.more.items() if k in {*_FIELDS, *_ALSO}}
    if parts.channel or parts.build or more:
        fields = {"version": version, "build": parts.build, "channel": parts.channel, **more}
    return parts.name, _inline(fields) if fields else quoted(version)


def pypi(dependency: Dependency) -> tuple[str, str, str] | None:
    """Return target, key and value of a requirement; None for one that pixi cannot say.

    A marker that means a platform of pixi's makes the target: ``win``; else the target is "".
    """
    text = re.sub(r"\s--(?:hash|config-setting|global-option)\b.*$", "", dependency.text)
    if text.startswith("-") or requirement.is_location(text):
        return _folder(dependency, text)
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        found = Requirement(text)
    except InvalidRequirement:
        return None
    extras = ", ".join(quoted(e) for e in sorted(found.extras))
    fields = {"version": str(found.specifier) or "*"}
    if found.url:
        git = _GIT.fullmatch(found.url)
        if found.url.startswith("git+") and not git:
            return None
        fields = _git(git) if git else {"url": found.url}
    marker = str(found.marker) if found.marker else ""
    target = _selectors().get(marker.replace('"', "'"), "")
    if marker and not target:
        fields["env-markers"] = marker
    if len(fields) == 1 and "version" in fields and not extras:
        return target, found.name, quoted(fields["version"])
    return target, found.name, _inline(fields, f"extras = [{extras}]" if extras else "")


def _tables(spec: EnvironmentSpec) -> Iterator[tuple[tuple[str, ...], list[tuple[str, str]]]]:
    yield ("workspace",), _space(spec)
    dependencies = list(spec.dependencies)
    if spec.python and not any(d.name == "python" for d in _of(dependencies, "conda")):
        dependencies.insert(0, _python(spec.python))
    yield from _packages((), dependencies)
    options = _options(spec)
    if options:
        yield ("pypi-options",), options
    features = [g for g in spec.groups if not g.name.startswith(pixi_targets.TARGET)]
    for group in spec.groups:
        path = ("target", group.name[len(pixi_targets.TARGET) :]) if group not in features else ()
        yield from _packages(path or ("feature", normalise(group.name)), group.dependencies)
    names = [normalise(g.name) for g in features if g.dependencies]
    if names:
        yield ("environments",), [(name, listed([name])) for name in names]
    needed = [(_NEEDS[n.key], quoted(str(n.value))) for n in spec.needs if _is_said(n)]
    if needed:
        yield ("system-requirements",), needed
    if spec.variables:
        yield ("activation", "env"), [(k, quoted(v)) for k, v in spec.variables]


def _is_said(need: object) -> bool:
    return getattr(need, "key", "") in _NEEDS and getattr(need, "level", "") == "minimum"


def _space(spec: EnvironmentSpec) -> list[tuple[str, str]]:
    name = [("name", quoted(spec.name))] if spec.name else []
    return [*name, ("channels", listed(spec.channels)), ("platforms", listed(spec.platforms))]


def _python(specifiers: str) -> Dependency:
    single = re.fullmatch(r"==\s*(\d+(?:\.\d+)*)\.\*", specifiers.strip())
    text = f"={single.group(1)}.*" if single else specifiers.replace(" ", "").replace("===", "==")
    return Dependency("python", f"python{text}", "conda", _HERE)


def _packages(
    path: tuple[str, ...], dependencies: Iterable[Dependency]
) -> Iterator[tuple[tuple[str, ...], list[tuple[str, str]]]]:
    """Yield the tables of conda's packages, of the index's, and of those of some platforms."""
    found: dict[tuple[str, ...], dict[str, str]] = {}
    kept = tuple(dependencies)
    for dependency in _of(kept, "conda"):
        name, value = conda(dependency)
        found.setdefault((*path, "dependencies"), {}).setdefault(name, value)
    for dependency in _of(kept, "pypi"):
        said = pypi(dependency)
        if said:
            target, name, value = said
            where = (*path, "target", target) if target else path
            found.setdefault((*where, "pypi-dependencies"), {}).setdefault(name, value)
    for where in sorted(found, key=len):  # what is for every platform comes first
        yield where, list(found[where].items())


def _of(dependencies: Iterable[Dependency], ecosystem: str) -> list[Dependency]:
    return [d for d in dependencies if d.ecosystem == ecosystem]


def _options(spec: EnvironmentSpec) -> list[tuple[str, str]]:
    values: dict[str, list[str]] = {}
    for option in spec.options:
        value = re.split(r"[\s=]+", option.text, maxsplit=1)[-1]
        if option.name in _OPTIONS:
            values.setdefault(_OPTIONS[option.name], []).append(quoted(value))
        elif option.name == "--find-links":
            kind = "url" if "://" in value else "path"
            values.setdefault("find-links", []).append(_inline({kind: value}))
    return [(k, v[-1] if k == "index-url" else f"[{', '.join(v)}]") for k, v in values.items()]


def _folder(dependency: Dependency, text: str) -> tuple[str, str, str] | None:
    """Return a requirement that names a place; None where its distribution is not known."""
    editable = re.match(r"(?:-e|--editable)[\s=]*(.+)", text)
    where = editable.group(1) if editable else text
    found = re.fullmatch(r"(.+?)(?:\[([^\]]*)\])?", where)
    if not dependency.name or found is None or (text.startswith("-") and not editable):
        return None
    extras = [e.strip() for e in (found.group(2) or "").split(",") if e.strip()]
    more = [f"extras = [{', '.join(quoted(e) for e in extras)}]"] if extras else []
    if git := _GIT.fullmatch(found.group(1)):
        return "", dependency.name, _inline(_git(git), *more)
    if "://" in where or ";" in where:
        return None if ";" in where else ("", dependency.name, _inline({"url": where}))
    more += ["editable = true"] if editable else []
    return "", dependency.name, _inline({"path": found.group(1)}, *more)


def _git(found: re.Match[str]) -> dict[str, str]:
    inner = re.search(r"(?:^|&)subdirectory=([^&]+)", found.group("more") or "")
    rev, folder = found.group("rev") or "", inner.group(1) if inner else ""
    return {"git": found.group("url"), "rev": rev, "subdirectory": folder}


def _inline(fields: dict[str, str], *more: str) -> str:
    said = [f"{name} = {quoted(value)}" for name, value in fields.items() if value]
    return "{ " + ", ".join([*said, *(m for m in more if m)]) + " }"


def _selectors() -> dict[str, str]:
    """Return the markers that mean a platform of pixi's → its selector."""
    from envboot.platforms import ALL

    return {pixi_targets.marker(name): name for name in (*ALL, *pixi_targets.WIDE)}


def _keys(before: str) -> dict[int, str]:
    """Return the key of what stands in each line of the old file; a broken file has none."""
    try:
        toml.loads(before, _HERE)
    except InvalidFile:
        return {}
    return {
        line: f"[{'.'.join(key(n) for n in path)}]" if header else ".".join(key(n) for n in path)
        for path, line, header in toml.Lines(before, _HERE).places()
    }
