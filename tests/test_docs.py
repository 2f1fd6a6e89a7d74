"""What the documentation says is true: links, tables, examples, and every captured command.

A page is checked by what it holds. Blocks marked ``console`` are run for real (marker ``real``),
in order, in an empty home: each line that the page shows must come, in that order. Numbers may
differ, ``...`` stands for anything. A block ``KIND title=FILE`` is written to that file first.
Comments steer the runner: ``run: COMMAND`` runs without being shown, ``answers: y, n`` types at
the questions of the next block, ``needs: PROGRAM`` skips the page where the program is missing.

``python -m tests.test_docs PAGE`` prints what the commands of a page print now.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib.util
import json
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from envboot import bundling, cli, engines, errors, find, formats, needs, units
from envboot.shell import LocalShell
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
OWN_PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAGES = sorted([*OWN_PAGES, ROOT / "examples" / "README.md", *DOCS.rglob("*.md")])
PACKAGE = ROOT / "envboot"


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


# ------------------------------------------------------------------ reading a page


@dataclass
class Block:
    """One fenced block of a page, or one comment that steers the runner."""

    kind: str
    """The language of a block; ``steer`` for a comment."""
    title: str
    """The file to write; for a comment run, answers or needs."""
    lines: list[str] = field(default_factory=list)


_FENCE = re.compile(r"```([\w-]*)(?:\s+title=(\S+))?\s*$")
_COMMENT = re.compile(r"<!-- (run|answers|needs): (.*?) -->")


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


# ------------------------------------------------------------------ links


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


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links(page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            assert link.startswith("https://"), link
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{name_of(page)} links to {link}, which is not there"
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), link


def test_every_page_is_reached_from_the_index() -> None:
    seen: set[Path] = set()
    todo = [DOCS / "README.md"]
    while todo:
        page = todo.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        for link in links(page.read_text(encoding="utf-8")):
            if not re.match(r"[a-z]+:", link) and link.partition("#")[0]:
                todo.append((page.parent / link.partition("#")[0]).resolve())
    assert {p for p in DOCS.rglob("*.md") if p not in seen} == set()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_is_plain_and_names_no_machine_of_ours(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.endswith("\n")
    assert "\t" not in text
    assert not re.search(r"(?<![\w.])/(work|tmp|root|home)/", text), "a path of one machine"
    assert text.startswith("# ")
    assert len(re.findall(r"(?m)^# ", without_blocks(text))) == 1


def test_the_readme_stays_short() -> None:
    assert len(text_of("README.md").splitlines()) <= 140


# ------------------------------------------------------------------ the reference


def _flags(name: str) -> dict[str, tuple[str, str]]:
    """Return what a command's parser knows: first flag → (all flags, help)."""
    top = cli.parser("envboot")
    commands = next(a for a in top._actions if isinstance(a, argparse._SubParsersAction))
    out = {}
    for action in commands.choices[name]._actions:
        if not action.option_strings or action.help == argparse.SUPPRESS or action.dest == "help":
            continue
        shown = ", ".join(
            f"`{flag} {action.metavar}`" if action.metavar else f"`{flag}`"
            for flag in action.option_strings
        )
        out[action.option_strings[-1]] = (shown, str(action.help))
    return out


def _shared() -> dict[str, tuple[str, str]]:
    tables = [_flags(name) for name in cli.COMMANDS]
    return {k: v for k, v in tables[0].items() if all(k in t for t in tables)}


def _documented_flags(text: str) -> dict[str, tuple[str, str]]:
    return {quoted(r[0])[-1].split()[0]: (r[0], r[1]) for r in rows(text)}


def _same_flags(told: dict[str, tuple[str, str]], known: dict[str, tuple[str, str]]) -> None:
    assert set(told) == set(known)
    for flag, (shown, text) in known.items():
        assert told[flag][0] == shown
        assert told[flag][1].startswith(text), f"{flag}: the program says {text!r}"


