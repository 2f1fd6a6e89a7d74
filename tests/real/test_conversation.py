"""The whole conversation at a pseudo-terminal: what is asked, each answer, and leaving at each."""

from __future__ import annotations

import importlib.util
import re
import sys

import pytest

from tests.real.person import ask_for, leftovers, tree, version_in

pytestmark = pytest.mark.real

QUESTION = "do you want to create"
PLAIN = "[n]: "
INSIDE = "start a shell inside"
SHORT = "how do you want to go on?"
NEEDS = "[envboot:needs]\ncpus = 100000\nmemory = 900 TB\n"


@pytest.fixture
def untouched(person, repository):
    """Fail when the repository or her home was written to; call it at the end."""
    before = tree(repository, person.home, person.tmp)
    return lambda: tree(repository, person.home, person.tmp) == before


def in_order(text, *wanted):
    """Fail unless the texts stand in this order."""
    at = 0
    for one in wanted:
        assert one in text[at:], f"{one!r} is not in {text[at:]!r}"
        at = text.index(one, at) + len(one)


def test_the_whole_story(at_terminal, person, repository):
    """A yes, the shell inside, whose prompt says where one is, and out again."""
    terminal = at_terminal(columns=200)  # bash scrolls a prompt that is longer than a line
    terminal.read(QUESTION)
    terminal.read(PLAIN)
    assert not (repository / ".envboot").exists(), "something was written before the yes"
    assert person.written() == {}
    terminal.send("y\n")
    terminal.read(INSIDE)
    terminal.read("[y]: ")
    terminal.send("\n")
    terminal.read("`exit` leaves it")
    terminal.read("(my-repository) ")
    terminal.send("python main.py; echo $VIRTUAL_ENV; exit 3\n")
    terminal.read("\n1.0")
    terminal.read(f"{repository}/.venv")
    assert terminal.end() == 0, "the shell's own status is not envboot's"
    in_order(
        terminal.text,
        "> locating dependency files...",
        "requirements.txt",
        "> checking requirements...",
        "> This repository uses a Python environment, do you want to create",
        "> setting up....",
        "installed, done.",
        "> to use it: source",
    )
    assert re.search(r"> \d+ packages? installed, done\.", terminal.text)
    assert version_in(repository / ".venv") == "1.0"
    own = {str(person.home / ".bash_history")}
    assert person.written().keys() <= own, "bash's own file, for she typed there"

    again = at_terminal()
    assert again.end() == 0
    assert "is up to date" in again.text
    assert INSIDE not in again.text


def test_what_another_run_made_meanwhile_is_not_made_again(at_terminal, person, repository):
    """As tasks of a cluster do that begin together: one ends before another takes the lock."""
    terminal = at_terminal()
    terminal.read(QUESTION)
    terminal.read(PLAIN)
    assert person.types("up", "--yes", cwd=repository).returncode == 0
    made = (repository / ".venv" / "pyvenv.cfg").stat().st_ino
    terminal.send("y\n")
    assert terminal.end() == 0
    assert "is up to date" in terminal.text
    assert "making the environment" not in terminal.text
    assert (repository / ".venv" / "pyvenv.cfg").stat().st_ino == made


@pytest.mark.parametrize("key", ["y\n", "\x03"], ids=["yes", "Ctrl-C"])
def test_a_packed_repository(at_terminal, clone, person, key):
    """`python setup.py`, with nothing on Python's path but itself."""
    before = tree(clone, person.home, person.tmp)
    options = {"PYTHONPATH": "", "PATH": "/usr/bin:/bin"}
    program = (sys.executable, "setup.py")
    terminal = at_terminal("--no-kernel", program=program, columns=200, **options)
    terminal.read(QUESTION)
    terminal.read(PLAIN)
    assert tree(clone, person.home, person.tmp) == before
    terminal.send(key)
    if key != "y\n":
        assert terminal.end() == 130
        assert tree(clone, person.home, person.tmp) == before
        return
    terminal.read(INSIDE)
    terminal.read("[y]: ")
    terminal.send("y\n")
    terminal.read("(my-repository) ")
    terminal.send("python main.py; exit\n")
    terminal.read("\n1.0")
    assert terminal.end() == 0
    assert "differs from the copy" not in terminal.text


