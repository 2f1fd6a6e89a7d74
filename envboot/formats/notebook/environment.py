"""``metadata.environment``: what a notebook carries, as a value; both versions read, 0.2 written.

0.1 is the first draft: ``requirements.txt``, ``environment.yaml``, ``setup.sh``, ``container``,
``cloud``, ``git``. 0.2 only adds keys: ``files``, ``sources``, ``machine_configuration``, more of
``git``. The schema is ``environment.schema.json`` beside this module. Others use the key too:
Google (``{kernel, name, type: "gcloud", uri}``) and, once, conda (a parsed environment.yml); these
are understood and left alone.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from envboot.errors import InvalidFile
from envboot.formats.notebook import others, schema
from envboot.formats.notebook.embedded import Embedded, Git

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from envboot.formats.notebook import Notebook
    from envboot.spec import Origin

__all__ = ["Embedded", "Git", "digest", "found", "is_ours", "machine", "parse", "place", "render"]

VERSION = "0.2"
TOP = ("requirements.txt", "environment.yaml", "environment.yml", "setup.sh")
"""The files that have a key of their own; either spelling of one of them, not both."""
ALLOWED: tuple[str, ...] = (
    "apt.txt",
    "conda-lock.yml",
    "constraints.txt",
    "default.nix",
    "DESCRIPTION",
    "install.R",
    "JuliaProject.toml",
    "Manifest.toml",
    "pdm.lock",
    "Pipfile",
    "Pipfile.lock",
    "pixi.lock",
    "pixi.toml",
    "poetry.lock",
    "postBuild",
    "Project.toml",
    "pylock.toml",
    "pyproject.toml",
    "renv.lock",
    "REQUIRE",
    "runtime.txt",
    "setup.cfg",
    "setup.py",
    "start",
    "uv.lock",
)
"""The names of ``files``, as the schema lists them."""
LARGEST = 256 << 10
"""Characters of one file."""
ENVIRONMENT = ("metadata", "environment")
MIRROR = ("metadata", "envboot", "environment")
"""Where ours is read from when somebody else's key has the place."""
_SPELLINGS = ("environment.yaml", "environment.yml")
_KEYS = frozenset(
    (*TOP, "env_ver", "files", "sources", "container", "machine_configuration", "git", "cloud")
)
_NEWER = re.compile(r"[1-9][0-9]*\.")
_PLAIN = re.compile(r"[A-Za-z0-9 ._-]{1,60}\Z")


def parse(raw: object, origin: Origin) -> Embedded | None:
    """Return what ``metadata.environment`` means; None where there is nothing.

    Raises InvalidFile that names the place within the key (``environment.files/uv.lock``) where our
    own versions do not keep to the schema. What somebody else wrote there is never an error:
    Google's ``uri`` is a container, its ``name`` an ``environment_version``, conda's object is an
    environment.yml, and the rest is "foreign", with nothing in it.
    """
    if raw is None:
        return None
    if not isinstance(raw, dict) or "env_ver" not in raw:
        return others.read(raw)
    _check(raw, origin)
    git = raw.get("git")
    return Embedded(
        version=raw["env_ver"],
        files=_files(raw, origin),
        container=raw.get("container", ""),
        git=_git(git) if git is not None else None,
        machine=raw.get("machine_configuration", {}),
        clouds=tuple(_listed(raw.get("cloud", ()))),
        unknown={k: v for k, v in raw.items() if k not in _KEYS},
    )


def found(notebook: Notebook, origin: Origin) -> tuple[Embedded | None, tuple[str, ...]]:
    """Return what a notebook carries, and the path of the key where it stands.

    Ours in ``metadata.environment``; where that is somebody else's, or gone, ours in
    ``metadata.envboot.environment``; else what somebody else wrote. Raises InvalidFile.
    """
    raw = notebook.environment
    mirror = notebook.own.get("environment")
    if not is_ours(raw) and is_ours(mirror):
        return parse(mirror, origin), MIRROR
    return parse(raw, origin), ENVIRONMENT


def is_ours(raw: object) -> bool:
    """Return whether an object of this format stands there, valid or not."""
    return isinstance(raw, dict) and "env_ver" in raw


def render(embedded: Embedded, before: object = None) -> dict[str, Any]:
    """Return the object to put there, in version 0.2; ``parse(render(e)) == e``.

    ``before`` is what stands there: the order of its keys and what nobody here knows are kept, and
    Google's four keys stay beside ours.
    """
    there = before if isinstance(before, dict) else {}
    new = _rendered(embedded, there)
    kept = {k: v for k, v in there.items() if k not in _KEYS} if is_ours(there) else dict(there)
    new = {**new, **kept, **embedded.unknown}
    order = [key for key in there if key in new]
    return {key: new[key] for key in [*order, *(key for key in new if key not in there)]}


