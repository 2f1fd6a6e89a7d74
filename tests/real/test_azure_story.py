"""Falls short here, asked, launched on Azure, proved there, gone to, stopped, removed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests import sshd
from tests.real import azure_machine
from tests.real.azure_stand_in import SUBSCRIPTION, Azure, Fault, sku
from tests.real.person import Person, Terminal, tree

_ABSENT = sshd.missing() or ("" if find_spec("azure") else "Azure's SDK is not installed")
pytestmark = [pytest.mark.real, pytest.mark.skipif(bool(_ABSENT), reason=_ABSENT or "all is here")]
NEEDS = "[envboot:needs]\ngpu = 8\ngpu_memory = 130 GB\n"
SIZE = "Standard_ND96isr_H200_v5"
GPUS = "".join(f"{n}, NVIDIA H200, 143771, 143000, 0, 590.10, 9.0, [N/A]\n" for n in range(8))
SETUP = (sys.executable, "setup.py")


def git(*words, cwd, **env):
    done = subprocess.run(
        ["git", "-c", "user.name=Ann", "-c", "user.email=ann@example.org", *words],
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "HOME": str(cwd), "GIT_CONFIG_NOSYSTEM": "1", **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def published(tmp_path, packed):
    """A packed repository that needs eight large GPUs, as a bare one that a host serves."""
    root = tmp_path / "owner"
    shutil.copytree(packed, root, ignore=shutil.ignore_patterns(".git", "__pycache__"))
    (root / "setup.cfg").write_text(NEEDS)
    (root / "train.py").write_text("import sys, tiny\n\nprint('trained', sys.argv[1:])\n")
    git("init", "-q", "-b", "main", cwd=root)
    git("add", ".", cwd=root)
    git("commit", "-q", "-m", "packed", cwd=root)
    (tmp_path / "served" / "ann").mkdir(parents=True)
    git("clone", "-q", "--bare", str(root), str(tmp_path / "served/ann/sunspots.git"), cwd=tmp_path)
    return tmp_path / "served"


@pytest.fixture
def azure(tmp_path, published):
    with Azure(tmp_path / "azure", published) as found:
        family = "standardNDISRH200V5Family"
        found.skus.append(sku(SIZE, family, 96, 1850, GPUs=8, HyperVGenerations="V2"))
        found.usage |= {family: (0, 96), "cores": (0, 200), "lowPriorityCores": (0, 200)}
        yield found
        assert found.problems == []


@pytest.fixture
def clone(tmp_path, azure):
    """The next person's clone."""
    url = f"{azure.endpoint}/git/ann/sunspots.git"
    certificate = {"GIT_SSL_CAINFO": str(azure.certificate)}
    git("clone", "-q", url, "sunspots", cwd=tmp_path, **certificate)
    return tmp_path / "sunspots"


@pytest.fixture
def box(tmp_path):
    with sshd.running(tmp_path, apart=False) as found:
        yield found


@pytest.fixture
def machine(tmp_path, azure, box):
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "nvidia-smi").write_text(f"#!/bin/sh\ncat <<'END'\n{GPUS}END\n")
    (tools / "nvidia-smi").chmod(0o755)
    env = azure_machine.environ(tools, azure.certificate)
    found = azure_machine.Machine(azure, box, tmp_path / "vm", env)
    yield found
    found.close()


@pytest.fixture
def person(tmp_path, azure, box):
    path = box.environ["PATH"]
    return Person(tmp_path / "someone", **{**azure.environ(), "PATH": path, "PYTHONPATH": ""})


@pytest.fixture
def at_terminal(clone, person):
    started = []

    def start(*words):
        started.append(Terminal(person, *words, cwd=clone, program=SETUP, columns=200))
        return started[-1]

    yield start
    for terminal in started:
        terminal.kill()


def chosen(terminal, question, title):
    """Choose by what stands in the menu."""
    terminal.read(question)
    terminal.read("]: ")
    menu = terminal.text[terminal.text.index(question) :]
    number = next(n for n, row in re.findall(r"  (\d+)\) (.+)", menu) if title in row)
    terminal.send(f"{number}\n")


