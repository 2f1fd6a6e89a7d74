from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from envboot import verify
from envboot.infer import Imported, Scan
from envboot.shell.local import LocalShell
from envboot.spec import Dependency, EnvironmentSpec, Need, Origin
from envboot.testing import ScriptedShell
from envboot.verify import conflicts, inside, libraries, reasons

HERE = Origin("a.py", 1)
SPEC = EnvironmentSpec(source=Origin("requirements.txt"))


def scan(*modules: str, guarded: tuple[str, ...] = ()) -> Scan:
    rows = [Imported(m, Origin("a.py", n), "production") for n, m in enumerate(modules, 1)]
    rows += [Imported(m, Origin("b.py", n), "guarded") for n, m in enumerate(guarded, 1)]
    rows.append(Imported("only_in_tests", Origin("tests/t.py", 1), "test"))
    return Scan(tuple(rows), (), ())


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("verify") / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
    modules = {
        "good": "",
        "other": "",
        "chatty": (
            "import sys, os\nprint('envboot-0:{}', end='')\nsys.stderr.write('noise\\r')\n"
            "os.write(1, b'\\xff\\n')\nsys.stdout = None\nos.close(0)\n"
        ),
        "quitter": "import sys\nsys.exit(3)",
        "ender": "import os\nos._exit(4)",
        "segfault": "import ctypes\nctypes.string_at(0)",
        "illegal": "import os, signal\nos.kill(os.getpid(), signal.SIGILL)",
        "hanging": "import time\ntime.sleep(600)",
        "fighter": "import sys, os, signal\nif 'good' in sys.modules: os.kill(os.getpid(), 11)",
        "raising": "raise RuntimeError('token=abc\"def it is broken')",
        "unspeakable": ("class E(Exception):\n def __str__(self): raise ValueError\nraise E"),
        "needs_cv2": "import cv2",
        "wrapped": "try:\n import cv2\nexcept ImportError as e:\n raise ImportError('x') from e",
        "leaver": "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()",
        "daemon": "import subprocess\nsubprocess.Popen(['sleep', '60'])",
        "misfit": "from json import nothing_like_this",
        "tensorflow": (
            "__version__ = '2.1'\nclass config:\n"
            "  list_physical_devices = staticmethod(lambda kind: [])"
        ),
        "cupy": "raise ImportError('no cupy here')",
        "first": "import os\nopen(os.environ['NOTED'], 'a').write(f'{os.getpid()}\\n')",
        "second": "import os\nopen(os.environ['NOTED'], 'a').write(f'{os.getpid()}\\n')",
        "settings": "import os\nassert os.environ['WANTED'] == '1', os.environ",
    }
    (folder,) = place.glob("lib/python*/site-packages")
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text)
    nested = folder / "google" / "cloud" / "storage"
    nested.mkdir(parents=True)
    (nested / "__init__.py").write_text("")
    return place


def prove(prefix: Path, *modules: str, **more: object) -> verify.Report:
    guarded = more.pop("guarded", ())
    assert isinstance(guarded, tuple)
    more.setdefault("spec", SPEC)
    return verify.prove(scan(*modules, guarded=guarded), prefix, LocalShell(), **more)  # type: ignore[arg-type]


def why(report: verify.Report) -> dict[str, str]:
    return {f.module: f.why for f in report.failed}


def test_modules_are_imported_in_the_environment_itself(prefix):
    report = prove(prefix, "good", "google.cloud.storage", "chatty", "other")
    assert report.imported == ("chatty", "good", "google.cloud.storage", "other")
    assert report.works
    assert report.failed == report.notes == report.conflicts == report.gpu == ()
    assert report.python == ".".join(str(n) for n in sys.version_info[:3])
    assert verify.render(report).startswith("4 modules import: chatty, good, google.cloud.storage")


def test_what_is_missing_is_named_with_what_brings_it(prefix):
    spec = EnvironmentSpec(
        source=Origin("requirements.txt"),
        dependencies=(
            Dependency("pyyaml", "PyYAML", "pypi", HERE),
            Dependency("odd-one", "odd.one", "pypi", HERE),
        ),
    )
    report = prove(
        prefix, "cv2", "needs_cv2", "wrapped", "yaml", "zzz", "odd_one", "good", spec=spec
    )
    assert not report.works
    assert report.imported == ("good",)
    assert why(report) == {
        "cv2": "nothing in the environment provides it: "
        "opencv-python is not declared in requirements.txt",
        "needs_cv2": "it needs cv2: nothing in the environment provides it: "
        "opencv-python is not declared in requirements.txt",
        "wrapped": "it needs cv2: nothing in the environment provides it: "
        "opencv-python is not declared in requirements.txt",
        "yaml": "pyyaml is declared in requirements.txt, but not installed",
        "odd_one": "odd-one is declared in requirements.txt, but not installed",
        "zzz": "nothing in the environment provides zzz",
    }
    assert report.failed[0] == verify.Failure(
        "cv2", Origin("a.py", 1), why(report)["cv2"], "add opencv-python to requirements.txt"
    )
    text = verify.render(report)
    assert "1 of 7 modules import; these do not work:" in text
    assert "hint: add opencv-python to requirements.txt" in text


