/** Signatures of texts by a key that both sides know (RFC 2104), as steps and requests of a flow carry them. */

import { createHmac } from "node:crypto";
import * as z from "zod/mini";
import { because, type Field, NO_FIELD_VALUE, withDefault } from "../config/fields.js";
import { faultOfHeaderName } from "../config/parameters.js";
import { type LiveText, liveText } from "../live/live-text.js";
import { isFieldValue } from "../values/http-field.js";
import { namesIn, render, sampleOf, type Templated, type Values } from "./template.js";

/** The algorithms, and Node's names of their hashes. */
const HASHES = { hmac_sha256: "sha256", hmac_sha1: "sha1", hmac_sha512: "sha512" } as const;

type Algorithm = keyof typeof HASHES;

/** How a text is signed, and where the signature goes. */
export interface SignatureConfig {
  /** `hmac_sha256`, `hmac_sha1` or `hmac_sha512`. */
  readonly alg: "hmac_sha256" | "hmac_sha1" | "hmac_sha512";
  /** The key that both sides know; names stand for their values in it too, unless it comes from a file or a function. */
  readonly key: LiveText;
  /** What is signed, in which `${name}`, `${ts}` and `${nonce}` stand for their values. */
  readonly template: string;
  /**
   * How the signature is written: `hex` or `base64`.
   *
   * @default hex
   */
  readonly encoding?: "hex" | "base64" | null;
  /** Where it goes. */
  readonly into: SignatureHeader;
}

/** The header that a signature goes into. */
export interface SignatureHeader {
  /** The header's name. */
  readonly header: string;
  /**
   * The header's value, in which `${sig}` stands for the signature, and the other names for their values.
   *
   * @default ${sig}
   */
  readonly format?: string | null;
}

/** The field for it. */
export const signatureField = () =>
  z.strictObject({
    alg: z.enum(Object.keys(HASHES) as Algorithm[]),
    key: liveText("key", { role: "grant" }),
    template: z.string() as Field<string>,
    encoding: withDefault(z.enum(["hex", "base64"]), "hex"),
    into: z.strictObject({
      header: z.string().check(because(faultOfHeaderName)),
      format: withDefault(z.string().check(because(faultOfFormat)), "${sig}"),
    }),
  });

function faultOfFormat(template: string): string | undefined {
  if (!namesIn(template).includes(SIGNATURE_NAME))
    return "must have ${sig} in it: the request would go without its signature";
  return isFieldValue(sampleOf(template)) ? undefined : NO_FIELD_VALUE;
}

/** That in its normal form. */
export type SignatureSettings = z.output<ReturnType<typeof signatureField>>;

/** Its templates, where they stand, and which names they know beside the others. */
export function templatesOf({ key, template, into }: SignatureSettings): readonly Templated[] {
  return [
    ...(key.isLive ? [] : [{ path: ["sign", "key"], template: key.text }]),
    { path: ["sign", "template"], template },
    { path: ["sign", "into", "format"], template: into.format, more: [SIGNATURE_NAME] },
  ];
}

/** The name that the signature has within `into.format`. */
export const SIGNATURE_NAME = "sig";

/** A signature as it is sent. */
export interface Signature {
  readonly header: readonly [name: string, value: string];
  /** What it is made of, and must not be shown. */
  readonly secrets: readonly string[];
}

/** The signature with `values` in it. */
export function signatureOf({ alg, key, template, encoding, into }: SignatureSettings, values: Values): Signature {
  const secret = key.isLive ? key.text : render(key.text, values);
  const signed = render(template, values);
  const sig = createHmac(HASHES[alg], secret).update(signed).digest(encoding);
  const value = render(into.format, { ...values, [SIGNATURE_NAME]: sig });
  return { header: [into.header, value], secrets: [secret, signed] };
}
