"""Jupyter's signature of a notebook: one that was trusted stays so, and no other becomes it.

Changing the metadata makes Jupyter forget that a notebook was trusted. So it is asked before, and
the new bytes are signed afterwards, if they are the ones that were written. Source: nbformat.sign.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from envboot import kernel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from envboot.shell import Shell

_DATABASE = "nbsignatures.db"
# Runs in a Python with nbformat; asks or signs each notebook, as it is on the disk right then.
_SCRIPT = """
import sys
sys.path[:] = [place for place in sys.path if place]  # not the folder of whoever started it
import hashlib, json, warnings
warnings.simplefilter("ignore")
import nbformat
from nbformat.sign import NotebookNotary
notary, out = NotebookNotary(), []
for path, digest in json.load(sys.stdin):
    try:
        with open(path, "rb") as file:
            data = file.read()
        if digest and hashlib.sha256(data).hexdigest() != digest:
            continue
        found = nbformat.reads(data.decode("utf-8"), as_version=4)
        if digest:
            notary.sign(found)
            out.append(path)
        elif notary.check_signature(found):
            out.append(path)
    except Exception:
        continue
sys.stdout.write("\\nenvboot-trust:" + json.dumps(out))
"""
_MARK = "envboot-trust:"


def trusted(paths: Sequence[Path], shell: Shell) -> frozenset[Path]:
    """Return which notebooks Jupyter trusts; none where it never signed one. Never raises."""
    return _ask([(path, "") for path in paths], shell)


def sign(written: Mapping[Path, bytes], shell: Shell) -> frozenset[Path]:
    """Sign notebooks that were trusted before, as they were written; return those that are."""
    rows = [(path, hashlib.sha256(data).hexdigest()) for path, data in written.items()]
    return _ask(rows, shell)


def _ask(rows: Sequence[tuple[Path, str]], shell: Shell) -> frozenset[Path]:
    place = kernel.data_dir(shell)
    if not rows or place is None or not shell.mark(place / _DATABASE):
        return frozenset()
    python = _python(shell)
    if python is None:
        return frozenset()
    feed = json.dumps([[str(path), digest] for path, digest in rows]).encode()
    said = shell.query((str(python), "-E", "-c", _SCRIPT), timeout=60 + 2 * len(rows), feed=feed)
    try:
        found = json.loads((said.out or "").rpartition(_MARK)[2])
    except ValueError:
        return frozenset()
    known = {str(path): path for path, _ in rows}
    return frozenset(known[text] for text in found if text in known)


def _python(shell: Shell) -> Path | None:
    """Return a Python with nbformat: this one, or that of Jupyter."""
    if importlib.util.find_spec("nbformat") is not None and sys.executable:
        return Path(sys.executable)
    jupyter = shell.which("jupyter")
    if jupyter is None:
        return None
    try:
        first = (shell.read(jupyter, 1024) or b"").split(b"\n")[0].decode("utf-8", "replace")
        beside = (jupyter.parent, jupyter.resolve().parent)
    except (OSError, RuntimeError):
        return None
    shebang = Path(first[2:].strip()) if first.startswith("#!/") and " " not in first else None
    places = (*(folder / name for folder in beside for name in ("python", "python.exe")),)
    return next((p for p in (shebang, *places) if p and shell.kind(p) == "file"), None)
