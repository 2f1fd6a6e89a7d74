"""What a notebook should carry: files, git, hardware, container, or its own imports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from envboot.errors import InvalidFile
from envboot.formats.notebook import environment
from envboot.notebook import gathering, visible
from envboot.notebook.gathering import guarding, hosting, whence
from envboot.shell.local import LocalShell
from envboot.spec import Origin

DIGEST = "149a00dd41f10bc29e5921b496af8b574d8413afcd5e30dfa0ed46c2cc5e"
GITHUB = "ghp_" + "0123456789abcdefghij" * 2  # the form of a token, and none
SPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}


def notebook(path: Path, *cells: str, **metadata: Any) -> Path:
    """Write a small notebook."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        {
            "cell_type": "code",
            "execution_count": None,
            "metadata": {},
            "outputs": [],
            "source": text.splitlines(keepends=True),
        }
        for text in cells
    ]
    found = {"cells": rows, "metadata": {"kernelspec": SPEC, **metadata}, "nbformat": 4}
    path.write_text(json.dumps({**found, "nbformat_minor": 4}, indent=1) + "\n", encoding="utf-8")
    return path


def git(folder: Path, *words: str) -> str:
    """Run git as a person without settings of hers."""
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@localhost")
    argv = ["git", "-C", str(folder), *who, "-c", "init.defaultBranch=main", *words]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    """Return the variables of a person in whose PATH no Jupyter is, and so no kernel of its."""
    folders = environ["PATH"].split(os.pathsep)
    kept = [place for place in folders if not (Path(place) / "jupyter").exists()]
    return {**environ, "PATH": os.pathsep.join(kept)}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository with a notebook in a folder of it."""
    place = tmp_path / "repository"
    notebook(place / "work" / "a.ipynb", "import six\n")
    (place / ".git").mkdir()
    return place


def gather(path: Path, root: Path, shell: LocalShell) -> tuple[environment.Embedded, str]:
    """Return what is gathered, and the sentences as one text."""
    found, said = gathering.gather(path, root, shell)
    return found, "\n".join(said)


# ---------------------------------------------------------------- which folder


def test_the_nearest_folder_that_declares_something_counts(root: Path, shell: LocalShell) -> None:
    path = root / "work" / "a.ipynb"
    assert gathering.folder(path, root, shell) is None
    (root / "requirements.txt").write_text("six\n")
    assert gathering.folder(path, root, shell) == root
    (root / "work" / "environment.yaml").write_text("dependencies: [python]\n")
    assert gathering.folder(path, root, shell) == root / "work"


def test_nothing_above_the_repository_counts(root: Path, shell: LocalShell) -> None:
    (root.parent / "requirements.txt").write_text("six\n")
    assert gathering.folder(root / "work" / "a.ipynb", root, shell) is None


def test_the_repository_is_the_nearest_one_and_else_the_folder(
    root: Path, tmp_path: Path, shell: LocalShell
) -> None:
    assert gathering.repository(root / "work" / "a.ipynb", shell) == root
    alone = notebook(tmp_path / "alone" / "b.ipynb")
    assert gathering.repository(alone, shell) == alone.parent


@pytest.mark.parametrize("name", ["binder", ".binder"])
def test_binders_folder_stands_for_the_one_it_lies_in(
    root: Path, shell: LocalShell, name: str
) -> None:
    (root / "requirements.txt").write_text("not-this\n")
    (root / name).mkdir()
    (root / name / "environment.yml").write_text("dependencies: [python]\n")
    (root / name / "apt.txt").write_text("graphviz\n")
    place = gathering.folder(root / "work" / "a.ipynb", root, shell)
    assert place == root / name
    assert set(gathering.files(place, shell)) == {"environment.yml", "apt.txt"}


@pytest.mark.parametrize(
    ("name", "text", "yes"),
    [
        ("pyproject.toml", "[tool.ruff]\nline-length = 100\n", False),
        ("pyproject.toml", '[project]\nname = "x"\nversion = "1"\n', True),
        ("pyproject.toml", '[dependency-groups]\ndev = ["six"]\n', True),
        ("pyproject.toml", '[tool.poetry.dependencies]\nsix = "*"\n', True),
        ("setup.py", "from setuptools import setup\nsetup(install_requires=['six'])\n", True),
        ("setup.py", "# >>> envboot >>>\ninstall_requires\n# <<< envboot <<<\n", False),
        ("setup.cfg", "[flake8]\nmax-line-length = 100\n", False),
        ("apt.txt", "graphviz\n", False),
        ("Pipfile", "[packages]\nsix = '*'\n", True),
        ("renv.lock", "{}", True),
    ],
)
def test_what_declares_an_environment(
    root: Path, shell: LocalShell, name: str, text: str, yes: bool
) -> None:
    (root / name).write_text(text)
    found = gathering.folder(root / "work" / "a.ipynb", root, shell)
    assert found == (root if yes else None)
    assert (name in gathering.files(root, shell)) == (yes or name == "apt.txt")


# ---------------------------------------------------------------- which files


def test_every_file_that_the_format_allows_is_carried_as_it_is(
    tmp_path: Path, shell: LocalShell
) -> None:
    texts = {
        "requirements.txt": "six==1.16.0\r\n# Grüße\n",
        "environment.yml": "name: x\ndependencies:\n  - python=3.11\n",
        "setup.sh": "#!/bin/sh\necho hello\n",
        "postBuild": "#!/bin/sh\ntrue\n",
        "apt.txt": "graphviz\n",
        "runtime.txt": "python-3.11\n",
        "uv.lock": "version = 1\n",
        "install.R": 'install.packages("x")\n',
    }
    for name, text in texts.items():
        (tmp_path / name).write_bytes(text.encode())
    (tmp_path / "secrets.txt").write_text("no\n")
    (tmp_path / "Makefile").write_text("all:\n")
    assert gathering.files(tmp_path, shell) == texts
    assert set(gathering.NAMES) == {
        *environment.ALLOWED,
        *("requirements.txt", "environment.yml", "environment.yaml", "setup.sh"),
    }


def test_of_two_spellings_yml_wins(root: Path, shell: LocalShell) -> None:
    for name in ("environment.yml", "environment.yaml"):
        (root / name).write_text(f"name: {name[-3:]}\ndependencies: [python]\n")
    found, said = gather(root / "work" / "a.ipynb", root, shell)
    assert set(found.files) == {"environment.yml"}
    assert "environment.yaml: environment.yml is there too, and wins" in said


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\xff\xfe\x00six", "requirements.txt: it is not UTF-8 text, and is left out"),
        (b"six\0\n", "requirements.txt: it is not UTF-8 text, and is left out"),
        (b"# x\n" * 70_000, "requirements.txt: it is longer than 256 KiB, and is left out"),
        (b"\xc3\xa4" * 600_000, "requirements.txt: it is longer than 256 KiB, and is left out"),
    ],
)
def test_what_is_no_text_or_too_long_is_left_out_and_said(
    root: Path, shell: LocalShell, data: bytes, why: str
) -> None:
    (root / "requirements.txt").write_bytes(data)
    (root / "apt.txt").write_text("graphviz\n")
    found, said = gather(root / "work" / "a.ipynb", root, shell)
    assert set(found.files) == {"apt.txt"}
    assert why in said


def test_the_limit_is_characters_and_the_longest_one_is_carried(
    tmp_path: Path, shell: LocalShell
) -> None:
    text = "ä" * environment.LARGEST
    (tmp_path / "requirements.txt").write_text(text, encoding="utf-8")
    assert gathering.files(tmp_path, shell) == {"requirements.txt": text}


def test_a_folder_a_pipe_and_a_link_that_leads_out_are_no_files(
    root: Path, tmp_path: Path, shell: LocalShell
) -> None:
    import os

    (tmp_path / "id_rsa").write_text("mine\n")
    (root / "requirements.txt").symlink_to(tmp_path / "id_rsa")
    (root / "apt.txt").mkdir()
    os.mkfifo(root / "runtime.txt")
    (root / "postBuild").symlink_to("postBuild")
    (root / "inside.txt").write_text("graphviz\n")
    (root / "constraints.txt").symlink_to("inside.txt")
    (root / "environment.yml").write_text("dependencies: [python]\n")
    found, said = gather(root / "work" / "a.ipynb", root, shell)
    assert set(found.files) == {"environment.yml", "constraints.txt"}
    assert f"requirements.txt: the link leads out of {root}, and is not followed" in said


def test_a_folder_of_binders_that_is_a_link_out_gives_nothing(
    root: Path, tmp_path: Path, shell: LocalShell
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "requirements.txt").write_text("secret-package\n")
    (root / "binder").symlink_to(tmp_path / "mine")
    found, said = gather(root / "work" / "a.ipynb", root, shell)
    assert not found.files
    assert "the link leads out of" in said


def test_a_signature_changes_with_each_file_that_counts(root: Path, shell: LocalShell) -> None:
    (root / "requirements.txt").write_text("-r base.txt\nsix\n")
    before = gathering.signature(root, shell)
    assert gathering.signature(root, shell) == before
    (root / "README.md").write_text("hello\n")
    assert gathering.signature(root, shell) == before
    seen = {before}
    for name in ("base.txt", "apt.txt", "requirements.txt", "uv.lock"):
        (root / name).write_text(f"# {name}, and more\n")
        now = gathering.signature(root, shell)
        assert now not in seen
        seen.add(now)
    (root / "apt.txt").unlink()
    assert gathering.signature(root, shell) not in seen


# ---------------------------------------------------------------- lines that lead elsewhere


def test_included_files_are_taken_in_and_constraints_are_carried(
    root: Path, shell: LocalShell
) -> None:
    (root / "requirements.txt").write_text("-r more/base.txt  # ours\n-c limits/a.txt\nsix\n")
    (root / "more").mkdir()
    (root / "more" / "base.txt").write_text("-r ../deep.txt\nnumpy\n")
    (root / "deep.txt").write_text("attrs")
    (root / "limits").mkdir()
    (root / "limits" / "a.txt").write_text("six<2\n")
    found = gathering.files(root, shell)
    bare = [r for r in found["requirements.txt"].splitlines() if not r.startswith("#")]
    assert bare == ["attrs", "numpy", "-c constraints.txt", "six"]
    assert found["constraints.txt"] == "six<2\n"


def test_what_was_taken_in_once_is_taken_as_it_is_the_next_time(
    root: Path, tmp_path: Path, shell: LocalShell
) -> None:
    (root / "requirements.txt").write_text("-r base.txt\n-c a.txt\n-e .\nsix\n")
    (root / "base.txt").write_text("attrs\n")
    (root / "a.txt").write_text("six<2\n")
    once = gathering.files(root, shell)
    there = tmp_path / "elsewhere"
    there.mkdir()
    for name, text in once.items():
        (there / name).write_text(text)
    assert gathering.files(there, shell) == once


def test_a_constraints_file_of_that_name_is_carried_as_it_is(root: Path, shell: LocalShell) -> None:
    (root / "requirements.txt").write_text("-c constraints.txt\nsix\n")
    (root / "constraints.txt").write_text("six<2\n")
    assert gathering.files(root, shell) == {
        "requirements.txt": "-c constraints.txt\nsix\n",
        "constraints.txt": "six<2\n",
    }


@pytest.mark.parametrize(
    "line",
    [
        "-e .",
        "-e .[dev]",
        "--editable=../sister",
        "./wheels/x-1.0-py3-none-any.whl",
        "../sister",
        "/opt/x.tar.gz",
        "x @ file:///opt/x.whl",
        "file:///opt/x.whl",
        "--find-links ./wheels",
        "-f /opt/wheels",
        "--index-url file:///mirror",
        "-r /etc/requirements.txt",
        "-r ../outside.txt",
        "-c missing.txt",
    ],
)
def test_a_line_that_means_nothing_elsewhere_becomes_a_comment(
    root: Path, tmp_path: Path, shell: LocalShell, line: str
) -> None:
    (tmp_path / "outside.txt").write_text("secret-package\n")
    (root / "requirements.txt").write_text(f"six\n{line}\nattrs\n")
    found, said = gather(root / "work" / "a.ipynb", root, shell)
    assert found.files["requirements.txt"] == f"six\n# envboot: not carried: {line}\nattrs\n"
    assert f"requirements.txt: {line}: it leads out of what a notebook can carry" in said


@pytest.mark.parametrize(
    "line",
    [
        "six==1.16.0",
        "-e git+https://github.com/o/r@main#egg=r",
        "x @ https://example.org/x-1.0-py3-none-any.whl",
        "git+ssh://git@github.com/o/r",
        "--index-url https://pypi.org/simple",
        "--extra-index-url https://${USER}:${TOKEN}@host.example/simple",
        "-r https://example.org/requirements.txt",
        "--pre",
        'six; python_version < "3.12"',
    ],
)
def test_a_line_that_means_the_same_everywhere_stays(
    root: Path, shell: LocalShell, line: str
) -> None:
    (root / "requirements.txt").write_text(f"{line}\n")
    found, said = gather(root / "work" / "a.ipynb", root, shell)
    assert found.files["requirements.txt"] == f"{line}\n"
    assert "leads out" not in said


def test_a_line_that_goes_on_is_taken_out_whole(root: Path, shell: LocalShell) -> None:
    (root / "requirements.txt").write_text("-e . \\\n  --config-settings x=y\nsix\n")
    found = gathering.files(root, shell)["requirements.txt"]
    assert [r for r in found.splitlines() if not r.startswith("#")] == ["six"]


def test_files_that_include_one_another_end(root: Path, shell: LocalShell) -> None:
    (root / "requirements.txt").write_text("-r a.txt\nsix\n")
    (root / "a.txt").write_text("-r requirements.txt\nattrs\n")
    found = gathering.files(root, shell)["requirements.txt"]
    assert [r for r in found.splitlines() if not r.startswith("#")] == ["attrs", "six"]
    assert gathering.signature(root, shell)


def test_the_pip_list_of_an_environment_file_is_looked_at_too(
    root: Path, shell: LocalShell
) -> None:
    (root / "environment.yml").write_text(
        "dependencies:\n  - python=3.11\n  - pip:\n    - -e .\n    - '-r more.txt'\n"
        "    - -r requirements.txt\n    - six\n"
    )
    (root / "requirements.txt").write_text("attrs\n")
    (root / "more.txt").write_text("numpy ==1.0  # why\nx[a]\n")
    found, said = gather(root / "work" / "a.ipynb", root, shell)
    assert found.files["environment.yml"] == (
        "dependencies:\n  - python=3.11\n  - pip:\n    # envboot: not carried: - -e .\n"
        '    - "numpy ==1.0"\n    - "x[a]"\n    - -r requirements.txt\n    - six\n'
    )
    assert "environment.yml: -e .: it leads out" in said


def test_where_an_export_of_condas_lay_is_not_carried(root: Path, shell: LocalShell) -> None:
    (root / "environment.yml").write_text("dependencies: [python]\nprefix: /home/ann/envs/x\n")
    found, said = gather(root / "work" / "a.ipynb", root, shell)
    rows = found.files["environment.yml"].splitlines()
    assert rows == ["dependencies: [python]", "# envboot: not carried: prefix: /home/ann/envs/x"]
    assert "prefix: /home/ann/envs/x: it leads out" in said


def test_a_folder_in_a_project_is_said(root: Path, shell: LocalShell) -> None:
    text = '[project]\nname = "x"\nversion = "1"\n\n[tool.uv.sources]\ny = { path = "../y" }\n'
    (root / "pyproject.toml").write_text(text)
    found, said = gather(root / "work" / "a.ipynb", root, shell)
    assert found.files["pyproject.toml"] == text
    assert "pyproject.toml:6: a folder of this computer is not carried" in said


# ---------------------------------------------------------------- passwords and tokens


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("requirements.txt", "--index-url https://ann:hunter22@pypi.example/simple"),
        ("requirements.txt", "--extra-index-url https://T0KEN99@pypi.example/simple"),
        ("requirements.txt", "x @ git+https://ghp_0123456789abcdefABCD@github.com/o/r"),
        ("requirements.txt", "git+https://ann:a@b@example.org/x"),
        ("environment.yml", "  - https://conda.anaconda.org/t/ab-0123456789abcdef/channel"),
        ("environment.yml", "  API_KEY: 0123abcd4567"),
        ("setup.sh", "export WANDB_API_KEY=0123456789abcdef"),
        ("setup.sh", "curl -H 'Authorization: Bearer abcdefghijklmnopqrst' https://x.example"),
        ("postBuild", "HF_TOKEN=hf_abcdEFGH1234 python get.py"),
        ("setup.sh", "-----BEGIN OPENSSH PRIVATE KEY-----"),
        ("uv.lock", 'url = "https://u:passw0rd@files.example/x.whl"'),
        ("Pipfile", 'url = "https://u:passw0rd@pypi.example/simple"'),
        ("requirements.txt", "# the password: correcthorse"),
    ],
)
def test_a_password_or_a_token_refuses_the_whole_notebook(
    root: Path, shell: LocalShell, name: str, line: str
) -> None:
    (root / "requirements.txt").write_text("six\n")
    (root / name).write_text(f"# a comment\n{line}\n")
    with pytest.raises(InvalidFile, match="published") as error:
        gathering.gather(root / "work" / "a.ipynb", root, shell)
    assert str(error.value.origin) == f"{root / name}:2"
    assert error.value.exit_code == 4
    assert "hunter22" not in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "--extra-index-url https://${USER}:${TOKEN}@host.example/simple",
        "--extra-index-url https://$USER:$TOKEN@host.example/simple",
        "git+ssh://git@github.com/o/r",
        "jwt-token==1.2\nmy-secret>=2\npypi-simple==1\nhf_xet==1.0\nsk-dist~=2.0",
        "export HF_TOKEN=$HF_TOKEN\nexport TOKEN=$(cat ~/.token)\nexport OMP_NUM_THREADS=4",
        "six==1.0 --hash=sha256:ff70335d468e7eb6ec65b95b99d3a2836546063f63acc5171de367e834932a81",
        f'url = "https://files.pythonhosted.org/packages/b7/ce/{DIGEST}/six-1.17.0.tar.gz"',
    ],
)
def test_what_only_looks_like_a_secret_is_carried(text: str) -> None:
    for name in ("requirements.txt", "setup.sh", "uv.lock"):
        assert guarding.line_of(name, text, {}) is None


def test_a_secret_of_this_computer_is_found_wherever_it_stands() -> None:
    environ = {"MY_TOKEN": "q8fJ2kLm9ZpR4tVb7Yc1", "POSTGRES_PASSWORD": "postgres"}
    assert guarding.line_of("apt.txt", "x\nq8fJ2kLm9ZpR4tVb7Yc1\n", environ) == 2
    assert guarding.line_of("apt.txt", "postgresql\n", environ) is None


@pytest.mark.parametrize(
    "character",
    ["\f", "\r", "\x1b", "\u200b", "\u2028", "\u202e", "\ufeff", "\U000e0041"],
)
@pytest.mark.parametrize("name", ["requirements.txt", "apt.txt", "more.txt"])
def test_what_no_unpacking_lets_through_is_refused_with_file_and_line(
    root: Path, shell: LocalShell, character: str, name: str
) -> None:
    (root / "requirements.txt").write_text("six\n-r more.txt\n")
    (root / "more.txt").write_text("")
    with (root / name).open("w", encoding="utf-8", newline="") as file:
        file.write(f"six\nattrs{character}x\n")
    with pytest.raises(InvalidFile, match=f"{name}:2: a character that is not seen.* U\\+"):
        gathering.gather(root / "work" / "a.ipynb", root, shell)


def test_an_included_file_of_windows_can_be_unpacked(root: Path, shell: LocalShell) -> None:
    (root / "requirements.txt").write_text("six\n-r more.txt\n", encoding="utf-8-sig")
    (root / "more.txt").write_text("attrs\n", encoding="utf-8-sig")
    text = gather(root / "work" / "a.ipynb", root, shell)[0].files["requirements.txt"]
    assert "attrs\n" in text
    assert visible.forbidden(text) is None


def test_a_password_in_an_included_file_is_found_there(root: Path, shell: LocalShell) -> None:
    (root / "requirements.txt").write_text("-r base.txt\n")
    (root / "base.txt").write_text("six\n-i https://ann:hunter22@pypi.example/simple\n")
    with pytest.raises(InvalidFile) as error:
        gathering.files(root, shell)
    assert str(error.value.origin) == f"{root / 'base.txt'}:2"


# ---------------------------------------------------------------- container and hardware


def test_the_container_is_the_settings_else_the_devcontainers(
    root: Path, shell: LocalShell
) -> None:
    path = root / "work" / "a.ipynb"
    (root / ".devcontainer").mkdir()
    (root / ".devcontainer" / "devcontainer.json").write_text(
        '{"image": "mcr.example/python:3", // ours\n "hostRequirements": {"cpus": 4}}'
    )
    assert gather(path, root, shell)[0].container == "mcr.example/python:3"
    (root / "setup.cfg").write_text("[envboot:notebook]\ncontainer = docker.io/o/i:1\n")
    assert gather(path, root, shell)[0].container == "docker.io/o/i:1"
    (root / "pyproject.toml").write_text('[tool.envboot.notebook]\ncontainer = "o/i@sha256:ab"\n')
    assert gather(path, root, shell)[0].container == "o/i@sha256:ab"
    (root / "work" / "setup.cfg").write_text("[envboot:notebook]\ncontainer = near:1\n")
    assert gather(path, root, shell)[0].container == "near:1"


@pytest.mark.parametrize("image", ["-v /:/host x", "a b", "", "$(id)", "../x"])
def test_what_is_no_name_of_an_image_is_left_out(root: Path, shell: LocalShell, image: str) -> None:
    (root / "setup.cfg").write_text(f"[envboot:notebook]\ncontainer = {image}\n")
    found, said = gather(root / "work" / "a.ipynb", root, shell)
    assert found.container == ""
    assert ("this is no name of an image" in said) == bool(image)


def test_the_needs_become_host_requirements(root: Path, shell: LocalShell) -> None:
    (root / "pyproject.toml").write_text(
        '[tool.envboot.needs]\ncpus = 4\nmemory = "16 GB"\ndisk = "10 GiB"\ngpu = 1\n'
        'gpu_memory = "24 GB"\ncuda = ">=12.1"\n\n[tool.envboot.needs.recommended]\ncpus = 8\n'
    )
    found, _ = gather(root / "work" / "a.ipynb", root, shell)
    assert found.machine == {
        "cpus": 4,
        "memory": "16gb",
        "storage": "10738mb",
        "gpu": {"memory": "24gb"},
        "cuda": "12.1",
    }
    assert environment.parse(environment.render(found), whence_origin()) == found


def whence_origin() -> Any:
    """Return where a test's notebook is."""
    from envboot.spec import Origin

    return Origin("a.ipynb")


