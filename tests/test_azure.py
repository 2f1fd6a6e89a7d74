"""What the Azure launcher says, plans and looks at; Azure itself is met in ``real/``."""

from __future__ import annotations

import base64
import ipaddress
import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from envboot import needs
from envboot.errors import EnvbootError, UsageError
from envboot.git import Published
from envboot.jobs import Job
from envboot.launchers import azure
from envboot.launchers.azure import (
    cloud_init,
    inquiry,
    keys,
    order,
    pins,
    portal,
    sdk,
    seeing,
    service,
    sizes,
    template,
)
from envboot.machine import GIB, Machine
from envboot.shell import Answer
from envboot.site import Order, Site
from envboot.spec import EnvironmentSpec, Origin
from envboot.testing import ScriptedShell, check_target

ID = "11111111-2222-3333-4444-555555555555"
ASKED = order.Asked(
    "sun-1a2b",
    ID,
    "westeurope",
    "Standard_D4s_v5",
    "https://github.com/ann/sunspots.git",
    "a" * 40,
    key="/home/ann/.ssh/id_ed25519",
)
NOTED = "/home/ann/.local/state/envboot/azure/sun-1a2b/order.json"


def shell(answers=None, files=None, environ=None, programs=()):
    return ScriptedShell(
        answers=answers or {},
        files=files or {},
        environ={"HOME": "/home/ann", "PATH": "/usr/bin", **(environ or {})},
        programs={n: f"/usr/bin/{n}" for n in ("ssh", "ssh-keygen", *programs)},
    )


def site(door, **more):
    machine = Machine("Linux", "x86_64", 4, "3.11.7")
    return Site(Path("/repo"), "sun", Path("/repo/.venv"), machine, door, **more)


def spec(**wanted):
    return EnvironmentSpec(
        name="sun", needs=needs.read(wanted, lambda _key: Origin("setup.cfg", 1))
    )


def size(name, cpus, memory, **more):
    told = {"vCPUs": cpus, "MemoryGB": memory, "HyperVGenerations": "V1,V2", **more}
    found = sizes.parse({"name": name, "family": f"{name}Family", "capabilities": told})
    assert found is not None
    return found


SOME = (
    size("Standard_D2s_v5", 2, 8),
    size("Standard_D4s_v3", 4, 16),
    size("Standard_D4s_v5", 4, 16, LowPriorityCapable="True"),
    size("Standard_B4ms", 4, 16),
    size("Standard_D4ps_v5", 4, 16, CpuArchitectureType="Arm64"),
    size("Standard_D8s_v5", 8, 32),
    size("Standard_NC4as_T4_v3", 4, 28, GPUs=1),
    size("Standard_NC6s_v3", 6, 112, GPUs=1),
    size("Standard_NV6ads_A10_v5", 6, 55, GPUs=1),
    size("Standard_DC4as_v5", 4, 16, ConfidentialComputingType="SNP"),
)


def offered(wanted, quota=None, *, spot=False, named=""):
    found = sizes.offers(SOME, quota or {}, spec(**wanted), "westeurope", spot=spot, named=named)
    return {o.name: o.closed for o in found}


# --------------------------------------------------------------------------------- sizes


def test_the_newest_of_equal_sizes_and_no_gpu_for_nothing():
    assert list(offered({"cpus": 4})) == ["Standard_D4s_v5", "Standard_D8s_v5"]


def test_a_gpu_is_known_by_the_name_of_its_size():
    found = sizes.offers(SOME, {}, spec(gpu=1), "westeurope", spot=False)
    assert [o.name for o in found] == ["Standard_NC4as_T4_v3", "Standard_NC6s_v3"]
    gpu = found[0].machine.gpus[0]
    assert (gpu.name, gpu.memory, gpu.compute_capability) == ("Tesla T4", 16 * GIB, "7.5")
    assert list(offered({"gpu": 1, "gpu_memory": "20 GB"})) != ["Standard_NC4as_T4_v3"]
    assert sizes.machine(size("Standard_NC9x_v9", 4, 16, GPUs=2), 128).gpus is None


