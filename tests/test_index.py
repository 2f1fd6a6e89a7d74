"""pip's configuration is read as pip reads it, and told to uv."""

from __future__ import annotations

from pathlib import Path

import pytest

from envboot import index
from envboot.shell import Platform
from envboot.testing import ScriptedShell

HOME = "/home/ada"


def shell(files=None, platform="Linux", **environ):
    return ScriptedShell(
        files=files or {},
        environ={"HOME": HOME, **environ},
        platform=Platform(platform, "x86_64"),
    )


def test_nothing_configured_is_pypi_alone():
    found = index.settings(shell())
    assert found == index.Index()
    assert found.urls == ("https://pypi.org/simple",)
    assert index.uv_environ(found, shell()) == {}


def test_later_sources_win():
    files = {
        "/etc/xdg/pip/pip.conf": "[global]\nindex-url = https://a/simple\nproxy = p:1\n",
        "/etc/pip.conf": "[global]\nindex-url = https://b/simple\ntimeout = 5\n",
        f"{HOME}/.pip/pip.conf": "[global]\nindex-url = https://c/simple\n",
        f"{HOME}/.config/pip/pip.conf": "[global]\nindex_url = https://d/simple\n",
        "/own.conf": "[install]\ntimeout = 9\n[global]\ntimeout = 1\n",
    }
    found = index.settings(shell(files))
    assert (found.url, found.proxy, found.timeout) == ("https://d/simple", "p:1", "5")
    found = index.settings(shell(files, PIP_CONFIG_FILE="/own.conf"))
    assert (found.url, found.timeout) == ("https://b/simple", "9")  # the user's is not read then
    found = index.settings(shell(files, PIP_INDEX_URL="https://e/simple", PIP_PROXY=""))
    assert (found.url, found.proxy) == ("https://e/simple", "p:1")
    assert index.settings(shell(files, PIP_CONFIG_FILE="/dev/null")) == index.Index()


def test_xdg_folder_replaces_the_customary_one():
    files = {
        f"{HOME}/.config/pip/pip.conf": "[global]\nindex-url = https://no\n",
        "/x/pip/pip.conf": "[global]\nindex-url = https://yes\n",
    }
    assert index.settings(shell(files, XDG_CONFIG_HOME="/x")).url == "https://yes"


@pytest.mark.parametrize(
    ("platform", "path"),
    [
        ("Windows", "C:/ProgramData/pip/pip.ini"),
        ("Windows", f"{HOME}/AppData/Roaming/pip/pip.ini"),
        ("Darwin", "/Library/Application Support/pip/pip.conf"),
        ("Darwin", f"{HOME}/Library/Application Support/pip/pip.conf"),
        ("Darwin", f"{HOME}/.config/pip/pip.conf"),
    ],
)
def test_places_of_other_systems(platform, path):
    files = {path: "[global]\nindex-url = https://there\n"}
    assert index.settings(shell(files, platform)).url == "https://there"


def test_lists_aliases_and_booleans():
    found = index.settings(
        shell(
            {"/etc/pip.conf": "[global]\nextra-index-url =\n  https://a\n  https://b\n"},
            PIP_FIND_LINKS="/w https://c/links",
            PIP_NO_INDEX="yes",
            PIP_DEFAULT_TIMEOUT="60",
            PIP_USER="0",
            PIP_TARGET="/elsewhere",
        )
    )
    assert found.extra == ("https://a", "https://b")
    assert found.find_links == ("/w", "https://c/links")
    assert found.no_index
    assert found.urls == ()
    assert found.timeout == "60"
    assert found.stray == ("target",)
    assert index.pip_arguments(found, Path("/e")) == ("--target=",)
    found = index.Index(stray=("prefix", "root"))
    assert index.pip_arguments(found, Path("/e")) == ("--prefix", "/e", "--root", "/")


@pytest.mark.parametrize("text", ["no section\n", "[global\n", "\x00\xff", "[global]\n[global]\n"])
def test_a_broken_file_is_left_out(text):
    files = {"/etc/pip.conf": text, f"{HOME}/.pip/pip.conf": "[global]\nindex-url = https://x\n"}
    assert index.settings(shell(files)).url == "https://x"


