"""GitHub Codespaces: what is said, planned and looked at; GitHub itself is met in ``real/``."""

from __future__ import annotations

import contextlib
import http.server
import json
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envboot import plan as plans
from envboot.errors import CommandFailed, EnvbootError, FallsShort, NothingFound, UsageError
from envboot.jobs import Job
from envboot.launchers import codespaces
from envboot.launchers.codespaces import github, ordering, sentences, service, signing_in, there
from envboot.launchers.codespaces.service import Wanted
from envboot.launching import telling
from envboot.machine import Machine
from envboot.plan import Open, Run
from envboot.shell import Answer
from envboot.shell.local import LocalShell
from envboot.site import Order, Site
from envboot.spec import EnvironmentSpec, Need, Origin
from envboot.testing import ScriptedShell, check_target
from tests.test_git import CONFIG, Repository

MODULE = "envboot.launchers.codespaces"
TOKEN = "gho_" + "Zx81" * 9
GH = {"gh": "/usr/bin/gh"}
MACHINES = [
    {"name": n, "cpus": c, "memory_in_bytes": m << 30, "storage_in_bytes": d << 30, "prebuilt": p}
    for n, c, m, d, p in (
        ("basicLinux32gb", 2, 8, 32, False),
        ("premiumLinux", 8, 32, 64, True),
    )
]
SIZES = {"machines": MACHINES, "billed": "ann", "devcontainer": "", "granted": True}
UNSIGNED = {"error": "nobody is signed in to github.com", "hint": "sign in", "unsigned": True}
UP = {
    "name": "bug-free-space-7",
    "state": "Available",
    "link": "https://bug-free-space-7.github.dev",
    "folder": "sunspots",
    "notice": "",
    "unsaved": False,
}
JOB = Job("sunspots-7f3a", "codespaces", "/repo", facts={"name": "bug-free-space-7"})


class Desk(ScriptedShell):
    """A computer with the real git; what the child and gh say is scripted, by the child's word."""

    def __init__(self, said: dict[str, Any], real: LocalShell | None = None, **more: Any) -> None:
        super().__init__(disk=True, **more)
        self.said, self.real = said, real or LocalShell({"PATH": "/usr/bin:/bin"})
        self.lines: list[tuple[str, ...]] = []

    def query(self, argv, *, timeout=10.0, env=None, feed=b""):
        self.lines.append(tuple(argv))
        if argv[0] == "git":
            return self.real.query(argv, timeout=timeout, env=env or {}, feed=feed)
        word = argv[argv.index(MODULE) + 1] if MODULE in argv else argv[0]
        answer = self.said[word]
        if isinstance(answer, list):
            answer = answer.pop(0)
        if isinstance(answer, (Answer, str)):
            return answer if isinstance(answer, Answer) else Answer(answer)
        return Answer(json.dumps(answer))


@pytest.fixture
def repository(tmp_path: Path, environ: dict[str, str]) -> Repository:
    """Return a packed repository, all of it pushed to GitHub, as far as git knows."""
    Path(environ["HOME"], ".gitconfig").write_text(CONFIG, encoding="utf-8")
    made = Repository(tmp_path / "sunspots", environ)
    made.git("init", "--quiet", "--initial-branch=main")
    made.write("setup.py", "# >>> envboot >>>\n")
    made.write(".envboot/envboot.pyz")
    made.begin()
    made.git("remote", "add", "origin", "git@github.com:ann/sunspots.git")
    pushed(made)
    return made


def pushed(made: Repository) -> None:
    made.git("update-ref", "refs/remotes/origin/main", "HEAD")
    made.git("config", "branch.main.remote", "origin")
    made.git("config", "branch.main.merge", "refs/heads/main")


def site(made: Repository, said: dict[str, Any], order: Order | None = None, **more: Any) -> Site:
    desk = Desk(said, made.shell, environ=made.environ | more.pop("environ", {}), **more)
    machine = Machine("Linux", "x86_64", 2, "3.11.7")
    found = Site(made.root, "sunspots", made.root / ".venv", machine, desk)
    return replace(found, order=order or Order("sunspots-7f3a", size="basicLinux32gb"))


def need(key: str, value: Any) -> EnvironmentSpec:
    return EnvironmentSpec(needs=(Need(key, value, str(value), Origin("setup.cfg", 1)),))


SPEC = EnvironmentSpec()

# ------------------------------------------------------------------------ which GitHub


@pytest.mark.parametrize(
    ("environ", "host", "api"),
    [
        ({}, "github.com", "https://api.github.com"),
        ({"GITHUB_API_URL": "https://api.github.com"}, "github.com", "https://api.github.com"),
        ({"GH_HOST": "git.lab.org"}, "git.lab.org", "https://git.lab.org/api/v3"),
        ({"GH_HOST": "Lab.GHE.com"}, "lab.ghe.com", "https://api.lab.ghe.com"),
        ({"GH_HOST": "github.localhost"}, "github.localhost", "http://api.github.localhost"),
        (
            {"GITHUB_API_URL": "https://git.lab.org/api/v3/"},
            "git.lab.org",
            "https://git.lab.org/api/v3",
        ),
        ({"GITHUB_API_URL": "http://127.0.0.1:8123"}, "github.com", "http://127.0.0.1:8123"),
        ({"GITHUB_API_URL": "http://[::1]:8123"}, "github.com", "http://[::1]:8123"),
        (
            {"GITHUB_API_URL": "https://api.github.com", "GH_HOST": "git.lab.org"},
            "git.lab.org",
            "https://git.lab.org/api/v3",
        ),
    ],
)
def test_the_environment_says_which_github(environ, host, api):
    found = service.service(environ)
    assert (found.host, found.api) == (host, api)


