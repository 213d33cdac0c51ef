/** The token request: what a client posts to its token endpoint (RFC 6749 §3.2, §4.4.2, §6). */

import type { HttpRequest } from "../http/exchange.js";
import { encodedParameters } from "../http/request-encoding.js";
import type { ClientAuthentication } from "./client-authentication.js";
import type { OAuth2Client } from "./client-config.js";

/** The parameters of a grant; those that are `undefined` or empty are not sent (H5). */
export type Grant = { readonly grant_type: string } & Readonly<Record<string, string | undefined>>;

/** What a token request is made of. */
export interface TokenRequestParts {
  readonly tokenUrl: URL;
  readonly grant: Grant;
  /** What shows the client. */
  readonly authentication: ClientAuthentication;
}

/** A request of `client` to another endpoint: it shows itself there as it does at the token endpoint (RFC 7009 §2.1, RFC 8628 §3.1). */
export function clientRequest(
  client: OAuth2Client,
  { url, parameters, authentication }: ClientRequestParts,
): HttpRequest {
  const given = [...parameters, ...Object.entries(authentication.params ?? {})];
  const sent = given.filter((parameter): parameter is [string, string] => Boolean(parameter[1]));
  const tokens = parameters.filter(([name]) => name === "token").map(([, token]) => token);
  const { headers, body } = encodedParameters(url, sent, "form");
  return {
    method: "POST",
    url,
    headers: { accept: "application/json", ...client.headers.current, ...authentication.headers, ...headers },
    body,
    clientProof: authentication.proof,
    secrets: [authentication.params?.client_assertion, ...tokens].filter((text) => text !== undefined),
  };
}

/** What such a request says, in which a name may come more than once. What is `undefined` or empty is not sent. */
export type ClientParameters = readonly (readonly [name: string, value: string | undefined])[];

/** What such a request is made of. */
export interface ClientRequestParts {
  readonly url: URL;
  readonly parameters: ClientParameters;
  /** What shows the client. */
  readonly authentication: ClientAuthentication;
}

/** Asks for a token, with what the live values of `client` are just now. */
export function tokenRequest(
  client: OAuth2Client,
  { tokenUrl, grant, authentication }: TokenRequestParts,
): HttpRequest {
  const { params, encoding, scope_separator: separator } = client;
  const scope = grant.scope?.replaceAll(" ", () => separator);
  const named = Object.entries({ ...grant, scope, ...authentication.params });
  const sent = [...params.current, ...named].filter((parameter): parameter is [string, string] => {
    return Boolean(parameter[1]);
  });
  const { url, headers, body } = encodedParameters(tokenUrl, sent, encoding);
  // Made for this request alone, so that nobody else knows them.
  const { assertion, code, code_verifier: verifier, device_code: deviceCode } = grant;
  const made = [authentication.params?.client_assertion, assertion, code, verifier, deviceCode];
  return {
    method: "POST",
    url,
    headers: { accept: "application/json", ...client.headers.current, ...authentication.headers, ...headers },
    body,
    clientProof: authentication.proof,
    secrets: made.filter((text) => text !== undefined),
  };
}
