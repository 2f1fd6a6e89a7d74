/** From a recreation that the page began to a kernel in the new environment. */

const PAUSE = 1000;
/* Milliseconds between two looks at a job. */
const IDLE = 2500;
/* Milliseconds between two looks for one, while the page is open and said nothing. */

const GOOD = ["created", "updated", "up-to-date"];
/* Outcomes of an environment that works. */

const pause = (time) => new Promise((done) => setTimeout(done, time));

/** Watches for recreations while a page is open, and offers their kernel. */
export class Following {
  constructor(app, server, watching, { Dialog, showDialog }) {
    this._app = app;
    this._server = server;
    this._watching = watching;
    this._lab = { Dialog, showDialog };
    this._followed = new Set();
  }

  /** Look for recreations of a panel's notebook as long as its page is open. */
  async attend(panel, frame) {
    const iframe = frame.content.node.querySelector("iframe");
    const hear = ({ source, origin, data }) => {
      if (source !== iframe.contentWindow || !this._server.owns(origin)) {
        return;
      }
      if (typeof data?.envboot?.job === "string") {
        void this.follow(panel, data.envboot.job);
      } else if (data?.envboot?.embedded === true) {
        void reload(panel.context).then(() => this._watching.refresh(panel));
      }
    };
    window.addEventListener("message", hear);
    frame.disposed.connect(() => window.removeEventListener("message", hear));
    while (!frame.isDisposed && !panel.isDisposed && !this._watching.absent) {
      await pause(IDLE);
      if (document.visibilityState === "visible" && !frame.isDisposed) {
        await this._watching.refresh(panel); // a job that it names is followed
      }
    }
  }

  /** Wait for a job's end, once, and go on with its result. */
  async follow(panel, job) {
    if (this._followed.has(job)) {
      return;
    }
    this._followed.add(job);
    let state = { seen: 0, done: false, result: null };
    void this._watching.refresh(panel);
    while (!state.done && !panel.isDisposed) {
      await pause(PAUSE);
      try {
        state = await this._server.progress(job, state.seen);
      } catch (error) {
        if (error.status !== undefined) {
          return; // The server knows no such job any more; else it is out of reach for a while.
        }
      }
    }
    if (panel.isDisposed) {
      return;
    }
    await reload(panel.context);
    const { kernelspec, outcome } = state.result ?? {};
    const runs = panel.sessionContext.session?.kernel?.name === kernelspec;
    if (kernelspec && GOOD.includes(outcome) && !(runs && outcome === "up-to-date")) {
      await this._offer(panel, kernelspec, runs);
    }
    void this._watching.refresh(panel);
  }

  /** Ask whether the notebook is to go on in the new environment, and see to it. */
  async _offer(panel, name, runs) {
    const { Dialog, showDialog } = this._lab;
    const { kernelspecs } = this._app.serviceManager;
    await kernelspecs.refreshSpecs();
    const shown = kernelspecs.specs?.kernelspecs?.[name]?.display_name ?? name;
    const deed = runs ? "Restart the kernel" : "Switch this notebook to the kernel";
    const answer = await showDialog({
      title: "The environment is ready",
      body: `${deed} “${shown}”? What its present kernel holds is lost.`,
      buttons: [
        Dialog.cancelButton({ label: "Not now" }),
        Dialog.okButton({ label: runs ? "Restart kernel" : "Switch kernel" }),
      ],
    });
    if (answer.button.accept && !panel.isDisposed) {
      const { sessionContext } = panel;
      await (runs ? sessionContext.restartKernel() : sessionContext.changeKernel({ name }));
    }
  }
}

/** Read a notebook from disk again, where nothing unsaved is lost by it. */
export async function reload(context) {
  if (!context.model.dirty) {
    await context.revert();
  }
}
