"""pyproject.toml, setup.cfg, setup.py, Pipfile, scripts: what a project says of itself."""

from __future__ import annotations

import pytest

from envboot import formats
from envboot.errors import InvalidFile
from envboot.formats.parts import versions
from envboot.spec import Origin


def parse(name, text):
    return formats.reader_for(name).parse(text, Origin(name))


def refused(name, text, message):
    with pytest.raises(InvalidFile, match=message) as caught:
        parse(name, text)
    assert caught.value.hint


def names(dependencies):
    return [d.name for d in dependencies]


def texts(dependencies):
    return [d.text for d in dependencies]


def lines(dependencies):
    return [d.origin.line for d in dependencies]


# ------------------------------------------------------------------ pyproject.toml

PROJECT = """\
[build-system]
requires = ["setuptools"]

[project]
name = "Tool.Box"
requires-python = ">=3.9"
dependencies = [
    "six==1.16.0",
    # numbers
    'numpy>=1; python_version > "3.8"',
]

[project.optional-dependencies]
plot = ["matplotlib"]
all = ["tool-box[plot]", "toolz"]

[dependency-groups]
Base_Tools = ["attrs"]
dev = ["pytest", {include-group = "base-tools"}]

[tool.envboot.needs]
memory = "8 GB"
recommended.memory = "16 GB"
"""


def test_pep_621_and_735_are_read_with_their_lines():
    spec = parse("pyproject.toml", PROJECT)
    assert (spec.name, spec.python, spec.python_origin.line) == ("Tool.Box", ">=3.9", 6)
    assert names(spec.dependencies) == ["six", "numpy"]
    assert lines(spec.dependencies) == [8, 10]
    assert spec.project
    assert {g.name: names(g.dependencies) for g in spec.groups} == {
        "plot": ["matplotlib"],
        "all": ["matplotlib", "toolz"],
        "Base_Tools": ["attrs"],
        "dev": ["pytest", "attrs"],
    }
    assert [(n.level, n.value, n.origin.line) for n in spec.needs] == [
        ("minimum", 8 * 10**9, 22),
        ("recommended", 16 * 10**9, 23),
    ]


@pytest.mark.parametrize(
    ("text", "project"),
    [
        ("[project]\nname='x'\n", False),
        ("[project]\nname='x'\n[build-system]\nrequires=[]\n", True),
        ("[project]\nname='x'\n[tool.uv]\npackage=true\n", True),
        ("[project]\nname='x'\n[build-system]\nrequires=[]\n[tool.uv]\npackage=false\n", False),
        ("[tool.poetry]\nname='x'\npackage-mode=false\n[build-system]\nrequires=[]\n", False),
    ],
)
def test_a_build_system_makes_a_package(text, project):
    assert parse("pyproject.toml", text).project is project


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[project\n", r"toml:1: not valid TOML"),
        ("a = 1\na = 2\n", r"toml:2: not valid TOML"),
        ("a = " + "[" * 5000, r"nested too deeply"),
        ("project = 1\n", r"toml:1: `project` must be a table"),
        ("[project]\ndependencies = 'six'\n", r"toml:2: `project.dependencies` must be a list"),
        ("[project]\ndependencies = [1]\n", r"toml:2: .* a list of strings"),
        ("[project]\ndependencies = [\n'six',\n'-e .'\n]\n", r"toml:4: `-e .` is not a req"),
        ("[project]\nrequires-python = 'new'\n", r"toml:2: `new` is not a range of Python"),
        (
            "[dependency-groups]\na = [{include-group='b'}]\nb = [{include-group='a'}]\n",
            "a → b → a",
        ),
        ("[dependency-groups]\na = [{include-group='c'}]\n", r"toml:2: .*`c`, which does not"),
        ("[dependency-groups]\na = [1]\n", r"toml:2: the group `a` may hold"),
        ("[dependency-groups]\na-b = []\nA_B = []\n", r"toml:1: two dependency groups"),
        ("[tool.poetry.dependencies]\nx = '^1 || ^2'\n", r"toml:2: .*PEP 440"),
        ("[tool.envboot.needs]\nmemory = '8 parsecs'\n", r"toml:2: "),
    ],
)
def test_a_broken_project_is_refused_with_its_line(text, message):
    refused("pyproject.toml", text, message)


