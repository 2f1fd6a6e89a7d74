"""The hook at every save, with the contents managers of a real jupyter_server; jobs; the page."""

from __future__ import annotations

import asyncio
import html.parser
import json
import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from envboot.errors import Interrupted
from envboot.jupyter import looking, page, recreating, saving
from envboot.notebook import owned
from envboot.shell import Answer
from envboot.shell.local import LocalShell
from envboot.testing import ScriptedShell
from tests import jupyterq

pytest.importorskip("jupyter_server", reason="the hook lives in a Jupyter server")
from jupyter_core.utils import ensure_async
from jupyter_server.services.contents.largefilemanager import (
    AsyncLargeFileManager,
    LargeFileManager,
)

SECONDS = 60.0


class Watched(LocalShell):
    """This computer, which notes what was run, and by which thread."""

    def __init__(self, environ):
        super().__init__(environ)
        self.ran = []

    def query(self, argv, **words):
        self.ran.append((threading.get_ident(), argv))
        return super().query(argv, **words)

    def do(self, argv, **words):
        self.ran.append((threading.get_ident(), argv))
        return super().do(argv, **words)


class Cells(list):
    """Cells that nobody may look at."""

    def _refuse(self, *_words):
        raise AssertionError("the cells were looked at")

    __iter__ = __getitem__ = __len__ = __contains__ = __eq__ = __repr__ = _refuse
    __hash__ = None


class Desk:
    """A folder of notebooks, the server's manager of it, and the hook."""

    def __init__(self, folder, environ, kind=LargeFileManager):
        self.folder = folder
        self.shell = Watched(environ)
        self.log = logging.getLogger(f"test-{id(self)}")
        self.manager = kind(root_dir=str(folder), log=self.log)
        self.keeper = saving.Keeper(self.shell, self.log)
        saving.register(self.keeper, self.manager)

    def save(self, path="a.ipynb", **metadata):
        """Save a notebook with this metadata; return what is on the disk then."""
        content = jupyterq.notebook("import six", **metadata)
        model = {"type": "notebook", "format": "json", "content": content}
        asyncio.run(ensure_async(self.manager.save(model, path)))
        return json.loads((self.folder / path).read_text())["metadata"]

    def carried(self, path="a.ipynb", **metadata):
        return self.save(path, **metadata).get("environment")


@pytest.fixture(name="folder")
def a_folder(tmp_path):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    (folder / "requirements.txt").write_text("six==1.16.0\n")
    return folder


@pytest.fixture(name="desk", params=[LargeFileManager, AsyncLargeFileManager])
def a_desk(request, folder, environ):
    return Desk(folder, environ, request.param)


@pytest.fixture(name="one")
def one_desk(folder, environ):
    return Desk(folder, environ)


def until(found):
    """Wait until something is so."""
    end = time.monotonic() + SECONDS
    while not found():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


# ------------------------------------------------------------------ what a notebook carries


def test_first_save_and_those_behind_it(desk, folder):
    first = desk.carried()
    assert first["requirements.txt"] == "six==1.16.0\n"
    assert desk.carried(environment=first) == first
    (folder / "requirements.txt").write_text("six==1.17.0\n")
    second = desk.carried(environment=first)
    assert second["requirements.txt"] == "six==1.17.0\n"
    # A front end that has the notebook open saves what it read when it opened it.
    assert desk.carried(environment=first) == second
    assert desk.carried() == second


def test_another_server_knows_what_was_written(one, folder, environ):
    first = one.carried()
    (folder / "requirements.txt").write_text("six\n")
    assert Desk(folder, environ).carried(environment=first)["requirements.txt"] == "six\n"


def test_somebody_elses_is_left_alone_and_told_once(desk, caplog):
    theirs = {"env_ver": "0.1", "requirements.txt": "numpy==2.0.0\n", "container": "r/i:1"}
    for _ in range(3):
        assert desk.carried("mailed.ipynb", environment=theirs) == theirs
    said = [r.getMessage() for r in caplog.records if "mailed.ipynb" in r.getMessage()]
    assert [text for text in said if "requirements.txt" in text] == [
        "envboot: mailed.ipynb: left as somebody else wrote it: requirements.txt"
    ]


@pytest.mark.parametrize(
    "theirs",
    [
        {"kernel": "conda-root", "name": "workbench", "type": "gcloud", "uri": "gcr.io/x/y:m1"},
        {"name": "research", "dependencies": ["numpy"]},
        "something",
        17,
        [],
        {"env_ver": 3},
        {"env_ver": "0.2", "requirements.txt": {"deep": [[[]]]}},
    ],
)
def test_what_other_programs_write_there_stays(one, theirs):
    assert one.carried(environment=theirs) == theirs