@pytest.mark.parametrize(
    "environ",
    [
        {"GITHUB_API_URL": "http://api.github.com"},
        {"GITHUB_API_URL": "http://127.0.0.1.evil.example"},
        {"GITHUB_API_URL": "https://ann:secret@api.github.com"},
        {"GITHUB_API_URL": "https://api.github.com?x=1"},
        {"GITHUB_API_URL": "https://[::1"},
        {"GITHUB_API_URL": "file:///etc/passwd"},
        {"GITHUB_API_URL": "api.github.com"},
        {"GH_HOST": "-oProxyCommand=x"},
        {"GH_HOST": "git.lab.org/x"},
    ],
)
def test_a_token_goes_to_no_such_address(environ):
    with pytest.raises(UsageError) as error:
        service.service(environ)
    assert "secret" not in str(error.value)


def test_links_without_a_login():
    at = service.service({})
    wanted = Wanted("ann/sunspots", "a/branch #1")
    assert service.link(wanted, at) == (
        "https://codespaces.new/ann/sunspots/tree/a/branch%20%231?quickstart=1"
    )
    sized = replace(wanted, machine="premiumLinux", geo="EuropeWest", devcontainer=".devcontainer")
    assert service.link(sized, at) == (
        "https://github.com/codespaces/new?hide_repo_select=true&repo=ann%2Fsunspots"
        "&ref=a%2Fbranch+%231&machine=premiumLinux&devcontainer_path=.devcontainer"
        "&geo=EuropeWest&skip_quickstart=true"
    )
    lab = service.service({"GH_HOST": "lab.ghe.com"})
    assert service.link(wanted, lab).startswith("https://lab.ghe.com/codespaces/new?")


# ------------------------------------------------------------------------- the token


def test_the_token_comes_from_the_environment_then_from_gh():
    at = service.service({})
    shell = ScriptedShell(
        environ={"GITHUB_TOKEN": "b" * 9},
        programs=GH,
        answers={"gh auth token --hostname github.com": f"{TOKEN}\n"},
    )
    assert signing_in.found(at, shell) == signing_in.Token("b" * 9, "GITHUB_TOKEN")
    assert shell.asked == []
    shell.environ = {"GH_TOKEN": "a" * 9, "GITHUB_TOKEN": "b" * 9}
    assert signing_in.found(at, shell) == signing_in.Token("a" * 9, "GH_TOKEN")
    shell.environ = {"GH_TOKEN": " "}
    found = signing_in.found(at, shell)
    assert found == signing_in.Token(TOKEN, "gh")
    assert TOKEN not in repr(found)
    shell.programs = {}
    assert signing_in.found(at, shell) is None
    shell.programs, shell.answers = GH, {"gh": Answer(None, "gh ended with status 1")}
    assert signing_in.found(at, shell) is None


@pytest.mark.parametrize("host", ["git.lab.org", "evil.example"])
def test_a_token_for_github_com_goes_to_no_other_server(host):
    at = service.service({"GH_HOST": host})
    shell = ScriptedShell(environ={"GH_TOKEN": TOKEN, "GITHUB_TOKEN": TOKEN})
    assert signing_in.found(at, shell) is None
    shell.environ = {"GH_ENTERPRISE_TOKEN": TOKEN}
    assert signing_in.found(at, shell) is not None
    assert signing_in.found(service.service({}), shell) is None


@pytest.mark.parametrize("value", ["a\nX-Other: b", "a b", "ä" * 9, "x" * 5000, "a\x7fb"])
def test_what_is_no_token_is_not_sent(value):
    shell = ScriptedShell(environ={"GH_TOKEN": value})
    with pytest.raises(UsageError, match="GH_TOKEN holds what is no token") as error:
        signing_in.found(service.service({}), shell)
    assert value not in f"{error.value} {error.value.hint}"


def test_a_gh_that_is_too_old_is_named():
    said = Answer(None, 'gh ended with status 1: unknown command "token" for "gh auth"')
    shell = ScriptedShell(programs=GH, answers={"gh": said})
    with pytest.raises(EnvbootError, match="too old"):
        signing_in.found(service.service({}), shell)


# ------------------------------------------------------------------------- refusals

AT = service.service({})


