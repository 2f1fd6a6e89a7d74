"""devcontainer.json: the hardware under ``hostRequirements``. Source: the devcontainer spec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from envboot import needs
from envboot.errors import InvalidFile
from envboot.formats.parts import json_text
from envboot.spec import EnvironmentSpec, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping

PATTERNS = ("devcontainer.json", ".devcontainer.json")
_KEYS = {"cpus": "cpus", "memory": "memory", "storage": "disk"}


def parse(text: str, origin: Origin) -> EnvironmentSpec:
    """Return the needs; comments and trailing commas are allowed. Raises InvalidFile."""
    bare = json_text.without_comments(text.lstrip("\ufeff"))
    host = json_text.loads(bare, origin).get("hostRequirements", {})
    at = json_text.key_lines(bare, ("hostRequirements",))
    place = Origin(origin.path, at.get(("", "hostRequirements")))
    if not isinstance(host, dict):
        raise InvalidFile("`hostRequirements` must be an object", hint="write `{…}`", origin=place)
    wanted = asked(host, place)

    def locate(name: str) -> Origin:
        key = next((k for k, ours in _KEYS.items() if ours == name), name.partition("_")[0])
        return Origin(origin.path, at.get(("hostRequirements", key), place.line))

    return EnvironmentSpec(needs=needs.read(wanted, locate) if wanted else (), source=origin)


def asked(host: Mapping[str, Any], place: Origin) -> dict[str, object]:
    """Return what a ``hostRequirements`` asks for, as :func:`envboot.needs.read` takes it."""
    wanted: dict[str, object] = {ours: host[key] for key, ours in _KEYS.items() if key in host}
    wanted.update(_gpu(host.get("gpu", False), place))
    return wanted


def _gpu(gpu: Any, place: Origin) -> dict[str, object]:  # noqa: ANN401 - any JSON may stand there
    """Return the needs of true, "optional" or ``{"cores": …, "memory": …}``."""
    if gpu is False:
        return {}
    if isinstance(gpu, dict):
        memory = {"gpu_memory": gpu["memory"]} if "memory" in gpu else {}
        return {"gpu": True, **memory}
    if gpu is True or gpu == "optional":
        return {"gpu": gpu}
    raise InvalidFile(
        '`gpu` must be true, false, "optional" or an object', hint="write `true`", origin=place
    )
