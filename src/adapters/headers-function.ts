/** Clients that call a function whenever they need headers. */

import { type AuthProvider, credentialHeaders } from "faucet-auth";
import { checkAdapter } from "./checked.js";

/**
 * The credential as headers, whatever kind it is, for clients that call a function whenever they need them: exporters
 * of OpenTelemetry, tRPC, and what lets a request be changed before it is sent. What such a client refuses is not
 * reported: where it takes a fetch, `authFetch` does that.
 *
 * @throws `ConfigError` if this is no provider. The function rejects as `provider.getToken()` does.
 * @example
 * const exporter = new OTLPTraceExporter({ url, headers: headersFunction(provider) });
 */
export function headersFunction(provider: AuthProvider): () => Promise<Record<string, string>> {
  checkAdapter("headersFunction", provider);
  return async () => credentialHeaders(await provider.getToken());
}
