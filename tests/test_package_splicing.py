"""A person's dependency file: what is put in comes out again, and nothing else is touched."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envboot.formats import environment_yml, requirements_txt
from envboot.formats.parts import encoding
from envboot.package import declaring, splicing
from envboot.spec import Dependency, EnvironmentSpec, Origin

HERE = Origin("x")


def pypi(text: str, why: str = "a.py:1") -> Dependency:
    name = requirements_txt.parse(text, HERE).dependencies[0].name
    return Dependency(name, text, "pypi", HERE, why)


def conda(text: str, why: str = "a.py:1") -> Dependency:
    return replace(environment_yml.match_spec.read(text, HERE)[0], why=why)


def requirements(before: str, *new: Dependency, fill: bool = False) -> str:
    spec = requirements_txt.parse(before, HERE)
    names = {d.name for d in new}
    kept = tuple(d for d in spec.dependencies if d.name not in names and not d.why)
    return splicing.requirements(before, replace(spec, dependencies=(*kept, *new)), fill=fill)


def environment(before: str, *new: Dependency, fill: bool = False, **more: object) -> str:
    spec = environment_yml.parse(before, HERE)
    names = {(d.ecosystem, d.name) for d in new}
    kept = tuple(d for d in spec.dependencies if (d.ecosystem, d.name) not in names and not d.why)
    spec = replace(spec, dependencies=(*kept, *new), **more)  # type: ignore[arg-type]
    return splicing.environment(before, spec, fill=fill)


# ------------------------------------------------------------------ requirements.txt


def test_lines_are_added_at_the_end_with_their_evidence() -> None:
    before = "# mine\n--pre\nnumpy >= 1.20   # keep\n\n\n"
    after = requirements(before, pypi("six~=1.16"), pypi("attrs"))
    assert after == (
        "# mine\n--pre\nnumpy >= 1.20   # keep\n"
        "six~=1.16  # envboot: a.py:1\nattrs  # envboot: a.py:1\n\n\n"
    )
    assert splicing.strip(after) == before


def test_a_file_without_a_last_line_end_gets_one() -> None:
    assert requirements("numpy", pypi("six")) == "numpy\nsix  # envboot: a.py:1\n"
    assert requirements("numpy") == "numpy"


def test_a_line_of_envboot_s_is_renewed_and_goes_with_its_reason() -> None:
    before = "numpy\nsix~=1.16  # because  # envboot: a.py:1\n"
    assert requirements(before, pypi("six~=1.17")) == (
        "numpy\nsix~=1.17  # because  # envboot: a.py:1\n"
    )
    assert requirements(before) == "numpy\n"


def test_evidence_that_moved_is_no_change() -> None:
    before = "numpy\nsix~=1.16  # envboot: a.py:1\n"
    assert requirements(before, pypi("six~=1.16", "a.py:7")) == before


def test_a_line_of_a_person_s_stays_whatever_is_installed() -> None:
    before = "numpy\nsix==1.0\n"
    assert requirements(before, pypi("numpy~=2.0"), pypi("six~=1.16")) == before


def test_a_bare_line_is_filled_when_that_is_asked_for_and_emptied_again() -> None:
    before = "numpy  # the newest\nsix==1.0\n"
    after = requirements(before, pypi("numpy~=2.0"), fill=True)
    assert after == "numpy~=2.0  # the newest  # envboot: was `numpy`; a.py:1\nsix==1.0\n"
    assert splicing.strip(after) == before
    again = requirements(after, pypi("numpy~=2.1"), fill=True)
    assert again == after.replace("2.0", "2.1")
    assert requirements(again) == before, "nothing needs it any more: it is as it was"


def test_continued_lines_and_hashes_stay() -> None:
    before = "numpy==2.0 \\\n    --hash=sha256:" + "0" * 64 + "\n"
    after = requirements(before, pypi("six"))
    assert after.startswith(before)
    assert splicing.strip(after) == before


# ------------------------------------------------------------------- environment.yml

USUAL = """\
# mine
name: tides   # a name
channels: [conda-forge]
dependencies:
- python=3.11
- numpy>=1.20  # keep
- pip
- pip:
  - six