def test_a_copy_beside_somebody_elses_key_is_refreshed_with_it(one, folder, caplog):
    google = {"kernel": "python3", "name": "m", "type": "gcloud", "uri": "gcr.io/x/y:m1"}
    ours = {"env_ver": "0.2", "requirements.txt": "six==1.16.0\n"}
    owned.remember(ours, folder, one.shell)
    (folder / "requirements.txt").write_text("six==1.17.0\n")
    new = {**ours, "requirements.txt": "six==1.17.0\n"}
    metadata = one.save(environment={**google, **ours}, envboot={"environment": ours})
    assert metadata["environment"] == {**google, **new}
    assert metadata["envboot"]["environment"] == new
    # Google's own save has taken ours out of its key.
    metadata = one.save("b.ipynb", environment=google, envboot={"environment": ours})
    assert metadata["environment"] == google
    assert metadata["envboot"]["environment"] == new
    # A copy of somebody else stays as she packed it.
    theirs = {**ours, "requirements.txt": "numpy\n"}
    metadata = one.save("c.ipynb", environment=google, envboot={"environment": theirs})
    assert metadata["envboot"]["environment"] == theirs
    assert [r.getMessage() for r in caplog.records if "envboot:" in r.getMessage()] == [
        "envboot: c.ipynb: left as somebody else wrote it: requirements.txt"
    ]


def test_a_file_that_could_not_be_unpacked_is_said_and_not_carried(one, folder, caplog):
    (folder / "requirements.txt").write_text("six # \u202e\n", encoding="utf-8")
    for _ in range(3):
        assert one.carried() is None
    said = [r.getMessage() for r in caplog.records if "not seen" in r.getMessage()]
    assert len(said) == 1
    assert "requirements.txt:1" in said[0]


def test_opted_out(desk):
    assert desk.carried(envboot={"embed": False}) is None
    assert desk.carried(envboot={"embed": True})
    assert desk.carried(envboot="no")


def test_a_key_of_the_persons_own_stays(one):
    first = one.carried()
    kept = one.carried(environment={**first, "container": "registry/image:1", "note": "mine"})
    assert kept == {**first, "container": "registry/image:1", "note": "mine"}


def test_files_that_come_and_go(one, folder):
    first = one.carried()
    (folder / "apt.txt").write_text("graphviz\n")
    second = one.carried(environment=first)
    assert second["files"]["apt.txt"] == "graphviz\n"
    (folder / "apt.txt").unlink()
    assert "apt.txt" not in one.carried(environment=second).get("files", {})


def test_nothing_declared_nothing_carried(one, folder):
    (folder / "requirements.txt").unlink()
    assert one.carried() is None
    (folder / "environment.yml").write_text("name: a\ndependencies: [python=3.12]\n")
    assert "environment.yaml" in one.carried()


def test_the_repositorys_files_count_for_folders_below(one, folder):
    (folder / ".git").mkdir()
    (folder / "deep" / "er").mkdir(parents=True)
    assert one.carried("deep/er/a.ipynb")["requirements.txt"] == "six==1.16.0\n"
    (folder / "requirements.txt").write_text("six==1.17.0\n")
    assert one.carried("deep/er/a.ipynb")["requirements.txt"] == "six==1.17.0\n"
    (folder / "deep" / "requirements.txt").write_text("attrs\n")
    assert one.carried("deep/er/b.ipynb")["requirements.txt"] == "attrs\n"
    (folder / "deep" / "er" / "binder").mkdir()
    (folder / "deep" / "er" / "binder" / "requirements.txt").write_text("idna\n")
    assert one.carried("deep/er/c.ipynb")["requirements.txt"] == "idna\n"


def test_without_a_repository_a_folder_stands_for_itself(one, folder):
    (folder / "other").mkdir()
    assert one.carried("other/a.ipynb") is None


def test_an_included_file_is_watched_too(one, folder):
    (folder / "requirements.txt").write_text("-r more.txt\n")
    (folder / "more.txt").write_text("six==1.16.0\n")
    first = one.carried()
    assert "six==1.16.0" in json.dumps(first)
    (folder / "more.txt").write_text("six==1.17.0\n")
    assert "six==1.17.0" in json.dumps(one.carried(environment=first))


