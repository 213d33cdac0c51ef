/** `jwt_bearer`: a token for an assertion (RFC 7523 §2.1; K4). */

import * as z from "zod/mini";
import { lazily } from "../config/check.js";
import { type Field, scopes } from "../config/fields.js";
import type { HeldSecrets } from "../grant/grant-options.js";
import { liveText } from "../live/live-text.js";
import { isLiveValue, type LiveValue } from "../live/live-value.js";
import { optionalClientFields } from "../oauth2/client-config.js";
import { OPTIONAL_CLIENT_RELATIONS, paramsAreNoKeys } from "../oauth2/client-relations.js";
import { type Clock, reliable, wallClock } from "../values/clock.js";
import type { ConfigFault } from "../values/errors.js";
import { BINDING_RELATIONS, type BindingConfig, bindingFields, faultsOfKeys } from "./dpop-config.js";
import { type FetchingConfig, fetchingFields } from "./fetching-provider.js";
import { CLIENT_TOKENS, type OptionalClientConfig } from "./oauth2-client-config.js";
import { OAuth2Provider } from "./oauth2-provider.js";
import { type Asking, oauth2Source } from "./oauth2-source.js";
import { settingsOf } from "./provider-settings.js";
import type { TokenConfig } from "./provider-token.js";
import { visibleValue } from "./provider-value.js";
import type { Runtime } from "./runtime.js";
import {
  AssertionSigner,
  claimsKeepTheAssertion,
  faultsOfAssertionKey,
  isSignedAssertion,
  type SignedAssertionConfig,
  signedAssertionField,
} from "./signed-assertion-config.js";

/** The configuration of a `jwt_bearer` provider. */
export interface JwtBearerConfig extends OptionalClientConfig, FetchingConfig, BindingConfig {
  /**
   * The assertion: text, `{ file: PATH }`, or the token of another provider, `{ ref: name }`; or what it is made of, where it is
   * signed for each request.
   */
  readonly assertion: TokenConfig | SignedAssertionConfig;
  /** The scopes to ask for: a list, or one string with spaces between (RFC 6749 §3.3). Not sent where there are none. */
  readonly scopes?: readonly string[] | string | null;
}

/**
 * A token for an assertion (RFC 7523 §2.1) that a key signs, or that somebody else issues. The assertion is signed anew for each
 * request. Where it is another provider's token and is refused, that is reported there, and asked for once more.
 *
 * @example
 * const provider = new JwtBearerProvider({
 *   token_url: "https://login.salesforce.com/services/oauth2/token",
 *   assertion: {
 *     private_key: { file: "./salesforce.pem" },
 *     iss: "the consumer key",
 *     sub: "reports@acme.example",
 *     aud: "https://login.salesforce.com",
 *   },
 *   default_expires_in: 3600,
 * });
 * const credential = await provider.getToken();
 */
export class JwtBearerProvider extends OAuth2Provider {
  /** The name of the type in configurations. */
  static readonly type = "jwt_bearer";

  /** @throws ConfigError with every fault of `config`, and of `runtime`. */
  constructor(config: JwtBearerConfig, runtime: Runtime = {}) {
    const { type } = JwtBearerProvider;
    const schema: z.ZodMiniType<JwtBearerSettings> = isSignedAssertion(config?.assertion)
      ? jwtBearerSchema()
      : presentedSchema();
    const settings = settingsOf(type, { ...RULES, schema }, config, runtime);
    const { text, live, account, visible } = assertionOf(settings, reliable(runtime.clock ?? wallClock));
    const grant = {
      type,
      live,
      account,
      visible: { assertion: visible },
      ownParams: OWN_PARAMS,
      parameters: async (_held: HeldSecrets, { tokenUrl }: Asking) => {
        return { grant_type: JWT_BEARER_GRANT, assertion: await text(tokenUrl) };
      },
    };
    super(oauth2Source(settings, grant, runtime), settings, runtime);
  }
}

/** The grant type of RFC 7523 §2.1. */
export const JWT_BEARER_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer";

const schemaWith = <T>(assertion: Field<T>) =>
  z.strictObject({ ...optionalClientFields(), assertion, scopes: scopes(), ...bindingFields(), ...fetchingFields() });

/** The schema of its configuration, with an assertion to sign. */
export const jwtBearerSchema = lazily(() => schemaWith(signedAssertionField()));

/** That with one to present. */
const presentedSchema = lazily(() => schemaWith(liveText("assertion", { role: "grant" })));

type JwtBearerSettings = z.output<ReturnType<typeof jwtBearerSchema | typeof presentedSchema>>;

const OWN_PARAMS = ["assertion"];

const RULES = {
  relations: [...OPTIONAL_CLIENT_RELATIONS, ...BINDING_RELATIONS, paramsAreNoKeys(OWN_PARAMS), claimsKeepTheAssertion],
  settled: (settings: JwtBearerSettings): readonly ConfigFault[] => {
    const { assertion } = settings;
    return [...faultsOfKeys(settings), ...(isLiveValue(assertion) ? [] : faultsOfAssertionKey(assertion))];
  },
  tokens: [...CLIENT_TOKENS, { key: "assertion", role: "grant" }],
} as const;

/** The assertion, given or made, and what there is to know of it. */
interface Assertion {
  text(tokenUrl: URL): string | Promise<string>;
  readonly live: readonly LiveValue[];
  readonly account: readonly unknown[];
  readonly visible: unknown;
}

function assertionOf({ assertion }: JwtBearerSettings, clock: Clock): Assertion {
  if (isLiveValue(assertion)) {
    const { identity } = assertion;
    return { text: () => assertion.text, live: [assertion], account: [identity], visible: visibleValue(assertion) };
  }
  const { private_key, iss, sub, aud } = assertion;
  const signer = new AssertionSigner(assertion, clock);
  return {
    text: (tokenUrl) => signer.sign(tokenUrl),
    live: [private_key],
    account: [iss, sub],
    visible: { private_key: "***", iss, ...(sub && { sub }), ...(aud && { aud }) },
  };
}
