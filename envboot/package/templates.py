"""The real files that generated ones begin as: those of the folder ``templates``."""

from __future__ import annotations

import pkgutil
from pathlib import Path

import envboot


def text(name: str) -> str:
    r"""Return a template; line ends ``\n``. It is ASCII, so it fits into a file of any encoding."""
    data = pkgutil.get_data("envboot.templates", name)
    if data is None:  # a source tree that is not installed
        data = (Path(envboot.__file__).parent.parent / "templates" / name).read_bytes()
    return data.decode("ascii").replace("\r\n", "\n")
