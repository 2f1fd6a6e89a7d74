"""pixi.toml, and what is put into somebody's TOML."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envboot import find
from envboot.errors import InvalidFile
from envboot.formats import pixi_toml, pyproject_toml
from envboot.formats.parts import match_parts, match_spec, pixi_targets, toml, toml_splice
from envboot.spec import Dependency, EnvironmentSpec, Group, Need, Origin, normalise
from envboot.testing import ScriptedShell

HERE = Origin("pixi.toml")
QUICK = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)

WHOLE = """\
[workspace]
name = "demo"
channels = ["conda-forge", { channel = "pytorch", priority = 1 }]
platforms = ["linux-64", "win-64"]
exclude-newer = "2024-01-01"

[dependencies]
python = "3.11.*"
numpy = ">=1.20,<2"
exact = "1.2"
scipy = { version = "1.9.*", build = "py*", channel = "conda-forge" }
zlib = "*"
mine = { path = "mine" }

[host-dependencies]
cmake = "*"

[pypi-dependencies]
requests = "*"
itself = { path = ".", editable = true }
gone = { git = "https://example.org/x.git", tag = "v1", extras = ["a"], subdirectory = "in" }
file = { url = "https://example.org/file.zip" }
marked = { version = ">=1", env-markers = "python_version < '3.12'" }
other = { version = "==2", index = "https://example.org/simple" }

[pypi-options]
extra-index-urls = ["https://example.org/simple"]
find-links = [{ path = "wheels" }]
no-build = true

[target.win.dependencies]
m2-gcc = "*"

[target.linux-64.pypi-dependencies]
uvloop = ">=0.1"

[feature.test.dependencies]
pytest = "*"

[feature.lint.pypi-dependencies]
ruff = "*"

[environments]
test = ["test"]
ci = { features = ["test", "lint"], solve-group = "x" }

[tasks]
go = "python go.py"

[activation]
scripts = ["on.sh"]
env = { LEVEL = "3" }

