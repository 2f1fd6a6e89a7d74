"""A dependency file that a person wrote: lines put in and taken out, no other one touched.

What envboot put in says so behind it (``# envboot: cv2 in see.py:3``), and only such lines are
changed or taken out again. Texts have line feeds; :func:`envboot.formats.parts.encoding.encode`
gives them the line ends of the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from envboot.errors import InvalidFile
from envboot.formats import environment_yml, requirements_txt
from envboot.formats.parts import comments, yaml_nodes
from envboot.spec import Dependency, Origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    import yaml

    from envboot.spec import EnvironmentSpec

CARRIED = "carried by `--variable`"
"""Behind the line of a variable."""
PIP = "for what stands below `pip:`"
"""Why pip is in an environment.yml."""
BY_HAND = "by hand"
"""The first words behind a person's line in a file that envboot made."""
_WAS = re.compile(r"was `([^`]+)`")
_ORIGIN = Origin("")


@dataclass
class _Rows:
    """The lines of a file, 1-based, while they are changed."""

    rows: list[str]
    gone: set[int] = field(default_factory=set)
    below: dict[int, list[str]] = field(default_factory=dict)

    def text(self) -> str:
        out = [*self.below.get(0, [])]
        for number, row in enumerate(self.rows, 1):
            out += [] if number in self.gone else [row]
            out += self.below.get(number, [])
        return "\n".join(out)

    def put(self, number: int, row: str) -> None:
        """Add a row below that line, and below those that were added there."""
        self.below.setdefault(number, []).append(row)

    def end(self) -> int:
        """Return the last line with text in it."""
        return max((n for n, row in enumerate(self.rows, 1) if row.strip()), default=0)


def requirements(before: str, spec: EnvironmentSpec, *, fill: bool = False) -> str:
    """Return a requirements file with envboot's lines as ``spec`` has them. Raises InvalidFile.

    ``fill``: lines of people that are a name alone get the version too.
    """
    file = _Rows(before.split("\n"))
    old = requirements_txt.parse(before, _ORIGIN).dependencies
    wanted = [d for d in spec.dependencies if d.ecosystem == "pypi"]
    for dependency in _exchange(file, old, wanted, fill=fill):
        file.put(file.end(), _row("", dependency))
    text = file.text()
    return text if text.endswith("\n") or text == before else f"{text}\n"


def environment(before: str, spec: EnvironmentSpec, *, fill: bool = False) -> str:
    """Return an environment.yml with envboot's lines as ``spec`` has them. Raises InvalidFile.

    Where its lists are written in one line (``[a, b]``) it is written anew, with its comments.
    """
    root = yaml_nodes.compose(before, _ORIGIN)
    old = environment_yml.parse(before, _ORIGIN)
    file = _Rows(before.split("\n"))
    wanted = with_pip(spec.dependencies)
    there = {(d.ecosystem, d.name) for d in old.dependencies}
    if ("conda", "pip") not in there and any(kind == "pypi" for kind, _ in there):
        wanted = tuple(d for d in wanted if comments.key(d) != "conda pip")  # a person's own way
    new = _exchange(file, old.dependencies, wanted, fill=fill)
    fits = _list(file, _value(root, "dependencies"), new)
    fits = fits and _variables(file, root, old, spec)
    text = file.text()
    text = text if text.endswith("\n") or text == before else f"{text}\n"
    return text if fits and _holds(text, wanted) else environment_yml.render(spec, before)


def with_pip(dependencies: tuple[Dependency, ...]) -> tuple[Dependency, ...]:
    """Return them with pip itself, which conda wants where anything is left to it."""
    asked = {(d.ecosystem, d.name) for d in dependencies}
    if all(d.ecosystem == "conda" for d in dependencies) or ("conda", "pip") in asked:
        return dependencies
    return (*dependencies, Dependency("pip", "pip", "conda", _ORIGIN, PIP))


def strip(text: str) -> str:
    """Return a dependency file without all that envboot put in or changed."""
    rows = (_stripped(row) if comments.MARK in row else row for row in text.split("\n"))
    return "\n".join(row for row in rows if row is not None)


def is_ours(why: str) -> bool:
    """Return whether the evidence behind a line says that envboot wrote it."""
    return bool(why) and why.split(";", maxsplit=1)[0] != BY_HAND


def _stripped(row: str) -> str | None:
    """Return a row as it was; None when it was not there."""
    said = comments.why(row)
    if not said:
        return None if row.strip().startswith(comments.MARK) else row
    bare = row[: row.rindex(comments.MARK)].rstrip()
    if not is_ours(said):
        return bare
    was = _WAS.match(said)
    if not was:
        return None
    body, _, comment = bare.partition(" #")
    lead = re.match(r"\s*(?:- )?", body)
    kept = f"{lead.group() if lead else ''}{was.group(1)}"
    return f"{kept}  #{comment}" if comment else kept


