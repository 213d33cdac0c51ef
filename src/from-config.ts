/** The factory that connectors and catalogs use: `{ type, config }` to a provider. */

import { type AuthProvider, isAuthProvider } from "./auth-provider.js";
import { faultsOf, redactKey, suggest } from "./config/check.js";
import { BrokerProvider } from "./providers/broker.js";
import { FlowProvider } from "./providers/flow.js";
import { GoogleServiceAccountProvider } from "./providers/google-service-account.js";
import { IdentityTokenProvider } from "./providers/identity-token.js";
import { JwtBearerProvider } from "./providers/jwt-bearer.js";
import { OAuth1Provider } from "./providers/oauth1.js";
import { OAuth2ClientCredentialsProvider } from "./providers/oauth2-client-credentials.js";
import { OAuth2RefreshProvider } from "./providers/oauth2-refresh.js";
import type { Provider } from "./providers/provider.js";
import { faultsOfRuntime, type ProviderFactory, type Runtime } from "./providers/runtime.js";
import { StaticProvider } from "./providers/static.js";
import { STATIC_FORMS } from "./providers/static-forms.js";
import { TokenEndpointProvider } from "./providers/token-endpoint.js";
import { TokenExchangeProvider } from "./providers/token-exchange.js";
import { ConfigError, type ConfigFault } from "./values/errors.js";
import { handled } from "./values/handled.js";
import { faultOfRecord } from "./values/plain-record.js";

/** What a connector's or a catalog's configuration says of a provider. */
export interface ProviderSpec {
  /** One of the built-in types, or of `runtime.types`. */
  readonly type: string;
  /** What the type's constructor takes. */
  readonly config?: unknown;
}

/** The one table of types. A new kind of provider is one line here. */
const TYPES: Readonly<Record<string, ProviderFactory>> = {
  [StaticProvider.type]: madeBy(StaticProvider),
  [OAuth2ClientCredentialsProvider.type]: madeBy(OAuth2ClientCredentialsProvider),
  [OAuth2RefreshProvider.type]: madeBy(OAuth2RefreshProvider),
  [TokenEndpointProvider.type]: madeBy(TokenEndpointProvider),
  [FlowProvider.type]: madeBy(FlowProvider),
  [OAuth1Provider.type]: madeBy(OAuth1Provider),
  [JwtBearerProvider.type]: madeBy(JwtBearerProvider),
  [TokenExchangeProvider.type]: madeBy(TokenExchangeProvider),
  [GoogleServiceAccountProvider.type]: madeBy(GoogleServiceAccountProvider),
  [IdentityTokenProvider.type]: madeBy(IdentityTokenProvider),
  [BrokerProvider.type]: madeBy(BrokerProvider),
  ...STATIC_FORMS,
};

/**
 * A new provider of `spec.type`, made from `spec.config`. A type of `runtime.types` goes before one of ours.
 *
 * @throws ConfigError with every fault; for an unknown type it lists the known ones.
 *
 * @example
 * const provider = fromConfig({ type: "static", config: { token: "t0ken" } });
 */
export function fromConfig(spec: ProviderSpec, runtime?: Runtime & { readonly types?: undefined }): Provider;
/** The same, of a user's own type or of ours: what has no more than `AuthProvider` promises. */
export function fromConfig(spec: ProviderSpec, runtime?: Runtime): AuthProvider;
export function fromConfig(spec: ProviderSpec, runtime: Runtime = {}): AuthProvider {
  const subject = runtime?.name || "auth provider";
  const own = new Map(Object.entries(runtime?.types ?? {}));
  const factories = new Map([...Object.entries(TYPES), ...own]);
  const faults = faultsOfSpec(spec, [...new Set([...own.keys(), ...factories.keys()])]);
  const make = factories.get(spec?.type);
  if (typeof make !== "function") throw new ConfigError(subject, [...faults, ...faultsOfRuntime(runtime)]);
  const outcome = faultsOf("config", () => make(spec.config ?? {}, runtime));
  // A type of our own has looked at its runtime; a user's may not have.
  const all = [...faults, ...("faults" in outcome ? outcome.faults : faultsOfRuntime(runtime))];
  if (all.length > 0 || "faults" in outcome) throw new ConfigError(`${subject} (${spec.type})`, all);
  return usable(outcome.built, spec.type, subject);
}

/** Whether `type` is the name of one of ours. */
export function isBuiltInType(type: unknown): boolean {
  return typeof type === "string" && Object.hasOwn(TYPES, type);
}

function madeBy(Provider: new (config: never, runtime: Runtime) => AuthProvider): ProviderFactory {
  return (config, runtime) => new Provider(config as never, runtime);
}

/** A user's own type may have made anything. */
function usable(provider: unknown, type: string, subject: string): AuthProvider {
  if (isAuthProvider(provider)) return provider;
  const isPromise = typeof (Object(provider) as Partial<PromiseLike<unknown>>).then === "function";
  // Nobody waits for it, so that its failure must not end the process.
  if (isPromise) handled(Promise.resolve(provider));
  const message = isPromise
    ? "its factory is asynchronous; it must return a provider, and wait within getToken()"
    : "its factory must return a provider, with getToken() and invalidate()";
  throw new ConfigError(subject, [{ path: "type", message: `${JSON.stringify(type)}: ${message}` }]);
}

function faultsOfSpec(spec: unknown, types: readonly string[]): ConfigFault[] {
  const fault = faultOfRecord(spec, "must be a mapping with type and config");
  if (fault !== undefined) return [{ path: "", message: fault }];
  const { type, config, ...others } = spec as Record<string, unknown>;
  const faults = Object.keys(others).map((key) => ({
    path: redactKey(key),
    message: key === "for" ? OF_REFERENCES : `unknown key; ${suggest(redactKey(key), ["type", "config"])}`,
  }));
  const known = `known are ${types.join(", ")}`;
  if (typeof type !== "string") return [...faults, { path: "type", message: `is required: a string; ${known}` }];
  return types.includes(type)
    ? faults
    : [...faults, { path: "type", message: `unknown type ${JSON.stringify(type)}; ${known}` }];
}

const OF_REFERENCES = "can stand beside ref only: it asks for another audience of a provider that is defined elsewhere";
