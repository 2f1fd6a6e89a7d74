"""Engines: what makes the environment here. One module a member; plug-ins: ``envboot.engines``."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from envboot import plugins
from envboot.site import Target

if TYPE_CHECKING:
    from pathlib import Path

    from envboot.site import Site
    from envboot.spec import EnvironmentSpec

BUILT_IN = ("conda", "rattler", "uv", "venv")
"""In the order in which they are recommended for a file that asks for conda packages."""
FOR_PIP_IN_YML = ("conda", "uv", "venv", "rattler")
"""In the order for a conda file with packages of pip alone: nothing has to be fetched for them."""
FOR_PIP = ("uv", "venv", "conda", "rattler")
"""In the order in which they are recommended for anything else."""

FOR_CONDA = ("conda", "rattler")
"""Those that make environments of conda packages."""
PIP = ("uv", "venv")
"""Those that take nothing but the Python package index."""


class Engine(Target, Protocol):
    """What a module must have to make environments."""

    RELOCATABLE: bool
    """True: an environment works after a rename once the old path is replaced in the text files of
    ``bin/`` and in ``pyvenv.cfg``. False: it works only at the prefix that it was built at."""

    def prefix(self, spec: EnvironmentSpec, site: Site) -> Path:
        """Return where an environment called ``site.name`` goes by this engine's custom."""

    def why_not(self, spec: EnvironmentSpec, site: Site) -> str | None:
        """Return None when it can make ``spec`` here, else why not."""

    # plan() builds a whole environment at site.prefix; one that fails may leave anything there


REQUIRED = ("TITLE", "RELOCATABLE", "prefix", "why_not", "plan")


@lru_cache(maxsize=1)
def family() -> plugins.Family:
    """Return the engines by name: the built-in ones, then plug-ins."""
    return plugins.load(__name__, BUILT_IN, required=REQUIRED)


def recommended(spec: EnvironmentSpec) -> tuple[tuple[str, Any], ...]:
    """Return the engines by name, the one that suits ``spec`` best first; plug-ins follow.

    An environment.yml is for conda, also when it lists pip packages only; what is written for pip
    becomes a virtual environment in the repository.
    """
    source = spec.source.path if spec.source else ""
    conda = bool(spec.channels) or source.endswith((".yml", ".yaml"))
    order = BUILT_IN if spec.is_conda else FOR_PIP_IN_YML if conda else FOR_PIP
    members = dict(family().members)
    first = tuple((name, members.pop(name)) for name in order if name in members)
    return (*first, *members.items())
