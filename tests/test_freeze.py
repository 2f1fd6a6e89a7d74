"""What is installed is read from files alone, whatever state they are in."""

from __future__ import annotations

import json
import re
import struct
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envboot.errors import EnvbootError, NothingFound, UsageError
from envboot.freeze import (
    Installed,
    Live,
    channels,
    history,
    look,
    metadata,
    modules,
    origins,
    passed_over,
)
from envboot.freeze.facts import STRAY
from envboot.shell import Answer, Platform
from envboot.testing import ScriptedShell

HOME = "/home/ada"
ROOT = Path("/repo")
SITE = "/env/lib/python3.11/site-packages"
CFG = "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11.7\n"


def dist(name, version, *files, at=SITE, extra="", **inside):
    """Return the files of one distribution as pip leaves them; ``inside``: members, by name."""
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    members = {
        "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{extra}\nProse",
        "WHEEL": "Wheel-Version: 1.0\nTag: py3-none-any\n",
        "INSTALLER": "pip\n",
        **{k.replace("__", "."): v for k, v in inside.items()},
    }
    listed = [*files, *(f"{info}/{m}" for m in members)]
    members.setdefault("RECORD", "".join(f"{f},sha256=x,1\n" for f in listed))
    return {f"{at}/{info}/{k}": v for k, v in members.items() if v is not None}


def computer(files=None, *, system="Linux", answers=None, programs=None, **environ):
    return ScriptedShell(
        files=files,
        answers=answers,
        programs=programs,
        environ={"HOME": HOME, "PATH": "/usr/bin", **environ},
        platform=Platform(system, "x86_64"),
    )


def venv(*parts, cfg=CFG, at="/env"):
    files = {f"{at}/pyvenv.cfg": cfg, f"{at}/bin/python": ""}
    for part in parts:
        files |= part
    return files


def read(*parts, **options):
    """Return what is seen of a virtual environment with these distributions."""
    return look(computer(venv(*parts, **options)), ROOT, prefix=Path("/env"))


def only(live):
    assert len(live.installed) == 1, live.installed
    return live.installed[0]


# ------------------------------------------------------------------ one distribution


def test_a_distribution_as_pip_leaves_it():
    live = read(
        dist(
            "Torch-Extra", "2.6.0+cu124", "torch_extra/__init__.py", "../../../bin/extra",
            extra="Requires-Dist: numpy>=1.26\nRequires-Dist: six; extra == 'old'\n",
            REQUESTED="",
            WHEEL="Wheel-Version: 1.0\nTag: cp311-cp311-linux_x86_64\nTag: nonsense\n",
            entry_points__txt="[console_scripts]\ntorch-extra = a:b\n[other]\nno = a:b\n",
        )
    )  # fmt: skip
    assert live.kind == "venv"
    assert live.python == "3.11.7"
    assert live.unreadable == ()
    assert only(live) == Installed(
        "torch-extra",
        "2.6.0",
        "pypi",
        ("torch_extra",),
        local="cu124",
        requested=True,
        requires=("numpy>=1.26", "six; extra == 'old'"),
        scripts=("extra", "torch-extra"),
        tags=("cp311-cp311-linux_x86_64",),
    )


def test_pip_itself_was_asked_for_by_nobody():
    assert not only(read(dist("pip", "23.0", "pip/__init__.py", REQUESTED=""))).requested


@pytest.mark.parametrize(
    ("spoilt", "sentence"),
    [
        ({"METADATA": None}, "no metadata"),
        ({"METADATA": ""}, "no metadata"),
        ({"METADATA": "\x00\x01"}, "no metadata"),
        ({"METADATA": "Name: a b\nVersion: 1\n\n"}, "no metadata"),
        ({"METADATA": "Name: broken\nVersion: 1 2\n\n"}, "no metadata"),
    ],
)
def test_broken_metadata_is_listed_and_the_rest_goes_on(spoilt, sentence):
    live = read(dist("broken", "1.0", **spoilt), dist("whole", "2.0", "whole.py"))
    assert [i.name for i in live.installed] == ["whole"]
    assert re.fullmatch(rf"broken-1\.0\.dist-info .*{sentence}.*", "".join(live.unreadable))


def test_what_a_failed_installation_left_is_no_distribution():
    live = read(dist("~umpy", "1.0"), dist("numpy", "1.1", "numpy/__init__.py"))
    assert [i.version for i in live.installed] == ["1.1"]
    assert "left behind" in live.unreadable[0]


def test_of_two_versions_the_newest_with_its_files_is_taken():
    old, new = dist("a", "1.9", "a.py"), dist("a", "1.10", "a.py")
    ruin = dist("A", "2.0", RECORD=None)
    live = read(old, new, {k.replace("/A-", "/a-"): v for k, v in ruin.items()})
    assert only(live).version == "1.10"
    assert "a is there twice" in live.unreadable[0]


def test_metadata_that_is_no_utf_8():
    latin = "Name: old\nVersion: 1.0\nAuthor: Ingr\xe9\n\n".encode("latin-1")
    assert only(read(dist("old", "1.0", "old.py", METADATA=latin))).imports == ("old",)


def test_a_requirement_that_goes_on_in_the_next_line():
    said = metadata.fields(b"Name: a\r\nRequires-Dist: b\r\n  >=1\r\n\r\nRequires-Dist: body\r\n")
    assert metadata.requires(said) == ("b >=1",)


def test_a_version_that_the_metadata_lacks_stands_in_the_name_of_the_folder():
    assert only(read(dist("a", "1.5", "a.py", METADATA="Name: a\n\n"))).version == "1.5"


# ------------------------------------------------------------------ modules


@pytest.mark.parametrize(
    ("files", "brings"),
    [
        (["sklearn/__init__.py", "sklearn/svm/__init__.py", "sklearn/x.py"], ["sklearn"]),
        (["six.py", "__pycache__/six.cpython-311.pyc"], ["six"]),
        (["a/__init__.py", "b/__init__.py", "_c.py"], ["_c", "a", "b"]),
        (["google/cloud/storage/__init__.py"], ["google.cloud.storage"]),
        (["google/cloud/storage/__init__.py", "google/cloud/_http.py"],
         ["google.cloud._http", "google.cloud.storage"]),
        (["google/__init__.py", "google/cloud/__init__.py", "google/cloud/vision/__init__.py"],
         ["google.cloud.vision"]),
        (["mpl_toolkits/mplot3d/__init__.py", "matplotlib/__init__.py", "pylab.py"],
         ["matplotlib", "mpl_toolkits.mplot3d", "pylab"]),
        (["mine/one.py", "mine/deep/two.py"], ["mine.deep.two", "mine.one"]),
        (["_cffi_backend.cpython-311-x86_64-linux-gnu.so", "cffi/__init__.py"],
         ["_cffi_backend", "cffi"]),
        (["fast.abi3.so", "slow.pyd", "win.cp311-win_amd64.pyd"], ["fast", "slow", "win"]),
        (["numpy.libs/libopenblas.so", "numpy/__init__.py", "libplain.so"], ["numpy"]),
        (["requests-stubs/__init__.pyi", "other/__init__.pyi"], []),
        (["3204bda914b7f2c6f497__mypyc.so", "a1b2__mypyc.so", "black/__init__.py"], ["black"]),
        (["data/table.csv", "share/x/y.txt", "../../../bin/x.py"], []),
        (["/absolute/x.py", "a b/__init__.py", "x.pth", "py.typed", "__init__.py"], []),
        (["nvidia/__init__.py", "nvidia/cublas/__init__.py", "nvidia/cublas/lib/libcublas.so.12"],
         ["nvidia.cublas"]),
    ],
)  # fmt: skip
def test_which_modules_files_are(files, brings):
    assert list(modules.brought(files)) == brings


