"""Lines that somebody should look at before a stranger's environment is made.

The readers of :mod:`envboot.formats` say what a file means, whatever way it is written; what they
cannot read, and the files that envboot only hands on, are looked at line by line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from envboot.errors import InvalidFile
from envboot.notebook.visible import brief, rows, unseen
from envboot.shell import redact
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envboot.spec import Dependency, EnvironmentSpec

USUAL = frozenset({"pypi.org", "files.pythonhosted.org", "conda.anaconda.org", "repo.anaconda.com"})
"""Hosts that most lock files name in each line."""
SCRIPTS = ("setup.sh", "postBuild", "start")
SENDS = "a variable of yours would go to that address"
"""pip and uv put the values of variables into addresses: no secret goes there on a ``--yes``."""
_LONGEST = 1000  # characters of a line that a person reads to its end
_GAP = 30  # empty lines below which nobody looks
_FAR = re.compile(r"\S[ \t]{80,}(?=\S)")
_URL = re.compile(r"(?i)\b[a-z][a-z0-9+.-]{0,20}://[^\s\"'<>,;)\]]+")
_CREDENTIAL = re.compile(r"://[^\s/@:]*:(?!\$)[^\s/@]+@")
_VARIABLE = re.compile(r"\$\{?[A-Z_a-z][A-Z_a-z0-9]*\}?")
_OPTION = {
    "--index-url": "packages come from another index",
    "--pypi-url": "packages come from another index",
    "--extra-index-url": "packages may come from another index, under any name",
    "--find-links": "packages may come from there, under any name",
    "--trusted-host": "that host's certificate is not checked",
    "--no-index": "the usual index is left out",
    "--pre": "unfinished versions are taken",
}
_SHORT = {"-i": "--index-url", "-f": "--find-links"}
_YAML = (
    (re.compile(r"(?:^|[\s:\[{,-])[&*][A-Za-z0-9_]+"), "an anchor or an alias of YAML"),
    (re.compile(r"!!?python|!<"), "a tag of YAML that means code to some readers"),
    (re.compile(r"^\s*prefix\s*:"), "a folder of its author's computer; it is ignored"),
)
_PROJECT = re.compile(r"^\s*[\"']?(backend-path|build-backend|path|editable)[\"']?\s*=")


def doubtful(name: str, text: str) -> tuple[str, ...]:
    """Return a sentence for each line of a file that somebody should look at.

    An index, a URL, an editable or local path, a find-links, a password: ``requirements.txt:3: …``.
    """
    last = name.rsplit("/", 1)[-1]
    found: list[tuple[int, str]] = [*_hidden(text), *_secrets(text)]
    if last in {"requirements.txt", "constraints.txt", "environment.yml", "environment.yaml"}:
        found += _declared(last, text)
    elif last not in SCRIPTS:
        found += _addresses(text)
    if last in {"pyproject.toml", "Pipfile", "pixi.toml"}:
        found += _project(text)
    if last == "setup.py":
        found.append((1, "a program: installing the project runs it"))
    if last == "apt.txt":
        odd = re.compile(r"\s*[A-Za-z0-9][A-Za-z0-9.+=:~-]*\s*(#.*)?|\s*(#.*)?")
        found += [(n, "no name of a package") for n, r in _each(text) if not odd.fullmatch(r)]
    said = (f"{name}:{line}: {what}" for line, what in sorted(set(found)))
    return tuple(dict.fromkeys(said))


def credential(text: str) -> int:
    """Return the line where an address holds a password; 0 without one."""
    found = _CREDENTIAL.search(text)
    return text.count("\n", 0, found.start()) + 1 if found else 0


def _hidden(text: str) -> Iterator[tuple[int, str]]:
    for number, escapes in unseen(text):
        yield number, f"characters that are not seen: {escapes}"
    before = 0
    for number, row in _each(text):
        if len(row) > _LONGEST:
            yield number, f"a line of {len(row)} characters"
        elif _FAR.search(row):
            yield number, "text far to the right, behind blanks"
        if number - before > _GAP:
            yield number, f"text behind {number - before - 1} empty lines"
        before = number


def _secrets(text: str) -> Iterator[tuple[int, str]]:
    for number, row in _each(text):
        plain = re.sub(r"://[a-z][a-z._-]{0,30}@", "://", row[:_LONGEST])
        if redact(plain) != plain:
            yield number, "it looks as if a password or a token stood here"


def _declared(name: str, text: str) -> Iterator[tuple[int, str]]:
    """Yield what a file of pip's or conda's says, as its reader understands it."""
    from envboot.formats import environment_yml, requirements_txt

    conda = name.startswith("environment")
    reader = environment_yml if conda else requirements_txt
    try:
        yield from _meant(reader.parse(text, Origin(name)), conda=conda)
    except InvalidFile as error:
        line = error.origin.line if error.origin else 1
        yield line or 1, f"it cannot be read: {brief(error.message)}"
        yield from _line_by_line(text)
    for number, row in _each(text):
        bare = re.split(r"(?:^|\s)#", row, maxsplit=1)[0]
        if not bare.isascii():
            yield number, f"letters that look like others: {brief(bare, 80)}"
        if conda:
            yield from ((number, what) for pattern, what in _YAML if pattern.search(bare))
        if found := re.search(r"--(?:config-settings?|global-option|install-option)\b", bare):
            yield number, f"`{found.group()}` steers how it is built"


def _line_by_line(text: str) -> Iterator[tuple[int, str]]:
    """Yield what the lines of a broken file say, each taken by itself."""
    yield from _addresses(text)
    for number, row in _each(text):
        if "://" in row and _VARIABLE.search(row):
            yield number, SENDS
        bare = row.strip().strip("-").strip(" \"'") if row.strip()[:2] == "- " else row.strip()
        flag = re.split(r"[\s=]", bare, maxsplit=1)[0]
        what = _OPTION.get(_SHORT.get(flag[:2], flag)) or _elsewhere(bare.partition(" #")[0])
        if what and not bare.startswith("#"):
            yield number, f"{what}: {brief(redact(bare))}"


def _meant(spec: EnvironmentSpec, *, conda: bool) -> Iterator[tuple[int, str]]:
    for option in spec.options:
        if option.name in _OPTION:
            yield _at(option), f"{_OPTION[option.name]}: {brief(redact(option.text))}"
    for include in spec.includes:
        yield include.origin.line or 1, f"another file is read: {brief(include.path)}"
    for dependency in spec.dependencies:
        if what := _elsewhere(dependency.text):
            yield _at(dependency), f"{what}: {brief(redact(dependency.text))}"
    for one in (*spec.options, *spec.dependencies):
        if "://" in one.text and _VARIABLE.search(one.text):
            yield _at(one), SENDS
    if conda:
        yield from _of_conda(spec)


def _of_conda(spec: EnvironmentSpec) -> Iterator[tuple[int, str]]:
    pip = [d for d in spec.dependencies if d.ecosystem == "pypi"]
    if pip:
        yield _at(pip[0]), f"{len(pip)} by pip, not by conda: {brief(pip[0].text)} …"
    for channel in spec.channels:
        if "/" in channel or channel.startswith("."):
            yield 1, f"a channel that is an address: {brief(redact(channel))}"
    for name, _ in spec.variables:
        yield 1, f"it sets the variable {brief(name)}"


def _at(one: Dependency) -> int:
    return one.origin.line or 1


def _elsewhere(text: str) -> str:
    """Return what is odd about where a package comes from; "" for an index or a channel."""
    if re.match(r"(-e|--editable)\b", text):
        return "an editable install runs code of that place"
    where = text.partition("@")[2].strip() if re.match(r"[\w.\[\], -]+@", text) else text
    if re.match(r"(?i)(git|hg|svn|bzr)(\+|@)", where) or ".git" in where.partition("://")[2]:
        return "from a repository, not from an index"
    if re.match(r"(?i)file:", where):
        return "a path of this computer"
    if "://" in where:
        return "from an address, not from an index"
    head = re.split(r"[\s;\[]", text, maxsplit=1)[0]
    if re.match(r"[.~/\\]", head) or re.search(r"[/\\]|\.(whl|zip|tar\.\w+)$", head):
        return "a path of this computer" if "::" not in head else "from a channel of its own"
    return ""


def _addresses(text: str) -> Iterator[tuple[int, str]]:
    """Yield each host that is not one of the usual, where it is first named."""
    known = set(USUAL)
    for number, row in _each(text):
        for found in _URL.findall(row[: 4 * _LONGEST]):
            try:
                host = urlsplit(found).hostname or found
            except ValueError:
                host = found
            if host not in known:
                known.add(host)
                yield number, f"an address: {brief(redact(found))}"


def _project(text: str) -> Iterator[tuple[int, str]]:
    for number, row in _each(text):
        if found := _PROJECT.match(row):
            yield number, f"`{found.group(1)}` names what runs, or lies, on this computer"


def _each(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that say something, and their numbers."""
    return ((number, row) for number, row in enumerate(rows(text), 1) if row.strip())
