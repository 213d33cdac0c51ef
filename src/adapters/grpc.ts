/** gRPC: call credentials of @grpc/grpc-js, and of what is built on it. */

import { type AuthProvider, credentialHeaders } from "faucet-auth";
import { checkAdapter } from "./checked.js";

/** What `credentials.createFromGoogleCredential()` takes. */
export interface GrpcCredentials {
  /** The metadata of one call. */
  getRequestHeaders(url?: string): Promise<Record<string, string>>;
}

/**
 * The credential as metadata of each call, whatever kind it is. grpc-js sends call credentials over TLS only. A call
 * that is refused is not reported.
 *
 * @throws `ConfigError` if this is no provider. A call fails where `provider.getToken()` rejects.
 * @example
 * const perCall = credentials.createFromGoogleCredential(grpcCredentials(provider));
 * const client = new Orders(target, credentials.combineChannelCredentials(credentials.createSsl(), perCall));
 */
export function grpcCredentials(provider: AuthProvider): GrpcCredentials {
  checkAdapter("grpcCredentials", provider);
  return {
    async getRequestHeaders() {
      return credentialHeaders(await provider.getToken());
    },
  };
}