def test_an_init_that_opens_its_package_to_others():
    files = ["shared/__init__.py", "shared/mine/__init__.py"]
    opener = b"__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"
    open_ = {f"{SITE}/shared/__init__.py": opener}
    closed = {f"{SITE}/shared/__init__.py": "x = 1\n"}
    assert only(read(dist("shared-mine", "1", *files), open_)).imports == ("shared.mine",)
    assert only(read(dist("shared-mine", "1", *files), closed)).imports == ("shared",)
    own = [*files, "shared/core.py"]  # a package of its own, which lets others in
    assert only(read(dist("shared", "1", *own), open_)).imports == ("shared",)


def test_a_namespace_that_setuptools_declares():
    files = ["zope/__init__.py", "apart/__init__.py", "apart/one/__init__.py"]
    one = dist("apart-one", "1", *files[1:], namespace_packages__txt="apart\n")
    assert only(read(one)).imports == ("apart.one",)


@pytest.mark.parametrize(
    ("fields", "brings"),
    [
        ("Import-Name: spam\nImport-Name: _spam ; private\n", ("_spam", "spam")),
        ("Import-Name: ns.spam\nImport-Namespace: ns\n", ("ns.spam",)),
        ("Import-Name:\n", ()),
        ("Import-Name: not a name\n", ()),
        ("Import-Namespace: real\n", ("real.inner",)),
    ],
)
def test_import_names_of_the_metadata_come_first(fields, brings):
    files = ["real/__init__.py", "real/inner/__init__.py"]
    assert only(read(dist("a", "1", *files, extra=fields))).imports == brings


def test_without_a_list_of_files():
    told = dist("told", "1.0", RECORD=None, top_level__txt="one\n_two\nbad name\n")
    named = dist("Na.med", "1.0", RECORD=None)
    silent = dist("silent", "1.0", RECORD=None)
    live = read(told, named, silent, {f"{SITE}/na_med.py": ""})
    brings = {i.name: i.imports for i in live.installed}
    assert brings == {"told": ("_two", "one"), "na-med": ("na_med",), "silent": ()}


def test_a_package_that_only_asks_for_others_brings_nothing():
    meta = dist("meta", "1.0")
    assert only(read(meta, {f"{SITE}/meta/__init__.py": ""})).imports == ()


def test_a_record_with_quotes_and_backslashes():
    text = '"odd,name/__init__.py",,\r\nodd\\inner.py,,\r\n"open\n,,\nlast.py,,\n'
    assert metadata.record(text.encode())[:2] == ("odd,name/__init__.py", "odd/inner.py")
    assert metadata.record(text.encode())[-1] == "last.py"


# ------------------------------------------------------------------ setuptools' own formats


def test_egg_info_as_a_folder():
    info = f"{SITE}/Old_Thing-1.5.egg-info"
    live = read({
        f"{info}/PKG-INFO": "Name: Old-Thing\nVersion: 1.5\n",
        f"{info}/top_level.txt": "oldthing\n",
        f"{info}/requires.txt": "numpy\n\n[plot]\nmatplotlib>3\n[:os_name == 'nt']\npywin32\n"
                                "[fast:os_name == '1' or os_name == '2']\ncython\n",
        f"{info}/installed-files.txt": "../oldthing/__init__.py\n../oldthing/x.py\nPKG-INFO\n",
        f"{info}/entry_points.txt": "[console_scripts]\nold = oldthing:main\n",
    })  # fmt: skip
    one = only(live)
    assert (one.name, one.version, one.imports) == ("old-thing", "1.5", ("oldthing",))
    assert one.scripts == ("old",)
    assert one.tags == ()
    assert one.requires == (
        "numpy",
        'matplotlib>3 ; extra == "plot"',
        "pywin32 ; os_name == 'nt'",
        "cython ; (os_name == '1' or os_name == '2') and extra == \"fast\"",
    )
    from packaging.requirements import Requirement

    assert [Requirement(r).name for r in one.requires] == [
        "numpy",
        "matplotlib",
        "pywin32",
        "cython",
    ]


def test_egg_info_as_one_file():
    live = read({f"{SITE}/crc-1.7.egg-info": "Name: crc\nVersion: 1.7\n", f"{SITE}/crc.py": ""})
    assert only(live).imports == ("crc",)


def test_an_egg():
    egg = f"{SITE}/Easy-1.0-py3.11.egg"
    live = read({f"{egg}/EGG-INFO/PKG-INFO": "Name: Easy\nVersion: 1.0\n",
                 f"{egg}/EGG-INFO/top_level.txt": "easy\n"})  # fmt: skip
    assert (only(live).name, only(live).imports) == ("easy", ("easy",))


def test_setup_py_develop():
    live = read({
        f"{SITE}/Work-Bench.egg-link": "/src/bench\n.",
        f"{SITE}/easy-install.pth": "/src/bench\n",
        "/src/bench/Work_Bench.egg-info/PKG-INFO": "Name: Work-Bench\nVersion: 0.1\n",
        "/src/bench/Work_Bench.egg-info/top_level.txt": "bench\n",
        "/src/bench/bench/__init__.py": "",
    })  # fmt: skip
    one = only(live)
    assert (one.name, one.editable, one.imports, one.url) == ("work-bench", True, ("bench",), "")


# ------------------------------------------------------------------ editable ones


DIRECT = json.dumps({"url": "file:///src/pad", "dir_info": {"editable": True}})


