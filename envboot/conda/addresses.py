"""From a channel as people write it to the addresses that are asked.

Source: conda's documentation ("Managing channels", "Specifying channels", "Settings":
``channel_alias``, ``default_channels``, ``custom_channels``, ``custom_multichannels``,
``migrated_channel_aliases``), Anaconda's ("Using tokens"). Credentials stay in the addresses,
which are therefore for the machine alone; :func:`shown` is for people.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from envboot.conda import condarc
from envboot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from envboot.conda.settings import Settings

DEFAULTS = "defaults"
_UNIX_DEFAULTS = ("https://repo.anaconda.com/pkgs/main", "https://repo.anaconda.com/pkgs/r")
_MSYS2 = "https://repo.anaconda.com/pkgs/msys2"
_SUBDIR = re.compile(r"/(?:noarch|(?:linux|osx|win|freebsd|zos|emscripten|wasi)-[A-Za-z0-9]+)/?$")
_TOKEN = re.compile(r"/t/([A-Za-z0-9-]*)(?=/|$)")
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(?:([^/?#]*)@)?([^?#]*)")
_SCHEMES = frozenset({"http", "https", "file", "s3", "gcs", "oci"})
_PATH = re.compile(r"\./|\.\\|\.\.|~|/|[A-Za-z]:[/\\]|\\\\|\.$")
_NAME = re.compile(r"[\w.+-]+(?:/[\w.+-]+)*")


@dataclass(frozen=True)
class _Address:
    """An address in its parts."""

    scheme: str
    auth: str
    token: str
    before: str
    """Host, port and path as far as where a token stands; of a file the whole path."""
    after: str = ""

    @property
    def place(self) -> str:
        """Host, port and path: ``conda.anaconda.org/conda-forge``."""
        return self.before + self.after

    def text(self, *, credentials: bool = True) -> str:
        auth = f"{self.auth}@" if self.auth and credentials else ""
        token = f"/t/{self.token}" if self.token and credentials else ""
        return f"{self.scheme}://{auth}{self.before}{token}{self.after}"


def urls(channels: Sequence[str], known: Settings, subdirs: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the full addresses of ``channels`` as conda means them, in order, without subdirs.

    ``defaults`` and multichannels are expanded, ``nodefaults`` is dropped, and without it the
    channels of the settings are appended, as ``conda env create`` does; where that leaves none,
    ``defaults`` is meant. A name gets the alias. ``subdirs`` are the platforms that are solved
    for: Windows adds msys2 to a ``defaults`` that nobody set. Raises UsageError for what is no
    channel, and for one that the settings forbid.
    """
    asked = [c for c in channels if c != "nodefaults"]
    if "nodefaults" not in channels:
        asked += [c for c in known.channels if c != "nodefaults"]
    found = [a for c in asked or [DEFAULTS] for a in _of(c.strip(), known, subdirs)]
    _permitted(found, known, subdirs)
    return tuple(dict.fromkeys(a.text() for a in found))


def named(specs: Iterable[str]) -> tuple[str, ...]:
    """Return the channels that match specs name themselves: ``conda-forge::numpy``.

    They are asked for that package although the file does not list them.
    """
    heads = (spec.partition("::") for spec in specs)
    found = (_SUBDIR.sub("", h.strip().partition("[")[0]) for h, colons, _ in heads if colons)
    return tuple(dict.fromkeys(c for c in found if c))


def shown(address: str) -> str:
    """Return an address for people, logs and records: without password and token."""
    parts = _split(address)
    return parts.text(credentials=False) if parts else address


def _of(channel: str, known: Settings, subdirs: Sequence[str]) -> list[_Address]:
    """Return the addresses of one channel; the variables that it names are filled in."""
    written, channel = channel, condarc.expanded(channel, known.environ)
    if not channel or not channel.isprintable():
        raise _none(written)
    if address := _split(channel):
        if address.scheme not in _SCHEMES:
            raise _none(written)
        return [_meant(address, known, subdirs)]
    if _PATH.match(channel):
        return [_file(channel, known, written)]
    name = _SUBDIR.sub("", channel).strip("/")
    many = _many(known, subdirs)
    if name in many:
        return [_simple(text, known) for text in many[name]]
    if not _NAME.fullmatch(name):
        raise _none(written)
    return [_below(name, known, subdirs)]