def test_what_takes_the_interpreter_down_costs_only_itself(prefix):
    report = prove(
        prefix, "good", "segfault", "illegal", "ender", "quitter", "raising", "unspeakable", "other"
    )
    assert report.imported == ("good", "other")
    found = why(report)
    assert found["segfault"] == "it crashes the interpreter (SIGSEGV)"
    assert found["illegal"].startswith("it was built for another processor (SIGILL")
    assert found["ender"] == "it ends the interpreter when imported (status 4)"
    assert found["quitter"] == "it ends the program when imported (status 3)"
    assert found["raising"] == "RuntimeError: token=*** it is broken"
    assert found["unspeakable"] == "E"


def test_a_module_that_crashes_only_beside_another_is_imported_alone(prefix):
    assert prove(prefix, "good", "fighter", "other").imported == ("fighter", "good", "other")


def test_a_module_that_hangs_is_given_up_and_the_rest_goes_on(prefix):
    started = time.monotonic()
    report = prove(prefix, "good", "hanging", "other", timeout=1.0)
    assert report.imported == ("good", "other")
    assert why(report) == {"hanging": "it was still importing after 1 s"}
    assert time.monotonic() - started < 300, "it sleeps for ten minutes"


def test_threads_and_daemons_of_a_module_are_not_waited_for(prefix):
    started = time.monotonic()
    assert prove(prefix, "leaver", "daemon").works
    assert time.monotonic() - started < 50, "they sleep for a minute"


def test_guarded_modules_are_tried_and_only_noted(prefix):
    report = prove(prefix, "good", guarded=("cv2", "segfault", "other"))
    assert report.works
    assert report.imported == ("good",)
    assert [(f.module, str(f.origin)) for f in report.notes] == [
        ("cv2", "b.py:1"),
        ("segfault", "b.py:2"),
    ]
    assert "these do not import: cv2, segfault" in verify.render(report)


def test_the_variables_of_the_spec_are_set(prefix):
    spec = EnvironmentSpec(variables=(("WANTED", "1"),))
    assert prove(prefix, "settings", spec=spec).works
    assert not prove(prefix, "settings").works


def test_nothing_to_import_still_starts_the_interpreter(prefix, tmp_path):
    report = prove(prefix)
    assert report.works
    assert verify.render(report).startswith("nothing to import; Python 3.")
    (tmp_path / "bin").mkdir()
    broken = prove(tmp_path, "good")
    assert [f.module for f in broken.failed] == ["python"]
    assert "does not start" in broken.failed[0].why


def test_progress_is_told(prefix):
    told: list[str] = []
    prove(prefix, "good", "other", said=told.append)
    assert told == ["importing good", "importing other"]


def test_a_gpu_is_asked_for_only_where_one_is_needed(prefix):
    need = Need("gpu", 1, "true", HERE)
    spec = EnvironmentSpec(needs=(need,), source=Origin("requirements.txt"))
    assert prove(prefix, "tensorflow").gpu == ()
    report = prove(prefix, "tensorflow", "good", spec=spec)
    assert report.gpu == ("tensorflow 2.1 sees 0 GPUs",)
    assert why(report) == {"tensorflow": "no GPU: tensorflow 2.1 sees 0 GPUs"}
    assert report.imported == ("good", "tensorflow")
    assert "2 of 2 modules import; these do not work:" in verify.render(report)
    assert prove(prefix, "tensorflow", spec=spec, gpu=False).works
    after_a_crash = prove(prefix, "tensorflow", "segfault", spec=spec)
    assert after_a_crash.gpu == report.gpu


@pytest.mark.parametrize(
    ("needs", "asked"),
    [
        ((), False),
        ((Need("gpu", 1, "1", HERE),), True),
        ((Need("gpu", 0, "optional", HERE),), False),
        ((Need("gpu", 0, "optional", HERE), Need("cuda", "12.1", "12.1", HERE)), False),
        ((Need("gpu_memory", 2**33, "8 GB", HERE),), True),
        ((Need("gpu", 1, "1", HERE, "recommended"),), False),
        ((Need("memory", 2**33, "8 GB", HERE),), False),
    ],
)
def test_when_a_gpu_is_needed(needs, asked):
    assert verify.needs_gpu(EnvironmentSpec(needs=needs)) is asked


