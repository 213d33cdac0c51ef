/** What a JSON Web Token says of itself (RFC 7519). Its signature is the API's to verify. */

import { parseJson } from "../values/parse-json.js";
import { isObject } from "./json-object.js";

/** The claims of a signed token in its compact form, or `undefined` if `text` is none. */
export function claimsOf(text: string): Readonly<Record<string, unknown>> | undefined {
  const [, payload = ""] = SIGNED.exec(text) ?? [];
  const claims = payload === "" ? undefined : parseJson(Buffer.from(payload, "base64url").toString());
  return isObject(claims) ? claims : undefined;
}

/** Header, payload and signature, which is empty where the token is not signed (RFC 7515 §3.1, Appendix A.5). */
const SIGNED = /^[\w-]+\.([\w-]+)\.[\w-]*$/;