@pytest.mark.parametrize(
    ("files", "texts", "brings"),
    [
        (["__editable__.pad-1.pth"], {f"{SITE}/__editable__.pad-1.pth": "/src/pad/src\n",
          "/src/pad/src/pad/__init__.py": "", "/src/pad/src/conftest.py": ""}, ("pad",)),
        (["__editable__.pad-1.pth", "__editable___pad_1_finder.py"],
         {f"{SITE}/__editable___pad_1_finder.py":
          "from x import y\nMAPPING: dict[str, str] = {'pad': '/src/pad/lib', 'ns.b': '/s'}\n"
          "NAMESPACES: dict[str, list[str]] = {'ns': ['/s']}\n"}, ("ns.b", "pad")),
        (["_pad.pth"], {f"{SITE}/_pad.pth": "import os; os.abort()\n# no\n/src/pad\n/nowhere\n",
          "/src/pad/one/__init__.py": "", "/src/pad/two.py": "", "/src/pad/setup.py": "",
          "/src/pad/tests/__init__.py": "", "/src/pad/data/x.csv": ""}, ("one", "two")),
        (["pad.pth"], {f"{SITE}/pad.pth": "/src/pad\n", "/src/pad/pad.py": "",
          "/src/pad/train.py": ""}, ("pad",)),
        (["_pad_editable.py"], {"/src/pad/src/pad/__init__.py": ""}, ("pad",)),
    ],
    ids=["setuptools", "finder", "hatch", "flat", "scikit-build"],
)  # fmt: skip
def test_editable_ones_bring_what_their_folder_has(files, texts, brings):
    live = read(dist("pad", "1", *files, direct_url__json=DIRECT), texts)
    one = only(live)
    assert one.editable
    assert one.url == ""
    assert one.imports == brings


def test_an_editable_one_without_a_direct_url_is_known_by_its_files():
    path = {f"{SITE}/old.pth": "/src/old\n", "/src/old/old.py": ""}
    assert only(read(dist("old", "1", "old.pth"), path)).editable
    hook = {f"{SITE}/hook-nspkg.pth": "import sys, types\n"}
    assert not only(read(dist("hook", "1", "hook-nspkg.pth"), hook)).editable
    assert not only(read(dist("old", "1", "old.pth", "real.py"), path)).editable


# ------------------------------------------------------------------ direct URLs


def url_of(**said):
    found = origins.direct(json.dumps(said).encode())
    return found.url if found else None


@pytest.mark.parametrize(
    ("said", "url"),
    [
        ({"url": "https://host/r.git", "vcs_info": {"vcs": "git", "commit_id": "abc123"}},
         "git+https://host/r.git@abc123"),
        ({"url": "ssh://git@host/r", "vcs_info": {"vcs": "git", "commit_id": "f00"},
          "subdirectory": "py/lib"}, "git+ssh://git@host/r@f00#subdirectory=py/lib"),
        ({"url": "https://u:hunter22@host/r", "vcs_info": {"vcs": "git", "commit_id": "f00"}},
         "git+https://host/r@f00"),
        ({"url": "https://ghp_0123456789abcdef@host/r", "vcs_info": {"vcs": "git",
          "commit_id": "f00"}}, "git+https://host/r@f00"),
        ({"url": "https://${USER}:${PASS}@host/a.whl", "archive_info": {}},
         "https://${USER}:${PASS}@host/a.whl"),
        ({"url": "https://host/a.whl?token=hunter22", "archive_info": {
          "hashes": {"md5": "0" * 32, "sha256": "a" * 64}}},
         f"https://host/a.whl#sha256={'a' * 64}"),
        ({"url": "https://host/a.tgz", "archive_info": {"hash": f"sha256={'b' * 64}"},
          "subdirectory": "in"}, f"https://host/a.tgz#sha256={'b' * 64}&subdirectory=in"),
        ({"url": "file:///home/ada/a.whl", "archive_info": {}}, "file:///home/ada/a.whl"),
        ({"url": "file:///home/ada/src", "dir_info": {"editable": True}}, ""),
        ({"url": "file:///croot/numpy_and_numpy_base_1704311704800/work", "dir_info": {}}, ""),
        ({"url": "file:///home/conda/feedstock_root/build_artifacts/six_1/work"}, ""),
        ({"url": "file:///C:/b/abs_f2k9/croot/pip_1/work"}, ""),
        ({"url": "file:///tmp/build/80754af9/cffi_1/work"}, ""),
        ({"url": "javascript:alert(1)"}, None),
        ({"url": "https://host/a b"}, None),
        ({"url": "https://host/a\n--index-url=https://evil"}, None),
        ({"url": 3}, None),
        ({"url": "https://host/r", "vcs_info": {"vcs": "git", "commit_id": "a b"}}, None),
        ({"url": "https://host/r", "vcs_info": {"vcs": "rm", "commit_id": "a"}}, None),
        ({"url": "https://[host/r"}, None),
    ],
)  # fmt: skip
def test_direct_urls(said, url):
    assert url_of(**said) == url


def test_where_a_distribution_came_from_and_its_own_version():
    said = {"url": "https://host/r", "vcs_info": {"vcs": "git", "commit_id": "ab"}}
    live = read(dist("a", "1.0", "a.py", direct_url__json=json.dumps(said)))
    assert only(live).url == "git+https://host/r@ab"
    built = json.dumps({"url": "file:///croot/a_17/work"})
    live = read(dist("a", "1.0", "a.py", direct_url__json=built))
    assert (only(live).url, only(live).version) == ("", "1.0")


# ------------------------------------------------------------------ layouts


def test_windows_and_lib64():
    shell = computer(
        {"/env/pyvenv.cfg": CFG, **dist("a", "1", "a.py", "../../Scripts/a.exe",
         at="/env/Lib/site-packages")}, system="Windows",
    )  # fmt: skip
    one = only(look(shell, ROOT, prefix=Path("/env")))
    assert (one.imports, one.scripts) == (("a",), ("a",))
    far = dist("far", "1", "far.so", at="/env/lib64/python3.11/site-packages")
    assert [i.name for i in read(far, dist("near", "1")).installed] == ["far", "near"]


def test_the_folders_of_another_python_are_another_pythons():
    other = dist("other", "1", at="/env/lib/python3.9/site-packages")
    assert [i.name for i in read(other, dist("mine", "1")).installed] == ["mine"]


def test_a_virtual_environment_that_sees_its_system():
    cfg = CFG.replace("false", "true")
    files = venv(
        dist("own", "1.0", "own.py"),
        dist("both", "2.0", "both.py"),
        dist("both", "1.0", "both.py", at="/usr/lib/python3/dist-packages"),
        dist("system", "1.0", "system.py", at="/usr/lib/python3/dist-packages"),
        dist("late", "1.0", "late.py", at="/usr/local/lib/python3.11/dist-packages"),
        dist("old", "1.0", "old.py", at="/usr/lib/python3.9/site-packages"),
        cfg=cfg,
    )
    live = look(computer(files), ROOT, prefix=Path("/env"))
    assert [(i.name, i.version) for i in live.installed] == [
        ("both", "2.0"), ("late", "1.0"), ("own", "1.0"), ("system", "1.0"),
    ]  # fmt: skip
    files["/env/pyvenv.cfg"] = CFG
    assert len(look(computer(files), ROOT, prefix=Path("/env")).installed) == 2