def test_torch_is_asked_for_cuda_and_for_apples_gpu(tmp_path, monkeypatch):
    (tmp_path / "torch.py").write_text(
        "__version__ = '2.1'\nclass cuda:\n  is_available = staticmethod(lambda: False)\n"
        "class version:\n  cuda = None\n"
        "class backends:\n  class mps:\n    is_available = staticmethod(lambda: True)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    assert inside.torch() == (
        True,
        "torch.cuda.is_available() is False; torch 2.1 is built for the CPU alone",
    )
    monkeypatch.delitem(sys.modules, "torch")


def test_modules_that_work_are_proved_by_one_interpreter(prefix, tmp_path):
    """What a proof of little costs: starting Python once, however many modules there are."""
    noted = tmp_path / "noted"
    spec = replace(SPEC, variables=(("NOTED", str(noted)),))
    assert prove(prefix, "first", "good", "second", spec=spec).works
    pids = noted.read_text().split()
    assert len(pids) == 2
    assert len(set(pids)) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="links a shared object as Linux does")
def test_a_missing_shared_library_is_found_with_ldd(prefix, tmp_path):
    if not any((Path(p) / "gcc").exists() for p in os.environ["PATH"].split(os.pathsep)):
        pytest.skip("gcc is not installed (apt: gcc)")
    (tmp_path / "gl.c").write_text("int gl(void) { return 1; }")
    (tmp_path / "ext.c").write_text("int gl(void); void *PyInit_ext(void) { gl(); return 0; }")
    library = tmp_path / "libenvbootless.so.1"
    (folder,) = prefix.glob("lib/python*/site-packages")
    subprocess.run(
        [
            "gcc",
            "-shared",
            "-fPIC",
            "-Wl,-soname,libenvbootless.so.1",
            "-o",
            library,
            tmp_path / "gl.c",
        ],
        check=True,
    )
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-o", folder / "ext.so", tmp_path / "ext.c", str(library)],
        check=True,
    )
    library.unlink()
    report = prove(prefix, "ext")
    assert why(report) == {
        "ext": "the shared library libenvbootless.so.1 is missing "
        "(ldd: libenvbootless.so.1 => not found)"
    }
    assert "libenvbootless.so.1" in report.failed[0].hint


# ------------------------------------------------------------------ reasons


def reason(kind: str, text: str, **more: str) -> reasons.Reason:
    error = {"type": kind, "text": text, **more}
    return reasons.of_error("m", error, SPEC, frozenset({"scikit-learn"}), ScriptedShell())


@pytest.mark.parametrize(
    ("kind", "text", "more", "wanted"),
    [
        (
            "ImportError",
            "/lib/libc.so.6: version `GLIBC_2.34' not found (required by x.so)",
            {},
            "it was built for a newer system: this one lacks GLIBC_2.34",
        ),
        ("ImportError", "x.so: invalid ELF header", {}, "it was built for another kind of machine"),
        ("ImportError", "x.so: undefined symbol: foo", {}, "against another version of a library"),
        (
            "ImportError",
            "numpy.core.multiarray failed to import",
            {},
            "it was built against another version of NumPy",
        ),
        (
            "ImportError",
            "cannot import name 'url_quote' from 'werkzeug.urls' (/x.py)",
            {},
            "versions do not fit together: werkzeug.urls has no url_quote",
        ),
        (
            "AttributeError",
            "module 'numpy' has no attribute 'int'",
            {},
            "versions do not fit together: numpy has no int",
        ),
        ("ImportError", "DLL load failed while importing x", {}, "DLL load failed"),
        ("KeyError", "'DISPLAY'", {}, "it needs a graphical display"),
        (
            "OSError",
            "libsndfile.so: cannot open shared object file",
            {},
            "libsndfile.so is missing",
        ),
        ("ModuleNotFoundError", "", {"name": "distutils"}, "`distutils` left Python in 3.12"),
        ("ModuleNotFoundError", "", {"name": "pkg_resources"}, "setuptools no longer brings"),
        (
            "ModuleNotFoundError",
            "",
            {"name": "sklearn.externals"},
            "the scikit-learn that is installed has no sklearn.externals",
        ),
        ("ValueError", "{curly} braces", {}, "ValueError: {curly} braces"),
        ("ImportError", "undefined symbol {x}", {}, "undefined symbol {x}"),
    ],
)
def test_reasons_are_in_words(kind, text, more, wanted):
    assert wanted in reason(kind, text, **more).why


def test_a_crash_is_named():
    assert "SIGSEGV" in reasons.of_status(-11).why
    assert "out of memory" in reasons.of_status(-9).why
    assert "access violation" in reasons.of_status(-1073741819 & 0xFFFFFFFF).why
    assert "signal 200" in reasons.of_status(-200).why


