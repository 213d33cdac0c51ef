/** A connector: it reads the pages of one table, with whatever provider it is given. */

import { Credential } from "faucet-auth";

const PAUSE_MS = 40;

export class Connector {
  requests = 0;
  refused = 0;
  failed = 0;
  /** @type {string | undefined} */
  failure;
  /** @type {Set<string>} */
  tokens = new Set();

  /** @param {string} table @param {import("faucet-auth").AuthProvider} auth @param {string} origin */
  constructor(table, auth, origin) {
    this.table = table;
    this.auth = auth;
    this.origin = origin;
  }

  /** Reads page after page until `signal` is aborted, or until a page cannot be read. @param {AbortSignal} signal */
  async run(signal) {
    for (let page = 0; !signal.aborted && this.failed === 0; page += 1) {
      await this.#read(page).catch((error) => {
        this.failed += 1;
        this.failure = error.message;
      });
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  /** @param {number} page */
  async #read(page) {
    const credential = await this.auth.getToken();
    let response = await this.#get(page, credential);
    if (response.status === 401) {
      this.refused += 1;
      // Not "get me a new token", but "this one was refused": one report of many refreshes.
      response = await this.#get(page, await this.auth.invalidate(credential));
    }
    if (!response.ok) throw new Error(`HTTP ${response.status} on page ${page}`);
    return response.json();
  }

  /** @param {number} page @param {import("faucet-auth").Credential} credential */
  async #get(page, credential) {
    const authorization = Credential.authorizationValue(credential) ?? "";
    this.tokens.add(authorization);
    this.requests += 1;
    return fetch(`${this.origin}/${this.table}?page=${page}`, { headers: { authorization } });
  }
}
