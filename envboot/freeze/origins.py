"""Where a distribution came from when that was no index: ``direct_url.json``.

Source: PEP 610 and the direct URL specification. Addresses leave this module without secrets.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit, urlunsplit

from envboot.shell import redact

_KINDS = frozenset({"git", "hg", "svn", "bzr"})
_SCHEMES = frozenset({"http", "https", "ssh", "git", "file", "svn", "bzr"})
_BUILT = re.compile(
    r"/(?:\w+_)?croot/|/conda-bld/|/conda_bld/|/feedstock_root/|/perseverance-python-buildout/"
    r"|/home/conda/|/tmp/build/|/opt/conda/|^/?[A-Za-z]:/(?:bld|b)/"
)
"""Folders in which conda packages are built: nobody has them (``file:///croot/numpy_170/work``)."""
_PLAIN = re.compile(r"[\w./+-]{1,200}")
_DIGEST = re.compile(r"(?:sha256|sha384|sha512|sha1|md5)=[0-9a-f]{32,128}")
_DRIVE = re.compile(r"/[A-Za-z]:/")


@dataclass(frozen=True)
class Direct:
    """What ``direct_url.json`` says."""

    url: str = ""
    """``git+https://host/repo@commit``, ``https://host/x.whl#sha256=…``, ``file:///folder``; "" for
    an editable folder, and where conda built it."""
    editable: bool = False
    folder: str = ""
    """The source folder of a local one, an absolute path; "" of others."""


def direct(data: bytes | None) -> Direct | None:
    """Return what the file says; None when there is none, or it is not what its name promises."""
    said = _said(data)
    clean = _without_secrets(said.get("url"))
    if not clean:
        return None
    folder = _folder(clean)
    if _table(said, "dir_info").get("editable") is True:
        return Direct("", editable=True, folder=folder)
    if _BUILT.search(folder):
        return Direct()
    base = clean
    inside = said.get("subdirectory")
    tail = (
        [f"subdirectory={inside}"] if isinstance(inside, str) and _PLAIN.fullmatch(inside) else []
    )
    source = _table(said, "vcs_info")
    if source:
        kind, commit = source.get("vcs"), source.get("commit_id")
        if kind not in _KINDS or not isinstance(commit, str) or not _PLAIN.fullmatch(commit):
            return None
        base = f"{kind}+{base}@{commit}"
    elif digest := _digest(_table(said, "archive_info")):
        tail.insert(0, digest)
    return Direct(f"{base}#{'&'.join(tail)}" if tail else base, folder=folder)


def _said(data: bytes | None) -> dict[str, object]:
    try:
        found = json.loads(data or b"{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _table(said: dict[str, object], key: str) -> dict[str, object]:
    found = said.get(key)
    return found if isinstance(found, dict) else {}


def _digest(archive: dict[str, object]) -> str:
    """Return ``sha256=…`` where one is told."""
    hashes = archive.get("hashes")
    told = [f"{k}={v}" for k, v in hashes.items()] if isinstance(hashes, dict) else []
    told.append(str(archive.get("hash", "")))
    good = [t for t in told if _DIGEST.fullmatch(t)]
    return next((t for t in good if t.startswith("sha256=")), good[0] if good else "")


def _without_secrets(url: object) -> str:
    """Return an address that may be shown: no password, no user but ``git``, no token.

    PEP 610 asks installers for that, and not all do it. A ``${VARIABLE}`` is no secret. "" for
    what is no address.
    """
    if not isinstance(url, str) or not url.isprintable() or re.search(r"[\s\"'<>]", url):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme.lower() not in _SCHEMES:
        return ""
    user, at, host = parts.netloc.rpartition("@")
    kept = user if user == "git" or re.fullmatch(r"\$\{\w+\}(?::\$\{\w+\})?", user) else ""
    netloc = f"{kept}@{host}" if at and kept else host
    return urlunsplit((parts.scheme, netloc, redact(parts.path), "", ""))


def _folder(url: str) -> str:
    """Return the path of a ``file://`` address, "" of others."""
    if not url.lower().startswith("file://"):
        return ""
    path = unquote(urlsplit(url).path)
    if "\0" in path:
        return ""
    return path[1:] if _DRIVE.match(path) else path