def test_passwords_are_not_carried_and_it_is_said_once(one, folder, caplog):
    (folder / "requirements.txt").write_text(
        "--index-url https://me:hunter2hunter2@pypi.example.org/simple\nsix\n"
    )
    assert one.carried() is None
    one.keeper._learn(folder / "a.ipynb", "a.ipynb")
    assert one.carried() is None
    said = [r.getMessage() for r in caplog.records if "password" in r.getMessage()]
    assert len(said) == 1
    assert "requirements.txt:1" in said[0]
    assert "hunter2" not in caplog.text


def test_large_files_are_read_by_a_thread(one, folder):
    big = "six==1.16.0\n" + "# a long story\n" * (saving.QUICK // 8)
    (folder / "requirements.txt").write_text(big)
    assert one.carried() is None
    until(lambda: one.carried() is not None)
    assert one.carried()["requirements.txt"] == big


def test_git_is_asked_by_a_thread_and_counts_from_the_next_save_on(one, folder, environ):
    run = ["git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    for words in (
        ["init", "-q", "-b", "main"],
        ["add", "requirements.txt"],
        ["commit", "-q", "-m", "one"],
        ["remote", "add", "origin", "https://example.org/r.git"],
    ):
        subprocess.run([*run, *words], check=True, env=environ)
    here = threading.get_ident()
    first = one.carried()
    assert "git" not in first
    known = looking.known(folder / "a.ipynb", "a.ipynb", None, LocalShell(environ), brief=True)
    assert known["state"] == "ok"  # the sign does not wait for it
    until(lambda: "git" in one.carried(environment=first))
    assert [argv for thread, argv in one.shell.ran if thread == here] == []
    found = one.carried(environment=first)["git"]
    assert found["path"] == "https://example.org/r.git"


# ------------------------------------------------------------------ what a save may rely on


def test_the_cells_are_never_looked_at(one):
    metadata: dict[str, object] = {}
    model = {"type": "notebook", "content": {"cells": Cells(), "metadata": metadata}}
    one.keeper.hook(model=model, path="a.ipynb", contents_manager=one.manager)
    assert metadata["environment"]


def test_other_hooks_stay(folder, environ):
    called = []

    def theirs(**words):
        called.append(words["path"])

    desk = Desk(folder, environ)
    desk.manager.pre_save_hook = theirs
    desk.manager.register_pre_save_hook(theirs)
    saving.register(desk.keeper, desk.manager)
    saving.register(desk.keeper, desk.manager)
    assert desk.carried()
    assert called == ["a.ipynb", "a.ipynb"]
    assert desk.manager._pre_save_hooks.count(desk.keeper.hook) == 1
    assert desk.keeper.hook.__name__ == "keep_environment"


@pytest.mark.parametrize(
    "model",
    [
        None,
        {},
        {"type": "file", "content": "text"},
        {"type": "directory"},
        {"type": "notebook"},
        {"type": "notebook", "content": None},
        {"type": "notebook", "content": {"metadata": None}},
        {"type": "notebook", "content": {"metadata": []}},
        {"type": "notebook", "content": "text"},
    ],
)
def test_what_is_no_notebook_stays_as_it_is(one, model):
    before = repr(model)
    one.keeper.hook(model=model, path="a.ipynb", contents_manager=one.manager)
    assert repr(model) == before


@pytest.mark.parametrize("path", ["a.py", "a.md", "", "a.ipynb.txt", "\0.ipynb", "../../a.ipynb"])
def test_paths_that_are_no_notebooks(one, path):
    metadata: dict[str, object] = {}
    model = {"type": "notebook", "content": {"metadata": metadata}}
    one.keeper.hook(model=model, path=path, contents_manager=one.manager)
    assert metadata == {}


@pytest.mark.parametrize("manager", [None, object()])
def test_notebooks_that_are_no_files_are_left_alone(one, manager):
    metadata: dict[str, object] = {}
    model = {"type": "notebook", "content": {"metadata": metadata}}
    one.keeper.hook(model=model, path="a.ipynb", contents_manager=manager)
    saving.register(one.keeper, manager)
    assert metadata == {}


def test_a_part_that_raises_never_ends_a_save(folder, environ, caplog):
    class Broken(Watched):
        def mark(self, path):  # noqa: ARG002
            raise RecursionError("deep")

    desk = Desk(folder, environ)
    desk.keeper = saving.Keeper(Broken(environ), desk.log)
    saving.register(desk.keeper, desk.manager)
    desk.manager._pre_save_hooks = [desk.keeper.hook]
    for _ in range(3):
        assert desk.carried() is None
    assert [r.getMessage() for r in caplog.records if "envboot" in r.getMessage()] == [
        "envboot: a.ipynb: deep"
    ]


def test_a_home_that_cannot_be_written(folder, environ):
    home = Path(environ["HOME"])
    home.rmdir()
    home.write_text("not even root can write below a file\n")
    assert Desk(folder, environ).carried()["requirements.txt"] == "six==1.16.0\n"


# ------------------------------------------------------------------ jobs


def done(job):
    until(lambda: job.done)
    return job.result


def scripted(answer):
    return ScriptedShell(answers={Path(sys.executable).name: answer})


def as_json(**value):
    return json.dumps(value, indent=2)


def test_a_jobs_lines_and_its_result(tmp_path):
    said = as_json(
        outcome="created",
        exit_code=0,
        error=None,
        result={"kernel": "envboot-1", "environment": {"prefix": "/p"}, "error": None},
    )
    desk = recreating.Desk(scripted(f"> one\n{{\nodd\n{{\n  more\n> two\n{said}"))
    job = desk.start(tmp_path / "a.ipynb", ())
    assert done(job) == {
        "outcome": "created",
        "exit_code": 0,
        "message": "",
        "kernelspec": "envboot-1",
        "prefix": "/p",
        "hint": "",
    }
    assert job.lines == ["> one", "{", "odd", "{", "  more", "> two"]
    assert job.since(4) == {
        "lines": ["  more", "> two"],
        "seen": 6,
        "done": True,
        "result": job.result,
    }
    assert job.since(99)["lines"] == []
    assert desk.find(job.id) is job
    assert desk.of(tmp_path / "a.ipynb") is None


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(None, "python ended with status 3: no"), "no"),
        ("> half\n{\n  torn", "> half"),
        ("", ""),
    ],
)
def test_a_child_that_says_nothing_of_use(tmp_path, answer, message):
    job = recreating.Desk(scripted(answer)).start(tmp_path / "a.ipynb", ())
    found = done(job)
    assert message in found["message"]
    assert found["kernelspec"] == ""
    assert (found["outcome"] == "failed") == bool(found["exit_code"])


