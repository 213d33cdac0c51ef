/** The connection of one provider to its IdP: the dispatcher that it is given, or one of its own (H11). */

import type { Dispatcher } from "../http/dispatcher.js";
import type { TokenFetch } from "../http/fetch.js";
import { type OwnDispatcher, ownDispatcher } from "../http/own-dispatcher.js";
import { secretsOfRequest } from "../http/url.js";
import type { LiveValue } from "../live/live-value.js";
import { ConfigError } from "../values/errors.js";
import { handled } from "../values/handled.js";
import type { ConnectionSettings } from "./connection-config.js";
import type { Runtime } from "./runtime.js";
import { faultsOfMaterial, materialOf, valuesOf } from "./tls-material.js";

/** What a request is sent by. */
export interface Sender {
  readonly dispatcher?: Dispatcher | undefined;
  readonly fetch?: TokenFetch | undefined;
}

/** The way of all requests of a provider. */
export class Connection {
  readonly #settings: ConnectionSettings;
  readonly #given: Sender;
  #own: { readonly texts: readonly string[]; readonly dispatcher: Promise<OwnDispatcher> } | undefined;

  constructor({ tls, proxy_url }: ConnectionSettings, { dispatcher, fetch }: Runtime) {
    this.#settings = { tls, proxy_url };
    this.#given = { dispatcher, fetch };
  }

  /** What is read before each request. */
  get live(): readonly LiveValue[] {
    return this.#settings.tls === undefined ? [] : valuesOf(this.#settings.tls);
  }

  /** Reads the certificates for a request that is made before that for the token. */
  async read(signal: AbortSignal): Promise<void> {
    await Promise.all(this.live.map((value) => value.read(signal)));
  }

  /** What a proxy may echo. */
  get secrets(): readonly string[] {
    const { proxy_url: url } = this.#settings;
    return url === undefined ? [] : secretsOfRequest({ url, headers: {} });
  }

  /**
   * What to send a request by, with the certificates that were read last. Rejects with a retryable `ConfigError` if they do not
   * fit each other: they may just be being replaced, one after the other.
   */
  async sender(): Promise<Sender> {
    const { tls, proxy_url: proxy } = this.#settings;
    if (tls === undefined && proxy === undefined) return this.#given;
    const texts = this.live.map(({ text }) => text);
    if (this.#own === undefined || this.#own.texts.some((text, index) => text !== texts[index])) {
      const material = tls === undefined ? {} : materialOf(tls);
      const faults = faultsOfMaterial(material);
      if (faults.length > 0) throw new ConfigError("configuration", faults, { retryable: true });
      const former = this.#own;
      this.#own = { texts, dispatcher: handled(ownDispatcher({ tls: material, proxy })) };
      // Requests that are under way end in their own time.
      former?.dispatcher.then((dispatcher) => dispatcher.close()).catch(() => {});
    }
    return { dispatcher: await this.#own.dispatcher };
  }

  /** Closes what was opened here. Nobody waits for an answer any more. */
  async close(): Promise<void> {
    const own = await this.#own?.dispatcher.catch(() => undefined);
    await own?.destroy();
  }
}
