"""What both formats of locks are read with: sections, items and values of plain block YAML."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from envboot.errors import InvalidFile
from envboot.locks.values import Locked
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = "# envboot: made of "
"""Begins the line that says what a lock of ours was made of."""
MOST = 200_000
"""Packages in one lock, all platforms together."""
_SECTION = re.compile(r"^([A-Za-z_-]+):[ \t]*(.*)$", re.MULTILINE)
_FIELD = re.compile(
    r"^( *)(- )?(conda|pypi|source|kind|name|version|url|sha256|md5|manager|platform|category"
    r"|optional|hash|subdir|depends|constrains|purls|requires_dist|dependencies)"
    r"(?::[ \t]*(\S.*)?)?$",
    re.MULTILINE,
)
_DEPENDS = re.compile(r"^( *)depends:[ \t]*\n((?:\1 *- [^\n]*(?:\n|$))+)", re.MULTILINE)
_URL = re.compile(
    r"(?:https?://[^/\s@]+/|file:///)[^\s\"'<>\\^`{|}$#@]+(?:#sha256=([0-9a-f]{64}))?"
)
_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]*")
_ARCHIVE = re.compile(r".*/([^/]+)-([^/-]+)-[^/-]+\.(?:conda|tar\.bz2)")
_DIGESTS = {"sha256": 64, "md5": 32}


@dataclass
class Item:
    """One package as it stands in the list; ``line`` is 1-based."""

    line: int
    fields: dict[str, str] = field(default_factory=dict)
    text: str = ""
    """All that stands below its first line."""

    def depends(self) -> tuple[str, ...]:
        """Return what it needs, as it is written."""
        found = _DEPENDS.search(self.text)
        return tuple(plain(row.strip()[2:]) for row in found.group(2).splitlines()) if found else ()


def made_of(text: str) -> str:
    """Return the digest of what a lock was made of, "" where it does not say."""
    head = re.search(rf"^{MARK}([0-9a-f]{{64}})\s*$", text[:4096], re.MULTILINE)
    return head.group(1) if head else ""


def sections(text: str) -> dict[str, tuple[int, str, str]]:
    """Return the first section of each name: its line, what stands behind the colon, the rest."""
    found = list(_SECTION.finditer(text))
    out: dict[str, tuple[int, str, str]] = {}
    for one, after in zip(found, [*found[1:], None]):
        if one.group(1) not in out:
            end = after.start() if after else len(text)
            line = text.count("\n", 0, one.start()) + 1
            out[one.group(1)] = (line, plain(one.group(2)), text[one.end() : end])
    return out


def items(body: str, line: int, path: str) -> Iterator[Item]:
    """Yield the items of a list of packages; ``line`` is where ``body`` begins.

    Raises InvalidFile where there are more than anybody needs.
    """
    item, depth, inside, at, begun, count = None, -1, "", 0, 0, 0
    for match in _FIELD.finditer(body):
        line += body.count("\n", at, match.start())
        at = match.start()
        indent, key, value = len(match.group(1)), match.group(3), match.group(4) or ""
        if match.group(2) and (depth < 0 or indent == depth):
            if item is not None:
                item.text = body[begun:at]
                yield item
            count += 1
            if count > MOST:
                raise InvalidFile(
                    f"more than {MOST} packages",
                    hint="is this a lock file?",
                    origin=Origin(path, line),
                )
            item, depth, inside, begun = Item(line), indent, "", match.end()
            item.fields[key] = plain(value)
        elif item is not None and not match.group(2) and indent == depth + 2:
            inside = key
            item.fields.setdefault(key, plain(value))
        elif item is not None and inside == "hash" and indent > depth + 2:
            item.fields.setdefault(key, plain(value))
    if item is not None:
        item.text = body[begun:]
        yield item


def plain(value: str) -> str:
    """Return a scalar without its quotes and the comment behind it."""
    value = value.strip()
    if value[:1] in {"'", '"'}:
        end = value.find(value[0], 1)
        return value[1:end] if end > 0 else value
    return re.split(r"\s#", value, maxsplit=1)[0].rstrip()


def locked(item: Item, url: str, ecosystem: str, path: str) -> Locked | None:
    """Return the package of an item; None where it has no address that others can fetch from.

    Raises InvalidFile for a name, a version or a digest that is none.
    """
    origin = Origin(path, item.line)
    match = _URL.fullmatch(url)
    if match is None:
        return None
    url, _, _ = url.partition("#")
    archive = _ARCHIVE.fullmatch(url) if ecosystem == "conda" else None
    if ecosystem == "conda" and archive is None:
        raise _invalid(f"`{url[-60:]}` is no package of conda", origin)
    name = archive.group(1) if archive else item.fields.get("name", "")
    version = archive.group(2) if archive else item.fields.get("version", "")
    if not _NAME.fullmatch(name) or not _VERSION.fullmatch(version):
        raise _invalid(f"`{(name or url)[:60]}` has no name or no version", origin)
    digests = {key: item.fields.get(key, "").lower() for key in _DIGESTS}
    digests["sha256"] = digests["sha256"] or (match.group(1) or "")
    for key, length in _DIGESTS.items():
        if digests[key] and not re.fullmatch(rf"[0-9a-f]{{{length}}}", digests[key]):
            raise _invalid(f"the {key} of {name} is not {length} hexadecimal digits", origin)
    depends = tuple(dict.fromkeys(d.split()[0] for d in item.depends() if d))
    return Locked(name, version, url, digests["sha256"], ecosystem, digests["md5"], origin, depends)


def _invalid(text: str, origin: Origin) -> InvalidFile:
    return InvalidFile(text, hint="make the lock anew with the tool that made it", origin=origin)


def refused(text: str, path: str, line: int | None = None) -> InvalidFile:
    """Return the error for a file that is no lock."""
    return _invalid(text, Origin(path, line))
