"""requirements.txt, as pip documents it; also constraints files, which look the same."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from envboot.errors import InvalidFile
from envboot.formats.parts import comments, encoding, requirement, versions
from envboot.spec import Dependency, EnvironmentSpec, Include, Notice, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

PATTERNS = ("requirements*.txt", "*requirements.txt", "constraints*.txt", "*.in")
FILENAME = "requirements.txt"

# Options that stand on a line of their own and whether a value follows.
# Source: pip's documentation, "Requirements File Format"; `--torch-backend` is uv's.
_OPTIONS = {
    "--index-url": True,
    "--pypi-url": True,
    "--extra-index-url": True,
    "--find-links": True,
    "--no-binary": True,
    "--only-binary": True,
    "--trusted-host": True,
    "--use-feature": True,
    "--no-index": False,
    "--prefer-binary": False,
    "--require-hashes": False,
    "--pre": False,
}
_SHORT = {"-i": "--index-url", "-f": "--find-links"}
_INCLUDE = re.compile(r"(-r|--requirement|-c|--constraint)(?:\s+|=|(?=[^-\s]))(.+)")


class Row(NamedTuple):
    """One logical line: continuation lines joined, comments off."""

    text: str
    line: int
    """1-based number of its first line."""
    why: str = ""
    """The evidence in the comment that was taken off."""


def parse(text: str, origin: Origin) -> EnvironmentSpec:
    """Return what the file asks for; included files are named, not read.

    A line ``python==3.8`` is a common mistake (pip finds no such package): it is taken as the
    version of Python and reported.
    """
    spec = EnvironmentSpec(source=origin, as_written=True)
    dependencies: list[Dependency] = []
    for row in rows(text):
        at = Origin(origin.path, row.line)
        option, include = read_option(row.text, at)
        if include:
            spec = replace(spec, includes=(*spec.includes, include))
        elif option:
            spec = replace(spec, options=(*spec.options, option))
        else:
            found = replace(requirement.line(row.text, at), why=row.why)
            if found.name == "python":
                spec = _python(spec, found)
            else:
                dependencies.append(found)
    return replace(spec, dependencies=tuple(dependencies))


def rows(text: str) -> Iterator[Row]:
    """Yield the logical lines of a requirements file, as pip joins them."""
    joined: list[str] = []
    start = 0
    for number, line in enumerate([*encoding.lines(text.lstrip("\ufeff")), ""], 1):
        start = start or number
        comment = re.match(r"\s*#", line)
        if line.endswith("\\") and not comment:
            joined.append(line[:-1].strip() + " ")
            continue
        whole = requirement.uncommented("".join([*joined, line.strip()]))
        if whole:
            yield Row(whole, start, comments.why(line))
        joined, start = [], 0


def read_option(text: str, origin: Origin) -> tuple[Dependency | None, Include | None]:
    """Return the option or the include that a line is; (None, None) for a requirement."""
    if not text.startswith("-") or re.match(r"-e|--editable(\s|=)", text):
        return None, None
    text = requirement.clean(text, origin)
    found = _INCLUDE.fullmatch(text)
    if found:
        kind = "constraints" if found.group(1) in {"-c", "--constraint"} else "requirements"
        path = found.group(2).strip().strip("\"'")
        return None, Include(path.replace("\\", "/"), kind, origin)  # type: ignore[arg-type]
    flag, value = _flag(text)
    if flag not in _OPTIONS:
        raise InvalidFile(
            f"`{requirement.short(flag)}` is not an option of requirements files",
            hint="remove the line, or correct it",
            origin=origin,
        )
    if _OPTIONS[flag] != bool(value):
        missing = "needs a value" if _OPTIONS[flag] else "takes no value"
        raise InvalidFile(f"`{flag}` {missing}", hint="correct the line", origin=origin)
    return Dependency(flag, text, "pypi", origin), None


def _flag(text: str) -> tuple[str, str]:
    found = re.match(r"(-[if])(?:\s*=?\s*)(\S.*)?$", text) if not text.startswith("--") else None
    if found:
        return _SHORT[found.group(1)], found.group(2) or ""
    flag, value = [*re.split(r"[\s=]+", text, maxsplit=1), ""][:2]
    return flag, value


def _python(spec: EnvironmentSpec, found: Dependency) -> EnvironmentSpec:
    constraint = re.sub(r"^python\s*", "", found.text, flags=re.IGNORECASE)
    wanted = versions.conda_python(constraint)
    notice = Notice(
        f"`{found.text}` is no package: pip cannot install Python"
        + (f"; taken as the version of Python ({wanted})" if wanted else "; the line is ignored"),
        found.origin,
    )
    return replace(
        spec,
        python=spec.python or wanted,
        python_origin=spec.python_origin or (found.origin if wanted else None),
        notices=(*spec.notices, notice),
        as_written=False,
    )


def render(spec: EnvironmentSpec, before: str = "") -> str:
    """Return the file: options, includes, then the packages of the Python index, one a line.

    Conda's packages, the version of Python, and constraints that were read from elsewhere have
    no place in it. Comments of ``before`` stay with their package, the rest at the end.
    """
    asked = [d for d in spec.dependencies if d.ecosystem == "pypi"]
    texts = [o.text for o in spec.options]
    texts += [_included(include) for include in spec.includes]
    made = [comments.Line(text, text) for text in texts]
    keys = comments.numbered(comments.key(d) for d in asked)
    made += [comments.Line(key, d.text, d.why) for key, d in zip(keys, asked)]
    return comments.keep(made, before, _keys(before))


def _included(include: Include) -> str:
    return f"{'-r' if include.kind == 'requirements' else '-c'} {include.path}"


def _keys(before: str) -> dict[int, str]:
    """Return the key of what stands in each line of the old file; a broken file has none."""
    try:
        old = parse(before, Origin(FILENAME))
    except InvalidFile:
        return {}
    keys = comments.numbered(comments.key(d) for d in old.dependencies)
    found = {d.origin.line: key for d, key in zip(old.dependencies, keys)}
    found.update({o.origin.line: o.text for o in old.options})
    found.update({i.origin.line: _included(i) for i in old.includes})
    return {line: key for line, key in found.items() if line}
