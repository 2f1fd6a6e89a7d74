"""environment.yml: every spelling conda has, and what is refused with file, line and hint."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from envboot.errors import InvalidFile
from envboot.formats import environment_yml
from envboot.spec import Origin

HERE = Origin("environment.yml")


def parse(text):
    return environment_yml.parse(text, HERE)


def refused(text):
    with pytest.raises(InvalidFile) as caught:
        parse(text)
    assert caught.value.hint
    return str(caught.value), caught.value.hint


def test_all_that_the_file_can_say_is_kept_with_its_line():
    spec = parse(
        "name: lab\n"
        "channels:\n"
        "  - conda-forge\n"
        "  - nodefaults\n"
        "  - https://example.org/channel\n"
        "dependencies:\n"
        "  - python=3.11\n"
        "  - numpy=1.9.*\n"
        "  - pip\n"
        "  - pip:\n"
        "      - --extra-index-url https://example.org/simple\n"
        "      - -r more.txt\n"
        "      - -c limits.txt\n"
        "      - -e .\n"
        "      - six==1.16.0  # comment\n"
        "      - https://example.org/thing-1.0-py3-none-any.whl\n"
        "variables:\n"
        "  GREETING: hello world\n"
        "  COUNT: 3\n"
        "  EMPTY:\n"
    )
    assert spec.name == "lab"
    assert spec.channels == ("conda-forge", "nodefaults", "https://example.org/channel")
    assert [(d.name, d.text, d.ecosystem, d.origin.line) for d in spec.dependencies] == [
        ("python", "python=3.11", "conda", 7),
        ("numpy", "numpy=1.9.*", "conda", 8),
        ("pip", "pip", "conda", 9),
        ("", "-e .", "pypi", 14),
        ("six", "six==1.16.0", "pypi", 15),
        ("thing", "https://example.org/thing-1.0-py3-none-any.whl", "pypi", 16),
    ]
    assert [(o.name, o.origin.line) for o in spec.options] == [("--extra-index-url", 11)]
    assert [(i.path, i.kind) for i in spec.includes] == [
        ("more.txt", "requirements"),
        ("limits.txt", "constraints"),
    ]
    assert spec.variables == (("GREETING", "hello world"), ("COUNT", "3"), ("EMPTY", ""))
    assert (spec.python, spec.python_origin) == ("==3.11.*", Origin("environment.yml", 7))
    assert spec.as_written
    assert spec.is_conda


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("numpy", "numpy"),
        ("numpy=1.9.*", "numpy"),
        ("numpy>=1.2,<2", "numpy"),
        ("numpy >=1.2, <2", "numpy"),
        ("numpy=1.0=py37_0", "numpy"),
        ("numpy 1.9.*", "numpy"),
        ("numpy 1.9.1 py37_0", "numpy"),
        ("numpy (>=1.20)", "numpy"),
        ("numpy 1.7|1.8", "numpy"),
        ("numpy[version='>=1.2']", "numpy"),
        ("conda-forge::numpy", "numpy"),
        ("conda-forge/linux-64::numpy=1", "numpy"),
        ("blas=*=mkl", "blas"),
        ("_libgcc_mutex=0.1=main", "_libgcc_mutex"),
        ("jpeg=9b=h024ee3a_2", "jpeg"),
        ("pyTorch=2.8", "pytorch"),
        ("ruamel.yaml", "ruamel.yaml"),
        ("https://example.org/noarch/six-1.16.0-pyh_0.tar.bz2", "six"),
    ],
)
def test_every_spelling_of_conda_is_understood(text, name):
    (found,) = parse(f'dependencies: ["{text}"]').dependencies
    assert (found.name, found.text, found.ecosystem) == (name, text, "conda")


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ("python", ""),
        ("python=3.7", "==3.7.*"),
        ("python=3.7.*", "==3.7.*"),
        ("python 3.7*", "==3.7.*"),
        ("python==3.7", "==3.7.*"),
        ("python=3.7.4", "==3.7.4.*"),
        ("python==3.7.4", "==3.7.4"),
        ("python=3.7.4=h1_0", "==3.7.4"),
        ("python>=3.8,<3.11", ">=3.8,<3.11"),
        ("python >=3.8, !=3.9.1", ">=3.8,!=3.9.1"),
        ("python~=3.8", "~=3.8"),
        ("python=3", "==3.*"),
        ("conda-forge::python=3.12", "==3.12.*"),
        ("python[version='>=3.9']", ">=3.9"),
        ("python 3.7|3.9", ""),
    ],
)
def test_the_version_of_python_is_said_as_pep_440(text, python):
    spec = parse(f'dependencies: ["{text}"]')
    assert spec.python == python
    assert spec.dependencies[0].text == text


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", r"^environment.yml: the file is empty", "dependencies"),
        ("name: [x]", r":1: `name` must be text, not a list", "quotes"),
        ("dependencies: six", r":1: `dependencies` must be a list, not `six`", "name=version"),
        ("dependencies:\n  six: 1", r":2: .* must be a list, not a mapping", "- name=version"),
        ("dependencies:\n- python: 3.8", r":2: `python:` starts a mapping", "`python=3.8`"),
        ("dependencies:\n- pip: six", r":2: `pip` must be a list, not `six`", "name==version"),
        ("dependencies:\n- 3.8", r":2: `3.8` is the name of no package", "name=1.2"),
        ("dependencies: [x===2]", r":1: .*version that conda does not understand", "name=1.2"),
        ("dependencies: [x=>2]", r":1: .*version that conda does not understand", "name=1.2"),
        ("dependencies: [python>=3.11<3.12]", r":1: .*does not understand", "<2"),
        ("dependencies: [-rf]", r":1: `-rf` names no package", "name=1.2"),
        ("channels: defaults", r":1: `channels` must be a list", "nodefaults"),
        ("variables: {A B: 1}", r":1: `A B` cannot be the name of a variable", "underscores"),
        ('variables: {A: "x\\ny"}', r":1: the variable `A` has more than one line", "one line"),
        ("a: 1\na: 2", r":2: `a` stands here a second time \(first in line 1\)", "one of the two"),
        ("a: [1", r":1: not valid YAML", "brackets"),
        ("a: 1\n--- \nb: 2", r":2: not valid YAML", "indentation"),
        ("a: x\x07", r":1: a control character", "remove"),
        ("dependencies: " + "[" * 5000, r":1: values are nested more than 12 deep", "plainly"),
        ("dependencies:" + "\n- six" * 30000, r"more than 20000 values", "plainly"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_a_hint(text, message, hint):
    said, advice = refused(text)
    assert re.search(message, said)
    assert hint in advice


def test_aliases_that_stand_for_billions_of_values_are_counted():
    bomb = "a: &a [" + ", ".join(["x"] * 100) + "]\n"
    bomb += "dependencies: [" + ", ".join(["{pip: *a}"] * 300) + "]\n"
    said, _ = refused(bomb)
    assert "aliases" in said


def test_tags_build_no_objects(tmp_path):
    mark = tmp_path / "mark"
    refused(f"name: !!python/object/apply:os.system ['touch {mark}']\n")
    assert not mark.exists()


def test_what_conda_ignores_is_ignored_and_said():
    spec = parse(
        "prefix: /home/x\ncolour: red\ndependencies:\n- six  # [linux]\n- toolz  # [win]\n"
    )
    assert [str(n).split(" is ")[0] for n in spec.notices[:2]] == [
        "environment.yml:1: `prefix`",
        "environment.yml:2: `colour`",
    ]
    assert "selectors" in str(spec.notices[2])
    assert spec.notices[2].origin.line == 4
    assert len(spec.dependencies) == 2


def test_comments_survive_when_the_file_is_written_anew():
    before = (
        "# Lab of the third floor\n"
        "\n"
        "# who we are\n"
        "name: lab\n"
        "channels:  # never defaults\n"
        "  - conda-forge\n"
        "dependencies:\n"
        "  - python=3.11\n"
        "  # newer ones break the plots\n"
        "  - numpy=1.9.*  # see the log\n"
        "  - scipy  # gone soon\n"
        "# the end\n"
    )
    spec = parse(before.replace("  - scipy  # gone soon\n", "").replace("1.9.*", "2.1"))
    text = environment_yml.render(spec, before)
    rows = text.splitlines()
    assert rows[0] == "# Lab of the third floor"
    assert rows[rows.index("name: lab") - 1] == "# who we are"
    assert "  # newer ones break the plots" in rows
    assert "  - numpy=2.1  # see the log" in rows
    assert "channels:  # never defaults" in rows
    assert "# gone soon" in rows
    assert rows[-1] == "# the end"
    assert environment_yml.render(parse(text), text) == text


def test_pip_and_python_are_added_where_conda_needs_them():
    spec = parse("dependencies:\n- pip:\n  - six\n")
    text = environment_yml.render(spec)
    assert text == "dependencies:\n  - pip\n  - pip:\n      - six\n"
    assert environment_yml.as_conda("==3.11.*") == "=3.11"
    assert environment_yml.as_conda(">=3.9, <3.13") == ">=3.9,<3.13"


def test_evidence_stands_behind_its_line_beside_the_comment_of_a_person():
    before = (
        "dependencies:\n"
        "  - numpy=1.26  # not 2 yet  # envboot: src/a.py:3\n"
        "  - scipy  # envboot: src/b.py:1 # why this one?\n"
        "  - pip:\n"
        "      - \"torch==2.1; sys_platform == 'linux'\"  # first  # envboot: a.py:1\n"
        "      - torch==2.0  # second  # envboot: a.py:1\n"
    )
    spec = parse(before)
    assert [d.why for d in spec.dependencies] == ["src/a.py:3", "src/b.py:1", "a.py:1", "a.py:1"]
    renewed = replace(
        spec, dependencies=tuple(replace(d, why="src/z.py:9") for d in spec.dependencies)
    )
    text = environment_yml.render(renewed, before)
    assert text == (
        "dependencies:\n"
        "  - numpy=1.26  # not 2 yet  # envboot: src/z.py:9\n"
        "  - scipy  # why this one?  # envboot: src/z.py:9\n"
        "  - pip\n"
        "  - pip:\n"
        "      - torch==2.1; sys_platform == 'linux'  # first  # envboot: src/z.py:9\n"
        "      - torch==2.0  # second  # envboot: src/z.py:9\n"
    )
    assert environment_yml.render(parse(text), text) == text


def test_one_line_of_several_packages_is_evidence_for_none_of_them():
    spec = parse("dependencies: [six, attrs]  # envboot: a.py:1\n")
    assert [d.why for d in spec.dependencies] == ["", ""]


def test_the_mark_of_a_twin_is_written_once_and_taken_out_again():
    spec = replace(parse("dependencies: [six]\n"), twin="requirements.txt")
    text = environment_yml.render(spec)
    assert text.startswith("# envboot: the same packages are in requirements.txt\n")
    assert parse(text).twin == "requirements.txt"
    assert environment_yml.render(spec, text) == text
    assert "twin" not in environment_yml.render(replace(spec, twin=""), text)
    assert "envboot" not in environment_yml.render(replace(spec, twin=""), text)
