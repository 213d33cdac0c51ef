/**
 * The parameters that credentials have put into queries. A server may answer with a redirect that keeps its query: there
 * they must not go along to an origin that they are not meant for (W5).
 */

import { withoutParameters } from "../placement/query.js";
import type { QueryCredential } from "../values/credential.js";

/** As many as requests may be under way at once, if each is signed in its query. */
const MOST_KEPT = 1000;

export class PlacedParameters {
  /** In the order in which they were put on last. */
  readonly #kept = new Set<string>();

  /** Keeps in mind what was put onto a request. */
  add(parameters: readonly QueryCredential[]): void {
    for (const { name, value } of parameters) {
      const key = keyOf(name, value);
      this.#kept.delete(key);
      this.#kept.add(key);
    }
    for (const oldest of this.#kept) {
      if (this.#kept.size <= MOST_KEPT) break;
      this.#kept.delete(oldest);
    }
  }

  /** `url` without the parameters that have name and value of one that was put on. */
  takenOutOf(url: string): string {
    if (this.#kept.size === 0) return url;
    return withoutParameters(url, (name, value) => this.#kept.has(keyOf(name, value)));
  }
}

function keyOf(name: string, value: string): string {
  return JSON.stringify([name, value]);
}
