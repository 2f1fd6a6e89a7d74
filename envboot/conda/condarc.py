"""The files that configure conda, and conda's variables: where they lie and how they are joined.

Files are read as YAML nodes; one that is no YAML, or that cannot be read, says nothing, as conda
only warns of it. Sources: conda's documentation ("Using the .condarc conda configuration file":
"Searching for .condarc", "Precedence", "Obtaining information from the .condarc file" with
``#!final``, ``#!top`` and ``#!bottom``), mamba's ("Configuration").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from envboot.errors import InvalidFile
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import yaml

    from envboot.shell import Shell

_SYSTEM = ("/etc/conda", "/var/lib/conda")
_LIMIT = 1 << 18
"""Bytes of one file."""
_DEPTH = 3
"""Of what is read: a map of lists."""
_FLAG = re.compile(r"#!(final|top|bottom)\s*$")
_UNIX_VARIABLE = re.compile(r"\$(?:\{([^}]*)\}|(\w+))", re.ASCII)
_WINDOWS_VARIABLE = re.compile(r"%([^%\s]+)%")
_ALIASES = {
    "channel": "channels",
    "envs_path": "envs_dirs",
    "verify_ssl": "ssl_verify",
    "client_cert": "client_ssl_cert",
    "client_cert_key": "client_ssl_cert_key",
    "whitelist_channels": "allowlist_channels",
    "conda-build": "conda_build",
}


@dataclass(frozen=True)
class Value:
    """One value of one file: a text, a list or a map of values; None for nothing."""

    of: str | tuple[Value, ...] | dict[str, Value] | None
    flag: str = ""
    """final, top, bottom or ""."""


def files(shell: Shell, root: Path | None, prefix: Path | None) -> tuple[Path, ...]:
    """Return where the files may be, the weakest first.

    ``root`` is conda's own installation, ``prefix`` the environment whose settings count, too.
    """
    found: list[Path] = []
    if shell.platform.system != "Windows":
        for place in _SYSTEM:
            found += _in(Path(place), shell)
    else:
        found += _in(Path("C:/ProgramData/conda"), shell)
    if root:
        found += _in(root, shell)
    if config := shell.environ.get("XDG_CONFIG_HOME"):
        found += _in(Path(config) / "conda", shell)
    if shell.home:
        found += _in(shell.home / ".config" / "conda", shell)
        found += _in(shell.home / ".conda", shell)
        found += [shell.home / ".condarc", shell.home / ".mambarc"]
    if prefix:
        found += _in(prefix, shell)
    for name in ("CONDARC", "MAMBARC"):
        if own := shell.environ.get(name):
            path = Path(own)
            named = path.name in {".condarc", "condarc", ".mambarc"} or _is_yaml(path)
            found += [path] if named else _parts(path, shell)
    return tuple(dict.fromkeys(found))


def _in(folder: Path, shell: Shell) -> list[Path]:
    return [folder / ".condarc", folder / "condarc", *_parts(folder / "condarc.d", shell)]


def _parts(folder: Path, shell: Shell) -> list[Path]:
    return [p for p in shell.folder(folder) if _is_yaml(p)]


def _is_yaml(path: Path) -> bool:
    return path.suffix in {".yml", ".yaml"}


def sources(
    shell: Shell, root: Path | None, prefix: Path | None, lists: Iterable[str], paths: Iterable[str]
) -> tuple[dict[str, Value], ...]:
    """Return what each file says, the weakest first, and last the variables ``CONDA_*``.

    ``lists`` are the keys whose variable holds several values, split at commas; those of ``paths``
    at what separates paths.
    """
    read = (_of_file(path, shell) for path in files(shell, root, prefix))
    return (*filter(None, read), _of_variables(shell, frozenset(lists), frozenset(paths)))


def _of_file(path: Path, shell: Shell) -> dict[str, Value]:
    import yaml

    from envboot.formats.parts import yaml_nodes

    data = shell.read(path, _LIMIT)
    if not data:
        return {}
    text = data.decode("utf-8-sig", "replace")
    try:
        node = yaml_nodes.compose(text, Origin(str(path)))
    except InvalidFile:
        return {}
    if not isinstance(node, yaml.MappingNode):
        return {}
    return _renamed(_pairs(node, text.splitlines()))


def _renamed(pairs: Iterable[tuple[str, Value]]) -> dict[str, Value]:
    """Return the values by the key's own name, which wins over its other names."""
    found: dict[str, Value] = {}
    for key, value in pairs:
        name = _ALIASES.get(key, key)
        if name == key or name not in found:
            found[name] = value
    return found


def _pairs(
    node: yaml.MappingNode, rows: Sequence[str], depth: int = 0
) -> Iterator[tuple[str, Value]]:
    import yaml

    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode):
            yield key.value, _value(value, rows, _flag(key, rows), depth + 1)


