/** What a person can ask for: in the palette, the menu, the toolbar, the status bar. */

import { reload } from "./following.js";
import { sentence } from "./words.js";

const EMBED = "envboot:embed";
const RECREATE = "envboot:recreate";
export const SHOW = "envboot:show";
const SHOWN = 5000;
/* Milliseconds that a notification stays. */
const PATIENCE = 5000;
/* Milliseconds that a kernel may take to start before a notebook is saved without it. */

/** Add the commands, each on the notebook of an argument, or else on the current one. */
export function addCommands(lab, app, tracker, palette, parts) {
  const { watching, pages } = parts;
  /** The notebook that is meant: by its path, or else the current one. */
  const meant = ({ path } = {}) =>
    (path && tracker.find((panel) => panel.context.path === path)) || tracker.currentWidget;
  const isEnabled = (args) => {
    const panel = meant(args);
    return panel !== null && !watching.absent && watching.path(panel) !== null;
  };
  const saved = async (panel) => {
    await settled(panel.sessionContext);
    if (panel.context.model.dirty) {
      await panel.context.save();
    }
    return watching.path(panel);
  };
  const add = (id, label, caption, deed) => {
    const execute = async (args) => {
      const panel = meant(args);
      if (panel === null) {
        return;
      }
      try {
        await deed(panel);
      } catch (error) {
        await lab.showErrorMessage(label, error.message);
      }
    };
    // Newer front ends show what a command takes; older ones do not know the key.
    const args = { type: "object", properties: { path: { type: "string" } } };
    app.commands.addCommand(id, {
      label: ({ inPalette } = {}) => (inPalette ? `envboot: ${label}` : label),
      caption,
      isEnabled,
      execute,
      describedBy: { args },
    });
    palette?.addItem({ command: id, category: "envboot", args: { inPalette: true } });
  };

  add(SHOW, "Show environment", "What this notebook carries, and what differs", async (panel) =>
    pages.show(panel, watching.path(panel), ""));
  add(RECREATE, "Recreate environment…", "Make the environment that this notebook carries",
    async (panel) => pages.show(panel, await saved(panel), "recreate"));
  add(EMBED, "Embed environment", "Put this folder's dependency files into the notebook",
    async (panel) => embed(lab, parts, panel, await saved(panel)));
}

/**
 * Wait until a kernel that is being started has said its language, which Lab notes in the notebook.
 *
 * Else a notebook that was just saved would count as changed a moment later, and not be read again.
 */
async function settled(context) {
  const told = context.ready.then(() => context.session?.kernel?.info).catch(() => undefined);
  await Promise.race([told, new Promise((done) => setTimeout(done, PATIENCE))]);
}

/** Put the environment into a saved notebook, asking before somebody else's is replaced. */
async function embed(lab, { server, watching, pages }, panel, path) {
  const before = await server.brief(path);
  const force = before.state === "foreign";
  if (force) {
    const answer = await lab.showDialog({
      title: "Somebody else wrote what this notebook carries",
      body: [sentence(before), "Put this folder's environment there?"].join("\n"),
      buttons: [lab.Dialog.cancelButton(), lab.Dialog.warnButton({ label: "Replace" })],
    });
    if (!answer.button.accept) {
      return;
    }
  }
  const known = await server.embed(path, force);
  await reload(panel.context);
  watching.note(panel, known);
  pages.renew(panel, path);
  const kind = known.state === "ok" ? "success" : "info";
  lab.Notification.emit(sentence(known), kind, { autoClose: SHOWN });
}