def _many(known: Settings, subdirs: Sequence[str]) -> dict[str, tuple[str, ...]]:
    defaults = known.default_channels
    if defaults == _UNIX_DEFAULTS and any(s.startswith("win-") for s in subdirs):
        defaults = (*defaults, _MSYS2)
    return {DEFAULTS: defaults, **dict(known.custom_multichannels), "local": known.local}


def _simple(text: str, known: Settings) -> _Address:
    """Return a member of a multichannel: an address, or a name below the alias."""
    found = _split(text)
    return found or _under(known.alias, text.strip("/"))


def _under(base: str, name: str) -> _Address:
    parts = _split(base)
    if parts is None:
        raise _none(base)
    return replace(parts, before=parts.place.rstrip("/"), after=f"/{name}")


def _customs(known: Settings, subdirs: Sequence[str]) -> dict[str, _Address]:
    """Return the channels with a place of their own, by name: also the members of ``defaults``."""
    found = {}
    alias = _split(known.alias)
    for texts in _many(known, subdirs).values():
        for text in texts:
            address = _simple(text, known)
            inside = alias is not None and address.place.startswith(f"{alias.place}/")
            head = alias.place if alias is not None and inside else address.place.partition("/")[0]
            found[address.place[len(head) :].strip("/")] = address
    for name, text in known.custom_channels:
        plain = name.strip("/")
        found[plain] = _under(text if "://" in text else known.alias, plain)
    return found


def _below(name: str, known: Settings, subdirs: Sequence[str]) -> _Address:
    """Return the address of a name: ``pkgs/main/label/x`` belongs to ``pkgs/main``."""
    customs = _customs(known, subdirs)
    head = name
    while head:
        if head in customs:
            own = customs[head]
            return replace(own, after=own.after + name[len(head) :])
        head = head.rpartition("/")[0]
    return _under(known.alias, name)


def _meant(address: _Address, known: Settings, subdirs: Sequence[str]) -> _Address:
    """Return an address with the credentials that the settings have for it."""
    if address.auth or address.token:
        return address
    for migrated in known.migrated_aliases:
        old = _split(migrated)
        if old and (rest := _rest(address.place, old.place)) is not None:
            return _below(rest, known, subdirs) if rest else address
    customs = sorted(_customs(known, subdirs).values(), key=lambda a: -len(a.place))
    for own in (*customs, _under(known.alias, "")):
        if _rest(address.place, own.place) is not None:
            after = address.place[len(own.before) :]
            return replace(own, scheme=address.scheme, after=after)
    return address


def _rest(place: str, head: str) -> str | None:
    """Return what follows ``head`` in an address; None where it does not begin with it."""
    head = head.rstrip("/")
    if place != head and not place.startswith(f"{head}/"):
        return None
    return place[len(head) :].strip("/")


def _split(text: str) -> _Address | None:
    match = _ADDRESS.match(text)
    if match is None:
        return None
    place = _SUBDIR.sub("", match[3].rstrip("/"))
    scheme, auth = match[1].lower(), match[2] or ""
    if token := _TOKEN.search(place):
        return _Address(scheme, auth, token[1], place[: token.start()], place[token.end() :])
    return _Address(scheme, auth, "", place)


def _file(text: str, known: Settings, written: str) -> _Address:
    if text.startswith("~") and known.home:
        text = known.home + text[1:]
    path = Path(text)
    if not path.is_absolute() or ".." in path.parts:
        raise UsageError(
            f"the channel `{written}` is a path from a folder that nobody knows",
            hint="write the whole path, or `file:///…`",
        )
    return _Address("file", "", "", _SUBDIR.sub("", quote(path.as_posix(), safe="/:")))


def _permitted(found: Iterable[_Address], known: Settings, subdirs: Sequence[str]) -> None:
    def places(channels: Iterable[str]) -> Iterator[str]:
        return (a.place for c in channels for a in _of(c, known, subdirs))

    allowed, denied = set(places(known.allowed)), set(places(known.denied))
    for address in found:
        if address.place in denied or (allowed and address.place not in allowed):
            raise UsageError(
                f"conda's settings forbid the channel {address.text(credentials=False)}",
                hint="see allowlist_channels and denylist_channels in .condarc",
            )


def _none(channel: str) -> UsageError:
    what = "".join(c if c.isprintable() else "?" for c in shown(channel))[:80]
    return UsageError(
        f"`{what}` is no channel",
        hint="write its name (conda-forge), its address (https://…) or a whole path",
    )
