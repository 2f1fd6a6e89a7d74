"""The whole of a preflight against a package index on loopback; uv is a small program here."""

from __future__ import annotations

import contextlib
import functools
import http.server
import json
import os
import shutil
import threading
from pathlib import Path

import jsonschema
import pytest

from envboot.cli.flags import parser
from envboot.errors import AnswerNeeded, InvalidFile, NothingFound, UsageError
from envboot.preflight import preflight
from envboot.request import Request
from envboot.result import to_json
from envboot.shell.local import LocalShell
from envboot.testing import ScriptedConsole
from tests.pages import ROOT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="uv is a shell script here")
SCHEMA = json.loads((ROOT / "docs/reference/preflight.schema.json").read_text(encoding="utf-8"))
REPOS = sorted(p.name for p in (ROOT / "tests" / "repos").iterdir() if p.is_dir())

UV = """\
#!/bin/sh
[ "$1" = --version ] && echo "uv $UV_SAYS" && exit
printf '%s\\n' "$*" >> "$KEPT/argv"
cat requirements.txt >> "$KEPT/requirements"
[ -f constraints.txt ] && cat constraints.txt > "$KEPT/limits"
[ -f excludes.txt ] && cat excludes.txt > "$KEPT/excluded"
[ -f "$KEPT/fails" ] && ! [ -f excludes.txt ] && cat "$KEPT/fails" >&2 && exit 1
cp "$KEPT/answer" pylock.toml
"""
LOCK = """\
lock-version = "1.0"
[[packages]]
name = "plain"
version = "1.0"
wheels = [{ url = "https://files.example.org/plain-1.0-py3-none-any.whl", size = 1000000 }]
"""
FILES = {
    "plain": ["plain-1.0-py3-none-any.whl", "plain-1.0.tar.gz"],
    "native": [
        "native-1.0-cp311-cp311-manylinux_2_17_x86_64.whl",
        "native-1.0-cp311-cp311-macosx_11_0_arm64.whl",
        "native-2.0-cp311-cp311-manylinux_2_17_x86_64.whl",
        "native-2.0-cp311-cp311-win_amd64.whl",
    ],
    "two-words.of": ["two_words_of-1.0-py3-none-any.whl", "two.words-of-0.9.tar.gz"],
    "sources": ["sources-1.0.tar.gz"],
    "torch": ["torch-2.0.0-cp311-cp311-manylinux_2_17_x86_64.whl"],
    "hostile": [
        "hostile-1.0-py3-none-any.whl\x1b[2J",
        "hostile-$(id)-py3-none-any.whl",
        "../../hostile-1.0-py3-none-any.whl",
        "hostile-1.0-" + "x" * 5000 + "-none-any.whl",
        "other-1.0-py3-none-any.whl",
    ],
}


class Pages(http.server.SimpleHTTPRequestHandler):
    """The pages of an index; what is asked is kept."""

    def do_GET(self):
        self.server.asked.append(self.path)
        if self.server.status != 200:
            self.send_error(self.server.status)
            return
        super().do_GET()

    def log_message(self, *_words):
        """Say nothing."""