[system-requirements]
cuda = "12"
libc = { family = "glibc", version = "2.28" }
linux = "5.10"
"""


def read(text: str) -> EnvironmentSpec:
    return pixi_toml.parse(text, HERE)


def texts(dependencies: tuple[Dependency, ...]) -> list[str]:
    return [d.text for d in dependencies]


def test_every_spelling_of_a_manifest():
    spec = read(WHOLE)
    assert (spec.name, spec.python) == ("demo", "==3.11.*")
    assert spec.channels == ("pytorch", "conda-forge")
    assert spec.platforms == ("linux-64", "win-64")
    assert texts(spec.dependencies) == [
        "python=3.11.*",
        "numpy>=1.20,<2",
        "exact==1.2",
        "conda-forge::scipy=1.9.*=py*",
        "zlib",
        "cmake",
        "requests",
        "-e .",
        "gone[a] @ git+https://example.org/x.git@v1#subdirectory=in",
        "file @ https://example.org/file.zip",
        "marked>=1 ; python_version < '3.12'",
        "other==2",
        "uvloop>=0.1 ; sys_platform == 'linux' and platform_machine == 'x86_64'",
    ]
    assert spec.dependencies[1].origin == Origin("pixi.toml", 9)
    assert [(g.name, texts(g.dependencies)) for g in spec.groups] == [
        ("target.win", ["m2-gcc"]),
        ("test", ["pytest"]),
        ("lint", ["ruff"]),
        ("ci", ["pytest", "ruff"]),
    ]
    assert texts(spec.options) == [
        "--extra-index-url https://example.org/simple",
        "--find-links wheels",
    ]
    assert spec.variables == (("LEVEL", "3"),)
    assert [(n.key, n.value) for n in spec.needs] == [("cuda", "12.0"), ("glibc", "2.28")]
    said = "\n".join(str(n) for n in spec.notices)
    tasks = WHOLE.splitlines().index("[tasks]") + 1
    for part in (
        f"pixi.toml:{tasks}: tasks are left to pixi: go",
        "pixi.toml:5: `exclude-newer` is ignored: `--as-of 2024-01-01` says it",
        "`mine` is built from source by pixi alone",
        "the index that pixi takes `other` from is not known to pip",
        "`pypi-options.no-build` is left to pixi",
        "the scripts of `activation` are not run",
        "the system requirement `linux` is ignored",
    ):
        assert part in said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[workspace]\nname = 3\n", "`workspace.name` must be text"),
        ("dependencies = 3\n", "`dependencies` must be a table"),
        ("[dependencies]\nx = 3.5\n", "`x` is not understood"),
        ("[dependencies]\nx = '>=1 ; y'\n", "marker"),
        ('[dependencies]\nx = {build = "a\'b"}\n', "`x` is not understood"),
        ("[pypi-dependencies]\nx = {version = 3}\n", "`x` is not understood"),
        ("[pypi-dependencies]\nx = 'oh no'\n", "is not a requirement"),
        ("[pypi-dependencies]\n\"-r evil\" = '*'\n", "is not understood"),
        ("[workspace]\nchannels = [3]\n", "`channels` must be a list"),
        ("[environments]\nx = ['y']\n", "there is no feature `y`"),
        ("[activation.env]\n\"a b\" = 'c'\n", "no variable"),
        ('[activation.env]\na = "c\\nd"\n', "no variable"),
        ("[system-requirements]\ncuda = 'new'\n", "cuda"),
        ("[pypi-options]\nindex-url = '-r x'\n", "holds no address"),
        ("[target]\nlinux = 3\n", "must be a table"),
        ("[feature\n", "not valid TOML"),
    ],
)
def test_a_broken_manifest_names_file_and_hint(text, message):
    with pytest.raises(InvalidFile, match=message) as caught:
        read(text)
    assert caught.value.hint
    assert str(caught.value).startswith("pixi.toml")


@pytest.mark.parametrize(
    ("selector", "subdir", "covered"),
    [
        ("linux", "linux-aarch64", True),
        ("unix", "osx-arm64", True),
        ("unix", "win-64", False),
        ("win-64", "win-64", True),
        ("linux-64", "linux-aarch64", False),
    ],
)
def test_which_platforms_a_target_means(selector, subdir, covered):
    assert pixi_targets.covers(selector, subdir) is covered


def test_comments_of_the_file_before_survive():
    spec = read('[workspace]\nname = "x"\n[dependencies]\nzlib = "*"\n')
    before = '# mine\n\n[dependencies]\n# compression\nzlib = "1.2" # the old one\n'
    assert pixi_toml.render(spec, before).startswith("# mine\n\n[workspace]")
    assert '# compression\nzlib = "*"  # the old one\n' in pixi_toml.render(spec, before)


# ------------------------------------------------------------------ there and back

NAMES = st.from_regex(r"[a-z][a-z0-9]{0,6}(-[a-z0-9]{1,4})?", fullmatch=True).filter(
    lambda n: n not in {"python", "pip"}
)
VERSIONS = st.from_regex(r"[1-9][0-9]?(\.[0-9]{1,2}){0,2}", fullmatch=True)
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12).map(
    lambda t: " ".join(t.split())
)


@st.composite
def conda(draw):
    name, version = draw(NAMES), draw(VERSIONS)
    kinds = (
        name,
        f"{name}={version}.*",
        f"{name}=={version}",
        f"{name}>={version},<{version}.9",
        f"c-f::{name}={version}=h_0",
        f"c-f::{name}",
        f"{name}=*=py*",
        f"{name}[version='>={version}',build='py*']",
        f"{name}={version}.*|=9.*",
    )
    return Dependency(name, draw(st.sampled_from(kinds)), "conda", HERE)


@st.composite
def pypi(draw):
    name, version = draw(NAMES), draw(VERSIONS)
    kinds = (
        name,
        f"{name}=={version}",
        f"{name}[one,two]<{version}.1,>={version}",
        f"{name} @ https://example.org/{name}.zip",
        f"{name} @ git+https://example.org/x.git@abc#subdirectory=in",
        f"{name}>={version} ; sys_platform == 'win32'",
        f"{name}>={version} ; python_version < '3.9'",
    )
    return Dependency(normalise(name), draw(st.sampled_from(kinds)), "pypi", HERE)


def different(dependencies):
    return len({(d.ecosystem, d.name) for d in dependencies}) == len(dependencies)


def meant(spec):
    """Return what a spec means, without origins and the spelling of markers."""

    def plain(dependencies):
        return sorted((d.ecosystem, d.name, d.text.replace('"', "'")) for d in dependencies)

    return (
        spec.name,
        spec.python,
        plain(spec.dependencies),
        {normalise(g.name): plain(g.dependencies) for g in spec.groups},
        spec.channels,
        spec.platforms,
        texts(spec.options),
        spec.variables,
        [(n.key, n.value) for n in spec.needs],
    )


PACKAGES = st.tuples(st.lists(conda(), max_size=4), st.lists(pypi(), max_size=4)).map(
    lambda both: (*both[0], *both[1])
)


@QUICK
@given(
    name=TEXT,
    channels=st.lists(TEXT.filter(bool), max_size=3, unique=True),
    packages=PACKAGES.filter(different),
    group=PACKAGES.filter(different).filter(bool),
    group_name=st.sampled_from(["dev", "Test_One", "a.b"]),
    variables=st.dictionaries(st.from_regex(r"[A-Z_]{1,6}", fullmatch=True), TEXT, max_size=2),
    python=VERSIONS,
    more=st.tuples(st.booleans(), st.booleans()),
)
def test_a_manifest_can_be_read_back(
    name, channels, packages, group, group_name, variables, python, more
):
    option, cuda = more
    links = Dependency("--find-links", "--find-links wheels", "pypi", HERE)
    spec = EnvironmentSpec(
        name=name,
        python=f"=={python}.*",
        dependencies=(Dependency("python", f"python={python}.*", "conda", HERE), *packages),
        groups=(Group(group_name, group),),
        channels=tuple(channels),
        platforms=("linux-64",),
        options=(links,) if option else (),
        variables=tuple(variables.items()),
        needs=(Need("cuda", "12.1", "12.1", HERE),) if cuda else (),
    )
    text = pixi_toml.render(spec)
    assert meant(read(text)) == meant(spec)
    assert pixi_toml.render(read(text), text) == text


@QUICK
@given(conda())
def test_a_match_spec_is_the_sum_of_its_parts(dependency):
    assert match_parts.join(match_parts.split(dependency.text), HERE).text == dependency.text


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("numpy 1.26", ("numpy", "==1.26", "", "")),
        ("numpy 1.26.*", ("numpy", "=1.26.*", "", "")),
        ("numpy (>=1.20)", ("numpy", ">=1.20", "", "")),
        ("Numpy=1.26=py_0", ("numpy", "==1.26", "py_0", "")),
        ("conda-forge/linux-64::x>=1", ("x", ">=1", "", "conda-forge/linux-64")),
        ("x[version='>=1', channel=c]", ("x", ">=1", "", "c")),
    ],
)
def test_the_spellings_of_match_specs(text, parts):
    found = match_parts.split(match_spec.read(text, HERE)[0].text)
    assert (found.name, found.version, found.build, found.channel) == parts


# ------------------------------------------------------------------ somebody's TOML

PROJECT = """\
# hand-made
[build-system]
requires = ["hatchling"]  # [project]

