"""How the machine is reached: which SSH key it is given, and ssh's words for it.

A key of the person's own is used where it opens without a question: it has no passphrase, or her
agent holds it. Else the job gets one, in its own folder, for this user alone; it goes with the job.
What the machine's own key is, is believed the first time and kept for the job alone.

Source: "Supported SSH key formats" of Azure's documentation: RSA and ED25519; ssh_config(5).
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from envboot.errors import UsageError
from envboot.launchers.azure import order
from envboot.launchers.azure.template import USER
from envboot.plan import Run
from envboot.remote import Place

if TYPE_CHECKING:
    from envboot.launchers.azure.order import Asked
    from envboot.shell import Shell

ECHO = "https://api.ipify.org"
"""Says which IPv4 address asks, and nothing else. Azure has no such address of its own."""
_OWN = ("id_ed25519", "id_rsa")
_SECONDS = 10.0


@dataclass(frozen=True)
class Machine(Place):
    """A machine of one job, with the words that ssh is given before all others."""

    words: tuple[str, ...] = ()

    def ssh(self, *options: str) -> tuple[str, ...]:
        """Return ssh's command up to the host."""
        program, *rest = super().ssh(*options)
        return (program, *self.words, *rest)


def place(asked: Asked, address: str, shell: Shell) -> Machine:
    """Return the machine at ``address``. Raises ValueError when that is no address."""
    host = f"{USER}@{ipaddress.IPv4Address(address)}"
    known = (order.folder(asked.handle, shell) or Path("/nonexistent")) / "known_hosts"
    options = (
        "IdentitiesOnly=yes",
        f"HostKeyAlias={asked.handle}",
        "StrictHostKeyChecking=accept-new",
        f"UserKnownHostsFile={_quoted(known)}",
    )
    return Machine(host, ("-i", asked.key, *(w for o in options for w in ("-o", o))))


def _quoted(path: Path) -> str:
    """Return a path as ssh's configuration takes it: ``%`` would be a token."""
    return '"' + path.as_posix().replace("%", "%%") + '"'


def choose(handle: str, shell: Shell) -> tuple[str, tuple[Run, ...]]:
    """Return the path of the private key, and the step that makes it where there is none yet."""
    held = shell.query(("ssh-add", "-L"), timeout=_SECONDS).out or ""
    for name in _OWN if shell.home else ():
        path = Path(shell.home or "", ".ssh", name)
        public = (shell.read(path.with_name(f"{name}.pub"), 1 << 14) or b"").split()
        if len(public) > 1 and shell.kind(path) and _opens(path, public[1], held, shell):
            return str(path), ()
    path = (order.folder(handle, shell) or Path("/nonexistent")) / "id_ed25519"
    words = ("-q", "-t", "ed25519", "-N", "", "-C", f"envboot {handle}", "-f", str(path))
    why = "making an SSH key for this machine alone"
    return str(path), () if shell.kind(path) else (Run(("ssh-keygen", *words), why=why),)


def _opens(path: Path, public: bytes, held: str, shell: Shell) -> bool:
    """Return whether the key can be used without a question; what is printed is its public half."""
    if public.decode("ascii", "replace") in held:
        return True
    said = shell.query(("ssh-keygen", "-y", "-P", "", "-f", str(path)), timeout=_SECONDS)
    return public.decode("ascii", "replace") in (said.out or "")


def allowed(text: str) -> str:
    """Return who may connect as Azure takes it: an IPv4 address or network; "" for nobody named.

    Raises UsageError for anything else, and for everybody.
    """
    if not text:
        return ""
    try:
        network = ipaddress.IPv4Network(text, strict=False)
    except ValueError as error:
        hint = "an IPv4 address or network: `--allow 203.0.113.7`, `--allow 203.0.113.0/24`"
        raise UsageError(f"`--allow {text}` is no address", hint=hint) from error
    if not network.prefixlen:
        raise UsageError(
            "`--allow` with every address there is: the machine would be open to all",
            hint="name the address or network that you come from",
        )
    return str(network.network_address) if network.prefixlen == 32 else str(network)  # noqa: PLR2004
