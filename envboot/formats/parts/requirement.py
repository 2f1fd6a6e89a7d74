"""One requirement: what pyproject.toml, setup.cfg and requirements files all list.

Source: PEP 508; for whole lines the requirements file format of pip's documentation.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envboot.errors import InvalidFile
from envboot.spec import Dependency, normalise

if TYPE_CHECKING:
    from envboot.spec import Origin

# What most lines look like; it spares the import of `packaging` before the first question.
_RELEASE = r"\d+(?:\.\d+)*"
_CLAUSE = (
    rf"\s*(?:(?:==|!=)\s*{_RELEASE}(?:\.\*)?|(?:<=|>=|<|>)\s*{_RELEASE}|~=\s*\d+(?:\.\d+)+)\s*"
)
_SIMPLE = re.compile(rf"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:{_CLAUSE}(?:,{_CLAUSE})*)?")
_SCHEME = re.compile(r"(?:(?:git|hg|svn|bzr)\+)?[a-z][a-z0-9+]*://|git\+", re.IGNORECASE)
_EGG = re.compile(r"[#&]egg=([A-Za-z0-9][A-Za-z0-9._-]*)")
_ARCHIVE = re.compile(r"(?:^|[\\/])([A-Za-z0-9][\w.]*?)-[^\\/]*\.(?:whl|tar\.gz|zip|tar\.bz2)$")
_OPTIONS = ("--hash", "--config-setting", "--global-option", "--install-option")
_LONGEST = 4096  # characters; the parser takes time that grows faster than the line
_HINT = "write it as `name`, `name==1.2`, `name>=1.2,<2` or `name @ https://…`"


def requirement(text: str, origin: Origin) -> Dependency:
    """Return the dependency that a PEP 508 string asks for. Raises InvalidFile.

    A line end would smuggle a line of its own into the file that pip is given, so it becomes a
    blank; other control characters are refused.
    """
    text = clean(text, origin)
    simple = _SIMPLE.fullmatch(text)
    if simple:
        return Dependency(normalise(simple.group(1)), text, "pypi", origin)
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        if len(text) > _LONGEST:
            raise InvalidRequirement("it is too long")  # noqa: TRY301 - one message for all
        name = Requirement(text).name
    except (InvalidRequirement, RecursionError) as error:
        why = str(error).splitlines()[0].strip().lower() if str(error) else "too deep"
        raise InvalidFile(
            f"`{short(text)}` is not a requirement: {why}", hint=_HINT, origin=origin
        ) from error
    return Dependency(normalise(name), text, "pypi", origin)


def line(text: str, origin: Origin) -> Dependency:
    """Return the dependency of one line of a requirements file, comments already off.

    Editables, URLs, local paths and per-requirement options (hashes) are kept as written.
    """
    text = clean(text, origin)
    editable = re.fullmatch(r"(?:-e|--editable)(?:\s+|=|(?=[^-\s]))(.+)", text)
    if editable:
        target = editable.group(1).strip()
        if target.startswith("-"):
            raise InvalidFile(f"`{short(text)}` names no project", hint=_HINT, origin=origin)
        return Dependency(_name_in(target), text, "pypi", origin)
    body, options = _split_options(text)
    for option in options:
        if not option.startswith(_OPTIONS):
            raise InvalidFile(
                f"`{short(option)}` cannot stand behind a requirement",
                hint="give options a line of their own",
                origin=origin,
            )
    if is_location(body):
        return Dependency(_name_in(body), text, "pypi", origin)
    return Dependency(requirement(body, origin).name, text, "pypi", origin)


def clean(text: str, origin: Origin) -> str:
    """Return ``text`` on one line, trimmed; control characters raise InvalidFile."""
    text = " ".join(part.strip() for part in re.split(r"[\r\n]+", text.replace("\t", " "))).strip()
    if not text or any(ord(c) < 32 or c in "\x7f\x85\u2028\u2029" for c in text):  # noqa: PLR2004
        raise InvalidFile(
            f"`{short(text)}` is not a requirement" if text else "a requirement is empty",
            hint=_HINT,
            origin=origin,
        )
    return text


def uncommented(text: str) -> str:
    """Return a line without its comment, which begins at the start or behind a blank."""
    return re.split(r"(?:^|(?<=\s))#", text, maxsplit=1)[0].strip()


def short(text: str) -> str:
    """Return ``text`` printable and short enough for a message."""
    shown = "".join(c if c.isprintable() else "?" for c in text[:61])
    return shown[:60] + "…" if len(text) > 60 else shown  # noqa: PLR2004


def is_location(text: str) -> bool:
    """Return whether a line names a place (URL, folder, archive) and no package."""
    head = re.split(r"[\s;\[]", text, maxsplit=1)[0]
    if _SCHEME.match(text):
        return True
    if "@" in text and re.match(r"[A-Za-z0-9._-]+(?:\s*\[[^\]]*\])?\s*@", text):
        return False
    return head in {".", ".."} or "/" in head or "\\" in head or bool(_ARCHIVE.search(head))


def _split_options(text: str) -> tuple[str, list[str]]:
    body, *options = re.split(r"(?<=\s)(?=--?[A-Za-z])", text)
    return body.strip(), [o.strip() for o in options]


def _name_in(target: str) -> str:
    egg = _EGG.search(target)
    if egg:
        return normalise(egg.group(1))
    direct = re.match(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\s*\[[^\]]*\])?\s*@\s", target)
    if direct:
        return normalise(direct.group(1))
    archive = _ARCHIVE.search(re.split(r"[#?\s]", target, maxsplit=1)[0])
    return normalise(archive.group(1)) if archive else ""