variables:
  TIDE: "high"
"""


def test_both_lists_of_an_environment_grow() -> None:
    after = environment(USUAL, conda("scipy=1.11"), pypi("attrs~=23.0"))
    assert after == USUAL.replace("- pip:\n", "- scipy=1.11  # envboot: a.py:1\n- pip:\n").replace(
        "  - six\n", "  - six\n  - attrs~=23.0  # envboot: a.py:1\n"
    )
    assert splicing.strip(after) == USUAL
    found = environment_yml.parse(after, HERE)
    assert {d.name for d in found.dependencies} == {
        "python",
        "numpy",
        "pip",
        "six",
        "scipy",
        "attrs",
    }


def test_a_list_for_pip_is_made_where_there_is_none() -> None:
    before = "dependencies:\n    - python\n    - numpy\n\n# the end\n"
    after = environment(before, pypi("attrs"))
    assert [d.text for d in environment_yml.parse(after, HERE).dependencies] == [
        "python",
        "numpy",
        "pip",
        "attrs",
    ]
    assert splicing.strip(after) == before


def test_a_list_in_one_line_is_written_anew() -> None:
    after = environment("dependencies: [python, numpy]\n", conda("scipy"))
    names = [d.name for d in environment_yml.parse(after, HERE).dependencies]
    assert sorted(names) == ["numpy", "python", "scipy"]


def test_pip_itself_is_not_put_where_a_person_does_without() -> None:
    before = "dependencies: [numpy, {pip: [six]}]\n"
    assert environment(before, conda("pip")) == before


def test_a_variable_is_added_and_renewed() -> None:
    after = environment(USUAL, variables=(("TIDE", "low"), ("MOON", "full: yes")))
    assert environment_yml.parse(after, HERE).variables == (("TIDE", "low"), ("MOON", "full: yes"))
    assert 'MOON: "full: yes"  # envboot:' in after
    none = environment("dependencies:\n- numpy\n", variables=(("MOON", "1"),))
    assert environment_yml.parse(none, HERE).variables == (("MOON", "1"),)
    assert splicing.strip(none) == "dependencies:\n- numpy\n"


def test_an_environment_of_envboot_s_lines_is_renewed() -> None:
    before = "dependencies:\n  - numpy\n  - scipy=1.0  # envboot: a.py:1\n"
    assert environment(before, conda("scipy=1.2")) == before.replace("1.0", "1.2")
    assert environment(before) == "dependencies:\n  - numpy\n"


# ------------------------------------------------------------------------- properties

NAME = st.from_regex(r"[a-z][a-z0-9]{0,6}(-[a-z0-9]{1,3})?", fullmatch=True)
COMMENT = st.sampled_from(["", "  # mine", " # é", "\t# x # y"])
LINE = st.one_of(
    st.builds(
        lambda n, v, c: f"{n}{v}{c}", NAME, st.sampled_from(["", "==1.0", " >= 2, <3"]), COMMENT
    ),
    st.sampled_from(["", "   ", "# alone", "    # indented", "--pre", "-e ./here"]),
)
NEW = st.lists(NAME.map(lambda n: f"new-{n}"), max_size=3, unique=True)


@settings(max_examples=40, deadline=None)
@given(lines=st.lists(LINE, max_size=8), new=NEW, end=st.sampled_from(["\n", "\r\n"]))
def test_whatever_a_requirements_file_holds_comes_back(
    lines: list[str], new: list[str], end: str
) -> None:
    before = (end.join(lines) + end).encode()
    text = encoding.decode(before, "requirements.txt")
    old = requirements_txt.parse(text, HERE)
    spec = replace(old, dependencies=(*old.dependencies, *(pypi(n) for n in new)))
    after = declaring.written(before, "requirements.txt", spec)
    names = {d.name for d in requirements_txt.parse(encoding.decode(after, "x"), HERE).dependencies}
    assert names == {d.name for d in spec.dependencies}
    assert (after == before) == (not new)
    assert declaring.written(after, "requirements.txt", spec) == after
    assert declaring.cleared(after, "requirements.txt") == before


@settings(max_examples=40, deadline=None)
@given(
    first=st.lists(NAME, min_size=1, max_size=4, unique=True),
    pip=st.lists(NAME, max_size=3, unique=True),
    new=NEW,
    more=NEW,
    margin=st.sampled_from(["", "  ", "    "]),
    comment=st.sampled_from(["", "  # mine", " # é"]),
    mark=st.sampled_from([b"", b"\xef\xbb\xbf"]),
)
def test_whatever_an_environment_holds_comes_back(
    first: list[str],
    pip: list[str],
    new: list[str],
    more: list[str],
    margin: str,
    comment: str,
    mark: bytes,
) -> None:
    rows = ["name: x", "dependencies:" + comment, *(f"{margin}- {n}{comment}" for n in first)]
    rows += [f"{margin}- pip", f"{margin}- pip:", *(f"{margin}  - {n}" for n in pip)] if pip else []
    before = mark + ("\n".join(rows) + "\n").encode()
    old = environment_yml.parse(encoding.decode(before, "environment.yml"), HERE)
    wanted = (*(conda(n) for n in new), *(pypi(n) for n in more))
    spec = replace(old, dependencies=(*old.dependencies, *wanted))
    after = declaring.written(before, "environment.yml", spec)
    found = environment_yml.parse(encoding.decode(after, "environment.yml"), HERE)
    assert {(d.ecosystem, d.name) for d in found.dependencies} - {("conda", "pip")} == {
        (d.ecosystem, d.name) for d in spec.dependencies
    } - {("conda", "pip")}
    assert declaring.written(after, "environment.yml", replace(spec)) == after
    assert declaring.cleared(after, "environment.yml") == before


# ------------------------------------------------------------- files that envboot made


def made(text: str, path: str = "requirements.txt") -> bytes | None:
    return declaring.cleared(f"{declaring.HEAD}\n{text}".encode(), path)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("six  # envboot: a.py:1\n", None),
        ("-r requirements.txt\nsix  # envboot: a.py:1\n", None),
        ("six  # envboot: a.py:1\nattrs  # envboot: by hand; not imported\n", b"attrs\n"),
        ("six  # envboot: a.py:1\nattrs\n", b"attrs\n"),
        ("# mine\nsix  # envboot: a.py:1\n", b"# mine\n"),
        ("six  # because  # envboot: a.py:1\nattrs\n", b"attrs\n"),
    ],
)
def test_a_file_of_ours_goes_unless_somebody_wrote_into_it(text: str, left: bytes | None) -> None:
    assert made(text) == left


@pytest.mark.parametrize(
    ("rows", "left"),
    [
        (["python=3.11  # envboot: live", "numpy=2.0  # envboot: a.py:1"], None),
        (["pip  # envboot: for pip", "pip:\n      - six  # envboot: a.py:1"], None),
        (["numpy=2.0  # envboot: a.py:1", "scipy"], ["scipy"]),
        (["pip  # envboot: x", "scipy", "pip:\n      - six  # envboot: a"], ["scipy"]),
    ],
)
def test_an_environment_of_ours_goes_unless_somebody_wrote_into_it(
    rows: list[str], left: list[str] | None
) -> None:
    text = "name: x\nchannels:\n  - conda-forge\ndependencies:\n"
    found = made(text + "".join(f"  - {row}\n" for row in rows), "environment.yml")
    if left is None:
        assert found is None
    else:
        assert found is not None
        spec = environment_yml.parse(found.decode(), Origin("environment.yml"))
        assert [d.name for d in spec.dependencies] == left
        assert b"envboot" not in found


def test_a_hand_written_file_without_our_lines_is_left_alone() -> None:
    for data in (b"numpy\n", b"\xef\xbb\xbfnumpy\r\n", b"numpy"):
        assert declaring.cleared(data, "requirements.txt") == data
        spec = requirements_txt.parse(encoding.decode(data, "x"), HERE)
        assert declaring.written(data, "requirements.txt", spec) == data


def test_an_empty_spec_writes_nothing() -> None:
    assert splicing.requirements("", EnvironmentSpec()) == ""
