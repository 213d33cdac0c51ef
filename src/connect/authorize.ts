/** What both wrappers do for one request: a credential onto it, and another once that is refused (W1). */

import type { AuthProvider } from "../auth-provider.js";
import { Credential } from "../values/credential.js";
import { ConfigError } from "../values/errors.js";
import { handled } from "../values/handled.js";
import { type ApplicableRequest, applyCredential } from "./apply-credential.js";

/** The answers that refuse a credential, unless a connector lists others. */
const DEFAULT_STATUSES: readonly number[] = [401];

/** `statuses`, or the default. Throws a `ConfigError` for what are none. */
export function checkedStatuses(subject: string, statuses: unknown): readonly number[] {
  if (statuses === undefined) return DEFAULT_STATUSES;
  if (
    Array.isArray(statuses) &&
    statuses.every((status) => Number.isInteger(status) && status >= 400 && status < 600)
  ) {
    return statuses;
  }
  throw new ConfigError(subject, [{ path: "statuses", message: "must be a list of HTTP statuses from 400 to 599" }]);
}

/**
 * The request of one attempt, as a credential sees it: it collects what the credential adds. The URL
 * is parsed only for a credential that asks for it.
 */
export class Attempt implements ApplicableRequest {
  readonly method: string;
  readonly headers: AddedHeaders = new AddedHeaders();
  readonly #urlOf: () => URL;

  constructor(method: string, urlOf: () => URL) {
    this.method = method;
    this.#urlOf = urlOf;
  }

  get url(): URL {
    return this.#urlOf();
  }
}

/** Headers to be set over those that a request has. */
export class AddedHeaders {
  readonly entries: [name: string, value: string][] = [];

  set(name: string, value: string): void {
    this.entries.push([name, value]);
  }
}

/** Puts the provider's credential onto `request`, and gives it. Rejects with the provider's error or the signal's reason. */
export function authorize(
  provider: AuthProvider,
  request: ApplicableRequest,
  signal: AbortSignal | undefined,
): Promise<Credential> {
  return provider.getToken(signal && { signal }).then((credential) => {
    applyCredential(request, credential);
    return credential;
  });
}

/**
 * Reports `refused`, which was sent, and puts what there is instead onto `request`. Gives
 * `undefined`, and leaves the request alone, if there is nothing else to try.
 */
export async function reauthorize(
  provider: AuthProvider,
  request: ApplicableRequest,
  refused: Credential,
  signal: AbortSignal | undefined,
): Promise<Credential | undefined> {
  const next = await provider.invalidate(refused, signal && { signal });
  if (Credential.equals(next, refused)) return undefined;
  applyCredential(request, next);
  return next;
}

/** Reports `refused` where no other attempt can follow, and so nobody waits for another credential (W3). */
export function report(provider: AuthProvider, refused: Credential): void {
  handled(provider.invalidate(refused));
}
