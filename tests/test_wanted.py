"""Needs spliced into pyproject.toml and setup.cfg, read back, renewed, and taken out again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envboot import find
from envboot.errors import InvalidFile
from envboot.needs import evidence
from envboot.package import embedding, wanted
from envboot.plan import Plan, carry_out
from envboot.spec import Need, Origin
from envboot.testing import ScriptedShell

HERE = Origin("x")
GB = 10**9
MEASURED = Need("memory", 12 * GB, "12 GB", HERE, evidence="measured", why="python train.py")
WEIGHTS = Need("memory", 24 * GB, "", HERE, "recommended", "inferred", "a.safetensors: 22 GB")
OPTIONAL = Need("gpu", 0, "optional", HERE, evidence="inferred", why="is_available() in a.py")
CUDA = Need("cuda", "12.0", "", HERE, "recommended", "inferred", "nvidia-cuda-runtime-cu12 12.4")
ARCH = Need("arch", ("x86_64", "arm64"), "", HERE, evidence="inferred", why="the wheels")
ALL = (MEASURED, WEIGHTS, OPTIONAL, CUDA, ARCH)


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "repo"
    root.mkdir()
    (root / "requirements.txt").write_text("six\n")
    return root


def put(root, shell, needs, **options):
    """Write the needs for real; return the changes."""
    changes = wanted.write(root, needs, shell, **options)
    carry_out(Plan("", tuple(c.step(root) for c in changes)), shell, lambda _: None)
    return changes


def told(root, shell):
    """Return what a fresh look at the repository says of its needs."""
    found = find.look(root, shell).spec.needs
    return {(n.key, n.level): (n.value, n.evidence, n.why) for n in found}


def expected(needs):
    return {(n.key, n.level): (n.value, n.evidence, n.why) for n in needs}


FILES = [
    ("setup.cfg", None),
    ("setup.cfg", b"[metadata]\nname = x\n"),
    ("setup.cfg", b"[metadata]\r\nname = x"),
    ("setup.cfg", b"[envboot:needs]\ncpus = 2\n\n[tool]\na = 1\n"),
    ("setup.cfg", b"[envboot:needs.recommended]\ncpus = 2\n"),
    ("setup.cfg", "# -*- coding: latin-1 -*-\n[metadata]\nname = é\n".encode("latin-1")),
    ("pyproject.toml", b""),
    ("pyproject.toml", b"\n\n"),
    ("pyproject.toml", b"[project]\nname = 'x'"),
    ("pyproject.toml", b"\xef\xbb\xbf[project]\r\nname = 'x'\r\n"),
    ("pyproject.toml", b"[tool.envboot]\nnext = 'python a.py'\n\n[tool.ruff]\nline-length = 9\n"),
    ("pyproject.toml", b"[tool.envboot.needs]\ncpus = 2\n"),
    ("pyproject.toml", b"\xef\xbb\xbf[ tool . envboot . needs ]\r\ncpus = 2\r\n"),
    (
        "pyproject.toml",
        b"[tool.envboot.needs]\n# ours\n\n[tool.envboot.needs.recommended]\ncpus=2\n",
    ),
    ("pyproject.toml", b"[tool.envboot]\nneeds.cpus = 2\n"),
    ("pyproject.toml", b"[tool]\nenvboot.needs.cpus = 2\n"),
    ("pyproject.toml", b'[a]\nb = """\n[tool.envboot.needs]\n"""\n'),
    ("pyproject.toml", b"[[tool.envboot_needs]]\na = 1\n# the end"),
]


@pytest.mark.parametrize(("name", "text"), FILES)
def test_written_read_back_renewed_and_taken_out(root, shell, name, text):
    if text is not None:
        (root / name).write_bytes(text)
    before = told(root, shell)
    (change,) = put(root, shell, ALL)
    assert change.path == name
    assert change.ours == (text is None)
    assert told(root, shell) == {**before, **expected(ALL)}
    whole = (root / name).read_bytes()
    assert not put(root, shell, ALL), "twice changes nothing"
    if text:
        assert (b"\r\n" in text) == (b"\r\n" in whole)
        assert whole.count(b"\n") - whole.count(b"\r\n") in {0, whole.count(b"\n")}
        assert text.endswith(b"\n") == whole.endswith(b"\n")
        kept = iter(whole.splitlines())
        assert all(line in kept for line in text.splitlines()), "its lines, in their order"
    more = replace(MEASURED, value=16 * GB, why="python more.py")
    (change,) = put(root, shell, (more, *ALL[1:]))
    assert change.ours, "a second time nobody has to be asked"
    assert told(root, shell) == {**before, **expected((more, *ALL[1:]))}
    (gone,) = wanted.removals(root, shell)
    assert gone.after == text


def test_declared_needs_win_and_are_not_touched(root, shell):
    text = b'[tool.envboot.needs]\nMemory = "64 GB"  # so they say\nrecommended.cuda = 11\n'
    (root / "pyproject.toml").write_bytes(text)
    put(root, shell, ALL)
    whole = (root / "pyproject.toml").read_bytes()
    assert all(line in whole for line in text.splitlines())
    found = told(root, shell)
    assert found["memory", "minimum"] == (64 * GB, "declared", "")
    assert found["cuda", "recommended"] == ("11.0", "declared", "")
    assert found["gpu", "minimum"][1] == "inferred"
    assert not put(root, shell, (MEASURED,), keep=True)


def test_a_gpu_that_nobody_uses_needs_no_cuda(root, shell):
    (root / "pyproject.toml").write_bytes(b"[tool.envboot.needs]\ngpu = false\n")
    assert not put(root, shell, (OPTIONAL, CUDA))


@pytest.mark.parametrize("name", ["setup.cfg", "pyproject.toml"])
def test_a_line_that_was_changed_by_hand_is_declared_from_then_on(root, shell, name):
    (root / name).write_bytes(b"")
    put(root, shell, (MEASURED, OPTIONAL))
    text = (root / name).read_text()
    (root / name).write_text(text.replace("memory = ", "memory = ").replace("12 GB", "48 GB", 2))
    assert told(root, shell)["memory", "minimum"][1] == "measured", "both figures were changed"
    (root / name).write_text(text.replace('= "12 GB"', '= "48 GB"').replace("= 12 GB", "= 48 GB"))
    assert told(root, shell)["memory", "minimum"] == (48 * GB, "declared", "")
    put(root, shell, (replace(MEASURED, value=16 * GB),), keep=True)
    assert told(root, shell)["memory", "minimum"] == (48 * GB, "declared", "")
    bare = "\n".join(r for r in text.splitlines() if "measured" not in r) + "\n"
    (root / name).write_text(bare)
    assert told(root, shell)["memory", "minimum"] == (12 * GB, "declared", "")


def test_a_measured_need_is_not_outvoted_by_an_inferred_one(root, shell):
    put(root, shell, (MEASURED,))
    put(root, shell, (replace(MEASURED, value=2 * GB, evidence="inferred", why="a guess"),))
    assert told(root, shell)["memory", "minimum"] == (12 * GB, "measured", "python train.py")


def test_what_is_inferred_no_more_goes_and_a_measurement_lets_the_rest_stand(root, shell):
    put(root, shell, (WEIGHTS, OPTIONAL))
    put(root, shell, (MEASURED,), keep=True)
    assert told(root, shell) == expected((MEASURED, WEIGHTS, OPTIONAL))
    put(root, shell, (OPTIONAL,))
    assert told(root, shell) == expected((MEASURED, OPTIONAL))
    put(root, shell, ())
    assert told(root, shell) == expected((MEASURED,))


def test_a_file_goes_with_the_last_line_in_it_unless_it_marks_a_project(root, shell):
    put(root, shell, (OPTIONAL,))
    (change,) = put(root, shell, ())
    assert (change.path, change.after, change.state) == ("setup.cfg", None, "removed")
    assert not (root / "setup.cfg").exists()
    (root / "setup.cfg").write_bytes(b"")
    assert not put(root, shell, ()), "somebody's own empty file"
    (root / "pyproject.toml").write_bytes(b"")
    put(root, shell, (OPTIONAL,))
    (change,) = put(root, shell, ())
    assert (change.path, change.after) == ("pyproject.toml", b"")


@pytest.mark.parametrize("name", ["setup.cfg", "pyproject.toml"])
@pytest.mark.parametrize("place", [Origin("a b.py", 3), Origin("a b.py", 3, 2), Origin("a b.py")])
def test_a_line_of_code_that_moves_changes_nothing(root, shell, name, place):
    (root / name).write_bytes(b"")
    put(root, shell, (replace(OPTIONAL, why=f"model.cuda() in {place}"),))
    assert "# envboot: inferred from model.cuda() in a b.py (optional)\n" in (
        (root / name).read_text()
    )
    for moved in (Origin("a b.py", 40), Origin("a b.py", 1, 12), Origin("a b.py", None, 7)):
        assert not put(root, shell, (replace(OPTIONAL, why=f"model.cuda() in {moved}"),))
    assert put(root, shell, (replace(OPTIONAL, why="model.cuda() in b.py:3"),))


def test_what_was_measured_is_quoted_as_it_was_run(root, shell):
    put(root, shell, (replace(MEASURED, why="pytest a.py:3"),))
    assert "measured with pytest a.py:3 (12 GB)" in (root / "setup.cfg").read_text()


def test_needs_stay_in_the_file_that_has_them(root, shell):
    (root / "pyproject.toml").write_bytes(b"[tool.ruff]\nline-length = 9\n")
    (root / "setup.cfg").write_bytes(b"[envboot:needs]\ncpus = 2\n")
    (change,) = put(root, shell, (MEASURED,))
    assert change.path == "setup.cfg"
    assert told(root, shell)["cpus", "minimum"] == (2, "declared", "")


def test_they_hide_no_devcontainer(root, shell):
    (root / ".devcontainer.json").write_text('{"hostRequirements": {"cpus": 4, "memory": "8gb"}}')
    put(root, shell, (MEASURED, OPTIONAL))
    found = told(root, shell)
    assert found["cpus", "minimum"] == (4, "declared", "")
    assert found["memory", "minimum"] == (8 * GB, "declared", "")
    assert found["gpu", "minimum"][1] == "inferred"


def test_setup_py_carries_them_too(root, shell):
    put(root, shell, (MEASURED, OPTIONAL))
    found = find.look(root, shell).spec.needs
    assert embedding.needs_of(found) == {"memory": "12 GB", "gpu": "optional"}


def test_where_no_line_fits_only_what_was_asked_for_is_an_error(root, shell):
    (root / "pyproject.toml").write_bytes(b"[tool.envboot]\nneeds = {cpus = 2}\n")
    assert not put(root, shell, (OPTIONAL, WEIGHTS, CUDA, ARCH))


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("pyproject.toml", b"[tool.envboot]\nneeds = {cpus = 2}\n", "no place for the need"),
        ("pyproject.toml", b"[tool\n", "not valid TOML"),
        ("pyproject.toml", b"\xff\xfe[\0a\0]\0", "UTF-8 only"),
        ("setup.cfg", b"no section\n", "not a valid configuration file"),
        ("setup.cfg", "[a]\nb = é\n".encode("latin-1"), "is not utf-8 text"),
    ],
)
def test_a_file_without_a_place_is_refused_and_left_alone(root, shell, name, text, why):
    (root / name).write_bytes(text)
    with pytest.raises(InvalidFile, match=why) as caught:
        wanted.write(root, ALL, shell)
    assert name in str(caught.value)
    assert (root / name).read_bytes() == text


def test_no_secret_and_no_second_line_gets_into_the_comment(root, shell):
    why = "python a.py --token hunter2hunter2\nimport os \x1b[31m" + "x" * 500
    put(root, shell, (replace(MEASURED, why=why),))
    text = (root / "setup.cfg").read_text()
    assert "hunter2" not in text
    assert "\x1b" not in text
    assert len(text.splitlines()) == 4
    assert max(map(len, text.splitlines())) < 250
    assert told(root, shell)["memory", "minimum"][:2] == (12 * GB, "measured")


def test_nothing_is_written_before_the_change_is_carried_out(root):
    shell = ScriptedShell(disk=True)
    assert wanted.write(root, ALL, shell)
    assert wanted.removals(root, shell) == ()
    assert shell.done == []
    assert [p.name for p in root.iterdir()] == ["requirements.txt"]


@pytest.mark.parametrize(
    ("need", "text"),
    [
        (("memory", 12 * GB), "12 GB"),
        (("memory", 8 * 2**30), "8 GiB"),
        (("memory", 512 * 2**20), "512 MiB"),
        (("disk", 1500 * 10**6), "1500 MB"),
        (("cpus", 4), "4"),
        (("gpu", 2), "2"),
        (("gpu", 0), "optional"),
        (("cuda", "12.0"), ">= 12.0"),
        (("compute_capability", "8.0"), ">= 8.0"),
        (("os", ("linux", "macos")), "linux, macos"),
    ],
)
def test_values_are_written_as_people_write_them(need, text):
    assert evidence.written(Need(*need, "", HERE, evidence="inferred")) == text


PIECES = st.lists(
    st.sampled_from(
        [
            b"# a comment",
            b"",
            b"[project]",
            b"name = 'x'",
            b"[tool.ruff]",
            b"[tool.envboot.needs]",
            b"[tool.envboot.needs.recommended]",
            b"cpus = 2",
            b'memory = "4 GB"',
            b'recommended = {disk = "4 GB"}',
            b'a = """',
            b"[metadata]",
            b"[envboot:needs]",
            b"  indented",
            b"[tool.envboot]",
            b"needs.gpu = 1",
            b"# envboot: measured with a (4 GB)",
            b"# envboot: inferred from b (2)",
        ]
    ),
    max_size=9,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(PIECES, st.sampled_from([b"\n", b"\r\n"]), st.booleans(), st.booleans(), st.data())
def test_any_file_is_spliced_or_refused(tmp_path, lines, end, closed, toml, data):
    name = "pyproject.toml" if toml else "setup.cfg"
    text = end.join(lines) + (end if closed else b"")
    shell = ScriptedShell(files={f"/repo/{name}": text})
    root = tmp_path.__class__("/repo")
    needs = tuple(data.draw(st.lists(st.sampled_from(ALL), unique_by=lambda n: n.key, max_size=4)))
    try:
        changes = wanted.write(root, needs, shell)
    except InvalidFile:
        return
    if not changes:
        return
    assert changes[0].after is not None
    shell.files[f"/repo/{name}"] = changes[0].after
    assert wanted.write(root, needs, shell) == ()
    if not any(b"# envboot: " in line for line in lines):
        (gone,) = wanted.removals(root, shell)
        assert (gone.after or b"") == text
