/** The key of a service account, as Google gives it out: a JSON document with a private key in it (K5). */

import * as z from "zod/mini";
import type { Field } from "../config/fields.js";
import { documentShape, shaped } from "../config/shapes.js";
import { isObject } from "../http/json-object.js";
import { isData } from "../live/document-folder.js";
import { type LiveText, liveText } from "../live/live-text.js";
import type { LiveRules, LiveValue } from "../live/live-value.js";
import { decoded } from "../live/text-file.js";
import { faultOfAlgorithm } from "../signing/algorithms.js";
import { privateKeyFrom } from "../signing/private-key.js";
import type { Signer } from "../signing/signing-key.js";
import { parseJson } from "../values/parse-json.js";

/** What Google takes from a service account. */
const SIGNED_BY = "RS256";

/** The contents of a key file: as text, which may be live, or as a mapping. */
export type GoogleKeyConfig = LiveText | GoogleKeyDocument;

/** The contents of a key file as a mapping. */
export type GoogleKeyDocument = {
  /** The account. */
  readonly client_email: string;
  /** Its private key, in PEM. */
  readonly private_key: string;
  /** What else stands there: `private_key_id` and `token_uri` are used. */
  readonly [key: string]: unknown;
};

/** What is used of it. */
export interface ServiceAccount {
  readonly client_email: string;
  readonly private_key: string;
  readonly private_key_id?: string;
  readonly token_uri?: string;
}

/** The field for `key_json`. */
export function googleKeyField(): Field<LiveValue> {
  const asText = z.transform((given: unknown) => (isDocument(given) ? JSON.stringify(given) : given));
  return shaped(
    z.pipe(asText, liveText("key_json", { role: "grant", faultOf: faultOfKey })),
    documentShape("client_email", "private_key"),
  );
}

/** What `key_file` must be. */
export const GOOGLE_KEY_FILE: Omit<LiveRules, "key"> = { role: "grant", textOf: decoded, faultOf: faultOfKey };

/** The account in a text from which `faultOfKey` has no fault. */
export function serviceAccountIn(text: string): ServiceAccount {
  return parseJson(text) as ServiceAccount;
}

/** What signs for the account. */
export function signerOf({ private_key, private_key_id }: ServiceAccount): Signer {
  const found = privateKeyFrom(private_key);
  if ("fault" in found) throw new TypeError(`private_key ${found.fault}`);
  return { key: found.key, header: { alg: SIGNED_BY, ...(private_key_id && { kid: private_key_id }) } };
}

function isDocument(given: unknown): boolean {
  return isData(given) && !("file" in given);
}

/** What is wrong with `text`, of which nothing is repeated. */
function faultOfKey(text: string): string | undefined {
  const key = parseJson(text);
  if (!isObject(key)) return "is no JSON object; it must be the contents of a service account's key file";
  const { type, client_email: email, private_key: privateKey, private_key_id: id, token_uri: uri } = key;
  if (type !== undefined && type !== "service_account") return "is not the key of a service account: its type says so";
  if (typeof email !== "string" || email === "") return "is not the key of a service account: it has no client_email";
  if (typeof privateKey !== "string") return "is not the key of a service account: it has no private_key";
  const found = privateKeyFrom(privateKey);
  if ("fault" in found) return `has a private_key that ${found.fault}`;
  const misfit = faultOfAlgorithm(found.key, SIGNED_BY);
  if (misfit !== undefined) return `has a private_key that ${misfit}`;
  if (id !== undefined && typeof id !== "string") return "has a private_key_id that is no string";
  const isUri = uri === undefined || (typeof uri === "string" && URL.canParse(uri) && /^https?:/.test(uri));
  return isUri ? undefined : "has a token_uri that is no http or https URL";
}
