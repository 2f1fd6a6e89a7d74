"""Targets, the Python of each, wheels by their names, needs, lines, the table and the badge."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging import tags as known_tags

from envboot import platforms
from envboot.errors import UsageError
from envboot.formats import requirements_txt
from envboot.index import Index
from envboot.machine import GIB, Gpu, Machine
from envboot.needs import read as read_needs
from envboot.preflight import (
    frameworks,
    lines,
    matrix,
    needing,
    pythons,
    resolving,
    targets,
    wheels,
)
from envboot.preflight.asked import Case
from envboot.preflight.pages import Page, Release
from envboot.preflight.values import Cell, Finding, Forecast, Row, cell, count, worst
from envboot.spec import Dependency, EnvironmentSpec, Origin

HERE = Machine("Linux", "x86_64", 8, "3.11.7", memory=16 * GIB, disk_free=10**11, glibc="2.36")


def target(name, here=HERE, subdir="linux-64"):
    (found,) = targets.read([name], here, subdir)
    return found


# -------------------------------------------------------------------------- platforms


def test_the_platforms_are_what_their_own_tools_call_them():
    help_of_uv = {
        *("x86_64-pc-windows-msvc", "aarch64-pc-windows-msvc", "aarch64-apple-darwin"),
        *("x86_64-apple-darwin", "x86_64-manylinux_2_28", "aarch64-manylinux_2_28"),
    }
    for platform in platforms.ALL.values():
        assert platform.uv in help_of_uv | {""}
        names = {v.split("=")[0] for v in platform.virtual}
        unix = platform.sys_platform != "win32"
        assert ("__unix" in names) == unix
        assert ("__win" in names) != unix
        assert ("__glibc" in names) == (platform.sys_platform == "linux")
        assert ("__osx" in names) == (platform.sys_platform == "darwin")
        assert "__cuda" not in names
        assert all(v.count("=") == 2 for v in platform.virtual), "name, version, build"


# ---------------------------------------------------------------------------- targets


def test_without_names_four_targets():
    assert [t.name for t in targets.read([], HERE, "linux-64")] == list(targets.DEFAULT)


@pytest.mark.parametrize("name", targets.names())
def test_every_name_is_a_target(name):
    found = target(name)
    assert found.platform
    environment = found.environment("3.11")
    assert environment["python_version"] == "3.11"
    assert environment["sys_platform"] == found.platform.sys_platform


def test_names_are_split_and_kept_once():
    found = targets.read(["cpu,win-64", " cpu  OSX-ARM64 "], HERE, "linux-64")
    assert [t.platform.subdir for t in found] == ["linux-64", "win-64", "osx-arm64"]


def test_this_computer_is_itself():
    found = target("here")
    assert found.machine is HERE
    assert found.virtual is None
    assert not found.assumed


def test_this_computer_may_be_of_a_kind_that_nobody_lists():
    found = target("here", Machine("Linux", "riscv64", 2, "3.11.7"), "linux-riscv64")
    assert found.platform.subdir == "linux-riscv64"
    assert found.platform.uv == ""


def test_a_target_with_cuda_has_its_driver():
    found = target("cuda124")
    assert "__cuda=12.4=0" in found.virtual
    assert found.machine.cuda == "12.4"
    assert [g.driver for g in found.machine.gpus] == ["550.54.14"]
    assert target("win-64+cuda12.8").platform.subdir == "win-64"
    assert "__cuda=12.8=0" in target("win-64+cuda12.8").virtual


def test_codespaces_have_sizes_and_no_gpu():
    machine = target("codespaces-4core").machine
    assert (machine.cpus, machine.memory, machine.disk_free) == (4, 16 * GIB, 32 * 10**9)
    assert machine.gpus == ()


def test_platforms_say_nothing_of_sizes():
    machine = target("win-64").machine
    assert (machine.cpus, machine.memory, machine.disk_free, machine.gpus) == (0, None, None, None)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("osx-arm", "osx-arm64"),
        ("cuda12.3", "cuda12"),
        ("codespace-2core", "codespaces-2core"),
        ("windwos", "windows"),
    ],
)
def test_an_unknown_name_has_near_ones(name, near):
    with pytest.raises(UsageError, match=re.escape(f"there is no target `{name}`")) as caught:
        target(name)
    assert near in caught.value.hint


@pytest.mark.parametrize("name", ["\x1b[2J", "x" * 500, "../../etc", "$(id)", "cuda", "cuda999"])
def test_a_hostile_name_is_said_in_short(name):
    with pytest.raises(UsageError) as caught:
        target(name)
    assert "\x1b" not in caught.value.message
    assert len(caught.value.message) < 100


def test_an_empty_list_of_names():
    with pytest.raises(UsageError, match="names nothing"):
        targets.read([" , "], HERE, "linux-64")


# ------------------------------------------------------------------------ the Python


def spec_of(text="", **fields):
    spec = requirements_txt.parse(text, Origin("requirements.txt"))
    return replace(spec, source=Origin("requirements.txt"), **fields)


def test_the_python_is_this_one_where_it_suits():
    (case,) = pythons.cases(spec_of("six\n"), [], [target("win-64")])
    import sys

    assert case.python == f"3.{sys.version_info[1]}"
    (case,) = pythons.cases(spec_of(python="==3.8.*"), [], [target("win-64")])
    assert case.python == "3.8"


def test_a_python_that_was_never_made_for_a_platform():
    spec = spec_of(python="==3.7.*", python_origin=Origin("runtime.txt", 1))
    (case,) = pythons.cases(spec, [], [target("osx-arm64")])
    found = pythons.judge(spec, case, "")
    assert found.verdict == "fail"
    assert found.findings[0].line == (
        "runtime.txt:1: Python ==3.7.*: there is no Python 3.7 for osx-arm64; the first is 3.8"
    )
    (case,) = pythons.cases(spec, [], [target("linux-64")])
    assert pythons.judge(spec, case, "").verdict == "pass"


def test_a_named_python_against_what_the_files_ask_for():
    spec = spec_of(python=">=3.10", python_origin=Origin("pyproject.toml", 4))
    cases = pythons.cases(spec, ["3.9,3.12"], [target("linux-64"), target("win-64")])
    assert [(c.target.name, c.python) for c in cases] == [
        ("linux-64", "3.9"),
        ("linux-64", "3.12"),
        ("win-64", "3.9"),
        ("win-64", "3.12"),
    ]
    said = [pythons.judge(spec, c, "") for c in cases[:2]]
    assert [c.verdict for c in said] == ["fail", "pass"]
    line = "pyproject.toml:4: Python >=3.10: does not take Python 3.9"
    assert said[0].findings[0].line == line


@pytest.mark.parametrize("word", ["3", "2.7", "3.x", "three", "3.12.1", "3.12;rm"])
def test_a_python_that_is_no_minor_version(word):
    with pytest.raises(UsageError, match="no minor version"):
        pythons.cases(spec_of(), [word], [target("cpu")])


def test_a_python_of_the_future_is_not_known():
    (case,) = pythons.cases(spec_of(), ["3.40"], [target("cpu")])
    assert pythons.judge(spec_of(), case, "").verdict == "unknown"


def test_where_conda_brings_the_python_the_solver_chooses():
    asked = Dependency("python", "python=3.7", "conda", Origin("environment.yml", 3))
    spec = EnvironmentSpec(dependencies=(asked,), python="==3.7.*")
    (case,) = pythons.cases(spec, [], [target("osx-arm64")])
    assert case.python == ""
    assert pythons.chosen(case, spec, "3.12").python == "3.12"
    assert pythons.judge(spec, case, "").verdict == "none", "nobody said which"
    assert pythons.judge(spec, replace(case, python="3.12"), "3.12").verdict == "pass"


# ----------------------------------------------------------------------------- wheels


@pytest.mark.parametrize(
    ("filename", "version", "tags"),
    [
        ("six-1.16.0-py2.py3-none-any.whl", "1.16.0", "py2.py3-none-any"),
        ("torch-2.0.0+cu117-cp310-cp310-linux_x86_64.whl", "2.0.0+cu117",
         "cp310-cp310-linux_x86_64"),
        ("a_b-1-2build-cp39-abi3-win_amd64.whl", "1", "cp39-abi3-win_amd64"),
        ("ruamel.yaml-0.18.6.tar.gz", "0.18.6", ""),
        ("some-name-with-hyphens-2.0.zip", "2.0", ""),
    ],
)  # fmt: skip
def test_a_name_says_version_and_tags(filename, version, tags):
    assert wheels.read(filename) == wheels.File(version, tags)


@pytest.mark.parametrize("name", ["", "six", "six.whl", "a-1.exe", "a-1.egg", "../x-1", "-.whl"])
def test_what_is_no_distribution(name):
    assert wheels.read(name) is None


@given(st.text(max_size=60))
def test_any_name_is_read_or_refused(filename):
    wheels.read(filename)
    wheels.read(filename + ".whl")


@pytest.mark.parametrize(
    ("tags", "name", "python", "fits"),
    [
        ("py3-none-any", "win-64", "3.11", True),
        ("py2-none-any", "win-64", "3.11", False),
        ("py2.py3-none-any", "osx-64", "3.8", True),
        ("py312-none-any", "osx-64", "3.11", False),
        ("cp311-cp311-win_amd64", "win-64", "3.11", True),
        ("cp311-cp311-win_amd64", "win-64", "3.12", False),
        ("cp311-cp311-win_amd64", "win-arm64", "3.11", False),
        ("cp311-cp311-win32", "win-64", "3.11", False),
        ("cp39-abi3-win_amd64", "win-64", "3.12", True),
        ("cp313-abi3-win_amd64", "win-64", "3.12", False),
        ("cp37-cp37m-manylinux1_x86_64", "linux-64", "3.7", True),
        ("cp313-cp313t-manylinux_2_17_x86_64", "linux-64", "3.13", False),
        ("cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64", "linux-64", "3.11", True),
        ("cp311-cp311-manylinux_2_28_x86_64", "linux-64", "3.11", True),
        ("cp311-cp311-manylinux_2_34_x86_64", "linux-64", "3.11", False),
        ("cp311-cp311-manylinux_2_34_x86_64", "here", "3.11", True),
        ("cp311-cp311-manylinux_2_17_aarch64", "linux-64", "3.11", False),
        ("cp311-cp311-manylinux_2_17_aarch64", "linux-aarch64", "3.11", True),
        ("cp311-cp311-musllinux_1_1_x86_64", "linux-64", "3.11", False),
        ("cp311-cp311-macosx_11_0_arm64", "osx-arm64", "3.11", True),
        ("cp311-cp311-macosx_14_0_arm64", "osx-arm64", "3.11", False),
        ("cp311-cp311-macosx_10_9_universal2", "osx-arm64", "3.11", True),
        ("cp311-cp311-macosx_10_9_universal2", "osx-64", "3.11", True),
        ("cp311-cp311-macosx_10_9_x86_64", "osx-arm64", "3.11", False),
        ("py3-none-macosx_10_9_x86_64.macosx_11_0_arm64", "osx-arm64", "3.9", True),
        ("pp39-pypy39_pp73-win_amd64", "win-64", "3.9", False),
    ],
)
def test_which_wheel_fits_where(tags, name, python, fits):
    major, minor = map(int, python.split("."))
    assert wheels.fits(tags, target(name), (major, minor)) is fits


_LISTS = {
    "win-64": (["win_amd64"], "win-64"),
    "osx-arm64": (list(known_tags.mac_platforms((13, 0), "arm64")), "osx-arm64"),
    "osx-64": (list(known_tags.mac_platforms((13, 0), "x86_64")), "osx-64"),
    "linux-64": ([f"manylinux_2_{n}_x86_64" for n in range(5, 29)] + ["linux_x86_64"], "linux-64"),
}
_POOL = sorted(
    {str(t) for p, _ in _LISTS.values() for t in known_tags.cpython_tags((3, 12), platforms=p)}
    | {str(t) for p, _ in _LISTS.values() for t in known_tags.compatible_tags((3, 10), platforms=p)}
)


@given(st.sampled_from(_POOL), st.sampled_from(sorted(_LISTS)), st.integers(8, 14))
def test_tags_fit_as_packaging_says(tag, name, minor):
    systems, _ = _LISTS[name]
    supported = {
        str(t)
        for t in (
            *known_tags.cpython_tags((3, minor), platforms=systems),
            *known_tags.compatible_tags((3, minor), f"cp3{minor}", systems),
        )
    }
    python, abi, _ = tag.split("-")
    if abi == "none" and python.startswith("cp"):
        return  # packaging takes the running interpreter's own only, pip an older one's too
    assert wheels.fits(tag, target(name), (3, minor)) is (tag in supported)


# ------------------------------------------------------------------------------ lines

BINARY = [f"cp311-cp311-{s}" for s in ("manylinux_2_17_x86_64", "win_amd64")]
NUMPY = Page(
    {
        "1.19.0": Release(["cp38-cp38-win_amd64", "cp38-cp38-manylinux1_x86_64"], [None] * 2, True),
        "1.23.2": Release([*BINARY], [None] * 2, source=True, python=">=3.8"),
        "1.26.4": Release([*BINARY, "cp312-cp312-win_amd64"], [None] * 3, True, ">=3.9"),
        "2.0.0rc1": Release([*BINARY], [None] * 2),
        "2.1.0": Release([*BINARY], [None] * 2, yanked=True),
        "not a version": Release([*BINARY], [None] * 2),
    },
    found=True,
)


def judged(text, page, name="linux-64", python="3.11", **options):
    (asked,) = requirements_txt.parse(text, Origin("requirements.txt")).dependencies
    one = lines.line(asked)
    assert one is not None
    return lines.judge(one, page, target(name), python, **options)


@pytest.mark.parametrize("text", ["numpy\n", "numpy==1.26.4\n", "numpy>=1.20,<2\n", "numpy==2.1.0"])
def test_a_line_with_a_wheel(text):
    assert judged(text, NUMPY) is None


def test_no_wheel_for_this_python_and_the_nearest():
    found = judged("numpy==1.19.0\n", NUMPY, "win-64")
    assert found.verdict == "fail"
    assert found.line == (
        "requirements.txt:1: numpy==1.19.0: there is no wheel for Python 3.11; "
        "write `numpy==1.23.2` or take Python 3.8"
    )
    assert found.nearest == "numpy==1.23.2"
    found = judged("numpy==1.26.4\n", NUMPY, "osx-arm64")
    assert found.text == "there is no wheel for osx-arm64 with Python 3.11", "others have one"


def test_no_such_version_and_the_nearest():
    found = judged("numpy[extra]==1.24.*\n", NUMPY)
    assert found.text == "there is no version ==1.24.* of numpy"
    assert found.nearest == "numpy[extra]==1.26.4"
    assert judged("numpy>=7\n", NUMPY).nearest == "numpy==1.26.4", "the newest that there is"


def test_a_version_that_asks_for_a_newer_python():
    found = judged("numpy==1.26.4\n", NUMPY, python="3.8")
    assert found.text == "asks for Python >=3.9, and this is 3.8"
    assert found.hint == "write `numpy==1.19.0` or take Python 3.11"


def test_only_sources_is_a_warning():
    page = Page({"0.6.2": Release(source=True)}, found=True)
    found = judged("docopt\n", page)
    assert found.verdict == "warn"
    assert found.text == "must be built there: docopt 0.6.2 has no wheel, only sources"


def test_no_such_package_and_a_near_name():
    found = judged("pandsa==2\n", Page())
    assert found.line == (
        "requirements.txt:1: pandsa==2: there is no package `pandsa` on the package index; "
        "did you mean `pandas`?"
    )


def test_an_index_that_gives_no_answer_is_not_a_failure():
    found = judged("six\n", Page(why="pypi.org: timed out"))
    assert found.verdict == "unknown"
    assert "timed out" in found.text


def test_a_local_version_label():
    page = Page({"2.0.0": Release([*BINARY], [None] * 2)}, found=True)
    found = judged("torch==2.0.0+cu117\n", page)
    assert found.verdict == "fail"
    assert found.text == "`+cu117` is a build that the package index does not have"
    assert found.nearest == "torch==2.0.0"
    assert "--extra-index-url https://download.pytorch.org/whl/cu117" in found.hint


def test_a_build_for_a_newer_cuda_than_the_driver():
    tags = ["cp311-cp311-linux_x86_64"]
    page = Page({"2.4.0+cu121": Release(tags, [None])}, found=True)
    found = judged("torch==2.4.0+cu121\n", page, "cuda118")
    assert found.verdict == "fail"
    assert found.text == "is built for CUDA 12.1, and the driver there runs 11.8 at most"
    assert judged("torch==2.4.0+cu121\n", page, "cuda124") is None
    assert judged("torch==2.4.0+cu121\n", page, "cpu").verdict == "warn"


def test_pre_releases_count_when_they_are_asked_for():
    page = Page({"1.0rc1": Release(["py3-none-any"], [None]), "0.9": Release(source=True)}, True)
    assert judged("x\n", page).verdict == "warn", "0.9 is the newest that counts"
    assert judged("x\n", page, pre=True) is None
    assert judged("x==1.0rc1\n", page) is None


@pytest.mark.parametrize(
    ("text", "here", "there"),
    [
        ('pywin32; sys_platform == "win32"\n', False, True),
        ('a; python_version < "3.11"\n', False, False),
        ('b; platform_machine == "AMD64"\n', False, True),
        ('c; extra == "x"\n', False, False),
    ],
)
def test_markers_are_those_of_the_target(text, here, there):
    (asked,) = requirements_txt.parse(text, Origin("requirements.txt")).dependencies
    one = lines.line(asked)
    assert lines.wanted(one, target("linux-64"), "3.11") is here
    assert lines.wanted(one, target("win-64"), "3.11") is there


@pytest.mark.parametrize(
    "text",
    ["-e .\n", "./pkg\n", "git+https://example.org/x.git\n", "x @ https://example.org/x-1.whl\n"],
)
def test_what_no_index_can_be_asked_about(text):
    (asked,) = requirements_txt.parse(text, Origin("requirements.txt")).dependencies
    assert lines.line(asked) is None


@given(st.text(max_size=80))
def test_no_text_of_a_line_breaks_it(text):
    asked = Dependency("x", text, "pypi", Origin("requirements.txt", 1))
    one = lines.line(asked)
    if one:
        lines.judge(one, NUMPY, target("win-64"), "3.11")


# ------------------------------------------------------------------- what uv complains


CONFLICT = """\
error: No solution found when resolving dependencies
  cause: Because pandas==2.2.0 depends on numpy{python_full_version < '3.11'}>=1.22.4,<2 and you \
