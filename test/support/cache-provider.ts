import type { AuthProvider, TokenCache } from "../../src/index.js";

/** A provider of a user's own over `cache`, with all that adapters need. */
export function over(cache: TokenCache): AuthProvider {
  return {
    type: "mine",
    name: "mine",
    getToken: (options) => cache.getToken(options),
    invalidate: (stale, options) => cache.invalidate(stale, options),
    watch: (listener, options) => cache.watch(listener, options),
  };
}