def test_arm_only_where_it_is_asked_for():
    assert "Standard_D4ps_v5" in offered({"cpus": 4, "arch": "arm64"})


def test_quota_and_restrictions_are_sentences():
    used = {"standard_d4s_v5family": (8, 10), "cores": (8, 100)}
    closed = offered({"cpus": 4}, used)["Standard_D4s_v3"]
    assert closed == "", "the other of the same size can be had"
    none = {"cores": (99, 100)}
    found = offered({"cpus": 4}, none)
    assert all("100 cores for all sizes together" in why for why in found.values())
    assert "QuotaMenuBlade" in found["Standard_D4s_v5"]
    shut = replace(SOME[2], restricted="NotAvailableForSubscription")
    said = sizes.closed(shut, {}, "westeurope", spot=False)
    assert said == "Standard_D4s_v5 is not open to your subscription in westeurope"


def test_spot_has_a_quota_of_its_own():
    quota = {"lowprioritycores": (0, 3), "cores": (0, 100)}
    assert "for spot" in sizes.closed(SOME[2], quota, "x", spot=True)
    assert "cannot be had as spot" in sizes.closed(SOME[0], quota, "x", spot=True)


def test_a_named_size_is_always_offered():
    assert "Standard_B4ms" not in offered({"cpus": 4})
    assert "Standard_B4ms" in offered({"cpus": 4}, named="standard_b4ms")
    assert offered({"cpus": 4}, named="Standard_DC4as_v5")["Standard_DC4as_v5"]


def test_where_none_is_large_enough_the_largest_are_shown():
    assert offered({"cpus": 500})


def test_the_disk_is_as_it_is_billed():
    assert sizes.disk(SOME[0], ()) == 64
    assert sizes.disk(SOME[0], spec(disk="60 GB").needs) == 128
    assert sizes.disk(SOME[6], ()) == 128
    assert sizes.disk(SOME[0], spec(disk="99 TB").needs) == 4095


@pytest.mark.parametrize("told", [{}, {"name": "x", "family": "y", "capabilities": {}}, None, 3])
def test_what_is_no_size_is_none(told):
    assert sizes.parse(told) is None


# ------------------------------------------------------------------------ the first start


@given(
    st.text(min_size=1).filter(lambda t: "\0" not in t),
    st.text(alphabet="a'\"$ \\\n`;&", max_size=9),
)
def test_no_word_becomes_a_command(word, url):
    """Whatever stands in a command or an address, sh reads it as that word."""
    asked = replace(ASKED, url=f"https://h/{url}", command=("echo", word))
    told = yaml.safe_load(cloud_init.cloud_config(asked))
    begin, work = (f["content"] for f in told["write_files"])
    for text in (begin, work):
        done = subprocess.run(
            ["sh", "-n"],
            input=text.encode("utf-8", "surrogatepass"),
            check=False,
            capture_output=True,
        )
        assert done.returncode == 0, done.stderr


def test_the_clone_is_of_the_pinned_commit():
    told = yaml.safe_load(base64.b64decode(cloud_init.custom_data(ASKED)))
    begin = told["write_files"][0]["content"]
    assert f"commit={'a' * 40}" in begin
    assert "url=https://github.com/ann/sunspots.git" in begin
    with pytest.raises(ValueError, match="too long"):
        cloud_init.custom_data(replace(ASKED, command=("x" * 70_000,)))


def test_the_template_holds_no_secret_and_no_open_port_but_ssh():
    text = json.dumps(template.template())
    assert "password" not in text.lower().replace("disablepasswordauthentication", "")
    assert '"destinationPortRange": "22"' in text
    assert len(text) < 8000


# --------------------------------------------------------------------------- who connects