def test_from_falling_short_to_a_machine_and_back(at_terminal, clone, person, azure, box):  # noqa: PLR0915
    before = tree(clone)
    terminal = at_terminal()
    terminal.read("does not meet the requirements")
    chosen(terminal, "how do you want to go on?", "Azure")
    terminal.read("the plan: make")
    terminal.read(f"billed to the Azure subscription Ann's own ({SUBSCRIPTION})")
    terminal.read("a GitHub account alone cannot pay for it")
    terminal.read("]: ")
    assert not [a for a in azure.asked if a.startswith(("PUT", "POST", "DELETE"))]
    assert not person.written(), "something was written before the yes"
    terminal.send("y\n")
    terminal.read("is its name here and there")
    terminal.read("there: created:")
    terminal.read("imported: tiny")
    assert terminal.end() == 0
    handle = re.search(r"`(sunspots-[0-9a-f]{4})` is its name", terminal.text)[1]
    assert tree(clone) == before

    # what was asked for, as Azure was told it
    guard = azure.resource(handle, "Microsoft.Network/networkSecurityGroups")
    rule = guard["properties"]["securityRules"][0]["properties"]
    assert rule["sourceAddressPrefix"] == azure.public
    assert azure.groups[handle]["itself"]["tags"] == {"envboot": handle}
    made = azure.machine(handle)["properties"]
    assert made["hardwareProfile"]["vmSize"] == SIZE
    assert made["storageProfile"]["imageReference"]["offer"] == "ubuntu-hpc"
    assert made["osProfile"]["linuxConfiguration"]["disablePasswordAuthentication"] is True
    commit = git("rev-parse", "HEAD", cwd=clone)
    assert git("rev-parse", "HEAD", cwd=box.home / "envboot" / handle) == commit

    inside = at_terminal("open", handle)
    inside.read("a shell inside")
    inside.send("python main.py; pwd; exit\n")
    inside.read("\n1.0")
    inside.read(f"/{handle}")
    assert inside.end() == 0

    stopped = person.types("stop", handle, "--yes", cwd=clone, program=SETUP)
    assert stopped.returncode == 0, stopped.stderr
    assert azure.groups[handle]["power"] == "deallocated"
    told = person.types("status", handle, cwd=clone, program=SETUP)
    assert "stopped" in told.stderr + told.stdout

    started = at_terminal("open", handle)
    started.read("a shell inside")
    started.send("exit\n")
    assert started.end() == 0
    assert azure.groups[handle]["power"] == "running"

    away = person.types("delete", handle, "--yes", cwd=clone, program=SETUP)
    assert away.returncode == 0, away.stderr
    assert azure.groups == {}
    assert azure.deleted == [handle]
    listed = person.types("jobs", cwd=clone, program=SETUP)
    assert "nothing is launched" in listed.stderr + listed.stdout
    state = person.home / ".local" / "state" / "envboot"
    assert not [p for p in state.rglob("*") if p.is_file()], "something of it is left here"
    for text in (terminal.text, inside.text, stopped.stderr, away.stderr):
        assert azure.token not in text


@pytest.fixture(autouse=True)
def _machine(machine):
    """Every launch here gets one."""


WORDS = ("launch", "azure", "--yes", "--allow", "203.0.113.7")


def test_a_command_there_and_its_status(clone, person, azure, box):
    behind = ("--", "python", "train.py", "it's 1", "$HOME")
    done = person.types(*WORDS, "--spot", "--idle", "30", *behind, cwd=clone, program=SETUP)
    assert done.returncode == 0, done.stderr
    assert "the command ended with status 0" in done.stderr
    handle = next(iter(azure.groups))
    log = box.home / ".local" / "state" / "envboot" / "work" / handle / "log"
    assert """trained ["it's 1", '$HOME']""" in log.read_text()
    guard = azure.resource(handle, "Microsoft.Network/networkSecurityGroups")
    rule = guard["properties"]["securityRules"][0]["properties"]
    assert rule["sourceAddressPrefix"] == "203.0.113.7"
    assert rule["destinationPortRange"] == "22"
    made = azure.machine(handle)["properties"]
    assert (made["priority"], made["evictionPolicy"]) == ("Spot", "Deallocate")


def test_a_launch_that_is_killed_is_found_again_and_not_paid_twice(clone, person, azure):
    azure.polls = 1000
    process = person.start(*WORDS, cwd=clone, program=SETUP)
    sshd.until(lambda: [g for g in azure.groups.values() if g["deployments"]], "a deployment")
    sshd.os.killpg(process.pid, sshd.signal.SIGKILL)
    process.communicate(timeout=180)
    listed = person.types("jobs", cwd=clone, program=SETUP)
    handle = next(iter(azure.groups))
    assert handle in listed.stdout + listed.stderr
    with azure.lock:
        azure.groups[handle]["deployments"]["envboot"]["left"] = 0
    done = person.types(*WORDS, cwd=clone, program=SETUP)
    assert done.returncode == 0, done.stderr
    assert list(azure.groups) == [handle]
    assert len([a for a in azure.asked if a.startswith("PUT") and "deployments" in a]) == 1


def test_what_cannot_be_cloned_there_is_said(clone, person, azure):
    """It became private after it was asked for: the machine's own words come back."""
    azure.faults.append(Fault("GET .*/instanceView", 503, left=1))
    with azure.lock:
        azure.polls = 3
    process = person.start(*WORDS, cwd=clone, program=SETUP)
    sshd.until(lambda: azure.groups, "a group")
    azure.private = True
    _, err = process.communicate(timeout=120)
    assert process.returncode == 7, err
    assert "could not be cloned" in err
