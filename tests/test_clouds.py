"""Clouds: what Google's computers say of themselves, the links that are made, and plug-ins."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pages import blocks, quoted, text_of

from envboot import clouds
from envboot.clouds import google
from envboot.errors import EnvbootError
from envboot.formats.notebook import environment
from envboot.notebook.opening import links
from envboot.plan import Open, Plan, Run
from envboot.spec import Origin
from envboot.testing import ScriptedShell, check_cloud

IMAGE = "/opt/deeplearning/metadata"
WORKBENCH = "us-docker.pkg.dev/deeplearning-platform-release/gcr.io/workbench-notebooks:m128"
THEIRS = {
    "kernel": "conda-base-py",
    "name": "workbench-notebooks.m128",
    "type": "gcloud",
    "uri": WORKBENCH,
}
MEMORY = {"/proc/meminfo": "MemTotal:       13290460 kB\nMemFree:  1 kB\n"}


def section(metadata: object = None, files: object = None, **environ: str) -> Any:
    return google.section(
        metadata or {}, ScriptedShell(environ=environ, files=files or {}, cores=2)
    )


# ------------------------------------------------------------------ what a notebook is given


def test_a_computer_of_nobodys_and_a_plain_notebook_get_no_section():
    assert section() is None
    assert section({"kernelspec": {"name": "python3"}}) is None
    assert section(files={f"{IMAGE}/env_version": "m1"}, PATH="/usr/bin") is None


def test_colab_says_its_release_and_its_hardware():
    found = section(
        {"colab": {"provenance": []}},
        MEMORY,
        COLAB_RELEASE_TAG="release-colab-20240401-060119_RC00",
        COLAB_GPU="1",
    )
    assert found == {
        "env_name": "google",
        "handler_url": "https://colab.research.google.com/",
        "cloud_ver": "0.1",
        "metadata": {
            "environment_version": "release-colab-20240401-060119_RC00",
            "machine_configuration": {"cpus": 2, "memory": "12gb", "gpu": True},
        },
    }


@pytest.mark.parametrize("said", ["", "0"])
def test_a_computer_of_colab_without_a_gpu_says_none(said):
    found = section(None, MEMORY, COLAB_RELEASE_TAG="release-colab-20240401", COLAB_GPU=said)
    assert found["metadata"]["machine_configuration"] == {"cpus": 2, "memory": "12gb"}


def test_workbench_says_its_version_and_container_as_its_own_hook_does():
    files = {f"{IMAGE}/env_version": "workbench-notebooks.m128\n", f"{IMAGE}/env_uri": WORKBENCH}
    found = section(None, {**files, **MEMORY}, VERTEX_PRODUCT="WORKBENCH_INSTANCE")
    assert found["handler_url"] == "https://console.cloud.google.com/vertex-ai/workbench"
    assert found["metadata"]["environment_version"] == THEIRS["name"]
    assert found["metadata"]["container"] == WORKBENCH


def test_an_image_of_deep_learning_is_known_without_the_name_of_a_product():
    uri = "us-docker.pkg.dev/deeplearning-platform-release/gcr.io/rapids-gpu.21-12:nightly"
    gpu = {"/proc/driver/nvidia/gpus/0000:00:04.0/information": "Model: Tesla T4"}
    found = section(None, gpu, DL_ANACONDA_HOME="/opt/conda", CONTAINER_URL=uri)
    assert found["metadata"]["container"] == uri
    assert found["metadata"]["machine_configuration"]["gpu"] is True
    assert section(None, None, DL_ANACONDA_HOME="/opt/conda") is None


def test_colab_enterprise_has_a_page_of_its_own():
    found = section(None, None, VERTEX_PRODUCT="COLAB_ENTERPRISE", COLAB_RELEASE_TAG="release-x")
    assert found["handler_url"] == "https://console.cloud.google.com/vertex-ai/colab/notebooks"


def test_googles_own_key_speaks_where_the_computer_is_somebody_elses():
    found = section({"environment": THEIRS})
    assert found["metadata"] == {"environment_version": THEIRS["name"], "container": WORKBENCH}
    assert found["handler_url"].endswith("/vertex-ai/workbench")


def test_the_hardware_that_was_chosen_in_colab_is_kept():
    metadata = {"colab": {"gpuType": "T4", "machine_shape": "hm"}, "accelerator": "GPU"}
    machine = section(metadata)["metadata"]["machine_configuration"]
    assert machine == {"gpu": True, "accelerator": "T4", "machine_shape": "hm"}
    machine = section({"colab": {}, "accelerator": "TPU"})["metadata"]["machine_configuration"]
    assert machine == {"accelerator": "TPU"}


def test_nothing_of_the_computer_hides_what_its_own_key_says_of_another():
    """A notebook of Workbench's that is opened in Colab is no container of Colab's."""
    found = section({"environment": THEIRS, "colab": {}}, None, COLAB_RELEASE_TAG="release-1")
    assert found["metadata"]["environment_version"] == "release-1"
    assert "container" not in found["metadata"]


@pytest.mark.parametrize(
    "evil",
    [
        "hf_abcdefghijklmnop",
        "x\x1b]0;title\x07",
        "a b",
        "\u202egnp",
        "https://ann:secret@host/image",
        "-v",
        "x" * 201,
        7,
        None,
        ["a"],
    ],
    ids=ascii,
)
def test_what_is_no_plain_word_or_a_secret_is_left_out(evil):
    metadata = {
        "environment": {"type": "gcloud", "name": evil, "uri": evil},
        "accelerator": evil,
        "colab": {"gpuType": evil, "machine_shape": evil},
    }
    assert section(metadata)["metadata"] == {}


def test_a_secret_of_the_variables_is_no_version():
    secret = {"LAB_TOKEN": "swordfish-99"}
    found = section({"environment": {"type": "gcloud", "name": "swordfish-99"}}, None, **secret)
    assert found["metadata"] == {}


@pytest.mark.parametrize("broken", [[], "x", 5, {"type": ["gcloud"]}, {"type": "gcloud"}])
def test_keys_of_any_kind_are_no_error(broken):
    section({"environment": broken, "colab": broken, "accelerator": broken})


def test_its_sections_keep_to_the_format():
    files = {f"{IMAGE}/env_version": "m128", f"{IMAGE}/env_uri": WORKBENCH, **MEMORY}
    for found in (
        section({"environment": THEIRS}),
        section({"colab": {"gpuType": "A100"}, "accelerator": "GPU"}),
        section(None, files, VERTEX_PRODUCT="WORKBENCH_INSTANCE"),
    ):
        raw = {"env_ver": "0.2", "cloud": found}
        assert environment.parse(raw, Origin("a.ipynb")).clouds == (found,)


# ------------------------------------------------------------------ where it is opened


@pytest.fixture
def pushed(tmp_path, shell):
    """A notebook in a folder of a repository that is on GitHub, as far as git knows."""
    place = tmp_path / "sun spots"
    (place / "n b").mkdir(parents=True)
    notebook = place / "n b" / "to ur.ipynb"
    notebook.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')

    def git(*words: str) -> str:
        argv = ("git", "-c", "user.name=Ann", "-c", "user.email=ann@localhost", *words)
        return subprocess.run(
            argv, cwd=place, env=dict(shell.environ), check=True, capture_output=True, text=True
        ).stdout.strip()

    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    git("remote", "add", "origin", "git@github.com:ann/sunspots.git")
    git("update-ref", "refs/remotes/origin/main", "HEAD")
    return notebook, git("rev-parse", "HEAD")


PAGES = {
    "https://colab.research.google.com/": (
        "https://colab.research.google.com/github/ann/sunspots/blob/{0}/n%20b/to%20ur.ipynb"
    ),
    "https://console.cloud.google.com/vertex-ai/workbench": (
        "https://console.cloud.google.com/vertex-ai/workbench/deploy-notebook?download_url=https%3A"
        "%2F%2Fraw.githubusercontent.com%2Fann%2Fsunspots%2F{0}%2Fn%2520b%2Fto%2520ur.ipynb"
    ),
    "https://console.cloud.google.com/vertex-ai/colab/notebooks": (
        "https://console.cloud.google.com/vertex-ai/colab/import/https%3A"
        "%2F%2Fraw.githubusercontent.com%2Fann%2Fsunspots%2F{0}%2Fn%2520b%2Fto%2520ur.ipynb"
    ),
}


@pytest.mark.parametrize(("page", "link"), PAGES.items(), ids=["colab", "workbench", "enterprise"])
def test_what_was_pushed_to_github_is_opened_by_its_commit(pushed, shell, page, link):
    notebook, commit = pushed
    said = {"env_name": "google", "handler_url": page}
    assert google.why_not(said, notebook, shell) is None
    plan = google.plan(said, notebook, shell)
    assert plan.steps == (Open(link.format(commit)),)
    assert "has to be public" in plan.told
    assert ("bills" in plan.told) is ("console" in page)


def test_what_is_newer_here_is_said(pushed, shell):
    notebook, _ = pushed
    notebook.write_text("{}")
    plan = google.plan({"env_name": "google"}, notebook, shell)
    assert "as it was pushed" in plan.told


def test_what_is_nowhere_is_taken_there_by_hand():
    plan = check_cloud(google)
    assert plan.steps == (Open("https://colab.research.google.com/"),)
    assert "upload tour.ipynb there by hand" in plan.told


@pytest.mark.parametrize(
    "page",
    [
        "https://colab.research.google.com/drive/1AbC_-9",
        "https://colab.research.google.com",
        "https://console.cloud.google.com/vertex-ai/workbench/instances",
        "https://console.cloud.google.com/vertex-ai/colab/runtimes/",
    ],
)
def test_a_page_of_a_person_on_googles_hosts_is_opened_as_it_is(page):
    said = {"env_name": "google", "handler_url": page}
    assert google.plan(said, Path("/x/a.ipynb"), ScriptedShell()).steps == (Open(page),)


EVIL = [
    "https://evil.example/",
    "http://colab.research.google.com/",
    "https://colab.research.google.com.evil.example/",
    "https://colab.research.google.com@evil.example/",
    "https://evil.example#https://colab.research.google.com/",
    "https://evil.example\\@colab.research.google.com/",
    "https://colab.research.google.com:8443/",
    "https://colab.research.google.com/github/evil/evil/blob/main/a.ipynb",
    "https://console.cloud.google.com/cloudshell/open?git_repo=https://evil.example/x",
    "https://console.cloud.google.com/vertex-ai/workbench?x=1",
    "https://console.cloud.google.com/vertex-ai/workbench/../../cloudshell/open",
    "https://console.cloud.google.com/vertex-ai/workbench\n",
    "javascript:alert(1)//https://colab.research.google.com/",
    "file:///etc/passwd",
    7,
    ["https://colab.research.google.com/"],
]


@pytest.mark.parametrize("url", EVIL, ids=ascii)
def test_any_other_link_is_opened_by_nobody(url, pushed, shell):
    said = {"env_name": "google", "handler_url": url}
    nowhere = Path("/x/a.ipynb")
    assert "handler_url" in google.why_not(said, nowhere, ScriptedShell())
    with pytest.raises(EnvbootError, match="handler_url"):
        google.plan(said, nowhere, ScriptedShell())
    notebook, commit = pushed  # what is on GitHub can be opened all the same, by a link of ours
    plan = google.plan(said, notebook, shell)
    assert plan.steps == (Open(PAGES["https://colab.research.google.com/"].format(commit)),)
    assert "it is not used" in plan.told


# ------------------------------------------------------------------ links at all


@pytest.mark.parametrize(
    "url",
    [
        "https://hub.lab.example/user/ann?next=%2Flab",
        "http://notebooks.example.org:8080/a/b.ipynb#x",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/x",
    ],
)
def test_a_plain_web_address_may_be_asked_about(url):
    assert links.why_unsafe(url) == ""
    assert links.host(url)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("javascript:alert(1)", "no web address"),
        ("JAVASCRIPT:alert(1)", "no web address"),
        ("file:///etc/passwd", "no web address"),
        ("data:text/html,x", "no web address"),
        ("vscode://x/y", "no web address"),
        ("ssh://host.example/x", "no web address"),
        ("//host.example/x", "no web address"),
        ("https:host.example", "no web address"),
        ("https:/\\host.example", "no plain web address"),
        (" https://host.example", "no plain web address"),
        ("https://host.example/\u202egnp", "no plain web address"),
        ("https://xn\u0430mple.example/", "no plain web address"),
        ("https://host.example/a b", "no plain web address"),
        ("https://host.example/\r\nx", "no plain web address"),
        ("https://host.example/\x1b[2J", "no plain web address"),
        ("https://" + "a" * 3000, "no plain web address"),
        ("https://[::1", "no plain web address"),
        ("https://host.example:99999/", "no plain web address"),
        ("", "no plain web address"),
        (None, "no plain web address"),
        (7, "no plain web address"),
        ("https://ann:secret@host.example/", "login"),
        ("https://good.example@evil.example/", "login"),
        ("http://127.0.0.1/", "private network"),
        ("http://10.0.0.1:8888/", "private network"),
        ("http://192.168.1.1/", "private network"),
        ("http://169.254.169.254/computeMetadata/v1/", "private network"),
        ("http://0.0.0.0/", "private network"),
        ("http://[::1]/", "private network"),
        ("http://[::ffff:127.0.0.1]/", "private network"),
        ("http://[fd00::1]/", "private network"),
        ("http://localhost:8888/lab", "private network"),
        ("http://LOCALHOST./", "private network"),
        ("http://a.localhost/", "private network"),
        ("http://printer.local/", "private network"),
        ("http://metadata.google.internal/", "private network"),
        ("http://intranet/", "private network"),
        ("http://127.1/", "neither a name nor an address"),
        ("http://2130706433/", "private network"),
        ("http://0x7f.0.0.1/", "neither a name nor an address"),
        ("http://0177.0.0.1/", "neither a name nor an address"),
        ("https:///x", "no host"),
        ("https://-x.example/", "no host"),
    ],
    ids=ascii,
)
def test_a_link_of_any_other_kind_is_refused_with_its_reason(url, why):
    assert why in links.why_unsafe(url)


# ------------------------------------------------------------------ plug-ins


class _Handler:
    """A handler that is right; each test makes one thing wrong."""

    TITLE = "our hub"
    ENV_NAME = "hub"
    section = staticmethod(lambda _m, _s: {"env_name": "hub", "handler_url": "https://hub.example"})
    why_not = staticmethod(lambda _s, _n, _h: None)
    plan = staticmethod(lambda _s, _n, _h: Plan("open it", (Open("https://hub.example/"),)))


def wrong(**other: object) -> Any:
    return type(
        "handler", (_Handler,), {k: staticmethod(v) if callable(v) else v for k, v in other.items()}
    )


def test_a_handler_that_is_right_passes():
    assert check_cloud(_Handler).steps == (Open("https://hub.example/"),)
    silent = wrong(section=lambda _m, _s: None, why_not=lambda _s, _n, _h: "not today")
    assert check_cloud(silent) is None


WRONG = {
    "no title": ({"TITLE": ""}, "TITLE is not a text"),
    "no name": ({"ENV_NAME": None}, "ENV_NAME is not a text"),
    "no function": ({"section": 5}, "section is no function"),
    "another signature": ({"plan": lambda: None}, "cannot be called as its family does"),
    "no object": ({"section": lambda _m, _s: [1]}, "returned no object"),
    "no JSON": ({"section": lambda _m, _s: {"env_name": {1}}}, "no JSON"),
    "another name": ({"section": lambda _m, _s: {"env_name": "x"}}, "another env_name"),
    "a strange link": (
        {"section": lambda _m, _s: {"env_name": "hub", "handler_url": "file:///x"}},
        "no web address",
    ),
    "a strange version": (
        {"section": lambda _m, _s: {"env_name": "hub", "cloud_ver": []}},
        "no plain cloud_ver",
    ),
    "a strange metadata": (
        {"section": lambda _m, _s: {"env_name": "hub", "metadata": "x"}},
        "no object",
    ),
    "a token": (
        {"section": lambda _m, s: {"env_name": "hub", "metadata": dict(s.environ)}},
        "gives a token away",
    ),
    "no sentence": ({"why_not": lambda _s, _n, _h: False}, "neither None nor a sentence"),
    "no plan": ({"plan": lambda _s, _n, _h: 5}, "returned no Plan"),
    "a strange step": ({"plan": lambda _s, _n, _h: Plan("x", (5,))}, "no step"),
    "a plain link": (
        {"plan": lambda _s, _n, _h: Plan("x", (Open("http://hub.example/"),))},
        "no https address",
    ),
    "a deed": ({"why_not": lambda _s, n, h: h.write(n, "x")}, "did something"),
}


@pytest.mark.parametrize(("other", "says"), WRONG.values(), ids=WRONG)
def test_a_handler_that_is_wrong_is_told_what_is(other, says):
    with pytest.raises(AssertionError, match=says):
        check_cloud(wrong(**other))


def test_a_plan_may_hold_other_steps():
    other = wrong(plan=lambda _s, _n, _h: Plan("x", (Run(("hubctl", "open")),)))
    assert check_cloud(other).steps


LOAD = """
import json, sys
sys.path.insert(0, sys.argv[1])
from envboot import clouds
found = clouds.family()
print(json.dumps([[n for n, _ in found.members], found.warnings]))
"""


def test_a_distribution_adds_a_handler_by_an_entry_point(tmp_path, child_environ):
    info = tmp_path / "hub-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hub\nVersion: 1.0\n")
    points = "hub = hub\nhalf = half\ngoogle = hub\n"
    (info / "entry_points.txt").write_text(f"[envboot.clouds]\n{points}")
    names = "def section(m, s): return None\ndef why_not(s, n, h): return 'no'\n"
    (tmp_path / "hub.py").write_text(f"TITLE = ENV_NAME = 'hub'\n{names}def plan(s, n, h): 0\n")
    (tmp_path / "half.py").write_text(f"TITLE = ENV_NAME = 'half'\n{names}")
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(tmp_path)],
        env=child_environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    members, warnings = json.loads(done.stdout)
    assert members == ["google", "hub"]
    assert warnings == [
        "plug-in google of hub is ignored: the name is taken",
        "plug-in half of hub lacks plan",
    ]


def test_the_built_in_handler_is_of_the_family():
    member = clouds.family().get("google")
    assert member is google
    assert all(hasattr(member, name) for name in clouds.REQUIRED)


def test_the_handler_of_the_how_to_is_a_whole_plug_in(tmp_path, child_environ):
    """Run the page's own test of its own handler, in a Python of its own."""
    text = text_of("docs/how-to/write-a-cloud-handler.md")
    for block in blocks(text):
        if block.title:
            (tmp_path / block.title).write_text("\n".join(block.lines) + "\n", encoding="utf-8")
    assert set(clouds.REQUIRED) <= set(quoted(text)) | {
        word.partition("(")[0] for word in quoted(text)
    }
    done = subprocess.run(
        [sys.executable, "test_handler.py"],
        cwd=tmp_path,
        env=child_environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_handler_of_the_how_to_opens_what_was_pushed(pushed, shell, tmp_path):
    for block in blocks(text_of("docs/how-to/write-a-cloud-handler.md")):
        if block.title == "envboot_labhub.py":
            (tmp_path / block.title).write_text("\n".join(block.lines) + "\n", encoding="utf-8")
    names: dict[str, Any] = {}
    exec((tmp_path / "envboot_labhub.py").read_text(encoding="utf-8"), names)  # noqa: S102 - ours
    notebook, _ = pushed
    assert names["why_not"]({}, notebook, shell) is None
    (step,) = names["plan"]({}, notebook, shell).steps
    assert step.url == (
        "https://hub.lab.example/hub/user-redirect/git-pull"
        "?repo=https%3A%2F%2Fgithub.com%2Fann%2Fsunspots.git&branch=main"
        "&urlpath=lab%2Ftree%2Fsunspots%2Fn%20b%2Fto%20ur.ipynb"
    )
