/** gRPC: call credentials and an interceptor for clients of @grpc/grpc-js, and of what is built on it. */

import type { AuthProvider } from "faucet-auth";
import { checkAdapter } from "./checked.js";
import { AuthorizedCall } from "./grpc-call.js";
import { metadataOf } from "./grpc-metadata.js";
import type { GrpcCall, GrpcCallOptions } from "./grpc-types.js";

/** What `credentials.createFromGoogleCredential()` takes. */
export interface GrpcCredentials {
  /** The metadata of one call. */
  getRequestHeaders(url?: string): Promise<Record<string, string>>;
}

/**
 * The credential as metadata of each call, whatever kind it is. grpc-js sends call credentials over TLS only. A call
 * that is refused is not reported: for that, there is `grpcInterceptor`.
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
      return metadataOf(await provider.getToken());
    },
  };
}

/** What a client's option `interceptors` takes. */
export type GrpcInterceptor = (
  // biome-ignore lint/suspicious/noExplicitAny: the classes of grpc-js have private members, so that no other type fits them
  options: any,
  // biome-ignore lint/suspicious/noExplicitAny: as above
  nextCall: (options: any) => any,
  // biome-ignore lint/suspicious/noExplicitAny: as above
) => any;

/**
 * The credential as metadata of each call, in place of `grpcCredentials`: and a call that ends with UNAUTHENTICATED is reported, as a
 * 401 is. A unary call is made once more with what has replaced the credential, before its caller hears of the refusal; its second
 * status is final. A stream is reported, and ends with the status that it has. Metadata of the same name is replaced. It sends over
 * whatever channel the client has: give it one with TLS.
 *
 * Where there is no credential, the call fails: with UNAVAILABLE if the provider's error is retryable, else with UNAUTHENTICATED. The
 * error's `cause` is that of the provider.
 *
 * @throws `ConfigError` if this is no provider.
 * @example
 * const client = new Orders(target, credentials.createSsl(), { interceptors: [grpcInterceptor(provider)] });
 */
export function grpcInterceptor(provider: AuthProvider): GrpcInterceptor {
  checkAdapter("grpcInterceptor", provider);
  return (options: GrpcCallOptions, nextCall: (options: GrpcCallOptions) => GrpcCall): GrpcCall => {
    return new AuthorizedCall(provider, options, () => nextCall(options));
  };
}
