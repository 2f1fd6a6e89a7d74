"""What holds for every file: readers raise nothing but EnvbootError, writers can be read back."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from envboot import formats
from envboot.errors import EnvbootError, InvalidFile
from envboot.formats import environment_yml, requirements_txt
from envboot.formats.parts import comments, encoding
from envboot.spec import Dependency, EnvironmentSpec, Include, Origin, normalise

QUICK = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)

# Fragments of every format, blanks between: random text hardly ever gets past the first bracket.
WORDS = """
name = "six>=1" dependencies [ ] { } : , *a &a !!python/object:os.system six==1.0 -r -c -e . x[
--hash=sha256:00 # ' \\ = == ; "^3.9" {include-group "*" setup( install_requires= extras_require=
( ) true 8GB gpu memory null 1 git+https://x/y#egg=z $ % @ << ? | >- é "hostRequirements": "gpu":
"_meta": "default": "version": python-3.9 python
"""
LINES = """
[project]|[tool.poetry.dependencies]|python = "^3.9"|[dependency-groups]|[packages]|[options]
|install_requires =|  six|[envboot:needs]|# /// script|# ///|dependencies:|- pip:|  - six|channels:
"""
SCRAPS = st.sampled_from(
    [
        *(f"{word} " for word in WORDS.split()),
        *(f"{line.strip()}\n" for line in LINES.split("|")),
        *("\n", "\t", "  ", "\\\n", "\0", "\ufeff", "\u2028", "\x85", '"""', "'''", "# ", "  - "),
    ]
)
TEXTS = st.one_of(st.text(max_size=60), st.lists(SCRAPS, max_size=25).map("".join))


def outcome(function, *arguments):
    """Return what the function returns, or the InvalidFile that it raises."""
    try:
        return function(*arguments)
    except InvalidFile as error:
        return error


@pytest.mark.parametrize("name", formats.BUILT_IN)
@QUICK
@given(text=TEXTS)
def test_no_text_raises_anything_but_an_error_of_ours(name, text):
    reader = formats.readers().get(name)
    spec = outcome(reader.parse, text, Origin("some/file"))
    if isinstance(spec, EnvbootError):
        assert "\n" not in str(spec)
        assert spec.hint
        return
    assert isinstance(spec, EnvironmentSpec)
    for dependency in (*spec.dependencies, *spec.options, *spec.system):
        assert re.fullmatch(r"[^\x00-\x1f\x7f\x85\u2028\u2029]+", dependency.text)
        assert dependency.origin.line is None or 1 <= dependency.origin.line <= len(
            encoding.lines(text)
        )


@QUICK
@given(data=st.binary(max_size=80))
def test_no_bytes_raise_anything_but_an_error_of_ours(data):
    text = outcome(encoding.decode, data, "file")
    assert isinstance(text, InvalidFile) or not {"\0", "\r"} & set(text)


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,5})?", fullmatch=True).filter(
    lambda n: n not in {"python", "pip"}
)
VERSIONS = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){0,2}", fullmatch=True)
HERE = Origin("file")
WHYS = st.one_of(
    st.sampled_from(["", "src/a.py:3 and 2 more", "by hand; not imported", "n #1.ipynb, cell 2"]),
    st.text(max_size=20),
)


@st.composite
def pypi(draw):
    name = draw(NAMES)
    kind = draw(st.integers(0, 5))
    version = draw(VERSIONS)
    text = (
        name,
        f"{name}=={version}",
        f"{name}[extra]>={version},<{version}.1",
        f"{name} @ https://example.org/{name}.zip",
        f'{name}~={version}.0 ; python_version < "3.9"',
        f"{name}=={version} --hash=sha256:{'0' * 64}",
    )[kind]
    return Dependency(normalise(name), text, "pypi", HERE, draw(WHYS))


@st.composite
def conda(draw):
    name, version = draw(NAMES), draw(VERSIONS)
    text = draw(
        st.sampled_from(
            [
                name,
                f"{name}={version}",
                f"{name}>={version},<{version}.9",
                f"c-f::{name}={version}=h_0",
            ]
        )
    )
    return Dependency(name, text, "conda", HERE, draw(WHYS))


def _different(dependencies):
    return len({(d.ecosystem, d.name) for d in dependencies}) == len(dependencies)


OPTIONS = st.sampled_from(
    [(), (Dependency("--extra-index-url", "--extra-index-url https://x.org/s", "pypi", HERE),)]
)
INCLUDES = st.sampled_from(
    [(), (Include("base.txt", "requirements", HERE), Include("c.txt", "constraints", HERE))]
)
ANY_TEXT = st.text(st.characters(exclude_characters="\0\r\n"), max_size=20)


def bare(spec):
    """Return the spec without origins, which a round through a file changes."""

    def plain(dependencies):
        return tuple((d.name, d.text, d.ecosystem, comments.plain(d.why)) for d in dependencies)

    return (
        spec.name,
        spec.python,
        plain(spec.dependencies),
        spec.channels,
        plain(spec.options),
        tuple((i.path, i.kind) for i in spec.includes),
        spec.variables,
    )


@QUICK
@given(st.lists(pypi(), max_size=6).filter(_different), OPTIONS, INCLUDES)
def test_requirements_can_be_read_back(dependencies, options, includes):
    spec = EnvironmentSpec(dependencies=tuple(dependencies), options=options, includes=includes)
    text = requirements_txt.render(spec)
    assert bare(requirements_txt.parse(text, HERE)) == bare(spec)
    assert requirements_txt.render(spec, text) == text


@QUICK
@given(
    name=ANY_TEXT.map(str.strip),
    channels=st.lists(ANY_TEXT.map(str.strip).filter(bool), max_size=3, unique=True),
    packages=st.lists(conda(), max_size=5).filter(_different),
    pip=st.lists(pypi(), max_size=4).filter(_different),
    options=OPTIONS,
    includes=INCLUDES,
    variables=st.dictionaries(st.from_regex(r"[A-Z_]{1,8}", fullmatch=True), ANY_TEXT, max_size=3),
    python=VERSIONS,
)
def test_an_environment_can_be_read_back(
    name, channels, packages, pip, options, includes, variables, python
):
    base = (Dependency("python", f"python={python}", "conda", HERE),)
    if pip or options or includes:
        base += (Dependency("pip", "pip", "conda", HERE),)
    spec = EnvironmentSpec(
        name=name,
        python=f"=={python}.*",
        dependencies=(*base, *packages, *pip),
        channels=tuple(channels),
        options=options,
        includes=includes,
        variables=tuple(variables.items()),
    )
    text = environment_yml.render(spec)
    read = environment_yml.parse(text, HERE)
    assert bare(read) == bare(spec)
    assert environment_yml.render(replace(read), text) == text


@QUICK
@given(TEXTS, TEXTS)
def test_what_was_there_before_breaks_no_writer(before, name):
    assume(name.strip())
    spec = EnvironmentSpec(name="x", dependencies=(Dependency("six", "six", "pypi", HERE),))
    for writer in (environment_yml, requirements_txt):
        written = writer.render(spec, before)
        assert "six" in [d.name for d in writer.parse(written, HERE).dependencies]
