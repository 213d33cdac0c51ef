/** The public face of faucet-auth. */

export type { Audience, AuthProvider } from "./auth-provider.js";
export type {
  EventSource,
  FlightEvent,
  GateEvent,
  RedactedError,
  RetryEvent,
  StaleServedEvent,
} from "./cache/events.js";
export type { ErrorSummary, ProviderStatus, StatusCounts } from "./cache/status.js";
export { TokenCache } from "./cache/token-cache.js";
export type { RefreshMode, TokenCacheOptions } from "./cache/token-cache-options.js";
export type { WatchListener, WatchOptions } from "./cache/watches.js";
export { AuthCatalog, type AuthSpec } from "./catalog/auth-catalog.js";
export type { CatalogOptions, CatalogRuntime } from "./catalog/catalog-options.js";
/** @internal What the command line looks at beside a catalog. */
export { LEFT_OUT, STAND_IN } from "./catalog/catalog-options.js";
export type { CatalogProvider } from "./catalog/catalog-provider.js";
/** @internal What the command line looks at beside a catalog. */
export { inspectPipeline, STAND_IN_TEXT } from "./catalog/pipeline-inspection.js";
export type { Resolver } from "./catalog/references.js";
export { accessToken, type BareToken, bareToken } from "./connect/access-token.js";
export {
  type ApplicableHeaders,
  type ApplicableRequest,
  type ApplicableUrl,
  applyCredential,
  credentialHeaders,
} from "./connect/apply-credential.js";
export { type AuthFetchOptions, authFetch, type FetchFunction } from "./connect/auth-fetch.js";
export { type AuthInterceptorOptions, authInterceptor } from "./connect/auth-interceptor.js";
export type { Dispatch, Interceptor } from "./connect/dispatch.js";
export type { RefusalCandidate, RefusalOptions } from "./connect/refusal.js";
export type { Ask } from "./failure/deadline.js";
export type { Random } from "./failure/policy.js";
export { type RetryPolicy, retrying } from "./failure/retrying.js";
export type { CaptureSource } from "./flow/capture.js";
export type { FlowKeys } from "./flow/flow-config.js";
export type { SignatureConfig, SignatureHeader } from "./flow/hmac-signature.js";
export type { FlowStepConfig } from "./flow/login.js";
export type { PlacementConfig } from "./flow/placements.js";
export type { FlowRequestConfig } from "./flow/request-config.js";
export { fromConfig, type ProviderSpec } from "./from-config.js";
export { type DurableOptions, durable } from "./grant/durable.js";
export type { GrantAtRiskEvent, GrantName } from "./grant/grant-events.js";
export type { Dispatcher } from "./http/dispatcher.js";
export type { TokenFetch, TokenFetchInit, TokenFetchResponse } from "./http/fetch.js";
export type { LifetimeFormat } from "./http/lifetime.js";
export type { RequestEncoding } from "./http/request-encoding.js";
export type { ParameterConfig, ScalarConfig } from "./live/live-parameters.js";
export type { LiveFile, LiveText } from "./live/live-text.js";
export type { LiveFunction } from "./live/live-value.js";
export type { SeedText } from "./live/seed-text.js";
export type { SignatureMethod } from "./oauth1/signature.js";
export type { AnswerConfig } from "./oauth2/answer-config.js";
export type { ClientAssertionConfig } from "./oauth2/client-assertion-config.js";
export type { ClientAuthMethod, ClientConfig } from "./oauth2/client-config.js";
export type { ConsentConfig } from "./oauth2/consent-config.js";
export type { TokenEndpoint } from "./oauth2/endpoint-config.js";
/** @internal What the command line does with a grant, beside having its tokens. */
export { administrationOf } from "./providers/administration.js";
export type { ApplyAs } from "./providers/apply-as.js";
export type { AudienceProvider } from "./providers/audiences.js";
export { type BrokerConfig, BrokerProvider } from "./providers/broker.js";
export type { CachedProvider } from "./providers/cached-provider.js";
export type { StoreConfig } from "./providers/configured-store.js";
export type { ConnectionConfig, TlsConfig } from "./providers/connection-config.js";
export type { BindingConfig, DpopConfig } from "./providers/dpop-config.js";
export type { FetchingConfig, FetchingProvider, FlightConfig } from "./providers/fetching-provider.js";
export { type FlowConfig, FlowProvider } from "./providers/flow.js";
export type { GoogleKeyConfig, GoogleKeyDocument } from "./providers/google-key.js";
export {
  type GoogleServiceAccountConfig,
  GoogleServiceAccountProvider,
} from "./providers/google-service-account.js";
export type { GrantProvider } from "./providers/grant-provider.js";
export { type IdentitySource, type IdentityTokenConfig, IdentityTokenProvider } from "./providers/identity-token.js";
export { type JwtBearerConfig, JwtBearerProvider } from "./providers/jwt-bearer.js";
export { type OAuth1Config, OAuth1Provider } from "./providers/oauth1.js";
export type { OAuth2ClientConfig, OptionalClientConfig } from "./providers/oauth2-client-config.js";
export {
  type OAuth2ClientCredentialsConfig,
  OAuth2ClientCredentialsProvider,
} from "./providers/oauth2-client-credentials.js";
export type { OAuth2Provider } from "./providers/oauth2-provider.js";
export { type OAuth2RefreshConfig, OAuth2RefreshProvider } from "./providers/oauth2-refresh.js";
export type { PersistConfig } from "./providers/persistence.js";
export type { Provider } from "./providers/provider.js";
export type { ProvidedToken, TokenConfig } from "./providers/provider-token.js";
export type { RefreshRequest } from "./providers/refresh-request.js";
export type { ProviderFactory, ProviderReference, Runtime } from "./providers/runtime.js";
export type { SignedAssertionConfig } from "./providers/signed-assertion-config.js";
export {
  type StaticBasicConfig,
  type StaticConfig,
  type StaticHeaderConfig,
  type StaticHeadersConfig,
  StaticProvider,
  type StaticTokenConfig,
} from "./providers/static.js";
export { type TokenEndpointConfig, TokenEndpointProvider } from "./providers/token-endpoint.js";
export { type TokenExchangeConfig, TokenExchangeProvider } from "./providers/token-exchange.js";
export type { SigningAlgorithm } from "./signing/algorithms.js";
export type { ProofAlgorithm } from "./signing/dpop-key.js";
export type { JsonWebKeyConfig, PrivateKeyConfig } from "./signing/private-key-field.js";
export { databaseStore } from "./store/database-store.js";
export { type EncryptionKey, type EncryptionKeys, encryptedStore } from "./store/encrypted-store.js";
export { FileTokenStore } from "./store/file-token-store.js";
export type { StoreOptions } from "./store/leased-store.js";
export { MemoryTokenStore } from "./store/memory-token-store.js";
/** @internal What `faucet-auth/redis` and `faucet-auth/postgres` check as a configuration does. */
export { faultOfPostgresUrl, faultOfRedisUrl, faultOfTable } from "./store/server-address.js";
export type { ReleaseListener, TokenDatabase } from "./store/token-database.js";
export type { ClosableTokenStore, Lease, StoredRecord, TokenStore } from "./store/token-store.js";
/** @internal What an adapter of `faucet-auth/adapters` says once an API has accepted a credential. */
export { reportAccepted } from "./values/brands.js";
export type { Clock } from "./values/clock.js";
export {
  type BasicCredential,
  type BearerCredential,
  type BodyCredential,
  type CompositeCredential,
  type CookieCredential,
  Credential,
  type HeaderCredential,
  type HeadersCredential,
  type IsChallenge,
  type PartCredential,
  type QueryCredential,
  type Sign,
  type SignableRequest,
  type SignedAnswer,
  type SignerCredential,
  type TokenCredential,
} from "./values/credential.js";
export {
  AuthError,
  type AuthErrorDetails,
  ClosedError,
  ConfigError,
  type ConfigErrorDetails,
  type ConfigFault,
  FaucetError,
  type FaucetErrorDetails,
  StoreError,
  type StoreErrorDetails,
  TransportError,
  type TransportErrorDetails,
} from "./values/errors.js";
export type { CallOptions, Issue, IssueContext, Issued, IssueReason, Retry } from "./values/issued.js";
/** @internal What the other entries of the package check their own options by. */
export { faultOfRecord } from "./values/plain-record.js";