@pytest.mark.parametrize(
    ("text", "found"),
    [("", ""), ("203.0.113.7", "203.0.113.7"), ("203.0.113.9/24", "203.0.113.0/24")],
)
def test_who_may_connect(text, found):
    assert keys.allowed(text) == found


@pytest.mark.parametrize("text", ["*", "0.0.0.0/0", "Internet", "::1", "1.2.3", "[x]", "-1"])
def test_nobody_opens_it_to_all(text):
    with pytest.raises(UsageError, match="--allow"):
        keys.allowed(text)


def test_the_way_there_is_checked_and_kept_apart():
    where = keys.place(ASKED, "203.0.113.7", shell())
    argv = where.argv("true")
    assert argv[0] == "ssh"
    assert "envboot@203.0.113.7" in argv
    assert "StrictHostKeyChecking=accept-new" in argv
    assert 'UserKnownHostsFile="/home/ann/.local/state/envboot/azure/sun-1a2b/known_hosts"' in argv
    for bad in ("-oProxyCommand=x", "host", "", "1.2.3.4;x"):
        with pytest.raises(ipaddress.AddressValueError):
            keys.place(ASKED, bad, shell())


def test_a_key_is_used_where_it_opens_and_made_where_none_does():
    public = b"ssh-ed25519 AAAAC3Nza ann"
    files = {"/home/ann/.ssh/id_ed25519": b"x", "/home/ann/.ssh/id_ed25519.pub": public}
    ask = "ssh-keygen -y -P  -f /home/ann/.ssh/id_ed25519"
    opens = shell({ask: "ssh-ed25519 AAAAC3Nza"}, files)
    assert keys.choose("sun-1a2b", opens) == ("/home/ann/.ssh/id_ed25519", ())
    held = shell({"ssh-add": "ssh-ed25519 AAAAC3Nza agent\n"}, files)
    assert keys.choose("sun-1a2b", held)[1] == ()
    path, steps = keys.choose("sun-1a2b", shell({ask: Answer(None, "passphrase")}, files))
    assert path == "/home/ann/.local/state/envboot/azure/sun-1a2b/id_ed25519"
    assert steps[0].argv[:4] == ("ssh-keygen", "-q", "-t", "ed25519")


# ------------------------------------------------------------------------------ the note


@given(st.builds(order.Asked, *[st.text()] * 6, command=st.lists(st.text()).map(tuple)))
def test_a_note_is_read_as_it_was_written(asked):
    asked = replace(asked, subscription=ID)
    assert order.parse(asked.text().encode()) == asked


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"handle": 1}', b"\xff", b"null"])
def test_a_note_that_is_none(data):
    with pytest.raises(ValueError, match="no note"):
        order.parse(data)


@pytest.mark.parametrize("handle", ["../x", "a/b", "", "A"])
def test_a_handle_never_leads_elsewhere(handle):
    assert order.folder(handle, shell()) is None


# ------------------------------------------------------------------------------- looking


JOB = Job("sun-1a2b", "azure", "/repo")


class Desk(ScriptedShell):
    """What the child answers, whatever its words; ssh is scripted by its name."""

    told = "{}"

    def query(self, argv, **more):
        if "envboot.launchers.azure" in argv:
            return Answer(self.told)
        return super().query(argv, **more)


def desk(told, ssh=None, **files):
    door = Desk(
        answers={"ssh": ssh or Answer(None, "", "Connection refused")},
        files={NOTED: ASKED.text().encode(), **files},
        environ={"HOME": "/home/ann", "PATH": "/usr/bin"},
    )
    door.told = told if isinstance(told, str) else json.dumps(told)
    return door


MADE = {"group": "there", "deployment": "Succeeded", "address": "203.0.113.7", "power": "running"}