@pytest.mark.parametrize(
    ("library", "programs", "wanted"),
    [
        ("libGL.so.1", {"apt-get": "/x"}, "`sudo apt-get install libgl1`"),
        ("libGL.so.1", {"dnf": "/x"}, "`sudo dnf install mesa-libGL`"),
        ("libsndfile.so.1", {"brew": "/x"}, "`brew install libsndfile`"),
        ("libGL.so.1", {"brew": "/x"}, "(libgl1 on Debian)"),
        ("libodd.so", {"apt-get": "/x"}, "the system package that brings libodd.so"),
        ("libcuda.so.1", {"apt-get": "/x"}, "NVIDIA's driver"),
        ("libcudart.so.11.0", {}, "it belongs to CUDA"),
    ],
)
def test_the_system_package_is_named_for_this_computer(library, programs, wanted):
    assert wanted in libraries.hint(library, ScriptedShell(programs=programs))


def test_the_table_of_libraries_is_complete():
    assert all(len(row) == 3 for row in libraries.PACKAGES.values())


# ------------------------------------------------------------------ conflicts, counts


MARKERS = {"python_version": "3.11", "sys_platform": "linux", "python_full_version": "3.11.7"}


def metadata(name: str, version: str, *requires: str) -> str:
    rows = [f"Requires-Dist: {r}" for r in requires]
    head = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    return "\n".join([*head, *rows, "", "Name: not-this", "Requires-Dist: nor-this"])


def environment(*texts: str, conda: tuple[str, ...] = (), by: str = "pip") -> ScriptedShell:
    files: dict[str, str] = {"/p/bin/python": ""}
    for n, text in enumerate(texts):
        place = f"/p/lib/python3.11/site-packages/d{n}.dist-info"
        files[f"{place}/METADATA"] = text
        files[f"{place}/INSTALLER"] = f"{by}\n"
    for name in conda:
        files[f"/p/conda-meta/{name}.json"] = "{}"
    files["/p/conda-meta/history" if conda else "/p/pyvenv.cfg"] = ""
    return ScriptedShell(files=files)


def found(*texts: str) -> tuple[str, ...]:
    return conflicts.find(conflicts.installed(Path("/p"), environment(*texts)), MARKERS)


def test_conflicts_are_what_is_missing_or_of_a_wrong_version():
    assert found(
        metadata("A_b", "1.0", "numpy>=2", "C.D (<3)", "gone", "other; sys_platform == 'win32'"),
        metadata("numpy", "1.26.0", "pytest; extra == 'test'", "broken requirement !!"),
        metadata("c-d", "2.0rc1"),
    ) == (
        "A_b 1.0 needs gone, which is not installed",
        "A_b 1.0 needs numpy >=2, but 1.26.0 is installed",
    )
    assert found(metadata("a", "1")) == ()
    known = conflicts.installed(Path("/p"), environment(metadata("a", "1", "gone"), by="conda"))
    by_pip = tuple(d for d in known if d.by == "pip")
    assert conflicts.find(known, MARKERS)
    assert conflicts.find(known, MARKERS, by_pip) == (), "conda drops what metadata names"


def test_packages_are_counted_once():
    assert verify.count(Path("/p"), environment(metadata("a", "1"), metadata("b", "1"))) == 2
    both = environment(metadata("a", "1"), conda=("a-1-0", "python-3.11-0"), by="conda")
    assert verify.count(Path("/p"), both) == 2
    mixed = environment(metadata("a", "1"), conda=("python-3.11-0",), by="pip")
    assert verify.count(Path("/p"), mixed) == 2
    assert verify.count(Path("/nowhere"), both) == 0


def test_the_count_is_that_of_a_real_environment(prefix):
    assert verify.count(prefix, LocalShell()) == 0
    real = Path(sys.prefix)
    if not (real / "pyvenv.cfg").exists():
        pytest.skip("the tests do not run in a venv")
    told = subprocess.run(
        [
            sys.executable,
            "-I",
            "-c",
            "import importlib.metadata as m; print(len(list(m.distributions())))",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert verify.count(real, LocalShell()) == int(told.stdout)


def test_the_childs_text_needs_no_new_python():
    text = Path(inside.__file__).read_text()
    assert "from __future__" not in text
    assert "import envboot" not in text
    told = subprocess.run(
        [sys.executable, "-I", "-c", text, "M:", "5", "none", json.dumps(["json", "nope"])],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [json.loads(r[2:]) for r in told.stdout.splitlines() if r.startswith("M:")]
    assert [r.get("module") for r in rows if "module" in r] == ["json", "nope"]
    assert rows[-1] == {"done": True}