def _value(node: yaml.Node, rows: Sequence[str], flag: str, depth: int) -> Value:
    import yaml

    from envboot.formats.parts import yaml_nodes

    if yaml_nodes.empty(node) or depth > _DEPTH:
        return Value(None, flag)
    if isinstance(node, yaml.SequenceNode):
        flags = [_flag(item, rows) if not node.flow_style else "" for item in node.value]
        items = zip(node.value, flags)
        return Value(tuple(_value(item, rows, own, depth + 1) for item, own in items), flag)
    if isinstance(node, yaml.MappingNode):
        return Value(dict(_pairs(node, rows, depth)), flag)
    return Value(str(node.value), flag)


def _flag(node: yaml.Node, rows: Sequence[str]) -> str:
    line = node.start_mark.line
    match = _FLAG.search(rows[line]) if line < len(rows) else None
    return match[1] if match else ""


def _of_variables(shell: Shell, lists: frozenset[str], paths: frozenset[str]) -> dict[str, Value]:
    separator = ";" if shell.platform.system == "Windows" else ":"

    def pairs() -> Iterator[tuple[str, Value]]:
        for variable, text in shell.environ.items():
            if not variable.startswith("CONDA_"):
                continue
            key = variable[len("CONDA_") :].lower()
            name = _ALIASES.get(key, key)
            if name in lists or name in paths:
                parts = text.split(separator if name in paths else ",")
                yield key, Value(tuple(Value(p.strip()) for p in parts if p.strip()))
            else:
                plain, important, _ = text.partition("!important")
                yield key, Value(plain.strip(), "final" if important else "")

    return _renamed(pairs())


# ------------------------------------------------------------------------- joining


def _heeded(found: Sequence[dict[str, Value]], key: str) -> list[Value]:
    """Return the values of a key, the weakest first, as far as the first that is final."""
    values = [s[key] for s in found if key in s and s[key].of is not None]
    final = next((n for n, v in enumerate(values) if v.flag == "final"), len(values))
    return values[: final + 1]


def scalar(found: Sequence[dict[str, Value]], key: str) -> str | None:
    """Return the text of a key: the strongest one, unless a weaker is final; None without any."""
    values = [s[key] for s in found if key in s and isinstance(s[key].of, str)]
    if not values:
        return None
    chosen = next((v for v in values if v.flag == "final"), values[-1])
    return str(chosen.of)


def sequence(found: Sequence[dict[str, Value]], key: str) -> tuple[str, ...] | None:
    """Return the joined list of a key, the strongest file's items first; None without any."""
    values = [v for v in _heeded(found, key) if isinstance(v.of, tuple)]
    return _joined(values) if values else None


def _joined(values: Sequence[Value]) -> tuple[str, ...]:
    """Return the items: those marked as top, those of the strongest, those marked as bottom."""

    def items(value: Value, flag: str | None = None) -> list[str]:
        own = value.of if isinstance(value.of, tuple) else ()
        return [i.of for i in own if isinstance(i.of, str) and flag in {None, i.flag}]

    top = [i for v in values for i in items(v, "top")]
    rows = list(dict.fromkeys((*top, *(i for v in reversed(values) for i in items(v)))))
    bottom = [i for v in reversed(values) for i in items(v, "bottom")]
    return tuple(reversed(list(dict.fromkeys((*reversed(bottom), *reversed(rows))))))


def mapping(found: Sequence[dict[str, Value]], key: str) -> dict[str, str | tuple[str, ...]]:
    """Return the merged map of a key: texts are overridden, lists joined."""
    maps = [v.of for v in _heeded(found, key) if isinstance(v.of, dict)]
    out: dict[str, str | tuple[str, ...]] = {}
    for name in dict.fromkeys(n for m in maps for n in m):
        values = [m[name] for m in maps if name in m and m[name].of is not None]
        lists = [v for v in values if isinstance(v.of, tuple)]
        final = [v for v in values if v.flag == "final"]
        if lists:
            out[name] = _joined(lists)
        elif values and isinstance((final or values)[-1].of, str):
            out[name] = str((final or values)[-1].of)
    return out


def expanded(text: str, environ: Mapping[str, str]) -> str:
    """Return a text with the variables that it names; an unknown one stays as it is written.

    As :func:`os.path.expandvars`; ``%NAME%``, which is for Windows, elsewhere names none.
    """

    def of(match: re.Match[str]) -> str:
        return environ.get(next((g for g in match.groups() if g), ""), match[0])

    if "SYSTEMROOT" in environ:  # so spelt by Python
        text = _WINDOWS_VARIABLE.sub(of, text)
    return _UNIX_VARIABLE.sub(of, text)


def at_home(text: str, shell: Shell) -> str:
    """Return a path with the variables and the home folder that it names."""
    whole = expanded(text, shell.environ)
    if whole == "~" or whole.startswith(("~/", "~\\")):
        return f"{shell.home or '~'}{whole[1:]}"
    return whole