@pytest.mark.parametrize(
    ("said", "wanted"), [("true", True), ('"optional"', "optional"), ("false", None), ("2", True)]
)
def test_a_gpu_is_wanted_taken_where_there_is_one_or_not_named(
    root: Path, shell: LocalShell, said: str, wanted: object
) -> None:
    (root / "pyproject.toml").write_text(f"[tool.envboot.needs]\ncpus = 1\ngpu = {said}\n")
    found, _ = gather(root / "work" / "a.ipynb", root, shell)
    assert found.machine.get("gpu") == wanted


def test_sizes_are_never_less_than_was_asked_for() -> None:
    from envboot.needs import units

    for amount in (10**9, 2**30, 3 * 2**20 + 1, 16 * 10**9, 2**41):
        shown = hosting.size(amount)
        assert (units.size(shown) or 0) >= amount
        assert (units.size(shown) or 0) < amount + 10**6


def test_broken_settings_cost_the_needs_and_not_the_notebook(root: Path, shell: LocalShell) -> None:
    (root / "pyproject.toml").write_text('[tool.envboot.needs]\nmemory = "a lot"\n')
    found, said = gather(root / "work" / "a.ipynb", root, shell)
    assert not found.machine
    assert "its needs are left out" in said


# ---------------------------------------------------------------- git


