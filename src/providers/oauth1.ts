/** `oauth1`: a signature of each request (RFC 5849), and no token to fetch (P3). */

import { type KeyObject, randomBytes } from "node:crypto";
import * as z from "zod/mini";
import { TokenCache } from "../cache/token-cache.js";
import { check, isGiven, lazily, type Relation } from "../config/check.js";
import { because, optional, text, withDefault } from "../config/fields.js";
import { LiveInputs } from "../live/live-inputs.js";
import { type LiveText, liveText } from "../live/live-text.js";
import type { LiveValue } from "../live/live-value.js";
import { authorizationOf, SIGNATURE_METHODS, type SignatureMethod } from "../oauth1/signature.js";
import { privateKeyFrom } from "../signing/private-key.js";
import { type PrivateKeyConfig, privateKeyField } from "../signing/private-key-field.js";
import { type Clock, reliable, wallClock } from "../values/clock.js";
import { Credential } from "../values/credential.js";
import { isFieldValue } from "../values/http-field.js";
import { CachedProvider } from "./cached-provider.js";
import { faultsOfRuntime, type Runtime } from "./runtime.js";

/** Configuration of an `OAuth1Provider`. */
export interface OAuth1Config {
  /** The client's identifier (RFC 5849 §1.1). */
  readonly consumer_key: string;
  /** The secret that is shared with the server. Required, unless the method is RSA-SHA256. */
  readonly consumer_secret?: LiveText | null;
  /** The RSA key, in place of `consumer_secret`, with RSA-SHA256. */
  readonly private_key?: PrivateKeyConfig | null;
  /** The access token; absent where the client asks for itself. */
  readonly token?: string | null;
  /** The secret of that token. */
  readonly token_secret?: LiveText | null;
  /** Where the requests are to be authorized, such as an account. */
  readonly realm?: string | null;
  /**
   * `HMAC-SHA256`, `HMAC-SHA1`, `RSA-SHA256` or `PLAINTEXT` (RFC 5849 §3.4).
   *
   * @default HMAC-SHA256
   */
  readonly signature_method?: SignatureMethod | null;
}

/**
 * Signs each request: its method, its URL, the parameters of its query and of a form. It asks nobody; secrets that are live
 * are read when the first credential is asked for, and again when one is reported as refused.
 *
 * @example
 * const provider = new OAuth1Provider({ consumer_key: "k", consumer_secret: "s", token: "t", token_secret: "ts" });
 * const rows = await authFetch(provider)("https://api.example/rows?limit=10");
 */
export class OAuth1Provider extends CachedProvider {
  /** The name of the type in configurations. */
  static readonly type = "oauth1";

  /** @throws ConfigError with every fault of `config`, and of `runtime`. */
  constructor(config: OAuth1Config, runtime: Runtime = {}) {
    const { type } = OAuth1Provider;
    const others = faultsOfRuntime(runtime);
    const settings = check(type, config, {
      schema: oauth1Schema(),
      relations: [keyFitsMethod, secretNeedsToken],
      others,
    });
    const { name = type, clock = wallClock, random = Math.random } = runtime;
    const values = [settings.consumer_secret, settings.private_key, settings.token_secret].filter(isLive);
    const inputs = new LiveInputs(values);
    const issue = async ({ signal }: { readonly signal: AbortSignal }) => {
      await inputs.read(signal);
      return { credential: signerOf(settings, reliable(clock)) };
    };
    super(type, visible(settings), runtime, () => new TokenCache(issue, { type, name, clock, random }));
  }
}

/** The schema of its configuration. */
export const oauth1Schema = lazily(() =>
  z.strictObject({
    consumer_key: text(),
    consumer_secret: optional(liveText("consumer_secret", { mayBeEmpty: true })),
    private_key: optional(privateKeyField("private_key", { faultOfKey: faultOfRsaKey })),
    token: optional(text()),
    token_secret: optional(liveText("token_secret", { mayBeEmpty: true })),
    realm: optional(text().check(because(faultOfRealm))),
    signature_method: withDefault(z.enum(SIGNATURE_METHODS), "HMAC-SHA256"),
  }),
);

/** RSA-SHA256 signs by PKCS#1 (RFC 5849 §3.4.3), which a key for PSS alone does not do. */
function faultOfRsaKey({ asymmetricKeyType: type }: KeyObject): string | undefined {
  return type === "rsa" ? undefined : `must be an RSA key to sign by RSA-SHA256, and is of the type ${type}`;
}

/** It stands in quotation marks, so that white space may be at its ends. */
function faultOfRealm(realm: string): string | undefined {
  return isFieldValue(`"${realm}"`) ? undefined : "has characters that a header cannot carry (RFC 9110 §5.5)";
}

type OAuth1Settings = z.output<ReturnType<typeof oauth1Schema>>;

const keyFitsMethod: Relation = ({ signature_method: method, consumer_secret: secret, private_key: key }) => {
  const [needed, other] =
    method === "RSA-SHA256" ? ["private_key", "consumer_secret"] : ["consumer_secret", "private_key"];
  const given: Readonly<Record<string, unknown>> = { consumer_secret: secret, private_key: key };
  return [
    ...(isGiven(given[needed as string])
      ? []
      : [{ path: needed as string, message: `is required with ${method ?? "HMAC-SHA256"}` }]),
    ...(isGiven(given[other as string])
      ? [{ path: other as string, message: `has no use with ${method ?? "HMAC-SHA256"}` }]
      : []),
  ];
};

const secretNeedsToken: Relation = ({ token, token_secret: secret }) => {
  return isGiven(secret) && !isGiven(token) ? [{ path: "token", message: "is required beside token_secret" }] : [];
};

function isLive(value: LiveValue | undefined): value is LiveValue {
  return value !== undefined;
}

function visible({ consumer_key, token, realm, signature_method }: OAuth1Settings): Record<string, unknown> {
  return { consumer_key, consumer_secret: "***", token: token && "***", realm, signature_method };
}

/** One signer for the secrets as they are just now: a request that is sent again is signed anew. */
function signerOf(settings: OAuth1Settings, clock: Clock): Credential {
  const { consumer_key: consumerKey, token, realm, signature_method: method } = settings;
  const secret =
    settings.private_key === undefined ? (settings.consumer_secret?.text ?? "") : pemOf(settings.private_key.text);
  const tokenSecret = settings.token_secret?.text ?? "";
  const signer = { method, consumerKey, consumerSecret: secret, token, tokenSecret, realm };
  return Credential.signer({
    scheme: "OAuth",
    secret: JSON.stringify([consumerKey, secret, token, tokenSecret]),
    sign: (request) => {
      const moment = { nonce: randomBytes(16).toString("hex"), timestamp: Math.floor(clock() / 1000) };
      return Credential.header("authorization", authorizationOf(signer, request, moment));
    },
  });
}

function pemOf(text: string): string {
  const found = privateKeyFrom(text);
  return "key" in found ? (found.key.export({ type: "pkcs8", format: "pem" }) as string) : text;
}
