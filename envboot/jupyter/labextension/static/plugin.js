/** The plug-in: commands, palette, toolbar, status bar; the menu's row is in its schema. */

import { addCommands, SHOW } from "./commands.js";
import { Following } from "./following.js";
import { Pages } from "./page.js";
import { Server } from "./server.js";
import { Watching } from "./watching.js";
import { dress, statusItem, toolbarButton } from "./widgets.js";
import { sign } from "./words.js";

/** Return the plug-in, its modules taken from the share scope. */
export async function plugin(shared) {
  const needed = (name, major) =>
    shared(name, major).then((module) => {
      if (module === null) {
        throw new Error(`envboot: this front end does not share ${name}`);
      }
      return module;
    });
  const [apputils, coreutils, notebook, services, signaling, widgets, statusbar] =
    await Promise.all([
      needed("@jupyterlab/apputils", 4),
      needed("@jupyterlab/coreutils", 6),
      needed("@jupyterlab/notebook", 4),
      needed("@jupyterlab/services", 7),
      needed("@lumino/signaling", 2),
      needed("@lumino/widgets", 2),
      shared("@jupyterlab/statusbar", 4),
    ]);
  const lab = { ...apputils, ...coreutils, ...services, ...signaling, ...widgets };
  const optional = [apputils.ICommandPalette, apputils.IToolbarWidgetRegistry];
  if (statusbar !== null) {
    optional.push(statusbar.IStatusBar);
  }
  return {
    id: "envboot:plugin",
    description: "Notebooks that carry their environment.",
    autoStart: true,
    requires: [notebook.INotebookTracker],
    optional,
    activate: (app, tracker, palette, toolbars, status) =>
      activate(lab, app, tracker, palette, toolbars, status),
  };
}

function activate(lab, app, tracker, palette, toolbars, status) {
  dress();
  const settings = app.serviceManager.serverSettings;
  const server = new Server(lab.ServerConnection, lab.URLExt, settings);
  const tellers = new WeakMap();
  const told = new lab.Signal({});
  const watching = new Watching(server, app.serviceManager.contents, (panel) => {
    const known = watching.known(panel);
    tellers.get(panel)?.(known);
    told.emit(panel);
    if (known?.job) {
      void following.follow(panel, known.job);
    }
  });
  const following = new Following(app, server, watching, lab);
  const pages = new Pages(app.shell, server, lab, (panel, frame) => {
    void following.attend(panel, frame);
  });

  addCommands(lab, app, tracker, palette, { server, watching, pages });
  toolbars?.addFactory("Notebook", "envboot", (panel) => {
    const pressed = () => void app.commands.execute(SHOW, { path: panel.context.path });
    const [widget, tell] = toolbarButton(lab.Widget, pressed);
    tellers.set(panel, tell);
    tell(watching.known(panel));
    return widget;
  });
  if (status) {
    addStatus(lab, app, tracker, status, watching, told);
  }
  tracker.forEach((panel) => watching.add(panel));
  tracker.widgetAdded.connect((_, panel) => watching.add(panel));

  // A dependency file may have changed since: saved here, or while somebody was elsewhere.
  const again = () => tracker.currentWidget && void watching.refresh(tracker.currentWidget);
  tracker.currentChanged.connect(again);
  app.shell.currentChanged?.connect(again);
  app.serviceManager.contents.fileChanged.connect((_, { type, newValue }) => {
    if (type !== "save" || !newValue?.path?.endsWith(".ipynb")) {
      again();
    }
  });
  window.addEventListener("focus", again);
}

function addStatus(lab, app, tracker, status, watching, told) {
  const pressed = () => void app.commands.execute(SHOW);
  const [item, tell] = statusItem(lab.Widget, pressed);
  const changed = new lab.Signal(item);
  const update = () => {
    tell(watching.known(tracker.currentWidget));
    changed.emit();
  };
  told.connect(update);
  tracker.currentChanged.connect(update);
  status.registerStatusItem("envboot:status", {
    item,
    align: "right",
    rank: 20,
    isActive: () => sign(watching.known(tracker.currentWidget)) !== "",
    activeStateChanged: changed,
  });
  update();
}