def test_a_line_end_in_a_requirement_smuggles_no_option_into_pips_file():
    text = "[project]\ndependencies = [\"six ; os_name != 'x\\n--index-url https://evil.org'\"]\n"
    (found,) = parse("pyproject.toml", text).dependencies
    assert "\n" not in found.text


def test_dynamic_dependencies_are_followed_or_noticed():
    text = "[project]\nname='x'\ndynamic=['dependencies']\n"
    assert "dynamic" in str(parse("pyproject.toml", text).notices[0])
    text += "[tool.setuptools.dynamic]\ndependencies = {file = ['deps.txt']}\n"
    spec = parse("pyproject.toml", text)
    assert [i.path for i in spec.includes] == ["deps.txt"]
    assert spec.notices == ()


def test_poetry_is_said_as_pep_508():
    spec = parse(
        "pyproject.toml",
        "[tool.poetry]\n"
        "name = 'verse'\n"
        "[tool.poetry.dependencies]\n"
        "python = '^3.9'\n"
        "caret = '^1.2.3'\n"
        "tilde = '~1.2'\n"
        "wild = '2.*'\n"
        "any = '*'\n"
        "exact = '1.5'\n"
        "full = {version = '>=1,<3', extras = ['a', 'b'], markers = \"os_name == 'nt'\"}\n"
        "old = {version = '*', python = '<3.10'}\n"
        "git = {git = 'https://example.org/g.git', tag = 'v1'}\n"
        "path = {path = '../p', develop = true}\n"
        "url = {url = 'https://example.org/u.zip'}\n"
        "maybe = {version = '*', optional = true}\n"
        "several = [{version = '1.0', python = '<3.9'}, {version = '2.0', python = '>=3.9'}]\n"
        "[tool.poetry.extras]\n"
        "more = ['maybe']\n"
        "[tool.poetry.group.dev.dependencies]\n"
        "pytest = '^7'\n"
        "[tool.poetry.dev-dependencies]\n"
        "flake8 = '*'\n",
    )
    assert (spec.name, spec.python) == ("verse", ">=3.9,<4")
    assert texts(spec.dependencies) == [
        "caret>=1.2.3,<2",
        "tilde>=1.2,<1.3",
        "wild==2.*",
        "any",
        "exact==1.5",
        "full[a,b]>=1,<3 ; (os_name == 'nt')",
        "old ; python_version < '3.10'",
        "git @ git+https://example.org/g.git@v1",
        "-e ../p",
        "url @ https://example.org/u.zip",
        "several==1.0 ; python_version < '3.9'",
        "several==2.0 ; python_version >= '3.9'",
    ]
    assert lines(spec.dependencies)[:3] == [5, 6, 7]
    assert {g.name: names(g.dependencies) for g in spec.groups} == {
        "more": ["maybe"],
        "dev": ["flake8", "pytest"],
    }


