"""The extension in a real Jupyter server: by HTTP, as front ends talk to it."""

from __future__ import annotations

import http.cookiejar
import importlib.util
import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest

from tests import browser, jupyterq
from tests.test_jupyter_hook import Reader

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(sys.platform == "win32", reason="the server is stopped by signals"),
    pytest.mark.skipif(
        importlib.util.find_spec("jupyter_server") is None, reason="jupyter_server is not installed"
    ),
]
API = "envboot/api/"
EVIL = "q'\"<script>alert(1)<\u2215script>{{ 7 * 7 }}.ipynb"
THEIRS = {"env_ver": "0.1", "requirements.txt": "numpy==2.0.0\n"}
GOOGLE = {"kernel": "conda-root", "name": "workbench-1", "type": "gcloud", "uri": "gcr.io/a/b:m1"}


@pytest.fixture(scope="module", name="server")
def a_server(tmp_path_factory):
    """A server with all the extensions that are installed beside envboot."""
    with jupyterq.running(tmp_path_factory.mktemp("jupyter")) as found:
        yield found


@pytest.fixture(name="place")
def a_place(server, tmp_path):
    """A folder for one test, with a file of dependencies: its path in the contents API."""
    folder = server.root / tmp_path.name
    folder.mkdir()
    (folder / "requirements.txt").write_text("six==1.16.0\n")
    return folder


def name_of(place, notebook="a.ipynb"):
    return f"{place.name}/{notebook}"


def carried(data):
    return json.loads(data)["metadata"].get("environment")


def until(found):
    """Wait until something is so."""
    end = time.monotonic() + jupyterq.SECONDS
    while not (value := found()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.1)
    return value


def brief(server, path):
    return server.get(f"{API}notebook", path=path, brief=1).json()


def recreate(server, path, **words):
    """Start a recreation of what the notebook carries now; return its name."""
    digest = brief(server, path)["digest"]
    reply = server.post(f"{API}recreate", {"path": path, "digest": digest, **words})
    assert reply.status == 202, reply.text
    return reply.json()["id"]


def progress(server, job, seen=0):
    return server.get(f"{API}recreate/{job}", seen=seen).json()


def children(server, word):
    """Return the programs below the server that have ``word`` in their command line."""
    every = psutil.Process(server.process.pid).children(recursive=True)
    return [process for process in every if word in " ".join(words_of(process))]


def words_of(process):
    try:
        return process.cmdline()
    except psutil.Error:  # it has ended meanwhile
        return []


# ------------------------------------------------------------------ upon every save


def test_saving_editing_and_saving_again(server, place):
    path = name_of(place)
    first = server.save(path, jupyterq.notebook("import six"))
    assert carried(first)["requirements.txt"] == "six==1.16.0\n"
    (place / "requirements.txt").write_text("six==1.17.0\n")
    assert brief(server, path)["state"] == "differs"
    # What is open in a front end knows nothing of what the server put into the file.
    second = server.save(path, jupyterq.notebook("import six"))
    assert carried(second)["requirements.txt"] == "six==1.17.0\n"
    assert brief(server, path)["state"] == "ok"
    third = server.save(path, json.loads(first))
    assert carried(third)["requirements.txt"] == "six==1.17.0\n"


def test_a_received_notebook_is_left_alone(server, place):
    path = name_of(place, "mailed.ipynb")
    saved = server.save(path, jupyterq.notebook("1", environment=THEIRS))
    assert carried(saved) == THEIRS
    known = brief(server, path)
    assert known["state"] == "differs"
    assert known["differs"][0]["diff"]
    done = server.post(f"{API}embed", {"path": path})
    assert (done.status, done.json()["state"]) == (200, "ok")
    again = server.save(path, json.loads((place / "mailed.ipynb").read_text()))
    assert carried(again)["requirements.txt"] == "six==1.16.0\n"


def test_somebody_elses_key_gives_way_only_by_force(server, place):
    path = name_of(place)
    assert carried(server.save(path, jupyterq.notebook("1", environment=GOOGLE))) == GOOGLE
    assert brief(server, path)["state"] == "foreign"
    server.post(f"{API}embed", {"path": path})
    assert carried((place / "a.ipynb").read_bytes()) == GOOGLE
    done = server.post(f"{API}embed", {"path": path, "force": True})
    assert done.status == 200, done.text
    found = carried((place / "a.ipynb").read_bytes())
    assert found["requirements.txt"] == "six==1.16.0\n"
    assert found["uri"] == GOOGLE["uri"]


