/** The toolbar's button and the status bar's item: plain elements, text never as HTML. */

import { sentence, sign } from "./words.js";

const STYLE = `
.envboot-button {
  background: none; border: none; color: var(--jp-ui-font-color1); cursor: pointer;
  font-family: var(--jp-ui-font-family); font-size: var(--jp-ui-font-size1);
  line-height: 1.5; padding: 0 6px; white-space: nowrap;
}
.envboot-button:hover { background: var(--jp-layout-color2); }
.envboot-button:focus-visible { outline: 1px solid var(--jp-brand-color1, Highlight); }
.envboot-button[data-state="differs"], .envboot-button[data-state="error"] {
  color: var(--jp-warn-color0, inherit); font-weight: 600;
}
.envboot-status .envboot-button { font-size: inherit; line-height: inherit; height: 100%; }
`;

/** Put our rules into the page, once. */
export function dress() {
  const style = document.createElement("style");
  style.textContent = STYLE;
  document.head.append(style);
}

/** Return a widget that holds one button. */
function button(Widget, pressed) {
  const widget = new Widget();
  const node = document.createElement("button");
  node.type = "button";
  node.className = "envboot-button";
  node.addEventListener("click", pressed);
  widget.node.append(node);
  return [widget, node];
}

/** Let a button say what is known of a notebook; `fallback`: its text where there is no sign. */
function say(node, known, fallback) {
  node.textContent = sign(known) || fallback;
  node.title = sentence(known);
  node.setAttribute("aria-label", `${node.textContent}: ${node.title}`);
  node.dataset.state = known?.state ?? "";
}

/** Return a notebook toolbar's button, and a function that tells it what is known. */
export function toolbarButton(Widget, pressed) {
  const [widget, node] = button(Widget, pressed);
  widget.addClass("envboot-toolbar");
  const tell = (known) => say(node, known, "env");
  tell(null);
  return [widget, tell];
}

/** Return the status bar's item, and a function that tells it what is known. */
export function statusItem(Widget, pressed) {
  const [widget, node] = button(Widget, pressed);
  widget.addClass("envboot-status");
  widget.node.setAttribute("role", "status");
  return [widget, (known) => say(node, known, "")];
}