def refusal(status: int, message: str = "", source: str = "gh", **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return sentences.of(sentences.Refusal(status, {"message": message}, named, source, TOKEN), AT)


def test_a_refusal_is_a_sentence_with_what_to_do():
    found = refusal(401, "Bad credentials")
    assert "does not accept the token of gh" in found.message
    assert (
        found.hint == "`gh auth login --hostname github.com --web -s codespace` signs you in again"
    )
    assert found.remedy == "login"
    assert refusal(401, source="GH_TOKEN").remedy == ""
    assert "asks for a payment" in refusal(402, "Payment required").message
    assert refusal(403, "Codespaces is disabled").message == (
        "GitHub does not allow it (403: Codespaces is disabled)"
    )
    assert "(409: Conflict)" in refusal(409, "Conflict").message
    assert refusal(418).message == "GitHub does not do it (418)"


def test_a_token_without_the_scope():
    lacks = {"X_OAuth_Scopes": "repo, read:org", "X_Accepted_OAuth_Scopes": "codespace"}
    found = refusal(403, "Must have admin rights", **lacks)
    assert found.remedy == "refresh"
    assert found.hint == "`gh auth refresh --hostname github.com -s codespace`"
    mine = refusal(403, "", "GH_TOKEN", **lacks)
    assert mine.remedy == ""
    assert "settings/tokens/new?scopes=codespace,repo" in mine.hint
    assert refusal(404, "", **lacks).remedy == "refresh"
    fine = {**lacks, "X_OAuth_Scopes": "codespace"}
    assert refusal(404, "", **fine).remedy == ""
    grained = refusal(403, "", "GH_TOKEN", X_Accepted_GitHub_Permissions="codespaces=write")
    assert "codespaces=write" in grained.hint


def test_an_organisation_that_wants_its_own_sign_in():
    url = "https://github.com/orgs/lab/sso?authorization_request=A1"
    assert refusal(403, X_GitHub_SSO=f"required; url={url}").hint == f"open {url}"
    other = refusal(403, X_GitHub_SSO="required; url=https://evil.example/sso")
    assert "evil" not in f"{other} {other.hint}"


def test_too_often():
    found = refusal(403, "You have exceeded a secondary rate limit", Retry_After="7")
    assert (found.passing, found.wait) == (True, 7.0)
    reset = str(int(time.time()) + 1800)
    late = refusal(
        403, "API rate limit exceeded", X_RateLimit_Remaining="0", X_RateLimit_Reset=reset
    )
    assert late.wait > 1000
    assert refusal(429).passing


@given(st.integers(100, 599), st.recursive(st.none() | st.text() | st.integers(), st.lists))
def test_nothing_that_github_says_reaches_the_terminal_as_it_is(status, errors):
    said = {"message": f"a\x1b[2J\u202e\n{TOKEN}{errors}", "errors": errors}
    found = sentences.of(sentences.Refusal(status, said, {}, "gh", TOKEN), AT)
    text = f"{found.message}{found.hint}"
    assert text.isprintable()
    assert TOKEN not in text


# ------------------------------------------------------------------------- the child

ONE = {
    "name": "bug-free-space-7",
    "display_name": "sunspots-7f3a",
    "state": "Available",
    "web_url": "https://bug-free-space-7.github.dev",
    "repository": {"full_name": "ann/sunspots"},
    "git_status": {"has_uncommitted_changes": True},
    "machine": {"display_name": "2 cores"},
}


class Turns(list):
    """Replies one after the other."""


class Replies:
    """GitHub's API with prepared replies, by method and the end of the path."""

    def __init__(self, **said: Any) -> None:
        self.said, self.asked = said, []

    def _answer(self, method: str, path: str, body: Any = None) -> Any:
        self.asked.append((method, path, body))
        found = self.said[f"{method}_{path.rpartition('/')[2]}"]
        found = found.pop(0) if isinstance(found, Turns) else found
        if isinstance(found, Exception):
            raise found
        return found

    def get(self, path, **_query):
        return self._answer("get", path)

    def post(self, path, body=None, *, tries=1):  # noqa: ARG002
        return self._answer("post", path, body)

    def delete(self, path):
        return self._answer("delete", path)

    def pause(self, error):
        assert error.passing


def listed(*rows: Any) -> dict[str, Any]:
    return {"total_count": len(rows), "codespaces": list(rows)}


ORDER = github.Order(Wanted("ann/sunspots", "main", "premiumLinux"), "sunspots-7f3a", 30)
LOST = sentences.Trouble("no answer", passing=True, heard=False)


def test_a_codespace_that_is_there_is_not_made_again():
    api: Any = Replies(get_codespaces=listed({**ONE, "display_name": "other"}, ONE))
    assert github.create(api, ORDER, lambda _line: None)["name"] == "bug-free-space-7"
    assert [method for method, *_ in api.asked] == ["get"]


def test_it_is_looked_for_before_it_is_asked_for_again():
    rows = Turns([listed(), listed(ONE)])
    api: Any = Replies(get_codespaces=rows, post_codespaces=LOST)
    assert github.create(api, ORDER, lambda _line: None)["name"] == "bug-free-space-7"
    assert [method for method, *_ in api.asked] == ["get", "post", "get"]


def test_it_is_given_up_after_three_times_and_a_last_look():
    api: Any = Replies(get_codespaces=listed(), post_codespaces=LOST)
    with pytest.raises(sentences.Trouble, match="no answer"):
        github.create(api, ORDER, lambda _line: None)
    assert [method for method, *_ in api.asked] == ["get", "post"] * 3 + ["get"]


def test_only_what_is_asked_for_is_sent():
    assert ORDER.body == {
        "ref": "main",
        "machine": "premiumLinux",
        "idle_timeout_minutes": 30,
        "display_name": "sunspots-7f3a",
    }


def test_what_is_gone_is_ended_already():
    gone = sentences.Trouble("not there", status=404)
    said: list[str] = []
    api: Any = Replies(**{"delete_bug-free-space-7": gone, "get_codespaces": listed()})
    github.end(api, "delete", "bug-free-space-7", "", said.append)
    github.end(api, "stop", "", "sunspots-7f3a", said.append)
    assert said == ["there is no such codespace any more"] * 2


@pytest.mark.parametrize(
    "change",
    [
        {"name": "../../user"},
        {"name": "-oProxyCommand=x"},
        {"name": None},
    ],
)
def test_a_name_that_is_none_goes_nowhere(change):
    api: Any = Replies(get_x={**ONE, **change})
    with pytest.raises(sentences.Trouble):
        github.look(api, "x", "")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "http://evil.example", "file:///etc", "https://a b", "//x", 7]
)
def test_a_link_that_is_none_is_not_opened(url):
    api: Any = Replies(get_x={**ONE, "web_url": url})
    found = github.look(api, "x", "")
    assert found is not None
    assert found["link"] == ""


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["name", "state", "machines", "codespaces", "cpus", "git_status", "login"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=9,
)


