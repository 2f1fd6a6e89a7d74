"""What the documentation says is true: links, tables, examples, and every captured command.

A page is checked by what it holds; :mod:`desk` says how its ``console`` blocks are run for real.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import shutil
import subprocess
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

import pytest
from desk import missing, played
from pages import (
    DOCS,
    PAGES,
    ROOT,
    anchors,
    blocks,
    commands_of,
    links,
    name_of,
    of_kind,
    played_pages,
    quoted,
    rows,
    section,
    steering,
    text_of,
    without_blocks,
)

from envboot import cli, engines, errors, formats, needs
from envboot.cli.flags import DEEDS
from envboot.find import precedence
from envboot.needs import units
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = ROOT / "envboot"


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
            path = "" if re.match(r"[a-z]+:", link) else link.partition("#")[0]
            todo += [(page.parent / path).resolve()] if path else []
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
    assert len(text_of("README.md").splitlines()) <= 155


# ------------------------------------------------------------------ the reference


@lru_cache
def _flags(name: str) -> dict[str, tuple[str, str]]:
    """Return what a command's parser knows: first flag → (all flags, help)."""
    parser = cli.parser("envboot")
    for word in name.split():  # `notebook pack` is a command behind a command
        commands = next(a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
        parser = commands.choices[word]
    out = {}
    for action in parser._actions:
        if not action.option_strings or action.help == argparse.SUPPRESS or action.dest == "help":
            continue
        shown = ", ".join(
            f"`{flag} {action.metavar}`" if action.metavar else f"`{flag}`"
            for flag in action.option_strings
        )
        out[action.option_strings[-1]] = (shown, str(action.help))
    return out


def _names() -> list[str]:
    """Return every command, those behind `notebook` in its place."""
    deeds = [f"notebook {deed}" for deed in DEEDS]
    return [n for name in cli.COMMANDS for n in (deeds if name == "notebook" else [name])]


@lru_cache
def _shared() -> dict[str, tuple[str, str]]:
    tables = [_flags(name) for name in _names()]
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
    assert cli.SUMMARIES["notebook"] in section(text, "`notebook`")
    of_up = set(_flags("up"))
    for name in _names():
        part = section(text, f"`{name}`")
        assert (cli.SUMMARIES | {f"notebook {k}": v for k, v in DEEDS.items()})[name] in part
        own = {k: v for k, v in _flags(name).items() if k not in _shared()}
        if name.startswith("notebook ") and of_up <= set(_flags(name)):  # said once is enough
            assert "the flags of [`up`](#up)" in part
            own = {k: v for k, v in own.items() if k not in of_up}
        _same_flags(_documented_flags(part), own)


def test_flags_that_pages_name_exist() -> None:
    known = {flag for name in _names() for flag in _flags(name)} | {"--version", "--help"}
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
    reader |= dict.fromkeys(("glibc", "macos"), units.version)
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
    assert order == [*precedence.ORDER, precedence.PIXI, *precedence.PROJECT, "pylock.toml"]


def _reads(tree: ast.AST) -> Iterator[str]:
    """Yield the names of variables that code reads: ``environ.get(NAME)``, ``NAME in environ``."""
    loops: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.For) and isinstance(node.iter, ast.Tuple):
            texts = [str(v.value) for v in node.iter.elts if isinstance(v, ast.Constant)]
            loops.setdefault(ast.unparse(node.target), []).extend(texts)
    for node in ast.walk(tree):
        key = _key(node)
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key.value
        elif isinstance(key, ast.Name):
            yield from loops.get(key.id, ())


def _key(node: ast.AST) -> ast.AST | None:
    """Return what is looked up among the environment variables, None where nothing is."""
    of: ast.AST | None = None
    key: ast.AST | None = None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        if node.func.attr == "getenv":
            return node.args[0]
        of, key = (node.func.value, node.args[0]) if node.func.attr == "get" else (None, None)
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        of, key = node.value, node.slice
    elif isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
        of, key = node.comparators[0], node.left
    return key if of is not None and ast.unparse(of).endswith("environ") else None


def test_environment_variables_md_names_what_the_code_reads_and_nothing_else() -> None:
    text = text_of("docs/reference/environment-variables.md")
    told = {n for row in rows(section(text, "Read")) for n in quoted(row[0])}
    read: set[str] = set()
    constants: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name == "testing":
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
    told = quoted(section(text, "Which commands are envboot's").partition("Everything else")[0])
    known: list[str] = []
    for node in ast.parse(text_of("templates/setup.py")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in {"_OWN", "_SHARED"}:
            known += ast.literal_eval(node.value.func.value).split()  # type: ignore[attr-defined]
    assert told == known


def test_the_workflow_of_the_ci_page_runs_what_the_page_runs() -> None:
    yaml = pytest.importorskip("yaml")
    text = text_of("docs/how-to/use-in-ci.md")
    (workflow,) = [yaml.safe_load(b) for b in of_kind(text, "yaml")]
    steps = workflow["jobs"]["environment"]["steps"]
    shown = [c.line for b in blocks(text) if b.kind == "console" for c in commands_of(b)]
    assert [s["run"] for s in steps if "run" in s] == shown[:3]


# ------------------------------------------------------------------ the explanation


def test_architecture_md_lists_every_module_and_nothing_else() -> None:
    text = text_of("docs/explanation/architecture.md")
    told = [quoted(row[0])[0] for row in rows(section(text, "Modules"))]
    real = {p.relative_to(PACKAGE).as_posix() for p in PACKAGE.rglob("*.py")}
    assert len(told) == len(set(told))
    assert sorted(told) == sorted(real)


def test_architecture_md_shows_the_layers_that_are_enforced() -> None:
    told = of_kind(section(text_of("docs/explanation/architecture.md"), "The layers"), "text")
    contract = re.search(r"(?s)^layers = \[(.*?)^\]", text_of("pyproject.toml"), re.MULTILINE)
    assert contract
    enforced = [re.split(r" [|:] ", layer) for layer in re.findall(r'"(.+)"', contract[1])]
    assert [re.split(r"\s{3,}", row)[0].split(" | ") for row in told[0].splitlines()] == enforced


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


# ------------------------------------------------------------------ the commands of a page


@pytest.mark.real
@pytest.mark.parametrize("page", played_pages(), ids=name_of)
def test_commands_of_a_page_print_what_it_shows(page: Path, tmp_path: Path) -> None:
    for program in [*steering(page, "needs"), "git", "bash"]:
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    for program in steering(page, "without"):
        if shutil.which(program):
            pytest.skip(f"the page shows a machine without {program}")
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
