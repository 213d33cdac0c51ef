/** What an authorization server says of itself (RFC 8414 §2, OpenID Connect Discovery 1.0 §3). */

import type { HttpAnswer } from "../http/exchange.js";
import { isObject } from "../http/json-object.js";
import { type Mask, shorten } from "../http/mask.js";
import { isProtected } from "../http/plain-http.js";
import { displayUrl } from "../http/url.js";
import { AuthError } from "../values/errors.js";
import { parseJson } from "../values/parse-json.js";

/** The metadata of one issuer, and where they came from. */
export interface ServerMetadata {
  /** The request, for messages. */
  readonly from: string;
  readonly members: Readonly<Record<string, unknown>>;
}

/** An endpoint by its name in the metadata. */
export type EndpointName =
  | "token_endpoint"
  | "authorization_endpoint"
  | "device_authorization_endpoint"
  | "revocation_endpoint";

/** The metadata in `answer`. Throws an `AuthError` where it has none, or those of another issuer (RFC 8414 §3.3). */
export function metadataIn(answer: HttpAnswer, issuer: URL, mask: Mask): ServerMetadata {
  const { to, status, text } = answer;
  const members = parseJson(text);
  if (!isObject(members)) throw new AuthError(`${to}: HTTP ${status}, but the metadata are no JSON object`, { status });
  const named = urlIn(members.issuer);
  if (named?.href !== issuer.href) {
    const other = named === undefined ? "no issuer that is a URL" : `the issuer ${shown(named, mask)}`;
    const mending =
      named === undefined ? "" : "; if that is the one that is meant, configure it as it is written there";
    throw new AuthError(`${to}: the metadata are of ${other}, not of ${displayUrl(issuer)}${mending}`, { status });
  }
  return { from: to, members };
}

/**
 * The URL of an endpoint; for a client that shows a certificate, that of its alias, if there is one (RFC 8705 §5).
 * Throws an `AuthError` where there is none, or none that secrets may be sent to.
 */
export function endpointOf(
  { from, members }: ServerMetadata,
  name: EndpointName,
  { showsCertificate = false }: { readonly showsCertificate?: boolean } = {},
): URL {
  const aliases = showsCertificate && isObject(members.mtls_endpoint_aliases) ? members.mtls_endpoint_aliases : {};
  const given = memberOf(aliases, name) ?? memberOf(members, name);
  const url = urlIn(given);
  if (given === undefined || given === null) throw new AuthError(`${from}: the metadata name no ${name}`);
  if (url === undefined) throw new AuthError(`${from}: the ${name} of the metadata is no URL`);
  if (!isProtected(url)) throw new AuthError(`${from}: the ${name} of the metadata is neither https nor on loopback`);
  return url;
}

function memberOf(members: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

function urlIn(value: unknown): URL | undefined {
  return typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
}

const LONGEST_ISSUER = 200;

function shown(url: URL, mask: Mask): string {
  return shorten(mask.secretsOnly(displayUrl(url)) ?? "of another name", LONGEST_ISSUER);
}