@pytest.fixture
def index(tmp_path):
    """Serve the names of :data:`FILES` on loopback."""
    for name, files in FILES.items():
        page = tmp_path / "index" / "simple" / name / "index.html"
        page.parent.mkdir(parents=True)
        rows = "".join(f'<a href="/files/{f}" data-requires-python="">{f}</a>\n' for f in files)
        page.write_text(rows, encoding="utf-8")
    serve = functools.partial(Pages, directory=str(tmp_path / "index"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve)
    server.asked, server.status, server.folder = [], 200, tmp_path / "index"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def kept(tmp_path):
    folder = tmp_path / "kept"
    folder.mkdir()
    (folder / "answer").write_text(LOCK)
    return folder


@pytest.fixture
def shell(tmp_path, child_environ, index, kept):
    """Return a computer with that uv, whose pip is configured with that index."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "uv").write_text(UV)
    (programs / "uv").chmod(0o755)
    return LocalShell(
        {
            **child_environ,
            "PATH": f"{programs}{os.pathsep}{child_environ['PATH']}",
            "KEPT": str(kept),
            "UV_SAYS": "0.13.8",
            "PIP_CONFIG_FILE": "/dev/null",
            "PIP_INDEX_URL": f"http://127.0.0.1:{index.server_port}/simple",
        }
    )


@pytest.fixture
def root(tmp_path):
    (tmp_path / "repo").mkdir()
    return tmp_path / "repo"


def judged(root, shell, *words, answers=(), **files):
    """Write the files and run the command; return what came of it and what was said."""
    for name, text in files.items():
        (root / name.replace("_", ".")).write_text(text, encoding="utf-8")
    options = parser("envboot").parse_args(["preflight", *words])
    request = Request(root, yes=options.yes, dry_run=options.dry_run, offline=options.offline)
    console = ScriptedConsole(*answers)
    found = preflight(options, request, shell, console)
    told = json.loads(to_json(found))
    jsonschema.validate(told, SCHEMA)
    return found, console


def shown(console):
    return "\n".join(console.shown)


# ----------------------------------------------------------------------------- the matrix


def test_one_repository_on_three_platforms(root, shell, kept):
    found, console = judged(
        root,
        shell,
        *("--for", "linux-64,osx-arm64,win-64", "--python", "3.11"),
        requirements_txt="plain\nnative==1.0\n",
    )
    assert [(r.target, r.verdict) for r in found.targets] == [
        ("linux-64", "pass"),
        ("osx-arm64", "pass"),
        ("win-64", "fail"),
    ]
    assert (found.outcome, found.exit_code) == ("falls-short", 6)
    (line,) = [row for row in shown(console).splitlines() if "requirements.txt" in row]
    assert line.endswith(
        "requirements.txt:2: native==1.0: there is no wheel for win-64 with Python 3.11; "
        "write `native==2.0` (win-64)"
    )
    asked = (kept / "argv").read_text().splitlines()
    assert ["--python-platform " + p in row for row, p in zip(asked, (
        "x86_64-manylinux_2_28", "aarch64-apple-darwin", "x86_64-pc-windows-msvc"
    ))] == [True] * 3  # fmt: skip
    assert all("--only-binary :all:" in row for row in asked), "nothing of a package runs"
    assert console.questions == [], "nothing had to be fetched"


def test_what_passes_everywhere_ends_with_0(root, shell):
    found, console = judged(root, shell, "--for", "cpu,win-64", requirements_txt="plain\n")
    assert (found.outcome, found.exit_code) == ("passes", 0)
    assert "1 package" in shown(console)
    assert found.targets[0].cell("disk").text.startswith("about ")


@pytest.mark.parametrize("name", ["two-words.of", "Two_Words-of", "two.words.of[x]==0.9"])
def test_a_name_may_be_spelt_in_several_ways(name, root, shell, index):
    (Path(index.folder) / "simple" / "two-words.of").rename(
        Path(index.folder) / "simple" / "two-words-of"
    )
    found, _ = judged(root, shell, "--for", "cpu", requirements_txt=f"{name}\n")
    verdict = "warn" if "==" in name else "pass"
    assert found.targets[0].cell("pip").verdict == verdict


def test_targets_that_are_one_platform_are_resolved_once(root, shell, kept):
    judged(root, shell, "--for", "cpu,cuda118,codespaces-2core", requirements_txt="plain\n")
    assert len((kept / "argv").read_text().splitlines()) == 1


def test_each_python_has_a_row(root, shell):
    words = ("--for", "linux-64", "--python", "3.11", "--python", "3.12")
    found, _ = judged(root, shell, *words, requirements_txt="native\n")
    assert [(r.label, r.verdict) for r in found.targets] == [
        ("linux-64, Python 3.11", "pass"),
        ("linux-64, Python 3.12", "fail"),
    ]
    assert found.targets[1].cell("pip").findings[0].hint == "take Python 3.11"


def test_only_sources_have_to_be_built_there(root, shell, kept):
    found, _ = judged(root, shell, "--for", "win-64", requirements_txt="sources\nplain\n")
    (finding,) = found.targets[0].cell("pip").findings
    assert (finding.verdict, finding.at) == ("warn", "requirements.txt:1")
    assert found.exit_code == 0
    assert (kept / "excluded").read_text() == "sources\n", "uv is not asked about it"


def test_sources_that_a_package_brings_along(root, shell, kept):
    (kept / "fails").write_text(
        "error: No solution found when resolving dependencies\n  cause: Because x\n\n"
        "hint: Wheels are required for `sources` because building is disabled\n"
    )
    found, _ = judged(root, shell, "--for", "win-64", requirements_txt="plain\n")
    (finding,) = found.targets[0].cell("pip").findings
    assert finding.verdict == "warn"
    assert "sources, which is brought along" in finding.text
    assert (kept / "excluded").read_text() == "sources\n"


def test_a_conflict_is_one_line_with_the_nearest(root, shell, kept):
    (kept / "fails").write_text(
        "error: No solution found when resolving dependencies\n"
        "  cause: Because plain==1.0 depends on native>=2 and you require plain, we can conclude "
        "that you require native>=2.\n"
        "         And because you require native==1.0, we can conclude that your requirements are "
        "unsatisfiable.\n"
    )
    files = {"requirements_txt": "native==1.0\nplain\n"}
    found, _ = judged(root, shell, "--for", "linux-64", "--python", "3.11", **files)
    (finding,) = found.targets[0].cell("pip").findings
    assert (finding.verdict, finding.at, finding.spec) == (
        "fail",
        "requirements.txt:1",
        "native==1.0",
    )
    assert finding.nearest == "native==2.0"
    assert "plain==1.0 needs native>=2" in finding.text


def test_a_local_version_label(root, shell):
    found, _ = judged(root, shell, "--for", "cuda118", requirements_txt="torch==2.0.0+cu117\n")
    (finding,) = found.targets[0].cell("pip").findings
    assert finding.nearest == "torch==2.0.0"
    assert "--extra-index-url https://download.pytorch.org/whl/cu117" in finding.hint


def test_options_and_constraints_reach_the_index_and_uv(root, shell, index, kept):
    extra = f"http://ann:secret-word@127.0.0.1:{index.server_port}/more"
    text = f"--extra-index-url {extra}\n-c limits.txt\nplain\nnowhere\n"
    (root / "limits.txt").write_text("plain<2\n")
    found, console = judged(root, shell, "--for", "win-64", requirements_txt=text)
    assert "/more/plain/" in index.asked
    assert "/simple/plain/" in index.asked
    assert "--constraints constraints.txt" in (kept / "argv").read_text()
    said = to_json(found) + shown(console) + "".join(console.said + console.warned + console.lines)
    assert "secret-word" not in said
    assert "secret-word" not in (kept / "argv").read_text()


def test_folders_and_addresses(root, shell):
    text = "-e .\nplain\ngit+https://example.org/x.git\n"
    found, _ = judged(root, shell, "--for", "win-64", requirements_txt=text)
    (finding,) = found.targets[0].cell("pip").findings
    assert (finding.verdict, finding.at) == ("unknown", "requirements.txt:3")
    assert (found.outcome, found.exit_code) == ("unknown", 0)


def test_no_address_of_a_constraint_is_followed(root, shell, kept):
    (root / "limits.txt").write_text("plain @ git+https://example.org/x.git\nnative<2\n")
    text = "-c limits.txt\nplain\n"
    judged(root, shell, "--for", "win-64", requirements_txt=text)
    assert (kept / "limits").read_text() == "native<2\n"


# ----------------------------------------------------------------------- what goes wrong


def test_an_index_that_is_ill_makes_no_failure(root, shell, index):
    index.status = 500
    found, _ = judged(root, shell, "--for", "win-64", requirements_txt="plain\n")
    (finding,) = found.targets[0].cell("pip").findings
    assert finding.verdict == "unknown"
    assert "500" in finding.text
    assert found.exit_code == 0


def test_a_hostile_page_is_believed_in_nothing(root, shell):
    found, console = judged(root, shell, "--for", "win-64", requirements_txt="hostile\n")
    assert found.targets[0].verdict in {"pass", "fail", "warn"}
    assert "\x1b" not in shown(console)
    assert "$(id)" not in shown(console)


def test_hostile_lines_reach_no_terminal(root, shell):
    text = "plain==1.0; python_version >= '3'  # \x1b]0;x\n"
    with contextlib.suppress(InvalidFile):
        _, console = judged(root, shell, "--for", "win-64", requirements_txt=text)
        assert "\x1b" not in shown(console)


def test_nothing_is_left_behind(root, shell, kept):
    judged(root, shell, "--for", "win-64", requirements_txt="plain\n")
    (kept / "answer").write_text("not = toml [")
    found, _ = judged(root, shell, "--for", "win-64")
    assert found.targets[0].verdict == "unknown"
    assert sorted(p.name for p in root.iterdir()) == ["requirements.txt"]
    cache = Path(shell.environ["HOME"]) / ".cache" / "envboot"
    assert not list(cache.glob("preflight-*"))


def test_without_a_home_it_is_written_beside_the_repositorys_own(root, shell):
    shell.home = None
    found, _ = judged(root, shell, "--for", "win-64", requirements_txt="plain\n")
    assert found.exit_code == 0
    assert not list(root.glob(".envboot/*"))


def test_an_unknown_target_is_said_before_anything_is_asked(root, shell, index):
    with pytest.raises(UsageError, match="no target `wni-64`"):
        judged(root, shell, "--for", "wni-64", requirements_txt="plain\n")
    assert index.asked == []


# --------------------------------------------------------------------- consent, and flags


@pytest.fixture
def without_uv(shell):
    """Return the computer with a uv that is too old, so that one has to be fetched."""
    return LocalShell({**shell.environ, "UV_SAYS": "0.1.0"})


def test_what_has_to_be_fetched_is_asked_first(root, without_uv, index):
    with pytest.raises(AnswerNeeded) as caught:
        judged(root, without_uv, "--for", "win-64", requirements_txt="plain\n")
    assert "--yes" in caught.value.hint
    assert "uv 0." in caught.value.message
    assert index.asked == [], "nothing is asked before the yes"


def test_a_no_gives_the_answer_without_the_tool(root, without_uv):
    files = {"requirements_txt": "plain\nnative==1.0\n"}
    words = ("--for", "win-64", "--python", "3.11")
    found, console = judged(root, without_uv, *words, answers=("no",), **files)
    assert len(console.questions) == 1
    said = [(f.verdict, f.at) for f in found.targets[0].cell("pip").findings]
    assert ("fail", "requirements.txt:2") in said, "each line is judged all the same"
    assert "was not fetched" in " ".join(found.notices)


def test_a_dry_run_asks_and_writes_nothing(root, without_uv, index):
    home = Path(without_uv.environ["HOME"])
    before = sorted(home.rglob("*"))
    words = ("--for", "win-64", "--dry-run", "--badge", str(root / "badge.json"))
    found, console = judged(root, without_uv, *words, requirements_txt="plain\n")
    assert found.outcome == "planned"
    assert any("uv" in row for row in found.plan)
    assert any("package index" in row for row in console.said)
    assert index.asked == []
    assert sorted(home.rglob("*")) == before
    assert not (root / "badge.json").exists()


def test_offline_asks_no_server(root, without_uv, index, shell):
    found, _ = judged(root, shell, "--for", "win-64", "--offline", requirements_txt="plain\n")
    assert index.asked == []
    assert found.outcome == "unknown"
    found, console = judged(root, without_uv, "--for", "win-64", "--offline")
    assert console.questions == [], "there is nothing that could be fetched"
    assert found.notices


def test_offline_takes_a_folder_of_wheels(root, shell, tmp_path):
    (tmp_path / "wheels").mkdir()
    for name in FILES["native"]:
        (tmp_path / "wheels" / name).write_bytes(b"")
    shell = LocalShell({**shell.environ, "PIP_FIND_LINKS": str(tmp_path / "wheels")})
    words = ("--offline", "--for", "linux-64,win-64", "--python", "3.11")
    found, _ = judged(root, shell, *words, requirements_txt="native==1.0\n")
    assert [r.verdict for r in found.targets] == ["pass", "fail"]


def test_the_badge(root, shell, tmp_path):
    badge = tmp_path / "out" / "badge.json"
    words = ("--for", "cpu,win-64", "--badge", str(badge))
    judged(root, shell, *words, requirements_txt="plain\n")
    told = json.loads(badge.read_text())
    assert told["message"] == "cpu, win-64"
    assert told["color"] == "brightgreen"


def test_with_json_nothing_else_is_printed(root, shell):
    _, console = judged(root, shell, "--for", "cpu", "--json", requirements_txt="plain\n")
    assert console.shown == []


# ------------------------------------------------------------------- every kind of repository


@pytest.mark.parametrize("name", REPOS)
def test_every_kind_of_repository_is_judged_or_refused_with_a_sentence(name, tmp_path, shell):
    root = tmp_path / name
    shutil.copytree(ROOT / "tests" / "repos" / name, root, symlinks=True)
    try:
        found, console = judged(root, shell, "--for", "win-64,here", "--offline")
    except (NothingFound, InvalidFile, UsageError):
        return
    assert len(found.targets) == 2
    assert console.questions == []
    assert shown(console)
