"""The door to the person: streams of every kind, and real conversations at a pseudo-terminal."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import select
import signal
import subprocess
import sys
import time

import pytest

from envboot.console import YES_NO, Choice, TerminalConsole
from envboot.errors import AnswerNeeded, CommandFailed, EnvbootError, FallsShort, Interrupted
from envboot.spec import Origin

posix = pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals of POSIX")
WAYS = (Choice("here", "set it up here"), Choice("away", "elsewhere", "no account"))
WAYS += (Choice("stop", "stop here"),)


class Terminal(io.StringIO):
    """A stream that calls itself a terminal."""

    def isatty(self) -> bool:
        super().isatty()  # raises when it is closed
        return True


def console(typed: str = "", *, verbose: int = 0, **environ: str):
    """Return a console at a terminal where ``typed`` waits to be read, and what it shows."""
    shown = Terminal()
    return (
        TerminalConsole(environ, verbose=verbose, stdin=Terminal(typed), stderr=shown),
        shown,
    )


# ------------------------------------------------------------------ nobody to ask


@pytest.mark.parametrize(
    ("stdin", "stderr", "environ"),
    [
        (io.StringIO("y\n"), Terminal(), {}),
        (Terminal("y\n"), io.StringIO(), {}),
        (Terminal("y\n"), Terminal(), {"CI": "true"}),
    ],
    ids=["a piped y", "stderr in a file", "CI"],
)
def test_without_a_person_nothing_is_consent(stdin, stderr, environ):
    door = TerminalConsole(environ, stdin=stdin, stderr=stderr)
    assert not door.interactive()
    with pytest.raises(AnswerNeeded, match="create it") as caught:
        door.choose("create it?", YES_NO, flag="`--yes`", default="yes")
    assert caught.value.exit_code == 5
    assert "`--yes`" in caught.value.hint
    assert stdin.tell() == 0, "what was piped was read"


def test_a_closed_stream_is_nobody():
    closed = Terminal("y\n")
    closed.close()
    with pytest.raises(AnswerNeeded):
        TerminalConsole({}, stdin=closed, stderr=Terminal()).choose("?", YES_NO, flag="`--yes`")


@pytest.mark.parametrize(
    ("typed", "default", "answer"),
    [
        ("openai-clip\n", "", "openai-clip"),
        ("\n", "six", "six"),
        ("\n", "", ""),
        (" a b \n", "", "a b"),
    ],
)
def test_a_word_is_asked_for(typed, default, answer):
    door, shown = console(typed)
    assert door.ask("which one\x1b[2J?", flag="`--provides`", default=default) == answer
    assert "which one[2J?" in shown.getvalue()
    assert (f"[{default}]" in shown.getvalue()) == bool(default)


def test_a_word_needs_a_person_who_stays():
    with pytest.raises(AnswerNeeded) as caught:
        console("x\n", CI="1")[0].ask("which one?", flag="`--provides`")
    assert "`--provides`" in caught.value.hint
    with pytest.raises(Interrupted):
        console("")[0].ask("which one?", flag="`--provides`")


def test_an_empty_ci_is_no_ci():
    assert console(CI="")[0].interactive()


# ------------------------------------------------------------------ the plain prompt


@pytest.mark.parametrize(
    ("typed", "default", "answer"),
    [
        ("y\n", "no", "yes"),
        ("YES\n", "no", "yes"),
        ("n\n", "yes", "no"),
        ("\n", "no", "no"),
        ("\n", "yes", "yes"),
        ("1\nmaybe\nyess\n y \n", "no", "yes"),
    ],
)
def test_yes_and_no(typed, default, answer):
    door, shown = console(typed)
    assert door.choose("create it?", YES_NO, flag="`--yes`", default=default) == answer
    assert f"> create it?\n> y/n? [{default[0]}]: " in shown.getvalue()


@pytest.mark.parametrize(
    ("typed", "answer"), [("1\n", "here"), ("here\n", "here"), ("HERE\n", "here"), ("\n", "stop")]
)
def test_one_of_several(typed, answer):
    door, shown = console(typed)
    assert door.choose("how?", WAYS, flag="`--way`") == answer
    assert "  2) elsewhere  (closed: no account)" in shown.getvalue()
    assert "> 1-3? [3]: " in shown.getvalue()


@pytest.mark.parametrize("typed", ["2\nhere\n", "away\nhere\n", "4\nhere\n", "\ufffd\nhere\n"])
def test_what_is_closed_cannot_be_chosen(typed):
    door, shown = console(typed)
    assert door.choose("how?", WAYS, flag="`--way`", default="away") == "here"
    reason = "not possible: no account" if typed[0] in "2a" else "not one of the answers"
    assert f"that is {reason}" in shown.getvalue()


def test_a_closed_default_is_not_taken():
    assert console("\n")[0].choose("how?", WAYS, flag="`--way`", default="away") == "stop"


def test_when_all_is_closed_the_reasons_are_said():
    closed = (Choice("a", "A", "no disk"), Choice("b", "B", "no money"))
    with pytest.raises(AnswerNeeded) as caught:
        console("1\n")[0].choose("how?", closed, flag="`--way`")
    assert caught.value.hint == "A: no disk; B: no money"


# ------------------------------------------------------------------ saying


def test_what_is_said_goes_to_stderr_and_results_to_stdout():
    out, err = io.StringIO(), io.StringIO()
    door = TerminalConsole({}, stdout=out, stderr=err)
    door.say("one\ntwo")
    door.say("")
    door.warn("careful", hint="look")
    door.show("result")
    assert err.getvalue() == "> one\n> two\n>\n! careful\n  hint: look\n"
    assert out.getvalue() == "result\n"


def test_an_error_is_shown_whole():
    err = io.StringIO()
    door = TerminalConsole({}, verbose=-1, stderr=err)
    door.fail(
        CommandFailed(
            "pip ended with status 1",
            hint="try again",
            tail=tuple(f"row {n}" for n in range(30)),
            log="/x/y.log",
        )
    )
    door.fail(FallsShort("no Python 3.12", origin=Origin("environment.yml", 3)))
    rows = err.getvalue().splitlines()
    assert rows[0] == "! error: pip ended with status 1"
    assert rows[1] == "  | row 18"
    assert rows[12:15] == ["  | row 29", "  log: /x/y.log", "  hint: try again"]
    assert rows[15] == "! error: environment.yml:3: no Python 3.12"


def test_quiet_and_verbose():
    for verbose, said, line in ((-1, "", ""), (0, "> story\n", ""), (1, "> story\n", "  noise\n")):
        err = io.StringIO()
        door = TerminalConsole({}, verbose=verbose, stderr=err)
        door.say("story")
        door.line("noise")
        assert err.getvalue() == said + line


def test_the_live_line_is_at_a_terminal_only_and_is_replaced():
    door, shown = console()
    door.line("first")
    door.line("x" * 200)
    door.say("done")
    text = shown.getvalue()
    assert text.startswith("\r\x1b[K     0 s  first\r\x1b[K     0 s  xxx")
    assert text.endswith("x\r\x1b[K> done\n")
    assert max(len(row) for row in text.split("\r\x1b[K")) < 80
    quiet, shown = console(verbose=-1)
    quiet.line("first")
    assert shown.getvalue() == ""


def test_a_strangers_text_cannot_move_the_cursor():
    door, shown = console("y\n", verbose=1)
    evil = "a\x1b]0;title\x07b\x1b[2Jc\rd\x08e"
    door.say(evil)
    door.warn(evil)
    door.line(evil)
    door.fail(EnvbootError(evil))
    door.choose(evil, YES_NO, flag="`--yes`")
    door.verbose = 0
    door.line(evil)
    assert not set("\x07\x08").intersection(shown.getvalue())
    assert set(shown.getvalue().split("\x1b")[1:]) <= {"[K     0 s  a]0;titleb[2Jcde"}


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_what_cannot_be_encoded_is_escaped(encoding):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="")
    door = TerminalConsole({}, stdout=stream, stderr=stream)
    door.say("é → \U0001f40d \udcff")
    door.show("é → \U0001f40d \udcff")
    text = raw.getvalue().decode(encoding)
    assert r"\udcff" in text
    assert ("→" in text) == (encoding == "utf-8")


def test_a_stream_that_is_closed_is_no_error():
    closed = io.StringIO()
    closed.close()
    door = TerminalConsole({}, stdout=closed, stderr=closed)
    door.say("x")
    door.show("x")


# ------------------------------------------------------------------ real processes

ASK = """
import asyncio, fcntl, json, os, sys, termios
from envboot.console import Choice, TerminalConsole
from envboot.errors import EnvbootError
note, rows, default, loop = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3], sys.argv[4]
if os.isatty(0):
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
door = TerminalConsole(dict(os.environ))
door.line("an engine at work")
def ask():
    if not rows:
        return door.ask("schaffst du?", flag="`--provides`", default=default)
    return door.choose("schaffst du \\u00e9 \\u2192 \\U0001f40d?", [Choice(*r) for r in rows],
                       flag="`--yes`", default=default)
