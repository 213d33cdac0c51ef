/** A connector: it reads the pages of one table, with whatever provider it is given. */

import { authFetch } from "faucet-auth";

const PAUSE_MS = 40;

export class Connector {
  requests = 0;
  refused = 0;
  failed = 0;
  /** Why it stopped: the IdP's code where it gave one. @type {string | undefined} */
  failure;
  /** @type {Set<string>} */
  tokens = new Set();

  /** @param {string} table @param {import("faucet-auth").AuthProvider} auth @param {string} origin */
  constructor(table, auth, origin) {
    this.table = table;
    this.origin = origin;
    this.fetch = authFetch(auth, { fetch: (input, init) => this.#count(input, init) });
  }

  /** Reads page after page until `signal` is aborted, or until a page cannot be read. @param {AbortSignal} signal */
  async run(signal) {
    for (let page = 0; !signal.aborted && this.failed === 0; page += 1) {
      await this.#read(page).catch((error) => {
        this.failed += 1;
        this.failure = error.error ?? error.message;
      });
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  /** @param {number} page */
  async #read(page) {
    const response = await this.fetch(`${this.origin}/${this.table}?page=${page}`);
    if (!response.ok) throw new Error(`HTTP ${response.status} on page ${page}`);
    return response.json();
  }

  /** What the demo shows of each request. @param {Parameters<typeof fetch>[0]} input @param {RequestInit} [init] */
  async #count(input, init) {
    this.requests += 1;
    this.tokens.add(new Headers(init?.headers).get("authorization") ?? "");
    const response = await fetch(input, init);
    if (response.status === 401) this.refused += 1;
    return response;
  }
}