@pytest.fixture
def cloned(tmp_path: Path) -> Path:
    """Return a repository with one commit and a remote that is on no computer."""
    place = tmp_path / "cloned"
    notebook(place / "work" / "a.ipynb", "import six\n")
    (place / "requirements.txt").write_text("six\n")
    git(tmp_path, "init", "-q", str(place))
    git(place, "add", ".")
    git(place, "commit", "-qm", "first")
    git(place, "remote", "add", "origin", "https://github.com/o/r.git")
    return place


def test_where_it_comes_from_is_written_with_its_folder(cloned: Path, shell: LocalShell) -> None:
    found, said = gather(cloned / "work" / "a.ipynb", cloned, shell)
    commit = git(cloned, "rev-parse", "HEAD")
    assert found.git == environment.Git("https://github.com/o/r.git", commit, "work", dirty=False)
    assert f"git: {commit[:10]} was not pushed to origin yet" in said


def test_code_and_files_that_differ_make_it_dirty_and_notebooks_do_not(
    cloned: Path, shell: LocalShell
) -> None:
    path = cloned / "work" / "a.ipynb"
    notebook(path, "import six, attrs\n")
    (cloned / "results.csv").write_text("1\n")
    found, _ = gather(path, cloned, shell)
    assert found.git
    assert not found.git.dirty
    (cloned / "work" / "part.py").write_text("x = 1\n")
    found, said = gather(path, cloned, shell)
    assert found.git
    assert found.git.dirty
    assert "git: what is here differs from the commit" in said


