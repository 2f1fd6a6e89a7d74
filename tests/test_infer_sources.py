"""Which files are a repository's own code, and what of them cannot be read."""

from __future__ import annotations

import shutil
import subprocess
import warnings

import pytest

from envboot import infer
from envboot.infer import sources, syntax, tracked
from envboot.shell.local import LocalShell
from tests.scanning import labels, scan, write


def test_what_is_not_the_repositorys_own_is_skipped(tmp_path):
    bad = "import skipped"
    files: dict[str, str | bytes] = {
        ".venv/lib/x.py": bad,
        ".hidden/x.py": bad,
        "env/pyvenv.cfg": "",
        "env/lib/x.py": bad,
        "conda/conda-meta/history": "",
        "conda/x.py": bad,
        "node_modules/x.py": bad,
        "lib/python3/site-packages/x.py": bad,
        "build/lib/x.py": bad,
        "pkg/_vendor/x.py": bad,
        "third_party/x.py": bad,
        "ignored/x.py": bad,
        "made.py": bad,
        "deep/own/made2.py": bad,
        "deep/.gitignore": "/own/*.py\n",
        ".gitignore": "# comment\nignored/\nmade.py\n*.tmp\n",
        "kept/build/__init__.py": "import kept1",
        "kept/x.py": "import kept2",
    }
    assert sorted(labels(scan(tmp_path, files))) == ["kept1", "kept2"]


@pytest.mark.parametrize(
    ("patterns", "path", "folder", "hidden"),
    [
        ("*.py", "a/b.py", False, True),
        ("/b.py", "a/b.py", False, False),
        ("a/b.py", "a/b.py", False, True),
        ("a/b.py", "c/a/b.py", False, False),
        ("**/b.py", "c/a/b.py", False, True),
        ("a/**/b.py", "a/x/y/b.py", False, True),
        ("a/**/b.py", "a/b.py", False, True),
        ("a/**", "a/b.py", False, True),
        ("out/", "out", True, True),
        ("out/", "out", False, False),
        ("*.py\n!keep.py", "keep.py", False, False),
        ("b?.py", "b1.py", False, True),
        ("b[0-9].py", "b1.py", False, True),
        ("b[!0-9].py", "b1.py", False, False),
        ("\\!x.py", "!x.py", False, True),
        ("x.py   ", "x.py", False, True),
        ("[", "x.py", False, False),
        ("a*c", "a/c", False, False),
    ],
)
def test_gitignore_patterns_mean_what_git_means(patterns, path, folder, hidden):
    assert sources.ignored(path, sources.rules(patterns, ""), folder=folder) is hidden


@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_what_git_tracks_belongs_whatever_is_ignored(tmp_path, version):
    def git(*words: str) -> None:
        subprocess.run(["git", "-C", tmp_path, *words], check=True, capture_output=True)

    if not shutil.which("git"):
        pytest.skip("git is not installed (apt: git)")
    names = {f"pkg/data/module_{n}{'x' * n}.py": f"import t{n}" for n in range(12)}
    write(tmp_path, {".gitignore": "data/\n*_made.py\n", "a_made.py": "import m1", **names})
    git("init", "-q")
    git("config", "index.version", version)
    git("add", "-f", "pkg", ".gitignore")
    if version == "3":
        git("add", "-N", "-f", "a_made.py")
    write(tmp_path, {"pkg/data/untracked.py": "import u1", "b_made.py": "import m2"})
    found = set(labels(infer.imports(tmp_path, LocalShell())))
    assert found == {f"t{n}" for n in range(12)} | ({"m1"} if version == "3" else set())
    index = tmp_path / ".git" / "index"
    whole = index.read_bytes()
    for size in range(0, len(whole), 7):
        index.write_bytes(whole[:size])
        assert tracked.files(tmp_path, LocalShell()) <= set(names) | {".gitignore", "a_made.py"}


def test_a_nested_repository_is_not_this_one(tmp_path):
    files: dict[str, str | bytes] = {
        "a.py": "import x1",
        "examples/packed/.envboot/envboot.pyz": "",
        "examples/packed/a.py": "import x2",
        "sub/.git": "gitdir: elsewhere",
        "sub/a.py": "import x3",
        "demo/requirements.txt": "",
        "demo/deep/a.py": "import x1, x4",
        "requirements.txt": "",
    }
    assert labels(scan(tmp_path, files)) == {"x1": "production", "x4": "guarded"}


def test_links_are_not_followed(tmp_path):
    write(tmp_path, {"a/x.py": "import x1", "outside/y.py": "import y1"})
    root = tmp_path / "a"
    (root / "loop").symlink_to(root, target_is_directory=True)
    (root / "out").symlink_to(tmp_path / "outside", target_is_directory=True)
    (root / "gone.py").symlink_to(tmp_path / "nowhere.py")
    found = infer.imports(root, LocalShell())
    assert labels(found) == {"x1": "production"}
    assert found.unreadable == ()


# ------------------------------------------------------------------ what cannot be read


def test_code_with_a_coding_cookie_or_a_bom_is_read(tmp_path):
    latin = "# -*- coding: latin-1 -*-\nimport x1  # é\n".encode("latin-1")
    found = scan(tmp_path, {"a.py": latin, "b.py": b"\xef\xbb\xbfimport x2\n"})
    assert sorted(labels(found)) == ["x1", "x2"]
    assert found.unreadable == ()


def test_a_broken_file_costs_itself_and_is_listed(tmp_path):
    files: dict[str, str | bytes] = {
        "a.py": "import x1\n",
        "broken.py": "import x2\nif True\n    import x3\nfrom x4 import (\n",
        "two.py": 'import x5\nprint "hello"\n',
        "bytes.py": b"import x6\n\x00\n",
        "cookie.py": b"# coding: klingon\nimport x7\n",
        "undecodable.py": b"import x8\ns = '\xff'\n",
    }
    found = scan(tmp_path, files)
    assert labels(found) == {
        "x1": "production",
        "x2": "production",
        "x3": "guarded",
        "x4": "production",
        "x5": "guarded",
        "x6": "production",
        "x7": "production",
        "x8": "production",
    }
    broken = {n.origin.path: n for n in found.unreadable if n.origin}
    assert sorted(broken) == sorted(set(files) - {"a.py"})
    assert "Python 2" in str(broken["two.py"])
    assert str(broken["broken.py"]).startswith("broken.py:2: could not be read whole: ")


def test_deep_nesting_and_warnings_reach_nobody(tmp_path):
    deep = "import x1\ny = " + "-" * 50_000 + "1\n"
    plus = "import x2\ny = " + "+".join(["1"] * 300_000) + "\n"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = scan(tmp_path, {"a.py": deep, "b.py": plus, "c.py": "import x3\ns = '\\d' is 1\n"})
    assert sorted(labels(found)) == ["x1", "x2", "x3"]


def test_a_huge_file_is_named_and_skipped(tmp_path):
    write(tmp_path, {"a.py": "import x1"})
    with (tmp_path / "big.py").open("wb") as file:
        file.write(b"import x2\n")
        file.truncate(infer.LIMIT + 1)
    found = infer.imports(tmp_path, LocalShell())
    assert labels(found) == {"x1": "production"}
    assert [str(n) for n in found.unreadable] == ["big.py: larger than 128 MB: not looked into"]


def test_a_large_file_is_read_by_lines():
    assert [s.module for s in syntax.read(b"import x1\n" + b"#" * syntax.BIG).seen] == ["x1"]
