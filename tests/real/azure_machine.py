"""A machine that Azure has "made": cloud-init's part of the start, and a real sshd as the way in.

What the stand-in was told is read as cloud-init reads it, and its commands are run, in a home of
the test's own: what the template says of user and folder is all that is put in other words.
"""

from __future__ import annotations

import base64
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import yaml

from envboot.launchers.azure import cloud_init, template
from tests import sshd

_SSH = """\
#!/bin/sh
# The account there is ours, on a port of loopback; all else is as envboot says it.
for word; do
    shift
    [ "$word" != {user}@127.0.0.1 ] || word=vm
    set -- "$@" "$word"
done
exec {ssh} -F {config} "$@"
"""


class Machine:
    """Starts when the stand-in has deployed it; :meth:`close` ends all that runs there."""

    def __init__(self, azure, box: sshd.Box, folder: Path, env: dict[str, str]) -> None:
        """Keep the stand-in, the sshd, a folder for what root would write, and PATH there."""
        self.azure, self.box, self.folder, self.env = azure, box, folder, env
        self.started: list[subprocess.Popen] = []
        self.told: list[dict] = []
        self._closing = threading.Event()
        box.alias("vm", IdentityFile="none")
        (box.folder / "authorized_keys").write_text("")  # nobody may come in yet
        real = shutil.which("ssh")
        wrapper = box.folder / "bin" / "ssh"
        config = shlex.quote(str(box.folder / "config"))
        wrapper.write_text(_SSH.format(user=template.USER, ssh=real, config=config))
        self._thread = threading.Thread(target=self._await, daemon=True)
        self._thread.start()

    def _await(self):
        seen, on = set(), True
        while not self._closing.wait(0.05):
            with self.azure.lock:
                power = {n: g["power"] for n, g in self.azure.groups.items() if "power" in g}
            for name in power.keys() - seen:
                seen.add(name)
                self._start(name)
            should = "deallocated" not in power.values()
            if on != should:
                (self.box.up if should else self.box.down)()
                on = should

    def _start(self, name):
        """Do what the agent and cloud-init do: the user's key, the files, the commands."""
        system = self.azure.machine(name)["properties"]["osProfile"]
        keys = system["linuxConfiguration"]["ssh"]["publicKeys"]
        text = base64.b64decode(system["customData"]).decode()
        assert text.startswith("#cloud-config\n")
        told = yaml.safe_load(text)
        self.told.append(told)
        for one in told["write_files"]:
            path = self._here(one["path"])
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_text(self._here(one["content"]))
            Path(path).chmod(int(one["permissions"], 8))
        for program, dash, user, flag, line in told["runcmd"]:
            assert (program, dash, user, flag) == ("su", "-", template.USER, "-c")
            process = subprocess.Popen(
                ["sh", "-c", self._here(line)],
                env={"HOME": str(self.box.home), **self.env},
                cwd=self.box.home,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
            self.started.append(process)
        rows = "".join(f"{k['keyData']}\n" for k in keys)
        (self.box.folder / "authorized_keys").write_text(rows)

    def _here(self, text):
        return text.replace(cloud_init.FOLDER, str(self.folder / "lib"))

    def close(self):
        self._closing.set()
        self._thread.join(10)
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(60)
        self.box.process.kill()  # it may be another one than the fixture began with
        self.box.process.wait(60)


def environ(tools: Path, certificate: Path) -> dict[str, str]:
    """Return what the account there has: these tools first, and the certificate of the git host."""
    return {
        "PATH": f"{tools}:{Path(sys.executable).parent}:{sshd.USUAL}",
        "PIP_NO_INDEX": "1",
        "PIP_CONFIG_FILE": "/dev/null",
        "PYTHONDONTWRITEBYTECODE": "1",
        "GIT_SSL_CAINFO": str(certificate),
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "LC_ALL": "C.UTF-8",
    }
