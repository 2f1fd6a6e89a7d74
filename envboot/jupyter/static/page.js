"use strict";
/* The buttons of the page. Every text is set as text; nothing that is fetched becomes markup. */
(() => {
  const facts = document.body.dataset;
  const api = `${facts.base}envboot/api/`;
  const find = (id) => document.getElementById(id);
  const ticked = (id) => find(id)?.checked === true;
  const pause = (time) => new Promise((done) => setTimeout(done, time));
  const ENDS = {
    created: "The environment is made, and it works.",
    updated: "The environment is up to date now, and it works.",
    "up-to-date": "Nothing had to be done: the environment works.",
    unpacked: "Done.",
    cancelled: "It was cancelled.",
    "falls-short": "This machine falls short of what the notebook needs.",
    "not-working": "The environment is made, but it does not work.",
  };

  function cookie(name) {
    const start = `${name}=`;
    const found = document.cookie.split("; ").find((part) => part.startsWith(start));
    return found === undefined ? "" : decodeURIComponent(found.slice(start.length));
  }

  async function ask(method, tail, body) {
    const init = { method, credentials: "same-origin", headers: { Accept: "application/json" } };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers["Content-Type"] = "application/json";
      init.headers["X-XSRFToken"] = cookie("_xsrf");
    }
    const answer = await fetch(api + tail, init);
    const value = await answer.json().catch(() => ({}));
    if (!answer.ok) {
      throw new Error(value.message ?? `HTTP ${answer.status}`);
    }
    return value;
  }

  function fail(text) {
    const place = find("failure");
    place.textContent = text;
    place.hidden = text === "";
    if (text !== "") {
      place.scrollIntoView({ block: "nearest" });
    }
  }

  function tell(text) {
    const place = find("progress-state");
    place.textContent = text;
    place.hidden = false;
  }

  function show(lines) {
    const place = find("progress");
    place.hidden = false;
    const low = place.scrollTop + place.clientHeight >= place.scrollHeight - 8;
    if (lines.length > 0) {
      place.append(`${lines.join("\n")}\n`);
    }
    if (low) {
      place.scrollTop = place.scrollHeight;
    }
  }

  function busy(running) {
    for (const id of ["do-recreate", "do-embed", "overwrite", "scripts", "force"]) {
      if (find(id)) {
        find(id).disabled = running;
      }
    }
    find("do-cancel").hidden = !running;
    find("do-cancel").disabled = false;
  }

  /** Tell whoever shows this page in a frame: its copy of the notebook is old from now on. */
  function announce(what) {
    if (window.parent !== window) {
      window.parent.postMessage({ envboot: what }, location.origin);
    }
  }

  async function follow(job) {
    facts.job = job;
    busy(true);
    tell("It is being made…");
    announce({ job }); // the kernel is switched there
    let state = { seen: 0, done: false, result: null };
    while (!state.done) {
      try {
        state = await ask("GET", `recreate/${job}?seen=${state.seen}`);
        show(state.lines);
      } catch (error) {
        fail(error.message);
        break;
      }
      if (!state.done) {
        await pause(500);
      }
    }
    facts.job = "";
    busy(false);
    if (state.result) {
      end(state.result);
    }
  }

  function end(result) {
    const said = ENDS[result.outcome] ?? "It failed.";
    const kernel = result.kernelspec ? ` Its kernel is ${result.kernelspec}.` : "";
    tell(said + kernel);
    facts.outcome = result.outcome;
    if (result.message) {
      fail(result.hint ? `${result.message} (${result.hint})` : result.message);
    }
  }

  async function recreate() {
    fail("");
    find("progress").textContent = "";
    delete facts.outcome;
    busy(true);
    try {
      const { id } = await ask("POST", "recreate", {
        path: facts.path,
        digest: facts.digest,
        scripts: ticked("scripts"),
        overwrite: ticked("overwrite"),
      });
      await follow(id);
    } catch (error) {
      busy(false);
      fail(error.message);
    }
  }

  async function cancel() {
    find("do-cancel").disabled = true;
    try {
      await ask("POST", `recreate/${facts.job}/cancel`, {});
    } catch (error) {
      fail(error.message);
    }
  }

  async function embed() {
    fail("");
    find("do-embed").disabled = true;
    try {
      await ask("POST", "embed", { path: facts.path, force: ticked("force") });
      announce({ embedded: true });
      location.reload();
    } catch (error) {
      find("do-embed").disabled = false;
      fail(error.message);
    }
  }

  find("do-embed")?.addEventListener("click", embed);
  find("do-recreate")?.addEventListener("click", recreate);
  find("do-cancel")?.addEventListener("click", cancel);
  if (facts.job && find("recreate")) {
    void follow(facts.job);
  }
})();