@given(_JSON)
def test_whatever_comes_is_read_or_refused_in_a_sentence(value):
    api: Any = Replies(get_x=value, get_machines=value, get_codespaces=value)
    for ask in (
        lambda: github.look(api, "x", ""),
        lambda: github.look(api, "", "sunspots"),
        lambda: github.machines(api, "ann/sunspots", "main"),
    ):
        with contextlib.suppress(sentences.Trouble):
            ask()


class _Echo(http.server.BaseHTTPRequestHandler):
    """Refuses all, and says what was sent; a redirect to another host, where it is asked to."""

    def do_GET(self) -> None:
        server: Any = self.server
        server.seen.append((self.path, self.headers["Authorization"]))
        body = json.dumps({"message": f"you said {self.headers['Authorization']}"}).encode()
        self.send_response(server.status)
        self.send_header("Location", server.target)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        """Print nothing."""


@pytest.fixture
def echo():
    made: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    made.seen, made.status, made.target = [], 403, ""
    thread = threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def ask(echo: Any, environ: dict[str, str], *words: str) -> Answer:
    address = f"http://127.0.0.1:{echo.server_address[1]}"
    more = {"GITHUB_API_URL": address, "GITHUB_TOKEN": TOKEN, "PYTHONPATH": ""}
    shell = LocalShell({**environ, **more, "http_proxy": "http://proxy.invalid:1"})
    return shell.query(plans.child(MODULE, *words).argv, timeout=180.0)


def test_the_child_never_says_the_token_and_plain_http_takes_no_proxy(echo, environ):
    said = ask(echo, environ, "ready", "--repository=ann/sunspots", "--branch=main")
    assert said.out is not None
    assert json.loads(said.out)["error"] == ("GitHub does not allow it (403: you said Bearer ***)")
    assert echo.seen == [("/repos/ann/sunspots/codespaces/machines?ref=main", f"Bearer {TOKEN}")]
    done = ask(echo, environ, "create", "--repository=ann/sunspots", "--display=x")
    assert done.out is None
    assert TOKEN not in said.out + done.why


@pytest.mark.parametrize("target", ["http://127.0.0.2:9/x", "https://evil.example/x", "http://["])
def test_the_token_is_not_taken_to_another_host(echo, environ, target):
    echo.status, echo.target = 302, target
    said = ask(echo, environ, "ready", "--repository=ann/sunspots", "--branch=main")
    assert "answers with another address" in json.loads(said.out or "")["error"]
    assert len(echo.seen) == 1


def test_a_circle_is_left(echo, environ):
    echo.status, echo.target = 301, "/repos/ann/sunspots/codespaces/machines?ref=main"
    said = ask(echo, environ, "ready", "--repository=ann/sunspots", "--branch=main")
    assert "in a circle" in json.loads(said.out or "")["error"]


def test_nobody_signed_in_is_no_traceback(environ):
    shell = LocalShell({**environ, "PATH": "/nowhere"})
    argv = plans.child(MODULE, "sizes", "--repository=ann/sunspots", python=sys.executable).argv
    said = json.loads(shell.query(argv, timeout=180.0).out or "")
    assert said["unsigned"]
    assert "GH_TOKEN" in said["hint"]
    assert "gh auth login" not in said["hint"]  # there is no gh


# -------------------------------------------------------------------- whether it can


def test_it_says_why_not(repository: Repository, tmp_path: Path):
    good = site(repository, {})
    assert codespaces.why_not(SPEC, good) is None
    for spec in (need("gpu", 1), need("gpu_memory", 1 << 30), need("cuda", "12.1")):
        assert codespaces.why_not(spec, good) == (
            "no codespace has a GPU, and this repository needs one"
        )
    assert codespaces.why_not(need("gpu", 0), good) is None
    assert codespaces.why_not(SPEC, replace(good, offline=True)) == "it takes the network"
    assert "not packed" in (codespaces.why_not(SPEC, replace(good, root=tmp_path)) or "")
    assert not [line for line in good.shell.lines if line[0] != "git"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://gitlab.com/ann/sunspots.git", "the repository is at gitlab.com"),
        ("/srv/sunspots.git", "has no remote on github.com"),
        ("https://github.com/ann/sub/group.git", "is no repository of github.com"),
    ],
)
def test_a_repository_that_github_does_not_have(repository: Repository, url, words):
    repository.git("remote", "set-url", "origin", url)
    assert words in (codespaces.why_not(SPEC, site(repository, {})) or "")


