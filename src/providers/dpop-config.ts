/** `dpop`: that tokens are asked for with a key, to which they are bound (RFC 9449; P6). */

import type { KeyObject } from "node:crypto";
import * as z from "zod/mini";
import { headersNamed } from "../config/authorization.js";
import { isGiven, type Relation } from "../config/check.js";
import { type Field, flag, optional } from "../config/fields.js";
import { isObject } from "../http/json-object.js";
import type { LiveValue } from "../live/live-value.js";
import { faultsOfClientKey } from "../oauth2/client-authentication.js";
import type { OAuth2Client } from "../oauth2/client-config.js";
import { PRIVATE_KEY_ALGORITHMS } from "../signing/algorithms.js";
import type { ProofAlgorithm } from "../signing/dpop-key.js";
import { type PrivateKeyConfig, privateKeyField } from "../signing/private-key-field.js";
import { type SigningKey, signingKey } from "../signing/signing-key.js";
import type { ConfigFault } from "../values/errors.js";

/** The key that a provider's tokens are bound to (RFC 9449). */
export interface DpopConfig {
  /**
   * The key: PEM (PKCS#8, PKCS#1, SEC 1) or a JWK, as text, in a file, or as a mapping.
   * @default one that is made for the grant, and kept in its record
   */
  readonly private_key?: PrivateKeyConfig | null;
  /**
   * What proofs are signed by (RFC 7518 §3.1): RS, PS or ES with 256, 384 or 512, or EdDSA.
   * @default ES256; where a key is given, what fits that
   */
  readonly signing_alg?: ProofAlgorithm | null;
}

/** The key of every provider whose tokens may be bound to a key. */
export interface BindingConfig {
  /**
   * Binds the tokens to a key (RFC 9449): `true`, or what the key is. Each request then carries a proof that is signed for it. A
   * token that the server gives as a bearer all the same is used as one, with a warning.
   */
  readonly dpop?: DpopConfig | boolean | null;
}

/** What a key is, in its normal form. */
export interface DpopSettings {
  readonly private_key: LiveValue | undefined;
  readonly signing_alg: ProofAlgorithm | undefined;
}

/** The field for `dpop`. */
export const bindingFields = () => ({ dpop: dpopField() });

function dpopField(): Field<DpopSettings | undefined> {
  const yes = z.pipe(
    flag(),
    z.transform((given): DpopSettings | undefined => (given ? MADE_KEY : undefined)),
  );
  const key = z.strictObject({
    private_key: optional(privateKeyField("dpop.private_key", { role: "grant" })),
    signing_alg: optional(z.enum(PRIVATE_KEY_ALGORITHMS)),
  });
  return optional(z.union([yes, key], { error: ({ input }) => (isObject(input) ? undefined : NO_KEY) }));
}

const MADE_KEY: DpopSettings = { private_key: undefined, signing_alg: undefined };

const NO_KEY = "must be true, or a mapping with private_key and signing_alg, of which both may be absent";

/** What cannot go together with it. */
export const BINDING_RELATIONS: readonly Relation[] = [
  (config) => {
    if (!isAsked(config.dpop)) return [];
    const places: ConfigFault[] = isGiven(config.apply_as)
      ? [{ path: "apply_as", message: "has no use with dpop: such a token goes into Authorization, beside its proof" }]
      : [];
    const headers = headersNamed("dpop", config).map((name) => {
      return { path: `headers.${name}`, message: "is set by dpop, anew for each request" };
    });
    return [...places, ...headers];
  },
];

function isAsked(dpop: unknown): boolean {
  return isGiven(dpop) && dpop !== false && dpop !== "false";
}

/** What is wrong with the keys of a client, its own and that of its tokens, as far as it is known before a function is called. */
export function faultsOfKeys(
  settings: OAuth2Client & { readonly dpop: DpopSettings | undefined },
): readonly ConfigFault[] {
  return [...faultsOfClientKey(settings), ...(givenKey(settings.dpop)?.faults() ?? [])];
}

/** The configured key, if there is one. */
export function givenKey(dpop: DpopSettings | undefined): SigningKey | undefined {
  if (dpop?.private_key === undefined) return undefined;
  const { private_key: privateKey, signing_alg: algorithm } = dpop;
  return signingKey({ privateKey, at: "dpop.private_key", algorithm, faultOfKey: faultOfProofKey });
}

/** A proof shows its public key as a JWK, which there is none of for a key that is for PSS alone (RFC 7518 §6.3). */
function faultOfProofKey({ asymmetricKeyType: type }: KeyObject): string | undefined {
  return type === "rsa-pss"
    ? "is a key for RSA-PSS alone, which no JWK shows; give an RSA key: it signs by PS256 too"
    : undefined;
}
