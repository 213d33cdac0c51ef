/** `static`: a credential that stands in the configuration. */

import * as z from "zod/mini";
import { check, isGiven, lazily, type Relation } from "../config/check.js";
import { optional } from "../config/fields.js";
import { Credential } from "../credential.js";
import { ConfigError } from "../errors.js";
import { handled } from "../handled.js";
import type { CallOptions } from "../issued.js";
import { Provider } from "./provider.js";
import type { Runtime } from "./runtime.js";

/** Exactly one of a bearer token, a header, and user name with password. */
export type StaticConfig =
  | { readonly token: string }
  | { readonly header: string; readonly value: string }
  | { readonly username: string; readonly password: string };

/** Gives the one credential that it was made with. It asks nobody, and has nothing to refresh. */
export class StaticProvider extends Provider {
  readonly #promise: Promise<Credential>;

  /** Throws a `ConfigError` with every fault of `config`. */
  constructor(config: StaticConfig, runtime: Runtime = {}) {
    const credential = credentialOf(check("static", schema(), config, [exactlyOneForm]));
    super("static", { credential }, runtime);
    this.#promise = Promise.resolve(credential);
  }

  getToken(options: CallOptions = {}): Promise<Credential> {
    return options.signal?.aborted ? handled(Promise.reject(options.signal.reason)) : this.#promise;
  }

  /** The same credential again: a connector that gets an equal one back does not retry. */
  invalidate(_stale: Credential, options?: CallOptions): Promise<Credential> {
    return this.getToken(options);
  }
}

const schema = lazily(() => {
  const field = optional(z.string());
  return z.strictObject({ token: field, header: field, value: field, username: field, password: field });
});

type StaticSettings = z.output<ReturnType<typeof schema>>;

const FORMS = [["token"], ["header", "value"], ["username", "password"]] as const;

const exactlyOneForm: Relation = (config) => {
  const begun = FORMS.filter((keys) => keys.some((key) => isGiven(config[key])));
  if (begun.length !== 1) {
    const given =
      begun.length === 0
        ? "has none"
        : `has ${begun
            .flat()
            .filter((key) => isGiven(config[key]))
            .join(", ")}`;
    return [{ path: "", message: `exactly one of token, header with value, username with password; it ${given}` }];
  }
  const missing = begun.flat().filter((key) => !isGiven(config[key]));
  return missing.map((path) => ({ path, message: `is required beside ${begun.flat().filter((key) => key !== path)}` }));
};

function credentialOf({ token, header, value, username, password }: StaticSettings): Credential {
  try {
    if (token !== undefined) return Credential.bearer(token);
    if (header !== undefined) return Credential.header(header, value ?? "");
    return Credential.basic(username ?? "", password ?? "");
  } catch (error) {
    // A maker's TypeError names the field, and does not quote it.
    throw new ConfigError("static", [{ path: "", message: (error as TypeError).message }]);
  }
}
