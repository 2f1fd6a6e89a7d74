"""The child of the Azure launcher, with Microsoft's own SDK, against Azure on loopback.

Nothing here was tried with Azure itself. One process of the child's own code answers most of the
tests: the SDK takes a second to import.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from importlib.util import find_spec

import pytest

from envboot import plan
from envboot.launchers.azure import order
from tests.real.azure_stand_in import REGION, SUBSCRIPTION, Azure, Fault
from tests.real.person import CHECKOUT, Person
from tests.servers import nobody_listens

_MISSING = [p for p in ("openssl", "ssh-keygen", "git") if shutil.which(p) is None]
_ABSENT = f"{_MISSING} cannot be found" if _MISSING else ""
_ABSENT = _ABSENT or ("" if find_spec("azure") else "Azure's SDK is not installed")
pytestmark = [pytest.mark.real, pytest.mark.skipif(bool(_ABSENT), reason=_ABSENT or "all is here")]
HANDLE = "sun-1a2b"
# The child's `main`, again and again: a line of words in, a line of status and text out.
LOOP = """\
import contextlib, io, json, sys
sys.path.insert(0, sys.argv[1])
from envboot.launchers.azure.__main__ import main
for line in sys.stdin:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        status = main(json.loads(line))
    print(json.dumps([status, said.getvalue()]), flush=True)
