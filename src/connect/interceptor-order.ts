/** The order of interceptors, as far as ours can see it: a wrong one is an error, since it would go unnoticed. */

import { ConfigError } from "../values/errors.js";

/** undici's handlers of the interceptors that must be composed before ours, nearer to the network. */
const BELOW: Readonly<Record<string, string>> = {
  CacheHandler: "cache",
  CacheRevalidationHandler: "cache",
  DeduplicationHandler: "deduplicate",
  DNSDispatchHandler: "dns",
};

/**
 * The error of a request whose `handler` belongs to an interceptor that must be below ours. `cache` and
 * `deduplicate` would give one account's answer to another; `dns` hides the origin, if that is compared.
 */
export function faultAbove(handler: unknown, comparesOrigins: boolean): ConfigError | undefined {
  for (let each = handler as { handler?: unknown } | undefined; each; each = each.handler as typeof each) {
    const kind = BELOW[each.constructor?.name ?? ""];
    if (kind === undefined || (kind === "dns" && !comparesOrigins)) continue;
    return wrongOrder(`compose undici's ${kind} before it: compose(${kind}, authInterceptor)`);
  }
  return undefined;
}

/**
 * Throws a `ConfigError` if `context` shows undici's `redirect` below ours, which would take the
 * credential to other origins.
 */
export function checkBelow(context: unknown): void {
  if (typeof context === "object" && context !== null && "history" in context) {
    throw wrongOrder("compose undici's redirect after it: compose(authInterceptor, redirect)");
  }
}

/** The error to give in place of one from undici's `responseError` below ours, which hides the refusal. */
export function explained(error: Error, isRefusal: (status: number) => boolean): Error {
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  if (code !== "UND_ERR_RESPONSE" || typeof statusCode !== "number" || !isRefusal(statusCode)) return error;
  return wrongOrder("compose undici's responseError after it: compose(authInterceptor, responseError)");
}

function wrongOrder(message: string): ConfigError {
  return new ConfigError("authInterceptor", [{ path: "", message: `wrong order of interceptors; ${message}` }]);
}