[project] # ours
name = "q"
version = "1"
description = \"\"\"
dependencies = ["no"]
[tool.no]
\"\"\"
dependencies = [
  "a>=1", # because ]
  'b',
]  # the end

[tool.x]
y = { z = ["1", "2"], w = 'a"b' }
"""


def test_only_the_value_changes():
    made = toml_splice.put(PROJECT, ("project", "dependencies"), '["six"]', HERE)
    assert made == PROJECT.replace("[\n  \"a>=1\", # because ]\n  'b',\n]", '["six"]')


def test_a_new_key_stands_at_the_end_of_its_table():
    made = toml_splice.put(PROJECT, ("project", "requires-python"), '">=3.9"', HERE)
    assert made == PROJECT.replace("]  # the end\n", ']  # the end\nrequires-python = ">=3.9"\n')


def test_a_new_table_stands_at_the_end():
    made = toml_splice.put(PROJECT, ("dependency-groups", "dev"), '["pytest"]', HERE)
    assert made == PROJECT + '\n[dependency-groups]\ndev = ["pytest"]\n'


@pytest.mark.parametrize(
    "text", ["project = {name = 'x'}\n", "[[project]]\nname = 'x'\n", "project = 3\n"]
)
def test_a_form_that_nothing_can_be_put_into_is_refused(text):
    with pytest.raises(InvalidFile, match="cannot be put into this file"):
        toml_splice.put(text, ("project", "dependencies"), "[]", HERE)


DOCUMENTS = st.sampled_from(
    [
        "",
        PROJECT,
        "a = 1",
        "a = '''x\n[project]\n'''\n[project]\nname='y'",
        "[project.urls]\nx = 'y'\n",
        "project.name = 'x'\n",
        '["project"]\n"dependencies" = []\n',
        "[project]\r\nname = 'x'\r\n",
        "[a]\n[[b]]\nc=1\n[[b]]\nc=2 # x\n[project] ",
    ]
)


@QUICK
@given(DOCUMENTS, st.lists(TEXT, max_size=3), st.sampled_from(["dependencies", "name", "x y"]))
def test_what_is_put_in_is_all_that_changes(text, values, key):
    path = ("project", key)
    try:
        made = toml_splice.put(text, path, toml_splice.listed(values), HERE)
    except InvalidFile:
        return
    before, after = toml.loads(text, HERE), toml.loads(made, HERE)
    assert after.pop("project").pop(key) == values
    assert set(before) - {"project"} == set(after)


@QUICK
@given(
    st.lists(pypi(), max_size=4).filter(different),
    st.lists(pypi(), min_size=1, max_size=3).filter(different),
    VERSIONS,
    DOCUMENTS,
)
def test_a_project_can_be_read_back(packages, group, python, before):
    spec = EnvironmentSpec(
        name="demo",
        python=f">={python}",
        dependencies=tuple(packages),
        groups=(Group("dev", tuple(group)),),
    )
    for old in ("", before):
        try:
            text = pyproject_toml.render(spec, old)
        except InvalidFile:
            assert old
            continue
        found = pyproject_toml.parse(text, HERE)
        assert texts(found.dependencies) == texts(spec.dependencies)
        assert [(g.name, texts(g.dependencies)) for g in found.groups] == [("dev", texts(group))]
        assert found.python == spec.python
        assert pyproject_toml.render(spec, text) == text


def test_what_is_not_wanted_is_no_build_string():
    assert match_parts.split("python!=3.8").version == "!=3.8"
    assert match_spec.read("python!=3.8", HERE)[1] == "!=3.8"


# ------------------------------------------------------------------ in a repository


def declared(root, **files):
    for name, text in files.items():
        (root / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return find.look(root, ScriptedShell(disk=True))


def test_a_repository_with_a_pixi_manifest_alone_is_set_up(tmp_path):
    found = declared(tmp_path, pixi__toml=WHOLE, pyproject__toml='[project]\nname = "q"\n')
    assert found.spec.source == Origin("pixi.toml")
    assert found.spec.name == "demo"
    names = [d.name for d in found.spec.dependencies]
    assert "zlib" in names
    assert "m2-gcc" not in names, "that is for Windows"
    assert "target.win" not in [g.name for g in found.spec.groups]


def test_what_this_platform_alone_has_counts(tmp_path):
    text = '[dependencies]\nzlib = "*"\n[target.unix.dependencies]\nmake = "*"\n'
    found = declared(tmp_path, pixi__toml=text)
    assert [d.name for d in found.spec.dependencies] == ["zlib", "make"]


def test_what_binder_reads_goes_before_pixi(tmp_path):
    found = declared(tmp_path, pixi__toml=WHOLE, requirements__txt="six\n")
    assert found.spec.source == Origin("requirements.txt")
    assert ("pixi.toml", "passed over") in [(f.path, f.role) for f in found.files]


def test_a_feature_is_a_group(tmp_path):
    (tmp_path / "pixi.toml").write_text(WHOLE, encoding="utf-8")
    found = find.look(tmp_path, ScriptedShell(disk=True), groups=("test",))
    assert "pytest" in [d.name for d in found.spec.dependencies]
