/** What the browser asks of the server's extension; the contract stands in envboot/jupyter. */

/** An error that the server explained, or the lack of the server's extension (`absent`). */
export class ServerError extends Error {
  constructor(message, status, absent = false) {
    super(message);
    this.status = status;
    this.absent = absent;
  }
}

/** The addresses of envboot on one Jupyter server; token and XSRF are Lab's own affair. */
export class Server {
  constructor(ServerConnection, URLExt, settings) {
    this._connection = ServerConnection;
    this._join = URLExt.join;
    this._settings = settings;
  }

  /** Return what is known of a notebook on disk, quickly. */
  brief(path) {
    return this._ask("GET", `notebook?path=${encodeURIComponent(path)}&brief=1`);
  }

  /** Put the environment into the notebook on disk; `force`: over somebody else's. */
  embed(path, force) {
    return this._ask("POST", "embed", { path, force });
  }

  /** Return what a running recreation has come to; `seen`: the lines that are known. */
  progress(id, seen) {
    return this._ask("GET", `recreate/${encodeURIComponent(id)}?seen=${seen}`);
  }

  /** Return the address of the page on a notebook. */
  page(path) {
    const base = this._join(this._settings.baseUrl, "envboot/page");
    return `${base}?path=${encodeURIComponent(path)}`;
  }

  /** Return whether a message comes from this server's pages. */
  owns(origin) {
    return origin === new URL(this._settings.baseUrl, location.href).origin;
  }

  async _ask(method, tail, body) {
    const init = { method };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = { "Content-Type": "application/json" };
    }
    const url = this._join(this._settings.baseUrl, "envboot/api/") + tail;
    const answer = await this._connection.makeRequest(url, init, this._settings);
    const kind = answer.headers.get("Content-Type") ?? "";
    if (!kind.startsWith("application/json")) {
      // An address that no extension serves is answered with Jupyter's own page.
      throw new ServerError(`HTTP ${answer.status}`, answer.status, answer.status === 404);
    }
    const value = await answer.json();
    if (!answer.ok) {
      throw new ServerError(value.message ?? `HTTP ${answer.status}`, answer.status);
    }
    return value;
  }
}
