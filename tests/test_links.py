"""Links to notebook services: right addresses, what closes a service, and the first cell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest

from envboot import bootstrap, survey
from envboot.errors import EnvbootError, UsageError
from envboot.git import Published
from envboot.launchers import link
from envboot.launchers.link import cell, services
from envboot.launching import Launched, Wish, launch
from envboot.machine import Machine
from envboot.plan import Open
from envboot.request import Request
from envboot.shell.local import LocalShell
from envboot.site import Order, Site
from envboot.spec import Dependency, EnvironmentSpec, Origin
from envboot.testing import ScriptedConsole
from tests.conftest import REPOSITORY
from tests.test_git import CONFIG, Repository

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SEEN = Published(
    "https://github.com/ann/sunspots.git", "github.com", "ann", "sunspots", "main", COMMIT
)
ODD = "my notebooks/größe 100% #1?.ipynb"
HUB = "https://github.com/ann/sunspots"
RAW = f"download_url=https%3A%2F%2Fraw.githubusercontent.com%2Fann%2Fsunspots%2F{COMMIT}%2Fnb.ipynb"
SPEC = EnvironmentSpec("sunspots")


def address(name: str, seen: Published = SEEN, notebook: str = "nb.ipynb") -> str:
    return next(s for s in services.ALL if s.name == name).address(seen, notebook)


# ------------------------------------------------------------------------------ addresses


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("binder", f"https://mybinder.org/v2/gh/ann/sunspots/{COMMIT}?labpath=nb.ipynb"),
        (
            "colab",
            f"https://colab.research.google.com/github/ann/sunspots/blob/{COMMIT}/nb.ipynb",
        ),
        (
            "kaggle",
            f"https://kaggle.com/kernels/welcome?src={quote(f'{HUB}/blob/{COMMIT}/nb.ipynb', '')}",
        ),
        (
            "studio-lab",
            f"https://studiolab.sagemaker.aws/import/github/ann/sunspots/blob/{COMMIT}/nb.ipynb",
        ),
        (
            "vertex",
            f"https://console.cloud.google.com/vertex-ai/workbench/deploy-notebook?{RAW}",
        ),
    ],
)
def test_the_address_of_a_notebook(name: str, expected: str) -> None:
    assert address(name) == expected


def test_binder_opens_the_repository_without_a_notebook() -> None:
    assert address("binder", notebook="") == f"https://mybinder.org/v2/gh/ann/sunspots/{COMMIT}"


def test_binder_takes_gitlab_and_any_https_address() -> None:
    lab = Published("https://gitlab.com/a/b/c/d.git", "gitlab.com", "a/b/c", "d", "main", COMMIT)
    assert address("binder", lab, "") == f"https://mybinder.org/v2/gl/a%2Fb%2Fc%2Fd/{COMMIT}"
    own = Published("https://git.example.org/o/r.git", "git.example.org", "o", "r", "main", COMMIT)
    assert address("binder", own, "") == (
        f"https://mybinder.org/v2/git/https%3A%2F%2Fgit.example.org%2Fo%2Fr.git/{COMMIT}"
    )


@pytest.mark.parametrize("name", services.NAMES)
def test_an_odd_path_comes_back_as_it_was(name: str) -> None:
    parts = urlsplit(address(name, notebook=ODD))
    assert parts.fragment == ""
    assert parts.geturl().isascii()
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    if name == "binder":
        assert query == {"labpath": ODD}
    elif name in {"kaggle", "vertex"}:
        (inner,) = query.values()
        assert unquote(urlsplit(inner).path).endswith(f"/{COMMIT}/{ODD}")
        assert urlsplit(inner).query == ""
    else:
        assert query == {}
        assert unquote(parts.path).endswith(f"/blob/{COMMIT}/{ODD}")


# ------------------------------------------------------------------------------ the member


@pytest.fixture
def repository(tmp_path: Path, environ: dict[str, str]) -> Repository:
    """Return a packed repository with notebooks, all of which was pushed to GitHub."""
    Path(environ["HOME"], ".gitconfig").write_text(CONFIG, encoding="utf-8")
    made = Repository(tmp_path / "a répository", environ)
    made.git("init", "--quiet")
    made.begin(
        **{
            "setup.py": "# >>> envboot >>>\n",
            ".envboot/envboot.pyz": "zip\n",
            "b.ipynb": "{}\n",
            "a/first.ipynb": "{}\n",
            ".ipynb_checkpoints/a.ipynb": "{}\n",
        }
    )
    pushed(made)
    return made


def pushed(repository: Repository, url: str = "git@github.com:ann/sunspots.git") -> None:
    """Let git know that all is there, without a network."""
    repository.git("config", "remote.origin.url", url)
    repository.git("config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
    repository.git("update-ref", "refs/remotes/origin/main", "HEAD")


def site(repository: Repository, folder: str = ".", **order: object) -> Site:
    root = repository.root / folder
    machine = Machine("Linux", "x86_64", 4, "3.11.7")
    options = tuple(sorted(order.pop("options", {}).items()))  # type: ignore[attr-defined]
    asked = Order("sunspots-7f3a", options=options, **order)  # type: ignore[arg-type]
    shell = repository.shell
    return Site(root, "sunspots", root / ".venv", machine, shell, order=asked)


def test_every_service_is_offered_and_says_what_it_cannot_do(repository: Repository) -> None:
    here = site(repository)
    assert link.why_not(SPEC, here) is None
    found = {offer.name: offer for offer in link.offers(SPEC, here)}
    assert tuple(found) == services.NAMES
    assert {offer.closed for offer in found.values()} == {""}
    assert "no GPU" in found["binder"].title
    assert "1 to 2 GB" in found["binder"].title
    assert all("one notebook" in found[n].title for n in services.NAMES if n != "binder")
    assert found["vertex"].price.startswith("see https://")
    assert found["binder"].machine == Machine("Linux", "x86_64", 1, "", memory=2 * 10**9, gpus=())


def test_only_the_service_that_is_named_is_offered(repository: Repository) -> None:
    assert [o.name for o in link.offers(SPEC, site(repository, where="Colab"))] == ["colab"]
    with pytest.raises(UsageError, match="there is no service colabb") as caught:
        link.offers(SPEC, site(repository, where="colabb"))
    assert caught.value.hint == "did you mean `colab`?"


def test_the_first_notebook_is_opened_or_the_one_that_is_asked_for(repository: Repository) -> None:
    opened = link.plan(SPEC, site(repository, size="colab")).steps
    assert isinstance(opened[0], Open)
    assert opened[0].url.endswith("/b.ipynb")
    for given in ("a/first.ipynb", "./a/../a/first.ipynb", str(repository.root / "a/first.ipynb")):
        here = site(repository, size="colab", options={"notebook": given})
        (step,) = link.plan(SPEC, here).steps
        assert isinstance(step, Open)
        assert step.url.endswith("/a/first.ipynb")


@pytest.mark.parametrize(
    "given", ["no.ipynb", "../b.ipynb", "/etc/passwd", "first.txt", "a\n.ipynb"]
)
def test_a_notebook_that_was_not_pushed(repository: Repository, given: str) -> None:
    repository.write("no.ipynb")
    here = site(repository, options={"notebook": given})
    with pytest.raises(UsageError, match="is not a notebook that was pushed") as caught:
        link.offers(SPEC, here)
    assert caught.value.hint == "notebooks there: b.ipynb, a/first.ipynb"
    assert "\n" not in caught.value.message


def test_what_is_pushed_counts_not_what_is_here(repository: Repository) -> None:
    before = repository.git("rev-parse", "HEAD").strip()
    repository.git("rm", "--quiet", "b.ipynb")
    repository.git("commit", "--quiet", "-m", "without")
    (step,) = link.plan(SPEC, site(repository, size="studio-lab")).steps
    assert isinstance(step, Open)
    assert step.url.endswith(f"/{before}/b.ipynb")


def test_a_repository_without_notebooks(repository: Repository) -> None:
    repository.git("rm", "--quiet", "-r", "b.ipynb", "a", ".ipynb_checkpoints")
    repository.git("commit", "--quiet", "-m", "without")
    pushed(repository)
    closed = {o.name: o.closed for o in link.offers(SPEC, site(repository))}
    assert closed.pop("binder") == ""
    assert set(closed.values()) == {"it opens a notebook, and none was pushed"}
    (step,) = link.plan(SPEC, site(repository, size="binder")).steps
    assert isinstance(step, Open)
    assert "?" not in step.url
    with pytest.raises(EnvbootError, match="colab: it opens a notebook, and none was pushed"):
        link.plan(SPEC, site(repository, size="colab"))


def test_a_repository_that_is_not_packed(repository: Repository) -> None:
    repository.git("rm", "--quiet", "--cached", "setup.py")
    repository.git("commit", "--quiet", "-m", "without")
    pushed(repository)
    closed = {o.name: o.closed for o in link.offers(SPEC, site(repository))}
    assert closed["binder"] == ""
    assert closed["colab"] == "not pushed, and its first cell needs it: setup.py"
    (repository.root / "setup.py").unlink()
    closed = {o.name: o.closed for o in link.offers(SPEC, site(repository))}
    assert "not packed" in closed["colab"]


def test_a_repository_elsewhere_than_on_github(repository: Repository) -> None:
    pushed(repository, "https://ann:secret-token@gitlab.com/a/b/c.git")
    here = site(repository)
    closed = {o.name: o.closed for o in link.offers(SPEC, here)}
    assert closed["binder"] == ""
    assert closed["kaggle"] == "it opens notebooks on GitHub alone, and this is on gitlab.com"
    assert "secret" not in repr(link.plan(SPEC, replace(here, order=Order("x", size="binder"))))


def test_a_folder_of_a_bigger_repository(repository: Repository) -> None:
    for name in ("setup.py", ".envboot/envboot.pyz", "c.ipynb"):
        repository.write(f"part of/it/{name}", "# >>> envboot >>>\n")
    repository.git("add", "--all")
    repository.git("commit", "--quiet", "-m", "part")
    pushed(repository)
    here = site(repository, "part of/it", size="colab", options={"notebook": "c.ipynb"})
    made = link.plan(SPEC, here)
    assert isinstance(made.steps[0], Open)
    assert made.steps[0].url.endswith("/part%20of/it/c.ipynb")
    assert "os.chdir('part of/it')" in made.paste
    closed = {o.name: o.closed for o in link.offers(SPEC, here)}
    assert closed["binder"] == "Binder builds from files at the top, and these are in part of/it"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("../elsewhere.git", "and origin is ../elsewhere.git"),
        ("git@git.example.org:o/r.git", "and origin is git@git.example.org:o/r.git"),
        ("http://git.example.org/o/r.git", "these services open https addresses"),
    ],
)
def test_what_no_service_can_read(repository: Repository, url: str, said: str) -> None:
    pushed(repository, url)
    assert said in (link.why_not(SPEC, site(repository)) or "")


def test_nothing_to_open(repository: Repository, tmp_path: Path) -> None:
    here = site(repository)
    assert link.why_not(SPEC, replace(here, offline=True)) == "a link needs the network"
    repository.git("update-ref", "-d", "refs/remotes/origin/main")
    assert link.why_not(SPEC, here) is None  # the driver offers to push
    with pytest.raises(EnvbootError, match="nothing of this repository was pushed"):
        link.offers(SPEC, here)
    repository.git("remote", "remove", "origin")
    assert "there is no remote" in (link.why_not(SPEC, here) or "")
    empty = LocalShell({"PATH": str(tmp_path)})
    assert "there is no remote" in (link.why_not(SPEC, replace(here, shell=empty)) or "")


@pytest.mark.parametrize("order", [{"command": ("python", "train.py")}, {"then": "shell"}])
def test_what_a_link_cannot_do(repository: Repository, order: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="a link cannot"):
        link.plan(SPEC, site(repository, **order))


def test_looking_writes_nothing(repository: Repository) -> None:
    before = repository.git("status", "--porcelain", "--ignored", "-z")
    link.plan(SPEC, site(repository, size="kaggle"))
    assert repository.git("status", "--porcelain", "--ignored", "-z") == before


# ------------------------------------------------------------------------------ the cell


def test_the_cell_is_told_where_one_notebook_is_opened(repository: Repository) -> None:
    for name in services.NAMES:
        made = link.plan(SPEC, site(repository, size=name))
        assert bool(made.paste) == ("A first cell" in made.told) == (name != "binder")
        assert "it has to be public" in made.told
    conda = EnvironmentSpec(dependencies=(Dependency("gdal", "gdal", "conda", Origin("x", 1)),))
    here = site(repository, size="colab")
    assert "setup.py --yes --engine uv\n" in link.plan(SPEC, here).paste
    assert "setup.py --yes\n" in link.plan(conda, here).paste
    assert "--engine uv\n" in link.plan(replace(conda, twin="requirements.txt"), here).paste


@pytest.mark.parametrize("folder", ["", "part of/it", "{sys}/$HOME", "it's/\\n"])
@pytest.mark.parametrize("name", ["sunspots", "-rf", "a b{c}$(d)", "", "größe"])
def test_the_cell_is_python_with_lines_for_the_shell(folder: str, name: str) -> None:
    """It is run for real in ``tests/real/test_export_real.py``."""
    url = f"https://github.com/ann/{name or 'x'}.git".replace(" ", "%20")
    seen = replace(SEEN, name=name, folder=folder, url=url)
    text = cell.first(seen, engine="uv")
    rows = [re.sub(r"!.*", "pass", r) if r.lstrip()[:1] == "!" else r for r in text.splitlines()]
    compile("\n".join(rows), "cell", "exec")
    lines = [row.strip() for row in text.splitlines() if row.lstrip().startswith("!")]
    assert len(lines) == 3
    assert COMMIT in lines[1]
    word = lines[0].rsplit(" ", 1)[1]
    assert not word.startswith("-")
    assert word.isascii()


# ------------------------------------------------------------------------------ the story


class Reader(LocalShell):
    """This computer, with a browser that only notes what it is shown."""

    def __init__(self, environ: dict[str, str]) -> None:
        super().__init__(environ)
        self.opened: list[str] = []

    def open(self, url: str) -> None:
        self.opened.append(url)


def go(
    repository: Repository, wish: Wish, *answers: str, **request: bool
) -> tuple[Launched, ScriptedConsole, list[str]]:
    shell, console = Reader(repository.environ), ScriptedConsole(*answers)
    asked = Request(repository.root, **request)  # type: ignore[arg-type]
    assessment = survey.assess(asked, survey.locate(asked, shell), shell)
    return launch(wish, asked, assessment, shell, console), console, shell.opened


def test_from_the_question_to_the_browser(repository: Repository) -> None:
    repository.write("requirements.txt", "six\n")
    repository.git("add", "--all")
    repository.git("commit", "--quiet", "-m", "six")
    pushed(repository)
    done, console, opened = go(repository, Wish("link"), "colab", "yes")
    assert (done.outcome, done.exit_code, done.size) == ("launched", 0, "colab")
    assert [done.link] == opened
    assert opened[0].startswith("https://colab.research.google.com/github/ann/sunspots/blob/")
    assert f"or open this link: {opened[0]}" in console.said
    (handed,) = console.warned
    assert handed.endswith(done.paste)
    assert "\n!git fetch" in done.paste


def test_a_no_a_dry_run_and_no_browser_open_nothing(repository: Repository) -> None:
    repository.write("requirements.txt", "six\n")
    repository.git("add", "--all")
    repository.git("commit", "--quiet", "-m", "six")
    pushed(repository)
    done, _console, opened = go(repository, Wish("link", "kaggle"), "no")
    assert (done.outcome, opened) == ("planned", [])
    done, console, opened = go(repository, Wish("link", "kaggle"), dry_run=True)
    assert (done.outcome, opened) == ("planned", [])
    assert done.paste in console.warned[0]
    done, console, opened = go(repository, Wish("link", "kaggle", browse=False), yes=True)
    assert (done.outcome, opened) == ("launched", [])
    assert f"open this link: {done.link}" in console.said


def test_a_need_that_binder_cannot_meet_is_named(repository: Repository) -> None:
    repository.write("requirements.txt", "six\n")
    repository.write("setup.cfg", "[envboot:needs]\nmemory = 8 GB\ngpu = 1\n")
    repository.git("add", "--all")
    repository.git("commit", "--quiet", "-m", "six")
    pushed(repository)
    done, _console, _opened = go(repository, Wish("link"), dry_run=True)
    closed = {row["name"]: row["closed"] for row in done.offers}
    assert closed["binder"].startswith("too small: memory: 1.9 GiB; 8 GB needed, short by ")
    assert "gpu: none" in closed["binder"]
    assert closed["kaggle"] == closed["colab"] == ""
    assert done.size != "binder"


def test_a_machine_that_falls_short_leads_to_a_link(repository: Repository) -> None:
    repository.write("requirements.txt", "six\n")
    repository.write("setup.cfg", "[envboot:needs]\nmemory = 900 TB\n")
    repository.git("add", "--all")
    repository.git("commit", "--quiet", "-m", "six")
    pushed(repository)
    shell, console = Reader(repository.environ), ScriptedConsole()
    asked = Request(repository.root, yes=True, launch="link:colab")
    done = bootstrap.up(asked, shell, console)
    assert (done.outcome, done.exit_code) == ("launched", 0)
    assert [row["need"] for row in done.shortfalls] == ["memory"]
    assert shell.opened[0].startswith("https://colab.research.google.com/github/ann/sunspots/")
    assert any("!git fetch" in text for text in console.warned)
    assert not (repository.root / ".venv").exists()


@pytest.mark.skipif(os.name == "nt", reason="there is no such browser on Windows")
def test_a_browser_of_terminals_is_not_started(tmp_path: Path, environ: dict[str, str]) -> None:
    """It would take the terminal, and what it shows would stand in the middle of JSON."""
    trace, program = tmp_path / "ran", tmp_path / "www-browser"
    program.write_text(f"#!/bin/sh\n: > '{trace}'\n", encoding="utf-8")
    program.chmod(0o755)
    code = (
        "from envboot.shell.local import LocalShell; LocalShell().open('https://example.org');"
        "import webbrowser; print(webbrowser.get().name)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**environ, "PATH": str(tmp_path), "PYTHONPATH": str(REPOSITORY), "TERM": "dumb"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "www-browser\n"
    assert not trace.exists()
