"""Build beside, prove, swap: tried with deaths at every deed, and with real SIGKILLs."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from envboot import transaction
from envboot.errors import CommandFailed
from envboot.shell.local import LocalShell
from envboot.transaction import STAMP, Stamp, state_folder

KINDS = pytest.mark.parametrize("relocatable", [True, False], ids=["relocatable", "linked"])
posix = pytest.mark.skipif(os.name == "nt", reason="links and signals of POSIX")
pytestmark = posix


def stamp(fingerprint: str, **changes) -> Stamp:
    values = {
        "fingerprint": fingerprint,
        "lines": ("pypi six",),
        "name": "env",
        "engine": "venv",
        "python": "3.11.7",
        "prefix": "",
        "root": "/repo",
        "version": "0",
        "created": "2025-01-01T00:00:00",
    }
    return Stamp(**{**values, **changes})


def digest(text: object) -> str:
    return hashlib.sha256(str(text).encode()).hexdigest()


def fill(build: Path, text: str) -> None:
    for n in range(8):
        path = build / "lib" / f"file{n}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def make(prefix: Path, shell: LocalShell, text: str, *, relocatable: bool) -> None:
    """Make or update an environment whose files all say ``text``."""
    with transaction.claim(prefix, shell, lambda _who: None) as held:
        build = transaction.begin(held, relocatable=relocatable, fingerprint=digest(text))
        try:
            fill(build, text)
            transaction.publish(held, build, stamp(digest(text)))
        except Exception:
            transaction.abandon(held, build)
            raise


def content(prefix: Path) -> str:
    """Return what every file of an environment says; they must all say the same."""
    said = {path.read_text() for path in (prefix / "lib").iterdir()}
    assert len(list((prefix / "lib").iterdir())) == 8
    assert len(said) == 1, f"a mixture: {said}"
    text = said.pop()
    found = transaction.read_stamp(prefix, LocalShell({}))
    assert found is not None
    assert found.fingerprint == digest(text)
    assert found.prefix == str(prefix)
    return text


def recover(prefix: Path) -> None:
    with transaction.claim(prefix, LocalShell({}), lambda who: pytest.fail(f"locked by {who}")):
        pass


def leftovers(prefix: Path) -> list[str]:
    """Return what lies about beside an environment and its permanent state."""
    kept = {prefix, prefix.resolve(), state_folder(prefix)}
    state = {f"{prefix.name}.lock", ".gitignore"}
    return sorted(
        [p.name for p in prefix.parent.iterdir() if p not in kept and p.name != "mine"]
        + [p.name for p in state_folder(prefix).iterdir() if p.name not in state]
    )


@pytest.fixture
def prefix(tmp_path):
    """A place for an environment, beside something of the person's own."""
    folder = tmp_path / "ein Ordner für alles"
    folder.mkdir()
    (folder / "mine").write_text("mine")
    yield folder / ".venv"
    assert (folder / "mine").read_text() == "mine"


# ------------------------------------------------------------------ one after the other


@KINDS
def test_creation_update_and_removal(shell, prefix, relocatable):
    assert transaction.standing(prefix, shell) == ""
    make(prefix, shell, "one", relocatable=relocatable)
    assert transaction.standing(prefix, shell) == "ours"
    assert content(prefix) == "one"
    assert not prefix.is_symlink()
    for text in ("two", "three", "three", "three"):  # the same spec anew: --rebuild
        make(prefix, shell, text, relocatable=relocatable)
        assert content(prefix) == text
        assert prefix.is_symlink() is not relocatable
        assert leftovers(prefix) == []
    with transaction.claim(prefix, shell, print) as held:
        transaction.discard(held)
    assert transaction.standing(prefix, shell) == ""
    assert leftovers(prefix) == []
    assert not prefix.is_symlink()


