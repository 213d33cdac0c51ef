/** Which answers of an API refuse a credential. */

import { SignalRelay } from "./signal-relay.js";

/** At most this much of a body is read to judge an answer, or held back while there is no decision. */
export const MAX_HELD_BYTES: number = 64 * 1024;

/** An answer of an API, as `isRefused` sees it. */
export interface RefusalCandidate {
  /** The HTTP status. */
  readonly status: number;
  /** The answer's headers. */
  readonly headers: {
    /** The value of the header `name` in any case, several ones joined by commas; `null` if there is none. */
    get(name: string): string | null;
  };
  /**
   * The body as text: what has come of it once it ends, or its first 64 KiB. A decision that asks for
   * it waits for it; the answer is passed on whole nevertheless.
   */
  text(): Promise<string>;
}

/** Which answers count as a refusal of the credential. */
export interface RefusalOptions {
  /** The statuses of the answers that refuse a credential. @default those that the provider declares, or else [401] */
  readonly statuses?: readonly number[] | undefined;
  /**
   * Decides whether an answer refuses the credential, in place of `statuses`: for an API that says so
   * in the body of a 200 or a 403, or by a redirect to a login page. What it throws is an error of the
   * request. An answer whose `WWW-Authenticate` says `insufficient_scope` (RFC 6750 §3.1) is never a
   * refusal, since a new token would have the same scopes.
   *
   * @example
   * isRefused: async (response) => response.status === 403 && (await response.text()).includes("TOKEN_EXPIRED")
   */
  readonly isRefused?: ((response: RefusalCandidate) => boolean | Promise<boolean>) | undefined;
  /**
   * For an API that knows a new token only after a while: as long as a credential is younger than
   * this many milliseconds, a refusal of it is answered by sending the request again with the same
   * credential, after a pause that grows. Only then does the refusal count.
   *
   * @default 0
   */
  readonly graceMs?: number | undefined;
}

/**
 * Decides about an answer. The candidate is made only for an answer that needs a closer look. A decision that takes time rejects with the
 * signal's reason once that is aborted.
 */
export type RefusalRule = (
  status: number,
  candidate: () => RefusalCandidate,
  signal?: AbortSignal,
) => boolean | Promise<boolean>;

/** The rule that the options give, or else the provider. */
export function refusalRule(
  { statuses, isRefused }: RefusalOptions,
  { refusedStatuses }: { readonly refusedStatuses?: readonly number[] },
): RefusalRule {
  if (isRefused === undefined) {
    const refusing = statuses ?? refusedStatuses ?? DEFAULT_STATUSES;
    return (status, candidate) => refusing.includes(status) && !lacksScope(candidate());
  }
  const relay = new SignalRelay();
  return (_status, makeCandidate, signal) => {
    const candidate = makeCandidate();
    try {
      const refused: unknown = isRefused(candidate);
      if (!isThenable(refused)) return refused === true && !lacksScope(candidate);
      return relay.until(signal, Promise.resolve(refused)).then((value) => value === true && !lacksScope(candidate));
    } catch (error) {
      return Promise.reject(error);
    }
  };
}

const DEFAULT_STATUSES: readonly number[] = [401];

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === "function";
}

/** Whether all errors of the challenges (RFC 9110 §11.6.1) are RFC 6750's `insufficient_scope` (W6). */
function lacksScope({ headers }: RefusalCandidate): boolean {
  const errors = [...(headers.get("www-authenticate") ?? "").matchAll(AUTH_PARAM)]
    .filter(([, name]) => name?.toLowerCase() === "error")
    .map(([, , quoted, token]) => (quoted ?? token)?.toLowerCase());
  return errors.length > 0 && errors.every((error) => error === "insufficient_scope");
}

/** RFC 9110 §11.2: `name=token` or `name="text"`; what stands within a text is no parameter. */
const AUTH_PARAM = /([!#$%&'*+\-.^_`|~\w]+)[\t ]*=[\t ]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g;
