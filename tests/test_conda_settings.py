"""conda's settings: files, variables, and what a channel's name stands for.

``recorded/conda_settings.json`` holds what conda 26.7.1 itself said of each case: the values that
its ``context`` had, and the addresses of ``Channel(name)``, credentials included. Where a conda is,
``CONDA_EXE=… python tests/record_conda_settings.py`` writes it anew.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envboot.conda import addresses
from envboot.conda import settings as conda
from envboot.errors import UsageError
from envboot.shell import Platform
from envboot.shell.local import LocalShell
from envboot.testing import ScriptedShell

HOME = "/home/ann"
RECORDED = json.loads((Path(__file__).parent / "recorded/conda_settings.json").read_text("utf-8"))
KEYS = {
    "channels": lambda s: list(s.channels),
    "channel_priority": lambda s: s.priority,
    "ssl_verify": lambda s: {"true": True, "false": False}.get(s.ssl_verify, s.ssl_verify),
    "client_ssl_cert": lambda s: s.client_cert or None,
    "client_ssl_cert_key": lambda s: s.client_key or None,
    "offline": lambda s: s.offline,
    "proxy_servers": lambda s: dict(s.proxies),
    "remote_connect_timeout_secs": lambda s: s.connect_timeout,
    "remote_read_timeout_secs": lambda s: s.read_timeout,
    "remote_max_retries": lambda s: s.retries,
    "_envs_dirs": lambda s: [str(p) for p in s.envs_dirs],
    "_pkgs_dirs": lambda s: [str(p) for p in s.pkgs_dirs],
    "_channel_alias": lambda s: s.alias,
    "_default_channels": lambda s: list(s.default_channels),
    "_custom_channels": lambda s: dict(s.custom_channels),
    "_custom_multichannels": lambda s: {n: list(v) for n, v in s.custom_multichannels},
}
OURS = {
    # conda leaves `~` and unknown variables to whoever uses the path.
    ("folders", "_envs_dirs"): ["/one", "/two", "{home}/envs", "/srv/data/envs"],
    ("aliases_of_keys", "client_ssl_cert"): "{home}/c.pem",
    ("empty_values", "_custom_channels"): {"pkgs/pro": "https://repo.anaconda.com"},
}
"""Where we differ from conda on purpose."""


def known(rc: str = "", **environ: str) -> conda.Settings:
    files = {f"{HOME}/.condarc": rc} if rc else {}
    return conda.settings(ScriptedShell(environ={"HOME": HOME, **environ}, files=files))


@pytest.mark.parametrize("name", sorted(RECORDED["cases"]))
def test_settings_are_what_conda_says(name: str, tmp_path: Path) -> None:
    case = RECORDED["cases"][name]
    for path, text in case["files"].items():
        place = Path(path.replace("~", str(tmp_path), 1))
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
    environ = {n: v.replace("~", str(tmp_path), 1) for n, v in case["environ"].items()}
    shell = LocalShell({"HOME": str(tmp_path), "PATH": "/nowhere", **environ})
    found = conda.settings(shell)
    for key, mine in KEYS.items():
        theirs = OURS.get((name, key), case["conda"][key])
        expected = json.loads(json.dumps(theirs).replace("{home}", str(tmp_path)))
        assert mine(found) == expected, key
    if case["conda"]["urls"] is not None:
        urls = [u.replace("{home}", str(tmp_path)) for u in case["conda"]["urls"]]
        assert list(addresses.urls(case["channels"], found)) == urls


def test_what_is_no_yaml_says_nothing_and_the_other_files_count() -> None:
    files = {
        f"{HOME}/.condarc": "channels: [a\n",
        f"{HOME}/.conda/.condarc": "channels: [good]\noffline: [1]\nchannel_alias: {}\n",
        f"{HOME}/.config/conda/condarc": b"\xff\xfe\x00",
        "/etc/conda/.condarc": "- a\n- list\n",
    }
    found = conda.settings(ScriptedShell(environ={"HOME": HOME}, files=files))
    assert found.channels == ("good",)
    assert not found.offline
    assert found.alias == "https://conda.anaconda.org"


def test_values_that_cannot_be_meant_say_nothing() -> None:
    found = known(
        "channel_alias: no-address\nchannel_priority: sometimes\n"
        "remote_read_timeout_secs: soon\nremote_max_retries: -3\n"
        "remote_connect_timeout_secs: .inf\n"
    )
    plain = conda.Settings()
    assert (found.alias, found.priority) == (plain.alias, "flexible")
    assert (found.read_timeout, found.retries) == (60.0, 3)
    assert found.connect_timeout == 9.15


def test_without_any_channel_defaults_is_meant() -> None:
    main = ("https://repo.anaconda.com/pkgs/main", "https://repo.anaconda.com/pkgs/r")
    assert addresses.urls([], known()) == main
    assert addresses.urls(["nodefaults"], known()) == main
    assert addresses.urls(["x"], known()) == ("https://conda.anaconda.org/x",)


def test_windows_adds_msys2_to_defaults_that_nobody_set() -> None:
    msys2 = "https://repo.anaconda.com/pkgs/msys2"
    shell = ScriptedShell(environ={"USERPROFILE": HOME}, platform=Platform("Windows", "AMD64"))
    assert conda.settings(shell).default_channels[-1] == msys2
    assert addresses.urls(["defaults"], known(), ["linux-64", "win-64"])[-1] == msys2
    own = known("default_channels: [https://mirror.example/main]\n")
    assert addresses.urls(["defaults"], own, ["win-64"]) == ("https://mirror.example/main",)


def test_channels_that_specs_name_themselves() -> None:
    specs = [
        "conda-forge::numpy>=1",
        "six",
        "https://x.example/c::pkg",
        "bioconda/linux-64::samtools",
    ]
    assert addresses.named([*specs, "conda-forge::scipy"]) == (
        *("conda-forge", "https://x.example/c", "bioconda"),
    )


def test_local_is_what_conda_build_made_here(tmp_path: Path) -> None:
    (tmp_path / "conda-bld").mkdir()
    shell = LocalShell({"HOME": str(tmp_path), "PATH": "/nowhere"})
    found = conda.settings(shell)
    assert addresses.urls(["local", "x"], found)[0] == (tmp_path / "conda-bld").as_uri()


def test_forbidden_channels_are_refused() -> None:
    allowed = known("allowlist_channels: [conda-forge]\n")
    assert addresses.urls(["conda-forge"], allowed)
    with pytest.raises(
        UsageError, match=r"forbid the channel https://conda\.anaconda\.org/bioconda"
    ):
        addresses.urls(["bioconda"], allowed)
    denied = known("denylist_channels: [defaults]\nchannel_alias: https://u:pass@h.example\n")
    with pytest.raises(UsageError, match="pkgs/main"):
        addresses.urls(["defaults"], denied)


@pytest.mark.parametrize(
    "channel", ["", " ", "a b", "ftp://x.example/c", "../c", "./c", "a\0b", "*"]
)
def test_what_is_no_channel_is_said(channel: str) -> None:
    with pytest.raises(UsageError):
        addresses.urls([channel], known())


def test_tokens_and_passwords_are_in_no_repr_and_nothing_shown() -> None:
    found = known(
        "channel_alias: https://repo.example/t/to-ken-1234\n"
        "channels: [https://ann:s3cret@h.example/c]\n"
        "proxy_servers: {https: 'http://ann:s3cret@proxy.example'}\n"
        "custom_channels: {lab: https://x.example/t/to-ken-1234}\n"
    )
    found_at = addresses.urls(["lab", "other"], found)
    assert all("s3cret" in a or "to-ken" in a for a in found_at)
    said = repr(found) + " ".join(map(addresses.shown, found_at))
    assert "s3cret" not in said
    assert "to-ken" not in said
    assert addresses.shown("https://ann:s3cret@h.example/t/to-ken/c") == "https://h.example/c"
    with pytest.raises(UsageError) as caught:
        addresses.urls(["gopher://ann:s3cret@h.example/t/to-ken/c"], found)
    assert "s3cret" not in str(caught.value)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300) | st.text("channels: []{}&*!#-\n\t'\"$ab~/", max_size=200))
def test_no_file_stops_anybody(data: bytes | str) -> None:
    shell = ScriptedShell(environ={"HOME": HOME}, files={f"{HOME}/.condarc": data})
    found = conda.settings(shell)
    with contextlib.suppress(UsageError):  # the file's own channels may be none
        addresses.urls(["x"], found)
