"""One notebook's bytes, with its environment in it and without; pure, and undone byte for byte."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from envboot.formats import notebook as nb
from envboot.formats.notebook import cells, environment
from envboot.notebook import pep723

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envboot.formats.notebook import Notebook
    from envboot.formats.notebook.environment import Embedded
    from envboot.spec import Origin

SPEC = ("metadata", "kernelspec")
KEPT = (*nb.OWN, "kernelspec")
_OURS = re.compile(r"envboot-[0-9a-f]{12}")
_PORTABLE = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
_KEYS = frozenset(
    (*environment.TOP, "env_ver", "files", "sources", "container", "machine_configuration")
) | {"git", "cloud"}


def with_environment(data: bytes, known: Notebook, embedded: Embedded, origin: Origin) -> bytes:
    """Return ``data`` with ``embedded`` in it, and the kernel that every computer has.

    Where somebody else has the key, ours go in beside theirs, and once more into
    ``metadata.envboot.environment``: their next save may take ours out. Raises InvalidFile, with
    ``origin``, where `metadata.envboot` is no object.
    """
    raw = known.environment
    if not shared(known):
        return nb.put(data, nb.ENVIRONMENT, environment.render(embedded, raw), origin)
    mirror = environment.render(replace(embedded, unknown={}), known.own.get("environment"))
    if environment.is_ours(raw) or (isinstance(raw, dict) and raw and not _KEYS & raw.keys()):
        data = nb.put(data, nb.ENVIRONMENT, {**_theirs(raw), **mirror}, origin)
    return nb.put(data, environment.MIRROR, mirror, origin)


def without_environment(data: bytes, known: Notebook) -> bytes:
    """Return ``data`` without what envboot put in; what somebody else put in stays."""
    raw = known.environment
    data = cells.take_cell(data, pep723.MARK) if pep723.is_there(data) else data
    data = _with_kernel(data, known, None)
    if environment.is_ours(raw):
        theirs = _theirs(raw) if shared(known) else {}
        data = nb.put(data, nb.ENVIRONMENT, theirs) if theirs else nb.take(data, nb.ENVIRONMENT)
    return nb.take(data, environment.MIRROR)


def _theirs(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return what somebody else has in the key."""
    return {key: value for key, value in raw.items() if key not in _KEYS}


def portable(data: bytes, known: Notebook) -> bytes:
    """Return ``data`` with the kernel that it had before one of this computer's was put there."""
    spec = known.metadata.get("kernelspec")
    language = str(spec.get("language", "python")) if isinstance(spec, dict) else ""
    return _with_kernel(data, known, _PORTABLE if language.lower() == "python" else None)


def shared(known: Notebook) -> bool:
    """Return whether the key is somebody else's, too."""
    raw = known.environment
    if raw is not None and not environment.is_ours(raw):
        return True
    return environment.is_ours(known.own.get("environment"))


def value(known: Notebook) -> Mapping[str, Any]:
    """Return what a notebook carries of ours, as it stands there; {} for nothing."""
    for raw in (known.environment, known.own.get("environment")):
        if isinstance(raw, dict) and environment.is_ours(raw):
            return raw
    return {}


def _with_kernel(data: bytes, known: Notebook, usual: Mapping[str, str] | None) -> bytes:
    """Put the kernel back that was kept; one that somebody chose since then stays."""
    spec, kept = known.metadata.get("kernelspec"), known.own.get("kernelspec")
    ours = isinstance(spec, dict) and _OURS.fullmatch(str(spec.get("name")))
    if ours and isinstance(kept, dict) and kept:
        data = nb.put(data, SPEC, kept)
    elif ours:
        data = nb.put(data, SPEC, usual) if usual else nb.take(data, SPEC)
    return nb.take(data, KEPT) if "kernelspec" in known.own else data