def test_opted_out(server, place):
    path = name_of(place)
    saved = server.save(path, jupyterq.notebook("1", envboot={"embed": False}))
    assert carried(saved) is None
    assert brief(server, path)["state"] == "opted-out"


def test_a_password_never_ends_a_save(server, place):
    (place / "requirements.txt").write_text(
        "--extra-index-url https://me:hunter2hunter2@pypi.example.org/simple\n"
    )
    for _ in range(3):
        assert carried(server.save(name_of(place), jupyterq.notebook("1"))) is None
    said = [row for row in server.said().splitlines() if f"envboot: {name_of(place)}" in row]
    assert len(said) == 1, said
    assert "hunter2" not in server.said()


def test_a_notebook_paired_by_jupytext(server, place):
    pytest.importorskip("jupytext", reason="jupytext is not installed")
    assert "TextFileContentsManager" in server.said()
    path, pair = name_of(place), {"formats": "ipynb,py:percent"}
    first = server.save(path, jupyterq.notebook("import six", jupytext=pair))
    assert carried(first)["requirements.txt"] == "six==1.16.0\n"
    script = (place / "a.py").read_text()
    assert "import six" in script
    assert "1.16.0" not in script
    model = server.get(f"api/contents/{path}").json()["content"]
    (place / "requirements.txt").write_text("six==1.17.0\n")
    assert carried(server.save(path, model))["requirements.txt"] == "six==1.17.0\n"


# ------------------------------------------------------------------ who may ask for what


def test_nothing_without_a_token(server, place):
    path = name_of(place)
    server.save(path, jupyterq.notebook("1"))
    (place / "requirements.txt").write_text("six==1.17.0\n")
    for token in (None, "0" * 32):
        for address in ("envboot/page", f"{API}notebook"):
            reply = server.get(address, path=path, token=token)
            assert reply.status == 403, address
            assert "six" not in reply.text
        for address in ("embed", "recreate", "recreate/0123/cancel"):
            reply = server.post(f"{API}{address}", {"path": path}, token=token)
            assert reply.status == 403, address
        assert server.get(f"{API}recreate/0123", token=token).status == 403
    assert carried((place / "a.ipynb").read_bytes())["requirements.txt"] == "six==1.16.0\n"


def test_another_sites_page_cannot_post_with_her_cookie(server, place):
    path = name_of(place)
    server.save(path, jupyterq.notebook("1"))
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(jar)
    )
    opener.open(server.address("envboot/page", path=path), timeout=60).close()
    assert {"_xsrf"} < {cookie.name for cookie in jar}

    def post(address, **headers):
        data = json.dumps({"path": path}).encode()
        headers = {"Content-Type": "application/json", **headers}
        request = urllib.request.Request(server.url + API + address, data, headers)  # noqa: S310
        try:
            with opener.open(request, timeout=60) as reply:
                return reply.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    xsrf = next(cookie.value for cookie in jar if cookie.name == "_xsrf")
    for address in ("embed", "recreate", "recreate/0123/cancel"):
        assert post(address) == 403
        assert post(address, **{"X-XSRFToken": "0" * 32}) == 403
    assert post("embed", **{"X-XSRFToken": xsrf, "Origin": "https://evil.example.org"}) != 200
    assert post("embed", **{"X-XSRFToken": xsrf}) == 200
    assert post("recreate/0123/cancel", **{"X-XSRFToken": xsrf}) == 404


def test_paths_are_those_of_the_contents_api(server, place):
    (place / ".hidden").mkdir()
    for name in (".hidden/a.ipynb", ".a.ipynb"):
        (place / name).write_text(json.dumps(jupyterq.notebook("1", environment=THEIRS)))
    (server.root.parent / "outside.ipynb").write_text(json.dumps(jupyterq.notebook("1")))
    (place / "folder.ipynb").mkdir()
    (place / "plain.txt").write_text("text")
    wrong = ["../outside.ipynb", "/../outside.ipynb", f"{place.name}/../../outside.ipynb"]
    wrong += [name_of(place, n) for n in (".hidden/a.ipynb", ".a.ipynb", "folder.ipynb")]
    wrong += [name_of(place, n) for n in ("plain.txt", "absent.ipynb")]
    wrong += ["", "a\0.ipynb", str(server.root.parent / "outside.ipynb")]
    for path in wrong:
        for address in ("envboot/page", f"{API}notebook"):
            reply = server.get(address, path=path)
            assert reply.status in {400, 404}, (path, reply.status)
            assert "numpy" not in reply.text
        for deed in ("embed", "recreate"):
            assert server.post(f"{API}{deed}", {"path": path}).status in {400, 404}, path


