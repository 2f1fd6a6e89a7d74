"""What ssh and rsync mean by their last words, as a sentence that says what to do.

Source: the messages of OpenSSH's sshconnect.c, ssh.c, clientloop.c, readconf.c, and of rsync's.
"""

from __future__ import annotations

import re

_MEANINGS = (
    (
        r"Host key for .* has changed|REMOTE HOST IDENTIFICATION HAS CHANGED|Offending key",
        (
            "the key of {host} is not the one that this computer knows: it was set up anew, or "
            "somebody stands in between. Ask who runs it; then `ssh-keygen -R {name}` forgets it"
        ),
    ),
    (
        r"Host key verification failed|No .* host key is known for",
        "this computer does not know the key of {host} yet: `ssh {host}` once by hand shows it",
    ),
    (
        r"WARNING: UNPROTECTED PRIVATE KEY FILE|bad permissions",
        "other people can read the key for {host}, so ssh does not use it: `chmod 600` mends that",
    ),
    (
        r"Permission denied \([\w,-]+\)|Too many authentication failures",
        (
            "{host} refuses the keys of this computer, and nobody is asked for a password here: "
            "`ssh {host}` has to work without one (`ssh-add`, `ssh-copy-id {host}`)"
        ),
    ),
    (
        r"Could not resolve hostname",
        "there is no computer {name}: neither ~/.ssh/config nor the network knows it",
    ),
    (r"connect to .*Connection refused", "{host} is there, but no sshd answers on that port"),
    (
        r"connect to .*(timed out|No route|unreachable|is down)|ion timed out",
        "{host} cannot be reached: it is off, or its network cannot be reached from here",
    ),
    (
        r"Bad owner or permissions on|Bad configuration option|terminating, \d+ bad config",
        "ssh does not accept its settings: `ssh -G {host}` says why",
    ),
    (r"gave no answer in", "{host} gave no answer in time"),
    (
        r"No space left on device|Disk quota exceeded|File too large",
        "the disk of {host} is full, or the account may not fill more of it",
    ),
    (
        r"rsync error: error in file IO|rsync ended with status 11",
        "a file could not be written on {host}: its disk may be full",
    ),
    (
        r"is your shell clean|protocol version mismatch",
        "the start-up files of the account on {host} print something where rsync talks",
    ),
    (
        (
            r"kex_exchange_identification|Connection (closed|reset)|closed by remote host"
            r"|Broken pipe|not responding|connection unexpectedly closed|lost connection"
        ),
        "the connection to {host} was cut",
    ),
    (r"\bssh cannot be started", "ssh is not installed here"),
)


def meaning(said: str, host: str) -> str:
    """Return the sentence for what was said about ``host``; "" when it is none of these."""
    bare = re.sub(r"^ssh://|:\d+/?$", "", host) if host.startswith("ssh://") else host
    name = bare.rpartition("@")[2]
    for pattern, sentence in _MEANINGS:
        if re.search(pattern, said):
            return sentence.format(host=host, name=name)
    return ""