@pytest.mark.parametrize(
    ("told", "state", "said"),
    [
        ({"group": "absent"}, "gone", "no resource group"),
        ({"group": "strange"}, "gone", "no resource group"),
        ({"group": "deleting"}, "stopped", "removing"),
        ({"group": "there", "deployment": "absent"}, "failed", "cut short"),
        ({"group": "there", "deployment": "Running"}, "waiting", "making"),
        ({"group": "there", "deployment": "Failed", "why": "SkuNotAvailable: x"}, "failed", "Sku"),
        ({"group": "there", "deployment": "Canceled"}, "failed", "Canceled"),
        ({**MADE, "power": "deallocated"}, "stopped", "disk"),
        ({**MADE, "power": "absent"}, "failed", "removed"),
        (MADE, "waiting", "does not answer yet"),
        ({**MADE, "address": "-oX"}, "waiting", "no address"),
        ({"error": {"message": "Azure cannot be reached", "hint": ""}}, "unknown", "reached"),
        ("no JSON", "unknown", "not asked"),
        ("[]", "unknown", "not asked"),
    ],
)
def test_what_azure_says_is_a_state(told, state, said):
    report = azure.look(JOB, desk(told))
    assert report.state == state
    assert said in report.said


def test_a_machine_that_has_answered_before_and_does_not_now_is_unknown():
    job = replace(JOB, state="ready", facts={"address": "203.0.113.7"})
    report = azure.look(job, desk(MADE))
    assert report.state == "unknown"
    assert "the address that launched it only" in report.said


def test_a_job_that_was_never_asked_for_is_gone_and_a_lost_note_is_unknown():
    bare = shell()
    assert azure.look(JOB, bare).state == "gone"
    assert azure.look(replace(JOB, state="ready"), bare).state == "unknown"
    with pytest.raises(EnvbootError, match="cannot be read"):
        azure.delete(JOB, bare)


@pytest.mark.parametrize(
    ("phase", "more", "status", "command", "state"),
    [
        ("absent", {}, None, (), "setting-up"),
        ("setting-up", {}, None, (), "setting-up"),
        ("running", {"setup": "0"}, None, ("x",), "running"),
        ("killed", {}, None, (), "failed"),
        ("ended", {"setup": "0"}, 0, (), "ready"),
        ("ended", {"setup": "0"}, 0, ("x",), "ended"),
        ("ended", {"setup": "0"}, 3, ("x",), "failed"),
        ("ended", {}, 128, (), "failed"),
    ],
)
def test_what_the_machine_says_is_a_state(phase, more, status, command, state):
    found = seeing.work.Seen(phase, None, status, "x\nenvboot: u could not be cloned\n", more=more)
    asked = replace(ASKED, command=command)
    report = seeing._report(asked, found, "203.0.113.7")
    assert report.state == state
    assert report.facts == {"address": "203.0.113.7"}
    if status == 128:
        assert report.said == "u could not be cloned"


def test_stop_and_delete_are_done_by_the_child_and_the_note_goes_last():
    door = desk({})
    stop, delete = azure.stop(JOB, door), azure.delete(JOB, door)
    assert ID in stop.steps[-1].argv
    assert "disk" in stop.title
    assert delete.steps[-1].path == Path(NOTED).parent
    gone_on = azure.open(replace(JOB, state="stopped", facts={"address": "203.0.113.7"}), door)
    assert "start" in gone_on.steps[-2].argv
    with pytest.raises(EnvbootError, match="no address yet"):
        azure.logs(JOB, door, follow=False)


# ------------------------------------------------------------------------------- the rest


def test_it_can_be_a_launcher():
    assert check_target(azure) is None
    assert "not packed" in azure.why_not(spec(), site(shell()))


@pytest.mark.parametrize(
    ("wanted", "environ", "found"),
    [
        (Order("h", options=(("region", "West Europe"),)), {}, "westeurope"),
        (Order("h", "uksouth"), {}, "uksouth"),
        (Order("h"), {"AZURE_DEFAULTS_LOCATION": "eastus2"}, "eastus2"),
        (Order("h"), {}, "norwayeast"),
    ],
)
def test_where_it_stands(wanted, environ, found):
    files = {"/home/ann/.azure/config": b"[defaults]\nlocation = norwayeast\n"}
    assert inquiry.region(wanted, shell(files=files, environ=environ)) == found


