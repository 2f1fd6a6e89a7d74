"""Where packages come from: how pip is configured on this computer, read without pip.

pip is asked by nobody here: it may be missing, and starting it takes a second. Sources of the
rules: pip's user guide, "Configuration" (files, sections, variables, precedence), and uv's
reference, "Environment variables". Passwords may stand in index addresses: they travel in
variables, never on a command line.

Both pip and uv read ``~/.netrc`` by themselves. pip also asks a ``keyring`` module when it is
installed beside it; uv does so only when told, so pip's ``keyring-provider = subprocess`` is
translated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from envboot.shell import Shell

PYPI = "https://pypi.org/simple"
# Settings that send packages elsewhere than into the environment whose pip is called.
_STRAY = ("user", "target", "prefix", "root", "python", "require-virtualenv", "dry-run")
_ALIASES = {"pypi-url": "index-url", "default-timeout": "timeout"}
_NULL = ("/dev/null", "nul")


@dataclass(frozen=True)
class Index:
    """What pip's files and variables say; "" and () where they say nothing."""

    url: str = ""
    """The index instead of PyPI."""
    extra: tuple[str, ...] = ()
    """Further indexes; pip takes the best version of all."""
    find_links: tuple[str, ...] = ()
    """Folders, files or pages with links to archives."""
    no_index: bool = False
    trusted_hosts: tuple[str, ...] = ()
    """Hosts (``host`` or ``host:port``) whose certificate is not checked."""
    cert: str = ""
    """A PEM file, or a folder of certificates."""
    client_cert: str = ""
    proxy: str = ""
    timeout: str = ""
    """Seconds."""
    keyring: str = ""
    stray: tuple[str, ...] = ()
    """Settings in force that would send packages elsewhere: user, target, prefix, root …"""

    @property
    def urls(self) -> tuple[str, ...]:
        """Return every index that is asked, the main one first; () with ``no_index``."""
        return () if self.no_index else (self.url or PYPI, *self.extra)


def settings(shell: Shell) -> Index:
    """Return pip's configuration for ``pip install``; unreadable files are left out, as pip does.

    Later sources win: global files, the user's, ``PIP_CONFIG_FILE``, section ``[install]`` over
    ``[global]``, variables ``PIP_*`` over files.
    """
    import configparser

    sections: dict[str, dict[str, str]] = {"global": {}, "install": {}}
    for path in _files(shell):
        parser = configparser.RawConfigParser()
        data = shell.read(path, 1 << 20)
        try:
            parser.read_string((data or b"").decode("utf-8-sig", "replace"))
        except configparser.Error:
            continue
        for name, values in sections.items():
            if parser.has_section(name):
                values.update({_key(k): v for k, v in parser.items(name)})
    variables = {
        _key(name[4:]): value for name, value in shell.environ.items() if name.startswith("PIP_")
    }
    # pip skips what is empty, so an empty variable does not hide a file.
    found: dict[str, str] = {}
    for values in (sections["global"], sections["install"], variables):
        found.update({key: value.strip() for key, value in values.items() if value.strip()})
    return Index(
        url=found.get("index-url", ""),
        extra=tuple(found.get("extra-index-url", "").split()),
        find_links=tuple(found.get("find-links", "").split()),
        no_index=_true(found.get("no-index", "")),
        trusted_hosts=tuple(found.get("trusted-host", "").split()),
        cert=found.get("cert", ""),
        client_cert=found.get("client-cert", ""),
        proxy=found.get("proxy", ""),
        timeout=found.get("timeout", ""),
        keyring=found.get("keyring-provider", ""),
        stray=tuple(k for k in _STRAY if found.get(k, "0").lower() not in _FALSE),
    )