@KINDS
def test_while_it_is_built_it_is_half_and_the_old_one_stands(shell, prefix, relocatable):
    with transaction.claim(prefix, shell, print) as held:
        build = transaction.begin(held, relocatable=relocatable, fingerprint=digest("one"))
        fill(build, "one")
        assert transaction.standing(prefix, shell) == "half"
        transaction.abandon(held, build)
        assert transaction.standing(prefix, shell) == ""
    make(prefix, shell, "one", relocatable=relocatable)
    with transaction.claim(prefix, shell, print) as held:
        build = transaction.begin(held, relocatable=relocatable, fingerprint=digest("two"))
        fill(build, "two")
        assert build != prefix
        assert content(prefix) == "one"
        transaction.abandon(held, build)
    assert content(prefix) == "one"
    assert leftovers(prefix) == []


def test_another_kind_of_engine_takes_over(shell, prefix):
    for n, relocatable in enumerate([False, False, True, False, True, True]):
        make(prefix, shell, f"{n}", relocatable=relocatable)
        assert content(prefix) == f"{n}"
        assert leftovers(prefix) == []


# ------------------------------------------------------------------ a death at every deed


class Killed(BaseException):
    """The process is gone: nothing catches it but the test."""


class MortalShell(LocalShell):
    """This computer, on which the process dies before or in the middle of its nth deed."""

    def __init__(self, deeds: int, *, midway: bool = False) -> None:
        super().__init__({})
        self.left, self.midway = deeds, midway

    def _live(self) -> bool:
        self.left -= 1
        if self.left == 0 and not self.midway:
            raise Killed
        if self.left < 0:
            raise Killed
        return self.left > 0

    def write(self, path, text, **how):
        self._live()
        super().write(path, text, **how)

    def rename(self, source, target):
        self._live()
        super().rename(source, target)

    def link(self, link, target):
        self._live()
        super().link(link, target)

    def remove(self, path):
        if not self._live() and path.is_dir() and not path.is_symlink():
            for n, inner in enumerate(sorted(path.rglob("*"))):
                if n % 2 and inner.is_file():
                    inner.unlink()  # half of the tree is gone
            raise Killed
        super().remove(path)


@pytest.mark.parametrize("midway", [False, True], ids=["before", "midway"])
@pytest.mark.parametrize("first", [True, False], ids=["was relocatable", "was linked"])
@pytest.mark.parametrize("there", [0, 1, 2])
@KINDS
def test_death_at_any_deed_leaves_the_old_or_the_new(tmp_path, relocatable, first, there, midway):
    deaths = 0
    for deeds in range(1, 60):
        prefix = tmp_path / f"{deeds}" / ".venv"
        prefix.parent.mkdir()
        for n in range(there):
            make(prefix, LocalShell({}), f"old{n}", relocatable=first)
        before = f"old{there - 1}" if there else None
        try:
            make(prefix, MortalShell(deeds, midway=midway), "new", relocatable=relocatable)
        except Killed:
            deaths += 1
        else:
            break
        recover(prefix)
        state = transaction.standing(prefix, LocalShell({}))
        if before is None and state != "ours":
            assert state == ""
            assert not prefix.exists()
        else:
            assert content(prefix) in {before, "new"}
        assert leftovers(prefix) == []
        make(prefix, LocalShell({}), "again", relocatable=relocatable)
        assert content(prefix) == "again"
    assert deaths > 2
    assert content(prefix) == "new"


def test_what_was_finished_is_kept_though_the_journal_says_building(shell, prefix):
    make(prefix, shell, "one", relocatable=False)
    forge(prefix, phase="building", build=str(prefix))  # killed right after the stamp was written
    recover(prefix)
    assert content(prefix) == "one"
    assert leftovers(prefix) == []