@pytest.mark.parametrize(
    ("cfg", "version"),
    [
        ("version_info = 3.12.1.final.0\n", "3.12.1"),
        ("version_info = 3.14.0rc2\n", "3.14.0rc2"),
        ("VERSION=3.10\n", "3.10"),
        ("version = nonsense\n", "3.11"),
        ("\x00\xff", "3.11"),
    ],
)
def test_the_version_of_the_interpreter(cfg, version):
    files = venv(cfg=cfg) | {f"{SITE}/a.py": ""}
    assert look(computer(files), ROOT, prefix=Path("/env")).python == version


def test_the_version_of_a_plain_installation_from_its_c_header():
    header = '#define PY_VERSION      	"3.11.7+"\n'
    files = {f"{SITE}/a.py": "", "/env/include/python3.11/patchlevel.h": header}
    live = look(computer(files), ROOT, prefix=Path("/env"))
    assert (live.kind, live.python) == ("system", "3.11.7")


# ------------------------------------------------------------------ conda


def record(name, version, *files, channel="https://conda.anaconda.org/conda-forge/noarch", **more):
    said = {"name": name, "version": version, "build": "py_0", "channel": channel,
            "url": f"{channel}/{name}-{version}-py_0.conda", "files": files, **more}  # fmt: skip
    return {f"/conda/conda-meta/{name}-{version}-py_0.json": json.dumps(said)}


CSITE = "/conda/lib/python3.11/site-packages"


def conda(*parts, said="", **environ):
    files = {"/conda/conda-meta/history": said, **record("python", "3.11.7", "bin/python3.11")}
    for part in parts:
        files |= part
    return look(computer(files, **environ), ROOT, prefix=Path("/conda"))


def owned(name, version, *files, dist_name=""):
    """Return a conda package with a distribution in it, as conda leaves both."""
    inner = dist(dist_name or name, version, *files, at=CSITE, REQUESTED="",
                 direct_url__json='{"url": "file:///croot/x_1/work", "dir_info": {}}')  # fmt: skip
    paths = [p[len("/conda/") :] for p in inner]
    modules_ = [f"lib/python3.11/site-packages/{f}" for f in files]
    return inner | record(name, version, *paths, *modules_)


def test_what_conda_installed_and_what_pip_did():
    live = conda(
        owned("py-opencv", "4.9.0", "cv2/__init__.py", dist_name="opencv-python"),
        owned("helper", "1.0", "helper.py"),
        record("libpng", "1.6", "lib/libpng.so", "bin/pngfix"),
        record("bare", "1.0", "lib/python3.11/site-packages/bare/__init__.py"),
        dist("pipped", "3.0", "pipped.py", at=CSITE, REQUESTED=""),
        said="==> 2024-01-01 <==\n# cmd: conda create py-opencv\n# update specs: ['py-opencv=4']\n",
    )
    assert (live.kind, live.python, live.unreadable) == ("conda", "3.11.7", ())
    assert live.channels == ("conda-forge",)
    by = {i.name: i for i in live.installed}
    assert [i.name for i in live.installed] == sorted(by)
    assert by["opencv-python"] == Installed(
        "opencv-python", "4.9.0", "conda", ("cv2",), conda_name="py-opencv",
        channel="conda-forge", requested=True, asked_as="py-opencv=4", conda_version="4.9.0",
    )  # fmt: skip
    assert not by["helper"].requested, "REQUESTED is what its builder asked for"
    assert (by["libpng"].python, by["libpng"].scripts) == (False, ("pngfix",))
    assert (by["bare"].python, by["bare"].imports) == (False, ("bare",))
    assert (by["pipped"].ecosystem, by["pipped"].requested) == ("pypi", True)
    assert by["pipped"].conda_name == by["pipped"].channel == ""
    assert live.find("py-opencv") is live.find("OpenCV_Python") is by["opencv-python"]
    assert live.find("nothing") is None


def by_uv(name, *requires, **more):
    lines = "".join(f"Requires-Dist: {line}\n" for line in requires)
    return dist(name, "1.0", **{"extra": lines, "INSTALLER": "uv", "REQUESTED": "", **more})


def wished(*parts):
    return {i.name for i in read(*parts).installed if i.requested}


def test_uv_calls_everything_requested():
    web = by_uv("Web_App", "ninja2>=3", 'tests; extra == "dev"', "web-app[dev]; extra == 'all'")
    parts = (web, by_uv("ninja2", "safe[fast] ; python_version > '3'"), by_uv("pip"))
    safe = by_uv("safe", 'quick; extra == "Fast"', "not installed", "@@")
    parts = (*parts, safe, by_uv("quick"), by_uv("tests"))
    assert wished(*parts) == {"web-app", "tests"}
    assert wished(*parts, dist("other", "1", extra="Requires-Dist: tests\n")) == {"web-app"}
    tells = by_uv("older", REQUESTED=None)
    assert wished(*parts, tells) >= {"ninja2", "quick"}, "a uv that tells them apart is believed"
    assert wished(*parts, dist("safe2", "1", REQUESTED="")) == {"web-app", "tests", "safe2"}


def test_a_circle_of_uvs_packages():
    one, two = by_uv("one", "two", "one"), by_uv("two", "one")
    assert wished(one, two) == {"one", "two"}, "one of them was, and nothing says which"
    assert wished(one, two, by_uv("top", "one")) == {"top"}
    by_pip = dist("two", "1.0", extra="Requires-Dist: one\n", REQUESTED="")
    assert wished(one, by_pip) == {"two"}


def test_pip_is_believed_though_something_requires_it():
    low = dist("low", "1.0", REQUESTED="")
    assert wished(by_uv("high", "low", "lower"), low, by_uv("lower")) == {"high", "low"}


def test_pip_replaced_a_package_of_conda():
    stale = {k: v for k, v in owned("numpy", "1.26", "numpy/__init__.py").items() if "meta/" in k}
    said = "==> x <==\n# update specs: ['numpy', 'gone']\n"
    live = conda(stale, dist("numpy", "2.0", "numpy/__init__.py", at=CSITE), said=said)
    one = live.find("numpy")
    assert (one.version, one.ecosystem, one.conda_name, one.requested) == ("2.0", "pypi", "", True)
    assert live.unreadable == ()
    live = conda(stale, said=said)  # and pip removed it
    assert live.find("numpy") is None
    assert "numpy is in conda-meta, and its Python package is gone" in live.unreadable


