/** From a recreation that the page began to a kernel in the new environment. */

const PAUSE = 1000;
/* Milliseconds between two looks at a job. */
const IDLE = 2500;
/* Milliseconds between two looks for one, while the page is open and said nothing. */

const pause = (time) => new Promise((done) => setTimeout(done, time));

/** Watches for recreations while a page is open, and offers their kernel. */
export class Following {
  constructor(app, server, watching, { Dialog, showDialog, Notification }) {
    this._app = app;
    this._server = server;
    this._watching = watching;
    this._lab = { Dialog, showDialog, Notification };
    this._followed = new Set();
  }

  /** Look for recreations of a panel's notebook as long as its page is open. */
  async attend(panel, frame) {
    const iframe = frame.content.node.querySelector("iframe");
    const hear = (event) => {
      const job = event.source === iframe.contentWindow && event.data?.envboot?.job;
      if (typeof job === "string" && this._server.owns(event.origin)) {
        void this.follow(panel, job);
      }
    };
    window.addEventListener("message", hear);
    frame.disposed.connect(() => window.removeEventListener("message", hear));
    while (!frame.isDisposed && !panel.isDisposed && !this._watching.absent) {
      await pause(IDLE);
      if (document.visibilityState === "visible" && !frame.isDisposed) {
        await this._watching.refresh(panel);
        const job = this._watching.known(panel)?.job;
        if (job) {
          void this.follow(panel, job);
        }
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
    if (state.result?.kernelspec) {
      await this._offer(panel, state.result.kernelspec);
    }
    void this._watching.refresh(panel);
  }

  /** Ask whether the notebook is to go on in the new environment, and see to it. */
  async _offer(panel, name) {
    const { Dialog, showDialog } = this._lab;
    await reload(panel.context);
    const { kernelspecs } = this._app.serviceManager;
    await kernelspecs.refreshSpecs();
    const shown = kernelspecs.specs?.kernelspecs?.[name]?.display_name ?? name;
    if (panel.sessionContext.session?.kernel?.name === name) {
      await panel.sessionContext.restartKernel();
      return;
    }
    const answer = await showDialog({
      title: "The environment is ready",
      body: `Switch this notebook to the kernel “${shown}”? What its present kernel holds is lost.`,
      buttons: [
        Dialog.cancelButton({ label: "Not now" }),
        Dialog.okButton({ label: "Switch kernel" }),
      ],
    });
    if (answer.button.accept && !panel.isDisposed) {
      await panel.sessionContext.changeKernel({ name });
    }
  }
}

/** Read a notebook from disk again, where nothing unsaved is lost by it. */
export async function reload(context) {
  if (!context.model.dirty) {
    await context.revert();
  }
}
