"""The block in setup.py: put in, read, taken out; and when it acts."""

from __future__ import annotations

import ast
import hashlib
import io
import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envboot import cli
from envboot.errors import InvalidFile
from envboot.package import project, setupfile
from envboot.package.setupfile import Block

if TYPE_CHECKING:
    from pathlib import Path

BLOCK = Block("1.2", "0" * 64, files={"requirements.txt": "six\n"}, needs={"cpus": "4"})
PILE = project.tail(project.Project("pile"), "waves")

FILES = {
    "empty": b"",
    "no docstring": b"from setuptools import setup\nsetup()\n",
    "docstring": b'"""Build."""\nfrom setuptools import setup\nsetup()\n',
    "docstring alone, no newline": b'"""Build."""',
    "docstring of several lines": b"'''Build\n\nit.'''\n\nimport os\n",
    "future": b'"B"\nfrom __future__ import annotations\nfrom __future__ import division\nx = 1\n',
    "no newline at the end": b"x = 1",
    "semicolon": b'"""B."""; import os\nx = (1,\n 2)\n',
    "semicolon and a long statement": b'"""B."""; x = (1,\n 2)\ny = 3\n',
    "crlf": b'"""B."""\r\nimport os\r\n',
    "crlf, no newline at the end": b'"""B."""\r\nfrom __future__ import division',
    "cr": b'"""B."""\rimport os\r',
    "shebang and encoding": b"#!/usr/bin/env python\n# -*- coding: latin-1 -*-\nname = '\xe9'\n",
    "licence": b"# Copyright\n# someone\n\nimport os\n",
    "form feed": b'"""B."""\n\x0c\nimport os\n',
    "separators that are no line ends": '"""B\u2028b\x0b."""\nimport os\n'.encode(),
}


@pytest.mark.parametrize("before", FILES.values(), ids=FILES.keys())
def test_it_is_put_in_and_taken_out_byte_for_byte(before: bytes) -> None:
    after = setupfile.insert(before, BLOCK)
    assert after != before
    assert setupfile.remove(after) == before
    assert setupfile.read(after) == BLOCK
    assert setupfile.insert(after, BLOCK) == after
    newer = Block("1.3", "1" * 64)
    assert setupfile.read(setupfile.insert(after, newer)) == newer
    assert setupfile.remove(setupfile.insert(after, newer)) == before


@pytest.mark.parametrize("before", FILES.values(), ids=FILES.keys())
def test_docstring_future_imports_and_encoding_keep_their_place(before: bytes) -> None:
    after = setupfile.insert(before, BLOCK)
    old, new = ast.parse(before), ast.parse(after)
    assert ast.get_docstring(new) == ast.get_docstring(old)
    compile(after, "setup.py", "exec")  # a future import below the block would not compile
    if before.startswith(b"#"):
        assert after.splitlines()[:2] == before.splitlines()[:2]
    if b"\r\n" in before:
        assert after.count(b"\n") == after.count(b"\r\n")


def test_it_stands_above_the_first_import_and_below_the_licence() -> None:
    after = setupfile.insert(FILES["licence"], BLOCK).decode()
    assert after.index("someone") < after.index(">>> envboot") < after.index("import os")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"\xef\xbb\xbfimport os\n", "byte order mark"),
        (b"print 'Python 2'\n", "cannot read the file"),
        (b"x = (\n", "cannot read the file"),
        (b"\0", "setup.py"),
        (b"# >>> envboot >>>\nimport sys\n", "do not pair"),
        (b"# <<< envboot <<<\n# >>> envboot >>>\n", "do not pair"),
        (b"# >>> envboot >>>\n# <<< envboot <<<\n# >>> envboot >>>\n# <<< envboot <<<\n", "pair"),
    ],
)
def test_what_no_block_fits_into_is_refused_with_a_reason(text: bytes, says: str) -> None:
    with pytest.raises(InvalidFile, match=says) as caught:
        setupfile.insert(text, BLOCK)
    assert caught.value.hint
    assert caught.value.origin is not None
    assert caught.value.origin.path == "setup.py"


