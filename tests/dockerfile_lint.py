"""A small linter of Dockerfiles: what nobody should find in one that a program wrote.

The rules are hadolint's and Docker's own, by their published names; only what can be judged from
the text alone. ``lint`` returns a sentence for each sin.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

_SECRET = re.compile(r"(?i)(password|passwd|secret|token|api_?key|credential)")
_KNOWN = re.compile(
    "ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|ONBUILD|RUN|SHELL|STOPSIGNAL"
    "|USER|VOLUME|WORKDIR"
)
_PIN = re.compile(r"[a-z0-9./-]+:(?!latest\b)[\w.-]+(@sha256:[0-9a-f]{64})?")
_VALUE = re.compile(r'"(?:[^"\\]|\\.)*"|[\w./:-]+')


@dataclass
class Stage:
    image: str
    name: str
    rows: list[tuple[str, str]] = field(default_factory=list)


def instructions(text: str) -> list[tuple[str, str]]:
    """Return (instruction, rest), continuations joined, comments left out."""
    out, pending = [], ""
    for row in text.split("\n"):
        if row.lstrip().startswith("#") or (not row.strip() and not pending):
            continue
        pending += row
        if pending.endswith("\\"):
            pending = pending[:-1] + " "
            continue
        word, _, rest = pending.strip().partition(" ")
        out.append((word, rest.strip()))
        pending = ""
    assert not pending, "the file ends in a continuation"
    return out


def stages(text: str) -> tuple[dict[str, str], list[Stage]]:
    arguments: dict[str, str] = {}
    found: list[Stage] = []
    for word, rest in instructions(text):
        if word == "ARG" and not found:
            key, _, value = rest.partition("=")
            arguments[key] = value
        elif word == "FROM":
            image, _, name = rest.partition(" AS ")
            image = re.sub(r"\$\{(\w+)\}", lambda m: arguments.get(m.group(1), ""), image)
            found.append(Stage(image, name.strip()))
        elif found:
            found[-1].rows.append((word, rest))
    return arguments, found


RULES = (
    ("an instruction", lambda w, _: _KNOWN.fullmatch(w)),
    ("DL3025 exec form", lambda w, r: w not in {"CMD", "ENTRYPOINT"} or _is_words(r)),
    ("DL3020 COPY, which takes nothing from a URL", lambda w, _: w != "ADD"),
    ("DL3000 absolute", lambda w, r: w != "WORKDIR" or r.startswith("/")),
    ("DL3011 a port", lambda w, r: w != "EXPOSE" or (r.isdigit() and 0 < int(r) < 65536)),
    ("ENV name=value", lambda w, r: w != "ENV" or re.match(r"[A-Za-z_]\w*=", r)),
    ("ENV quoted", lambda w, r: w != "ENV" or _VALUE.fullmatch(r.partition("=")[2])),
    ("no secret", lambda w, r: w not in {"ENV", "ARG"} or not _SECRET.search(r.partition("=")[0])),
    ("DL3009 no lists", lambda w, r: _no(w, r, _APT) or "rm -rf /var/lib/apt/lists" in r),
    ("DL3009 update first", lambda w, r: _no(w, r, _APT) or "apt-get update" in r),
    ("DL3015 recommended", lambda w, r: _no(w, r, _APT) or "--no-install-recommends" in r),
    ("DL3014 -y", lambda w, r: _no(w, r, _APT) or re.search(r"install (\S+ )*-y\b", r)),
    ("DL3027 apt-get", lambda w, r: _no(w, r, r"\bapt (install|update)")),
    ("DL3042 no cache of pip's", lambda w, r: _no(w, r, "pip install") or "--no-cache-dir" in r),
    ("no cache of conda's", lambda w, r: _no(w, r, r"conda (env )?create") or "conda clean" in r),
    ("DL3004 no sudo", lambda w, r: _no(w, r, r"\bsudo\b")),
    ("nothing that no file names", lambda w, r: _no(w, r, r"\b(curl|wget)\b")),
)
"""What each instruction must be, and the function of it and its rest that says so."""
_APT = "apt-get install"


def lint(text: str) -> list[str]:
    sins = [
        f"{name}: {word} {rest}"
        for word, rest in instructions(text)
        for name, is_kept in RULES
        if not is_kept(word, rest)
    ]
    _, found = stages(text)
    return sins + _of_stages(found) + _of_the_last(found[-1].rows if found else [])


def _no(word: str, rest: str, pattern: str) -> bool:
    return word != "RUN" or not re.search(pattern, rest)


def _of_stages(found: list[Stage]) -> list[str]:
    names = [s.name for s in found]
    sins = [f"DL3006, DL3007 pinned: {s.image}" for s in found if not _PIN.fullmatch(s.image)]
    sins += [f"DL3024 two stages: {n}" for n in set(names) if n and names.count(n) > 1]
    for number, stage in enumerate(found):
        earlier = {*names[:number], *map(str, range(number))}
        copied = [re.search(r"--from=(\S+)", rest) for word, rest in stage.rows if word == "COPY"]
        sins += [
            f"DL3022 no stage: {c.group(1)}" for c in copied if c and c.group(1) not in earlier
        ]
    return sins


def _of_the_last(rows: list[tuple[str, str]]) -> list[str]:
    users = [rest for word, rest in rows if word == "USER"]
    sins = [] if users and users[-1] not in {"root", "0"} else ["DL3002 not root"]
    words = [word for word, _ in rows]
    sins += [f"DL3012 one: {w}" for w in ("CMD", "ENTRYPOINT") if words.count(w) > 1]
    return sins if {"CMD", "ENTRYPOINT"} & set(words) else [*sins, "something to start"]


def _is_words(text: str) -> bool:
    try:
        words = json.loads(text)
    except ValueError:
        return False
    return isinstance(words, list) and all(isinstance(w, str) for w in words) and bool(words)
