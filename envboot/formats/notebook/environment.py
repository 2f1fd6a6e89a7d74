"""``metadata.environment``: what a notebook carries, as a value; both versions read, 0.2 written.

0.1 is the first draft: ``requirements.txt``, ``environment.yaml``, ``setup.sh``, ``container``,
``cloud``, ``git``. 0.2 only adds keys: ``files``, ``sources``, ``machine_configuration``, more of
``git``. The schema is ``environment.schema.json`` beside this module. Others use the key too:
Google (``{kernel, name, type: "gcloud", uri}``) and, once, conda (a parsed environment.yml); these
are understood and left alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envboot.spec import Origin

VERSION = "0.2"
ALLOWED: tuple[str, ...] = ()
"""The names of ``files``, as the schema lists them."""
LARGEST = 256 << 10
"""Characters of one file."""


@dataclass(frozen=True)
class Git:
    """Where the notebook's repository is."""

    path: str
    """https or ssh; never with a password."""
    commit: str = ""
    """7 to 64 hexadecimal digits; "" where it is not known."""
    subdir: str = ""
    """The notebook's folder in it, POSIX; "" for its root."""
    dirty: bool = False
    """What was packed differed from that commit."""


@dataclass(frozen=True)
class Embedded:
    """What a notebook carries."""

    version: str = VERSION
    """``env_ver``; "" where the key is somebody else's."""
    files: Mapping[str, str] = field(default_factory=dict)
    """The name on disk → its text: requirements.txt, environment.yml, setup.sh, apt.txt … POSIX,
    relative to the notebook's folder."""
    container: str = ""
    git: Git | None = None
    machine: Mapping[str, Any] = field(default_factory=dict)
    """devcontainer's ``hostRequirements``."""
    clouds: tuple[Mapping[str, Any], ...] = ()
    """``env_name``, ``handler_url``, ``cloud_ver``, ``metadata``, each; as they stand there."""
    whose: str = "ours"
    """ours | google | conda | foreign"""
    unknown: Mapping[str, Any] = field(default_factory=dict)
    """Keys that nobody here knows: kept."""


def parse(raw: object, origin: Origin) -> Embedded | None:
    """Return what ``metadata.environment`` means; None where there is nothing.

    Raises InvalidFile that names the place within the key (``environment.files/uv.lock``) where our
    own versions do not keep to the schema. What somebody else wrote there is never an error:
    Google's ``uri`` is a container, its ``name`` an ``environment_version``, conda's object is an
    environment.yml, and the rest is "foreign", with nothing in it.
    """
    raise NotImplementedError


def render(embedded: Embedded, before: object = None) -> dict[str, Any]:
    """Return the object to put there, in version 0.2; ``parse(render(e)) == e``.

    ``before`` is what stands there: the order of its keys and what nobody here knows are kept, and
    Google's four keys stay beside ours.
    """
    raise NotImplementedError


def digest(raw: object) -> str:
    """Return the SHA-256 of what is there, in hexadecimal: of its JSON, keys sorted, no spaces.

    It is what ``--approve`` takes.
    """
    raise NotImplementedError