def test_marks_inside_a_string_or_a_comment_are_no_marks() -> None:
    text = b'x = "# >>> envboot >>>"\n# see # <<< envboot <<< there\n'
    assert setupfile.read(text) is None
    assert setupfile.remove(setupfile.insert(text, BLOCK)) == text


def test_a_block_that_was_edited_to_death_is_named() -> None:
    text = setupfile.insert(b"x = 1\n", BLOCK).replace(b"_ENVBOOT = {", b"_ENVBOOT = [{", 1)
    with pytest.raises(InvalidFile, match="was edited") as caught:
        setupfile.read(text)
    assert caught.value.origin is not None
    assert caught.value.origin.line == 1


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0")),
        max_size=3,
    ),
    st.dictionaries(st.sampled_from(["cpus", "gpu"]), st.text() | st.booleans() | st.integers()),
)
def test_any_text_comes_back(files: dict[str, str], needs: dict[str, object]) -> None:
    block = Block("1", "2", (3, 9), files, needs)
    text = setupfile.whole(block, PILE)
    assert text.isascii()
    assert setupfile.read(text) == block
    for line_end in (b"\r\n", b"\n"):  # what core.autocrlf makes of it
        assert setupfile.read(text.replace(b"\n", line_end)) == block


def test_each_line_of_a_file_has_a_line_of_its_own() -> None:
    text = 'name: "waves"\ndependencies:\n  - python=3.11\n'
    rows = setupfile.render(Block("1", "2", files={"environment.yml": text})).splitlines()
    assert "            'name: \"waves\"\\n'" in rows
    assert '            "dependencies:\\n"' in rows
    assert '            "  - python=3.11\\n",' in rows
    assert any(setupfile.sha256(text) in row for row in rows)


def test_a_formatter_does_not_make_it_another_program() -> None:
    text = setupfile.whole(BLOCK, PILE)
    formatted = text.replace(b'"', b"'").replace(b"\n\n", b"\n")
    assert formatted != text
    assert setupfile.same_code(b'"""x"""\n' + text[text.index(b"import sys") :], formatted) is False
    assert setupfile.same_code(text.replace(b"    ", b"  "), text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"import sys\nif 'x' in sys.argv:\n  pass\n", 2),
        (b"from sys import argv\n", 1),
        (b"import sys\nprint(sys.path)\n", 0),
    ],
)
def test_a_file_that_reads_argv_itself_is_noticed(text: bytes, line: int) -> None:
    assert setupfile.reads_argv(text) == line
    assert bool(setupfile.reads_argv(setupfile.insert(text, BLOCK))) == bool(line)


def test_a_tail_is_ours_until_someone_edits_it() -> None:
    for kind in ("pile", "declared", "foreign"):
        tail = project.tail(project.Project(kind, "poetry.core.masonry.api"), "waves")
        text = setupfile.whole(BLOCK, tail)
        for shown in (text, text.replace(b"\n", b"\r\n")):
            mine = setupfile.own_tail(shown)
            assert mine is not None
            assert project.is_tail(mine)
        edited = setupfile.own_tail(text + b"print(1)\n")
        assert edited is not None
        assert not project.is_tail(edited)
    assert setupfile.own_tail(setupfile.insert(b"import os\n", BLOCK)) is None


def test_setup_is_called_with_literals_at_the_top_level() -> None:
    tree = ast.parse(setupfile.whole(BLOCK, PILE))
    call = tree.body[-1].value  # type: ignore[attr-defined]
    assert call.func.id == "setup"
    assert {k.arg: ast.literal_eval(k.value) for k in call.keywords} == {
        "name": "waves",
        "version": "0.0.0",
        "packages": [],
        "py_modules": [],
    }


def test_the_file_is_as_formatters_have_it() -> None:
    black = 88
    text = setupfile.whole(Block("1", "2", files={"a.txt": "x" * 200}), PILE).decode()
    long = [row for row in text.splitlines() if len(row) > black]
    assert [row.strip()[:4] for row in long] == ['"xxx']


# ------------------------------------------------------------------- when it acts

