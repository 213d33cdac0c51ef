/** What all providers of this library are: named, and safe to print (S1). */

import { type InspectOptions, inspect } from "node:util";
import type { AuthProvider } from "../auth-provider.js";
import type { ProviderStatus } from "../cache/status.js";
import type { Credential } from "../values/credential.js";
import type { CallOptions } from "../values/issued.js";
import type { Runtime } from "./runtime.js";

/** An `AuthProvider` that prints as its kind, its name and what of its configuration may be seen. */
export abstract class Provider implements AuthProvider {
  readonly type: string;
  readonly name: string;
  readonly #visible: Readonly<Record<string, unknown>>;

  protected constructor(type: string, visible: Readonly<Record<string, unknown>>, runtime: Runtime) {
    this.type = type;
    this.name = runtime.name ?? type;
    this.#visible = visible;
  }

  abstract getToken(options?: CallOptions): Promise<Credential>;

  /** Where the provider stands: a snapshot without secrets, for logs and health checks. */
  abstract status(): ProviderStatus;

  abstract invalidate(stale: Credential, options?: CallOptions): Promise<Credential>;

  /**
   * Ends the provider: a flight in progress is finished for those who wait for it, what the provider
   * opened itself is closed, and every later `getToken()` rejects with a `ClosedError`. May be called
   * again. Rejects with a `StoreError` if a refreshed grant could not be stored to the end.
   */
  abstract close(): Promise<void>;

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What may be logged: identifiers, no secrets. */
  toJSON(): Record<string, unknown> {
    return { type: this.type, name: this.name, ...this.#visible };
  }

  static {
    Object.defineProperty(Provider.prototype, inspect.custom, {
      value(this: Provider, _depth: number, options: InspectOptions): string {
        return `${this.constructor.name} ${inspect(this.toJSON(), options)}`;
      },
    });
  }
}