@pytest.mark.parametrize(
    ("constraint", "clauses"),
    [
        ("^1.2.3", ">=1.2.3,<2"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0.0", ">=0.0,<0.1"),
        ("^0", ">=0,<1"),
        ("^1", ">=1,<2"),
        ("~1.2.3", ">=1.2.3,<1.3"),
        ("~1", ">=1,<2"),
        ("~=1.4", "~=1.4"),
        (">= 1.2, < 1.5", ">=1.2,<1.5"),
        ("!=1.3.*", "!=1.3.*"),
        ("^1.0rc1", ">=1.0rc1,<2"),
        ("*", ""),
        ("", ""),
        ("^1 || ^2", None),
        ("nonsense", None),
    ],
)
def test_poetrys_versions(constraint, clauses):
    assert versions.poetry(constraint) == clauses


def test_uvs_sources_are_followed_and_never_left_to_the_index():
    spec = parse(
        "pyproject.toml",
        "[project]\n"
        "name = 'x'\n"
        "dependencies = ['inner[a]>=1', 'far', 'web', 'member', 'torch']\n"
        "[tool.uv.sources]\n"
        "inner = { path = 'parts/inner', editable = true }\n"
        "far = { git = 'https://example.org/far', rev = 'abc' }\n"
        "web = { url = 'https://example.org/web.zip' }\n"
        "member = { workspace = true }\n"
        "torch = { index = 'pytorch' }\n",
    )
    assert texts(spec.dependencies) == [
        "-e ./parts/inner[a]",
        "far @ git+https://example.org/far@abc",
        "web @ https://example.org/web.zip",
        "torch",
    ]
    assert [n.origin.line for n in spec.notices] == [8, 9]


# ------------------------------------------------------------------ setup.cfg, setup.py


def test_setup_cfg_is_read_with_its_lines():
    spec = parse(
        "setup.cfg",
        "[metadata]\nname = x\n[options]\npython_requires = >=3.9\ninstall_requires =\n"
        "    six==1.16.0  # why\n    # nothing\n    toolz; python_version < '3'\n"
        "[options.extras_require]\nPlot = matplotlib\n[envboot:needs]\ncpus = 4\ngpu = optional\n"
        "[envboot:needs.recommended]\nmemory = 8 GB\n",
    )
    assert texts(spec.dependencies) == ["six==1.16.0", "toolz; python_version < '3'"]
    assert lines(spec.dependencies) == [6, 8]
    assert (spec.python, spec.python_origin.line) == (">=3.9", 4)
    assert spec.groups[0].name == "Plot"
    assert [(n.key, n.level, n.origin.line) for n in spec.needs] == [
        ("cpus", "minimum", 12),
        ("gpu", "minimum", 13),
        ("memory", "recommended", 15),
    ]


def test_setup_cfg_points_to_other_files():
    spec = parse("setup.cfg", "[options]\ninstall_requires = file: a.txt, b.txt\n")
    assert [i.path for i in spec.includes] == ["a.txt", "b.txt"]
    assert parse("setup.cfg", "[flake8]\nx = 1\n").project is False


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("six\n", r"cfg:1: .*belongs to no section"),
        ("[a]\nx=1\nx=2\n", r"cfg:3: .*`x` stands there twice"),
        ("[a]\n[a]\n", r"cfg:2: .*`a` stands there twice"),
        ("[options]\ninstall_requires =\n  six\n  !\n", r"cfg:4: `!` is not a requirement"),
        ("[options]\npython_requires = new\n", r"cfg:2: `new`"),
        ("[envboot:needs]\nmemory = 8 parsecs\n", r"cfg:2: "),
    ],
)
def test_a_broken_setup_cfg_is_refused_with_its_line(text, message):
    refused("setup.cfg", text, message)


def test_setup_py_is_read_and_never_executed(tmp_path):
    mark = tmp_path / "executed"
    spec = parse(
        "setup.py",
        f"open({str(mark)!r}, 'w')\n"
        "from setuptools import setup\n"
        "BASE = ['six==1.16.0']\n"
        "setup(\n"
        "    name='x',\n"
        "    python_requires='>=3.9',\n"
        "    install_requires=BASE + [\n"
        "        'toolz',\n"
        "    ],\n"
        "    extras_require={'dev': ['attrs'], 'odd': [f() for f in g]},\n"
        ")\n",
    )
    assert not mark.exists()
    assert texts(spec.dependencies) == ["six==1.16.0", "toolz"]
    assert (spec.python, spec.python_origin.line, spec.project) == (">=3.9", 6, True)
    assert spec.dependencies[1].origin.line == 8


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        ("setup(install_requires=read('r.txt'))", "`install_requires` is computed"),
        ("a = ['six']\na = a + a\nsetup(install_requires=a)", "`install_requires` is computed"),
        ("setup(**options)", "a part of `setup"),
        ("a = [b, b]\nb = [a, a]\nsetup(install_requires=a)", "is computed"),
    ],
)
def test_what_setup_py_computes_is_noticed(text, notice):
    spec = parse("setup.py", text)
    assert spec.dependencies == ()
    assert notice in str(spec.notices[0])