def test_the_commit_stays_while_nothing_but_notebooks_changes(
    cloned: Path, shell: LocalShell
) -> None:
    path = cloned / "work" / "a.ipynb"
    first, _ = gathering.gather(path, cloned, shell)
    notebook(path, "import six, attrs\n")
    git(cloned, "commit", "-qam", "the notebook carries its environment")
    again = gathering.gather(path, cloned, shell, gathering.Wish(before=first))[0]
    assert again.git == first.git
    (cloned / "requirements.txt").write_text("six<2\n")
    git(cloned, "commit", "-qam", "other versions")
    later = gathering.gather(path, cloned, shell, gathering.Wish(before=first))[0]
    assert later.git
    assert later.git.commit == git(cloned, "rev-parse", "HEAD")


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://ann:hunter22@host.example/o/r.git", "https://host.example/o/r.git"),
        ("https://token@host.example/o/r.git", "https://host.example/o/r.git"),
        (f"https://{GITHUB}@host.example/o/r.git", "https://host.example/o/r.git"),
        ("git@host.example:o/r.git", "git@host.example:o/r.git"),
        ("ann@host.example:o/r.git", "ssh://ann@host.example/o/r.git"),
        ("ssh://git@host.example:2222/o/r.git", "ssh://git@host.example:2222/o/r.git"),
        ("/srv/git/r.git", ""),
        ("file:///srv/git/r.git", ""),
        ("../r", ""),
        ("http://host.example/o/r.git", ""),
        ("ext::sh -c touch% /tmp/x", ""),
    ],
)
def test_only_addresses_that_others_can_clone_from_are_carried(
    cloned: Path, shell: LocalShell, url: str, path: str
) -> None:
    git(cloned, "remote", "set-url", "origin", url)
    found, said = gather(cloned / "work" / "a.ipynb", cloned, shell)
    assert (found.git.path if found.git else "") == path
    assert "hunter22" not in said + repr(found)
    if not path:
        assert "is no address that others can clone from" in said
    assert GITHUB not in said + repr(found)
    left = "the password in the address of origin is left out" in said
    assert left == (":hunter22@" in url or GITHUB in url)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
