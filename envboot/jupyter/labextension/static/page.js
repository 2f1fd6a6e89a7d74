/** The server's page on one notebook, in a frame: it holds the logic, we only show it. */

/* What the frame may do: ask its own server, and open another service's page, free of us. */
const SANDBOX = [
  "allow-scripts",
  "allow-same-origin",
  "allow-popups",
  "allow-popups-to-escape-sandbox",
];

/** The frames that are open, one a notebook. */
export class Pages {
  constructor(shell, server, { IFrame, MainAreaWidget }, opened) {
    this._shell = shell;
    this._server = server;
    this._make = (options) => new MainAreaWidget({ content: new IFrame(options) });
    this._opened = opened;
    this._open = new Map();
  }

  /** Show the page on a panel's notebook; `part`: what it should scroll to. */
  show(panel, path, part) {
    const id = `envboot-${panel.id}`;
    let frame = this._open.get(id);
    if (frame === undefined || frame.isDisposed) {
      frame = this._make({ sandbox: SANDBOX });
      frame.id = id;
      frame.addClass("envboot-page");
      frame.title.label = "Environment";
      frame.title.caption = `The environment of ${path}`;
      frame.title.closable = true;
      frame.content.node.querySelector("iframe").title = frame.title.caption;
      this._open.set(id, frame);
      const close = () => frame.dispose();
      panel.disposed.connect(close);
      frame.disposed.connect(() => {
        this._open.delete(id);
        panel.disposed.disconnect(close);
      });
      this._place(frame, panel);
      this._opened(panel, frame);
    }
    this._load(frame, path, part);
    this._shell.activateById(id);
  }

  /** Let the page on a panel's notebook load anew, if it is open: the notebook was changed. */
  renew(panel, path) {
    const frame = this._open.get(`envboot-${panel.id}`);
    if (frame !== undefined) {
      this._load(frame, path, "");
    }
  }

  _load(frame, path, part) {
    // A frame that is to show the address that it has, or another part of it, would not load.
    frame.content.url = `${this._server.page(path)}&at=${Date.now()}${part ? `#${part}` : ""}`;
  }

  /** Put a frame beside its notebook. */
  _place(frame, panel) {
    if (typeof this._shell.expandRight === "function" && this._shell.mode === undefined) {
      // Notebook 7 has one document a page: what belongs to it goes into its right side bar.
      this._shell.add(frame, "right", { rank: 500 });
      this._shell.expandRight(frame.id);
    } else {
      this._shell.add(frame, "main", { mode: "split-right", ref: panel.id });
    }
  }
}