def test_what_a_killed_program_was_told_goes_and_that_of_others_stays(tmp_path: Path) -> None:
    prefix, shell = tmp_path / "envs" / "env", LocalShell()
    state = state_folder(prefix)
    state.mkdir(parents=True)
    ours = [
        f"{name}.{kind}.json" for name in ("env", "env--0123abcd") for kind in ("order", "answer")
    ]
    ends = ("environment.yml", "constraints.txt", "explicit.txt", "packages")
    texts = [f"env.{end}" for end in ends]  # a step that failed leaves them, perhaps with a token
    for name in texts:
        (state / name).write_text("https://ann:s3cret@host/c")
    others = ["env-two.order.json", "env--mine.order.json", "env.json", "other.answer.json"]
    for name in (*ours, *others):
        (state / name).write_text("{}")
    make(prefix, shell, "one", relocatable=False)
    assert {p.name for p in state.glob("*.json")} == set(others)
    assert not [name for name in texts if (state / name).exists()]
    with transaction.claim(prefix, shell, lambda _who: None) as held:
        build = transaction.begin(held, relocatable=False, fingerprint=digest("two"))
        (state / f"{build.name}.order.json").write_text("{}")
        transaction.abandon(held, build)
        assert {p.name for p in state.glob("*.json")} == set(others), "also when it failed"
    assert (prefix / STAMP).exists()


def test_a_link_that_was_not_put_into_place_goes_and_a_file_of_that_name_stays(shell, prefix):
    make(prefix, shell, "one", relocatable=True)
    stray = prefix.with_name(f".{prefix.name}.4711.part")
    stray.symlink_to("nowhere")
    hers = prefix.with_name(f".{prefix.name}.notes.part")
    hers.write_text("hers")
    recover(prefix)
    assert not stray.is_symlink()
    assert hers.read_text() == "hers"
    hers.unlink()
    assert content(prefix) == "one"
    assert leftovers(prefix) == []


@pytest.mark.parametrize("midway", [False, True], ids=["before", "midway"])
@pytest.mark.parametrize("there", [1, 2])
@KINDS
def test_death_while_removing_leaves_all_or_nothing(tmp_path, relocatable, there, midway):
    deaths = 0
    for deeds in range(1, 30):
        prefix = tmp_path / f"{deeds}" / ".venv"
        prefix.parent.mkdir()
        for n in range(there):
            make(prefix, LocalShell({}), f"{n}", relocatable=relocatable)
        try:
            with transaction.claim(prefix, MortalShell(deeds, midway=midway), print) as held:
                transaction.discard(held)
        except Killed:
            deaths += 1
        else:
            break
        recover(prefix)
        state = transaction.standing(prefix, LocalShell({}))
        if state == "ours":
            content(prefix)
        else:
            # a link that leads nowhere may be left; the next creation takes its place
            assert state in {"", "half"}
            assert not prefix.exists()
        make(prefix, LocalShell({}), "again", relocatable=relocatable)
        assert content(prefix) == "again"
        assert leftovers(prefix) == []
    assert deaths > 2


# ------------------------------------------------------------------ real kills

LOOP = """
import hashlib, sys
from pathlib import Path
from envboot import transaction
from envboot.shell.local import LocalShell
prefix, relocatable, seed = Path(sys.argv[1]), sys.argv[2] == "True", sys.argv[3]
shell, n = LocalShell(), 0
while True:
    n += 1
    text = f"{seed}-{n}"
    digest = hashlib.sha256(text.encode()).hexdigest()
    with transaction.claim(prefix, shell, print) as held:
        if n == 1:
            print("ready", flush=True)
        build = transaction.begin(held, relocatable=relocatable, fingerprint=digest)
        (build / "lib").mkdir(parents=True)
        for k in range(8):
            (build / "lib" / f"file{k}").write_text(text)
        transaction.publish(held, build, transaction.Stamp(
            digest, ("pypi six",), "env", "venv", "3", "", "/repo", "0", "2025"))
"""


@KINDS
def test_sigkill_at_random_moments(child_environ, prefix, relocatable):
    chance = random.Random(20)  # noqa: S311 - moments, no secrets
    seen = ""
    for n in range(30):
        child = subprocess.Popen(
            [sys.executable, "-c", LOOP, str(prefix), str(relocatable), str(n)],
            env=child_environ,
            stdout=subprocess.PIPE,
        )
        with child:
            child.stdout.readline()
            time.sleep(chance.uniform(0, 0.04))
            child.kill()
        recover(prefix)
        if transaction.standing(prefix, LocalShell({})) == "ours":
            seen = content(prefix)
        else:
            assert not seen, "what worked before is gone"
            assert not prefix.exists()
        assert leftovers(prefix) == []
    assert seen