def test_a_package_that_is_the_face_of_another():
    base = owned("plot-base", "3.0", "plot/__init__.py", dist_name="plot")
    face = record("plot", "3.0", depends=["plot-base >=3,<4", "gui"])
    said = "==> x <==\n# update specs: ['{}']\n"
    live = conda(base, face, said=said.format("plot=3"))
    assert [i.name for i in live.installed] == ["plot", "python"]
    assert (live.find("plot").conda_name, live.find("plot").asked_as) == ("plot", "plot=3")
    assert live.find("plot").imports == ("plot",)
    live = conda(base, face, said=said.format("plot-base"))
    assert {i.conda_name: i.requested for i in live.installed} == {
        "plot": False, "plot-base": True, "python": False}  # fmt: skip
    assert live.find("plot").conda_name == "plot-base"


def test_a_library_with_the_name_of_its_binding():
    binding = owned("python-dots", "0.2", "dots.py", dist_name="dots")
    library = record("dots", "9.0", "bin/dot")
    live = conda(binding, library, said="==> x <==\n# update specs: ['python-dots']\n")
    assert {i.conda_name: (i.python, i.requested) for i in live.installed} == {
        "python-dots": (True, True), "dots": (False, False), "python": (False, False)}  # fmt: skip


def test_pip_replaced_a_package_that_conda_calls_otherwise():
    stale = owned("py-eyes", "1.0", "eyes.py", dist_name="eyes-python")
    stale = {k: v for k, v in stale.items() if "meta/" in k}
    live = conda(stale, dist("eyes-python", "2.0", "eyes.py", at=CSITE))
    assert (live.find("eyes-python").ecosystem, live.unreadable) == ("pypi", ())


def test_several_distributions_of_one_conda_package():
    one, two = (owned("both", "1.0", f"{n}.py", dist_name=n) for n in ("one", "two"))
    files = [f for part in (one, two) for k, v in part.items() if k.endswith("both-1.0-py_0.json")
             for f in json.loads(v)["files"]]  # fmt: skip
    live = conda(one, two, record("both", "1.0", *files))
    assert [i.conda_name for i in live.installed if i.name != "python"] == ["both", "both"]


def test_records_of_rattler_say_what_was_asked_for():
    live = conda(
        record("a", "1.0", requested_specs=["a=1"]),
        record("b", "1.0", requested_spec="b >=1"),
        record("c", "1.0", requested_spec="None"),
    )
    assert {i.name: i.asked_as for i in live.installed if i.requested} == {"a": "a=1", "b": "b >=1"}


def test_records_that_are_none_are_listed():
    live = conda(
        {
            "/conda/conda-meta/x-1-0.json": "{",
            "/conda/conda-meta/y-1-0.json": "[]",
            "/conda/conda-meta/z-1-0.json": '{"name": "z z", "version": "1"}',
            "/conda/conda-meta/deep-1-0.json": "[" * 100_000,
        }
    )
    assert [i.name for i in live.installed] == ["python"]
    assert len(live.unreadable) == 4


def test_variables():
    state = {"version": 1, "env_vars": {"ADA": "x", "GONE": "***unset***", "bad name": "x", "N": 3}}
    live = conda({"/conda/conda-meta/state": json.dumps(state)})
    assert live.variables == (("ADA", "x"),)


HISTORY = """\
/old/first/lines.tar.bz2
==> 2017-01-01 00:00:00 <==
# cmd: /opt/conda/bin/conda create -n x python=3.6 param >=1.5.1,<2.0 -c https://u:pw123@host/t/SECRET12/lab
# install specs: python=3.6,param >=1.5.1,<2.0,Jupyter
+defaults::python-3.6.1-0
==> 2018-01-01 00:00:00 <==
# cmd: conda install -c pytorch --channel=nvidia -cconda-forge torch
# conda version: 4.5.0
+pytorch::torch-1.0
# update specs: ["pytorch::torch[version='>=1,<2']", 'conda-forge/linux-64::six==1.0=py_0']
==> 2019-01-01 00:00:00 <==
# cmd: conda remove jupyter
# remove specs: ['jupyter']
==> 2020-01-01 00:00:00 <==
# cmd: conda install x
# update specs: ['x=1', u'old=2', 'base-only @', '*[md5=0]']
# remove specs: ['x']
# neutered specs: ['python']
==> 2021-01-01 00:00:00 <==
# cmd: conda install --file e.txt
# update specs: ['https://host/t/SECRET12/lab/noarch/u-rl-1.0-0.conda', 'https://h/t/SECRET12/c::z=1']
"""


def test_a_history_in_all_its_formats():
    found = history.parse(HISTORY)
    assert found.asked == {
        "python": "python",
        "param": "param >=1.5.1,<2.0",
        "torch": "pytorch::torch[version='>=1,<2']",
        "six": "conda-forge/linux-64::six==1.0=py_0",
        "x": "x=1",
        "old": "old=2",
        "u-rl": "https://host/lab/noarch/u-rl-1.0-0.conda",
        "z": "https://h/c::z=1",
    }
    assert found.channels == (("pytorch", "nvidia", "conda-forge"), ("https://host/lab",))


EXPORTED = {"app": ["lib", "tool"], "lib": ["zlib"], "tool": [], "zlib": []}


def copied(specs, *, more=""):
    """Return what was asked for in an environment that was made with these specs."""
    came = "".join(f"+conda-forge/noarch::{name}-1.0-py_0\n" for name in EXPORTED)
    said = f"==> x <==\n# cmd: conda create\n{came}# update specs: {specs}\n{more}"
    records = [record(name, "1.0", depends=[f"{n} >=1" for n in needs])
               for name, needs in EXPORTED.items()]  # fmt: skip
    return {i.name: i.asked_as for i in conda(*records, said=said).installed if i.requested}


def test_of_a_copied_environment_only_what_nothing_else_needs_was_asked_for():
    clone = [f"conda-forge/noarch::{name}==1.0=py_0" for name in EXPORTED]
    exported = [f"{name}==1.0=py_0" for name in EXPORTED]
    assert copied(clone) == copied(exported) == {"app": "app"}
    later = "==> y <==\n# cmd: conda install zlib\n# update specs: ['zlib']\n"
    assert copied(clone, more=later) == {"app": "app", "zlib": "zlib"}


def test_one_exact_build_among_others_is_a_wish():
    assert copied(["app==1.0=py_0"]) == {"app": "app==1.0=py_0"}
    some = ["app==1.0=py_0", "lib", "tool"]
    assert copied(some) == {"app": "app==1.0=py_0", "lib": "lib", "tool": "tool"}
    assert copied(list(EXPORTED)) == {name: name for name in EXPORTED}