@pytest.mark.parametrize("name", ["a\\b", "a\nb", "sp ace", "-dash"])
def test_a_folder_whose_name_nobody_could_read_is_left_out(
    cloned: Path, shell: LocalShell, name: str
) -> None:
    found, said = gather(notebook(cloned / name / "b.ipynb", "import six\n"), cloned, shell)
    assert found.git
    assert found.git.subdir in {name, ""}
    assert ("cannot be carried" in said) == (not found.git.subdir) == (name[:2] in {"a\\", "a\n"})
    assert environment.parse(environment.render(found), Origin("b.ipynb"))


def test_without_git_or_a_remote_there_is_no_git(
    cloned: Path, root: Path, shell: LocalShell
) -> None:
    git(cloned, "remote", "remove", "origin")
    assert gather(cloned / "work" / "a.ipynb", cloned, shell)[0].git is None
    assert gather(root / "work" / "a.ipynb", root, shell)[0].git is None
    assert whence.address("ssh://-oProxyCommand=x/y") == ""


# ---------------------------------------------------------------- its own imports


def test_without_files_its_own_imports_say_what_it_needs(root: Path, shell: LocalShell) -> None:
    (root / "work" / "other.py").write_text("import numpy\n")
    (root / "work" / "mine.py").write_text("x = 1\n")
    path = notebook(
        root / "work" / "a.ipynb", "import six, mine, os\n", "import pkg_that_nobody_knows\n"
    )
    found, said = gather(path, root, shell)
    assert asked(found) == ["ipykernel", "six"]
    assert "a.ipynb, cell 2, line 1: nobody knows which distribution brings" in said
    assert "no live environment" in said