def test_a_very_long_story_is_cut_at_its_beginning(tmp_path):
    text = "\n".join(map(str, range(recreating.MOST + 5)))
    job = recreating.Desk(scripted(text)).start(tmp_path / "a.ipynb", ())
    done(job)
    assert len(job.lines) <= recreating.MOST
    found = job.since(recreating.MOST + 3)
    assert found["seen"] == recreating.MOST + 5
    assert found["lines"] == [str(recreating.MOST + 3), str(recreating.MOST + 4)]


class Held(ScriptedShell):
    """A computer whose programs run until they are halted."""

    def do(self, _argv, *, said=print, halt=None, **_words):
        said("> begun")
        end = time.monotonic() + SECONDS
        while not halt():
            assert time.monotonic() < end
            time.sleep(0.01)
        raise Interrupted("interrupted")


def test_one_at_a_time_for_each_notebook_and_the_servers_end(tmp_path):
    desk = recreating.Desk(Held())
    first = desk.start(tmp_path / "a.ipynb", ())
    with pytest.raises(recreating.Busy, match=r"a\.ipynb"):
        desk.start(tmp_path / "a.ipynb", ())
    second = desk.start(tmp_path / "b.ipynb", ())
    assert desk.of(tmp_path / "b.ipynb") is second
    first.halt.set()
    assert done(first)["outcome"] == "cancelled"
    third = desk.start(tmp_path / "a.ipynb", ())
    desk.close()
    assert [job.result["outcome"] for job in (second, third)] == ["cancelled", "cancelled"]


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_real_program_is_ended_from_beside_its_thread(shell, tmp_path):
    """It and what it started, although it says nothing and has ended its own output."""
    pids = tmp_path / "pids"
    code = (
        "import os, subprocess, sys, time; print('begun', flush=True);"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}'); time.sleep(600)"
    )

    lines: list[str] = []

    def written():  # and heard: what is in the pipe when a program is ended may be lost
        return lines and pids.exists() and len(pids.read_text().split()) == 2

    with pytest.raises(Interrupted):
        shell.do((sys.executable, "-c", code), said=lines.append, halt=written)
    assert lines == ["begun"]
    for pid in pids.read_text().split():
        until(lambda pid=pid: not psutil.pid_exists(int(pid)) or ended(int(pid)))


