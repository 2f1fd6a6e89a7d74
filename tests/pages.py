"""Reading a page of the documentation: its blocks, tables, headings and links."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
OWN_PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAGES = sorted([*OWN_PAGES, ROOT / "examples" / "README.md", *DOCS.rglob("*.md")])


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@dataclass
class Block:
    """One fenced block of a page, or one comment that steers the runner."""

    kind: str
    """The language of a block; ``steer`` for a comment."""
    title: str
    """The file to write; for a comment run, answers, needs or without."""
    lines: list[str] = field(default_factory=list)


_FENCE = re.compile(r"```([\w-]*)(?:\s+title=(\S+))?\s*$")
_COMMENT = re.compile(r"<!-- (run|answers|needs|without): (.*?) -->")


def blocks(text: str) -> list[Block]:
    found: list[Block] = []
    inside: Block | None = None
    for line in text.splitlines():
        fence = _FENCE.fullmatch(line)
        if inside is not None:
            if line.rstrip() == "```":
                inside = None
            else:
                inside.lines.append(line)
        elif fence:
            inside = Block(fence[1], fence[2] or "")
            found.append(inside)
        elif steer := _COMMENT.fullmatch(line.strip()):
            found.append(Block("steer", steer[1], [steer[2]]))
    assert inside is None, "a fenced block is not closed"
    return found


def of_kind(text: str, kind: str) -> list[str]:
    return ["\n".join(b.lines) for b in blocks(text) if b.kind == kind]


def without_blocks(text: str) -> str:
    return re.sub(r"(?ms)^```.*?^```\s*$", "", text)


def section(text: str, heading: str) -> str:
    """Return what stands below a heading, up to the next one of the same depth or above."""
    match = re.search(rf"(?m)^(#+) {re.escape(heading)}\s*$", text)
    assert match, f"there is no heading {heading!r}"
    rest = text[match.end() :]
    end = re.search(rf"(?m)^#{{1,{len(match[1])}}} ", rest)
    return rest[: end.start()] if end else rest


def rows(text: str) -> list[list[str]]:
    """Return the cells of every table row, headings and rules left out."""
    out: list[list[str]] = []
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if not line.startswith("|") or re.fullmatch(r"[|\s:-]+", line):
            continue
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if re.fullmatch(r"\|[|\s:-]+", following):
            continue
        cells = re.split(r"(?<!\\)\|", line.strip().strip("|"))
        out.append([c.strip().replace("\\|", "|") for c in cells])
    return out


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", text)


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, made as GitHub makes them."""
    found: set[str] = set()
    for heading in re.findall(r"(?m)^#+ (.+?)\s*$", without_blocks(text)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        number, base = 1, slug
        while slug in found:
            slug, number = f"{base}-{number}", number + 1
        found.add(slug)
    return found


def links(text: str) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", without_blocks(text))


@dataclass
class Command:
    """One line after ``$``, and what the page shows below it."""

    line: str
    shown: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)


def commands_of(block: Block) -> list[Command]:
    found: list[Command] = []
    for line in block.lines:
        if line.startswith("$ "):
            found.append(Command(line[2:]))
        elif found and found[-1].line.endswith("\\") and not found[-1].shown:
            found[-1].line += "\n" + line
        elif found:
            found[-1].shown.append(line)
    return found


def steering(page: Path, what: str) -> list[str]:
    """Return what the comments of one kind in a page say."""
    found = blocks(page.read_text(encoding="utf-8"))
    return [b.lines[0] for b in found if b.kind == "steer" and b.title == what]


def played_pages() -> list[Path]:
    pages = [ROOT / "README.md", ROOT / "examples" / "README.md", *sorted(DOCS.rglob("*.md"))]
    return [p for p in pages if of_kind(p.read_text(encoding="utf-8"), "console")]