def test_no_remote_at_all(repository: Repository):
    repository.git("remote", "remove", "origin")
    found = codespaces.why_not(SPEC, site(repository, {}))
    assert found == (
        "the repository has no remote on github.com, and a codespace is made from there"
    )


def test_nothing_is_committed_yet(repository: Repository):
    repository.git("update-ref", "-d", "HEAD")
    assert "nothing is committed" in (codespaces.why_not(SPEC, site(repository, {})) or "")


def test_a_server_of_ones_own(repository: Repository):
    repository.git("remote", "set-url", "origin", "git@git.lab.org:ann/sunspots.git")
    mine = site(repository, {}, environ={"GH_HOST": "git.lab.org"})
    assert codespaces.why_not(SPEC, mine) is None
    wrong = site(repository, {}, environ={"GITHUB_API_URL": "http://api.github.com"})
    assert "https://" in (codespaces.why_not(SPEC, wrong) or "")


def test_a_branch_that_is_not_there(repository: Repository):
    repository.git("switch", "--quiet", "--create", "new")
    with pytest.raises(NothingFound, match="this branch is not at GitHub") as info:
        codespaces.offers(SPEC, site(repository, {"sizes": SIZES}))
    assert "--push" in info.value.hint
    repository.git("switch", "--quiet", "--detach")
    with pytest.raises(NothingFound, match="HEAD is detached") as info:
        codespaces.offers(SPEC, site(repository, {"sizes": SIZES}))
    assert "git switch" in info.value.hint


def test_what_cannot_be_ordered_is_said_before_anybody_signs_in(repository: Repository):
    wrong = site(repository, {}, Order("x", options=(("idle", "4"),)))
    with pytest.raises(UsageError, match="--idle 4"):
        codespaces.prepare(SPEC, wrong)


def test_the_family_takes_it(repository: Repository):
    found = check_target(
        codespaces, SPEC, site(repository, {"sizes": SIZES, "look": {"codespace": UP}, "ready": {}})
    )
    assert found is not None


# -------------------------------------------------------------------------- signing in


@pytest.mark.parametrize(
    ("said", "argv"),
    [
        (UNSIGNED, ("gh", "auth", "login", "--hostname", "github.com", "--web", "-s", "codespace")),
        (
            {"error": "it has expired", "remedy": "login"},
            ("gh", "auth", "login", "--hostname", "github.com", "--web", "-s", "codespace"),
        ),
        (
            {"error": "it lacks the scope", "remedy": "refresh"},
            ("gh", "auth", "refresh", "--hostname", "github.com", "-s", "codespace"),
        ),
    ],
)
def test_gh_signs_in_at_the_terminal(repository: Repository, said, argv):
    steps = codespaces.prepare(SPEC, site(repository, {"ready": said}, programs=GH))
    assert steps is not None
    (step,) = steps.steps
    assert isinstance(step, Run)
    assert (step.argv, step.terminal) == (("/usr/bin/gh", *argv[1:]), True)
    assert f"`{' '.join(argv)}`" in step.why
    assert steps.title == said["error"]
    assert codespaces.prepare(SPEC, site(repository, {"ready": said})) is None


def test_nothing_comes_before_where_somebody_is_signed_in(repository: Repository):
    for said in ({}, {"error": "GitHub has a problem"}):
        assert codespaces.prepare(SPEC, site(repository, {"ready": said}, programs=GH)) is None


# ------------------------------------------------------------------------ what there is


def test_machine_types_become_offers(repository: Repository):
    found = codespaces.offers(SPEC, site(repository, {"sizes": SIZES}))
    assert [offer.name for offer in found] == ["basicLinux32gb", "premiumLinux"]
    assert found[1].title == "8 cores, 32 GB of memory, 64 GB of disk, prebuilt"
    assert found[1].price == "see https://github.com/features/codespaces"
    machine = found[0].machine
    assert machine is not None
    assert (machine.cpus, machine.memory, machine.gpus) == (2, 8 << 30, ())


def test_no_machine_type_is_explained(repository: Repository):
    with pytest.raises(FallsShort, match="no machine type") as error:
        codespaces.offers(SPEC, site(repository, {"sizes": {**SIZES, "machines": []}}))
    assert "free plan" in error.value.hint
    assert "organisation" in error.value.hint


@pytest.mark.parametrize(
    "said",
    [
        {"error": "GitHub does not allow it", "hint": "an organisation may forbid it"},
        Answer(None, "python gave no answer in 240 s"),
        "[]",
        "Traceback (most recent call last)\n",
    ],
)
def test_github_gives_no_answer(repository: Repository, said):
    with pytest.raises(CommandFailed, match="GitHub"):
        codespaces.offers(SPEC, site(repository, {"sizes": said}))