def test_update(at_terminal, repository, person):
    person.types("--yes", "--no-kernel", cwd=repository)
    ask_for(repository, "2.0")
    terminal = at_terminal("--no-shell")
    terminal.read("update the environment")
    terminal.read(PLAIN)
    terminal.send("y\n")
    assert terminal.end() == 0
    assert "+ pypi ./wheels/tiny-2.0-py3-none-any.whl" in terminal.text
    assert version_in(repository / ".venv") == "2.0"
    assert not leftovers(repository)


@pytest.mark.parametrize("columns", [40, 80])
def test_no(at_terminal, untouched, columns):
    terminal = at_terminal(columns=columns)
    terminal.read(PLAIN)
    terminal.send("perhaps\n")
    terminal.read("that is not one of the answers: perhaps")
    terminal.read(PLAIN)
    terminal.send("n\n")
    assert terminal.end() == 0
    assert untouched()


def test_enter_alone_is_no(at_terminal, untouched):
    terminal = at_terminal()
    terminal.read(PLAIN)
    terminal.send("\n")
    assert terminal.end() == 0
    assert untouched()


@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["Ctrl-C", "Ctrl-D"])
@pytest.mark.parametrize("question", ["create", "short", "foreign"])
def test_leaving_at_a_question(at_terminal, person, repository, key, question):
    if question == "short":
        (repository / "setup.cfg").write_text(NEEDS)
    if question == "foreign":
        (repository / ".venv").mkdir()
        (repository / ".venv" / "mine").write_text("mine")
    before = tree(repository, person.home, person.tmp)
    terminal = at_terminal()
    terminal.read(
        {"create": QUESTION, "short": SHORT, "foreign": "instead?"}[question],
    )
    terminal.read("]: ")
    terminal.send(key)
    assert terminal.end() == 130
    assert "interrupted" in terminal.text
    assert tree(repository, person.home, person.tmp) == before


@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["Ctrl-C", "Ctrl-D"])
def test_leaving_at_the_last_question_leaves_a_whole_environment(at_terminal, repository, key):
    terminal = at_terminal("--no-kernel")
    terminal.read(PLAIN)
    terminal.send("y\n")
    terminal.read(INSIDE)
    terminal.read("[y]: ")
    terminal.send(key)
    assert terminal.end() == 130
    assert version_in(repository / ".venv") == "1.0"
    assert not leftovers(repository)
    again = at_terminal()
    assert again.end() == 0
    assert "is up to date" in again.text


def test_ctrl_c_while_it_works(at_terminal, repository):
    """The terminal signals the whole foreground group, and envboot's children are elsewhere."""
    (repository / "requirements.txt").write_text("./slow\n")
    slow = repository / "slow"
    slow.mkdir()
    (slow / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "slow"\nbackend-path = ["."]\n'
    )
    (slow / "slow.py").write_text(
        "import time\ndef build_wheel(*_a, **_k):\n    time.sleep(600)\n"
        "get_requires_for_build_wheel = lambda *_a: []\n"
    )
    terminal = at_terminal("--yes")
    terminal.read("installing 1 package")
    terminal.read(" s  ")
    terminal.send("\x03")
    assert terminal.end(20) == 130
    assert not leftovers(repository)
    assert not (repository / ".venv").exists()


def ways(terminal):
    """Return the numbers of the menu by what they say."""
    terminal.read(SHORT)
    terminal.read("]: ")
    return {title: number for number, title in re.findall(r"  (\d)\) (.+)", terminal.text)}