def test_a_long_list_without_builds_is_a_copy_too():
    names = [f"p{n}" for n in range(30)]
    came = "".join(f"+{name}-1-0\n" for name in names)
    found = history.parse(f"==> x <==\n{came}# update specs: {[f'{n}=1' for n in names]}\n")
    assert found.copied == frozenset(names)
    found = history.parse(f"==> x <==\n{came * 2}# update specs: {[f'{n}=1' for n in names]}\n")
    assert found.copied == frozenset()


def test_only_what_is_installed_was_asked_for():
    live = conda(record("six", "1.0"), said=HISTORY)
    assert [(i.name, i.asked_as) for i in live.installed if i.requested] == [
        ("python", "python"),
        ("six", "conda-forge/linux-64::six==1.0=py_0"),
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("conda-forge", "conda-forge"),
        ("https://conda.anaconda.org/conda-forge/linux-64", "conda-forge"),
        ("https://conda.anaconda.org/conda-forge/label/dev/noarch", "conda-forge/label/dev"),
        ("https://conda.anaconda.org/t/abcd-SECRET/private/osx-arm64/", "private"),
        ("https://repo.anaconda.com/pkgs/main/win-64", "defaults"),
        ("pkgs/r", "defaults"),
        ("https://user:pw@host:8443/t/abcd-SECRET/lab/emscripten-wasm32", "https://host:8443/lab"),
        ("https://host/lab/noarch?token=x", "https://host/lab"),
        ("file:///srv/channel/noarch", "file:///srv/channel"),
        ("t/abcd-SECRET/lab", "lab"),
        ("<unknown>", ""),
        ("pypi", ""),
        ("a b", ""),
        ("https://[bad", ""),
        (None, ""),
        (["x"], ""),
    ],
)
def test_channels_by_name_and_without_tokens(text, name):
    assert channels.name(text) == name


def test_channels_of_command_lines_come_first_then_those_of_the_settings():
    names = ("conda-forge", "pytorch", "lab")
    forge, torch, lab = (f"https://conda.anaconda.org/{name}/noarch" for name in names)
    packages = [record("a", "1", channel=forge), record("b", "1", channel=torch),
                record("c", "1", channel=lab)]  # fmt: skip
    rc = {f"{HOME}/.condarc": "channels:\n- lab\n- conda-forge\n- unused\n"}
    python = record("python", "3.11.7", channel=forge)
    live = conda(*packages, python, rc, said="==> x <==\n# cmd: conda create -c conda-forge a\n"
                 "==> y <==\n# cmd: conda install -c pytorch b\n")  # fmt: skip
    assert live.channels == ("pytorch", "lab", "conda-forge")
    live = conda(*packages, python, said="==> x <==\n# cmd: conda create -c conda-forge -c lab a\n")
    assert live.channels == ("conda-forge", "lab", "pytorch"), "as somebody wrote it"
    assert conda(*packages, python).channels == ("lab", "pytorch", "conda-forge")


@pytest.mark.parametrize("text", ["channels: [", "channels: {a: b}", "- x", "\x00", "channels:\n"])
def test_settings_that_are_no_settings(text):
    assert conda({f"{HOME}/.condarc": text}).channels == ("conda-forge",)


# ------------------------------------------------------------------ which environment


def prefix_of(files, root=ROOT, environ=None, **named):
    live = look(computer(files, **(environ or {})), root, **named)
    return live and str(live.prefix)


ACTIVE = venv() | {"/conda/conda-meta/history": "", "/repo/.venv/pyvenv.cfg": CFG}


def test_the_active_environment_comes_first():
    assert prefix_of(ACTIVE, environ={"VIRTUAL_ENV": "/env"}) == "/env"
    assert prefix_of(ACTIVE, environ={"CONDA_PREFIX": "/conda"}) == "/conda"
    both = {"VIRTUAL_ENV": "/env", "CONDA_PREFIX": "/conda"}
    assert prefix_of(ACTIVE, environ=both) == "/env"
    later = {**both, "PATH": "/conda/bin:/env/bin:/usr/bin"}
    assert prefix_of(ACTIVE, environ=later) == "/conda", "it was activated last"
    assert prefix_of(ACTIVE, environ={"VIRTUAL_ENV": "/gone"}) == "/repo/.venv"
    assert prefix_of(ACTIVE, environ={"VIRTUAL_ENV": "relative"}) == "/repo/.venv"
    assert "VIRTUAL_ENV" in look(computer(ACTIVE, VIRTUAL_ENV="/env"), ROOT).why


@pytest.mark.parametrize(
    "environ",
    [
        {"CONDA_DEFAULT_ENV": "base"},
        {"CONDA_EXE": "/conda/bin/conda"},
        {"MAMBA_ROOT_PREFIX": "/conda"},
    ],
)
def test_base_is_taken_when_it_is_named_and_else_not(environ):
    files = {"/conda/conda-meta/history": "", "/conda/bin/conda": ""}
    environ = {"CONDA_PREFIX": "/conda", "CONDA_EXE": "/conda/bin/conda", **environ}
    assert prefix_of(files, environ=environ) is None
    assert prefix_of(files, environ=environ, env="base") == "/conda"
    assert prefix_of(files, environ=environ, prefix=Path("/conda")) == "/conda"
    assert "--env base" in passed_over(computer(files, **environ))
    files["/repo/.venv/pyvenv.cfg"] = CFG
    why = look(computer(files, **environ), ROOT).why
    assert why.startswith("`.venv` in the repository")
    assert "base" in why


def test_nothing_is_there():
    assert look(computer({"/usr/bin/python3": ""}), ROOT) is None
    assert passed_over(computer()) == ""


def stamp(prefix, root="/repo"):
    said = {"fingerprint": "", "lines": [], "name": "x", "engine": "uv", "python": "3.11.7",
            "prefix": prefix, "root": root, "version": "1", "created": ""}  # fmt: skip
    return {f"{prefix}/envboot-stamp.json": json.dumps(said)}


POINTER = {"/repo/.envboot/environment.json": json.dumps({"prefix": "/env"})}


def test_the_environment_that_envboot_made():
    assert prefix_of(venv() | stamp("/env") | POINTER) == "/env"
    here = {"/repo/.venv/pyvenv.cfg": CFG, "/repo/venv/pyvenv.cfg": CFG}
    assert prefix_of(venv() | stamp("/env") | POINTER | here) == "/env"
    assert prefix_of(here) == "/repo/.venv"
    assert prefix_of({"/repo/venv/pyvenv.cfg": CFG}) == "/repo/venv"
    assert prefix_of({"/repo/.venv/README": ""}) is None


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"prefix": 3}',
        '{"prefix": "env"}',
        '{"prefix": "/\\u0000"}',
        '{"prefix": "/nowhere"}',
        "[" * 99_999,
    ],
)
def test_a_pointer_that_points_to_nothing(text):
    files = venv() | stamp("/env") | {"/repo/.envboot/environment.json": text}
    assert prefix_of(files) is None