def amended(index: Index, options: Sequence[str]) -> Index:
    """Return ``index`` with the option lines of a requirements file, as pip applies them.

    ``--index-url`` there replaces every configured index, the others add to them.
    """
    for line in options:
        match = re.fullmatch(r"(--[a-z-]+|-[if])\s*=?\s*(.*)", line.strip())
        flag, value = (match[1], match[2].strip("\"'")) if match else ("", "")
        if flag in {"-i", "--index-url", "--pypi-url"}:
            index = replace(index, url=value, extra=())
        elif flag == "--extra-index-url":
            index = replace(index, extra=(*index.extra, value))
        elif flag in {"-f", "--find-links"}:
            index = replace(index, find_links=(*index.find_links, value))
        elif flag == "--no-index":
            index = replace(index, no_index=True)
        elif flag == "--trusted-host":
            index = replace(index, trusted_hosts=(*index.trusted_hosts, value))
    return index


def offline(index: Index, shell: Shell) -> Index:
    """Return what is left of ``index`` without a network: folders on this computer."""
    urls = [u for u in index.urls if local(u) and there(u, shell)]
    return replace(
        index,
        url=urls[0] if urls else "",
        extra=tuple(urls[1:]),
        no_index=not urls,
        find_links=tuple(f for f in index.find_links if local(f) and there(f, shell)),
    )


def pip_environ(index: Index) -> dict[str, str]:
    """Return the variables with which pip installs into the environment that it belongs to.

    An empty variable counts as none for pip: it hides a variable of the same name, and nothing
    else (:func:`pip_arguments` hides what stands in files).
    """
    return {
        "PIP_USER": "0",
        "PIP_TARGET": "",
        "PIP_PREFIX": "",
        "PIP_ROOT": "",
        "PIP_PYTHON": "",
        "PIP_DRY_RUN": "0",
        "PIP_REQUIRE_VIRTUALENV": "0",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        **({"PIP_NO_INDEX": "1"} if index.no_index else {}),
    }


def pip_offline_environ(index: Index) -> dict[str, str]:
    """Return the variables that leave pip the folders of an :func:`offline` index alone.

    pip cannot use its cache of the network without asking the network, so what is not in such
    a folder cannot be installed offline.
    """
    if index.no_index:
        return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": " ".join(index.find_links)}
    return {
        "PIP_INDEX_URL": index.url,
        # An empty variable would not hide the file's extra index: the same one again does.
        "PIP_EXTRA_INDEX_URL": " ".join(index.extra or (index.url,)),
        "PIP_FIND_LINKS": " ".join(index.find_links),
    }


def pip_arguments(index: Index, prefix: Path) -> tuple[str, ...]:
    """Return the arguments of ``pip install`` that undo a file's target, prefix and root.

    pip takes an empty target for none, but an empty prefix or root for the current folder.
    """
    out = ["--target="] if "target" in index.stray else []
    if "prefix" in index.stray:
        out += ["--prefix", str(prefix)]
    if "root" in index.stray:
        out += ["--root", prefix.anchor]
    return tuple(out)


def uv_environ(index: Index, shell: Shell) -> dict[str, str]:
    """Return the variables that tell uv the same; what the person set in UV_* is left alone.

    Folders that do not exist are left out: pip only warns of them, uv stops.
    """
    extra = [u for u in index.extra if not local(u) or there(u, shell)]
    links = [f for f in index.find_links if not local(f) or there(f, shell)]
    main = index.url if not local(index.url) or there(index.url, shell) else ""
    values = {
        "UV_DEFAULT_INDEX": main,
        "UV_INDEX": " ".join(extra),
        "UV_INDEX_STRATEGY": "unsafe-best-match" if extra else "",  # as pip: all are considered
        "UV_FIND_LINKS": ",".join(links),
        "UV_INSECURE_HOST": " ".join(index.trusted_hosts),
        "UV_HTTP_TIMEOUT": index.timeout.partition(".")[0],
        "UV_KEYRING_PROVIDER": index.keyring if index.keyring == "subprocess" else "",
        "HTTP_PROXY": index.proxy,
        "HTTPS_PROXY": index.proxy,
        **_certificates(index, shell),
    }
    own = {
        "UV_DEFAULT_INDEX": ("UV_INDEX_URL",),
        "UV_INDEX": ("UV_EXTRA_INDEX_URL",),
        "UV_HTTP_TIMEOUT": ("UV_REQUEST_TIMEOUT", "HTTP_TIMEOUT"),
    }
    return {
        name: value
        for name, value in values.items()
        if value
        and not (
            name.startswith("UV_") and any(shell.environ.get(n) for n in (name, *own.get(name, ())))
        )
    }


