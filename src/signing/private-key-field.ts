/** The field for a private key: a live text of PEM or JSON, or a JWK as a mapping. */

import type { KeyObject } from "node:crypto";
import * as z from "zod/mini";
import type { Field } from "../config/fields.js";
import { documentShape, shaped } from "../config/shapes.js";
import { isObject } from "../http/json-object.js";
import { type LiveText, liveText } from "../live/live-text.js";
import type { LiveRole, LiveValue } from "../live/live-value.js";
import { privateKeyFrom } from "./private-key.js";

/** A private key in PEM (PKCS#8, PKCS#1, SEC 1) or as a JWK, whose text may be live; or a JWK as a mapping. */
export type PrivateKeyConfig = LiveText | JsonWebKeyConfig;

/** A private key as a JWK (RFC 7517). */
export type JsonWebKeyConfig = {
  /** The family of the key (RFC 7517 §4.1): RSA, EC or OKP. */
  readonly kty: string;
  /** The parameters of that family (RFC 7518 §6), and `kid` and `alg`, which count unless a key of the configuration says otherwise. */
  readonly [parameter: string]: unknown;
};

/** What sets one such field apart from others. */
export interface PrivateKeyOptions {
  /** By default `client`. */
  readonly role?: LiveRole;
  /** Why a private key is of no use here. */
  readonly faultOfKey?: (key: KeyObject) => string | undefined;
}

/** The key's text, PEM or JSON, from which a key can be read. */
export function privateKeyField(
  key: string,
  { role = "client", faultOfKey }: PrivateKeyOptions = {},
): Field<LiveValue> {
  const faultOf = (text: string): string | undefined => {
    const found = privateKeyFrom(text);
    return "fault" in found ? found.fault : faultOfKey?.(found.key);
  };
  const asText = z.transform((given: unknown) => (isJwk(given) ? JSON.stringify(given) : given));
  return shaped(z.pipe(asText, liveText(key, { role, faultOf })), documentShape("kty"));
}

/** A JWK, however incomplete, and no `{ file }`. */
function isJwk(given: unknown): boolean {
  return isObject(given) && JWK_MEMBERS.some((member) => Object.hasOwn(given, member));
}

const JWK_MEMBERS = ["kty", "keys", "crv", "d", "n", "x"];