def asked(found: environment.Embedded) -> list[str]:
    """Return the lines of requirements.txt without comments."""
    rows = found.files["requirements.txt"].splitlines()
    return [r.partition("#")[0].strip() for r in rows if not r.startswith("#")]


def live(folder: Path, **installed: str) -> Path:
    """Make what looks like a virtual environment with these distributions."""
    site = folder / "lib" / "python3.11" / "site-packages"
    site.mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text("version = 3.11.4\n")
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to("/usr/bin/env")
    for name, version in installed.items():
        info = site / f"{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (info / "RECORD").write_text(f"{name}.py,,\n")
        (info / "top_level.txt").write_text(f"{name}\n")
        (site / f"{name}.py").write_text("")
    return folder


def test_versions_are_those_of_the_notebooks_own_kernel(
    root: Path, tmp_path: Path, environ: dict[str, str]
) -> None:
    active = live(tmp_path / "active", six="1.10.0", ipykernel="6.0.0")
    own = live(tmp_path / "own", six="1.16.0", ipykernel="6.29.5")
    place = tmp_path / "home" / ".local" / "share" / "jupyter" / "kernels" / "mine"
    place.mkdir(parents=True)
    spec = {"argv": [str(own / "bin" / "python"), "-m", "ipykernel_launcher"]}
    (place / "kernel.json").write_text(json.dumps(spec))
    shell = LocalShell({**environ, "VIRTUAL_ENV": str(active)})
    path = root / "work" / "a.ipynb"
    assert asked(gather(path, root, shell)[0]) == ["ipykernel~=6.0.0", "six~=1.10.0"]
    notebook(path, "import six\n", kernelspec={**SPEC, "name": "mine"})
    found, said = gather(path, root, shell)
    assert asked(found) == ["ipykernel~=6.29.5", "six~=1.16.0"]
    assert "of its kernel `mine`" in said


