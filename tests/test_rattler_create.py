"""Environments made by the child: what conda looks at is what conda itself would have written."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests import condas
from tests.apart import needs_rattler
from tests.channel import (
    SUBDIR,
    activates,
    light_python,
    make_channel,
    noarch,
    post_link,
    stub,
    with_prefix,
)

pytestmark = [
    needs_rattler,
    pytest.mark.skipif(os.name == "nt", reason="the channel has a Python for POSIX alone"),
]
BROKEN = "print 'for a Python of long ago'\n"


@pytest.fixture(scope="module")
def python():
    return condas.movable_python()


@pytest.fixture(scope="module")
def channel(tmp_path_factory, python):
    more = [
        light_python(python),
        stub("pip", "26.0"),  # python brings it, as conda has it
        noarch("alpha", "1.0"),
        noarch("alpha", "2.0", scripts={"alpha": "alpha:main", "alpha-too": "alpha:main"}),
        noarch("beta", "1.0", {"beta/__init__.py": "", "beta/old.py": BROKEN, "beta/b.py": "b=1"}),
        noarch("needy", needs=["alpha >=1"]),
        stub("data", "3.1"),
        post_link("linked", 'echo linked > "$PREFIX/linked.txt"'),
        post_link("failing", "exit 3"),
        activates("vars", GREETING="hello"),
        with_prefix("prefixed"),
    ]
    return make_channel(tmp_path_factory.mktemp("channel") / "made", None, more=more)


@pytest.fixture
def place(tmp_path, channel):
    return condas.workplace(tmp_path / "with blänks", channel)


def make(place):
    done = place.create("env", "python", "alpha =2.0", "beta>=1,<2", "prefixed")
    assert done.code == 0, done.said
    return done


@pytest.fixture
def fresh(place):
    """An environment with a bit of everything, which may be changed."""
    return make(place)


@pytest.fixture(scope="module")
def made(tmp_path_factory, channel):
    """The same, only looked at."""
    return make(condas.workplace(tmp_path_factory.mktemp("made") / "with blänks", channel))


def test_the_history_is_as_conda_writes_it(made, channel, python):
    lines = (made.prefix / "conda-meta" / "history").read_text().splitlines()
    assert re.fullmatch(r"==> \d{4}-\d\d-\d\d \d\d:\d\d:\d\d <==", lines[0])
    assert lines[1:] == [
        "# cmd: envboot environment.yml",
        f"+{channel}/{SUBDIR}::prefixed-1.0-h0_0",
        f"+{channel}/{SUBDIR}::python-{python.text}-0_light",
        f"+{channel}/noarch::alpha-2.0-py_0",
        f"+{channel}/noarch::beta-1.0-py_0",
        f"+{channel}/noarch::pip-26.0-0",
        "# update specs: ['python', 'alpha=2.0', \"beta[version='>=1,<2']\", 'prefixed']",
    ]
    float((made.prefix / "conda-meta" / "created_at").read_text())


def test_the_channel_has_the_name_that_conda_gives_it(place):
    alias = place.channel.rpartition("/")[0]
    (place.folder / "home" / ".condarc").write_text(f"channel_alias: {alias}\n")
    done = place.create("env", "made::data", channels=("made", "nodefaults"))
    assert done.code == 0, done.said
    history = (done.prefix / "conda-meta" / "history").read_text()
    assert "+made/noarch::data-3.1-0\n" in history
    assert "# update specs: ['made::data']\n" in history


def test_a_command_with_a_secret_and_several_lines_is_one_line_without_it(place):
    command = "envboot\nhttps://me:hunter22@host/environment.yml"
    done = place.create("env", "data", command=command)
    history = (done.prefix / "conda-meta" / "history").read_text()
    assert "# cmd: envboot https://***@host/environment.yml\n" in history


def test_the_environment_is_listed_once_and_nothing_else_is_lost(place):
    listed = place.folder / "home" / ".conda" / "environments.txt"
    listed.parent.mkdir()
    listed.write_text("/opt/other")  # without a line's end
    for _ in range(2):
        done = place.create("env", "data")
        assert done.code == 0, done.said
        subprocess.run(["rm", "-r", str(done.prefix)], check=True)
    assert listed.read_text() == f"/opt/other\n{place.folder / 'envs' / 'env'}\n"


def test_an_environment_beside_its_link_is_listed_as_the_link(place):
    done = place.create("env--0123abcd", "data")
    assert done.code == 0
    listed = place.folder / "home" / ".conda" / "environments.txt"
    assert listed.read_text() == f"{place.folder / 'envs' / 'env'}\n"


def test_a_list_that_cannot_be_written_is_no_failure(place):
    (place.folder / "home" / ".conda").write_text("a file in the way")
    assert place.create("env", "data").code == 0


def test_records_say_what_conda_would_say(made, channel):
    alpha, python, beta = made.record("alpha"), made.record("python"), made.record("beta")
    assert alpha["channel"] == f"{channel}/noarch"
    assert alpha["package_type"] == "noarch_python"
    assert (alpha["requested_spec"], alpha["requested_specs"]) == ("alpha=2.0", ["alpha=2.0"])
    assert beta["requested_spec"] == "beta[version='>=1,<2']"
    assert python["channel"] == f"{channel}/{SUBDIR}"
    assert python["constrains"] == []
    links = [p for p in python["paths_data"]["paths"] if p["path_type"] == "softlink"]
    assert links
    assert not [p for p in links if "sha256_in_prefix" in p]


def test_what_nobody_asked_for_has_no_spec(place):
    done = place.create("env", "needy")
    assert done.code == 0, done.said
    assert "requested_spec" not in done.record("alpha")
    assert "requested_specs" not in done.record("python")


def test_modes_are_those_of_the_umask(place):
    order = place.order("env", "python", "alpha")
    old = os.umask(0o027)
    try:
        done = place.does(order)
    finally:
        os.umask(old)
    assert done.code == 0, done.said
    for path in (done.prefix / "conda-meta").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o640, path
    assert stat.S_IMODE((done.prefix / "bin" / "alpha").stat().st_mode) == 0o750


def test_nothing_is_left_that_conda_does_not_know(made):
    assert not (made.prefix / "CACHEDIR.TAG").exists()
    known = {p["_path"] for n in ("alpha", "beta", "python", "prefixed")
             for p in made.record(n)["paths_data"]["paths"]}  # fmt: skip
    found = {p.relative_to(made.prefix).as_posix() for p in made.prefix.rglob("*")
             if p.is_symlink() or p.is_file()}  # fmt: skip
    meta = {f for f in found if f.startswith("conda-meta/")}
    assert found - meta == known
    kinds = {Path(f).suffix or Path(f).name for f in meta}
    assert kinds == {".json", "history", "created_at"}


def test_modules_are_compiled_and_recorded_but_those_that_do_not_compile(made, python):
    short = f"{python.version[0]}.{python.version[1]}"
    folder = f"lib/python{short}/site-packages/beta/__pycache__"
    tag = f"cpython-{python.version[0]}{python.version[1]}.pyc"
    names = {f"{folder}/__init__.{tag}", f"{folder}/b.{tag}"}
    beta = made.record("beta")
    entries = [p for p in beta["paths_data"]["paths"] if p["path_type"] == "pyc_file"]
    assert {p["_path"] for p in entries} == names
    assert {f for f in beta["files"] if f.endswith(".pyc")} == names
    for entry in entries:
        data = (made.prefix / entry["_path"]).read_bytes()
        assert entry["size_in_bytes"] == len(data)
        assert str(made.prefix).encode() not in data
    program = made.prefix / "bin" / "python"
    said = subprocess.run([program, "-v", "-c", "import beta.b"], capture_output=True, text=True,
                          check=True, env={}).stderr  # fmt: skip
    assert f"{tag} matches" in said


def test_entry_points_run_from_a_path_with_blanks(made):
    said = subprocess.run([made.prefix / "bin" / "alpha-too"], capture_output=True, text=True,
                          check=True, env={"PATH": "/usr/bin:/bin"}).stdout  # fmt: skip
    assert said == "alpha 2.0\n"


def test_the_prefix_is_written_into_texts_and_programs(made):
    said = subprocess.run([made.prefix / "bin" / "prefixed"], capture_output=True, text=True,
                          check=True).stdout  # fmt: skip
    assert said == f"{made.prefix}\n"
    assert f"<{made.prefix}\0".encode() in (made.prefix / "share" / "prefixed.bin").read_bytes()


def test_what_was_compiled_once_is_taken_for_the_next_environment(fresh, place):
    pyc = next(f for f in fresh.record("alpha")["files"] if f.endswith(".pyc"))
    kept = list((place.folder / "home/.cache/rattler/cache/envboot-compiled").iterdir())
    assert len(kept) == 2
    listed = next(k for k in kept if "alpha.py" in (k / "files.json").read_text())
    (marked,) = listed.glob("*.pyc")
    body = (fresh.prefix / pyc).read_bytes()
    assert marked.read_bytes() == body
    again = place.create("again", "python", "alpha =2.0")
    assert again.code == 0
    assert (again.prefix / pyc).read_bytes() == body
    assert again.record("alpha")["files"] == fresh.record("alpha")["files"]
    assert (again.prefix / pyc).samefile(marked), "a hard link, as the package's own files are"
    marked.unlink()
    marked.write_bytes(body[:-1] + b"!")  # the disk lost a byte
    third = place.create("third", "python", "alpha =2.0")
    assert (third.prefix / pyc).read_bytes() == body


def test_a_module_that_somebody_changed_is_compiled_anew(fresh, place):
    source = next(f for f in fresh.record("alpha")["files"] if f.endswith("alpha.py"))
    pyc = next(f for f in fresh.record("alpha")["files"] if f.endswith(".pyc"))
    (unpacked,) = (place.folder / "home/.cache/rattler/cache/pkgs").glob("alpha-2.0*/site-packages")
    changed = unpacked / "alpha.py"
    text = changed.read_text()
    changed.write_text(text.replace("print", "print "))
    os.utime(changed, (1_800_000_000, 1_800_000_000))
    done = place.create("again", "python", "alpha =2.0")
    assert done.code == 0, done.said
    if "print " in (done.prefix / source).read_text():  # rattler may have unpacked it anew
        assert (done.prefix / pyc).read_bytes() != (fresh.prefix / pyc).read_bytes()
    said = subprocess.run([done.prefix / "bin/python", "-v", "-c", "import alpha"], check=True,
                          capture_output=True, text=True, env={}).stderr  # fmt: skip
    assert ".pyc matches" in said


def test_packages_that_came_with_a_repository_are_not_taken(place):
    """Without a cache of the person's own they lie beside the environment, where anybody's may."""
    (place.folder / "file").write_text("no folder")
    order = place.order("env", "alpha =2.0")
    planted = Path(order.prefix).parent / ".envboot/env.packages/pkgs/alpha-2.0-py_0/evil.py"
    planted.parent.mkdir(parents=True)
    planted.write_text("raise SystemExit('stolen')\n")
    done = place.does(order, RATTLER_CACHE_DIR=str(place.folder / "file/cache"))
    assert done.code == 0, done.said
    assert not planted.exists()
    assert not list((done.prefix.parent / ".envboot").glob("*.packages"))
    assert done.record("alpha")["version"] == "2.0"


@pytest.mark.parametrize("asked", [False, True])
def test_post_link_scripts_run_only_where_asked(place, asked):
    done = place.create("env", "linked", link_scripts=asked)
    assert done.code == 0, done.said
    assert (done.prefix / "linked.txt").exists() == asked


def test_a_post_link_script_that_fails_is_named_and_fatal(place):
    done = place.create("env", "linked", "failing", link_scripts=True)
    assert done.code == 7
    assert done.answer is not None
    assert (
        "`failing`" in done.answer.findings[0].text or "of failing" in done.answer.findings[0].text
    )
    assert "--link-scripts" in done.answer.findings[0].hint
    assert (done.prefix / "conda-meta" / "envboot-half-made").exists()


def test_activation_scripts_lie_where_conda_runs_them(place):
    done = place.create("env", "vars")
    assert (done.prefix / "etc/conda/activate.d/vars.sh").read_text() == 'export GREETING="hello"\n'


@pytest.mark.parametrize("what", ["notes.txt", "conda-meta/history"])
def test_a_folder_with_something_in_it_is_left_alone(place, what):
    order = place.order("env", "data")
    kept = Path(order.prefix) / what
    kept.parent.mkdir(parents=True)
    kept.write_text("mine")
    done = place.does(order)
    assert done.code == 2
    assert ("already" if "history" in what else "not empty") in done.said
    assert [p for p in Path(order.prefix).rglob("*") if p.is_file()] == [kept]
    assert kept.read_text() == "mine"


@pytest.mark.parametrize("kind", ["file", "link", "broken"])
def test_what_is_no_folder_is_left_alone(place, kind):
    order = place.order("env", "data")
    prefix, other = Path(order.prefix), place.folder / "other"
    prefix.parent.mkdir()
    if kind == "file":
        prefix.write_text("mine")
    else:
        prefix.symlink_to(other)
    if kind == "link":
        other.mkdir()
    done = place.does(order)
    assert done.code == 2
    assert "no folder" in done.said
    assert not other.exists() or not list(other.iterdir())


def test_an_empty_folder_is_used(place):
    order = place.order("env", "data")
    Path(order.prefix).mkdir(parents=True)
    assert place.does(order).code == 0


def test_a_relative_prefix_is_refused(place):
    done = place.does(replace(place.order("env", "data"), prefix="env"))
    assert done.code == 2
    assert not (place.folder / "env").exists()


def test_what_an_ended_run_left_is_gone_on_with(fresh, place):
    order = place.order("env", "python", "alpha =2.0", "beta>=1,<2", "prefixed")
    meta = fresh.prefix / "conda-meta"
    before = {p.name: p.read_text() for p in meta.glob("*.json")}
    (meta / "envboot-half-made").write_text("")
    next(meta.glob("alpha-*.json")).unlink()
    (meta / "history").write_text("")
    done = place.does(order)
    assert done.code == 0, done.said
    assert {p.name for p in meta.glob("*.json")} == set(before)
    assert "+" in (meta / "history").read_text()
    assert not (meta / "envboot-half-made").exists()
    paths = fresh.record("alpha")["paths_data"]["paths"]
    assert len({p["_path"] for p in paths}) == len(paths)


def test_a_slip_in_the_file_is_said_with_its_line_and_nothing_is_done(place):
    done = place.create("env", "python", "alpha=>1", "beta>=1<2")
    assert done.code == 4
    assert "environment.yml:4: `alpha=>1`" in done.said
    assert "environment.yml:5: `beta>=1<2`" in done.said
    assert not done.prefix.exists()


def test_slips_are_said_with_all_else_that_is_wrong_and_without_a_channel_too(place):
    done = place.create("env", "nowhere", "alpha=>1")
    assert done.code == 4
    assert done.said.index("environment.yml:3: ") < done.said.index("environment.yml:4: ")
    alone = place.create(
        "env", "alpha=>1", channels=("file:///nowhere", "nodefaults"), offline=True
    )
    assert alone.code == 4
    assert "`=>`" in alone.said
    assert not alone.prefix.exists()


@pytest.mark.parametrize("spec", ["alpha=7", "nowhere"])
def test_what_cannot_be_had_makes_nothing(place, spec):
    done = place.create("env", "python", spec)
    assert done.code == 4
    assert done.answer is not None
    assert done.answer.findings
    assert not done.prefix.exists()


def test_an_order_that_cannot_be_read_is_a_sentence(place):
    order = place.folder / "broken"
    order.write_text("{")
    done = subprocess.run(
        [sys.executable, "-m", "envboot.engines.rattler", str(order)],
        capture_output=True, text=True, check=False,
        env={**place.environ, "PYTHONPATH": str(condas.ROOT)},
    )  # fmt: skip
    assert done.returncode == 2
    assert "cannot be read" in done.stdout
    assert "Traceback" not in done.stderr


def test_the_answer_of_an_order_travels_as_json(made):
    assert made.answer is not None
    assert json.loads(made.answer.text()) == {"solved": [], "findings": [], "exit_code": 0}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_nobody_writes_into_the_environment_of_an_ended_run(place, python, tmp_path, number):
    slow = tmp_path / "slow"
    modules = {"slow/__init__.py": ""}
    modules |= {f"slow/m{n}.py": f"x = {list(range(10_000))}\n" for n in range(39)}
    channel = make_channel(
        slow, None, more=[light_python(python), stub("pip", "26.0"), noarch("slow", "1.0", modules)]
    )
    order = place.order("env", "slow", channels=(channel, "nodefaults"))
    file = place.folder / "order"
    file.write_text(order.text())
    words = [sys.executable, "-m", "envboot.engines.rattler", str(file)]
    child = subprocess.Popen(words, env={**place.environ, "PYTHONPATH": str(condas.ROOT)},
                             start_new_session=True, stdout=subprocess.DEVNULL)  # fmt: skip
    prefix = Path(order.prefix)
    until = time.monotonic() + 180
    while not list(prefix.glob("lib/*/site-packages/slow/__pycache__/*")):
        assert time.monotonic() < until
        assert child.poll() is None
        time.sleep(0.01)
    os.killpg(child.pid, number)
    assert child.wait(180) in {-signal.SIGKILL, 130}
    seen, same = -1, 0
    while same < 20:  # a second without a new file
        assert time.monotonic() < until
        count = len(list(prefix.glob("lib/*/site-packages/slow/__pycache__/*")))
        same, seen = (same + 1 if count == seen else 0), count
        time.sleep(0.05)
    assert seen < 40
    assert place.does(order).code == 0
    assert not list(prefix.glob("conda-meta/.*"))