async def inside():
    return ask()
try:
    said = {"answer": asyncio.run(inside()) if loop == "loop" else ask()}
except EnvbootError as error:
    said = {"error": str(error), "code": error.exit_code}
said["slow"] = "questionary" in sys.modules
open(note, "w").write(json.dumps(said))
"""
YES = [["yes", "yes"], ["no", "no"]]
THREE = [[w.name, w.title, w.closed] for w in WAYS]


class Conversation:
    """A program at a pseudo-terminal of 80 by 24, its stdout in a file as with ``--json > x``."""

    def __init__(self, environ, tmp_path, rows, default="", loop="") -> None:
        import fcntl
        import struct
        import termios

        self.note, self.out, self.seen = tmp_path / "note", tmp_path / "out", ""
        self.near, far = os.openpty()
        fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        command = [sys.executable, "-c", ASK, str(self.note), json.dumps(rows), default, loop]
        with self.out.open("wb") as out:
            self.process = subprocess.Popen(
                command, env=environ, stdin=far, stdout=out, stderr=far, start_new_session=True
            )
        os.close(far)

    def read(self, wanted: str, seconds: float = 20.0) -> None:
        """Read until ``wanted`` is on the screen."""
        end = time.monotonic() + seconds
        while wanted not in self.seen:
            assert time.monotonic() < end, f"no {wanted!r} in {self.seen!r}"
            if select.select([self.near], [], [], 0.1)[0]:
                try:
                    self.seen += os.read(self.near, 4096).decode("utf-8", "replace")
                except OSError:  # Linux: the other side is closed
                    break

    def send(self, text: bytes) -> None:
        os.write(self.near, text)

    def end(self):
        """Return what the program noted."""
        with contextlib.suppress(AssertionError):
            self.read("\0never", 0.3)
        end = time.monotonic() + 180
        while self.process.poll() is None:
            assert time.monotonic() < end, f"still there after {self.seen!r}"
            if select.select([self.near], [], [], 0.1)[0]:
                with contextlib.suppress(OSError):
                    self.seen += os.read(self.near, 4096).decode("utf-8", "replace")
        os.close(self.near)
        assert self.process.returncode == 0, self.seen
        assert self.out.read_bytes() == b"", "results go to stdout, questions never"
        return json.loads(self.note.read_text())


@pytest.fixture(params=["plain", "questionary"])
def talk(request, child_environ, tmp_path):
    """Start a conversation, at a dumb terminal and at one where questionary draws."""
    pytest.importorskip("pty", reason="pseudo-terminals of POSIX")
    drawn = request.param == "questionary"
    if drawn and importlib.util.find_spec("questionary") is None:
        pytest.skip("questionary is not installed")
    term = {"TERM": "xterm" if drawn else "dumb", "PROMPT_TOOLKIT_NO_CPR": "1"}
    started: list[Conversation] = []

    def start(rows, **options) -> Conversation:
        environ = {**child_environ, **term, **options.pop("environ", {})}
        started.append(Conversation(environ, tmp_path, rows, **options))
        started[-1].read("schaffst du")
        end = "(y/N)" if rows is YES else "stop here" if rows else "du?"
        started[-1].read(end if drawn else "]: " if rows else "?: ")
        return started[-1]

    start.drawn = drawn
    yield start
    for conversation in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(conversation.process.pid, signal.SIGKILL)
        conversation.process.wait()


@posix
@pytest.mark.parametrize(
    ("typed", "answer"), [(b"y\r", "yes"), (b"n\r", "no"), (b"\r", "no")], ids=repr
)
def test_yes_or_no_at_a_terminal(talk, typed, answer):
    conversation = talk(YES, default="no")
    conversation.send(typed[:-1] if talk.drawn and len(typed) == 2 else typed)
    assert conversation.end() == {"answer": answer, "slow": talk.drawn}
    assert "é → \U0001f40d" in conversation.seen


@posix
@pytest.mark.parametrize(("typed", "answer"), [(b"six\r", "six"), (b"\r", "")], ids=repr)
def test_a_word_at_a_terminal(talk, typed, answer):
    conversation = talk([])
    conversation.send(typed)
    assert conversation.end() == {"answer": answer, "slow": talk.drawn}


@posix
def test_a_choice_at_a_terminal(talk):
    conversation = talk(THREE, default="here")
    assert "no account" in conversation.seen
    # down from the first open one leads over the closed one to the third
    conversation.send(b"\x1b[B\r" if talk.drawn else b"2\r3\r")
    assert conversation.end()["answer"] == "stop"


@posix
@pytest.mark.parametrize("rows", [YES, THREE, []], ids=["yes or no", "choice", "word"])
@pytest.mark.parametrize("key", [b"\x03", b"\x04"], ids=["Ctrl-C", "Ctrl-D"])
def test_ctrl_c_and_ctrl_d_interrupt(talk, rows, key):
    conversation = talk(rows, default=rows[0][0] if rows is THREE else "no" if rows else "")
    conversation.send(key)
    said = conversation.end()
    assert said["code"] == 130
    assert "nothing was changed" in said["error"]


@posix
def test_a_terminal_that_goes_away_interrupts(talk):
    conversation = talk(YES, default="no")
    os.close(conversation.near)
    conversation.process.wait(60)
    if conversation.process.returncode == 0:  # else SIGHUP ended it, as it should
        assert json.loads(conversation.note.read_text())["code"] == 130
    else:
        assert conversation.process.returncode == -signal.SIGHUP


@posix
def test_a_terminal_of_ascii(talk):
    conversation = talk(
        YES, default="no", environ={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    )
    conversation.send("é\r".encode() if not talk.drawn else "é".encode())
    conversation.send(b"y" if talk.drawn else b"y\r")
    assert conversation.end()["answer"] == "yes"


@posix
def test_the_plain_prompt_asks_where_a_loop_runs(child_environ, tmp_path):
    environ = {**child_environ, "TERM": "xterm"}
    conversation = Conversation(environ, tmp_path, YES, default="no", loop="loop")
    conversation.read("[n]: ")
    conversation.send(b"y\r")
    assert conversation.end() == {"answer": "yes", "slow": False}


@posix
def test_a_questionary_that_breaks_leaves_the_plain_prompt(child_environ, tmp_path):
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "questionary.py").write_text("raise AttributeError('an old prompt_toolkit')")
    path = os.pathsep.join([str(broken), child_environ["PYTHONPATH"]])
    environ = {**child_environ, "TERM": "xterm", "PYTHONPATH": path}
    conversation = Conversation(environ, tmp_path, YES, default="no")
    conversation.read("[n]: ")
    conversation.send(b"y\r")
    assert conversation.end()["answer"] == "yes"


@posix
@pytest.mark.parametrize("shut", ["0<&-", "2>&-", "0<&- 1>&- 2>&-", "</dev/null", "<<< y"])
def test_closed_and_redirected_streams_are_nobody(child_environ, tmp_path, shut):
    note = tmp_path / "note"
    line = f'"$0" -c "$1" "$2" "$3" no "" {shut}'
    command = ["bash", "-c", line, sys.executable, ASK, str(note), json.dumps(YES)]
    subprocess.run(command, env=child_environ, check=True, capture_output=True)
    assert json.loads(note.read_text())["code"] == 5


SHOW = """
import os, sys
from envboot.console import TerminalConsole
door = TerminalConsole(os.environ)
for n in range(20000):
    door.show("row " * 20)
print("still here", file=sys.stderr)
"""


@posix
def test_a_reader_that_leaves_is_no_error(child_environ):
    line = '"$0" -c "$1" | head -n 1; echo "${PIPESTATUS[0]}"'
    done = subprocess.run(
        ["bash", "-c", line, sys.executable, SHOW],
        env=child_environ,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr == "still here\n"


def test_what_is_said_is_masked_and_what_is_shown_is_not():
    err, out = Terminal(), io.StringIO()
    door = TerminalConsole({}, mask=lambda t: t.replace("s3cret", "***"), stdout=out, stderr=err)
    door.say("a s3cret")
    door.warn("s3cret", hint="s3cret")
    door.line("s3cret")
    door.fail(EnvbootError("s3cret"))
    door.show("s3cret")
    assert "s3cret" not in err.getvalue()
    assert err.getvalue().count("***") == 5
    assert out.getvalue() == "s3cret\n"
