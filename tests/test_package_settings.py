"""What the owner settled once: read from both files, flags win, mistakes are named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from envboot.errors import EnvbootError, InvalidFile, UsageError
from envboot.package import Packing, remembering, settings
from envboot.package.changes import Change
from envboot.shell.local import LocalShell

if TYPE_CHECKING:
    from pathlib import Path

SHELL = LocalShell({})
TOML = """\
[tool.envboot.package]
pin = "exact"
pip-only = true
with = ["dockerfile", "install"]
variable = ["DATA"]
platform = ["linux-64", "osx-arm64"]

[tool.envboot.package.provides]
clip = "openai-clip"
"a.b" = "A_B"
"""
CFG = """\
[envboot:package]
pin = exact
pip_only = yes
with = dockerfile install
variable =
    DATA
platform = linux-64, osx-arm64
provides =
    clip = openai-clip
    a.b=A_B
"""


def settle(root: Path, **flags: object) -> Packing:
    return settings.settle(Packing(root=root, **flags), SHELL)  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "text"), [("pyproject.toml", TOML), ("setup.cfg", CFG)])
def test_both_files_say_the_same(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    found = settle(tmp_path)
    assert found.pin == "exact"
    assert found.pip_only is True
    assert found.companions == ("dockerfile", "install")
    assert found.variable == ("DATA",)
    assert found.platform == ("linux-64", "osx-arm64")
    assert settings.answers(found.provides) == {"clip": "openai-clip", "a.b": "a-b"}


def test_pyproject_comes_first_and_a_file_of_other_tools_is_passed(tmp_path: Path) -> None:
    (tmp_path / "setup.cfg").write_text(CFG)
    (tmp_path / "pyproject.toml").write_text("[tool.envboot.needs]\ncpus = 1\n")
    assert settle(tmp_path).pin == "exact"
    (tmp_path / "pyproject.toml").write_text('[tool.envboot.package]\npin = "minimum"\n')
    assert settle(tmp_path).pin == "minimum"
    assert settle(tmp_path).pip_only is None


def test_flags_win(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(TOML)
    found = settle(tmp_path, pin="minimum", conda_only=True, provides=("x=y",))
    assert (found.pin, found.pip_only, found.conda_only) == ("minimum", None, True)
    assert found.provides == ("x=y",)


def test_a_flag_that_decides_a_text_and_is_not_settled_is_named(tmp_path: Path) -> None:
    given_ = Packing(root=tmp_path, pin="exact", provides=("x=y",), variable=("A",))
    assert settings.unsettled(given_, SHELL) == ("--pin", "--provides")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.envboot.package]\npin = "exact"\nprovides = ["x=y"]\n'
    )
    assert settings.unsettled(given_, SHELL) == ()


@pytest.mark.parametrize(
    ("name", "text", "line", "said"),
    [
        ("pyproject.toml", "[tool.envboot.package]\n\npins = 1\n", 3, "`pin`"),
        ("pyproject.toml", '[tool.envboot.package]\npin = "newest"\n', 2, "exact, compatible"),
        ("pyproject.toml", "[tool.envboot.package]\npip-only = 3\n", 2, "true or false"),
        ("pyproject.toml", '[tool.envboot.package]\nwith = ["x"]\n', 2, "devcontainer"),
        ("pyproject.toml", '[tool.envboot.package]\nvariable = ["A-B"]\n', 2, "names of"),
        ("pyproject.toml", '[tool.envboot.package.provides]\n"a b" = "c"\n', 1, "which module"),
        ("pyproject.toml", '[tool.envboot.package]\nplatform = "mars"\n', 2, "linux-64"),
        ("pyproject.toml", "[tool.envboot]\npackage = 1\n", 2, "[tool.envboot.package]"),
        ("setup.cfg", "[envboot:package]\npin = exact\nwith = x\n", 3, "devcontainer"),
        ("setup.cfg", "[envboot:package]\nnonsense = 1\n", 2, "the keys are"),
    ],
)
def test_a_mistake_is_named_with_its_line(
    tmp_path: Path, name: str, text: str, line: int, said: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InvalidFile) as caught:
        settle(tmp_path)
    assert caught.value.origin is not None
    assert (caught.value.origin.path, caught.value.origin.line) == (name, line)
    assert said in caught.value.hint


@pytest.mark.parametrize(
    "flags",
    [
        {"pip_only": True, "conda_only": True},
        {"companions": ("x",)},
        {"provides": ("clip",)},
        {"provides": ("clip=-e ../x",)},
        {"provides": ("clip; import os=x",)},
        {"variable": ("A=1",)},
    ],
)
def test_flags_that_cannot_be_are_refused(tmp_path: Path, flags: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        settle(tmp_path, **flags)


@limits(max_examples=150, deadline=None)
@given(
    st.sampled_from(["pyproject.toml", "setup.cfg"]),
    st.lists(st.sampled_from([*TOML.splitlines(), *CFG.splitlines(), "x", "=", "[", "\0", "é"])),
)
def test_whatever_is_written_there_no_other_error_comes(
    tmp_path_factory: pytest.TempPathFactory, name: str, rows: list[str]
) -> None:
    root = tmp_path_factory.mktemp("r")
    (root / name).write_text("\n".join(rows), encoding="utf-8")
    try:
        settle(root)
    except EnvbootError as error:
        assert error.hint or isinstance(error, UsageError)  # noqa: PT017


# ------------------------------------------------------------------- what was answered


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("setup.cfg", None),
        ("setup.cfg", "[metadata]\nname = x\n"),
        ("setup.cfg", "[envboot:package]\npin = exact\n"),
        ("setup.cfg", "[envboot:package]\nprovides =\n    a = b\npin = exact\n[x]\ny = 1\n"),
        ("pyproject.toml", ""),
        ("pyproject.toml", "[project]\nname = 'x'\nversion = '1'"),
        ("pyproject.toml", "[tool.envboot.package]\npin = 'exact'\n"),
        ("pyproject.toml", "[tool.envboot.package.provides]\na = 'b'\n\n[x]\ny = 1\n"),
        ("pyproject.toml", "[tool.envboot.package.provides]\r\na = 'b'\r\n"),
    ],
)
def test_an_answer_is_kept_and_read_again(tmp_path: Path, name: str, before: str | None) -> None:
    if before is not None:
        (tmp_path / name).write_bytes(before.encode())
    (change,) = remembering.write(tmp_path, ("clip=openai-clip", "x.y=z"), (), SHELL)
    assert change.path == name
    assert change.after is not None
    assert change.ours == (before is None)
    (tmp_path / name).write_bytes(change.after)
    found = settings.answers(settle(tmp_path).provides)
    assert {"clip": "openai-clip", "x.y": "z"}.items() <= found.items()
    assert ("a" in found) == ("a = " in (before or ""))
    gone = set((before or "").splitlines()) - set(change.after.decode().splitlines())
    assert not gone, "a line of the file went"
    assert (b"\r\n" in change.after) == ("\r\n" in (before or ""))


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("pyproject.toml", '[tool.envboot.package]\nprovides = {a = "b"}\n'),
        ("setup.cfg", "[envboot:package]\nprovides = a=b\n"),
    ],
)
def test_a_form_that_no_line_fits_into_is_left_alone(
    tmp_path: Path, name: str, before: str
) -> None:
    (tmp_path / name).write_text(before)
    (change,) = remembering.write(tmp_path, ("clip=x",), (), SHELL)
    assert change.before == change.after


def test_an_answer_goes_on_top_of_another_change(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[x]\n")
    pending = Change("pyproject.toml", b"[x]\n", b"[x]\ny = 1\n", ours=False)
    (change,) = remembering.write(tmp_path, ("clip=x",), (pending,), SHELL)
    assert change.before == b"[x]\n"
    assert change.after is not None
    assert b"y = 1" in change.after
    assert b'"clip" = "x"' in change.after
