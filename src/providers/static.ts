/** `static`: a credential that stands in the configuration. */

import * as z from "zod/mini";
import { noCounts, type ProviderStatus } from "../cache/status.js";
import { check, isGiven, lazily, type Relation } from "../config/check.js";
import { optional } from "../config/fields.js";
import { wallClock } from "../values/clock.js";
import { type Credential, faultsOfFields, remake } from "../values/credential.js";
import { ClosedError } from "../values/errors.js";
import { handled } from "../values/handled.js";
import type { CallOptions } from "../values/issued.js";
import { Provider } from "./provider.js";
import { faultsOfRuntime, type Runtime } from "./runtime.js";

/** Exactly one of a bearer token, a header, and user name with password. */
export type StaticConfig =
  | { readonly token: string }
  | { readonly header: string; readonly value: string }
  | { readonly username: string; readonly password: string };

/** Gives the one credential that it was made with. It asks nobody, and has nothing to refresh. */
export class StaticProvider extends Provider {
  readonly #promise: Promise<Credential>;
  readonly #issuedAt: number;
  #closed = false;

  /** Throws a `ConfigError` with every fault of `config`. */
  constructor(config: StaticConfig, runtime: Runtime = {}) {
    const settings = check("static", config, {
      schema: schema(),
      relations: [exactlyOneForm, usableFields],
      others: faultsOfRuntime(runtime),
    });
    const credential = remake(fieldsOf(settings));
    super("static", { credential }, runtime);
    this.#promise = Promise.resolve(credential);
    this.#issuedAt = (runtime.clock ?? wallClock)();
  }

  getToken(options: CallOptions = {}): Promise<Credential> {
    if (options.signal?.aborted) return handled(Promise.reject(options.signal.reason));
    return this.#closed ? handled(Promise.reject(new ClosedError(this.name))) : this.#promise;
  }

  /** The same credential again: a connector that gets an equal one back does not retry. */
  invalidate(_stale: Credential, options?: CallOptions): Promise<Credential> {
    return this.getToken(options);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

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

const schema = lazily(() => {
  const field = optional(z.string());
  return z.strictObject({ token: field, header: field, value: field, username: field, password: field });
});

const FORMS = [["token"], ["header", "value"], ["username", "password"]] as const;

const exactlyOneForm: Relation = (config) => {
  const begun = FORMS.filter((keys) => keys.some((key) => isGiven(config[key])));
  if (begun.length !== 1) {
    const given = begun.flat().filter((key) => isGiven(config[key]));
    const found = given.length === 0 ? "has none" : `has ${given.join(", ")}`;
    return [{ path: "", message: `exactly one of token, header with value, username with password; it ${found}` }];
  }
  const missing = begun.flat().filter((key) => !isGiven(config[key]));
  return missing.map((path) => ({
    path,
    message: `is required beside ${begun.flat().filter((key) => key !== path)}`,
  }));
};

/** Faults of what a credential is made of, under the keys that it comes from. */
const usableFields: Relation = (config) =>
  faultsOfFields(fieldsOf(config))
    .map(({ field, fault }) => ({ path: field === "name" ? "header" : field, message: fault }))
    .filter(({ path }) => typeof config[path] === "string");

function fieldsOf({ token, header, value, username, password }: Readonly<Record<string, unknown>>): Credential {
  if (isGiven(token)) return { type: "bearer", token } as Credential;
  if (isGiven(header) || isGiven(value)) return { type: "header", name: header, value } as Credential;
  return { type: "basic", username, password } as Credential;
}