@pytest.mark.parametrize(
    "order",
    [
        Order("x", where="mars"),
        Order("x", options=(("region", "--geo"),)),
        Order("x", options=(("idle", "4"),)),
        Order("x", options=(("idle", "241"),)),
        Order("x", options=(("idle", "ten"),)),
        Order("x", options=(("idle", "9" * 5000),)),
        Order("x", command=("python", "train.py")),
        Order("x", then="lab"),
        Order("x", size="hugeLinux"),
    ],
)
def test_what_cannot_be_ordered(repository: Repository, order):
    with pytest.raises(UsageError) as error:
        codespaces.plan(SPEC, site(repository, {"sizes": SIZES}, order))
    assert error.value.hint


# ------------------------------------------------------------------------------ the plan


def said_in(found: Any) -> str:
    return f"{found.title}\n{found.told}"


def test_the_plan_says_who_is_billed_and_makes_one(repository: Repository):
    options = (("idle", "45"), ("region", "europe-west"))
    order = Order("sunspots-7f3a", size="premiumLinux", options=options)
    found = codespaces.plan(SPEC, site(repository, {"sizes": SIZES}, order))
    assert "GitHub bills ann's account, and no other account is needed" in found.title
    assert "45 idle minutes" in found.told
    assert "storage" in found.told
    (step,) = found.steps
    assert isinstance(step, Run)
    assert step.argv[-8:] == (
        MODULE,
        "create",
        "--repository=ann/sunspots",
        "--branch=main",
        "--machine=premiumLinux",
        "--geo=EuropeWest",
        "--display=sunspots-7f3a",
        "--idle=45",
    )
    assert plans.describe(step)


def test_the_plan_says_what_sets_it_up(repository: Repository):
    bare = codespaces.plan(SPEC, site(repository, {"sizes": SIZES}))
    assert "no devcontainer.json was pushed" in bare.told
    assert "`envboot package-env --with devcontainer`" in bare.told
    assert "type `python3 setup.py` in its terminal" in bare.told
    through = codespaces.plan(SPEC, site(repository, {"sizes": SIZES}, programs=GH))
    assert "through `gh codespace ssh`" in through.told
    path = ".devcontainer/devcontainer.json"
    named = {**SIZES, "devcontainer": path, "granted": False}
    repository.write(path, '{"image": "x"}')
    repository.git("add", "--all")
    repository.git("commit", "--quiet", "-m", "container")
    pushed(repository)
    found = codespaces.plan(SPEC, site(repository, {"sizes": named}))
    assert "does not run setup.py" in found.told
    assert "of other repositories" in found.told
    assert "--without-permissions=yes" in found.steps[0].argv  # type: ignore[union-attr]
    repository.write(path, '{"postCreateCommand": "python3 setup.py --yes"}')
    repository.git("commit", "--quiet", "-am", "container")
    waiting = codespaces.plan(SPEC, site(repository, {"sizes": named}))
    assert "does not run setup.py" in waiting.told  # that is not pushed yet
    pushed(repository)
    found = codespaces.plan(SPEC, site(repository, {"sizes": named}))
    assert f"there its {path} runs `python3 setup.py --yes`" in found.told


def test_a_container_of_the_whole_does_not_set_up_a_part(repository: Repository):
    path = ".devcontainer/devcontainer.json"
    named = {**SIZES, "devcontainer": path}
    for name in ("setup.py", ".envboot/envboot.pyz"):
        (repository.root / "part" / name).parent.mkdir(exist_ok=True, parents=True)
        repository.git("mv", name, f"part/{name}")
    repository.write(path, '{"postCreateCommand": "python3 setup.py --yes"}')
    repository.git("add", path)
    repository.git("commit", "--quiet", "-m", "a part")
    pushed(repository)
    part = replace(site(repository, {"sizes": named}), root=repository.root / "part")
    assert "does not run setup.py" in codespaces.plan(SPEC, part).told
    repository.write(path, '{"postCreateCommand": "cd part && python3 setup.py --yes"}')
    repository.git("commit", "--quiet", "-am", "of the part")
    pushed(repository)
    assert f"there its {path} runs" in codespaces.plan(SPEC, part).told


def test_a_link_remains_without_a_login(repository: Repository):
    there_is = site(repository, {"sizes": UNSIGNED}, Order("x", size="premiumLinux"))
    assert [offer.name for offer in codespaces.offers(SPEC, there_is)][:2] == [
        "basicLinux32gb",
        "standardLinux32gb",
    ]
    found = codespaces.plan(SPEC, there_is)
    (step,) = found.steps
    assert isinstance(step, Open)
    assert "machine=premiumLinux" in step.url
    assert "GitHub bills that account" in said_in(found)
    with pytest.raises(CommandFailed, match="nobody is signed in"):  # gh is there: it signs in
        ordering.plan(site(repository, {"sizes": UNSIGNED}, programs=GH))


# ------------------------------------------------------------------------------- looking


@pytest.mark.parametrize(
    ("state", "ours"),
    [
        ("Queued", "waiting"),
        ("Provisioning", "waiting"),
        ("Starting", "waiting"),
        ("Rebuilding", "waiting"),
        ("Shutdown", "stopped"),
        ("ShuttingDown", "stopped"),
        ("Archived", "stopped"),
        ("Failed", "failed"),
        ("Deleted", "gone"),
        ("Unknown", "unknown"),
        ("Sleepwalking", "unknown"),
    ],
)
def test_states_of_github_as_ours(state, ours):
    shell = Desk({"look": {"codespace": {**UP, "state": state, "notice": "idle"}}})
    found = codespaces.look(JOB, shell)
    assert found.state == ours
    assert found.said
    assert found.link == UP["link"]
    assert found.facts == {k: UP[k] for k in ("name", "link", "folder")}