def test_names_that_stand_for_billions_of_values_end_soon():
    rows = [f"a{i} = [{', '.join([f'a{i + 1}'] * 10)}]" for i in range(30)]
    spec = parse("setup.py", "\n".join(["a30 = 'six'", *rows, "setup(install_requires=a0)"]))
    assert spec.dependencies == ()


def test_a_setup_py_that_packs_nothing_declares_nothing():
    text = "setup(name='notes', version='0', packages=[], py_modules=[])"
    assert parse("setup.py", text).project is False
    refused("setup.py", "setup(\n", r"setup.py:1: Python .* cannot read")


# ------------------------------------------------------------------ Pipfile, its lock, scripts


def test_pipfile():
    spec = parse(
        "Pipfile",
        '[[source]]\nurl = "https://pypi.org/simple"\nverify_ssl = false\n'
        '[[source]]\nurl = "https://example.org/simple"\n'
        '[packages]\nsix = "==1.16.0"\nany = "*"\n'
        'big = {version = ">=1", extras = ["x"], markers = "os_name == \'nt\'"}\n'
        'far = {git = "https://example.org/far.git", ref = "v1"}\n'
        'near = {path = "near", editable = true}\n'
        'win = {version = "*", sys_platform = "== \'win32\'"}\n'
        '[dev-packages]\npytest = "*"\n[requires]\npython_version = "3.11"\n',
    )
    assert texts(spec.dependencies) == [
        "six==1.16.0",
        "any",
        "big[x]>=1 ; os_name == 'nt'",
        "far @ git+https://example.org/far.git@v1",
        "-e ./near",
        "win ; sys_platform == 'win32'",
    ]
    assert (spec.python, spec.python_origin.line) == ("==3.11.*", 16)
    assert names(spec.group("dev").dependencies) == ["pytest"]
    assert texts(spec.options) == ["--extra-index-url https://example.org/simple"]
    assert "verify_ssl" in str(spec.notices[0])
    refused("Pipfile", "[packages]\nsix = 1\n", r"Pipfile:2: `six` is not understood")
    refused("Pipfile", "packages = 1\n", r"Pipfile:1: `packages` must be a table")
    refused("Pipfile", "[packages]\n'x --pre' = '*'\n", r"Pipfile:2: ")


def test_pipfile_lock():
    text = (
        '{"_meta": {"requires": {"python_version": "3.11"}, "sources": []},\n'
        '"default": {\n"six": {"version": "==1.16.0", "hashes": ["sha256:00", "sha256:11"]}\n},\n'
        '"develop": {\n"six": {"version": "==1.16.0", "hashes": ["sha256:22"]}}}'
    )
    spec = parse("Pipfile.lock", text)
    assert texts(spec.dependencies) == ["six==1.16.0 --hash=sha256:00 --hash=sha256:11"]
    assert lines(spec.dependencies) == [3]
    assert lines(spec.group("dev").dependencies) == [6]
    assert spec.python == "==3.11.*"
    assert spec.lock.format == "Pipfile.lock"
    bare = parse("Pipfile.lock", text.replace('["sha256:22"]', "[]"))
    assert texts(bare.dependencies) == ["six==1.16.0"]
    assert "hashes are left out" in str(bare.notices[0])
    refused("Pipfile.lock", text.replace("sha256:22", "x --pre"), r"lock:6: the hashes of `six`")
    refused("Pipfile.lock", "{\n", r"lock:2: not valid JSON")
    refused("Pipfile.lock", "[" * 100000, r"nested too deeply")