require pandas==2.2.0, we can conclude that you require numpy>=1.22.4,<2.
         And because you require numpy==1.19.0, we can conclude that your requirements are \
unsatisfiable.
"""
TREE = """\
  \u00d7 No solution found when resolving dependencies:
  ╰─▶ Because a==1 depends on b>2 and b==1 is all there is, we can conclude that your
      requirements are unsatisfiable.
"""
SOURCES = """\
error: No solution found when resolving dependencies
  cause: Because all versions of docopt have no usable wheels and you require docopt, we can \
conclude that your requirements are unsatisfiable.

hint: Wheels are required for `docopt` because building from source is disabled for all packages
"""


def test_uv_conflicts_become_one_line():
    found = resolving.failed(CONFLICT.splitlines())
    assert found.why == (
        "pandas==2.2.0 needs numpy>=1.22.4,<2, and the files ask for numpy==1.19.0"
    )
    assert not found.unknown
    assert not found.sources


LONG = """\
error: No solution found when resolving dependencies
  cause: Because tensorflow==2.15.0 depends on numpy>=1.23.5,<2.0.0 and scipy>=1.7.2,<=1.7.3 \
depends on numpy>=1.16.5,<1.23.0, we can conclude that scipy>=1.7.2,<=1.7.3 and \
tensorflow==2.15.0 are incompatible.
         And because scipy<=1.7.1 has no usable wheels, we can conclude that scipy<=1.7.3 and \