def test_every_state_that_github_publishes_is_known():
    from envboot.launchers.codespaces import looking

    file = Path(__file__).parent / "real" / "github-codespaces.openapi.json"
    schemas = json.loads(file.read_text(encoding="utf-8"))["components"]["schemas"]
    published = set(schemas["codespace"]["properties"]["state"]["enum"])
    assert published == {*looking._STATES, "Available"}


def test_a_killed_launch_is_found_by_the_name_that_we_gave():
    shell = Desk({"look": {"codespace": {**UP, "state": "Queued"}}})
    codespaces.look(replace(JOB, facts={}), shell)
    assert "--display=sunspots-7f3a" in shell.lines[0]
    codespaces.look(JOB, shell)
    assert "--name=bug-free-space-7" in shell.lines[1]
    codespaces.look(replace(JOB, facts={"name": "--x"}), shell)
    assert "--display=sunspots-7f3a" in shell.lines[2]
    assert codespaces.look(JOB, Desk({"look": {"codespace": None}})).state == "gone"


def test_a_look_that_fails_is_unknown_with_a_sentence():
    for said in ({"error": "api.github.com gives no answer"}, Answer(None, "killed"), "<html>"):
        found = codespaces.look(JOB, Desk({"look": said}))
        assert found.state == "unknown"
        assert "GitHub" in found.said or "github" in found.said


MARK = there._MARK


def spoken(status: str, size: int, answer: str = "", log: str = "") -> str:
    return f"welcome\n{MARK}\n{status}\n{size}\n{MARK}\n{answer}\n{MARK}\n{log}"


def test_the_verdict_comes_back_and_is_kept():
    result = {"outcome": "up-to-date", "exit_code": 0}
    shell = Desk(
        {
            "look": {"codespace": UP},
            "gh": [spoken("-", 6, log="line 1\n"), spoken("0", 9, json.dumps(result), "x\n")],
        },
        programs=GH,
    )
    first = codespaces.look(JOB, shell)
    assert (first.state, first.log, first.seen) == ("setting-up", "line 1\n", 6)
    second = codespaces.look(replace(JOB, facts=first.facts), shell, first.seen)
    assert (second.state, second.result, second.log) == ("ready", result, "x\n")
    later = codespaces.look(replace(JOB, facts={**JOB.facts, **second.facts}), shell)
    assert (later.state, later.result) == ("ready", result)
    asked = [line for line in shell.lines if line[0] == "gh"]
    assert len(asked) == 2
    assert asked[1][:6] == ("gh", "codespace", "ssh", "-c", "bug-free-space-7", "--")
    assert asked[1][6].endswith("sh sunspots '' sunspots-7f3a 6")


def test_a_failure_there_is_told_and_the_machine_kept():
    """It is up and costs: the next launch must find it, and make no second."""
    result = {"outcome": "failed", "exit_code": 7}
    said = {"look": {"codespace": UP}, "gh": spoken("7", 1, json.dumps(result))}
    found = codespaces.look(JOB, Desk(said, programs=GH))
    assert (found.state, found.result) == ("ready", result)
    assert "ended with status 7" in found.said
    assert telling.exit_code(found) == 7
    kept = codespaces.look(replace(JOB, facts=found.facts), Desk(said, programs=GH))
    assert (kept.state, kept.result) == ("ready", result)
    said["gh"] = spoken("1", 1, "Traceback")
    broken = codespaces.look(JOB, Desk(said, programs=GH))
    assert (broken.state, broken.result) == ("failed", None)
    assert telling.exit_code(broken) != 0


def test_one_that_lets_nobody_in_is_ready_all_the_same():
    shell = Desk({"look": {"codespace": UP}, "gh": Answer(None, "gh: no SSH server")}, programs=GH)
    job, states = JOB, []
    for _ in range(4):
        found = codespaces.look(job, shell)
        states.append(found.state)
        job = replace(job, facts={**job.facts, **found.facts})
    assert states == ["setting-up", "setting-up", "ready", "ready"]
    assert "SSH server in the image" in found.said
    assert sum(line[0] == "gh" for line in shell.lines) == 3
    late = Desk({"look": {"codespace": UP}, "gh": Answer(None, "gh gave no answer in 45 s")})
    late.programs = GH
    first = codespaces.look(JOB, late)
    assert codespaces.look(replace(JOB, facts=first.facts), late).state == "ready"


def test_without_gh_it_is_said_where_the_verdict_stands():
    found = codespaces.look(JOB, Desk({"look": {"codespace": UP}}))
    assert found.state == "ready"
    assert "in its terminal" in found.said


@given(st.text() | st.lists(st.sampled_from([f"{MARK}\n", "0\n", "-\n", "{}", "x"])).map("".join))
def test_whatever_comes_from_inside_is_read_or_refused(text):
    word = there.read(text, 3)
    assert word.why or word.status is not None or word.seen >= 0


