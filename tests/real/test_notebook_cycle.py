"""A notebook that is mailed: packed here, moved alone to an empty home, executed with its outputs.

What no local wheel can be (ipykernel, nbclient) comes from the index, through the caches of whoever
runs the tests.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest

from envboot.formats.notebook import environment
from tests.wheels import make_wheel

if os.name == "nt":
    pytest.skip("signals and limits of POSIX", allow_module_level=True)

from tests.real.person import Person

pytestmark = pytest.mark.real

ENDLESS = "import os, time; open('started', 'w').write(str(os.getpid())); time.sleep(600)"
SECONDS = 90  # for anything that is waited for


def book(*cells, **metadata):
    """Return a notebook of Jupyter's."""
    kind = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    made = [{**kind, "id": f"c{n}", "source": source} for n, source in enumerate(cells)]
    return {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def write(path, cells):
    """Give a notebook other cells; what it carries stays."""
    found = json.loads(path.read_bytes())
    path.write_text(json.dumps({**found, "cells": book(*cells)["cells"]}, indent=1) + "\n")


def outputs(path):
    """Return the text of each cell's outputs."""
    found = []
    for cell in json.loads(path.read_bytes())["cells"]:
        text = ""
        for out in cell["outputs"]:
            said = out.get("text") or out.get("data", {}).get("text/plain") or [out.get("ename")]
            text += "".join(said)
        found.append(text)
    return found


def networked(folder):
    """Return a person with an empty home who has wheels of her own beside the index."""
    said = ("PIP_", "SSL_", "HTTP", "http", "UV_", "NO_PROXY", "no_proxy")
    kept = {k: v for k, v in os.environ.items() if k.startswith(said)}
    caches = Path("~/.cache").expanduser()
    return Person(
        folder,
        **{
            **kept,
            "PIP_NO_INDEX": "",
            "PIP_CONFIG_FILE": os.environ.get("PIP_CONFIG_FILE", ""),
            "PIP_FIND_LINKS": str(folder / "wheels"),
            "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(caches / "uv")),
        },
    )


@pytest.fixture(scope="module")
def mailed(tmp_path_factory):
    """Pack a notebook with the command, mail it, and execute it once: person, file, said."""
    folder = tmp_path_factory.mktemp("mail")
    author, reader = networked(folder / "author"), networked(folder / "reader")
    for person in (folder / "author", folder / "reader"):
        make_wheel(person / "wheels", "tiny", "1.0")
    desk = folder / "desk"
    desk.mkdir()
    (desk / "requirements.txt").write_text("tiny==1.0\n")
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    path = desk / "mail.ipynb"
    path.write_text(json.dumps(book("pass", kernelspec=kernel), indent=1) + "\n")
    where = "!python -c 'import sys; print(sys.prefix)'"
    write(path, ("import tiny; print(tiny.__version__)", where))
    done = author.types("notebook", "pack", "mail.ipynb", cwd=desk)
    assert done.returncode == 0, done.stderr
    inbox = folder / "inbox"
    inbox.mkdir()
    shutil.copy(path, inbox / "mail.ipynb")
    sent = path.read_bytes()
    shutil.rmtree(desk)
    done = reader.types("notebook", "run", "mail.ipynb", "--yes", "--json", cwd=inbox)
    assert done.returncode == 0, done.stderr
    return reader, inbox / "mail.ipynb", sent, done


@pytest.fixture
def reader(mailed):
    return mailed[0]


@pytest.fixture
def path(mailed):
    """The mailed notebook, as it was after its first execution."""
    path = mailed[1]
    before = path.read_bytes()
    yield path
    path.write_bytes(before)
    for rest in path.parent.glob("*"):
        if rest.name not in {"mail.ipynb", "requirements.txt", ".venv-mail", ".envboot"}:
            rest.unlink()


def gone(pid):
    """Return whether a process has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def wait_for(what):
    """Wait for something, and return what it is."""
    until = time.monotonic() + SECONDS
    while not (found := what()):
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.1)
    return found


def number_in(file):
    return file.is_file() and file.read_text()


# ------------------------------------------------------------------- the whole cycle


def test_one_command_from_a_mailed_file_to_its_results(mailed):
    reader, path, sent, done = mailed
    said = json.loads(done.stdout)
    prefix = path.parent / ".venv-mail"
    assert (said["outcome"], said["exit_code"]) == ("ran", 0)
    assert (said["output"], said["path"]) == (str(path), str(path))
    assert said["result"]["outcome"] == "created"
    assert said["result"]["environment"]["prefix"] == str(prefix)
    assert said["result"]["report"]["imported"] == ["tiny"]
    assert [f["state"] for f in said["files"]] == ["written"]
    assert [text.strip() for text in outputs(path)] == ["1.0", str(prefix)]
    assert "> cell 2 of 2" in done.stderr
    now, before = json.loads(path.read_bytes())["metadata"], json.loads(sent)["metadata"]
    assert json.dumps(now["environment"]) == json.dumps(before["environment"])
    assert environment.digest(now["environment"]) == environment.digest(before["environment"])
    assert now["envboot"] == {"kernelspec": before["kernelspec"]}
    name = now["kernelspec"]["name"]
    assert name == said["result"]["kernel"]
    spec = reader.home / ".local" / "share" / "jupyter" / "kernels" / name / "kernel.json"
    assert json.loads(spec.read_text())["argv"][0] == str(prefix / "bin" / "python")
    left = {k for k, v in reader.written().items() if v is not None}
    ours = [k for k in left if not k.startswith(str(reader.home / ".ipython"))]
    assert [k for k in ours if "/.local/state/" not in k] == [str(spec)]


def test_the_second_run_finds_all_of_it_without_a_network(reader, path):
    words = ("notebook", "run", "mail.ipynb", "--yes", "--json", "--offline")
    done = reader.types(*words, cwd=path.parent)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["result"]["outcome"] == "up-to-date"
    metadata = json.loads(path.read_bytes())["metadata"]
    assert said["result"]["kernel"] == metadata["kernelspec"]["name"]
    assert "fetching" not in done.stderr
    assert "installing" not in done.stderr


def test_packing_it_again_mails_the_portable_kernel(reader, path, mailed):
    done = reader.types("notebook", "pack", "mail.ipynb", cwd=path.parent)
    assert done.returncode == 0, done.stderr
    now, before = json.loads(path.read_bytes())["metadata"], json.loads(mailed[2])["metadata"]
    assert now["kernelspec"] == before["kernelspec"]
    assert now["environment"] == before["environment"]
    assert "kernelspec" not in now.get("envboot", {})


# ---------------------------------------------------------------------- what goes wrong


def test_a_cell_that_fails_keeps_the_outputs_so_far(reader, path):
    bad = "raise ValueError('\\x1b]0;owned\\x07\\u202enot so')"
    write(path, ("print('first')", bad, "print('never')"))
    before = path.read_bytes()
    words = ("notebook", "run", "mail.ipynb", "--yes", "--json", "--output", "out.ipynb")
    done = reader.types(*words, cwd=path.parent)
    assert done.returncode == 7, done.stderr
    said = json.loads(done.stdout)
    assert said["outcome"] == "failed"
    assert said["error"]["message"].startswith("cell 2 failed: ValueError: ")
    assert said["output"] == str(path.parent / "out.ipynb")
    assert outputs(path.parent / "out.ipynb") == ["first\n", "ValueError", ""]
    assert path.read_bytes() == before
    for text in (done.stderr, said["error"]["message"]):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text)
    again = reader.types(*words, cwd=path.parent)
    assert again.returncode == 2
    assert "there already" in again.stderr
    more = (*words, "--force", "--allow-errors", "--cell-timeout", "60")
    done = reader.types(*more, cwd=path.parent)
    assert done.returncode == 0, done.stderr
    assert outputs(path.parent / "out.ipynb") == ["first\n", "ValueError", "never\n"]


def test_an_error_of_any_length_is_told_in_short(reader, path):
    """Each character as long as it can be in what the child says of it."""
    long = "'\\U0001f40d' * 100_000"
    write(path, (f"raise type('E' + 'x' * 100_000, (Exception,), {{}})({long} + '\\n' + {long})",))
    words = ("notebook", "run", "mail.ipynb", "--yes", "--json", "--output", "out.ipynb")
    done = reader.types(*words, cwd=path.parent)
    assert done.returncode == 7, done.stderr
    said = json.loads(done.stdout)
    assert said["error"]["message"].startswith("cell 1 failed: Ex")
    assert len(said["error"]["message"]) < 2000
    kept = json.loads((path.parent / "out.ipynb").read_bytes())["cells"][0]["outputs"][0]
    assert len(kept["evalue"]) == 200_001


def test_a_cell_that_takes_too_long_and_a_kernel_that_dies(reader, path):
    for cell, words, why in (
        ("import time; time.sleep(600)", ("--cell-timeout", "1"), "longer than 1 s"),
        ("import os; os._exit(3)", (), "the kernel died"),
    ):
        write(path, ("print('first')", cell))
        done = reader.types("notebook", "run", "mail.ipynb", "--yes", *words, cwd=path.parent)
        assert done.returncode == 7, done.stderr
        assert f"cell 2 failed: {why}" in done.stderr or why in done.stderr
        assert outputs(path)[0] == "first\n"


def test_an_interruption_keeps_what_was_done(reader, path):
    write(path, ("print('first')", ENDLESS, "print('never')"))
    going = reader.start("notebook", "run", "mail.ipynb", "--yes", cwd=path.parent)
    kernel = wait_for(lambda: number_in(path.parent / "started"))
    going.send_signal(signal.SIGINT)
    _, said = going.communicate(timeout=SECONDS)
    assert going.returncode == 130, said
    assert "Traceback" not in said
    assert outputs(path) == ["first\n", "KeyboardInterrupt", ""]
    wait_for(lambda: gone(kernel))


def test_killed_in_the_middle_the_notebook_is_whole(reader, path):
    write(path, ("print('first')", ENDLESS))
    before = path.read_bytes()
    going = reader.start("notebook", "run", "mail.ipynb", "--yes", cwd=path.parent)
    kernel = wait_for(lambda: number_in(path.parent / "started"))
    going.kill()
    going.communicate(timeout=SECONDS)
    wait_for(lambda: gone(kernel))
    wait_for(lambda: path.read_bytes() != before)  # the child hears it, and keeps what was done
    assert outputs(path) == ["first\n", "KeyboardInterrupt"]
    assert [p.name for p in path.parent.glob("*.ipynb")] == ["mail.ipynb"]


def test_a_notebook_that_is_saved_while_it_runs_is_left_alone(reader, path):
    write(path, ("print('first')", "open('mail.ipynb', 'a').write(' \\n')"))
    before = path.read_bytes()
    done = reader.types("notebook", "run", "mail.ipynb", "--yes", cwd=path.parent)
    assert done.returncode == 0, done.stderr
    assert path.read_bytes() == before + b" \n"
    assert outputs(path.parent / "mail-executed.ipynb")[0] == "first\n"
    assert "was changed while it ran" in done.stderr


def test_a_place_that_takes_no_more_leaves_the_notebook_as_it_was(reader, path):
    """As a full disk does: files of more than 8 MB cannot be written."""
    write(path, ("print('x' * 20_000_000)",))
    before = path.read_bytes()
    limited = ("bash", "-c", 'ulimit -f 8192; exec "$@"', "limited")
    words = ("notebook", "run", "mail.ipynb", "--yes")
    done = reader.types(*words, cwd=path.parent, before=limited)
    assert done.returncode == 7, done.stderr
    assert "the outputs cannot be kept" in done.stderr
    assert "--output" in done.stderr
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.glob("*.ipynb*")] == ["mail.ipynb"]
    done = reader.types(*words, cwd=path.parent)
    assert done.returncode == 0, done.stderr
    assert len(outputs(path)[0]) == 20_000_001


def test_without_a_network_the_sentence_is_clear(path, tmp_path):
    """The environment is there, but not yet what executes notebooks: somebody else's home."""
    other = Person(tmp_path / "other", UV_CACHE_DIR=str(tmp_path / "cache"))
    other.environ |= {"PIP_NO_INDEX": "", "PIP_INDEX_URL": "http://127.0.0.1:9/simple"}
    other.environ |= {"UV_HTTP_RETRIES": "0"}
    before = path.read_bytes()
    words = ("notebook", "run", "mail.ipynb", "--yes")
    done = other.types(*words, cwd=path.parent)
    assert done.returncode == 7, done.stderr
    assert "nbclient cannot be fetched" in done.stderr
    assert "hint:" in done.stderr
    assert json.loads(path.read_bytes())["cells"] == json.loads(before)["cells"]
    tools = other.home / ".cache" / "envboot" / "tools"
    assert [p.name for p in tools.iterdir() if not p.name.endswith(".lock")] == []
    done = other.types(*words, "--offline", cwd=path.parent)
    assert done.returncode == 6
    assert "takes the network" in done.stderr


# -------------------------------------------------------------------------- the doors


def test_setup_py_of_a_clone_takes_a_notebook(clone, mailed):
    """From the archive alone: nothing of an installed envboot is there."""
    reader, _, sent, _ = mailed
    alone = (sys.executable, "-I", str(clone / "setup.py"))
    places = {"environ": {"PYTHONPATH": None}, "cwd": clone / "notes"}
    (clone / "notes").mkdir()
    (clone / "notes" / "mail.ipynb").write_bytes(sent)
    (clone / "notes" / "plain.ipynb").write_text(json.dumps(book("import tiny")))
    done = reader.types("mail.ipynb", "--yes", program=alone, **places)
    assert done.returncode == 0, done.stderr
    found = json.loads((clone / "notes" / "mail.ipynb").read_bytes())["metadata"]
    assert found["kernelspec"]["display_name"] == "mail (envboot)"
    assert (clone / "notes" / ".venv-mail" / "bin" / "python").exists()
    assert not (clone / ".venv").exists()
    done = reader.types("notebook", "run", "mail.ipynb", "--yes", program=alone, **places)
    assert done.returncode == 0, done.stderr
    assert outputs(clone / "notes" / "mail.ipynb")[0] == "1.0\n"
    done = reader.types("plain.ipynb", "--dry-run", "--json", program=alone, **places)
    assert done.returncode != 0 or json.loads(done.stdout)["environment"]
    assert "carries no environment" in done.stderr