def test_the_second_of_two_runs_waits(shell, child_environ, prefix):
    slow = LOOP.replace("while True:", "while n < 1:")
    slow = slow.replace("for k in", "import time; time.sleep(1)\n        for k in")
    child = subprocess.Popen(
        [sys.executable, "-c", slow, str(prefix), "True", "x"],
        env=child_environ,
        stdout=subprocess.PIPE,
    )
    told: list[str] = []
    with child:
        child.stdout.readline()
        with transaction.claim(prefix, shell, told.append):
            assert content(prefix) == "x-1"
    assert len(told) == 1
    assert f"process {child.pid}" in told[0]


# ------------------------------------------------------------------ what is not ours


def test_what_is_not_ours_is_never_touched(shell, prefix, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").write_text("x")

    def folder():
        prefix.mkdir()
        (prefix / "pyvenv.cfg").write_text("")

    def broken_stamp():
        prefix.mkdir()
        (prefix / STAMP).write_text('{"fingerprint": 5, "lines": [], "name": 1}')

    kinds = {
        "a folder": folder,
        "a file": lambda: prefix.write_text("mine"),
        "a link": lambda: prefix.symlink_to(elsewhere),
        "a link to nothing": lambda: prefix.symlink_to(tmp_path / "not mounted"),
        "a stamp that says nothing": broken_stamp,
    }
    for name, act in kinds.items():
        act()
        before = sorted(prefix.parent.rglob("*"))
        assert transaction.standing(prefix, shell) == "foreign", name
        for relocatable in (True, False):
            with pytest.raises(CommandFailed, match="was not made by envboot"):
                make(prefix, shell, "new", relocatable=relocatable)
        with (
            pytest.raises(CommandFailed, match="was not made by envboot"),
            transaction.claim(prefix, shell, print) as held,
        ):
            transaction.discard(held)
        after = [p for p in sorted(prefix.parent.rglob("*")) if ".envboot" not in p.parts]
        assert after == [p for p in before if ".envboot" not in p.parts], name
        shell.remove(prefix)
    assert (elsewhere / "file").read_text() == "x"


def test_what_appears_during_a_swap_is_not_touched(shell, prefix):
    make(prefix, shell, "one", relocatable=True)
    mortal = MortalShell(100)
    died = False
    rename = mortal.rename

    def die_after(source, target):
        nonlocal died
        rename(source, target)
        died = True
        raise Killed

    mortal.rename = die_after
    with pytest.raises(Killed):
        make(prefix, mortal, "two", relocatable=True)
    assert died
    prefix.mkdir()
    (prefix / "theirs").write_text("x")
    with pytest.raises(CommandFailed, match="was not made by envboot"):
        recover(prefix)
    assert (prefix / "theirs").read_text() == "x"
    shell.remove(prefix)
    recover(prefix)
    assert content(prefix) == "two"


def test_an_empty_folder_is_taken(shell, prefix):
    for relocatable in (True, False):
        prefix.mkdir()
        assert transaction.standing(prefix, shell) == ""
        make(prefix, shell, "one", relocatable=relocatable)
        assert content(prefix) == "one"
        with transaction.claim(prefix, shell, print) as held:
            transaction.discard(held)
        shell.remove(prefix)


def test_an_environment_that_was_moved_behind_a_link_is_updated_in_place(shell, prefix, tmp_path):
    make(prefix, shell, "one", relocatable=True)
    away = tmp_path / "big disk"
    prefix.rename(away)
    prefix.symlink_to(away)
    assert content(prefix) == "one"
    make(prefix, shell, "two", relocatable=True)
    assert content(prefix) == "two"
    assert not prefix.is_symlink()
    assert content_of(away) == {"one"}  # it was put there by a person, who may remove it


def content_of(folder: Path) -> set[str]:
    return {path.read_text() for path in (folder / "lib").iterdir()}


def forge(prefix: Path, **journal) -> None:
    state_folder(prefix).mkdir(exist_ok=True)
    (state_folder(prefix) / f"{prefix.name}.journal").write_text(json.dumps(journal))


@pytest.mark.parametrize(
    "journal",
    [
        {"phase": "building", "build": "/etc"},
        {"phase": "building", "build": "{parent}/mine"},
        {"phase": "building", "build": "{parent}"},
        {"phase": "building", "build": "{state}"},
        {"phase": "building", "build": "{state}/build-venv-1/../../mine"},
        {"phase": "building", "build": "{parent}/.venv--deadbeef/../mine"},
        {"phase": "building", "build": "../../../mine"},
        {"phase": "building", "build": "{state}/build-other-1"},
        {"phase": "building", "build": "{parent}/.venv--data"},
        {"phase": "swapping", "build": "{state}/build-venv-1", "old": "{parent}/mine"},
        {"phase": "swapping", "build": "{state}/build-venv-1", "old": "/etc"},
        {"phase": "swapping", "build": "{parent}/mine", "old": ""},
        {"phase": "swapping", "build": "{prefix}", "old": ""},
        {"phase": "clearing", "build": "{parent}/mine", "old": ""},
        {"phase": "cooking", "build": "{prefix}"},
    ],
    ids=str,
)
def test_a_forged_journal_is_refused(shell, prefix, journal):
    names = {"parent": prefix.parent, "state": state_folder(prefix), "prefix": prefix}
    make(prefix, shell, "one", relocatable=True)
    for path in (state_folder(prefix) / "build-other-1", prefix.parent / ".venv--data"):
        path.mkdir()
        (path / "file").write_text("x")
    forge(prefix, **{k: v.format(**names) for k, v in journal.items()})
    before = sorted(prefix.parent.rglob("*"))
    with pytest.raises(CommandFailed, match="is not a journal of envboot"):
        recover(prefix)
    assert sorted(prefix.parent.rglob("*")) == before
    assert Path("/etc/passwd").exists()
    assert content(prefix) == "one"


@pytest.mark.parametrize("text", ["", "{", "[]", "5", "null", '{"phase": 3}', "[" * 100_000])
def test_a_journal_or_stamp_that_says_nothing_is_none(shell, prefix, text):
    state_folder(prefix).mkdir()
    (state_folder(prefix) / ".venv.journal").write_text(text)
    assert transaction.standing(prefix, shell) == ""
    make(prefix, shell, "one", relocatable=True)
    assert content(prefix) == "one"
    (prefix / STAMP).write_text(text)
    assert transaction.read_stamp(prefix, shell) is None
    assert transaction.standing(prefix, shell) == "foreign"


def test_a_stamp_of_a_later_version_is_read(shell, tmp_path):
    (tmp_path / STAMP).write_text(json.dumps({**vars(stamp("f")), "colour": "blue"}))
    assert transaction.read_stamp(tmp_path, shell) == stamp("f")


@pytest.mark.parametrize("what", [".envboot", ".envboot/.venv.journal", ".envboot/.venv.lock"])
def test_state_that_is_a_link_is_refused(shell, prefix, tmp_path, what):
    mine = tmp_path / "mine"
    if what == ".envboot":
        mine.mkdir()
    else:
        mine.write_text("mine")
        state_folder(prefix).mkdir()
    (prefix.parent / what).symlink_to(mine)
    with pytest.raises(CommandFailed, match=r"is a link|cannot be locked"):
        make(prefix, shell, "one", relocatable=True)
    assert not prefix.exists()
    assert list(mine.iterdir()) == [] if mine.is_dir() else mine.read_text() == "mine"


def test_a_repository_whose_folder_leads_out_is_refused(shell, tmp_path):
    root, mine = tmp_path / "repo", tmp_path / "mine"
    root.mkdir()
    mine.mkdir()
    (root / "envs").symlink_to(mine)
    shell.confine(root)
    with pytest.raises(CommandFailed, match="a link leads out of"):
        make(root / "envs" / "a", shell, "one", relocatable=True)
    assert list(mine.iterdir()) == []


# ------------------------------------------------------------------ real environments


def tiny_wheel(folder: Path) -> Path:
    """Write a wheel with one module and one console script."""
    path = folder / "tiny-1.0-py3-none-any.whl"
    info = "tiny-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("tiny.py", "import sys\ndef main():\n    print('tiny in', sys.prefix)\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/entry_points.txt", "[console_scripts]\ntiny = tiny:main\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path


@pytest.mark.real
@pytest.mark.parametrize("folder", ["plain", "ein Ordner mit Ümläuten und 'quotes'", "l" * 120])
def test_a_real_environment_works_where_it_is_put(shell, environ, tmp_path, folder):
    prefix = tmp_path / folder / ".venv"
    prefix.parent.mkdir()
    try:
        with transaction.claim(prefix, shell, print) as held:
            build = transaction.begin(held, relocatable=True, fingerprint=digest("x"))
            shell.do((sys.executable, "-m", "venv", str(build)))
            wheel = str(tiny_wheel(tmp_path))
            shell.do((str(build / "bin" / "python"), "-m", "pip", "install", "--no-index", wheel))
            transaction.publish(held, build, stamp(digest("x")))
    except CommandFailed as error:
        if "ensurepip" in "".join(error.tail):
            pytest.skip("this Python has no ensurepip (Debian: python3-venv)")
        raise
    assert not build.exists()
    for path in (*(prefix / "bin").iterdir(), prefix / "pyvenv.cfg"):
        assert os.fsencode(str(build)) not in path.read_bytes(), path
    expected = f"tiny in {prefix}"
    assert shell.query((str(prefix / "bin" / "tiny"),)).out.strip() == expected
    pip = shell.query((str(prefix / "bin" / "pip"), "--version"), timeout=180)
    assert pip.out is not None, pip.why
    assert str(prefix) in pip.out
    activate = '. "$1/bin/activate" && tiny && echo "$VIRTUAL_ENV"'
    said = shell.query(("bash", "-c", activate, "-", str(prefix)))
    assert said.out == f"{expected}\n{prefix}\n"
    done = subprocess.run(
        [str(prefix / "bin" / "pip"), "uninstall", "-y", "tiny"],
        env=environ,
        check=True,
        capture_output=True,
    )
    assert done.returncode == 0
    assert not (prefix / "bin" / "tiny").exists()


IN_A_LAYER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import test_transaction as t
from envboot.shell.local import LocalShell
prefix = Path(sys.argv[1]) / "merged" / ".venv"
assert t.content(prefix) == "one"
t.make(prefix, LocalShell({}), "two", relocatable=True)
assert t.content(prefix) == "two"
assert t.leftovers(prefix) == [], t.leftovers(prefix)
print("updated")
"""


@pytest.mark.real
def test_an_environment_in_a_lower_layer_of_an_image_is_updated(shell, child_environ, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = (
        'mount -t tmpfs none "$1" && cd "$1" && mkdir lower upper work merged && '
        'cp -a "$2/." lower/ && mount -t overlay none -o '
        '"lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work,redirect_dir=off" "$1/merged" '
        '&& shift 2 && exec "$@"'
    )
    image = tmp_path / "image"
    image.mkdir()
    make(image / ".venv", shell, "one", relocatable=True)
    stamped = image / ".venv" / STAMP
    stamped.write_text(stamped.read_text().replace(str(image), str(disk / "merged")))
    command = ["unshare", "-m", "sh", "-c", mount, "-", str(disk), str(image)]
    try:
        tried = subprocess.run([*command, "true"], capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("needs `unshare` of util-linux")
    if tried.returncode:
        pytest.skip("needs the right to mount an overlay (root)")
    here = str(Path(__file__).parent)
    done = subprocess.run(
        [*command, sys.executable, "-c", IN_A_LAYER, str(disk), here],
        env=child_environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.endswith("updated\n"), done.stderr
