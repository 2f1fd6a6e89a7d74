/** What is known of each open notebook's environment, kept up to date. */

/** The answers of the server, a panel each; asks anew after each save and whenever told to. */
export class Watching {
  constructor(server, contents, changed) {
    this._server = server;
    this._contents = contents;
    this._changed = changed;
    this._known = new WeakMap();
    this._asking = new WeakMap();
    this._absent = false;
    this._warned = null;
  }

  /** Whether the server has no extension to ask. */
  get absent() {
    return this._absent;
  }

  /** Return the last answer on a panel's notebook; null: there is none. */
  known(panel) {
    return (panel && this._known.get(panel)) ?? null;
  }

  /** Return the path by which the server knows a panel's notebook; null: it lies elsewhere. */
  path(panel) {
    const { path } = panel.context;
    const drive = this._contents.driveName(path);
    // jupyter-collaboration's drive is the server's own disk; jupytext opens other files too.
    const ours = (drive === "" || drive === "RTC") && path.endsWith(".ipynb");
    return ours ? this._contents.localPath(path) : null;
  }

  /** Follow a panel from now on. */
  add(panel) {
    const { context } = panel;
    const again = () => void this.refresh(panel);
    const saved = (_, state) => state === "completed" && again();
    context.fileChanged.connect(again);
    context.pathChanged.connect(again);
    context.saveState.connect(saved);
    void context.ready.then(again);
  }

  /**
   * Ask the server anew; where a question is on its way, once more when that is answered.
   *
   * Never raises: a person is told in the console of what fails, and once of a server without us.
   */
  refresh(panel) {
    const asking = this._asking.get(panel);
    if (asking !== undefined) {
      asking.again = true;
      return asking.done;
    }
    const started = { again: true, done: null };
    this._asking.set(panel, started);
    started.done = this._ask(panel, started).finally(() => this._asking.delete(panel));
    return started.done;
  }

  async _ask(panel, started) {
    while (started.again && !panel.isDisposed && !this._absent) {
      started.again = false;
      const path = this.path(panel);
      if (path !== null) {
        this.note(panel, await this._server.brief(path).catch((error) => this._failed(error)));
      }
    }
  }

  _failed(error) {
    if (!error.absent) {
      if (this._warned !== error.message) {
        console.warn(`envboot: ${error.message}`);
      }
      this._warned = error.message;
    } else if (!this._absent) {
      this._absent = true;
      console.info("envboot: this server lacks envboot's extension; install envboot[jupyter].");
    }
    return null;
  }

  /** Take an answer that came with another question. */
  note(panel, known) {
    this._known.set(panel, known);
    this._changed(panel);
  }
}