FAKE = """
import sys
def main(argv, root, embedded, needs):
    print("ENVBOOT", argv, root, sorted(embedded), needs)
    return 42
"""


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    """Return a packed repository whose archive only says what it was called with."""
    root = tmp_path / "my répo"
    (root / ".envboot").mkdir(parents=True)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("envboot/__init__.py", "")
        file.writestr("envboot/cli/__init__.py", FAKE)
    (root / ".envboot" / "envboot.pyz").write_bytes(out.getvalue())
    block = Block("1", hashlib.sha256(out.getvalue()).hexdigest(), files={"a.txt": "six"})
    tail = 'print("SETUP", sys.argv[1:])\n'
    (root / "setup.py").write_bytes(setupfile.whole(block, tail))
    return root


def call(root: Path, *words: str, before: tuple[str, ...] = (), **keywords: object) -> str:
    done = subprocess.run(
        [sys.executable, *before, str(keywords.pop("file", root / "setup.py")), *words],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        stdin=subprocess.DEVNULL,
        **keywords,  # type: ignore[call-overload]
    )
    return f"{done.stdout}{done.stderr}[{done.returncode}]"


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["up"],
        ["up", "--name", "x"],
        ["package-env", "--check"],
        ["package_env"],
        ["doctor"],
        ["run", "--", "pytest", "--version"],
        ["shell"],
        ["remove"],
        ["help"],
        ["check"],
        ["check", "--json"],
        ["--yes"],
        ["-y"],
        ["-v"],
        ["-q", "--yes"],
        ["-n"],
        ["--dry-run", "--offline"],
        ["--engine", "uv"],
        ["--engine=uv"],
        ["--group", "dev"],
        ["--file=x.txt"],
    ],
)
def test_what_a_person_types_is_envboots(packed: Path, words: list[str]) -> None:
    said = call(packed, *words)
    assert said.startswith(f"ENVBOOT {words!r} {packed} ['a.txt'] {{}}\n")
    assert said.endswith("[42]")


@pytest.mark.parametrize(
    "words",
    [
        ["--version"],
        ["--name"],
        ["--help"],
        ["-h"],
        ["--help-commands"],
        ["--fullname"],
        ["sdist"],
        ["-q", "bdist_wheel"],
        ["-v", "build"],
        ["-n", "install"],
        ["install", "--prefix", "/x"],
        ["egg_info"],
        ["develop", "--user"],
        ["check", "-m", "-s"],
        ["check", "sdist"],
        ["clean", "--all"],
        ["build_ext", "--inplace"],
        ["--classifiers"],
        ["--url"],
    ],
)
def test_everything_else_is_setuptools(packed: Path, words: list[str]) -> None:
    assert call(packed, *words) == f"SETUP {words!r}\n[0]"


def test_every_command_and_flag_of_the_command_line_is_sorted() -> None:
    """A new command is envboot's; a new flag is either envboot's or said after ``up``."""
    data = setupfile.render(BLOCK)
    own = (set(cli.COMMANDS) - {"create"}) | {"package_env", "help"}  # another repository's
    words = set(data.replace('"', " ").replace(")", " ").split())
    assert own <= words
    setuptools = {"name", "verbose", "quiet", "dry-run"}
    for command in ("up", "check"):
        for flag, _, _ in cli.flags(command):
            if flag not in {"root", "help", *setuptools}:
                assert f"--{flag}" in words, flag
    assert "--name" not in words
    assert "--version" not in words


