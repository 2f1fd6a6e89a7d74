"""What `metadata.environment` means: both versions, and what others keep there."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ipynb import SERVICES

from envboot.errors import InvalidFile
from envboot.formats.notebook import ENVIRONMENT, Notebook, environment
from envboot.formats.notebook.environment import (
    ALLOWED,
    LARGEST,
    MIRROR,
    TOP,
    Embedded,
    Git,
    digest,
    found,
    is_ours,
    machine,
    parse,
    render,
)
from envboot.spec import Origin

ORIGIN = Origin("x.ipynb")
QUICK = settings(max_examples=100, deadline=None, derandomize=True)
DRAFT = {
    "env_ver": "0.1",
    "requirements.txt": "numpy\n",
    "environment.yaml": "dependencies:\n  - python\n",
    "container": "gcr.io/deeplearning-platform-release/base-cpu:m55",
    "setup.sh": "#!/bin/sh\n",
    "cloud": {
        "env_name": "google",
        "handler_url": "https://console.cloud.google.com/vertex-ai",
        "cloud_ver": 0.1,
        "metadata": {
            "environment_version": "common-cpu.m55",
            "container": "gcr.io/deeplearning-platform-release/base-cpu:m55",
            "machine_configuration": {"cpus": 4, "memory": "15gb"},
            "region": "us-central1",
        },
    },
    "git": {"path": "https://github.com/octocat/Hello-World", "commit id": "7fd1a60"},
}
"""All that the first draft of the format has."""
FULL = Embedded(
    files={
        "requirements.txt": "numpy\n",
        "environment.yml": "name: x\n",
        "setup.sh": "",
        "apt.txt": "graphviz\n",
        "binder/postBuild": "#!/bin/sh\n",
    },
    container="quay.io/jupyter/base-notebook:2025-01-06",
    git=Git("git@github.com:octocat/Hello-World", "a" * 40, "notebooks/été", dirty=True),
    machine={"cpus": 2, "memory": "8gb", "gpu": {"memory": "16gb"}, "more": [1]},
    clouds=({"env_name": "a"}, {"env_name": "b", "metadata": {"x": 1}}),
    unknown={"later": {"x": [None]}, "kernel": "python3"},
)


def refused(raw, *words):
    with pytest.raises(InvalidFile) as caught:
        parse(raw, ORIGIN)
    error = caught.value
    assert str(error).startswith("x.ipynb: `environment")
    assert error.hint
    assert "\n" not in str(error) + error.hint
    for word in words:
        assert word in f"{error} {error.hint}", (str(error), error.hint)
    return error


# ------------------------------------------------------------------- our own versions


def test_the_first_draft_is_read():
    embedded = parse(DRAFT, ORIGIN)
    assert embedded.version == "0.1"
    assert embedded.whose == "ours"
    assert embedded.files == {
        "requirements.txt": "numpy\n",
        "environment.yaml": "dependencies:\n  - python\n",
        "setup.sh": "#!/bin/sh\n",
    }
    assert embedded.container == DRAFT["container"]
    assert embedded.git == Git("https://github.com/octocat/Hello-World", "7fd1a60")
    assert embedded.clouds == (DRAFT["cloud"],)
    assert machine(embedded) == {"cpus": 4, "memory": "15gb"}
    assert embedded.unknown == {}


def test_the_draft_packed_again_is_the_second_version_and_nothing_else_changes():
    again = render(parse(DRAFT, ORIGIN), DRAFT)
    assert again == {**DRAFT, "env_ver": "0.2"}
    assert list(again) == list(DRAFT)
    assert parse(again, ORIGIN) == replace(parse(DRAFT, ORIGIN), version="0.2")


def test_all_of_it_comes_back():
    written = render(FULL)
    assert parse(written, ORIGIN) == FULL
    assert parse(json.loads(json.dumps(written)), ORIGIN) == FULL
    assert written["env_ver"] == "0.2"
    assert written["environment.yaml"] == "name: x\n"
    assert written["files"] == {"apt.txt": "graphviz\n", "postBuild": "#!/bin/sh\n"}
    assert written["sources"] == {
        "environment.yaml": "environment.yml",
        "postBuild": "binder/postBuild",
    }
    assert list(written)[:2] == ["env_ver", "requirements.txt"]


def test_nothing_is_written_for_what_is_not_there():
    assert render(Embedded()) == {"env_ver": "0.2"}
    assert parse({"env_ver": "0.2"}, ORIGIN) == Embedded()
    assert parse(None, ORIGIN) is None


TEXTS = st.text(alphabet="ab\n\té ", max_size=8)
NAMES = st.sampled_from(["requirements.txt", "environment.yml", "environment.yaml", "setup.sh"])
EMBEDDED = st.builds(
    Embedded,
    files=st.dictionaries(NAMES | st.sampled_from(ALLOWED), TEXTS, max_size=5).filter(
        lambda files: not {"environment.yml", "environment.yaml"} <= files.keys()
    ),
    container=st.sampled_from(["", "a", "ghcr.io/a/b@sha256:00"]),
    git=st.none()
    | st.builds(
        Git,
        st.sampled_from(["https://h/x", "ssh://git@h:22/x.git", "git@h:x", "u@h.org:/x"]),
        st.sampled_from(["", "a" * 7, "0" * 64]),
        st.sampled_from(["", "a/b", "é"]),
        dirty=st.booleans(),
    ),
    machine=st.sampled_from([{}, {"cpus": 1}, {"gpu": False}, {"gpu": "optional", "x": 1}]),
    clouds=st.lists(
        st.sampled_from([{"env_name": "a"}, {"env_name": "b", "x": []}]), max_size=3
    ).map(tuple),
    unknown=st.dictionaries(
        st.sampled_from(["x", "y", "uri", "kernel"]), st.integers(), max_size=2
    ),
)


@QUICK
@given(embedded=EMBEDDED)
def test_whatever_is_written_is_read_back(embedded):
    assert parse(render(embedded), ORIGIN) == embedded


@QUICK
@given(embedded=EMBEDDED, before=EMBEDDED, data=st.data())
def test_the_order_and_the_unknown_of_what_was_there_are_kept(embedded, before, data):
    there = render(before)
    there = {key: there[key] for key in data.draw(st.permutations(list(there)))}
    new = render(embedded, there)
    read = parse(new, ORIGIN)
    assert read == replace(embedded, unknown={**before.unknown, **embedded.unknown})
    stayed = [key for key in there if key in new]
    assert [key for key in new if key in there] == stayed
    assert list(new)[: len(stayed)] == stayed
    assert render(read, new) == new
    assert list(render(read, new)) == list(new)


@pytest.mark.parametrize("key", ["environment.yaml", "environment.yml"])
@pytest.mark.parametrize("name", ["environment.yaml", "environment.yml", "binder/environment.yml"])
def test_a_key_stays_spelled_as_it_is_and_sources_says_the_name(key, name):
    new = render(Embedded(files={name: "x"}), {"env_ver": "0.1", key: "old"})
    assert new[key] == "x"
    assert new.get("sources") == ({key: name} if key != name else None)
    assert parse(new, ORIGIN).files == {name: "x"}


def test_one_cloud_stays_a_list_where_it_was_one():
    one = Embedded(clouds=({"env_name": "a"},))
    assert render(one)["cloud"] == {"env_name": "a"}
    assert render(one, {"env_ver": "0.2", "cloud": []})["cloud"] == [{"env_name": "a"}]
    assert render(one, {"env_ver": "0.2", "cloud": {}})["cloud"] == {"env_name": "a"}
    two = replace(one, clouds=({"env_name": "a"}, {"env_name": "b"}))
    assert len(render(two, {"env_ver": "0.2", "cloud": {}})["cloud"]) == 2


def test_unknown_keys_of_git_are_kept():
    before = {"env_ver": "0.2", "git": {"branch": "main", "commit id": "a" * 7, "dirty": True}}
    new = render(Embedded(git=Git("https://h/x", "b" * 7)), before)
    assert list(new["git"].items()) == [
        ("branch", "main"),
        ("commit id", "b" * 7),
        ("path", "https://h/x"),
    ]


def test_a_later_version_that_only_adds_is_read():
    assert parse({"env_ver": "0.9.1", "new": 1}, ORIGIN).unknown == {"new": 1}
    refused({"env_ver": "1.0"}, "`environment.env_ver` is 1.0", "update envboot")
    refused({"env_ver": "12.3.4"}, "12.3.4")


def test_the_digest_is_of_the_meaning_not_of_the_writing():
    assert digest({"b": 1, "a": ["é", {}]}) == digest({"a": ["é", {}], "b": 1})
    assert digest({"a": 1}) != digest({"a": True})
    assert digest({"a": "\ud800"}) != digest({"a": "?"})
    # printf '{"env_ver":"0.2"}' | sha256sum
    said = "32dd52f78f2ab5037d5336bfa4d66a7f14dd7941cd643e4a33738b6a02394692"
    assert digest({"env_ver": "0.2"}) == said


# ------------------------------------------------------------------------- what others wrote


def test_google_s_key_is_understood():
    embedded = parse(SERVICES["workbench"]["environment"], ORIGIN)
    uri = SERVICES["workbench"]["environment"]["uri"]
    assert embedded == Embedded(
        version="",
        container=uri,
        clouds=(
            {
                "env_name": "google",
                "metadata": {"environment_version": "workbench-notebooks.m128", "container": uri},
            },
        ),
        whose="google",
    )
    assert parse(SERVICES["deep learning vm"]["environment"], ORIGIN).whose == "google"
    odd = parse({"type": "gcloud", "name": 3, "uri": None}, ORIGIN)
    assert odd.container == ""
    assert odd.clouds == ({"env_name": "google", "metadata": {}},)


def test_ours_goes_beside_google_s_four_keys():
    google = SERVICES["workbench"]["environment"]
    new = render(FULL, google)
    assert {key: new[key] for key in google} == {**google, "kernel": "python3"}
    assert list(new)[:4] == list(google)
    read = parse(new, ORIGIN)
    assert read.whose == "ours"
    assert read.files == FULL.files
    assert set(google) <= set(read.unknown)


def test_conda_s_object_is_an_environment_yml():
    raw = SERVICES["conda env attach"]["environment"]
    embedded = parse(raw, ORIGIN)
    assert (embedded.whose, embedded.version) == ("conda", "")
    read = yaml.safe_load(embedded.files["environment.yml"])
    assert read == {key: value for key, value in raw.items() if key != "prefix"}


@settings(QUICK, max_examples=60)
@given(
    name=st.text(max_size=8),
    rows=st.lists(
        st.text(max_size=8)
        | st.integers(-9, 9)
        | st.dictionaries(st.sampled_from(["pip", "", "x"]), st.lists(st.text(max_size=5)))
    ),
)
def test_any_of_conda_s_objects_is_yaml_that_means_the_same(name, rows):
    raw = {"name": name, "dependencies": rows}
    assert yaml.safe_load(parse(raw, ORIGIN).files["environment.yml"]) == raw


@pytest.mark.parametrize(
    "raw",
    ["text", 3, True, [], [{}], {}, {"name": "x"}, {"dependencies": "x"}, {"ENV_VER": "0.1"}, 0.5],
)
def test_anything_else_is_somebody_else_s_and_says_nothing(raw):
    assert parse(raw, ORIGIN) == Embedded(version="", whose="foreign")
    assert not is_ours(raw)
    new = render(FULL, raw)
    assert parse(new, ORIGIN).files == FULL.files
    if isinstance(raw, dict):
        assert raw.items() <= new.items()


def test_where_ours_stands():
    ours, other = render(FULL), SERVICES["workbench"]["environment"]

    def of(**metadata):
        return found(Notebook(metadata, (4, 5)), ORIGIN)

    assert of() == (None, ENVIRONMENT)
    assert of(environment=ours) == (FULL, ENVIRONMENT)
    assert of(environment=ours, envboot={"environment": {"env_ver": "0.1"}}) == (FULL, ENVIRONMENT)
    assert of(environment=other, envboot={"environment": ours}) == (FULL, MIRROR)
    assert of(envboot={"environment": ours}) == (FULL, MIRROR)
    assert of(environment=other, envboot={"environment": "x"})[0].whose == "google"
    assert of(environment=other, envboot=[])[0].whose == "google"
    assert of(environment="x")[0].whose == "foreign"
    with pytest.raises(InvalidFile):
        of(environment=other, envboot={"environment": {"env_ver": 2}})


def test_the_hardware_at_the_top_wins():
    cloud = {"env_name": "g", "metadata": {"machine_configuration": {"cpus": 8}}}
    words = {"env_name": "h", "metadata": {"machine_configuration": "n1-standard-4"}}
    assert machine(Embedded(machine={"cpus": 2}, clouds=(cloud,))) == {"cpus": 2}
    assert machine(Embedded(clouds=(words, cloud))) == {"cpus": 8}
    assert machine(Embedded(clouds=(words, {"env_name": "x"}))) == {}


# --------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"env_ver": 0.1}, ("env_ver` must be text", "0.1", 'write "0.2"')),
        ({"env_ver": None}, ("env_ver` must be text, and is null",)),
        ({"env_ver": "0.2\n"}, ("env_ver`", '"0.2\\n"')),
        ({"env_ver": "zero"}, ("env_ver`",)),
        ({"requirements.txt": ["numpy\n"]}, ("`environment.requirements.txt` must be text",)),
        ({"setup.sh": None}, ("`environment.setup.sh`", "one JSON string")),
        ({"environment.yml": "", "environment.yaml": ""}, ("two spellings", "take one of them")),
        ({"files": []}, ("`environment.files` must be an object, and is an array",)),
        ({"files": {"uv.lock": 1}}, ("`environment.files/uv.lock` must be text, and is 1",)),
        ({"files": {"apt.txt": "x" * (LARGEST + 1)}}, ("files/apt.txt`", "at most 262144")),
        ({"files": {"../x": ""}}, ("`environment.files/'../x'`", "take this file out")),
        ({"files": {".bashrc": ""}}, ("files/.bashrc` is not a name",)),
        ({"files": {"requirements.txt": ""}}, ("files/requirements.txt` is not a name",)),
        ({"files": {"a\u202e": ""}}, ("files/'a\\u202e'`",)),
        ({"sources": {"requirements.txt": "../x"}}, ("`environment.sources/requirements.txt`",)),
        ({"sources": {"requirements.txt": "/x"}}, ("sources/",)),
        ({"sources": {"requirements.txt": "binder/x/y"}}, ("sources/",)),
        ({"sources": {"requirements.txt": ".git/hooks"}}, ("sources/",)),
        ({"sources": {"apt.txt": "b.txt"}, "files": {"apt.txt": ""}}, ("its folder",)),
        (
            {"sources": {"requirements.txt": "environment.yml"}, "requirements.txt": ""},
            ("`environment.sources/requirements.txt` must not be 'environment.yml'",),
        ),
        ({"container": ""}, ("`environment.container`", "docker pull")),
        ({"container": "-v/:/host"}, ("`environment.container`",)),
        ({"container": "a b"}, ("`environment.container`",)),
        ({"container": "a\n"}, ("`environment.container`",)),
        ({"git": "https://h/x"}, ("`environment.git` must be an object",)),
        ({"git": {"commit id": "--upload-pack=x"}}, ("`environment.git/commit id`", "rev-parse")),
        ({"git": {"commit id": "ABCDEF1"}}, ("commit id",)),
        ({"git": {"commit id": "abc"}}, ("commit id",)),
        ({"git": {"subdir": "../x"}}, ("`environment.git/subdir`",)),
        ({"git": {"subdir": "a\n/../x"}}, ("`environment.git/subdir`",)),
        ({"git": {"subdir": "/x"}}, ("`environment.git/subdir`",)),
        ({"git": {"subdir": "C:/x"}}, ("`environment.git/subdir`",)),
        ({"git": {"subdir": "a\\b"}}, ("`environment.git/subdir`",)),
        ({"git": {"dirty": "yes"}}, ("`environment.git/dirty` must be true or false",)),
        ({"machine_configuration": 3}, ("machine_configuration` must be an object",)),
        ({"machine_configuration": {"cpus": 0}}, ("/cpus` must be at least 1, and is 0",)),
        ({"machine_configuration": {"cpus": True}}, ("/cpus` must be a whole number",)),
        ({"machine_configuration": {"memory": "8 GB"}}, ("/memory` must not be", "`gb`")),
        ({"machine_configuration": {"memory": 8}}, ("/memory` must be text",)),
        ({"machine_configuration": {"gpu": "yes"}}, ("/gpu` must be", '"optional"')),
        ({"machine_configuration": {"gpu": {"x": 1}}}, ("/gpu/x` must not be there",)),
        ({"cloud": 3}, ("`environment.cloud` must be an object or an array, and is 3",)),
        ({"cloud": {}}, ("`environment.cloud/env_name` is missing",)),
        ({"cloud": [{"env_name": "a"}, {}]}, ("`environment.cloud/1/env_name` is missing",)),
        ({"cloud": [[]]}, ("`environment.cloud/0`",)),
        ({"cloud": {"env_name": "a", "metadata": []}}, ("`environment.cloud/metadata`",)),
        ({"cloud": {"env_name": "a", "handler_url": "javascript:x"}}, ("cloud/handler_url`",)),
        ({"cloud": {"env_name": "a", "handler_url": "file:///etc"}}, ("cloud/handler_url`",)),
    ],
    ids=range(48),
)
def test_what_does_not_keep_to_the_schema_is_told_with_its_place(raw, words):
    refused({"env_ver": "0.2", **raw}, *words)


@pytest.mark.parametrize(
    "path",
    [
        "https://user:secret@github.com/a/b",
        "https://secret@github.com/a/b",
        "https://github.com:443@secret/a",
        "ssh://git:secret@h/x",
        "http://h/secret",
        "git://h/secret",
        "file:///secret",
        "/secret",
        "ext::sh -c secret",
        "--upload-pack=secret",
        "-oProxyCommand=secret@h:x",
        "git@-oProxyCommand=secret:x",
        "git@h:-secret",
        "ssh://-oProxyCommand=secret/x",
        "https://h/-secret",
        "https://h/x?token=secret",
        "https://h/x#secret",
        "https://h\\@secret/x",
        "https://h/x secret",
        "https://h/x\nsecret",
        "https://h/secret\n",
        "https://h",
        "git@h:",
        "secret",
    ],
)
def test_addresses_of_repositories_that_are_refused_and_never_shown(path):
    error = refused({"env_ver": "0.2", "git": {"path": path}}, "`environment.git/path`")
    assert "secret" not in str(error) or path == "secret"


@pytest.mark.parametrize(
    "url",
    ["https://u:secret@h/x", "https://secret@h", "http://h/secret\nx", "http:/h", "", "https://"],
)
def test_addresses_of_handlers_that_are_refused_and_never_shown(url):
    raw = {"env_ver": "0.2", "cloud": {"env_name": "a", "handler_url": url}}
    assert "secret" not in str(refused(raw, "handler_url"))


def test_two_keys_for_one_file():
    sources = {"environment.yaml": "environment.yml"}
    ours = {"env_ver": "0.2", "environment.yaml": "", "sources": sources}
    assert parse(ours, ORIGIN).files == {"environment.yml": ""}
    assert parse({**ours, "sources": {"uv.lock": "binder/uv.lock"}}, ORIGIN).files == {
        "environment.yaml": ""
    }  # a source of what is not there says nothing


def test_values_in_messages_are_short_and_plain():
    error = refused({"env_ver": "x" * 5_000})
    assert len(str(error)) < 200
    error = refused({"env_ver": "0.2", "k" * 500: 1, "files": {"\x1b[31m" + "k" * 500: 1}})
    assert len(str(error)) < 250
    assert str(error).isprintable()


def test_the_names_are_those_of_the_schema():
    from envboot.formats.notebook import schema

    rules = schema.schema()["properties"]
    assert list(ALLOWED) == rules["files"]["propertyNames"]["enum"]
    assert set(TOP) <= set(rules)
    assert schema.schema()["$defs"]["text"]["maxLength"] == LARGEST
    assert environment.VERSION in schema.schema()["$id"]
