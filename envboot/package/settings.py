"""What the owner settled once: ``[tool.envboot.package]`` or ``[envboot:package]``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envboot.package import Packing
    from envboot.shell import Shell


def settle(request: Packing, shell: Shell) -> Packing:
    """Return the request with what the repository's settings say where no flag was given.

    pyproject.toml comes before setup.cfg. Raises InvalidFile for an unknown key or value.
    """
    raise NotImplementedError
