"""Commands that code gives to a shell or starts as programs: what they install, what they call."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from envboot.infer import programs
from envboot.infer.reading import Fact, Seen

if TYPE_CHECKING:
    from collections.abc import Iterator


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LONGEST = 2000  # characters of a command, and of one requirement in it
_PYTHON = re.compile(r"(?:.*[\\/])?(?:python|pypy|py)[\d.]*(?:\.exe)?|\{?sys\.executable\}?|\{\}")
_PIP = re.compile(r"(?:.*[\\/])?pip[\d.]*(?:\.exe)?")
_CONDA = re.compile(r"(?:.*[\\/])?(?:conda|mamba|micromamba)(?:\.exe)?")
_BEFORE = frozenset({"sudo", "time", "nohup", "exec", "env", "command", "yes", "-E", "-H", "-q"})
_ENDS = re.compile(r"^(?:\d*|&)[<>]|^#|^[|&;]+$")
_MODULE = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_VALUED = _words(
    """
    -r --requirement -c --constraint -e --editable -t --target -i --index-url --extra-index-url
    -f --find-links --prefix --root --python --progress-bar --timeout --retries --proxy
    --cache-dir --log --upgrade-strategy --no-binary --only-binary --platform --abi
    --implementation --python-version --src --report -C --config-settings --config-setting
    --global-option --build-option --install-option --trusted-host --cert --client-cert
    --exists-action --use-feature --use-deprecated --default-timeout --index --default-index
    --group --extra --optional --torch-backend --prerelease --resolution -p
    """
)
"""Options of pip and uv that take the next word."""
_VALUED_CONDA = _words(
    """
    -c --channel -n --name -p --prefix --file -f --revision --solver --repodata-fn --subdir
    --platform --override-channels-file --experimental-solver
    """
)
_SIMPLE = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?:\[[A-Za-z0-9._,-]+\])?"
    r"(?:(?:==|>=|<=|~=|!=|<|>)\d+(?:\.\d+)*(?:,(?:==|>=|<=|~=|!=|<|>)\d+(?:\.\d+)*)*)?"
)
_MATCH_SPEC = re.compile(
    r"(?:[A-Za-z0-9_./-]+::)?[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\s*[=<>!~][\w.*=<>!~,| +-]*)?"
)
_URL = re.compile(
    r"(?:([A-Za-z0-9][\w.-]*(?:\[[\w.,-]*\])?)\s*@\s*)?"
    r"((?:(?:git|hg|svn|bzr)\+)?https?://[^\s/@]+(?:/\S*)?)"
)
_EGG = re.compile(r"[#&]egg=([A-Za-z0-9][A-Za-z0-9._-]*)")


def line(text: str) -> Iterator[tuple[str, ...]]:
    """Yield the commands of some shell lines as lists of words: ``a && b | c`` are three."""
    for row in text[:_LONGEST].replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(row, posix=True, punctuation_chars=";|&")
        lexer.whitespace_split = True
        lexer.commenters = ""
        try:
            words = list(lexer)
        except ValueError:  # a quote without end
            words = row.split()
        while words:
            end = next((n for n, w in enumerate(words) if set(w) <= set(";|&")), len(words))
            if end:
                yield tuple(words[:end])
            words = words[end + 1 :]


def facts(argv: tuple[str, ...], number: int, *, guarded: bool) -> Iterator[Fact | Seen]:
    """Yield what one command asks of an installer, or the program that it is.

    ``number`` is its line. ``python -m module`` is an import of the module, which the code may
    never reach.
    """
    argv = _bare(argv)
    if argv and _PYTHON.fullmatch(argv[0]):
        module, argv = _run_module(argv)
        if module and _MODULE.fullmatch(module):
            yield Seen(module, number, guarded=True)
    if argv[:1] and argv[0].endswith("uv") and argv[1:2] in {("pip",), ("add",)}:
        argv = argv[1:] if argv[1] == "pip" else ("pip", "install", *argv[2:])
    if not argv:
        return
    if _PIP.fullmatch(argv[0]):
        wanted = [requirement(text) for text in _installed(argv, _VALUED)]
        yield from (Fact("asked", text, "pypi", number, guarded) for text in wanted if text)
    elif _CONDA.fullmatch(argv[0]):
        for text in _installed(argv, _VALUED_CONDA):
            if _MATCH_SPEC.fullmatch(text) and len(text) < _LONGEST:
                yield Fact("asked", text, "conda", number, guarded)
    else:
        found = programs.of(argv)
        if found:
            yield Fact("program", found[0], found[1], number, guarded)


def _run_module(argv: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Return (module, ()) of ``python -m module``, or ("", the command) where that is pip."""
    rest = tuple(a for a in argv[1:] if a not in {"-u", "-I", "-E", "-s", "-B"})
    if len(rest) < 2 or rest[0] != "-m":  # noqa: PLR2004 - a module has a name
        return "", ()
    return ("", rest[1:]) if rest[1] in {"pip", "uv"} else (rest[1], ())


def _bare(argv: tuple[str, ...]) -> tuple[str, ...]:
    """Return a command without what stands before it: ``sudo``, ``X=1``."""
    at = 0
    while at < len(argv) and (argv[at] in _BEFORE or re.match(r"[A-Za-z_]\w*=", argv[at])):
        at += 1
    return argv[at:]


def _installed(argv: tuple[str, ...], valued: frozenset[str]) -> Iterator[str]:
    """Yield the words of an install command that are no options and no values of options."""
    words = iter(argv[1:])
    for word in words:
        if word == "install":
            break
        if not word.startswith("-"):
            return
    for word in words:
        if _ENDS.match(word):
            return
        if word in {"-e", "--editable"}:
            target = next(words, "")
            if "://" in target:
                yield target
        elif word in valued:
            next(words, None)
        elif not word.startswith("-"):
            yield word


def requirement(text: str) -> str | None:
    """Return a requirement line for a word that pip is given; None for paths, junk and secrets.

    pip itself is left out: nobody's code depends on the newest one.
    """
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    if not text or len(text) > _LONGEST or "{" in text or "$" in text or "\\" in text:
        return None
    if any(ord(c) < 32 or ord(c) == 127 for c in text):  # noqa: PLR2004 - control characters
        return None
    if _SIMPLE.fullmatch(text):
        return None if text.lower() in {"pip", "install"} or _is_archive(text) else text
    if "://" in text:
        return _address(text)
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return str(Requirement(text)) if "/" not in text.split(";")[0] else None
    except (InvalidRequirement, RecursionError, ValueError):
        return None


def _address(text: str) -> str | None:
    """Return ``name @ URL``, or the URL alone where nobody says the name; no password leaves."""
    found = _URL.fullmatch(text)
    if not found:
        return None
    egg = _EGG.search(found[2])
    name = found[1] or (egg[1] if egg else "")
    return f"{name} @ {found[2].partition('#')[0]}" if name else found[2]


def _is_archive(text: str) -> bool:
    return text.endswith((".txt", ".whl", ".zip", ".gz", ".bz2", ".py", ".yml", ".yaml", ".cfg"))
