"""Which hosts settings name, what each is offered as, and the way there, on recorded computers."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from envboot import remote
from envboot.errors import CommandFailed, FallsShort, InvalidFile, NothingFound, UsageError
from envboot.jobs import Job
from envboot.launchers import ssh
from envboot.launchers.ssh import choosing, going, hosts, inside, lab, serving
from envboot.launching import choosing as sizes
from envboot.machine import GIB, Gpu, Machine
from envboot.needs import units
from envboot.plan import Plan, Run, carry_out
from envboot.shell import Answer
from envboot.site import Order, Site
from envboot.spec import EnvironmentSpec, Need, Origin
from envboot.testing import ScriptedShell

ROOT = Path("/repo")
OWN = "/home/ann/.config/envboot/config.ini"
PIN = f'_ENVBOOT = {{"sha256": "{hashlib.sha256(b"PK").hexdigest()}"}}\n'
ARCHIVE = {"/repo/.envboot/envboot.pyz": b"PK", "/repo/setup.py": PIN}
INI = "[envboot:ssh]\nhosts = gpu-box, ann@big\n"
MACHINE = Machine("Linux", "x86_64", 64, "3.11.7", memory=256 * GIB, disk_free=1200 * GIB)


def shell(files=None, **options):
    options.setdefault("environ", {"HOME": "/home/ann"})
    return ScriptedShell(files=files or {}, programs={"ssh": "/usr/bin/ssh"}, **options)


def site(files=None, where="", options=(), **more):
    found = shell(files, **more)
    order = Order("repo-0001", where, options=options)
    return Site(ROOT, "repo", ROOT / ".venv", MACHINE, found, order=order)


def named(files, **more):
    return [str(h) for h in hosts.settled(ROOT, shell(files, **more))]


# ------------------------------------------------------------------------ the hosts


def test_the_named_one_alone_is_asked():
    found = hosts.of(site({OWN: INI, "/repo/setup.cfg": INI}, "ann@other"))
    assert found == (hosts.Host(remote.Place("ann@other")),)


@pytest.mark.parametrize("where", ["local", "-oProxyCommand=id", "a b", "box;id", "$(id)"])
def test_no_name_of_another_computer(where):
    with pytest.raises(UsageError):
        hosts.of(site(where=where))


def test_her_own_come_first_and_each_once():
    files = {
        OWN: "[other]\nx = 1\n\n[envboot:ssh]\nhosts =\n    mine\n    gpu-box\n",
        "/repo/setup.cfg": f"[metadata]\nname = x\n\n{INI}",
    }
    assert named(files) == [
        "mine (~/.config/envboot/config.ini:6)",
        "gpu-box (~/.config/envboot/config.ini:7)",
        "ann@big (setup.cfg:5)",
    ]


def test_her_settings_where_she_keeps_them():
    environ = {"HOME": "/home/ann", "XDG_CONFIG_HOME": "/etc/ann"}
    files = {"/etc/ann/envboot/config.ini": "[envboot:ssh]\nhosts = one\n", OWN: INI}
    assert named(files, environ=environ) == ["one (/etc/ann/envboot/config.ini:2)"]
    assert named({OWN: INI}, environ={**environ, "XDG_CONFIG_HOME": "elsewhere"})
    assert named({}, environ={}) == []


def test_pyproject_comes_before_setup_cfg():
    text = '[project]\nname = "x"\n\n[tool.envboot.ssh]\nhosts = [\n  "one",\n  "ann@two",\n]\n'
    files = {"/repo/pyproject.toml": text, "/repo/setup.cfg": INI}
    assert named(files) == ["one (pyproject.toml:6)", "ann@two (pyproject.toml:7)"]
    files["/repo/pyproject.toml"] = "[tool.envboot.needs]\ncpus = 2\n"
    assert named(files) == ["gpu-box (setup.cfg:2)", "ann@big (setup.cfg:2)"]


@pytest.mark.parametrize(
    ("path", "text", "line", "said", "hint"),
    [
        ("setup.cfg", "[envboot:ssh]\nhots = a\n", 2, "unknown setting `hots`", "`hosts`"),
        ("setup.cfg", "[envboot:ssh]\nhosts = a,\n  -oX=y\n", 3, "no name of a computer", "box"),
        ("setup.cfg", "[envboot:ssh]\nhosts = a\nhosts = b\n", 3, "not a valid", "section"),
        ("setup.cfg", "[envboot:ssh]\nhosts = local\n", 2, "this computer", "ssh"),
        ("pyproject.toml", "[tool.envboot.ssh]\nhosts = [1]\n", 2, "not understood", "names"),
        ("pyproject.toml", "[tool.envboot]\nssh = 3\n", 2, "must be a table", "hosts"),
        ("pyproject.toml", '[tool.envboot.ssh]\nport = "2"\n', 2, "unknown setting", "hosts"),
        ("pyproject.toml", '[tool.envboot.ssh]\nhosts = ["$(id)"]\n', 2, "no name", "box"),
    ],
)
def test_what_is_not_understood_is_told_with_its_line(path, text, line, said, hint):
    with pytest.raises(InvalidFile, match=said) as caught:
        named({f"/repo/{path}": text})
    assert caught.value.origin == Origin(path, line)
    assert hint in caught.value.hint
    assert caught.value.exit_code == 4


def test_so_many_are_no_list_of_hosts():
    text = f"[envboot:ssh]\nhosts = {' '.join(f'h{n}' for n in range(hosts.MOST + 1))}\n"
    with pytest.raises(InvalidFile, match="at most 32"):
        named({"/repo/setup.cfg": text})


# -------------------------------------------------------------------------- offers


def test_no_host_is_a_sentence_and_asks_nobody():
    where = site()
    assert ssh.question(where) == "which computer, as `ssh` takes it (`box`, `ann@box`)?"
    with pytest.raises(NothingFound, match="no host is named") as caught:
        ssh.offers(EnvironmentSpec(), where)
    assert "config.ini" in caught.value.hint
    assert ssh.asking(where) == ""
    assert where.shell.asked == []


def test_a_file_that_is_not_understood_closes_the_way_with_its_line():
    where = site({"/repo/setup.cfg": "[envboot:ssh]\nhots = a\n"})
    assert "setup.cfg:2: unknown setting `hots`" in ssh.why_not(EnvironmentSpec(), where)


def test_who_is_asked_is_said_with_file_and_line():
    found = ssh.asking(site({"/repo/setup.cfg": INI}))
    assert found == "asking gpu-box (setup.cfg:2), ann@big (setup.cfg:2)"
    assert ssh.asking(site({"/repo/setup.cfg": INI}, "box")) == "asking box"


def test_a_host_that_the_repository_alone_names_is_a_question():
    where = site({"/repo/setup.cfg": INI})
    assert ssh.strangers(where) == (
        "this repository names gpu-box (setup.cfg:2), ann@big (setup.cfg:2): "
        "connect there with your keys?"
    )
    assert ssh.strangers(site({"/repo/setup.cfg": INI}, "gpu-box")) == ""
    assert ssh.strangers(site({"/repo/setup.cfg": INI, OWN: INI})) == ""


def test_what_cannot_be_reached_is_closed_with_its_reason():
    said = "ssh: connect to host big port 22: Connection refused"
    failed = Answer(None, f"ssh ended with status 255: {said}", said)
    where = site({"/repo/setup.cfg": INI, **ARCHIVE}, answers={"ssh": failed})
    found = ssh.offers(EnvironmentSpec(), where)
    assert [offer.name for offer in found] == ["gpu-box", "ann@big"]
    assert all("no sshd answers" in offer.closed for offer in found)
    assert all(offer.machine is None for offer in found)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({}, "64 cores, 256 GiB of memory, 1.2 TiB free"),
        ({"cpus": 1, "memory": None, "disk_free": None}, "1 core"),
        (
            {"gpus": tuple(Gpu(n, "NVIDIA A100", "nvidia", 80 * GIB) for n in range(2))},
            "64 cores, 256 GiB of memory, 2 x NVIDIA A100 (80 GiB), 1.2 TiB free",
        ),
        (
            {"gpus": (Gpu(0, "A", "amd", free=False), Gpu(1, "B", "amd", free=True))},
            "64 cores, 256 GiB of memory, A, B, 1 in use, 1.2 TiB free",
        ),
        (
            {"gpus": (Gpu(0, "A", "amd", free=False),)},
            "64 cores, 256 GiB of memory, A, all in use, 1.2 TiB free",
        ),
    ],
)
def test_what_a_host_has_in_a_line(change, text):
    assert choosing.title(replace(MACHINE, **change)) == text


def offered(machines, *needs):
    """Return the names in the order in which they are recommended."""
    spec = EnvironmentSpec(needs=needs)
    found = [choosing._offer(hosts.Host(remote.Place(n)), m) for n, m in machines.items()]

    class Member:
        offers = staticmethod(lambda _spec, _site: found)

    return [(c.offer.name, c.fits) for c in sizes.candidates(Member, spec, site())]


def test_the_smallest_that_fits_is_recommended_and_a_free_gpu_before_it():
    def gpus(many, *, free):
        return tuple(Gpu(n, "A100", "nvidia", 80 * GIB, free=free) for n in range(many))

    need = Need("gpu", 1, "1", Origin("setup.cfg", 2))
    disk = Need("disk", 2000 * GIB, "2000 GiB", Origin("setup.cfg", 3))
    machines = {
        "busy": replace(MACHINE, gpus=gpus(1, free=False)),
        "large": replace(MACHINE, gpus=gpus(4, free=True)),
        "off": "off cannot be reached",
        "free": replace(MACHINE, gpus=gpus(2, free=True)),
        "none": replace(MACHINE, cpus=2, gpus=()),
    }
    assert offered(machines, need) == [
        ("free", True),
        ("large", True),
        ("busy", True),
        ("none", False),
        ("off", False),
    ]
    roomy = {**machines, "free": replace(machines["free"], disk_free=3000 * GIB)}
    assert offered(roomy, need, disk)[0] == ("free", True)
    assert [fits for _, fits in offered(roomy, need, disk)].count(True) == 1
    assert units.shown(2000 * GIB) == "2 TiB"


def test_a_flag_of_slurm_is_refused_before_anybody_is_asked():
    where = site({"/repo/setup.cfg": INI}, options=(("array", "1-9"),))
    with pytest.raises(UsageError, match="`--array` means nothing to a bigger computer"):
        sizes.refuse(ssh, where)
    assert where.shell.asked == []


# --------------------------------------------------------------------- going there


def job(**more):
    return Job("repo-0001", "ssh", "/repo", where="box", **more)


def test_a_shell_there_is_at_her_own_terminal():
    steps = going.there(job(facts={"tree": "/srv/repo-0001"}), shell())
    (step,) = steps.steps
    assert step.terminal
    assert "-t" in step.argv
    assert not step.must
    assert step.argv[-2] == "box"
    assert "/srv/repo-0001" in step.argv[-1]
    assert "shell" in step.argv[-1]


def looked(**found):
    return f"motd\n{serving.MARK}{json.dumps(found)}\n"


def test_jupyterlab_is_held_by_a_child_which_must_end_well():
    scripted = shell(answers={"ssh": looked(lab=True, port=4000)})
    (step,) = going.there(job(then="lab"), scripted).steps
    assert step.terminal
    assert step.must
    assert step.argv[-3:] == ("envboot.launchers.ssh.lab", "box", "envboot/repo-0001")
    with pytest.raises(CommandFailed, match="status 7") as caught:
        carry_out(Plan("x", (step,)), Failing(), lambda _line: None)
    assert caught.value.returncode == 7
    assert "token" not in " ".join(step.argv)


class Failing(ScriptedShell):
    """A computer on which what has the terminal ends with 7."""

    def hand_over(self, argv, env, cwd):
        super().hand_over(argv, env, cwd)
        return 7


def test_the_status_of_a_shell_is_hers():
    carry_out(Plan("x", (Run(("sh",), terminal=True),)), Failing(), lambda _line: None)


def test_without_jupyterlab_there_nothing_is_started():
    scripted = shell(answers={"ssh": looked(lab=False, port=4000)})
    with pytest.raises(FallsShort, match="jupyterlab is not in the environment on box") as caught:
        going.there(job(then="lab"), scripted)
    assert "dependency files" in caught.value.hint
    assert scripted.done == []


@pytest.mark.parametrize("out", ["", "motd\n", f"{serving.MARK}[]\n", looked(lab=True, port=0)])
def test_an_answer_that_is_none(out):
    with pytest.raises(Exception, match="an answer that is none"):
        inside.look(remote.Place("box"), "tree", shell(answers={"ssh": out}))


def test_the_tunnel_is_one_connection_of_its_own():
    argv = lab.tunnel(remote.Place("box"), "tree", 5001, 4001)
    assert argv[argv.index("-L") + 1] == "127.0.0.1:5001:127.0.0.1:4001"
    first = {}
    for word in (argv[n + 1] for n, w in enumerate(argv) if w == "-o"):
        key, _, value = word.partition("=")
        first.setdefault(key, value)  # ssh takes the first
    assert first["ExitOnForwardFailure"] == "yes"
    assert first["ControlMaster"] == "no"
    assert first["ControlPersist"] == "no"
    assert first["ControlPath"] == "none"
    assert first["ClearAllForwardings"] == "no"
    assert first["ForwardAgent"] == "no"
    assert argv[-3:-1] == ("--", "box")


def test_the_other_end_is_told_by_its_input_alone():
    feed = inside.order(do="serve", token="hush", port=4001)  # noqa: S106 - no secret
    order = json.loads(feed)
    assert feed.count(b"\n") == 1
    compile(order["code"], "serving", "exec")
    assert "import envboot" not in order["code"]
    assert "from envboot" not in order["code"]
    assert order["token"] == "hush"  # noqa: S105