def ended(pid):
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_mark_is_another_one_when_a_file_was_changed(shell, tmp_path):
    path = tmp_path / "a"
    assert shell.mark(path) == shell.mark(tmp_path / "\0") == ()
    path.write_text("one")
    first = shell.mark(path)
    assert first == shell.mark(path) != ()
    path.write_text("three")
    assert shell.mark(path) != first
    scripted = ScriptedShell(files={"/a": "one"})
    first = scripted.mark(Path("/a"))
    scripted.write(Path("/a"), "two")
    assert scripted.mark(Path("/a")) != first
    assert scripted.mark(Path("/b")) == ()


def test_old_jobs_are_forgotten(tmp_path):
    desk = recreating.Desk(scripted("> done"))
    jobs = []
    for _ in range(recreating.KEPT + 5):
        jobs.append(desk.start(tmp_path / "a.ipynb", ()))
        done(jobs[-1])
    assert desk.find(jobs[0].id) is None
    assert desk.find(jobs[-1].id) is jobs[-1]


def test_scripts_run_for_exactly_what_was_seen():
    assert "--approve" not in recreating.flags("d" * 64, scripts=False, overwrite=False)
    assert recreating.flags("d" * 64, scripts=True, overwrite=True) == (
        *("--yes", "--json", "--approve", "d" * 64, "--overwrite"),
    )


# ------------------------------------------------------------------ the page


class Reader(html.parser.HTMLParser):
    """What a browser makes of a page: elements with their attributes, texts."""

    def __init__(self, text):
        super().__init__()
        self.elements = []
        self.texts = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]


EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{ 1 + 1 }}{% raw x %}&lt;</pre>"
KNOWN = {
    "path": EVIL,
    "state": "differs",
    "digest": EVIL,
    "carries": {
        "version": EVIL,
        "whose": EVIL,
        "files": [
            {"name": EVIL, "text": EVIL, "bytes": 1, "state": "differs", "warnings": [EVIL]},
            {"name": "setup.sh", "text": EVIL, "bytes": 1, "state": EVIL, "warnings": []},
        ],
        "container": EVIL,
        "git": {"path": EVIL, "commit": EVIL, "subdir": EVIL, "dirty": True},
        "machine": {EVIL: EVIL},
        "clouds": [{"env_name": EVIL}],
        "scripts": [EVIL],
        "beyond": [EVIL],
    },
    "differs": [{"path": EVIL, "state": EVIL, "diff": EVIL}],
    "kernel": {
        "id": EVIL,
        "name": EVIL,
        "display_name": EVIL,
        "interpreter": EVIL,
        "state": "differs",
        "packages": [{"name": EVIL, "wanted": EVIL, "found": EVIL, "state": EVIL}],
    },
    "needs": [{"need": EVIL, "wanted": EVIL, "have": EVIL, "verdict": EVIL, "evidence": EVIL}],
    "places": [
        {"name": EVIL, "title": EVIL, "url": EVIL, "why_not": EVIL, "command": EVIL},
        {"name": EVIL, "title": EVIL, "url": "", "why_not": "", "command": EVIL},
    ],
    "job": EVIL,
    "messages": [EVIL],
}


def test_every_text_of_a_stranger_is_text():
    found = Reader(page.render(KNOWN, base=EVIL, nonce="n0"))
    assert [a.get("nonce") for a in found.all("script")] == ["n0"]
    assert found.all("img") == []
    names = {name for tag, attrs in found.elements for name in attrs}
    assert not {name for name in names if name.startswith("on")}
    body = found.all("body")[0]
    assert body["data-path"] == body["data-base"] == body["data-digest"] == EVIL
    assert {a["href"] for a in found.all("a")} == {EVIL}
    assert all("noopener" in a["rel"] for a in found.all("a"))
    assert found.texts.count(EVIL) >= 20


def test_the_pages_policy():
    rules = dict(rule.split(" ", 1) for rule in page.policy("n0").split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'nonce-n0'"
    assert rules["frame-ancestors"] == "'self'"
    assert page.nonce() != page.nonce()


@pytest.mark.parametrize("state", ["ok", "differs", "nothing", "foreign", "opted-out", "error"])
def test_each_state_has_its_page(state):
    empty = {**KNOWN, "state": state, "carries": None, "digest": "", "kernel": None, "job": None}
    lists: dict[str, list[str]] = {k: [] for k in ("differs", "needs", "places", "messages")}
    found = Reader(page.render({**empty, **lists}, base="/", nonce="n0"))
    assert found.all("body")[0]["data-state"] == state
    assert [a for a in found.all("button") if a["id"] == "do-recreate"] == []
