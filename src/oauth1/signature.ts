/** Signatures of OAuth 1.0 requests (RFC 5849 §3.4). Pure: nonce and time are given. */

import { constants, createHmac, sign as signWith } from "node:crypto";
import type { SignableRequest } from "../values/credential.js";

/** The methods of RFC 5849 §3.4, and their successors with SHA-256. */
export const SIGNATURE_METHODS: readonly SignatureMethod[] = ["HMAC-SHA256", "HMAC-SHA1", "RSA-SHA256", "PLAINTEXT"];

/** How an OAuth 1.0 request is signed (RFC 5849 §3.4). */
export type SignatureMethod = "HMAC-SHA256" | "HMAC-SHA1" | "RSA-SHA256" | "PLAINTEXT";

/** Who signs, and by what. */
export interface OAuth1Signer {
  readonly method: SignatureMethod;
  readonly consumerKey: string;
  /** The secret that is shared with the server; of RSA-SHA256, the private key as PEM. */
  readonly consumerSecret: string;
  /** Absent in a request for no resource owner. */
  readonly token: string | undefined;
  readonly tokenSecret: string;
  /** Where the request is to be authorized; no part of the signature. */
  readonly realm: string | undefined;
}

/** What must never come twice, and when. */
export interface Moment {
  readonly nonce: string;
  /** Seconds since the epoch. */
  readonly timestamp: number;
}

/** The value of the `Authorization` header that authorizes `request` (RFC 5849 §3.5.1). */
export function authorizationOf(signer: OAuth1Signer, request: SignableRequest, moment: Moment): string {
  const parameters = oauthParameters(signer, moment);
  const signature = signatureOf(signer, baseString(request, parameters));
  const realm = signer.realm === undefined ? [] : [`realm="${quotable(signer.realm)}"`];
  const others = [...parameters, ["oauth_signature", signature] as const];
  return `OAuth ${[...realm, ...others.map(([name, value]) => `${name}="${encoded(value)}"`)].join(", ")}`;
}

type Parameter = readonly [name: string, value: string];

function oauthParameters({ consumerKey, token, method }: OAuth1Signer, { nonce, timestamp }: Moment): Parameter[] {
  return [
    ["oauth_consumer_key", consumerKey],
    ...(token === undefined ? [] : [["oauth_token", token] as const]),
    ["oauth_signature_method", method],
    ["oauth_timestamp", String(timestamp)],
    ["oauth_nonce", nonce],
    ["oauth_version", "1.0"],
  ];
}

/** What is signed (RFC 5849 §3.4.1.1). */
export function baseString(request: SignableRequest, oauth: readonly Parameter[]): string {
  const { protocol, host, pathname, searchParams } = new URL(request.url);
  const parameters = [...searchParams, ...formOf(request), ...oauth];
  const address = `${protocol}//${host}${pathname}`;
  return [request.method, address, normalized(parameters)].map(encoded).join("&");
}

/** The parameters of a form that is the whole body (RFC 5849 §3.4.1.3.1). Throws a `TypeError` if it can be read only once. */
function formOf(request: SignableRequest): Iterable<Parameter> {
  const [type = ""] = (request.header("content-type") ?? "").split(";");
  if (type.trim().toLowerCase() !== "application/x-www-form-urlencoded") return [];
  // At the beginning of a text, a question mark would be taken for that of a URL; here it is part of a name.
  return new URLSearchParams(`&${Buffer.from(request.body() ?? "").toString()}`);
}

/** RFC 5849 §3.4.1.3.2: encoded, then sorted by name, and by value where names are the same. */
function normalized(parameters: readonly Parameter[]): string {
  return parameters
    .map(([name, value]): Parameter => [encoded(name), encoded(value)])
    .sort(([a, x], [b, y]) => order(a, b) || order(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/** What is encoded is ASCII, whose order is that of its bytes. */
function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function signatureOf(signer: OAuth1Signer, base: string): string {
  const { method, consumerSecret, tokenSecret } = signer;
  const key = `${encoded(consumerSecret)}&${encoded(tokenSecret)}`;
  switch (method) {
    case "HMAC-SHA256":
      return createHmac("sha256", key).update(base).digest("base64");
    case "HMAC-SHA1":
      return createHmac("sha1", key).update(base).digest("base64");
    case "RSA-SHA256":
      return signWith("sha256", Buffer.from(base), {
        key: consumerSecret,
        padding: constants.RSA_PKCS1_PADDING,
      }).toString("base64");
    case "PLAINTEXT":
      return key;
  }
}

/** RFC 5849 §3.6: all but the unreserved characters of RFC 3986. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** RFC 9110 §5.6.4: within a quoted string. */
function quotable(text: string): string {
  return text.replace(/["\\]/g, "\\$&");
}