@pytest.mark.parametrize("choice", ["by hand", "stop", "all the same"])
def test_falling_short(at_terminal, person, repository, choice):
    (repository / "setup.cfg").write_text(NEEDS)
    before = tree(repository, person.home, person.tmp)
    terminal = at_terminal("--no-kernel", "--no-shell")
    numbers = ways(terminal)
    assert "your machine does not meet the requirements" in terminal.text
    key = {"by hand": "by hand", "stop": "stop here", "all the same": "all the same"}[choice]
    number = next((n for title, n in numbers.items() if key in title), None)
    assert number, numbers
    terminal.send("9\n")
    terminal.read("that is not one of the answers: 9")
    terminal.read("]: ")
    terminal.send(f"{number}\n")
    if choice == "all the same":
        terminal.read(QUESTION)
        terminal.read(PLAIN)
        terminal.send("y\n")
        assert terminal.end() == 0
        assert version_in(repository / ".venv") == "1.0"
        return
    assert terminal.end() == 6
    assert ("pip" in terminal.text[terminal.read_up_to :]) == (choice == "by hand")
    assert tree(repository, person.home, person.tmp) == before


@pytest.mark.parametrize("answer", ["y", "n"])
def test_a_foreign_environment(at_terminal, person, repository, answer):
    mine = repository / ".venv" / "mine"
    mine.parent.mkdir()
    mine.write_text("mine")
    before = tree(repository, person.home, person.tmp)
    terminal = at_terminal("--no-shell", "--no-kernel")
    terminal.read("was not made by envboot")
    terminal.read("instead?")
    terminal.read("]: ")
    terminal.send(f"{answer}\n")
    if answer == "n":
        assert terminal.end() == 5
        assert "hint: give another place" in terminal.text
        assert tree(repository, person.home, person.tmp) == before
        return
    terminal.read(PLAIN)
    terminal.send("y\n")
    assert terminal.end() == 0
    assert version_in(repository / ".venv-envboot") == "1.0"
    assert mine.read_text() == "mine"


def test_a_narrow_terminal(at_terminal, repository):
    """No live line may wrap: it could not be replaced."""
    terminal = at_terminal("--no-shell", "--no-kernel", columns=40)
    terminal.read(PLAIN)
    terminal.send("y\n")
    assert terminal.end() == 0
    live = re.findall(r"\r\x1b\[K( +\d+ s  [^\r\n]*)", terminal.seen)
    assert live
    assert all(len(line) < 40 for line in live)
    assert version_in(repository / ".venv") == "1.0"


@pytest.fixture
def drawn():
    """Variables of a terminal at which questionary asks."""
    if importlib.util.find_spec("questionary") is None:
        pytest.skip("questionary is not installed")
    return {"TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}


def test_the_story_with_questionary(at_terminal, repository, drawn):
    terminal = at_terminal(columns=200, **drawn)
    terminal.read("(y/N)")
    terminal.send("y")
    terminal.read(INSIDE)
    terminal.read("(Y/n)")
    terminal.send("y")
    terminal.read("`exit` leaves it")
    terminal.read("(my-repository) ")
    terminal.send("python main.py; exit\n")
    terminal.read("1.0")
    assert terminal.end() == 0
    in_order(terminal.text, "locating dependency files...", "checking requirements...", "done.")
    assert version_in(repository / ".venv") == "1.0"


@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["Ctrl-C", "Ctrl-D"])
def test_leaving_with_questionary(at_terminal, untouched, drawn, key):
    terminal = at_terminal(columns=200, **drawn)  # wide: no line break inside of what is read
    terminal.read("(y/N)")
    terminal.send(key)
    assert terminal.end() == 130
    assert untouched()


def test_falling_short_with_questionary(at_terminal, repository, drawn):
    (repository / "setup.cfg").write_text(NEEDS)
    terminal = at_terminal(**drawn)
    terminal.read("stop here")
    terminal.send("\x1b[B" * 5)
    terminal.send("\r")
    assert terminal.end() in {0, 6}