def test_a_script_names_its_own_dependencies():
    text = (
        "#!/usr/bin/env python\n# /// script\n# requires-python = '>=3.9'\n# dependencies = [\n"
        "#   'six==1.16.0',\n# ]\n# [tool.envboot.needs]\n# cpus = 2\n# ///\nimport six\n"
    )
    spec = parse("tool.py", text)
    assert (spec.python, texts(spec.dependencies)) == (">=3.9", ["six==1.16.0"])
    assert (lines(spec.dependencies), spec.needs[0].origin.line) == ([5], 8)
    assert parse("tool.py", "import six\n").dependencies == ()
    assert parse("tool.py", "# /// script\nimport six\n").dependencies == ()
    refused("tool.py", text + text, r"tool.py:12: there are two blocks")
    refused("tool.py", "# /// script\n# x =\n# ///\n", r"tool.py:2: not valid TOML")


# ------------------------------------------------------------------ small files


def test_runtime_apt_and_post_build():
    assert parse("runtime.txt", "\npython-3.11\n").python == "==3.11.*"
    patch = parse("runtime.txt", "python-3.11.4")
    assert patch.python == "==3.11.*", "nobody has every patch release"
    assert "any Python 3.11 will do for 3.11.4" in str(patch.notices[0])
    assert "R runtime" in str(parse("runtime.txt", "r-4.1-2021-01-01").notices[0])
    refused("runtime.txt", "\nruby\n", r"runtime.txt:2: `ruby` names no runtime")
    apt = parse("apt.txt", "# X\nlibgl1 git=1:2.3\n\ng++\n").system
    assert [(a.name, a.text, a.origin.line) for a in apt] == [
        ("libgl1", "libgl1", 2),
        ("git", "git=1:2.3", 2),
        ("g++", "g++", 4),
    ]
    refused("apt.txt", "git\n-o Dpkg::x\n", r"apt.txt:2: `-o` is not the name")
    assert parse("postBuild", "#!/bin/sh\n").scripts == (Origin("postBuild"),)


def test_the_container_names_needs():
    text = (
        '// comment with "quotes"\n{\n"hostRequirements": { /* , */\n"cpus": 4,\n'
        '"memory": "8gb",\n"storage": "32gb",\n"gpu": {"cores": 1000, "memory": "16gb"},\n},\n}\n'
    )
    needs = {n.key: (n.value, n.origin.line) for n in parse("devcontainer.json", text).needs}
    assert needs["cpus"] == (4, 4)
    assert needs["disk"][1] == 6
    assert needs["gpu"] == (1, 7)
    assert needs["gpu_memory"][1] == 7
    url = parse("devcontainer.json", '{"image": "https://x.org/y"}')
    assert url.needs == ()
    refused("devcontainer.json", '{\n"hostRequirements": 3}', r"json:2: `hostRequirements`")
    refused("devcontainer.json", '{"hostRequirements": {"gpu": "x"}}', r"json:1: `gpu`")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("uv.lock", "uv.lock"), ("pylock.lab.toml", "pylock.toml"), ("pixi.lock", "pixi.lock")],
)
def test_a_lock_is_named_and_not_read(name, kind):
    lock = parse(name, "anything\n").lock
    assert (lock.format, lock.path, len(lock.sha256)) == (kind, name, 64)


# ------------------------------------------------------------------ the family


def test_what_the_family_says_of_its_members_is_what_they_say():
    family = formats.readers()
    assert family.warnings == ()
    for name, patterns in formats.BUILT_IN.items():
        assert patterns == family.get(name).PATTERNS
    for name in formats.WRITERS:
        assert formats.reader_for(formats.writers().get(name).FILENAME) is family.get(name)


def test_a_name_that_nobody_reads_has_no_reader():
    assert formats.reader_for("README.md") is None
