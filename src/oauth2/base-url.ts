/** The address of the API, where an answer tells it (P2). */

import { faultOfBaseUrl } from "../http/base-url.js";
import type { HttpAnswer } from "../http/exchange.js";
import { AuthError } from "../values/errors.js";
import type { AnswerSettings } from "./answer-config.js";
import { type Look, memberAt } from "./answer-member.js";

/** How the address is found, and what becomes of it. */
export interface BaseUrlReader {
  readonly find: Look;
  /** The address as a URL. Throws an `AuthError` for one that no credential may go to. */
  from(found: unknown, answer: HttpAnswer): string | undefined;
}

/** Reads what `base_url_path` selects; nothing without it. */
export function baseUrlAt({ base_url_path: path, allowed_origins: allowed }: AnswerSettings): BaseUrlReader {
  if (path === undefined) return { find: async () => undefined, from: () => undefined };
  return {
    find: memberAt(path, "").find,
    from: (found, answer) => usable(found, path, allowed, answer),
  };
}

/**
 * The address that came with a token on record, which settings other than these may have put there. Throws a `TypeError` for
 * one that no credential may go to.
 */
export function recordedBaseUrl(settings: Pick<AnswerSettings, "base_url_path" | "allowed_origins">) {
  const { base_url_path: path, allowed_origins: allowed } = settings;
  return ({ baseUrl }: { readonly baseUrl?: string | undefined }): string | undefined => {
    if (path === undefined) return undefined;
    const fault = baseUrl === undefined ? "is missing" : faultOfBaseUrl(baseUrl, allowed);
    if (fault !== undefined) throw new TypeError(`the base URL on record ${fault}`);
    return baseUrl;
  };
}

function usable(
  found: unknown,
  path: string,
  allowed: readonly string[] | undefined,
  { to, status }: HttpAnswer,
): string {
  const refused = (why: string): AuthError => new AuthError(`${to}: the base URL at ${path} ${why}`, { status });
  if (found === undefined || found === null) throw refused("is missing in the answer");
  const fault = typeof found === "string" ? faultOfBaseUrl(found, allowed) : "is no absolute URL";
  if (fault !== undefined) throw refused(fault);
  return found as string;
}
