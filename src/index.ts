/** The public face of faucet-auth. */

export type { AuthProvider } from "./auth-provider.js";
export type { Clock } from "./cache/clock.js";
export { TokenCache, type TokenCacheOptions } from "./cache/token-cache.js";
export { AuthCatalog, type AuthSpec, type CatalogOptions, type CatalogRuntime } from "./catalog/auth-catalog.js";
export type { Resolver } from "./catalog/interpolation.js";
export {
  type BasicCredential,
  type BearerCredential,
  Credential,
  type HeaderCredential,
  type TokenCredential,
} from "./credential.js";
export {
  AuthError,
  type AuthErrorDetails,
  ConfigError,
  type ConfigIssue,
  FaucetError,
  TransportError,
} from "./errors.js";
export { fromConfig, type ProviderSpec } from "./from-config.js";
export type { Dispatcher, DispatcherResponse } from "./http/dispatcher.js";
export type { CallOptions, Issue, IssueContext, Issued, IssueReason } from "./issued.js";
export type { ClientAuthMethod } from "./oauth2/client.js";
export type { OAuth2ClientConfig } from "./oauth2/client-config.js";
export type { FetchingConfig } from "./providers/fetching-provider.js";
export {
  type OAuth2ClientCredentialsConfig,
  OAuth2ClientCredentialsProvider,
} from "./providers/oauth2-client-credentials.js";
export { type OAuth2RefreshConfig, OAuth2RefreshProvider } from "./providers/oauth2-refresh.js";
export type { ProviderFactory, Runtime } from "./providers/runtime.js";
export { type StaticConfig, StaticProvider } from "./providers/static.js";
export { type ApplyAs, type TokenEndpointConfig, TokenEndpointProvider } from "./providers/token-endpoint.js";
