/**
 * The container that JupyterLab and Notebook 7 load: module federation, written by hand.
 *
 * The page calls `init` with the share scope (name → version → {get, loaded}), then `get` for what
 * package.json names as `_build.extension`. Nothing is bundled: all of Lab's modules come from the
 * scope, all of ours lie beside this file as ES modules that a browser reads as they are.
 */
(() => {
  "use strict";
  const here = new URL(".", document.currentScript.src).href;
  let scope = null;

  /** Numbers of a version, for comparing: "4.10.0-beta.1" → [4, 10, 0]. */
  function numbers(version) {
    return version.split(/[-+]/, 1)[0].split(".").map(Number);
  }

  /** Order two versions as Array.sort wants it; a pre-release counts as what it leads up to. */
  function byVersion(one, other) {
    const [a, b] = [numbers(one), numbers(other)];
    return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
  }

  /**
   * Return a module that the front end shares, or null where it shares none of that name.
   *
   * As a singleton is chosen everywhere: what is loaded already, or else the newest. Another major
   * version than the one this was written for is tried, and said.
   */
  async function shared(name, major) {
    const versions = scope?.[name] ?? {};
    const all = Object.keys(versions).sort(byVersion);
    const version = all.filter((one) => versions[one].loaded).pop() ?? all.pop();
    if (version === undefined) {
      return null;
    }
    if (numbers(version)[0] !== major) {
      console.warn(`envboot: ${name} ${version} is untried here; ${major}.x is known to work.`);
    }
    const factory = await versions[version].get();
    return factory();
  }

  const container = {
    init(given) {
      if (scope !== null && scope !== given) {
        throw new Error("envboot: already initialised with another share scope");
      }
      scope = given;
    },
    async get(module) {
      if (module !== "./extension") {
        throw new Error(`envboot: no module ${module}`);
      }
      const { plugin } = await import(`${here}plugin.js`);
      const exported = { __esModule: true, default: await plugin(shared) };
      return () => exported;
    },
  };
  (window._JUPYTERLAB ??= {}).envboot = container;
})();