def test_a_pointer_to_somebody_elses_environment():
    other = venv() | stamp("/env", "/other") | POINTER | {"/other/README": ""}
    assert prefix_of(other) is None
    assert prefix_of(venv() | POINTER) is None, "no stamp"
    moved = venv() | stamp("/env", "/before") | POINTER
    assert prefix_of(moved) == "/env", "the repository was called otherwise then"


def index(*names):
    """Return git's index of these files, version 2."""
    body = b""
    for name in names:
        entry = bytes(60) + struct.pack(">H", len(name)) + name.encode()
        body += entry + bytes(8 - len(entry) % 8)
    return b"DIRC" + struct.pack(">II", 2, len(names)) + body


@pytest.mark.parametrize("tracked", [".venv/pyvenv.cfg", ".venv/bin/python", ".venv"])
def test_an_environment_that_came_with_the_repository_is_a_strangers(tracked):
    files = {"/repo/.venv/pyvenv.cfg": CFG, "/repo/.git/index": index("a.py", tracked)}
    assert prefix_of(files) is None
    assert prefix_of(files, prefix=Path("/repo/.venv")) == "/repo/.venv", "it is only read"
    files["/repo/.git/index"] = index("a.py", ".venvs/x")
    assert prefix_of(files) == "/repo/.venv"
    inside = {"/top/.git/index": index(f"sub/{tracked}"), "/top/sub/.venv/pyvenv.cfg": CFG}
    assert prefix_of(inside, root=Path("/top/sub")) is None


def test_names_that_do_not_exist():
    shell = computer(venv() | {"/empty/x": ""})
    with pytest.raises(UsageError):
        look(shell, ROOT, prefix=Path("/env"), env="x")
    with pytest.raises(NothingFound, match="no folder"):
        look(shell, ROOT, prefix=Path("/nowhere"))
    with pytest.raises(NothingFound, match="no environment"):
        look(shell, ROOT, prefix=Path("/empty"))
    with pytest.raises(UsageError, match="no Python"):
        look(shell, ROOT, python="/nowhere/python")


CONDAS = {
    f"{HOME}/miniforge3/conda-meta/history": "",
    f"{HOME}/miniforge3/envs/one/conda-meta/history": "",
    f"{HOME}/miniforge3/envs/no-env/README": "",
    "/data/envs/one/conda-meta/history": "",
    "/data/envs/two/conda-meta/history": "",
    "/far/three/conda-meta/history": "",
    "/far/four/conda-meta/history": "",
    "/else/four/conda-meta/history": "",
    f"{HOME}/.conda/environments.txt": "/far/three\n/far/four\n/else/four\n/gone/five\nrelative\n",
}


def test_a_conda_environment_by_name():
    assert prefix_of(CONDAS, env="one") == f"{HOME}/miniforge3/envs/one"
    path = {"CONDA_ENVS_PATH": "/data/envs"}
    assert prefix_of(CONDAS, env="one", environ=path) == "/data/envs/one"
    rc = CONDAS | {f"{HOME}/.condarc": "envs_dirs:\n- $DATA/envs\n- ~/elsewhere\n"}
    assert prefix_of(rc, env="two", environ={"DATA": "/data"}) == "/data/envs/two"
    assert prefix_of(CONDAS, env="three") == "/far/three"
    assert prefix_of(CONDAS, env="base") == f"{HOME}/miniforge3"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../x", "C:\\x", "no-env", "five", "two"])
def test_a_name_that_is_no_environment(name):
    with pytest.raises(UsageError) as caught:
        look(computer(CONDAS), ROOT, env=name)
    assert "--prefix" in caught.value.hint or "one" in caught.value.hint


def test_a_name_that_means_several():
    with pytest.raises(UsageError, match="several"):
        look(computer(CONDAS), ROOT, env="four")


def test_no_conda_at_all():
    with pytest.raises(UsageError, match="no conda"):
        look(computer(), ROOT, env="base")


# ------------------------------------------------------------------ an interpreter


def test_the_interpreter_of_an_environment_is_not_run():
    shell = computer(venv() | {"/conda/conda-meta/history": "", "/conda/bin/python": ""})
    assert look(shell, ROOT, python="/env/bin/python").prefix == Path("/env")
    assert look(shell, ROOT, python="/conda/bin/python").kind == "conda"
    assert look(shell, ROOT, python="/env").prefix == Path("/env")
    assert shell.asked == []


def test_any_other_says_where_its_packages_are():
    files = {
        "/usr/bin/python3": "",
        **dist("deb", "1.0", "deb.py", at="/usr/lib/python3/dist-packages"),
        **dist("hidden", "1.0", at="/usr/lib/python3.9/site-packages"),
    }
    said = json.dumps(["3.11.2", "/usr", ["/usr/lib/python3/dist-packages", "/nowhere"]])
    shell = computer(files, answers={"python3": f"noise\n{said}\n"},
                     programs={"python3": "/usr/bin/python3"})  # fmt: skip
    live = look(shell, ROOT, python="python3")
    assert (live.kind, live.python, only(live).name) == ("system", "3.11.2", "deb")
    assert " -I " in shell.asked[0]


def test_a_shim_that_starts_the_interpreter_of_an_environment():
    said = json.dumps(["3.11.7", "/env", [SITE]])
    shell = computer(venv(dist("a", "1")) | {"/shims/python": ""}, answers={"/shims/python": said})
    live = look(shell, ROOT, python="/shims/python")
    assert (live.kind, str(live.prefix), only(live).name) == ("venv", "/env", "a")


@pytest.mark.parametrize("answer", [Answer(None, "it ended with status 1"), "", "[]", "{}", "3"])
def test_a_program_that_is_no_python(answer):
    shell = computer({"/bin/cat": ""}, answers={"/bin/cat": answer})
    with pytest.raises(NothingFound, match="does not answer"):
        look(shell, ROOT, python="/bin/cat")


def test_a_program_that_came_with_the_repository_is_not_run():
    files = {"/repo/bin/python": "", "/repo/.git/index": index("bin/python")}
    shell = computer(files, answers={"/repo/bin/python": json.dumps(["3.11.7", "/env", []])})
    with pytest.raises(NothingFound, match="not run"):
        look(shell, ROOT, python="/repo/bin/python")
    assert shell.asked == []


