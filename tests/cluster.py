"""A Slurm cluster of one's own on loopback: munged, slurmctld and two slurmds, all of them real.

It lies in one folder, listens on ports that the system chose, and is ended by the ids of its own
processes. The node ``c1`` is in the partition ``cpu``, ``g1`` with two pretended GPUs (two files
of ``/dev``) in ``gpu``; both claim more than this computer has, which Slurm lets them.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "sinfo", "scontrol")
PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
USER = getpass.getuser()
"""Whose the cluster is, and whose all jobs are: root or anybody else."""
SECONDS = 180.0
"""How long anything may take that a busy computer does in one or two."""
TRIES = 5
_CONF = """\
ClusterName={name}
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.s
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
EnforcePartLimits=ALL
GresTypes=gpu
DefMemPerCPU=500
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=100000,bf_interval=1
MessageTimeout=5
MinJobAge=600
KillWait=1
ReturnToService=2
SlurmdParameters=config_overrides
NodeName=c1 NodeHostname=localhost NodeAddr=127.0.0.1 Port={ports[1]} \
CPUs=8 RealMemory=32000 TmpDisk=100000
NodeName=g1 NodeHostname=localhost NodeAddr=127.0.0.1 Port={ports[2]} \
CPUs=16 RealMemory=64000 TmpDisk=200000 Gres=gpu:a100:2
PartitionName=cpu Nodes=c1 Default=YES MaxTime=1:00:00 DefaultTime=0:10:00
PartitionName=gpu Nodes=g1 MaxTime=2:00:00
"""
_GRES = """\
NodeName=g1 Name=gpu Type=a100 File=/dev/null
NodeName=g1 Name=gpu Type=a100 File=/dev/zero
"""


@dataclass
class Cluster:
    """One that runs: give :attr:`environ` to whatever shall know it."""

    folder: Path
    environ: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def asks(self, *argv: str) -> str:
        """Return what one of Slurm's programs prints; "" when it fails."""
        done = subprocess.run(
            argv,
            env={**os.environ, **self.environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return done.stdout.strip() if done.returncode == 0 else ""

    def state(self, name: str) -> str:
        """Return the states of the jobs of that name, one a line, each once."""
        found = self.asks("squeue", "-h", "-r", "-t", "all", f"--name={name}", "-o", "%T")
        return "\n".join(sorted(set(found.split())))

    def until(self, condition, what: str):
        """Wait until ``condition()`` is true and return it; what the daemons said where not."""
        return until(condition, what, self.said)

    def said(self) -> str:
        """Return the ends of the daemons' logs."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(f"{p.name}: {p.read_text(errors='replace')[-2000:]}" for p in logs)

    def start(self, *argv: str, name: str = "") -> None:
        """Start one of the daemons, in the foreground as a child of ours."""
        name = name or argv[0]
        with (self.folder / f"{name}.out.log").open("wb") as out:
            self.processes[name] = subprocess.Popen(
                argv,
                env={**os.environ, "PATH": PATH, **self.environ},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def end(self, name: str) -> None:
        """End one of them."""
        process = self.processes.pop(name)
        process.terminate()
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @contextlib.contextmanager
    def without(self, name: str):
        """Take one of the daemons away for a while: ``slurmctld``."""
        argv = self.processes[name].args
        self.end(name)
        try:
            yield
        finally:
            self.start(*argv, name=name)
            self.until(self._ready, f"{name} answers again")

    def _ready(self) -> bool:
        states = self.asks("sinfo", "-h", "-N", "-o", "%T").split()
        return len(states) == 2 and all(s in {"idle", "mixed", "allocated"} for s in states)


def until(condition, what: str, said=lambda: ""):
    """Wait until ``condition()`` is true and return it."""
    end = time.monotonic() + SECONDS
    while not (found := condition()):
        assert time.monotonic() < end, f"never: {what}\n{said()}"
        time.sleep(0.05)
    return found


@contextlib.contextmanager
def cluster(folder: Path, name: str = "test"):
    """Run a cluster in ``folder``; what runs on it ends with it. Skips where it cannot be had."""
    missing = [program for program in PROGRAMS if shutil.which(program, path=PATH) is None]
    if missing:
        pytest.skip(f"a Slurm cluster needs the programs {', '.join(missing)}")
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(TRIES):
        made = _started(folder / str(number), name)
        try:
            if made is not None:
                yield made
                return
        finally:
            if made is not None:
                _stop(made)
    pytest.fail("no cluster came up: each time somebody else took one of its ports")


def _started(folder: Path, name: str) -> Cluster | None:
    """Return a cluster that answers; None when a port that was free was taken meanwhile."""
    folder.mkdir()
    (folder / "state").mkdir()
    for node in ("c1", "g1"):
        (folder / f"spool.{node}").mkdir()
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    conf = folder / "slurm.conf"
    conf.write_text(_CONF.format(name=name, user=USER, folder=folder, ports=_ports(3)))
    (folder / "gres.conf").write_text(_GRES)
    made = Cluster(folder, {"SLURM_CONF": str(conf)})
    try:
        # --force: the folders above belong to whoever runs the tests
        places = (f"--{what}-file={folder}/munge.{what}" for what in ("key", "pid", "log", "seed"))
        munged = ("munged", "--foreground", "--force", f"--socket={folder}/munge.s", *places)
        made.start(*munged)
        made.until((folder / "munge.s").exists, "munged listens")
        made.start("slurmctld", "-D")
        for node in ("c1", "g1"):
            made.start("slurmd", "-D", "-N", node, name=f"slurmd.{node}")
        made.until(lambda: made._ready() or _ended(made), "all nodes are idle")
        if not _ended(made):
            return made
        assert "in use" in made.said().lower(), made.said()
    except BaseException:
        _stop(made)
        raise
    _stop(made)
    return None


def _ended(made: Cluster) -> bool:
    return any(process.poll() is not None for process in made.processes.values())


def _stop(made: Cluster) -> None:
    """End the jobs first: their shepherds are no children of ours."""
    if "slurmctld" in made.processes and not _ended(made):
        made.asks("scancel", f"--user={USER}")
        with contextlib.suppress(AssertionError):
            made.until(lambda: not made.asks("squeue", "-h", "-o", "%i"), "no job is left")
    for name in reversed(list(made.processes)):
        made.end(name)


def _ports(count: int) -> list[int]:
    """Return ports that nobody listens on just now, each another one."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
