"""Versions as ranges: pip's and conda's own readers admit the version that is installed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from envboot.derive import pins

PINS = ("exact", "compatible", "minimum")
QUICK = settings(max_examples=200, deadline=None, derandomize=True)
NUMBERS = st.lists(st.integers(0, 2030), min_size=1, max_size=5).map(
    lambda parts: ".".join(map(str, parts))
)


@st.composite
def versions(draw):
    epoch = draw(st.sampled_from(["", "", "", "1!"]))
    pre = draw(st.sampled_from(["", "", "", "a1", "b2", "rc1"]))
    post = draw(st.sampled_from(["", "", "", ".post1"]))
    dev = draw(st.sampled_from(["", "", "", ".dev3"]))
    local = draw(st.sampled_from(["", "", "+cu124", "+1.g0"]))
    return f"{epoch}{draw(NUMBERS)}{pre}{post}{dev}{local}"


@pytest.mark.parametrize("how", PINS)
@QUICK
@given(versions())
def test_pip_takes_the_version_installed_for_the_line(how, version):
    text = pins.pin(version, how)
    public = Version(version).public
    assert SpecifierSet(text).contains(public, prereleases=True)
    assert "+" not in text
    assert pins.admits(text, public)
    if how == "exact":
        assert text == f"=={public}"


@pytest.mark.parametrize("how", PINS)
@QUICK
@given(versions())
def test_conda_takes_the_version_installed_for_the_same_line(how, version):
    rattler = pytest.importorskip("rattler")
    text = pins.to_conda(pins.pin(version, how))
    public = Version(version).public
    assert matches(rattler, text, public)
    if pins.is_long(pins.pin(version, how)):
        short = pins.shortened(pins.pin(version, how))
        assert "+" not in short
        rattler.MatchSpec(f"x{short}")


CONDA = st.from_regex(r"[1-9][0-9]{0,3}(\.[0-9]{1,3}){0,3}([a-z][0-9]?|_[0-9])?", fullmatch=True)


@pytest.mark.parametrize("how", PINS)
@QUICK
@given(CONDA)
def test_conda_takes_its_own_odd_versions(how, version):
    rattler = pytest.importorskip("rattler")
    assert matches(rattler, pins.conda_pin(version, how), version)
    assert not matches(rattler, pins.conda_pin(version, how), "0.0.0.dev1")


def matches(rattler, constraint, version):
    """Return whether conda's rules take a package ``x`` of that version."""
    asked = rattler.MatchSpec(f"x{constraint}", strict=False).version
    return rattler.VersionSpec(str(asked)).matches(rattler.Version(version))


@pytest.mark.parametrize(
    ("version", "compatible"),
    [
        ("1.26.4", "~=1.26.4"),
        ("7", ">=7"),
        ("2024a", ">=2024a0"),
        ("1.0.post1", "~=1.0.post1"),
        ("2!1.0", "~=2!1.0"),
        ("2.0rc1", "~=2.0rc1"),
        ("1989.12", "~=1989.12"),
        ("1990.1", ">=1990.1"),
        ("2026.11.15", ">=2026.11.15"),
        ("2026.11.15+cu1", ">=2026.11.15"),
        ("1!2026.11", ">=1!2026.11"),
        ("not one", ""),
        ("", ""),
    ],
)
def test_odd_versions(version, compatible):
    assert pins.pin(version, "compatible") == compatible


@pytest.mark.parametrize(
    ("version", "how", "line"),
    [
        ("1.26.4", "compatible", "~=1.26.4"),
        ("1989.12", "compatible", "~=1989.12"),
        ("2026.11.15", "compatible", ">=2026.11.15"),
        ("2026.11.15", "exact", "==2026.11.15"),
        ("2024a", "compatible", ">=2024a"),
        ("9e", "compatible", ">=9e"),
    ],
)
def test_versions_of_conda_packages_without_python(version, how, line):
    assert pins.conda_pin(version, how) == line


@pytest.mark.parametrize(
    ("old", "version", "how", "kept"),
    [
        ("~=1.26.4", "1.26.5", "compatible", True),
        ("~=1.26.4", "1.27.0", "compatible", False),
        (">=1.26.4", "1.26.5", "compatible", False),
        (">=1.26.4", "1.26.5", "minimum", True),
        ("==1.26.4", "1.26.5", "exact", False),
        (">=2026.11.15", "2026.11.15", "compatible", True),
        (">=2026.11.15", "2026.12.1", "compatible", True),
        (">=2026.11.15", "2026.12.1", "minimum", True),
        (">=2026.11.15", "2026.12.1", "exact", False),
        (">=2026.11.15", "2027.1.1", "compatible", False),
        (">=2026.11.15", "2026.11.14", "compatible", False),
        ("~=2026.11.15", "2026.11.15", "compatible", False),  # of an envboot before this rule
    ],
)
def test_which_lines_of_ours_stay(old, version, how, kept):
    assert pins.stays(old, version, how) is kept


@pytest.mark.parametrize(
    ("conda", "pip"),
    [
        ("", ""),
        ("*", ""),
        ("=1.2", "==1.2.*"),
        ("=1.2.*", "==1.2.*"),
        ("==1.2", "==1.2"),
        ("1.2", "==1.2"),
        ("1.2.*", "==1.2.*"),
        (">=1.2,<2", ">=1.2,<2"),
        ("~=1.26.4", "~=1.26.4"),
        ("!=1.5.*", "!=1.5.*"),
        ("1.2|1.3", None),
        (">=9e", None),
    ],
)
def test_what_conda_asks_for_as_pip_says_it(conda, pip):
    assert pins.to_pip(conda) == pip


@pytest.mark.parametrize(
    ("pip", "conda"),
    [
        ("", ""),
        ("==1.2.*", "=1.2"),
        ("==1.2", "==1.2"),
        ("~=1.26.4", "~=1.26.4"),
        ("~=1.0.post1", ">=1.0.post1,<2"),
        ("~=2.0rc1", ">=2.0rc1,<3"),
        ("!=1.5.*,>=1", "!=1.5.*,>=1"),
        ("===1.2", None),
    ],
)
def test_what_pip_asks_for_as_conda_says_it(pip, conda):
    assert pins.to_conda(pip) == conda