def test_no_way_around_leads_to_what_came_along(tmp_path):
    root = tmp_path / "repo"
    tool = root / "bin" / "python"
    tool.parent.mkdir(parents=True)
    tool.write_text("#!/bin/sh\ntouch ran\n")
    tool.chmod(0o755)
    (root / ".git").mkdir()
    (root / ".git" / "index").write_bytes(index("bin/python", "sys", "BIN2/python"))
    (root / "sys").symlink_to(sys.executable)
    (tmp_path / "link").symlink_to(root)
    (tmp_path / "python").symlink_to(tool)
    (root / "bin2").mkdir()
    (root / "bin2" / "python").write_text("")
    shell = ScriptedShell(disk=True, answers={"python": "[]"})
    for way in ("repo/bin/python", "repo/sys", "repo/bin/../bin/python", "repo/../repo/bin/python",
                "link/bin/python", "python", "repo/bin2/python"):  # fmt: skip
        with pytest.raises(NothingFound, match="not run"):
            look(shell, root, python=str(tmp_path / way))
    with pytest.raises(NothingFound, match="not run"):
        look(shell, tmp_path / "link", python=str(tool))
    assert shell.asked == []


# ------------------------------------------------------------------ by module


def live_of(*items):
    return Live(
        Path("/env"), "3.11.7", "venv", tuple(Installed(n, "1", "pypi", m) for n, m in items)
    )


def test_modules_by_distribution():
    live = live_of(
        ("mlflow", ("mlflow",)),
        ("mlflow-skinny", ("mlflow",)),
        ("google-cloud-storage", ("google.cloud.storage",)),
        ("protobuf", ("google.protobuf",)),
        ("plain", ("plain.one", "plain.two", "tests")),
        ("tests", ("tests",)),
    )
    assert live.by_module() == {
        "mlflow": "mlflow",
        "google.cloud.storage": "google-cloud-storage",
        "google.cloud": "google-cloud-storage",
        "google.protobuf": "protobuf",
        "plain": "plain",
        "plain.one": "plain",
        "plain.two": "plain",
        "tests": "tests",
    }
    assert live.owner("google.cloud.storage.blob").name == "google-cloud-storage"
    assert live.owner("google") is None
    assert live.owner("nothing.at.all") is None


def test_of_two_that_bring_a_module_the_requested_one_is_meant():
    live = live_of(("opencv-python", ("cv2",)), ("opencv-python-headless", ("cv2",)))
    assert live.by_module() == {"cv2": "opencv-python"}
    plain, headless = live.installed
    live = replace(live, installed=(plain, replace(headless, requested=True)))
    assert live.by_module() == {"cv2": "opencv-python-headless"}
    live = live_of(("aaa", ("yaml",)), ("yaml", ("yaml",)))
    assert live.by_module() == {"yaml": "yaml"}


def test_what_nobody_means_by_tests():
    assert live_of(*((f"d-{name}", (name,)) for name in STRAY)).by_module() == {}


# ------------------------------------------------------------------ whatever the bytes


MEMBERS = ("METADATA", "RECORD", "WHEEL", "INSTALLER", "REQUESTED", "top_level.txt",
           "entry_points.txt", "direct_url.json", "namespace_packages.txt", "PKG-INFO",
           "requires.txt", "installed-files.txt")  # fmt: skip
LIKELY = st.sampled_from(
    ["Name: a", "Version: 1+b", "Import-Name: a.b", "a/__init__.py,,", "a.pth,,", "../../bin/x,,",
     "[x]", "[console_scripts]", "a = b:c", '"', "/", "\\", "https://[", "é",
     '{"url": "file:///x", "dir_info": {"editable": true}}', "==> x <==", "# cmd: conda -c",
     "# update specs: ['a', \"b\"", "# remove specs: a,<1"]
)  # fmt: skip
TEXTS = st.lists(LIKELY | st.text(max_size=20), max_size=8).map("\n".join).map(str.encode)
BYTES = TEXTS | st.binary(max_size=80)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.sampled_from(MEMBERS), BYTES, max_size=8),
    st.sampled_from([".dist-info", ".egg-info", ".egg"]),
    BYTES, BYTES,
)  # fmt: skip
def test_any_metadata_is_read_or_listed(members, ending, cfg, link):
    inside = "EGG-INFO/" if ending == ".egg" else ""
    files = {f"{SITE}/some-1.0{ending}/{inside}{k}": v for k, v in members.items()}
    files |= {"/env/pyvenv.cfg": cfg, f"{SITE}/x.egg-link": link, f"{SITE}/a.pth": link}
    live = look(computer(files), ROOT, prefix=Path("/env"))
    assert len(live.installed) + len(live.unreadable) == (2 if members else 1)
    for item in live.installed:
        assert re.fullmatch(r"[a-z0-9-]+", item.name)
        assert "+" not in item.version
        assert all(all(p.isidentifier() for p in m.split(".")) for m in item.imports)
        assert all(line.isprintable() for line in (*item.requires, *item.scripts, item.url))
    live.by_module()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["name", "version", "url", "channel", "files", "requested_spec", "depends",
             "env_vars", "vcs_info", "dir_info", "archive_info", "hashes", "vcs", "commit_id", "A"]
        ),
        inner, max_size=6,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(JSON | BYTES, BYTES, JSON | BYTES, BYTES)
def test_any_conda_meta_is_read_or_listed(said, past, state, rc):
    def raw(value):
        return value if isinstance(value, bytes) else json.dumps(value).encode()

    files = {
        "/conda/conda-meta/a-1-0.json": raw(said),
        "/conda/conda-meta/history": past,
        "/conda/conda-meta/state": raw(state),
        f"{HOME}/.condarc": b"channels:\n" + rc,
        f"{HOME}/.conda/environments.txt": past,
        "/repo/.envboot/environment.json": raw(state),
    }
    shell = computer(files)
    live = look(shell, ROOT, prefix=Path("/conda"))
    assert len(live.installed) + len(live.unreadable) == 1
    look(shell, ROOT)
    with pytest.raises(EnvbootError):
        look(shell, ROOT, env="nothing")


@given(JSON)
def test_any_direct_url_is_one_line_without_a_secret(said):
    found = origins.direct(json.dumps(said).encode())
    assert found is None or (found.url.isprintable() and " " not in found.url)


@given(st.text(alphabet="ab/.:@?#-_t ", max_size=30))
def test_a_token_never_becomes_part_of_a_channel(text):
    for url in (f"https://host/t/SECRET-1/{text}", f"https://u:SECRET-1@host/{text}"):
        assert "SECRET-1" not in channels.name(url)


@given(st.lists(st.lists(st.sampled_from("abcd"), max_size=4), max_size=4),
       st.lists(st.sampled_from("abcde"), max_size=9))  # fmt: skip
def test_the_order_of_channels_has_each_that_is_used_once(orders, used):
    found = channels.in_order(orders, used)
    assert sorted(found) == sorted(set(used))
