"""Match specs: conda's spelling (recorded from conda 26.7.1), and what is refused with a line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envboot.engines.rattler.order import Asked
from envboot.engines.rattler.work import specs
from tests.apart import needs_rattler

# The left column, and what `str(conda.models.match_spec.MatchSpec(left))` says of it.
SPELLED = """
numpy → numpy
NumPy → numpy
numpy=1.26 → numpy=1.26
numpy =1.26 → numpy=1.26
numpy==1.26.4 → numpy==1.26.4
numpy 1.26.4 → numpy==1.26.4
numpy 1.26.* → numpy=1.26
numpy 1.26* → numpy=1.26
numpy=1.26.* → numpy=1.26
numpy>=1.20,<2 → numpy[version='>=1.20,<2']
numpy >=1.20, <2 → numpy[version='>=1.20,<2']
numpy >=1.20,<2 py311* → numpy[version='>=1.20,<2',build=py311*]
numpy!=1.5 → numpy!=1.5
numpy~=1.5 → numpy~=1.5
numpy>=1,!=1.5 → numpy[version='>=1,!=1.5']
numpy=1.26.4=py311h64a7726_0 → numpy==1.26.4=py311h64a7726_0
numpy==1.26.4=py311h64a7726_0 → numpy==1.26.4=py311h64a7726_0
numpy 1.26.4 py311h64a7726_0 → numpy==1.26.4=py311h64a7726_0
numpy=*=*cuda* → numpy[build=*cuda*]
numpy * *cuda* → numpy[build=*cuda*]
numpy=1.26.*=*cuda* → numpy=1.26[build=*cuda*]
numpy=1.26=py311* → numpy==1.26[build=py311*]
pytorch[version='>=2',build=*cuda*] → pytorch[version='>=2',build=*cuda*]
pytorch[build=*cuda*] → pytorch[build=*cuda*]
pytorch[version=2.1,build_number=2] → pytorch==2.1[build_number=2]
chan::click → chan::click
chan::click=8 → chan::click=8
conda-forge::numpy>=1.20 → conda-forge::numpy[version='>=1.20']
conda-forge/linux-64::numpy → conda-forge/linux-64::numpy
conda-forge/noarch::numpy=1.2 → conda-forge/noarch::numpy=1.2
defaults::python=3.11 → defaults::python=3.11
defaults::python → defaults::python
file:///tmp/conda/chan::click → file:///tmp/conda/chan::click
click[channel=conda-forge] → conda-forge::click
click[subdir=noarch] → click[subdir=noarch]
numpy=1.9.* → numpy=1.9
numpy>1|<3 → numpy[version='>1|<3']
numpy=1.2|1.3 → numpy[version='=1.2|1.3']
python=3.11 # comment → python=3.11
python  3.11 → python==3.11
_libgcc_mutex=0.1=main → _libgcc_mutex==0.1=main
ca-certificates=2024.3.11=h06a4308_0 → ca-certificates==2024.3.11=h06a4308_0
ruamel.yaml=0.17 → ruamel.yaml=0.17
numpy==1.26.* → numpy=1.26
numpy=1.26.4* → numpy=1.26.4
numpy * → numpy
python<3.12 → python[version='<3.12']
python>=3.8 → python[version='>=3.8']
numpy!=1.26.* → numpy!=1.26.*
numpy~=1.26.0 → numpy~=1.26.0
"""
ROWS = [tuple(part.strip() for part in row.split("→")) for row in SPELLED.strip().splitlines()]


@pytest.mark.parametrize(("text", "conda"), ROWS)
def test_a_spec_is_spelled_as_conda_spells_it(text, conda):
    assert specs.spelled(text) == conda


def test_a_condition_in_brackets_of_pip_is_kept():
    assert specs.spelled("numpy (>=1.20)") == "numpy[version='>=1.20']"


def test_the_channel_of_a_spec_is_called_by_its_name():
    text = "https://host/t/secret-token-123/conda-forge::numpy=1.26"
    assert specs.spelled(text, lambda _c: "conda-forge") == "conda-forge::numpy=1.26"


@given(st.text(alphabet="abN1.=<>!~*,| []'\"()#;:/-_", max_size=20))
def test_no_text_breaks_the_spelling(text):
    assert isinstance(specs.spelled(text), str)
    assert isinstance(specs.addressed(text, lambda name: name), str)


@needs_rattler
@pytest.mark.parametrize(
    ("text", "said", "nearest"),
    [
        ("numpy===1.26", "`===`", "numpy==1.26"),
        ("numpy=>1.26", "`=>`", "numpy>=1.26"),
        ("numpy=<1.26", "`=<`", "numpy<=1.26"),
        ("python>=3.11<3.12", "a comma", "python>=3.11,<3.12"),
        ("python >=3.11 <3.12", "a comma", "python >=3.11,<3.12"),
        ('pywin32>=1 ; sys_platform == "win32"', "condition", "pywin32>=1"),
        ("numpy=", "cannot be read", ""),
        ("num py[x", "cannot be read", ""),
        ("*", "cannot be read", ""),
        ("https://", "cannot be read", ""),
    ],
)
def test_what_conda_and_rattler_read_differently_is_an_error_with_its_line(text, said, nearest):
    (found,) = specs.mistakes([Asked("python=3.11", "e.yml:4"), Asked(text, "e.yml:5")])
    assert found.at == "e.yml:5"
    assert said in found.text
    assert found.spec == text
    assert found.nearest == nearest
    assert nearest in found.hint


@needs_rattler
@pytest.mark.parametrize("text", [row[0] for row in ROWS])
def test_no_spec_that_conda_takes_is_refused(text):
    assert specs.mistakes([Asked(text, "e.yml:5")]) == ()


@needs_rattler
@pytest.mark.parametrize("text", [row[0] for row in ROWS])
def test_a_channel_replaced_leaves_the_rest_of_the_spec(text):
    from rattler import MatchSpec

    plain = MatchSpec(text.partition("#")[0].strip())
    moved = MatchSpec(specs.addressed(text, lambda _name: "file:///some/where"))
    assert moved.version == plain.version
    assert moved.build == plain.build
    assert (moved.channel is None) == (plain.channel is None)
    if moved.channel:
        assert moved.channel.base_url.rstrip("/") == "file:///some/where"