@pytest.mark.parametrize("text", ["", "../x", "west' or 'a", "x" * 99])
def test_where_nobody_stands(text):
    with pytest.raises(UsageError, match=r"region|stand"):
        inquiry.region(Order("h", text), shell(files={"/home/ann/.azure/config": b"nonsense"}))


def test_az_signs_in_only_where_nothing_else_does():
    there = {"order": Order("h", "uksouth")}
    here = site(shell(programs=("az",)), **there)
    steps = azure.prepare(spec(), here)
    assert [s.argv for s in steps.steps if s.terminal] == [("az", "login")]
    known = site(shell({"az": ""}, programs=("az",)), **there)
    assert azure.prepare(spec(), known) is None
    robot = site(shell(environ={"AZURE_CLIENT_ID": "x"}, programs=("az",)), **there)
    assert azure.prepare(spec(), robot) is None


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Order("h"), "where is the machine to stand"),
        (Order("h", "uksouth", then="lab"), "--then lab"),
        (Order("h", "uksouth", options=(("idle", "5"),)), "--idle 5"),
        (Order("h", "uksouth", options=(("allow", "0.0.0.0/0"),)), "open to all"),
    ],
)
def test_what_cannot_be_ordered_is_said_before_anything_is_fetched(wanted, words):
    with pytest.raises(UsageError, match=words):
        azure.prepare(spec(), site(shell(programs=("az",)), order=wanted))


@pytest.mark.parametrize("idle", ["1", "9999", "x", "-5", "²"])
def test_when_it_stops(idle):
    assert azure._shutdown("30")[0] == 30
    assert len(azure._shutdown("")[1]) == 4
    with pytest.raises(UsageError, match="--idle"):
        azure._shutdown(idle)


def test_the_portal_takes_the_pushed_template_alone():
    source = Published("https://github.com/a/b.git", "github.com", "a", "b", "main", "c" * 40)
    there = shell(files={"/repo/azuredeploy.json": b"{}"})
    link = portal.link(source, there, Path("/repo"))
    assert link.startswith(
        "https://portal.azure.com/#create/Microsoft.Template/uri/https%3A%2F%2Fraw"
    )
    assert portal.link(replace(source, changed=("azuredeploy.json",)), there, Path("/repo")) == ""
    assert portal.link(source, shell(), Path("/repo")) == ""
    assert portal.link(replace(source, host="git.example"), there, Path("/repo")) == ""


def test_every_wheel_of_the_sdk_is_pinned_for_each_computer():
    for wheel in pins.wheels():
        assert len(wheel.sha256) == 64
        assert wheel.size > 0
    for platform in ("linux-64", "linux-aarch64", "osx-arm64", "win-64"):
        for python in ("3.10.1", "3.11.7", "3.12.0", "3.13.0", "3.14.0"):
            found = pins.chosen(platform, python)
            assert len({pins.named(w.filename) for w in found}) == len(found) >= 18
    assert pins.chosen("linux-64", "3.9.1") == ()
    assert pins.chosen("linux-riscv64", "3.11.7") == ()
    assert pins.chosen("osx-64", "3.11.7") == ()


def test_offline_nothing_is_asked():
    assert "over the network" in sdk.why_not(shell(), offline=True)


@pytest.mark.parametrize(
    ("message", "details", "said"),
    [
        ("outer", None, "A: outer"),
        ("outer", [{"code": "B", "message": "inner"}], "B: inner"),
        ('{"error": {"code": "C", "message": "hidden"}}', None, "C: hidden"),
        ("outer", [{"code": "B", "message": '{"error": {"code": "C", "message": "x"}}'}], "C: x"),
        ("with\x1b[31m\ncontrol", [], "A: with [31m control"),
        ("[]", ["strange"], "A: []"),
    ],
)
def test_the_innermost_reason_is_said(message, details, said):
    assert service.innermost("A", message, details) == said