def test_commands_md_has_every_command_and_flag() -> None:
    text = text_of("docs/reference/commands.md")
    _same_flags(_documented_flags(section(text, "Flags of every command")), _shared())
    for name in cli.COMMANDS:
        part = section(text, f"`{name}`")
        assert cli.SUMMARIES[name] in part
        own = {k: v for k, v in _flags(name).items() if k not in _shared()}
        _same_flags(_documented_flags(part), own)


def test_flags_that_pages_name_exist() -> None:
    known = {flag for name in cli.COMMANDS for flag in _flags(name)} | {"--version", "--help"}
    known |= {"--no-kernel", "--no-shell"}
    for page in PAGES:
        for code in quoted(without_blocks(page.read_text(encoding="utf-8"))):
            ours = re.match(r"(?:(?:python3? )?setup\.py|envboot|git package-env)\b(.*)", code)
            words = ours[1].partition(" -- ")[0].split() if ours else []
            if not ours and re.fullmatch(r"--[a-z-]+(?: [A-Z]+)?", code):
                words = [code.split()[0]] if name_of(page).startswith("docs/reference/com") else []
            for word in words:
                if word.startswith("--") and word != "--":
                    assert word in known, f"{name_of(page)}: {code}"


def _classes() -> dict[str, int]:
    out, todo = {}, [errors.EnvbootError]
    while todo:
        one = todo.pop()
        out[one.__name__] = one.exit_code
        todo += one.__subclasses__()
    return {k: v for k, v in out.items() if getattr(errors, k, None)}


def test_exit_codes_md_agrees_with_the_classes() -> None:
    told = {}
    for code, name, *_ in rows(section(text_of("docs/reference/exit-codes.md"), "The codes")):
        told[quoted(name)[0] if quoted(name) else ""] = int(quoted(code)[0])
    assert told.pop("") == 0
    assert told == _classes()


def test_json_md_shows_results_that_the_schema_allows() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    text = text_of("docs/reference/json.md")
    schema = json.loads(text_of("docs/reference/up.schema.json"))
    steps = [c for b in blocks(text) if b.kind == "console" for c in commands_of(b)]
    examples = [json.loads("\n".join(c.shown)) for c in steps if "--json" in c.line]
    assert {e["outcome"] for e in examples} >= {"created", "falls-short", "failed"}
    for example in examples:
        jsonschema.validate(example, schema)
    told = {quoted(r[0])[0] for r in rows(section(text, "Fields"))}
    assert told == set(schema["properties"])
    outcomes = {quoted(r[0])[0] for r in rows(section(text, "Outcomes"))}
    assert outcomes == set(schema["properties"]["outcome"]["enum"])


def test_needs_md_has_every_key_and_reads_as_it_says() -> None:
    text = text_of("docs/reference/needs.md")
    assert {quoted(r[0])[0] for r in rows(section(text, "Keys"))} == set(needs.KEYS)
    reader = {"cpus": units.cores, "gpu": units.gpus, "arch": units.architectures}
    reader |= dict.fromkeys(("memory", "disk", "gpu_memory"), units.size)
    reader |= {"cuda": units.version, "compute_capability": units.capability}
    reader |= {"os": units.systems, "cpu_flags": units.flags}
    for key, written, *_ in rows(section(text, "Keys")):
        for value in quoted(written):
            plain = {"true": True, "false": False}.get(value, value.strip('"'))
            assert reader[quoted(key)[0]](plain) is not None, f"{key}: {value}"
    for written, size, *_ in rows(section(text, "Units")):
        wanted = int(quoted(size)[0].replace(" ", ""))
        assert [units.size(v) for v in quoted(written)] == [wanted] * len(quoted(written))


def test_blocks_of_dependency_files_are_valid() -> None:
    count = 0
    for page in PAGES:
        for block in blocks(page.read_text(encoding="utf-8")):
            name = block.title.rsplit("/", 1)[-1] if block.kind != "steer" else ""
            reader = formats.reader_for(name) if name and not name.endswith(".py") else None
            if reader:
                reader.parse("\n".join(block.lines) + "\n", Origin(block.title))
                count += 1
    assert count >= 5