def test_the_script_there_works_once_in_the_background(tmp_path: Path, environ: dict[str, str]):
    """The real sh, as gh would start it: begun once, found again, begun anew when it was killed."""
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "setup.py").write_text(
        "import json, os, sys, time\n"
        "open('count', 'a').write('x')\n"
        "print('working', sys.argv[1:], file=sys.stderr, flush=True)\n"
        "while not os.path.exists('go'): time.sleep(0.02)\n"
        "print(json.dumps({'outcome': 'created', 'exit_code': 0}))\n"
    )
    shell = LocalShell({**environ, "CODESPACE_VSCODE_FOLDER": str(tmp_path)})
    job = "sunspots-7f3a"

    def look(seen: int = 0) -> there.Word:
        script = there._SCRIPT
        words = ("no such folder", "part", job, str(seen), "--anyway")
        said = shell.query(("sh", "-c", script, "sh", *words))
        assert said.out is not None, said.why
        return there.read(said.out, seen)

    def until(condition: Any, seen: int = 0) -> there.Word:
        end = time.monotonic() + 180
        while not condition(word := look(seen)):
            assert time.monotonic() < end
            time.sleep(0.05)
        return word

    first = until(lambda word: word.log)
    assert first.log == "working ['--yes', '--json', '--no-shell', '--anyway']\n"
    assert first.seen == len(first.log)
    assert look(first.seen).log == ""
    kept = Path(environ["HOME"], ".local/state/envboot/launched", job)
    number = (kept / "pid").read_text().strip()
    assert shell.query(("sh", "-c", f"kill -9 -{number} || kill -9 {number}")).out is not None
    again = until(lambda word: word.seen > first.seen, first.seen)
    assert again.status is None
    assert (tmp_path / "part" / "count").read_text() == "xx"
    (tmp_path / "part" / "go").touch()
    done = until(lambda word: word.status is not None)
    assert (done.status, done.result) == (0, {"outcome": "created", "exit_code": 0})
    assert (tmp_path / "part" / "count").read_text() == "xx"


def test_a_folder_that_is_not_there_is_said(environ: dict[str, str]):
    script = there._SCRIPT
    said = LocalShell(environ).query(("sh", "-c", script, "sh", "no such", "", "x", "0"))
    assert "not where it was expected" in there.read(said.out or "").why


# ------------------------------------------------------------------------------- tending


def test_the_way_in():
    job = replace(JOB, facts={**JOB.facts, "link": UP["link"], "folder": "sun spots"})
    assert codespaces.open(job, Desk({})).steps == (Open(UP["link"]),)
    found = codespaces.open(replace(job, then="shell"), Desk({}, programs=GH))
    (step,) = found.steps
    assert isinstance(step, Run)
    assert step.terminal
    line = "cd '/workspaces/sun spots' && exec python3 setup.py shell"
    assert step.argv == ("/usr/bin/gh", "codespace", "ssh", "-c", UP["name"], "--", "-t", line)
    lab = codespaces.open(replace(job, then="lab"), Desk({}, programs=GH)).steps[0]
    assert isinstance(lab, Run)
    assert lab.argv == ("/usr/bin/gh", "codespace", "jupyter", "-c", UP["name"])
    late = Desk({"look": {"codespace": {**UP, "state": "Queued"}}})
    assert codespaces.open(replace(JOB, facts={}), late).steps == (Open(UP["link"]),)
    with pytest.raises(NothingFound):
        codespaces.open(replace(JOB, facts={}), Desk({"look": {"codespace": None}}))


def test_the_log():
    found = codespaces.logs(JOB, Desk({}, programs=GH), follow=True).steps[0]
    assert isinstance(found, Run)
    assert found.argv == ("/usr/bin/gh", "codespace", "logs", "-c", UP["name"], "--follow")
    with pytest.raises(UsageError, match="not installed"):
        codespaces.logs(JOB, Desk({}), follow=False)
    with pytest.raises(UsageError, match="would start it"):
        codespaces.logs(replace(JOB, state="stopped"), Desk({}, programs=GH), follow=False)


def test_the_ends():
    stop = codespaces.stop(JOB, Desk({})).steps[0]
    assert isinstance(stop, Run)
    assert stop.argv[-3:] == (MODULE, "stop", "--name=bug-free-space-7")
    fine = Desk({"look": {"codespace": UP}})
    assert codespaces.delete(JOB, fine).title == "delete sunspots-7f3a"
    unsaved = Desk({"look": {"codespace": {**UP, "unsaved": True}}})
    found = codespaces.delete(replace(JOB, facts={}), unsaved)
    assert "never pushed" in found.title
    assert found.steps[0].argv[-2:] == ("delete", "--display=sunspots-7f3a")  # type: ignore[union-attr]
    assert codespaces.delete(JOB, Desk({"look": {"error": "no answer"}})).steps


def test_github_is_asked_once_for_sizes_and_plan(repository: Repository):
    there_is = site(repository, {"sizes": [UNSIGNED, SIZES]})
    codespaces.offers(SPEC, there_is)  # nobody is signed in: that is no answer to keep
    codespaces.offers(SPEC, there_is)
    assert codespaces.plan(SPEC, there_is).steps[0].argv  # type: ignore[union-attr]
    assert sum("sizes" in line for line in there_is.shell.lines) == 2  # type: ignore[attr-defined]