tensorflow==2.15.0 are incompatible.
         And because you require tensorflow==2.15 and scipy<1.8, we can conclude that your \
requirements are unsatisfiable.
"""
CHAIN = """\
error: No solution found when resolving dependencies
  cause: Because a==1 depends on b==1 and b==1 depends on c>=2, we can conclude that a==1 depends \
on c>=2.
         And because all versions of d depend on c<2 and you require d, we can conclude that a==1 \
cannot be used.
         And because you require a==1, we can conclude that your requirements are unsatisfiable.
"""


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (
            LONG,
            (
                "tensorflow==2.15.0 needs numpy>=1.23.5,<2.0.0, and "
                "scipy>=1.7.2,<=1.7.3 needs numpy>=1.16.5,<1.23.0"
            ),
        ),
        (CHAIN, "b==1 needs c>=2, and d needs c<2"),
    ],
)
def test_a_long_proof_becomes_one_clash(said, why):
    assert resolving.failed(said.splitlines()).why == why


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        (">=1.1.0", "<1.8", False),
        (">=1.22.4,<2", "==1.19.0", True),
        (">=1.23.5,<2.0.0", ">=1.16.5,<1.23.0", True),
        (">2", "<=2", True),
        (">=2", "<=2", False),
        ("==1.*", "==1.4.2", False),
        ("!=1.0", "==1.0", True),
        ("==1.0", "==1.0.0", False),
        ("~=1.4", ">=2", True),
        ("<3", "<1.0", False),
        ("nonsense", ">=1", False),
    ],
)
def test_which_demands_do_not_go_together(one, other, apart):
    assert resolving.apart(one, other) is apart
    assert resolving.apart(other, one) is apart


@given(st.text(max_size=300))
def test_any_proof_is_cut_short(reason):
    assert len(resolving.sentence(reason)) <= 400


def test_older_ones_draw_a_tree():
    assert resolving.failed(TREE.splitlines()).why == "a==1 needs b>2 and b==1 is all there is"


def test_only_sources_are_named():
    found = resolving.failed(SOURCES.splitlines())
    assert found.sources == "docopt"
    assert found.why == "all versions of docopt have no wheel there and the files ask for docopt"


@pytest.mark.parametrize(
    "said",
    [
        [],
        [
            "error: Failed to fetch: `https://example.org/simple/six/`",
            "  cause: Connection refused",
        ],
        ["error: unexpected argument '--excludes' found"],
    ],
)
def test_what_is_no_answer_is_not_a_failure(said):
    assert resolving.failed(said).unknown
    assert resolving.failed(said).why


def test_what_uv_calls_the_targets():
    assert resolving.platform_of(target("here")) == "x86_64-manylinux_2_36"
    assert resolving.platform_of(target("linux-64")) == "x86_64-manylinux_2_28"
    assert resolving.platform_of(target("osx-arm64")) == "aarch64-apple-darwin"
    assert resolving.platform_of(target("linux-s390x")) == ""
    musl = target("here", replace(HERE, glibc=""))
    assert resolving.platform_of(musl) == "x86_64-unknown-linux-musl"
    old = target("here", replace(HERE, glibc="2.12"))
    assert resolving.platform_of(old) == ""


# ------------------------------------------------------------------------------ needs


def needing_of(values, **fields):
    wanted = read_needs(values, lambda key: Origin("setup.cfg", 1 + len(key)))
    return spec_of(needs=wanted, **fields)


def test_needs_against_a_size_that_is_published():
    spec = needing_of({"memory": "30 GB", "cpus": 4})
    found = needing.judge(spec, target("codespaces-2core"), "3.11")
    assert found.verdict == "fail"
    assert [f.nearest for f in found.findings] == ["codespaces-4core", "codespaces-8core"]
    assert found.findings[1].line.startswith("setup.cfg:7: memory 30 GB: 8 GiB (short by ")
    assert needing.judge(spec, target("codespaces-8core"), "3.11").verdict == "pass"


def test_what_is_not_known_of_a_target_is_no_failure():
    spec = needing_of({"memory": "16 GB", "cpus": 4, "disk": "5 GB", "gpu_memory": "8 GB"})
    found = needing.judge(spec, target("osx-arm64"), "3.11")
    assert found.verdict == "unknown"
    assert {f.verdict for f in found.findings} == {"unknown"}
    recommended = needing_of({"recommended": {"memory": "16 GB", "cpus": 4}})
    assert needing.judge(recommended, target("osx-arm64"), "3.11").verdict == "pass"


def test_a_gpu_that_is_needed():
    spec = needing_of({"gpu": 1, "cuda": "12.1"})
    assert needing.judge(spec, target("cpu"), "3.11").verdict == "fail"
    assert needing.judge(spec, target("cuda124"), "3.11").verdict == "pass"
    assert needing.judge(spec, target("cuda118"), "3.11").verdict == "fail"
    assert needing.judge(spec, target("codespaces-32core"), "3.11").verdict == "fail"
    assert needing.judge(spec, target("linux-64"), "3.11").verdict == "unknown"


def test_an_assumed_c_library_may_be_newer():
    spec = needing_of({"glibc": "2.31"})
    assert needing.judge(spec, target("linux-64"), "3.11").verdict == "unknown"
    assert needing.judge(spec, target("here"), "3.11").verdict == "pass"
    old = target("here", replace(HERE, glibc="2.17"))
    assert needing.judge(spec, old, "3.11").verdict == "fail"


def test_systems():
    spec = needing_of({"os": "linux"})
    assert needing.judge(spec, target("win-64"), "3.11").verdict == "fail"
    assert needing.judge(spec, target("cpu"), "3.11").verdict == "pass"


def test_the_packages_imply_needs_there_and_not_here():
    spec = spec_of('pywin32; sys_platform == "win32"\n')
    assert needing.judge(spec, target("linux-64"), "3.11").verdict == "none"
    assert needing.judge(spec, target("win-64"), "3.11").verdict == "pass"


def test_the_disk():
    small, large = (100 * 10**6,), (9 * 10**9, 3 * 10**9)
    there = target("github-ubuntu")
    assert needing.disk(small, there, "r").verdict == "pass"
    found = needing.disk(large, there, "requirements.txt")
    assert found.verdict == "fail"
    assert found.findings[0].line.startswith("requirements.txt: the environment takes about")
    assert needing.disk((100, None), there, "r").verdict == "none", "a sum would be too small"
    assert needing.disk(large, target("win-64"), "r").verdict == "pass", "nothing is known of it"


# -------------------------------------------------------------------------- the table


def row(name, *cells):
    return Row(name, "linux-64", "3.11", worst(tuple(c.verdict for c in cells)), cells, name)


FAILS = Finding("fail", "there is no wheel", "requirements.txt:3", "a==1", "write `a==2`", "a==2")
ROWS = (
    row("cpu", Cell("needs", "none"), cell("pip", (), "3 packages")),
    row("win-64", Cell("needs", "none"), cell("pip", (FAILS,), "1 fail")),
)


def test_the_table_is_aligned_and_reads_without_colour():
    assert matrix.table(ROWS).splitlines() == [
        "target  verdict         pip",
        "cpu     ✓ runs          ✓ 3 packages",
        "win-64  ✗ does not run  ✗ 1 fail",
    ]
    plain = matrix.table(ROWS, plain=True)
    assert plain.isascii()
    assert "NO does not run" in plain


def test_a_line_for_each_failure():
    line = "✗ requirements.txt:3: a==1: there is no wheel; write `a==2`"
    assert matrix.below(ROWS) == (f"{line} (win-64)",)
    assert matrix.below((ROWS[1], replace(ROWS[1], label="osx-64"))) == (line,)
    order = [
        Finding("warn", "w", "b.txt:1"),
        Finding("fail", "f", "b.txt:10"),
        Finding("fail", "f", "b.txt:9"),
        Finding("unknown", "u"),
    ]
    said = matrix.below((row("x", cell("pip", tuple(order), "")),), plain=True)
    assert said == ("NO b.txt:9: f", "NO b.txt:10: f", "? u", "! b.txt:1: w")
    several = Finding("fail", "no way:\n  a\n  b")
    assert matrix.below((row("x", cell("conda", (several,), "")),), plain=True) == (
        "NO no way: a b",
    )


def test_nothing_of_a_file_moves_the_cursor():
    bad = Finding("fail", "x\x1b[2J\ny", "requirements.txt:1", "a\r==1")
    (line,) = matrix.below((row("cpu\x07", cell("pip", (bad,), "\x1b")),))
    assert line.isprintable()
    table = matrix.table((row("cpu\x07", cell("pip", (bad,), "\x1b]0;x")),))
    assert all(part.isprintable() for part in table.splitlines())


def test_the_worst_counts():
    assert worst(()) == "none"
    assert worst(("pass", "warn", "unknown")) == "unknown"
    assert worst(("unknown", "fail")) == "fail"
    assert count((FAILS, FAILS, Finding("warn", "w"))) == "2 fail"


@pytest.mark.parametrize(
    ("rows", "message", "colour"),
    [
        (ROWS[:1], "cpu", "brightgreen"),
        (ROWS, "1 of 2 targets", "orange"),
        (ROWS[1:], "0 of 1 targets", "red"),
        ((row("x", Cell("pip", "unknown")),), "0 of 1 targets", "yellow"),
    ],
)
def test_the_badge(rows, message, colour):
    badge = json.loads(matrix.badge(Forecast("passes", 0, None, rows)))
    assert badge == {"schemaVersion": 1, "label": "runs on", "message": message, "color": colour}


def test_gpus_of_macs_are_apples():
    assert target("osx-arm64").machine.gpus == (Gpu(0, "Apple Silicon", "apple"),)
    assert target("osx-64").machine.gpus == ()


# ------------------------------------------------------------------------- frameworks


@pytest.mark.parametrize(
    ("where", "text", "ours"),
    [
        (Index(), "torch\n", True),
        (Index(url="https://pypi.org/simple/"), "torch\n", True),
        (Index(url="https://mirror.example/simple"), "torch\n", False),
        (Index(extra=("https://download.pytorch.org/whl/cu118",)), "torch\n", False),
        (Index(no_index=True), "torch\n", False),
        (Index(), f"torch==2.0 --hash=sha256:{'0' * 64}\n", False),
    ],
)
def test_the_build_is_chosen_where_nobody_has_said_where_it_comes_from(where, text, ours):
    assert frameworks.free(spec_of(text), where) is ours


def test_labels_are_left_out_where_the_build_is_chosen():
    spec, found = frameworks.unlabelled(spec_of("six\ntorch==2.0.0+cu117\n"))
    assert [d.text for d in spec.dependencies] == ["six", "torch==2.0.0"]
    assert [(f.verdict, f.at, f.nearest) for f in found] == [
        ("warn", "requirements.txt:2", "torch==2.0.0")
    ]


def built(text, name, needs=None, environ=None):
    spec = needing_of(needs or {})
    spec = replace(spec, dependencies=spec_of(text).dependencies)
    return frameworks.judge(spec, Case(target(name), "3.11"), environ or {})


def test_the_build_of_torch_on_each_target():
    assert built("six\n", "cuda118") == ((), "")
    assert built("torch==2.4.0\n", "cuda118") == ((), "torch cu118")
    assert built("torch==2.4.0\n", "cpu") == ((), "torch cpu")
    assert built("torch==2.4.0\n", "osx-arm64") == ((), "")
    assert built('torch==2.8.0; sys_platform == "win32"\n', "cuda118") == ((), "")


def test_a_torch_that_has_no_build_for_the_driver():
    (found,), _ = built("six\ntorch==2.8.0\n", "cuda118")
    assert (found.verdict, found.at, found.spec) == ("warn", "requirements.txt:2", "torch==2.8.0")
    assert found.text.startswith("needs CUDA 12.6 or newer")
    assert "torch<2.8" in found.hint
    (found,), _ = built("torch==2.8.0\n", "cuda118", {"gpu": 1})
    assert found.verdict == "fail", "a GPU is a must"


def test_what_is_said_of_this_computer_counts_for_it_alone():
    said = {"CONDA_OVERRIDE_CUDA": "11.8"}
    assert built("torch==2.4.0\n", "here", environ=said)[1] == "torch cu118"
    assert built("torch==2.4.0\n", "cuda124", environ=said)[1] != "torch cu118"


def test_the_last_torch_for_macs_with_intel():
    (found,), _ = built("torch==2.4.0\n", "osx-64")
    assert found.verdict == "fail"
    assert found.text == "torch 2.2.2 is the last for Macs with Intel"