def _exchange(
    file: _Rows, old: Sequence[Dependency], wanted: Sequence[Dependency], *, fill: bool
) -> list[Dependency]:
    """Renew or take out the lines of envboot; return what has no line yet.

    ``fill``: a person's line that is a name alone gets the version, and the note of what it was.
    """
    new = dict(zip(comments.numbered(comments.key(d) for d in wanted), wanted))
    for key, there in zip(comments.numbered(comments.key(d) for d in old), old):
        found, line = new.pop(key, None), there.origin.line
        if not line:
            continue
        row, was = file.rows[line - 1], _WAS.match(there.why)
        hand = not is_ours(there.why)
        if hand and not (fill and found and found.text != there.text):
            continue
        if found is None and was is None:
            file.gone.add(line)
        elif found is None:
            file.rows[line - 1] = _stripped(row) or row
        else:
            text = was.group(1) if was else there.text if hand else ""
            note = f"was `{text}`; {found.why}" if text else found.why
            renewed = replace(found, why=note)
            if renewed.text != there.text:  # evidence alone is no reason to change a line
                file.rows[line - 1] = _renewed(row, renewed)
    return list(new.values())


def _renewed(row: str, dependency: Dependency) -> str:
    """Return a row with another text and evidence; indentation and a person's comment stay."""
    lead = re.match(r"\s*(?:- )?", row)
    bare = row[: row.rindex(comments.MARK)].rstrip() if comments.MARK in row else row.rstrip()
    comment = re.search(r"\s(#.*)$", bare)
    made = _row(lead.group() if lead else "", dependency)
    body, mark, evidence = made.partition(f"  {comments.MARK}")
    return f"{body}  {comment.group(1)}{mark}{evidence}" if comment else made


def _row(lead: str, dependency: Dependency) -> str:
    text = environment_yml.quoted(dependency.text) if lead.endswith("- ") else dependency.text
    return f"{lead}{text}  {comments.MARK} {comments.plain(dependency.why) or 'asked for'}"


def _list(file: _Rows, node: yaml.Node | None, new: list[Dependency]) -> bool:
    """Put new lines at the end of the list of dependencies; False where it has another form."""
    if not new:
        return True
    if node is None or not _is_block(node):
        return False
    conda = [d for d in new if d.ecosystem == "conda"]
    pip = [d for d in new if d.ecosystem == "pypi"]
    lists = [value for item in node.value for key, value in _pairs(item) if key == "pip"]
    if any(not _is_block(found) for found in lists):
        return False
    plain = [item for item in node.value if isinstance(item.value, str)]
    margin = " " * (node.start_mark.column)
    at = max((_last(item) for item in plain), default=node.start_mark.line)
    for dependency in conda:
        file.put(at, _row(f"{margin}- ", dependency))
    if not pip:
        return True
    deep, end = f"{margin}    ", max([at, *(_last(item) for item in node.value)])
    if lists:
        deep, end = " " * lists[0].start_mark.column, max(_last(item) for item in lists[0].value)
    else:
        file.put(end, f"{margin}- pip:  {comments.MARK} not at conda")
    for dependency in pip:
        file.put(end, _row(f"{deep}- ", dependency))
    return True


def _variables(
    file: _Rows, root: yaml.Node | None, old: EnvironmentSpec, spec: EnvironmentSpec
) -> bool:
    """Put in the variables that are carried; False where they have another form."""
    new = {k: v for k, v in spec.variables if (k, v) not in old.variables}
    if not new:
        return True
    node = _value(root, "variables")
    margin = "  "
    if node is None:
        at = file.end()
        file.put(at, f"variables:  {comments.MARK} {CARRIED}")
    elif not _is_block(node):
        return False
    else:
        margin = " " * node.start_mark.column
        at = max(_last(value) for _, value in node.value)
        for key, _ in node.value:
            if key.value in new:
                file.gone.add(key.start_mark.line + 1)
    for name, value in new.items():
        quoted = environment_yml.quoted(value)
        file.put(at, f"{margin}{name}: {quoted}  {comments.MARK} {CARRIED}")
    return True


def _holds(text: str, dependencies: Sequence[Dependency]) -> bool:
    """Return whether all that is wanted is read back."""
    try:
        found = environment_yml.parse(text, _ORIGIN)
    except InvalidFile:
        return False
    wanted = {comments.key(d) for d in dependencies}
    return wanted <= {comments.key(d) for d in found.dependencies}


def _value(root: yaml.Node | None, name: str) -> yaml.Node | None:
    return next((value for key, value in _pairs(root) if key == name), None)


def _pairs(node: yaml.Node | None) -> list[tuple[str, yaml.Node]]:
    if node is None or not isinstance(node.value, list):
        return []
    return [(str(p[0].value), p[1]) for p in node.value if isinstance(p, tuple)]


def _is_block(node: yaml.Node | None) -> bool:
    """Return whether a node is a list with items, one a line."""
    return bool(node is not None and isinstance(node.value, list) and node.value) and not getattr(
        node, "flow_style", True
    )


def _last(node: yaml.Node) -> int:
    """Return the last line of what a node stands for."""
    if isinstance(node.value, str):
        return int(node.end_mark.line) + 1
    inner = [p for v in node.value for p in (v if isinstance(v, tuple) else (v,))]
    return max([node.start_mark.line + 1, *(_last(n) for n in inner)])