def test_files_read_md_has_every_format_in_the_order_of_the_rules() -> None:
    text = text_of("docs/reference/files-read.md")
    told = [name for row in rows(section(text, "Formats")) for name in quoted(row[0])]
    known = [p for module, patterns in formats.BUILT_IN.items() for p in patterns]
    assert set(told) == set(known)
    order = [n for row in rows(section(text, "Which file wins")) for n in quoted(row[1])]
    assert order == [*find.ORDER, *find.PROJECT, "pylock.toml"]


def _reads(tree: ast.AST) -> Iterator[str]:
    """Yield the names of variables that code reads: ``environ.get(NAME)``, ``NAME in environ``."""
    loops: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.For) and isinstance(node.target, ast.Name):
            values = node.iter.elts if isinstance(node.iter, ast.Tuple) else []
            texts = [v.value for v in values if isinstance(v, ast.Constant)]
            loops.setdefault(node.target.id, []).extend(str(t) for t in texts)
    for node in ast.walk(tree):
        key: ast.AST | None = None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of = ast.unparse(node.func.value)
            if (node.func.attr == "get" and of.endswith("environ") and node.args) or (
                node.func.attr == "getenv" and of == "os" and node.args
            ):
                key = node.args[0]
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("environ"):
            key = node.slice
        elif isinstance(node, ast.Compare) and len(node.ops) == 1:
            of = ast.unparse(node.comparators[0])
            if isinstance(node.ops[0], (ast.In, ast.NotIn)) and of.endswith("environ"):
                key = node.left
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key.value
        elif isinstance(key, ast.Name):
            yield from loops.get(key.id, ())


def test_environment_variables_md_names_what_the_code_reads_and_nothing_else() -> None:
    text = text_of("docs/reference/environment-variables.md")
    told = {n for row in rows(section(text, "Read")) for n in quoted(row[0])}
    read: set[str] = set()
    constants: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        if path.name == "testing.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        read |= set(_reads(tree))
        constants |= {
            n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and type(n.value) is str
        }
    assert read - told == set(), "read, and not documented"
    words = {w for c in constants for w in re.findall(r"[A-Z_]+", c)}
    for name in told - read:
        assert name.rstrip("*") in words, f"{name} is documented, and nothing reads it"


def test_setup_py_md_names_the_commands_of_a_generated_file() -> None:
    text = text_of("docs/reference/setup-py.md")
    own = quoted(section(text, "Which commands are envboot's"))
    for name in cli.COMMANDS:
        assert name in own or name.replace("-", "_") in own


# ------------------------------------------------------------------ the explanation


def test_architecture_md_lists_every_module_and_nothing_else() -> None:
    text = text_of("docs/explanation/architecture.md")
    told = [quoted(row[0])[0] for row in rows(section(text, "Modules"))]
    real = {p.relative_to(PACKAGE).as_posix() for p in PACKAGE.rglob("*.py")}
    assert len(told) == len(set(told))
    assert sorted(told) == sorted(real)


def test_every_decision_is_in_the_index() -> None:
    index = links(text_of("docs/README.md"))
    for page in (DOCS / "decisions").glob("*.md"):
        assert f"decisions/{page.name}" in index


# ------------------------------------------------------------------ a plug-in, as documented