def local(place: str) -> bool:
    """Return whether an index or a find-links entry is a path or a ``file:`` address."""
    scheme = urlsplit(place).scheme.lower()
    return bool(place) and (scheme in {"", "file"} or len(scheme) == 1)


def there(place: str, shell: Shell) -> bool:
    """Return whether a :func:`local` place exists; a relative path never does, cwd is unknown."""
    return bool(shell.kind(path_of(place, shell)))


def path_of(place: str, shell: Shell) -> Path:
    """Return the path of a :func:`local` place; ``~`` is the home."""
    if urlsplit(place).scheme.lower() == "file":
        path = unquote(urlsplit(place).path)
        if PureWindowsPath(path[1:]).drive:  # file:///C:/wheels
            path = path[1:]
        return Path(path)
    if place.startswith("~/") and shell.home:
        return shell.home / place[2:]
    return Path(place)


def _certificates(index: Index, shell: Shell) -> dict[str, str]:
    """Return the certificates for uv; pip takes those of requests and curl too."""
    environ = shell.environ
    cert = index.cert
    if not cert and not (environ.get("SSL_CERT_FILE") or environ.get("SSL_CERT_DIR")):
        cert = environ.get("REQUESTS_CA_BUNDLE") or environ.get("CURL_CA_BUNDLE") or ""
    kind = shell.kind(Path(cert)) if cert else ""
    found = {"file": "SSL_CERT_FILE", "folder": "SSL_CERT_DIR"}.get(kind)
    return {
        **({found: cert} if found else {}),
        **({"SSL_CLIENT_CERT": index.client_cert} if index.client_cert else {}),
    }


def _files(shell: Shell) -> Iterable[Path]:
    environ, home = shell.environ, shell.home
    named = environ.get("PIP_CONFIG_FILE", "")
    if named.lower() in _NULL:
        return
    yield from _global_files(shell.platform.system, environ)
    if home and not (named and shell.kind(Path(named))):
        yield from _user_files(shell, environ, home)
    if named:
        yield Path(named)


def _global_files(system: str, environ: Mapping[str, str]) -> Iterable[Path]:
    if system == "Windows":
        yield Path(environ.get("PROGRAMDATA", "C:/ProgramData")) / "pip" / "pip.ini"
    elif system == "Darwin":
        yield Path("/Library/Application Support/pip/pip.conf")
    else:
        for folder in (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":"):
            if folder:
                yield Path(folder) / "pip" / "pip.conf"
        yield Path("/etc/pip.conf")


def _user_files(shell: Shell, environ: Mapping[str, str], home: Path) -> Iterable[Path]:
    if shell.platform.system == "Windows":
        yield home / "pip" / "pip.ini"
        yield Path(environ.get("APPDATA") or home / "AppData" / "Roaming") / "pip" / "pip.ini"
        return
    yield home / ".pip" / "pip.conf"
    mac = home / "Library" / "Application Support" / "pip"
    if shell.platform.system == "Darwin" and shell.kind(mac) == "folder":
        yield mac / "pip.conf"
    else:
        yield Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf"


def _key(name: str) -> str:
    key = name.lower().replace("_", "-").lstrip("-")
    return _ALIASES.get(key, key)


_FALSE = {"", "0", "no", "n", "off", "false", "f"}


def _true(text: str) -> bool:
    return text.lower() not in _FALSE
