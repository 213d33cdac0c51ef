/** The keys by which a configuration says where tokens are asked for, and how (K7, K8). */

import * as z from "zod/mini";
import { isGiven, type Relation } from "../config/check.js";
import { because, type Field, optional, text, url, withDefault } from "../config/fields.js";
import { REQUEST_ENCODINGS, type RequestEncoding } from "../http/request-encoding.js";

/** A token endpoint, as configured. */
export interface TokenEndpoint {
  /**
   * The token endpoint (RFC 6749 §3.2): an https URL, or http, which warns beyond loopback. Required, unless `issuer` is
   * given.
   */
  readonly token_url?: string | null;
  /**
   * The authorization server, in place of `token_url`: its metadata say where the token endpoint is (RFC 8414, OpenID
   * Connect Discovery 1.0). They are kept as long as their cache headers say, at most a day.
   */
  readonly issuer?: string | null;
  /**
   * How a token request is sent: as a form (RFC 6749 §4.4.2), as a JSON object, or in the query of the URL, whose own
   * parameters are kept, without a body.
   * @default form
   */
  readonly encoding?: RequestEncoding | null;
  /** What stands between scopes, for servers that want something other than the space of RFC 6749 §3.3. */
  readonly scope_separator?: string | null;
}

/** The fields for those keys. */
export const endpointFields = () => ({
  token_url: optional(url()),
  issuer: optional(issuerUrl()),
  encoding: withDefault(z.enum(REQUEST_ENCODINGS), "form"),
  scope_separator: withDefault(text(), " "),
});

/** How they must stand to each other. */
export const ENDPOINT_RELATIONS: readonly Relation[] = [oneEndpoint];

function oneEndpoint({ token_url: endpoint, issuer }: Readonly<Record<string, unknown>>): ReturnType<Relation> {
  if (isGiven(endpoint) && isGiven(issuer)) {
    return [{ path: "issuer", message: "cannot stand beside token_url: give one of them" }];
  }
  const isMissing = !isGiven(endpoint) && !isGiven(issuer);
  return isMissing ? [{ path: "token_url", message: "is required: a string; or issuer in its place" }] : [];
}

/** RFC 8414 §2: a URL without query and fragment. Its text is compared, so that nothing in it may be secret. */
function issuerUrl(): Field<URL> {
  return url().check(
    because(({ search, username, password }) => {
      if (search !== "") return "must not have a query (RFC 8414 §2)";
      return username === "" && password === "" ? undefined : "must not have a user name or password";
    }),
  );
}
