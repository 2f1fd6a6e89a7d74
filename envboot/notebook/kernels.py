"""Which Python a notebook's kernel is: by the kernelspec of that name on this computer.

Only files are read. Source: jupyter_core, "Data files", and jupyter_client, "Kernel specs".
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envboot import kernel
from envboot.site import python_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from envboot.shell import Shell

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*w?(?:\.exe)?", re.IGNORECASE)


def interpreter(metadata: Mapping[str, Any], shell: Shell) -> tuple[str, str]:
    """Return the path of the Python of a notebook's kernel, and a sentence where it has none here.

    Both are "" for a notebook without a kernel. The name is a stranger's, the kernelspec is the
    person's own.
    """
    said = metadata.get("kernelspec")
    name = said.get("name") if isinstance(said, dict) else None
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return "", ""
    for folder in _folders(shell):
        data = shell.read(folder / "kernels" / name / "kernel.json", 1 << 20)
        if data is not None:
            found = _python(data, folder, shell)
            return found, "" if found else f"the kernel `{name}` does not say which Python it is"
    return "", f"no kernel `{name}` is registered here"


def _folders(shell: Shell) -> Iterator[Path]:
    """Yield Jupyter's data folders, in its own order."""
    environ = shell.environ
    separator = ";" if shell.platform.system == "Windows" else ":"
    said = (Path(p) for p in environ.get("JUPYTER_PATH", "").split(separator))
    yield from (p for p in said if p.is_absolute())  # else it would be of whatever folder this is
    own = kernel.data_dir(shell)
    if own:
        yield own
    prefixes = [Path(environ.get(name, "")) for name in ("VIRTUAL_ENV", "CONDA_PREFIX")]
    jupyter = shell.which("jupyter")
    prefixes += [jupyter.parent.parent] if jupyter else []
    yield from (prefix / "share" / "jupyter" for prefix in prefixes if prefix.is_absolute())
    yield from (Path("/usr/local/share/jupyter"), Path("/usr/share/jupyter"))
    if environ.get("PROGRAMDATA"):
        yield Path(environ["PROGRAMDATA"]) / "jupyter"


def _python(data: bytes, folder: Path, shell: Shell) -> str:
    """Return the interpreter that a kernelspec starts, "" where it starts something else."""
    try:
        argv = json.loads(data)["argv"]
        program = argv[0]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return ""
    if not isinstance(program, str) or "\0" in program:
        return ""
    path = Path(program)
    if not _PYTHON.fullmatch(path.name):
        return ""
    if not path.is_absolute():  # of the environment that the kernelspec lies in, as Jupyter does it
        inside = folder.parts[-2:] == ("share", "jupyter")
        own = python_of(folder.parent.parent, shell) if inside else None
        path = own if own and shell.kind(own) == "file" else shell.which(program) or path
    return str(path) if path.is_absolute() and shell.kind(path) == "file" else ""