def digest(raw: object) -> str:
    """Return the SHA-256 of what is there, in hexadecimal: of its JSON, keys sorted, no spaces.

    It is what ``--approve`` takes.
    """
    text = json.dumps(raw, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def machine(embedded: Embedded) -> Mapping[str, Any]:
    """Return what the machine must have: at the top, else as the first cloud says it (0.1)."""
    if embedded.machine:
        return embedded.machine
    said = (_table(c.get("metadata")).get("machine_configuration") for c in embedded.clouds)
    return next((s for s in said if isinstance(s, dict)), {})


def _check(raw: dict[str, Any], origin: Origin) -> None:
    version = raw["env_ver"]
    if isinstance(version, str) and _NEWER.match(version):
        raise InvalidFile(
            f"`environment.env_ver` is {version[:20]}, and this envboot reads {VERSION}",
            hint="update envboot",
            origin=origin,
        )
    for fault in schema.faults(raw):
        raise InvalidFile(
            f"`{place(fault.path)}` {fault.said}",
            hint=fault.hint,
            origin=origin,
        )


def place(path: tuple[str, ...]) -> str:
    """Return how a message names a place within the key: ``environment.files/uv.lock``."""
    shown = (key if _PLAIN.match(key) else ascii(key[:60]) for key in path)
    return ".".join(("environment", *("/".join(shown),) * bool(path)))


def _files(raw: dict[str, Any], origin: Origin) -> dict[str, str]:
    texts = {key: raw[key] for key in TOP if key in raw} | dict(raw.get("files", {}))
    out: dict[str, str] = {}
    for key, source in raw.get("sources", {}).items():
        if key in texts and not _names_it(key, source):
            raise InvalidFile(
                f"`{place(('sources', key))}` must not be {source!a}",
                hint=f"it says where `{key}` is: only its folder or `.yml` may differ",
                origin=origin,
            )
    for key, text in texts.items():
        name = raw.get("sources", {}).get(key, key)
        if name in out:
            raise InvalidFile(
                f"`environment.sources` names {name!a} twice",
                hint="a file can have one text only",
                origin=origin,
            )
        out[name] = text
    return out


def _names_it(key: str, source: str) -> bool:
    name = source.rpartition("/")[2]
    return name == key or (name in _SPELLINGS and key in _SPELLINGS)


def _git(raw: dict[str, Any]) -> Git:
    return Git(
        raw.get("path", ""),
        raw.get("commit id", ""),
        raw.get("subdir", ""),
        dirty=raw.get("dirty", False),
    )


def _listed(cloud: Any) -> Iterable[Mapping[str, Any]]:  # noqa: ANN401 - an object or a list
    return (cloud,) if isinstance(cloud, dict) else cloud


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _rendered(embedded: Embedded, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return our keys in their usual order; spelled as they stand in ``before``."""
    files, sources = {}, {}
    out: dict[str, Any] = {"env_ver": VERSION}
    for name, text in embedded.files.items():
        key = _key(name, before)
        if key in TOP:
            out[key] = text
        else:
            files[key] = text
        if key != name:
            sources[key] = name
    git, cloud = embedded.git, list(embedded.clouds)
    one = len(cloud) == 1 and not isinstance(before.get("cloud"), list)
    more = {
        "files": _ordered(files, before.get("files")),
        "sources": _ordered(sources, before.get("sources")),
        "container": embedded.container,
        "machine_configuration": dict(embedded.machine),
        "git": _written(git, _table(before.get("git"))) if git else {},
        "cloud": cloud[0] if one else cloud,
    }
    return {**out, **{key: value for key, value in more.items() if value}}


def _key(name: str, before: Mapping[str, Any]) -> str:
    """Return the key of a file: its name without folder; a new environment.yml as 0.1 calls it."""
    name = name.rpartition("/")[2]
    if name in _SPELLINGS:
        return next((key for key in _SPELLINGS if key in before), _SPELLINGS[0])
    return name


def _ordered(new: dict[str, str], before: object) -> dict[str, str]:
    there = [key for key in _table(before) if key in new]
    return {key: new[key] for key in [*there, *(key for key in new if key not in there)]}


def _written(git: Git, before: Mapping[str, Any]) -> dict[str, Any]:
    ours = {"path": git.path, "commit id": git.commit, "subdir": git.subdir, "dirty": git.dirty}
    new = {key: value for key, value in ours.items() if value}
    kept = {
        key: new.get(key, value) for key, value in before.items() if key in new or key not in ours
    }
    return {**kept, **new}