def test_a_bare_call_under_setuptools_is_setuptools(packed: Path) -> None:
    code = (
        "import sys, types; sys.modules['setuptools'] = types.ModuleType('setuptools');"
        "f = sys.argv.pop(1); sys.argv[0] = f; __file__ = f; exec(open(f).read())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(packed / "setup.py")],
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.stdout == "SETUP []\n", done.stderr


@pytest.mark.parametrize(
    "code",
    [
        # PEP 517: setuptools' back end runs it in a module of its own called __main__
        "ns = {'__name__': '__main__', '__file__': f}; exec(text, ns)",
        # Dependabot: split globals and locals, open( and print( rewritten
        (
            "import io\n"
            "def parse():\n"
            "    def noop(*a, **k): pass\n"
            "    def fake_open(*a, **k): return io.StringIO('')\n"
            "    import re\n"
            "    t = re.sub(r'print\\s*\\(', 'noop(', text)\n"
            "    t = re.sub(r'\\b(\\w+\\.)*(open|file)\\s*\\(', 'fake_open(', t)\n"
            "    t = re.sub(r'(?m)^.*import.*__version__.*$', '', t)\n"
            "    exec(t, globals(), locals())\n"
            "import setuptools\n"
            "parse(); print('SETUP', [])"
        ),
        "import runpy; sys.argv = ['x', 'egg_info']; runpy.run_path(f, run_name='__main__')",
        "sys.path.insert(0, f[:-9]); import setup",
    ],
    ids=["pep517", "dependabot", "runpy", "import"],
)
def test_programs_that_run_the_file_see_a_setup_py(packed: Path, code: str) -> None:
    start = "import sys; f = sys.argv.pop(1); text = open(f).read()\n"
    done = subprocess.run(
        [sys.executable, "-c", start + code, str(packed / "setup.py")],
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("SETUP"), done.stdout
    assert "ENVBOOT" not in done.stdout


TRAPS = (
    "platform",
    "types",
    "hashlib",
    "os",
    "re",
    "pathlib",
    "zipfile",
    "envboot",
    "site",
    "lzma",
)


@pytest.mark.parametrize("start", [(), ("-I",), ("-B",), ("-s",)])
def test_no_module_of_the_repository_is_imported(packed: Path, start: tuple[str, ...]) -> None:
    for name in TRAPS:
        (packed / f"{name}.py").write_text(f"print('TRAPPED by {name}'); raise SystemExit(9)")
    for place in (packed, packed.parent, packed.parent.parent):
        said = call(packed, "up", before=start, cwd=place)
        assert said.startswith("ENVBOOT"), said
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([".", ""])}
    said = call(packed, "up", cwd=packed.parent, env=environ)
    assert said.startswith("ENVBOOT"), said
    assert sorted(p.name for p in packed.iterdir() if p.suffix != ".py") == [".envboot"]


def test_links_other_folders_and_plain_locales_work(packed: Path, tmp_path: Path) -> None:
    beside = tmp_path / "linked.py"
    beside.symlink_to(packed / "setup.py")
    clone = tmp_path / "clone"
    clone.symlink_to(packed, target_is_directory=True)
    environ = {"PATH": os.environ["PATH"], "LC_ALL": "C", "LANG": "C"}
    for file in (beside, clone / "setup.py"):
        said = call(packed, file=file, env=environ, cwd="/")
        assert said.startswith("ENVBOOT"), said
    assert call(packed, file="setup.py", cwd=packed).startswith("ENVBOOT")
    assert call(packed, file="./my répo/setup.py", cwd=tmp_path).startswith("ENVBOOT")


def test_a_checkout_with_other_line_ends_works(packed: Path) -> None:
    path = packed / "setup.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert call(packed).startswith("ENVBOOT")


def test_a_changed_archive_is_refused_and_nothing_of_it_runs(packed: Path) -> None:
    path = packed / ".envboot" / "envboot.pyz"
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("more.py", "")
    said = call(packed)
    assert "is not the one that setup.py was written for" in said
    assert "git checkout -- setup.py .envboot" in said
    assert said.endswith("[4]")
    assert "ENVBOOT" not in said
    assert "Traceback" not in said


def test_a_missing_archive_is_one_clear_line(packed: Path) -> None:
    (packed / ".envboot" / "envboot.pyz").unlink()
    said = call(packed)
    assert "cannot be read (No such file or directory)" in said
    assert said.endswith("[4]")
    assert "Traceback" not in said


def test_an_old_python_gets_one_friendly_line(packed: Path) -> None:
    path = packed / "setup.py"
    text = path.read_text().replace('"python": (3, 9)', '"python": (4, 0)')
    path.write_text(text)
    said = call(packed)
    assert said.startswith("! error: Python 4.0 or newer is needed, and this is Python 3.")
    assert said.endswith("[6]")
    assert call(packed, "--version") == "SETUP ['--version']\n[0]"