@pytest.mark.parametrize("name", ["../../x", "..", "a/b", "", 7, None, "not-there"])
def test_a_kernels_name_never_leads_out_of_jupyters_folders(
    root: Path, shell: LocalShell, name: object
) -> None:
    path = notebook(root / "work" / "a.ipynb", "import six\n", kernelspec={**SPEC, "name": name})
    assert asked(gather(path, root, shell)[0]) == ["ipykernel", "six"]


def test_a_module_beside_a_notebook_in_no_repository_is_its_own(
    tmp_path: Path, shell: LocalShell
) -> None:
    path = notebook(tmp_path / "downloads" / "a.ipynb", "import mine, six\n")
    (path.parent / "mine.py").write_text("import numpy\n")
    assert asked(gather(path, path.parent, shell)[0]) == ["ipykernel", "six"]


def test_what_was_inferred_stays_where_no_environment_is_looked_at(
    root: Path, tmp_path: Path, environ: dict[str, str]
) -> None:
    active = live(tmp_path / "active", six="1.16.0", ipykernel="6.29.5")
    path = root / "work" / "a.ipynb"
    first = gather(path, root, LocalShell({**environ, "VIRTUAL_ENV": str(active)}))[0]
    shell = LocalShell(environ)
    notebook(path, "\n", "\n\nimport six\n")  # the evidence moves
    wish = gathering.Wish(live=False, before=first)
    assert gathering.gather(path, root, shell, wish)[0] == first
    notebook(path, "import six, attr\n")
    more = gathering.gather(path, root, shell, wish)[0]
    assert asked(more) == ["attrs", "ipykernel~=6.29.5", "six~=1.16.0"]
    notebook(path, "import os\n")
    assert asked(gathering.gather(path, root, shell, wish)[0]) == ["ipykernel~=6.29.5"]