"""


class Child:
    """A process of the child's code, with an environment of its own."""

    def __init__(self, environ):
        keep = {n: os.environ[n] for n in ("PATH", "LC_ALL") if n in os.environ}
        argv = [sys.executable, "-I", "-c", LOOP, str(CHECKOUT)]
        self.process = subprocess.Popen(
            argv,
            env={**keep, **environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def does(self, *words):
        """Return the status and what was printed."""
        self.process.stdin.write(json.dumps([str(w) for w in words]) + "\n")
        self.process.stdin.flush()
        status, said = json.loads(self.process.stdout.readline())
        return status, said

    def looks(self, *words):
        status, said = self.does(*words)
        assert status == 0, said
        return json.loads(said)

    def close(self):
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        self.process.wait(180)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    with Azure(tmp_path_factory.mktemp("azure")) as found:
        child = Child(found.environ())
        yield found, child
        child.close()


@pytest.fixture
def azure(standing):
    found = standing[0]
    yield found
    problems = list(found.problems)
    found.faults.clear()
    found.problems.clear()
    found.groups.clear()
    found.asked.clear()
    found.error, found.subscriptions = None, {SUBSCRIPTION: "Ann's own"}
    assert problems == []


@pytest.fixture
def child(standing, azure):  # noqa: ARG001
    return standing[1]


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "id_ed25519"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    return path


@pytest.fixture
def paper(tmp_path, key):
    asked = order.Asked(
        HANDLE,
        SUBSCRIPTION,
        REGION,
        "Standard_D4s_v5",
        "https://github.com/ann/sunspots.git",
        "a" * 40,
        key=str(key),
        allow="203.0.113.7",
    )
    place = tmp_path / HANDLE / "order.json"
    place.parent.mkdir()
    place.write_text(asked.text())
    return place


SIZES = ("sizes", "--region", REGION)
OF = ("--subscription", SUBSCRIPTION, HANDLE)


def test_sizes_quota_and_who_pays(child):
    told = child.looks(*SIZES)
    assert told["account"] == {"id": SUBSCRIPTION, "name": "Ann's own"}
    named = {s["name"]: s for s in told["sizes"]}
    assert "Premium_LRS" not in named
    assert named["Standard_D4s_v5"]["capabilities"]["MemoryGB"] == "16"
    assert named["Standard_E4s_v5"]["restricted"] == "NotAvailableForSubscription"
    assert told["usage"]["standardncsv3family"] == [0, 0]


def test_made_looked_at_stopped_started_and_removed(azure, child, paper):
    assert child.looks("look", *OF) == {"group": "absent"}
    status, said = child.does("create", paper)
    assert (status, said.splitlines()[-1]) == (0, f"Azure is making {HANDLE}")
    assert child.looks("look", *OF)["deployment"] == "Accepted"
    found = child.looks("look", *OF)
    assert (found["deployment"], found["power"]) == ("Succeeded", "running")
    assert found["address"] == azure.address
    status, _ = child.does("create", paper)  # as a killed launch does it again
    assert status == 0
    assert len([a for a in azure.asked if a.startswith("PUT")]) == 2, "asked for twice"
    assert child.does("stop", *OF)[0] == 0
    assert child.looks("look", *OF)["power"] == "deallocated"
    assert child.does("start", *OF)[0] == 0
    assert child.looks("look", *OF)["power"] == "running"
    status, said = child.does("delete", *OF)
    assert (status, said.splitlines()[-1]) == (0, "nothing of it is left at Azure")
    assert azure.groups == {}
    assert child.does("delete", *OF)[0] == 0
    status, said = child.does("stop", *OF)
    assert (status, "there is no machine" in said) == (7, True)


def test_what_the_machine_is(azure, child, paper):
    assert child.does("create", paper)[0] == 0
    kinds = [r["type"] for r in azure.groups[HANDLE]["deployments"]["envboot"]["resources"]]
    assert len(kinds) == len(set(kinds)) == 6
    made = {r["type"]: r for r in azure.groups[HANDLE]["deployments"]["envboot"]["resources"]}
    rules = made["Microsoft.Network/networkSecurityGroups"]["properties"]["securityRules"]
    assert [r["properties"]["sourceAddressPrefix"] for r in rules] == ["203.0.113.7"]
    system = made["Microsoft.Compute/virtualMachines"]["properties"]["osProfile"]
    assert "adminPassword" not in system
    assert system["linuxConfiguration"]["disablePasswordAuthentication"] is True
    plans = made["Microsoft.DevTestLab/schedules"]
    assert plans["name"] == f"shutdown-computevm-{HANDLE}"
    assert plans["properties"]["dailyRecurrence"] == {"time": "1900"}
    assert all(r["tags"] == {"envboot": HANDLE} for r in made.values())


@pytest.mark.parametrize(
    ("kind", "code", "sentence"),
    [
        (401, "InvalidAuthenticationToken", "Azure refuses your login"),
        (403, "AuthorizationFailed", "your Azure account may not do that: AuthorizationFailed"),
        (409, "Conflict", "Azure says 409: Conflict: told to"),
        (400, "QuotaExceeded", "Azure says 400: QuotaExceeded: told to"),
    ],
)
def test_a_refusal_is_a_sentence(azure, child, paper, kind, code, sentence):
    azure.faults.append(Fault("PUT .*/deployments/", kind, 9, code))
    status, said = child.does("create", paper)
    assert status == 7
    assert sentence in said
    assert azure.token not in said
    azure.faults.clear()
    assert child.looks("look", *OF) == {"group": "there", "deployment": "absent"}


@pytest.mark.parametrize(
    ("kind", "headers"),
    [(429, {"Retry-After": "1"}), (503, {}), ("cut", {}), ("lost", {})],
)
@pytest.mark.parametrize("where", ["GET .*/skus", "PUT .*/deployments/"])
def test_what_passes_is_waited_for(azure, child, paper, kind, headers, where):
    azure.faults.append(Fault(where, kind, 1, headers=headers))
    if "skus" in where:
        assert len(child.looks(*SIZES)["sizes"]) == len(azure.skus) - 1
    else:
        assert child.does("create", paper)[0] == 0
        assert azure.groups[HANDLE]["deployments"].keys() == {"envboot"}
    assert not any(f.left for f in azure.faults)


def test_a_service_that_stays_away(azure, child):
    azure.faults.append(Fault("GET .*/skus", 500, 99))
    error = child.looks(*SIZES)["error"]
    assert error["message"].startswith("Azure says 500")
    assert "nothing is made twice" in error["hint"]


def test_a_failed_deployment_says_why(azure, child, paper):
    hidden = '{"error": {"code": "SkuNotAvailable", "message": "no room for it in westeurope"}}'
    azure.error = {
        "code": "DeploymentFailed",
        "message": "At least one resource deployment operation failed.",
        "details": [{"code": "Conflict", "message": hidden}],
    }
    assert child.does("create", paper)[0] == 0
    child.looks("look", *OF)
    found = child.looks("look", *OF)
    assert found["deployment"] == "Failed"
    assert found["why"] == "SkuNotAvailable: no room for it in westeurope"
    azure.error = None
    assert child.does("create", paper)[0] == 0, "a failed one may be asked for again"
    child.looks("look", *OF)
    assert child.looks("look", *OF)["deployment"] == "Succeeded"


def test_deleting_goes_on_after_a_cut(azure, child, paper):
    child.does("create", paper)
    azure.faults.append(Fault("DELETE", "lost", 1))
    assert child.does("delete", *OF)[0] == 0
    assert azure.groups == {}


def test_a_group_of_somebody_else_is_left_alone(azure, child, paper):
    itself = {"id": "x", "location": REGION, "properties": {"provisioningState": "Succeeded"}}
    azure.groups[HANDLE] = {"itself": itself, "resources": [], "deployments": {}}
    assert "envboot did not make" in child.does("create", paper)[1]
    assert child.does("delete", *OF)[0] == 7
    assert HANDLE in azure.groups
    assert child.looks("look", *OF) == {"group": "strange"}


def test_which_subscription(azure, child):
    other = "99999999-8888-7777-6666-555555555555"
    azure.subscriptions[other] = "work"
    error = child.looks(*SIZES)["error"]
    assert error["message"] == "your Azure login has several subscriptions"
    assert f"{other} (work)" in error["hint"]
    azure.subscriptions.clear()
    assert "has no subscription" in child.looks(*SIZES)["error"]["message"]


def test_a_login_that_the_identity_refuses(azure):
    azure.faults.append(Fault("GET /msi", 400, 99))
    away = {"AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential"}  # no other login is looked for
    child = Child({**azure.environ(), **away})
    error = child.looks(*SIZES)["error"]
    child.close()
    assert error["message"] == "you are not signed in to Azure here"
    assert "az login" in error["hint"]


@pytest.mark.parametrize("endpoint", ["http://localhost:1", "localhost", "https://"])
def test_no_login_is_sent_without_encryption(azure, endpoint):
    child = Child({**azure.environ(), "ARM_ENDPOINT": endpoint})
    error = child.looks(*SIZES)["error"]
    child.close()
    assert "ARM_ENDPOINT is no https address" in error["message"]


def test_no_network(azure):
    gone = nobody_listens().replace("http:", "https:").replace("127.0.0.1", "localhost")
    child = Child({**azure.environ(), "ARM_ENDPOINT": gone})
    error = child.looks(*SIZES)["error"]
    child.close()
    assert error["message"].startswith("Azure cannot be reached")


def test_an_address_that_nobody_says(azure, child, paper):
    paper.write_text(paper.read_text().replace('"allow": "203.0.113.7"', '"allow": ""'))
    azure.faults.append(Fault("CONNECT", 502, 9))
    status, said = child.does("create", paper)
    assert status == 7
    assert "--allow ADDRESS" in said
    assert not paper.parent.exists(), "what was noted for nothing is still there"
    assert azure.groups == {}


def test_the_stand_in_refuses_what_azure_refuses(azure):
    """It could pass whatever it is given, else."""

    def put(path, body, token=azure.token, version="2025-04-01"):
        request = urllib.request.Request(  # noqa: S310 - https
            f"{azure.endpoint}/subscriptions/{SUBSCRIPTION}{path}?api-version={version}",
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {token}"},
            method="PUT",
        )
        context = ssl.create_default_context(cafile=str(azure.certificate))
        try:
            with urllib.request.urlopen(request, context=context) as reply:  # noqa: S310
                return reply.status
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    group = "/resourcegroups/x-1"
    assert put(group, {"location": REGION}, token="other") == 401  # noqa: S106
    assert put(group, {"location": REGION}, version="2001-01-01") == 400
    assert put(group, {"location": REGION, "managed_by": "x"}) == 400
    assert put(group, {"location": REGION, "place": "x"}) == 400
    assert put(group, {"location": REGION, "tags": {}}) == 201
    assert len(azure.problems) == 4
    azure.problems.clear()


def test_a_fresh_clone_fetches_the_sdk_after_a_yes(azure, packed, tmp_path):
    """With a Python that has nothing: before the first question it is said, and asked for."""
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    clone = tmp_path / "clone"
    shutil.copytree(packed, clone)
    for words in (
        ("init", "-q", "-b", "main"),
        ("remote", "add", "origin", "https://localhost/ann/sunspots.git"),
        ("add", "."),
        ("-c", "user.name=Ann", "-c", "user.email=a@example.org", "commit", "-q", "-m", "packed"),
        ("update-ref", "refs/remotes/origin/main", "HEAD"),
    ):
        subprocess.run(["git", *words], cwd=clone, check=True)
    pip = {n: v for n, v in os.environ.items() if n.startswith("PIP_")}
    kept = {"PIP_NO_INDEX": None, "PIP_CONFIG_FILE": None, **pip, "PYTHONPATH": None}
    if proxy := os.environ.get("HTTPS_PROXY"):
        kept["HTTPS_PROXY"] = proxy
    else:
        kept["HTTPS_PROXY"] = None
    kept["REQUESTS_CA_BUNDLE"] = None
    person = Person(tmp_path / "someone", **azure.environ())
    setup = {"cwd": clone, "program": (str(bare / "bin" / "python"), "setup.py"), "environ": kept}
    words = ("launch", "azure", "--allow", "203.0.113.7")
    asked = person.types(*words, **setup)
    assert asked.returncode == 5, asked.stderr
    assert "before that: fetch Azure's SDK" in asked.stderr
    assert not person.written(), "something was fetched before the yes"
    offline = person.types(*words, "--offline", **setup)
    assert "Azure is asked over the network" in offline.stderr
    done = person.types(*words, "--yes", **setup)
    assert "Azure's SDK is there" in done.stderr + done.stdout or "cannot be reached" in done.stderr
    found = list((person.home / ".cache" / "envboot" / "tools").glob("azure-sdk-*"))
    assert len(found) == 1
    step = plan.child(
        "envboot.launchers.azure", "--sdk", str(found[0]), *SIZES, python=str(bare / "bin/python")
    )
    said = subprocess.run(step.argv, env=azure.environ(), capture_output=True, check=True)
    assert json.loads(said.stdout)["account"]["id"] == SUBSCRIPTION
