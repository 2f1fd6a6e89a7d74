"""What is remembered by content, where it lies, and what reading with all cores comes to."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from envboot import caches, infer
from envboot.archive import bundling
from envboot.infer import opening, parallel
from envboot.infer.reading import Reading
from envboot.shell import Platform
from envboot.shell.local import LocalShell
from envboot.testing import ScriptedShell
from tests.scanning import cells, labels, write

FILES: dict[str, str | bytes] = {
    "a.py": "import x1, os\nos.environ['V1']\ntry:\n    import x2\nexcept ImportError:\n    pass",
    "n.ipynb": cells(
        "!pip install x3", "import pandas as pd\npd.read_excel('a')", "this is import"
    ),
    "b.pyx": "import x4",
    "c.py": "# /// script\n# dependencies = ['x5']\n# ///\nprint 'import'\n",
    "sub/d.py": "import sys\nsys.path.append('../lib')\nimport helper\nmodel.cuda()",
    "lib/helper.py": "",
}


def kept(cache: Path) -> dict[str, object]:
    (file,) = (cache / "infer").iterdir()
    return json.loads(file.read_text())["readings"]


def test_a_second_scan_reads_what_the_first_remembered(tmp_path):
    root, cache = write(tmp_path / "r", FILES), tmp_path / "c"
    plain = infer.imports(root, LocalShell())
    assert not cache.exists()
    first = infer.imports(root, LocalShell(), cache=cache)
    (file,) = (cache / "infer").iterdir()
    before = file.stat().st_mtime_ns
    assert first == plain == infer.imports(root, LocalShell(), cache=cache)
    assert file.stat().st_mtime_ns == before  # nothing new: nothing written
    # What it remembers is what counts: a planted reading is believed.
    text = file.read_text()
    file.write_text(text.replace('"x1"', '"planted"'))
    assert "planted" in labels(infer.imports(root, LocalShell(), cache=cache))


def test_a_changed_file_is_read_again_and_the_old_one_forgotten(tmp_path):
    root, cache = write(tmp_path / "r", FILES), tmp_path / "c"
    infer.imports(root, LocalShell(), cache=cache)
    before = set(kept(cache))
    write(root, {"a.py": "import x9"})
    assert "x9" in labels(infer.imports(root, LocalShell(), cache=cache))
    after = set(kept(cache))
    assert len(before - after) == len(after - before) == 1
    infer.imports(root, LocalShell(), cache=cache, only=root / "sub")
    assert set(kept(cache)) == after  # a part of a repository is no reason to forget the rest


def test_the_same_bytes_mean_something_else_in_a_notebook(tmp_path):
    text = cells("import x1")
    root = write(tmp_path / "r", {"a.ipynb": text, "a.py": text})
    for _ in range(2):
        found = infer.imports(root, LocalShell(), cache=tmp_path / "c")
        assert [str(m.origin) for m in found.modules] == ["a.ipynb, cell 1, line 1"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"version": 1, "readings": {}}',
        '{"readings": 3}',
        "\xff",
        "[" * 100_000,
        "rows",
        "types",
        "version",
    ],
)
def test_a_broken_cache_is_ignored_and_replaced(tmp_path, text):
    root, cache = write(tmp_path / "r", FILES), tmp_path / "c"
    wanted = infer.imports(root, LocalShell(), cache=cache)
    (file,) = (cache / "infer").iterdir()
    good = json.loads(file.read_text())
    if text == "rows":
        good["readings"] = {key: [1, 2] for key in good["readings"]}
    elif text == "types":
        good["readings"] = {key: [[[1]], 2, 3, 4, 5] for key in good["readings"]}
    elif text == "version":
        good["version"][1] -= 1
    file.write_text(json.dumps(good) if text in {"rows", "types", "version"} else text)
    assert infer.imports(root, LocalShell(), cache=cache) == wanted
    assert infer.imports(root, LocalShell(), cache=cache) == wanted


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(tmp_path):
    root = write(tmp_path / "r", FILES)
    write(tmp_path, {"file": "in the way"})
    wanted = infer.imports(root, LocalShell())
    assert infer.imports(root, LocalShell(), cache=tmp_path / "file" / "c") == wanted
    assert (tmp_path / "file").read_text() == "in the way"


def test_nothing_is_written_into_the_repository(tmp_path):
    root = write(tmp_path / "r", FILES)
    before = {p: p.stat().st_mtime_ns for p in root.rglob("*")}
    infer.imports(root, LocalShell(), cache=tmp_path / "c")
    assert {p: p.stat().st_mtime_ns for p in root.rglob("*")} == before


def test_no_password_is_kept(tmp_path):
    code = "import sqlalchemy as sa\nsa.create_engine('postgresql://u:secret@h/d')\n"
    more = (
        "import os\nos.environ['X'] = 'secret'\nos.system('pip install https://u:secret@h/x.whl')"
    )
    root = write(
        tmp_path / "r",
        {"a.py": code + more, "n.ipynb": cells("!pip install git+https://secret@h/x")},
    )
    found = infer.imports(root, LocalShell(), cache=tmp_path / "c")
    assert [b.distribution for b in found.back_ends] == ["psycopg2-binary"]
    assert "secret" not in json.dumps(kept(tmp_path / "c"))
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    ("system", "environ", "place"),
    [
        ("Linux", {"HOME": "/h"}, "/h/.cache/envboot"),
        ("Linux", {"HOME": "/h", "XDG_CACHE_HOME": "/x"}, "/x/envboot"),
        ("Linux", {"HOME": "/h", "XDG_CACHE_HOME": "not/absolute"}, "/h/.cache/envboot"),
        ("Darwin", {"HOME": "/h", "XDG_CACHE_HOME": "/x"}, "/h/Library/Caches/envboot"),
        ("Windows", {"HOME": "/h", "LOCALAPPDATA": "/l"}, "/l/envboot"),
        ("Windows", {"HOME": "/h"}, "/h/AppData/Local/envboot"),
        ("Linux", {}, None),
    ],
)
def test_the_cache_lies_where_caches_belong(system, environ, place):
    shell = ScriptedShell(platform=Platform(system, "x86_64"), environ=environ)
    assert caches.folder(shell) == (Path(place) if place else None)


# ------------------------------------------------------------------ all cores


class Cores(LocalShell):
    """This computer, with as many cores as a test says; it counts the children."""

    def __init__(self, cores: int) -> None:
        super().__init__()
        self.children = 0
        self._cores = cores

    def cores(self) -> int:
        return self._cores

    def query(self, argv, **options):
        self.children += 1
        return super().query(argv, **options)


def many(root: Path, number: int = opening.MANY) -> Path:
    odd = {"tab\tand 'quote.py": "import x8", "not a notebook.ipynb": "{", "ümlaut.py": "import x9"}
    files = {f"p{n % 7}/m{n}.py": f"import x{n % 5}, p{n % 7}\nx.cuda()\n" for n in range(number)}
    return write(root, {**FILES, **odd, **files})


def test_shares_come_to_the_same_as_one_reader(tmp_path):
    root = many(tmp_path / "r")
    alone, together = Cores(1), Cores(3)
    wanted = infer.imports(root, alone)
    assert infer.imports(root, together, cache=tmp_path / "c") == wanted
    assert (alone.children, together.children) == (0, 1)  # 600 files are worth two readers
    again = Cores(3)
    assert infer.imports(root, again, cache=tmp_path / "c") == wanted
    assert again.children == 0  # what is remembered needs no help
    part = Cores(2)
    assert infer.imports(root, part, only=root / "p1") == infer.imports(
        root, alone, only=root / "p1"
    )
    assert part.children == 0


@pytest.mark.parametrize(
    "out",
    ["", "rubbish", "\t\t\t\n\n", '"p1/m1.py"\tkey\t[1', '"p1/m1.py"\tkey\t["", [1]]', "\t" * 9],
)
def test_what_a_child_did_not_read_is_read_here(tmp_path, out):
    root = many(tmp_path / "r")
    shell = ScriptedShell(disk=True, cores=2, answers={sys.executable: out})
    assert infer.imports(root, shell) == infer.imports(root, Cores(1))
    assert len(shell.asked) == 1


def test_a_child_that_dies_takes_nothing_with_it(tmp_path):
    root = many(tmp_path / "r")
    shell = ScriptedShell(disk=True, cores=2)  # no program can be started there
    assert infer.imports(root, shell) == infer.imports(root, Cores(1))


def test_a_child_prints_a_line_for_each_file_of_its_share(tmp_path, capsys):
    root = write(tmp_path / "r", {"a.py": "import x1", "b.py": "import x2", "c.py": "import x3"})
    assert parallel.main([str(root), "", "1", "2"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    name, key, rest = line.split("\t")
    assert json.loads(name) == "b.py"
    found = parallel.opened((key, rest))
    assert found is not None
    assert [s.module for s in found.reading.seen] == ["x2"]
    assert parallel.opened((key, json.dumps(["why", []]))) == opening.Opened(Reading(), "why", key)


def test_children_start_from_the_archive_too(tmp_path):
    root = many(tmp_path / "r")
    (tmp_path / "envboot.pyz").write_bytes(bundling.bundle(LocalShell()))
    code = (
        "import pathlib, sys\nsys.path.insert(0, sys.argv[1])\nfrom envboot import infer\n"
        "from envboot.shell.local import LocalShell\n"
        "class Two(LocalShell):\n    def cores(self): return 2\n"
        "    def query(self, argv, **options):\n        answer = super().query(argv, **options)\n"
        "        print(len((answer.out or '').splitlines()), answer.why)\n        return answer\n"
        "print(infer.imports(pathlib.Path(sys.argv[2]), Two()) and infer.__file__)"
    )
    argv = [sys.executable, "-I", "-S", "-c", code, str(tmp_path / "envboot.pyz"), str(root)]
    done = subprocess.run(argv, check=True, capture_output=True, text=True, cwd=root)
    rows = done.stdout.split("\n")
    assert int(rows[0]) > opening.MANY // 2 - 2
    assert rows[1].startswith(str(tmp_path / "envboot.pyz"))


@pytest.mark.skipif(sys.platform == "win32", reason="signals as on POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_no_child_outlives_its_parent(tmp_path, number):
    import psutil

    root = many(tmp_path / "r", 6000)
    code = (
        "import sys, pathlib\nfrom envboot import infer\n"
        "from envboot.shell.local import LocalShell\n"
        "class Two(LocalShell):\n    def cores(self): return 2\n"
        "infer.imports(pathlib.Path(sys.argv[1]), Two())"
    )
    home = str(Path(infer.__file__).parent.parent.parent)
    scan = subprocess.Popen(
        [sys.executable, "-c", code, str(root)],
        env={**os.environ, "PYTHONPATH": home},
        stderr=subprocess.PIPE,
    )

    def children() -> list[int]:
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                line = process.cmdline()
                if str(root) in line and process.pid != scan.pid:
                    found.append(process.pid)
        return found

    until = time.monotonic() + 180
    while not children():
        assert time.monotonic() < until
        assert scan.poll() is None
    scan.send_signal(number)
    scan.communicate(timeout=180)
    until = time.monotonic() + 30
    while left := children():
        assert time.monotonic() < until, left
        time.sleep(0.05)