def test_the_engine_of_the_how_to_is_a_whole_plug_in(tmp_path: Path) -> None:
    """Run the page's own test of its own engine, in a Python of its own."""
    text = text_of("docs/how-to/write-an-engine.md")
    for block in blocks(text):
        if block.title:
            (tmp_path / block.title).write_text("\n".join(block.lines) + "\n", encoding="utf-8")
    names = re.findall(r"(?m)^(?:def )?([A-Za-z_]+)(?: =|\()", of_kind(text, "python")[0])
    assert set(engines.REQUIRED) <= set(names)
    assert set(engines.REQUIRED) <= set(quoted(text))
    done = subprocess.run(
        [sys.executable, "test_engine.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


# ------------------------------------------------------------------ running a page for real

SECONDS = 300  # for one command
_QUESTION = re.compile(r"(?:\[[yn]\]: |\? |\(y/N\) |\(Y/n\) )$")


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


@lru_cache(maxsize=1)
def _archive() -> bytes:
    """Return envboot as it travels: what runs has no packages and no uv beside it."""
    return bundling.bundle(LocalShell())


class Desk:
    """A person's computer: an empty home, a Python 3, git and envboot; no conda, no uv."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        programs = self.home / ".local" / "bin"
        programs.mkdir(parents=True)
        base = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
        for name in ("python3", "python"):
            (programs / name).symlink_to(base)
        (folder / "envboot.pyz").write_bytes(_archive())
        start = programs / "envboot"
        line = f'exec "{programs}/python3" -I "{folder}/envboot.pyz" "$@"'
        start.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        start.chmod(0o755)
        config = "[user]\nname = Ada\nemail = ada@localhost\n[init]\ndefaultBranch = main\n"
        (self.home / ".gitconfig").write_text(config, encoding="utf-8")
        self.cwd, self.status, self.state = self.home, 0, folder / "cwd"
        kept = {k: v for k, v in os.environ.items() if k.startswith(("PIP_", "SSL_", "HTTP"))}
        kept |= {k: os.environ[k] for k in ("LANG", "LD_LIBRARY_PATH") if k in os.environ}
        self.environ = {
            **kept,
            "HOME": str(self.home),
            "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
            "SHELL": "/bin/bash",
            "TERM": "xterm",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PIP_CACHE_DIR": str(Path("~/.cache/pip").expanduser()),
        }

    def run(self, command: Command) -> str:
        """Run a line in bash, in the folder where the last one ended; return what it printed."""
        script = f"(exit {self.status})\n{command.line}\nrc=$?; pwd > {self.state}; exit $rc"
        argv = ["bash", "--noprofile", "--norc", "-c", script]
        if command.answers:
            out, self.status = _at_a_terminal(argv, self.environ, self.cwd, command.answers)
        else:
            done = subprocess.run(
                argv,
                cwd=self.cwd,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=SECONDS,
                check=False,
            )
            out, self.status = done.stdout.decode("utf-8", "replace"), done.returncode
        if self.state.exists():
            self.cwd = Path(self.state.read_text(encoding="utf-8").strip())
        return self._neutral(out)

    def write(self, title: str, lines: Sequence[str]) -> None:
        path = self.cwd / title
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _neutral(self, out: str) -> str:
        for place in {str(self.home), str(self.home.resolve())}:
            out = out.replace(place, "~")
        return out


def _at_a_terminal(
    argv: list[str], environ: dict[str, str], cwd: Path, answers: Sequence[str]
) -> tuple[str, int]:
    """Run a program at a terminal of its own and type an answer at each question."""
    import fcntl
    import pty
    import struct
    import termios

    waiting = list(answers)
    pid, terminal = pty.fork()
    if pid == 0:  # pragma: no cover - the child
        os.chdir(cwd)
        os.execvpe(argv[0], argv, environ)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 200, 0, 0))
    said, fresh, ends = "", "", time.monotonic() + SECONDS
    with contextlib.suppress(OSError):  # EIO: the program has ended
        while time.monotonic() < ends:
            if not select.select([terminal], [], [], 0.3)[0]:
                if waiting and _QUESTION.search(fresh):
                    os.write(terminal, f"{waiting.pop(0)}\n".encode())
                    fresh = ""
                continue
            data = os.read(terminal, 65536)
            if not data:
                break
            said += data.decode("utf-8", "replace")
            fresh = (fresh + data.decode("utf-8", "replace"))[-400:]
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert not waiting, f"never asked for {waiting}:\n{said}"
    plain = re.sub(r"\x1b\[[0-?]*[ -/]*[@-~]", "", said).replace("\r\n", "\n")
    return re.sub(r"(?m)^.*\r(?!$)", "", plain), os.waitstatus_to_exitcode(status)


def loosely(line: str) -> str:
    """Return a line with everything that differs from machine to machine taken out."""
    line = re.sub(r"\b(?=[0-9a-f]*\d)[0-9a-f]{7,}\b", "#", line.strip())
    line = re.sub(r"\b(?:x86_64|aarch64|arm64)\b", "#", line)
    line = re.sub(r"\d+(?:\.\d+)*", "#", line)
    return " ".join(line.split())


def missing(shown: Sequence[str], out: str) -> str:
    """Return the first line of a page that the real output lacks, "" when all came in order."""
    real = [loosely(line) for line in out.splitlines()]
    at = 0
    for line in shown:
        if line.strip() in {"", "..."}:
            continue
        pattern = re.compile(".*".join(re.escape(loosely(p)) for p in line.split("...")))
        at = next((n + 1 for n in range(at, len(real)) if pattern.fullmatch(real[n])), 0)
        if not at:
            return line
    return ""


def played(page: Path, folder: Path) -> Iterator[tuple[Command, str, int]]:
    """Run the blocks of a page; yield each command, what it printed and its status."""
    desk = Desk(folder)
    answers: list[str] = []
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.kind == "steer" and block.title == "run":
            hidden = Command(block.lines[0].replace("REPOSITORY", str(ROOT)))
            out = desk.run(hidden)
            assert desk.status == 0, f"{hidden.line}\n{out}"
        elif block.kind == "steer":
            if block.title == "answers":
                answers = [a.strip() for a in block.lines[0].split(",")]
        elif block.kind == "console":
            for command in commands_of(block):
                if answers and ("setup.py" in command.line or "envboot up" in command.line):
                    command.answers, answers = answers, []
                yield command, desk.run(command), desk.status
        elif block.title:
            desk.write(block.title, block.lines)


def needed(page: Path) -> list[str]:
    found = blocks(page.read_text(encoding="utf-8"))
    return [b.lines[0] for b in found if b.kind == "steer" and b.title == "needs"]


def _played_pages() -> list[Path]:
    pages = [ROOT / "README.md", ROOT / "examples" / "README.md", *sorted(DOCS.rglob("*.md"))]
    return [p for p in pages if of_kind(p.read_text(encoding="utf-8"), "console")]


@pytest.mark.real
@pytest.mark.parametrize("page", _played_pages(), ids=name_of)
def test_commands_of_a_page_print_what_it_shows(page: Path, tmp_path: Path) -> None:
    for program in [*needed(page), "git", "bash"]:
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    steps = played(page, tmp_path)
    command, out, status = next(steps)
    while True:
        line = missing(command.shown, out)
        assert not line, f"$ {command.line}\nlacks: {line}\n--- it printed:\n{out}"
        following = next(steps, None)
        told = following and following[0].line == "echo $?"
        assert status == 0 or told, f"$ {command.line} ended with {status}\n{out}"
        if following is None:
            return
        command, out, status = following


def test_the_comparison_is_loose_and_yet_fails() -> None:
    out = "> 21 packages installed, done.\n> log: ~/demo/.envboot/log/20250102-1.log\nthe end\n"
    assert not missing(["> 7 packages installed, done.", "...", "the end"], out)
    assert not missing(["> log: .../log/....log"], out)
    assert missing(["the end", "> 7 packages installed, done."], out)
    assert missing(["> 21 packages removed, done."], out)


def _print_page(page: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for command, out, status in played(page.resolve(), Path(folder)):
            print(f"$ {command.line}\n{out}", end="")  # noqa: T201
            print(f"[{status}] {missing(command.shown, out)}")  # noqa: T201


if __name__ == "__main__":
    _print_page(Path(sys.argv[1]))
