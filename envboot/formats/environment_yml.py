"""environment.yml, as conda reads it.

Source: conda's documentation, "Managing environments" and "Package match specifications". Selectors
in comments (``# [linux]``) belong to conda-build's recipes: conda ignores them in this file, so
they are ignored here too, and reported.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from envboot.errors import InvalidFile
from envboot.formats import requirements_txt
from envboot.formats.parts import (
    comments,
    encoding,
    match_spec,
    requirement,
    versions,
    yaml_nodes,
)
from envboot.spec import Dependency, EnvironmentSpec, Notice, Origin

if TYPE_CHECKING:
    import yaml

PATTERNS = ("environment*.yml", "environment*.yaml", "*environment.yml", "*environment.yaml")
FILENAME = "environment.yml"

TWIN = "# envboot: the same packages are in requirements.txt"
"""A line at the head of a file that envboot wrote together with requirements.txt."""
_SELECTOR = re.compile(r"#\s*\[\s*(?:not\s+)?(?:linux|win|osx|unix|arm64|x86|aarch64|py)[^\]#]*\]")


def parse(text: str, origin: Origin) -> EnvironmentSpec:
    """Return what the file declares. Raises InvalidFile with the line."""
    root = yaml_nodes.compose(text, origin)
    if root is None or yaml_nodes.empty(root):
        raise InvalidFile(
            "the file is empty",
            hint="list packages below `dependencies:`",
            origin=origin,
        )
    tree = yaml_nodes.Tree(origin)
    spec = EnvironmentSpec(source=origin, as_written=True)
    for key, key_node, node in tree.pairs(root, "the file", "begin with `dependencies:`"):
        spec = _entry(spec, tree, key, key_node, node)
    rows = encoding.lines(text)
    spec = replace(spec, dependencies=_with_evidence(spec.dependencies, rows))
    for number, line in enumerate(rows, 1):
        if line.strip() == TWIN:
            spec = replace(spec, twin="requirements.txt")
        if _SELECTOR.search(line[: match_spec.LONGEST]):
            notice = Notice(
                "selectors in comments are ignored, as conda does in this file",
                Origin(origin.path, number),
            )
            return replace(spec, notices=(*spec.notices, notice))
    return spec


def _with_evidence(dependencies: tuple[Dependency, ...], rows: list[str]) -> tuple[Dependency, ...]:
    """Return them with the evidence behind their lines; a line of several says it of none."""
    shared = Counter(d.origin.line for d in dependencies)
    return tuple(
        replace(d, why=comments.why(rows[d.origin.line - 1]))
        if d.origin.line and d.origin.line <= len(rows) and shared[d.origin.line] == 1
        else d
        for d in dependencies
    )


def _entry(
    spec: EnvironmentSpec, tree: yaml_nodes.Tree, key: str, key_node: yaml.Node, node: yaml.Node
) -> EnvironmentSpec:
    if key in {"name", "variables"} and yaml_nodes.empty(node):
        return spec
    if key == "name":
        return replace(spec, name=tree.text(node, "`name`").strip())
    if key == "channels":
        hint = "write `channels: [conda-forge, nodefaults]`"
        items = tree.items(node, "`channels`", hint)
        channels = tuple(tree.text(i, "a channel", hint).strip() for i in items)
        return replace(spec, channels=channels)
    if key == "dependencies":
        return _dependencies(spec, tree, node)
    if key == "variables":
        pairs = tree.pairs(node, "`variables`", "write `NAME: value`, one a line")
        return replace(spec, variables=tuple(_variable(tree, k, n, v) for k, n, v in pairs))
    text = f"`{requirement.short(key)}` is ignored: conda knows no such key"
    if key == "prefix":
        text = "`prefix` is ignored: it names a folder on its author's computer"
    return replace(spec, notices=(*spec.notices, Notice(text, tree.at(key_node))))


def _variable(
    tree: yaml_nodes.Tree, key: str, key_node: yaml.Node, node: yaml.Node
) -> tuple[str, str]:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key):
        message = f"`{requirement.short(key)}` cannot be the name of a variable"
        raise tree.wrong(key_node, message, "use letters, digits and underscores")
    if yaml_nodes.empty(node) or (not str(node.value) and not isinstance(node.value, list)):
        return key, ""
    value = tree.text(node, f"the variable `{key}`")
    if any(c in value for c in "\0\r\n"):
        raise tree.wrong(
            node, f"the variable `{key}` has more than one line", "write it in one line"
        )
    return key, value


def _dependencies(spec: EnvironmentSpec, tree: yaml_nodes.Tree, node: yaml.Node) -> EnvironmentSpec:
    hint = "write one `- name=version` a line below `dependencies:`"
    for item in tree.items(node, "`dependencies`", hint):
        if hasattr(item, "value") and isinstance(item.value, str):
            text = tree.text(item, "a dependency", match_spec.SPELLINGS)
            if item.tag != "tag:yaml.org,2002:str":
                message = f"`{requirement.short(text)}` is the name of no package"
                raise tree.wrong(item, message, match_spec.SPELLINGS)
            found, constraint = match_spec.read(text, tree.at(item))
            spec = replace(spec, dependencies=(*spec.dependencies, found))
            if found.name == "python" and not spec.python:
                python = versions.conda_python(constraint)
                spec = replace(spec, python=python, python_origin=found.origin)
            continue
        for key, key_node, value in tree.pairs(item, "a dependency", hint):
            if key != "pip":
                message = f"`{requirement.short(key)}:` starts a mapping; only `pip:` may"
                shown = value.value if isinstance(value.value, str) else "1.2"
                raise tree.wrong(key_node, message, f"write `{requirement.short(key)}={shown}`")
            spec = _pip(spec, tree, value)
    return spec


def _pip(spec: EnvironmentSpec, tree: yaml_nodes.Tree, node: yaml.Node) -> EnvironmentSpec:
    hint = "write one `- name==version` a line below `pip:`"
    for item in tree.items(node, "`pip`", hint):
        at = tree.at(item)
        text = requirement.uncommented(tree.text(item, "a requirement", hint))
        if not text:
            continue
        option, include = requirements_txt.read_option(text, at)
        if include:
            spec = replace(spec, includes=(*spec.includes, include))
        elif option:
            spec = replace(spec, options=(*spec.options, option))
        else:
            found = requirement.line(text, at)
            spec = replace(spec, dependencies=(*spec.dependencies, found))
    return spec


# ------------------------------------------------------------------ writing


def render(spec: EnvironmentSpec, before: str = "") -> str:
    """Return the file. Comments of ``before`` stay with their line, the rest at the end.

    ``python`` is added from ``spec.python`` where no dependency names it, and ``pip`` where
    packages of the Python index are asked for, as conda wants it. Constraints that were read
    from elsewhere have no place in it. Evidence stands behind its line.
    """
    line = comments.Line
    made: list[comments.Line] = [line("twin", TWIN)] if spec.twin else []
    if spec.name:
        made.append(line("name:", f"name: {quoted(spec.name)}"))
    if spec.channels:
        made.append(line("channels:", "channels:"))
        made += [line(f"channel {c}", f"  - {quoted(c)}") for c in spec.channels]
    conda = [d for d in spec.dependencies if d.ecosystem == "conda"]
    pypi = [d for d in spec.dependencies if d.ecosystem == "pypi"]
    pip = [o.text for o in spec.options]
    pip += [f"{'-r' if i.kind == 'requirements' else '-c'} {i.path}" for i in spec.includes]
    here, names = Origin(FILENAME), {d.name for d in conda}
    if spec.python and "python" not in names:
        conda.insert(0, Dependency("python", f"python{as_conda(spec.python)}", "conda", here))
    if (pip or pypi) and "pip" not in names:
        conda.append(Dependency("pip", "pip", "conda", here))
    made.append(line("dependencies:", "dependencies:" if conda else "dependencies: []"))
    made += _listed(conda, "  - ")
    if pip or pypi:
        made.append(line("pip:", "  - pip:"))
        made += [line(f"pip {text}", f"      - {quoted(text)}") for text in pip]
        made += _listed(pypi, "      - ")
    if spec.variables:
        made.append(line("variables:", "variables:"))
        made += [line(f"variable {k}", f"  {k}: {quoted(v)}") for k, v in spec.variables]
    return comments.keep(made, before, _keys(before))


def _listed(dependencies: list[Dependency], lead: str) -> list[comments.Line]:
    keys = comments.numbered(comments.key(d) for d in dependencies)
    return [comments.Line(k, lead + quoted(d.text), d.why) for k, d in zip(keys, dependencies)]


def as_conda(specifiers: str) -> str:
    """Return a PEP 440 specifier set as conda writes it (``=3.11``, ``>=3.9,<4``)."""
    single = re.fullmatch(r"===?\s*(\d+(?:\.\d+)*)(\.\*)?", specifiers.strip())
    if single:
        return f"={single.group(1)}"
    return re.sub(r"===", "==", specifiers.replace(" ", ""))


def _keys(before: str) -> dict[int, str]:
    """Return the key of what stands in each line of the old file; a broken file has none."""
    origin = Origin(FILENAME)
    try:
        root = yaml_nodes.compose(before, origin)
        old = parse(before, origin)
    except InvalidFile:
        return {}
    keys: dict[int, str] = {}
    for key_node, value in getattr(root, "value", ()):
        keys[key_node.start_mark.line + 1] = f"{key_node.value}:"
        if key_node.value == "channels":
            keys.update({n.start_mark.line + 1: f"channel {n.value}" for n in value.value})
        if key_node.value == "variables":
            keys.update({k.start_mark.line + 1: f"variable {k.value}" for k, _ in value.value})
    names = comments.numbered(comments.key(d) for d in old.dependencies)
    keys.update({d.origin.line: key for d, key in zip(old.dependencies, names) if d.origin.line})
    keys.update({o.origin.line: f"pip {o.text}" for o in old.options if o.origin.line})
    return keys


def quoted(text: str) -> str:
    """Return a scalar that YAML reads back as this very text."""
    plain = re.fullmatch(r"[A-Za-z0-9_./-][A-Za-z0-9_ ./=<>!~*,+|@:#\[\]()$&?%{};'\"-]*", text)
    if plain and not re.search(r": |\s#|\s$|:$|^-\s|^-$|^\.|^--", text) and _is_text(text):
        return text
    return '"' + "".join(_escaped(c) for c in text) + '"'


def _is_text(text: str) -> bool:
    """Return whether YAML 1.1 reads a plain scalar as text and not as a number, null or date."""
    if re.match(r"[-+.]?[0-9]", text):
        return bool(re.search(r"[A-Zac-df-wyz=<>/]", text))
    words = {"", "y", "n", "yes", "no", "true", "false", "on", "off", "null", "nan"}
    return text.lower() not in words


def _escaped(char: str) -> str:
    code = ord(char)
    if char in '"\\':
        return "\\" + char
    if " " <= char <= "~" or (char.isprintable() and code > 0xA0 and code != 0xFEFF):  # noqa: PLR2004
        return char
    if code <= 0xFF:  # noqa: PLR2004
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004