def test_uv_is_told_the_same():
    files = {
        "/etc/pip.conf": "[global]\nindex-url = https://me:pw@h/simple\n"
        "extra-index-url = https://more file:///gone file:///there\n"
        "find-links = /there /gone\ntrusted-host = h:8443\nproxy = http://p:3128\n"
        "cert = /ca.pem\nclient-cert = /me.pem\ntimeout = 30.5\nkeyring-provider = subprocess\n",
        "/there/x.whl": "",
        "/ca.pem": "",
    }
    place = shell(files)
    assert index.uv_environ(index.settings(place), place) == {
        "UV_DEFAULT_INDEX": "https://me:pw@h/simple",
        "UV_INDEX": "https://more file:///there",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/there",
        "UV_INSECURE_HOST": "h:8443",
        "UV_HTTP_TIMEOUT": "30",
        "UV_KEYRING_PROVIDER": "subprocess",
        "HTTP_PROXY": "http://p:3128",
        "HTTPS_PROXY": "http://p:3128",
        "SSL_CERT_FILE": "/ca.pem",
        "SSL_CLIENT_CERT": "/me.pem",
    }


def test_what_uvs_user_set_himself_wins():
    place = shell(
        PIP_INDEX_URL="https://pip", PIP_EXTRA_INDEX_URL="https://more", UV_INDEX_URL="https://mine"
    )
    told = index.uv_environ(index.settings(place), place)
    assert "UV_DEFAULT_INDEX" not in told
    assert told["UV_INDEX"] == "https://more"


def test_certificates_of_requests_are_taken_unless_openssl_has_its_own():
    files = {"/ca.pem": "", "/certs/a.pem": ""}
    place = shell(files, REQUESTS_CA_BUNDLE="/ca.pem")
    assert index.uv_environ(index.settings(place), place) == {"SSL_CERT_FILE": "/ca.pem"}
    place = shell(files, REQUESTS_CA_BUNDLE="/ca.pem", SSL_CERT_FILE="/own.pem")
    assert index.uv_environ(index.settings(place), place) == {}
    place = shell(files, PIP_CERT="/certs")
    assert index.uv_environ(index.settings(place), place) == {"SSL_CERT_DIR": "/certs"}


def test_options_of_the_file_amend_the_configuration():
    configured = index.Index(url="https://a", extra=("https://b",), find_links=("/w",))
    lines = ["--extra-index-url=https://c", "-f ./wheels", "--trusted-host c", "--pre"]
    found = index.amended(configured, lines)
    assert found.extra == ("https://b", "https://c")
    assert found.find_links == ("/w", "./wheels")
    assert found.trusted_hosts == ("c",)
    for line in ("--index-url https://d", "-i https://d", "-ihttps://d", "--index-url=https://d"):
        assert index.amended(configured, [line]).urls == ("https://d",)
    assert index.amended(configured, ["--no-index"]).urls == ()


def test_offline_leaves_the_folders_of_this_computer():
    place = shell({"/wheels/a.whl": "", "/mirror/simple/six/index.html": ""})
    configured = index.Index(
        url="https://a",
        extra=("file:///mirror/simple", "file:///gone"),
        find_links=("/wheels", "https://c/links"),
    )
    found = index.offline(configured, place)
    assert found.urls == ("file:///mirror/simple",)
    assert found.find_links == ("/wheels",)
    assert index.pip_offline_environ(found)["PIP_INDEX_URL"] == "file:///mirror/simple"
    nothing = index.offline(index.Index(), place)
    assert index.pip_offline_environ(nothing)["PIP_NO_INDEX"] == "1"


def test_paths():
    place = shell()
    assert str(index.path_of("file:///a%20b", place)) == "/a b"
    assert str(index.path_of("file:///C:/w", place)) == "C:/w"
    assert str(index.path_of("~/w", place)) == f"{HOME}/w"
    assert index.local("C:/w")
    assert not index.local("https://x")
    assert not index.local("")


def test_a_password_stays_out_of_what_is_shown():
    """Only variables carry addresses: nothing here makes arguments of them."""
    configured = index.Index(url="https://me:hunter2@h/simple", stray=("target",))
    assert "hunter2" not in " ".join(index.pip_arguments(configured, Path("/e")))
