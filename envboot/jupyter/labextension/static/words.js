/** What is said of a notebook's environment: a few signs, and a sentence behind them. */

const SAID = {
  ok: ["env ✓", "This notebook carries its environment, and it agrees with the files here."],
  differs: [
    "env differs",
    "What this notebook carries and the files here differ. Saving it refreshes what is yours.",
  ],
  nothing: ["", "This notebook carries no environment."],
  foreign: ["", "This notebook carries an environment that envboot did not write here."],
  "opted-out": ["", "This notebook is not to carry its environment."],
  error: ["env ?", "What this notebook carries cannot be read."],
  running: ["env …", "The environment is being made."],
};

/** Return the sign for a status bar, "" for none, of a GET notebook's answer (null: unknown). */
export function sign(known) {
  return said(known)[0];
}

/** Return the sentences behind the sign, as plain text. */
export function sentence(known) {
  if (known === null) {
    return "The environment of this notebook";
  }
  return [said(known)[1], ...(known.messages ?? [])].join("\n");
}

function said(known) {
  if (known === null) {
    return ["", ""];
  }
  return SAID[known.job ? "running" : known.state] ?? ["", ""];
}
