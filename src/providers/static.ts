/** `static`: a credential that stands in the configuration. */

import * as z from "zod/mini";
import { noCounts, type ProviderStatus } from "../cache/status.js";
import { Watches, type WatchListener, type WatchOptions } from "../cache/watches.js";
import { check, isGiven, lazily, type Relation } from "../config/check.js";
import { anyText, because, optional } from "../config/fields.js";
import { faultOfEncoding } from "../config/scalars.js";
import { wallClock } from "../values/clock.js";
import { type Credential, remake } from "../values/credential.js";
import { faultsOfFields } from "../values/credential-fields.js";
import { ClosedError } from "../values/errors.js";
import { handled } from "../values/handled.js";
import type { CallOptions } from "../values/issued.js";
import { Provider } from "./provider.js";
import { faultsOfRuntime, type Runtime } from "./runtime.js";

/** A bearer token: `Authorization: Bearer <token>`. */
export interface StaticTokenConfig {
  /** The token alone, without `Bearer `. */
  readonly token: string;
}

/** One header. */
export interface StaticHeaderConfig {
  /** The header's name. */
  readonly header: string;
  /** The header's whole value. */
  readonly value: string;
}

/** Several headers that belong together. */
export interface StaticHeadersConfig {
  /** Their values, by name. */
  readonly headers: Readonly<Record<string, string>>;
}

/** User name and password for HTTP Basic authentication. */
export interface StaticBasicConfig {
  /** The user name, or an API key beside an empty password. */
  readonly username: string;
  /** The password; it may be empty, but must be given. */
  readonly password: string;
}

/** Exactly one of a bearer token, a header, several headers, and user name with password. */
export type StaticConfig = StaticTokenConfig | StaticHeaderConfig | StaticHeadersConfig | StaticBasicConfig;

/**
 * Gives the one credential that it was made with. It asks nobody, and has nothing to refresh.
 *
 * @example
 * const auth = new StaticProvider({ header: "X-Api-Key", value: "k3y" });
 */
export class StaticProvider extends Provider {
  /** The name of the type in configurations. */
  static readonly type = "static";

  readonly #credential: Credential;
  readonly #promise: Promise<Credential>;
  readonly #issuedAt: number;
  readonly #watches: Watches;
  #closed = false;

  /** @throws `ConfigError` with every fault of `config` and `runtime`. */
  constructor(config: StaticConfig, runtime: Runtime = {}) {
    const { type } = StaticProvider;
    const settings = check(type, config, {
      schema: staticSchema(),
      relations: [exactlyOneForm, usableFields, tokenAlone],
      others: faultsOfRuntime(runtime),
    });
    const credential = remake(fieldsOf(settings));
    super(type, { credential }, runtime);
    this.#credential = credential;
    this.#promise = Promise.resolve(credential);
    this.#watches = new Watches(this.name);
    this.#issuedAt = (runtime.clock ?? wallClock)();
  }

  /** The same promise of the same credential each time. Rejects with a `ClosedError` after `close()`. */
  getToken(options: CallOptions = {}): Promise<Credential> {
    if (options.signal?.aborted) return handled(Promise.reject(options.signal.reason));
    return this.#closed ? handled(Promise.reject(new ClosedError(this.name))) : this.#promise;
  }

  /** The same credential again: a connector that gets an equal one back does not retry. */
  invalidate(_stale: Credential, options?: CallOptions): Promise<Credential> {
    return this.getToken(options);
  }

  /** Calls `listener` with the one credential, once: there is never another. */
  watch(listener: WatchListener, options: WatchOptions = {}): Disposable {
    if (this.#closed) throw new ClosedError(this.name);
    const watch = this.#watches.add(listener, options);
    watch.deliver(this.#credential);
    return watch;
  }

  /** Ends the provider: every later call rejects with a `ClosedError`. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#watches.end();
  }

  /** Always fresh. */
  status(): ProviderStatus {
    return {
      name: this.name,
      state: "fresh",
      generation: 1,
      issuedAt: this.#issuedAt,
      inFlight: false,
      consecutiveFailures: 0,
      counts: noCounts(),
    };
  }
}

/** The schema of its configuration. */
export const staticSchema = lazily(() => {
  const text = optional(anyText());
  const userPass = optional(anyText(because(faultOfEncoding)));
  const headers = optional(z.record(z.string(), anyText()));
  return z.strictObject({ token: text, header: text, value: text, headers, username: userPass, password: userPass });
});

const FORMS = [["token"], ["header", "value"], ["headers"], ["username", "password"]] as const;

const exactlyOneForm: Relation = (config) => {
  const begun = FORMS.filter((keys) => keys.some((key) => isGiven(config[key])));
  if (begun.length !== 1) {
    const given = begun.flat().filter((key) => isGiven(config[key]));
    const found = given.length === 0 ? "has none" : `has ${given.join(", ")}`;
    const message = `exactly one of token, header with value, headers, username with password; it ${found}`;
    return [{ path: "", message }];
  }
  const missing = begun.flat().filter((key) => !isGiven(config[key]));
  return missing.map((path) => ({
    path,
    message: `is required beside ${begun.flat().filter((key) => key !== path)}`,
  }));
};

/** Faults of what a credential is made of, under the keys that it comes from; those of types are the schema's. */
const usableFields: Relation = (config) =>
  faultsOfFields(fieldsOf(config))
    .filter(({ isOfType }) => !isOfType)
    .map(({ field, fault }) => ({ path: field === "name" ? "header" : field, message: fault }));

/** A value of the Authorization header where its token belongs, which would be sent as "Bearer Bearer …". */
const tokenAlone: Relation = ({ token }) => {
  const [, scheme] = /^\s*(bearer|basic)\s/i.exec(typeof token === "string" ? token : "") ?? [];
  if (scheme === undefined) return [];
  const message =
    scheme.toLowerCase() === "bearer"
      ? 'begins with "Bearer ": leave that out, it is put before the token'
      : 'begins with "Basic ": give username and password, or header: Authorization with this as value';
  return [{ path: "token", message }];
};

function fieldsOf(config: Readonly<Record<string, unknown>>): Credential {
  const { token, header, value, headers, username, password } = config;
  if (isGiven(token)) return { type: "bearer", token } as Credential;
  if (isGiven(header) || isGiven(value)) return { type: "header", name: header, value } as Credential;
  if (isGiven(headers)) return { type: "headers", headers } as Credential;
  return { type: "basic", username, password } as Credential;
}
