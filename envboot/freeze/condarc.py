"""``.condarc``: where conda keeps environments, and in which order it asks channels.

Only these two lists are read, by YAML nodes; what is no YAML says nothing. Source: conda's
documentation ("Using the .condarc conda configuration file", "Searching for .condarc").
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from envboot.errors import InvalidFile
from envboot.freeze import channels
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envboot.shell import Shell

_ENVS = ("envs_dirs", "envs_path")
_CHANNELS = ("channels", "channel")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_SYSTEM = ("/etc/conda", "/var/lib/conda")


def folders_of_environments(shell: Shell, root: Path | None) -> tuple[Path, ...]:
    """Return ``envs_dirs`` as set in files; ``root`` is conda's own installation."""
    texts = (_expanded(t, shell) for t in _lists(_files(shell, root, None), _ENVS, shell))
    return tuple(p for p in map(Path, texts) if p.is_absolute())


def channel_order(shell: Shell, root: Path | None, prefix: Path) -> tuple[str, ...]:
    """Return the channels that are set in files, highest priority first."""
    found = map(channels.name, _lists(_files(shell, root, prefix), _CHANNELS, shell))
    return tuple(dict.fromkeys(name for name in found if name))


def _files(shell: Shell, root: Path | None, prefix: Path | None) -> tuple[Path, ...]:
    """Return the files that there are, the strongest first."""
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
    found += [Path(own) for name in ("CONDARC", "MAMBARC") if (own := shell.environ.get(name))]
    return tuple(dict.fromkeys(reversed(found)))


def _in(folder: Path, shell: Shell) -> tuple[Path, ...]:
    parts = (p for p in shell.folder(folder / "condarc.d") if p.suffix in {".yml", ".yaml"})
    return (folder / ".condarc", folder / "condarc", *parts)


def _lists(files: tuple[Path, ...], keys: tuple[str, ...], shell: Shell) -> Iterator[str]:
    """Yield the texts of one list, file by file, as conda joins them."""
    import yaml

    from envboot.formats.parts import yaml_nodes

    for file in files:
        data = shell.read(file, 1 << 18)
        if not data or not any(k.encode() in data for k in keys):
            continue
        try:
            node = yaml_nodes.compose(data.decode("utf-8", "replace"), Origin(str(file)))
        except InvalidFile:
            continue
        for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
            if not isinstance(key, yaml.ScalarNode) or key.value not in keys:
                continue
            items = value.value if isinstance(value, yaml.SequenceNode) else [value]
            yield from (i.value for i in items if isinstance(i, yaml.ScalarNode) and i.value)


def _expanded(text: str, shell: Shell) -> str:
    """Return a path with the variables and the home folder that it names."""
    whole = _VARIABLE.sub(lambda m: shell.environ.get(m[1] or m[2], ""), text)
    if whole == "~" or whole.startswith(("~/", "~\\")):
        return f"{shell.home or ''}{whole[1:]}"
    return whole