@pytest.mark.parametrize("value", [[], "text", {"path": 7}, {"path": None}, {"path": ["a"]}])
def test_what_is_no_request(server, value):
    for deed in ("embed", "recreate"):
        assert server.post(f"{API}{deed}", value).status == 400


# ------------------------------------------------------------------ the page


def test_the_page_of_a_hostile_notebook(server, place):
    evil = "</pre><script>alert(1)</script><img src=x onerror=alert(1)>"
    theirs = {
        "env_ver": "0.2",
        "requirements.txt": f"six # {evil}\n",
        "setup.sh": f"echo '{evil}'\n",
        "cloud": {"env_name": evil, "handler_url": "https://127.0.0.1/a"},
        evil: evil,
    }
    (place / EVIL).write_text(json.dumps(jupyterq.notebook("1", environment=theirs)))
    reply = server.get("envboot/page", path=name_of(place, EVIL))
    assert reply.status == 200
    assert reply.headers["Content-Type"].startswith("text/html")
    found = Reader(reply.text)
    (script,) = found.all("script")
    rules = reply.headers["Content-Security-Policy"]
    assert f"script-src 'nonce-{script['nonce']}';" in rules
    assert "frame-ancestors 'self'" in rules
    assert "unsafe" not in rules
    assert found.all("img") == []
    assert found.all("body")[0]["data-path"] == name_of(place, EVIL)
    assert any(evil in text for text in found.texts)
    assert all(a["href"].startswith("https://") for a in found.all("a"))
    assert all("noopener" in a["rel"] for a in found.all("a"))
    other = Reader(server.get("envboot/page", path=name_of(place, EVIL)).text)
    assert other.all("script")[0]["nonce"] != script["nonce"]


def test_what_must_not_be_unpacked_is_said(server, place):
    theirs = {"env_ver": "0.2", "requirements.txt": "six\u202e\n"}
    (place / "a.ipynb").write_text(json.dumps(jupyterq.notebook("1", environment=theirs)))
    known = server.get(f"{API}notebook", path=name_of(place)).json()
    assert known["state"] == "error"
    assert "requirements.txt" in known["messages"][0]
    assert server.get("envboot/page", path=name_of(place)).status == 200
    done = server.post(f"{API}recreate", {"path": name_of(place), "digest": "0" * 64})
    assert done.status == 400


# ------------------------------------------------------------------ recreate


def test_the_whole_story(server, place):
    """Mailed here, compared with the running kernel, recreated, and the kernel switched."""
    path = name_of(place, "mailed.ipynb")
    (place / "requirements.txt").unlink()
    mark = place / "ran"
    theirs = {
        "env_ver": "0.2",
        "requirements.txt": "six==1.16.0\n",
        "setup.sh": f"touch '{mark}'\n",
        "machine_configuration": {"cpus": 1, "memory": "1gb"},
    }
    (place / "mailed.ipynb").write_text(json.dumps(jupyterq.notebook("1", environment=theirs)))
    session = server.post(
        "api/sessions",
        {"path": path, "name": "", "type": "notebook", "kernel": {"name": "python3"}},
    ).json()
    known = server.get(f"{API}notebook", path=path).json()
    assert known["state"] == "differs"
    assert known["kernel"]["interpreter"] == sys.executable
    assert [row["name"] for row in known["kernel"]["packages"]] == ["six"]
    assert {row["need"]: row["verdict"] for row in known["needs"]}["cpus"] == "ok"
    assert known["carries"]["scripts"] == ["setup.sh"]
    for digest in ("", None, "0" * 64):
        reply = server.post(f"{API}recreate", {"path": path, "digest": digest})
        assert reply.status == 409, reply.text
    job = recreate(server, path, scripts=True)
    again = server.post(f"{API}recreate", {"path": path, "digest": known["digest"]})
    assert again.status == 409
    assert brief(server, path)["job"] == job
    found = until(lambda: (p := progress(server, job))["done"] and p)
    assert found["result"]["outcome"] == "created", found
    assert len(found["lines"]) == found["seen"] > 3
    assert progress(server, job, found["seen"])["lines"] == []
    assert not any(line.startswith("{") for line in found["lines"])
    assert mark.exists()
    name = found["result"]["kernelspec"]
    saved = json.loads((place / "mailed.ipynb").read_text())["metadata"]
    assert saved["kernelspec"]["name"] == name
    assert brief(server, path)["state"] == "ok"
    with_kernel = server._ask(
        "PATCH", f"api/sessions/{session['id']}", {}, {"kernel": {"name": name}}, ""
    )
    assert with_kernel.status == 200, with_kernel.text
    after = server.get(f"{API}notebook", path=path).json()
    assert after["kernel"]["name"] == name
    assert after["kernel"]["interpreter"].startswith(found["result"]["prefix"])
    assert after["kernel"]["state"] == "same"
    assert after["state"] == "ok"
    server._ask("DELETE", f"api/sessions/{session['id']}", {}, None, "")


