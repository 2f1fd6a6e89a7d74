"""The archive: what is in it, that it is the same each time, and that it runs."""

from __future__ import annotations

import ast
import contextlib
import io
import lzma
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import envboot
from envboot import archive
from envboot.archive import bundling
from envboot.archive.bare import bare, is_for_checkers
from envboot.archive.importer import OWNERS, SOURCES, unpack
from envboot.archive.unlzma import decode
from envboot.errors import EnvbootError, InvalidFile
from envboot.shell.local import LocalShell


@pytest.fixture(scope="module")
def data() -> bytes:
    return bundling.bundle(LocalShell())


@pytest.fixture
def pyz(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "with blanks and ünicode" / "envboot.pyz"
    path.parent.mkdir()
    path.write_bytes(data)
    return path


def run(pyz: Path, code: str, *arguments: str, **environ: str) -> str:
    """Run code with the archive on the path and nothing else but the standard library."""
    start = "import sys; sys.path.insert(0, sys.argv[1])\n"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", start + code, str(pyz), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={"PATH": os.environ["PATH"], **environ},
        cwd="/",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def sources(data: bytes) -> dict[str, bytes]:
    found = archive.members(data)
    return {**unpack(found[SOURCES]), **unpack(found[OWNERS])}


# -------------------------------------------------------------------- what is in it


def test_it_stays_below_the_limit(data: bytes) -> None:
    assert len(data) < archive.LIMIT


def test_the_part_that_setting_up_unpacks_stays_small(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert file.getinfo(SOURCES).file_size < archive.SETTING_UP


def test_setting_up_unpacks_nothing_of_the_owners(pyz: Path, tmp_path: Path) -> None:
    """Neither the question nor `check` waits for what only package-env needs."""
    (tmp_path / "requirements.txt").write_text("attrs\n")
    (tmp_path / "a.py").write_text("import attr\n")
    code = (
        "from envboot.cli import main\n"
        "finder = sys.meta_path[0]\n"
        "main(['check', '-C', sys.argv[2], '-q'])\n"
        "import envboot.infer, envboot.making, envboot.handover, envboot.verify\n"
        "print(finder._more is not None, 'envboot.package' in sys.modules)\n"
        "from envboot.package import setupfile\n"
        "import pkgutil\n"
        "print(finder._more is None, len(setupfile.render(setupfile.Block('', ''))) > 1000)\n"
    )
    out = run(pyz, code, str(tmp_path)).splitlines()
    assert out[-2:] == ["True False", "True True"]


def test_only_the_owners_half_is_apart(data: bytes) -> None:
    found = archive.members(data)
    first, second = set(unpack(found[SOURCES])), set(unpack(found[OWNERS]))
    assert not first & second
    assert {"envboot/package/__init__.py", "envboot/templates/setup.py"} <= second
    assert {"envboot/infer/__init__.py", "envboot/cli/flags.py"} <= first
    for place in bundling.OWNED:
        near = [name for name in second if name.startswith(place)]
        assert near or place in {"envboot/git/", "envboot/git.py", "envboot/names/NOTICE"}, place


def test_too_large_an_archive_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundling, "LIMIT", 1000)
    with pytest.raises(EnvbootError, match="must stay below 1000"):
        bundling.bundle(LocalShell())


def test_the_same_bytes_from_another_process_with_other_hashes(data: bytes, tmp_path: Path) -> None:
    code = (
        "import sys; from envboot.archive import bundling;"
        "from envboot.shell.local import LocalShell;"
        "sys.stdout.buffer.write(bundling.bundle(LocalShell()))"
    )
    root = str(Path(envboot.__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        timeout=120,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": root, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"},
    )
    assert done.stdout == data


def test_it_holds_what_setting_up_needs_and_no_more(data: bytes) -> None:
    names = set(sources(data))
    for wanted in (
        "envboot/cli/__init__.py",
        "envboot/bootstrap.py",
        "envboot/package/__init__.py",
        "envboot/engines/venv.py",
        "envboot/templates/setup.py",
        "yaml/scanner.py",
        "packaging/specifiers.py",
        "tomli/_parser.py",
    ):
        assert wanted in names
    for unwanted in (
        "envboot/testing/__init__.py",
        "envboot/testing/computer.py",
        "envboot/command.py",
        "envboot/archive/bundling.py",
        "yaml/emitter.py",
        "yaml/cyaml.py",
        "packaging/metadata.py",
    ):
        assert unwanted not in names
    assert all(name.split("/")[0] in {"envboot", "yaml", "packaging", "tomli"} for name in names)


def test_the_templates_travel_as_they_are(data: bytes) -> None:
    template = sources(data)["envboot/templates/setup.py"]
    assert b"# >>> envboot >>>" in template
    assert b'"""Sets up' in template


def test_versions_and_licences_are_named(data: bytes) -> None:
    said = archive.manifest(data)
    assert said["envboot"] == envboot.__version__
    assert set(said) == {"envboot", "python", "PyYAML", "packaging", "tomli"}
    assert tuple(map(int, said["python"].split("."))) >= (3, 9)
    notice = archive.members(data)["NOTICE"].decode()
    for holder in ("Kirill Simonov", "Donald Stufft", "Taneli Hukkinen"):
        assert holder in notice


def test_unzip_and_tar_read_it(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert file.testzip() is None
        assert file.namelist() == sorted(file.namelist())
        assert {i.date_time for i in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        packed = (file.read(SOURCES), file.read(OWNERS))
    found: dict[str, bytes] = {}
    for part in packed:
        with tarfile.open(fileobj=io.BytesIO(part), mode="r:xz") as tar:
            found.update({m.name: tar.extractfile(m).read() for m in tar})  # type: ignore[union-attr]
            assert {(m.mtime, m.uid, m.mode) for m in tar} == {(0, 0, 0o644)}
    assert found == sources(data)


# ---------------------------------------------------------------------- comparing


def test_compressed_otherwise_it_is_the_same(data: bytes) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as file:
        for name, text in archive.members(data).items():
            packed = lzma.compress(text, lzma.FORMAT_ALONE) if name.endswith(".lzma") else text
            file.writestr(name, packed)
    assert out.getvalue() != data
    assert not archive.contents_differ(out.getvalue(), data)


def test_one_other_byte_in_a_module_is_a_difference(data: bytes) -> None:
    files = archive.members(data)
    files[SOURCES] = files[SOURCES].replace(b"import", b"Import", 1)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, text in files.items():
            packed = lzma.compress(text, lzma.FORMAT_ALONE) if name.endswith(".lzma") else text
            file.writestr(name, packed)
    assert archive.contents_differ(out.getvalue(), data)


@pytest.mark.parametrize("text", [b"", b"PK\3\4", b"not a zip at all", b"\0" * 5000])
def test_what_is_no_archive_is_an_invalid_file(text: bytes, data: bytes) -> None:
    with pytest.raises(InvalidFile, match="no archive of envboot"):
        archive.manifest(text)
    with pytest.raises(InvalidFile):
        archive.contents_differ(data, text)


def test_a_truncated_or_foreign_archive_is_an_invalid_file(data: bytes) -> None:
    with pytest.raises(InvalidFile):
        archive.manifest(data[: len(data) // 2])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("manifest.json", "[]")
    with pytest.raises(InvalidFile):
        archive.manifest(out.getvalue())


# ------------------------------------------------------------------------ running


def test_every_module_is_imported_from_it_alone(pyz: Path) -> None:
    code = """
import importlib, envboot
sys.meta_path[0]._load()
files = [f for f in sys.meta_path[0]._files if f.endswith(".py") and "/templates/" not in f]
for file in files:
    name = file[:-3].replace("/__init__", "").replace("/", ".")
    module = importlib.import_module(name)
    assert module.__spec__.origin.startswith(sys.argv[1]), module
    if name != "envboot":
        assert module.__file__.startswith(sys.argv[1]), module
print(len(files))
"""
    assert int(run(pyz, code)) > 80


def test_it_works_in_a_python_without_lzma(pyz: Path) -> None:
    code = "sys.modules['lzma'] = None\nimport envboot.spec; print(envboot.__version__)"
    assert run(pyz, code).strip() == envboot.__version__


def test_it_runs_by_itself(pyz: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", str(pyz), "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == f"envboot {envboot.__version__}"


def test_an_envboot_in_an_archive_gives_itself_away_byte_for_byte(pyz: Path, data: bytes) -> None:
    code = """
import hashlib
from envboot import archive
from envboot.shell.local import LocalShell
print(hashlib.sha256(archive.own(LocalShell())).hexdigest())
"""
    import hashlib

    assert run(pyz, code).strip() == hashlib.sha256(data).hexdigest()
    assert archive.own(LocalShell()) is None


def test_a_step_of_its_own_runs_as_a_child_from_it(pyz: Path) -> None:
    code = """
from envboot import plan
from envboot.shell.local import LocalShell
LocalShell().do(plan.child("envboot.virtualenv.pip_download", "--help").argv, said=print)
"""
    assert "usage" in run(pyz, code)


def test_templates_are_read_from_it(pyz: Path) -> None:
    code = """
from envboot.package import setupfile
print(setupfile.render(setupfile.Block("1", "2")))
"""
    assert "# <<< envboot <<<" in run(pyz, code)


def test_a_traceback_shows_the_line_of_the_source(pyz: Path) -> None:
    code = """
import traceback
from envboot.formats.parts import toml
from envboot.spec import Origin
try:
    toml.loads("x = ", None)
except Exception:
    traceback.print_exc(file=sys.stdout)
"""
    shown = run(pyz, code)
    assert "in loads" in shown
    row = next(r for r in shown.splitlines() if "toml.py" in r)
    number = int(row.split("line ")[1].split(",")[0])
    source = Path(envboot.__file__).parent / "formats" / "parts" / "toml.py"
    line = source.read_text().splitlines()[number - 1].strip()
    assert line
    assert line.split()[0] in shown


# ------------------------------------------------------------------- bare sources


class _Bared(ast.NodeTransformer):
    """What is left of a tree when docstrings and annotations are taken out."""

    inside = False

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        before, self.inside, node.returns = self.inside, True, None
        self.generic_visit(node)
        self.inside = before
        return node

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - the name that ast looks for

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        before, self.inside = self.inside, False
        self.generic_visit(node)
        self.inside = before
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        return ast.Pass() if is_for_checkers(node) else self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        plain = self.inside and node.value and node.lineno == node.annotation.end_lineno
        return ast.Assign([node.target], node.value) if plain else self.generic_visit(node)  # type: ignore[arg-type, list-item]

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            node.value.value = ""
        return self.generic_visit(node)


def test_bare_source_is_the_same_program_on_the_same_lines() -> None:
    checked = 0
    for path in Path(envboot.__file__).parent.rglob("*.py"):
        name, source = path.name, path.read_bytes()
        if b"__doc__" in source:
            continue
        stripped = bare(source)
        assert stripped.count(b"\n") == source.count(b"\n"), name
        trees = [_Bared().visit(ast.parse(text)) for text in (source, stripped)]
        assert ast.dump(trees[0]) == ast.dump(trees[1]), name
        lines = [
            [n.lineno for n in ast.walk(t) if isinstance(n, (ast.Call, ast.Raise, ast.Return))]
            for t in trees
        ]
        assert lines[0] == lines[1], name
        checked += 1
    assert checked > 50


def test_strings_of_several_lines_and_hashes_in_strings_stay() -> None:
    source = b'''def f(x: int) -> str:
    """Say."""
    # gone
    y: str = """a  # stays
    b{blanks}
"""  # gone
    return y + '#' + "\xc3\xa9"  # gone
'''.replace(b"{blanks}", b"   ")
    out: dict[str, object] = {}
    exec(bare(source), out)  # noqa: S102
    assert out["f"](1) == "a  # stays\n    b   \n#é"  # type: ignore[operator]
    assert b"gone" not in bare(source)


# ------------------------------------------------------------------ LZMA in Python


@given(
    st.lists(st.binary(max_size=40), max_size=20).flatmap(
        lambda parts: st.tuples(
            st.lists(st.sampled_from([*parts, b"abc"]), max_size=60).map(b"".join),
            st.integers(0, 4),
            st.integers(0, 4),
        )
    )
)
def test_decoding_undoes_encoding(case: tuple[bytes, int, int]) -> None:
    text, lc, pb = case
    settings = {"id": lzma.FILTER_LZMA1, "preset": 6, "lc": lc, "lp": 0, "pb": pb}
    assert decode(lzma.compress(text, lzma.FORMAT_ALONE, filters=[settings])) == text


def test_long_matches_far_away_are_decoded(data: bytes) -> None:
    text = archive.members(data)[SOURCES][:150_000]
    assert decode(lzma.compress(text * 2, lzma.FORMAT_ALONE)) == text * 2


@given(st.binary(max_size=300))
def test_damaged_data_is_an_error_and_no_loop(noise: bytes) -> None:
    whole = lzma.compress(b"some text, some text" * 30, lzma.FORMAT_ALONE)
    with contextlib.suppress(ValueError, IndexError):
        decode(whole[:14] + noise)