def test_what_somebody_packed_elsewhere_stays_where_no_file_says_otherwise(
    root: Path, shell: LocalShell
) -> None:
    theirs = environment.Embedded(files={"environment.yml": "dependencies: [python=3.9]\n"})
    wish = gathering.Wish(before=theirs)
    found, said = gathering.gather(root / "work" / "a.ipynb", root, shell, wish)
    assert found.files == theirs.files
    assert any("what it carries stays" in one for one in said)


def test_a_block_of_juvs_says_what_is_asked_for(root: Path, shell: LocalShell) -> None:
    block = '# /// script\n# dependencies = [\n#   "six==1.15.0",\n# ]\n# ///\n'
    path = notebook(root / "work" / "a.ipynb", block, "import six, attr\n")
    found = sorted(asked(gather(path, root, shell)[0]))
    assert found == ["attrs", "ipykernel", "six==1.15.0"]


def test_a_password_in_a_cell_is_not_carried(root: Path, shell: LocalShell) -> None:
    path = notebook(
        root / "work" / "a.ipynb",
        "%pip install git+https://ann:hunter22@example.org/pkg.git#egg=pkg\nimport pkg\n",
    )
    try:
        found, _ = gather(path, root, shell)
    except InvalidFile as error:
        assert "hunter22" not in str(error)  # noqa: PT017 - either is fine, the word is not
    else:
        assert "hunter22" not in repr(found)


def test_a_notebook_of_another_language_is_given_nothing(root: Path, shell: LocalShell) -> None:
    path = notebook(
        root / "work" / "a.ipynb",
        "library(dplyr)\n",
        kernelspec={"display_name": "R", "language": "R", "name": "ir"},
    )
    found, said = gather(path, root, shell)
    assert not found.files
    assert "its cells are not Python" in said


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{", b'{"nbformat": 4, "nbformat": 4}', b"\xff", b'{"nbformat": 9}']
)
def test_what_is_no_notebook_is_refused(root: Path, shell: LocalShell, data: bytes) -> None:
    path = root / "work" / "a.ipynb"
    path.write_bytes(data)
    with pytest.raises(InvalidFile):
        gathering.gather(path, root, shell)
    with pytest.raises(InvalidFile, match="does not exist"):
        gathering.gather(root / "none.ipynb", root, shell)


def test_a_clouds_section_that_is_there_stays(root: Path, shell: LocalShell) -> None:
    one = {"env_name": "somewhere", "metadata": {"environment_version": "1"}}
    before = environment.Embedded(
        files={"requirements.txt": "six\n"}, clouds=(one,), container="o/i:1"
    )
    wish = gathering.Wish(before=before)
    found, _ = gathering.gather(root / "work" / "a.ipynb", root, shell, wish)
    assert found.clouds == (one,)
    assert found.container == "o/i:1"