def test_a_file_here_that_differs_is_not_replaced_unasked(server, place):
    path = name_of(place)
    server.save(path, jupyterq.notebook("1", environment=THEIRS))
    job = recreate(server, path)
    found = until(lambda: (p := progress(server, job))["done"] and p)
    assert found["result"]["exit_code"] != 0
    assert "requirements.txt" in found["result"]["message"]
    assert (place / "requirements.txt").read_text() == "six==1.16.0\n"


def test_cancelled_in_the_middle(server, place):
    path = name_of(place, "slow.ipynb")
    server.save(path, jupyterq.notebook("1"))
    job = recreate(server, path)
    until(lambda: progress(server, job)["lines"])
    assert server.post(f"{API}recreate/{job}/cancel").status == 202
    found = until(lambda: (p := progress(server, job))["done"] and p)
    assert found["result"]["outcome"] == "cancelled"
    assert children(server, "slow.ipynb") == []
    assert brief(server, path)["job"] is None


def test_a_server_that_ends_takes_its_recreations_along(tmp_path):
    """Also: nbclassic, and a server that does not stand at the root of its host."""
    app = "nbclassic" if importlib.util.find_spec("nbclassic") else "jupyter_server"
    off = ("jupyterlab_jupytext", "jupyter_lsp", "nbdime", "jupyterlab", "notebook")
    with jupyterq.running(tmp_path, app=app, base="/deep/er/", without=off) as server:
        (server.root / "requirements.txt").write_text("six==1.16.0\n")
        assert carried(server.save("slow.ipynb", jupyterq.notebook("1")))
        body = Reader(server.get("envboot/page", path="slow.ipynb").text).all("body")[0]
        assert body["data-base"] == "/deep/er/"
        job = recreate(server, "slow.ipynb")
        until(lambda: progress(server, job)["lines"])
        running = children(server, "slow.ipynb")
        assert running
        server.stop()
        assert not [process for process in running if process.is_running()]


# ------------------------------------------------------------------ enabled by its installation


def test_installing_it_enables_it(tmp_path, tmp_path_factory):
    """What Jupyter itself says of the wheel."""
    uv = browser.uv()
    if uv is None:
        pytest.skip("uv is not installed")
    prefix = tmp_path / "venv"
    python = str(prefix / "bin" / "python")
    run(uv, "venv", "--quiet", "--python", sys.executable, str(prefix))
    (site,) = prefix.glob("lib/*/site-packages")
    own = next(p for p in sys.path if p.endswith("site-packages"))
    (site / "of-the-tests.pth").write_text(own)  # Jupyter itself is there already
    wheel = browser.wheel(tmp_path_factory)
    run(uv, "pip", "install", "--quiet", "--no-deps", "--python", python, wheel)
    environ = jupyterq.environ_of(tmp_path / "person", checkout=False)
    listed = run(python, "-m", "jupyter_server", "extension", "list", environ=environ)
    said = re.sub(r"\x1b\[\d*m", "", listed)
    assert re.search(r"envboot\.jupyter\s+enabled", said), said
    assert re.search(r"envboot\.jupyter\s+OK", said), said
    lab = prefix / "share" / "jupyter" / "labextensions" / "envboot"
    assert (lab / "package.json").is_file()


def run(*words, environ=None):
    done = subprocess.run(
        [str(word) for word in words],
        env=environ,
        cwd=Path(words[0]).anchor,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout + done.stderr
