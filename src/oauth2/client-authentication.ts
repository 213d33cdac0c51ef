/** How a client authenticates at its token endpoint (RFC 6749 §2.3.1, RFC 7523 §2.2, RFC 8705 §2; K1 to K3). */

import type { ClientProof } from "../http/exchange.js";
import { withoutUserinfo } from "../http/url.js";
import { signedAssertion } from "../signing/signed-assertion.js";
import { type Signer, type SigningKey, signingKey, signingSecret } from "../signing/signing-key.js";
import type { Clock } from "../values/clock.js";
import type { ConfigFault } from "../values/errors.js";
import type { OAuth2Client } from "./client-config.js";

/** What client authentication adds to a token request. */
export interface ClientAuthentication {
  readonly headers?: Readonly<Record<string, string>>;
  readonly params?: Readonly<Record<string, string | undefined>>;
  /** What the client shows of itself beside its id, if anything. */
  readonly proof?: ClientProof;
}

/** Shows a client to the token endpoint at `url`, by the live values that were read last. */
export type ClientAuthenticator = (url: URL) => ClientAuthentication | Promise<ClientAuthentication>;

/** How `client` authenticates. */
export function clientAuthenticator(client: OAuth2Client, clock: Clock): ClientAuthenticator {
  const key = assertionKeyOf(client);
  if (key === undefined) return () => authentication(client);
  return async (url) =>
    byAssertion(client, "signed_assertion", await assertionOf(client, key.signer(), { url, clock }));
}

/** What is wrong with the key that `client` signs with, as far as it is known before a function is called. */
export function faultsOfClientKey(client: OAuth2Client): readonly ConfigFault[] {
  return assertionKeyOf(client)?.faults() ?? [];
}

/** What a client signs its assertions with, if it does. */
function assertionKeyOf(client: OAuth2Client): SigningKey | undefined {
  const { token_endpoint_auth_method: method, token_endpoint_auth_signing_alg: algorithm } = client;
  const { client_secret: secret, private_key: privateKey, private_key_id: keyId, certificate } = client;
  if (method === "client_secret_jwt" && secret !== undefined) return signingSecret(secret, algorithm);
  if (method !== "private_key_jwt" || privateKey === undefined) return undefined;
  return signingKey({ privateKey, algorithm, keyId, certificate });
}

function authentication(client: OAuth2Client): ClientAuthentication {
  const { token_endpoint_auth_method: method, client_id, client_secret: secret, client_assertion: issued } = client;
  if (issued !== undefined) return byAssertion(client, "issued_assertion", issued.text);
  switch (method) {
    case "client_secret_basic":
      return { headers: { authorization: `Basic ${basicCredentials(client)}` }, proof: "basic" };
    case "tls_client_auth":
    case "self_signed_tls_client_auth":
    case "none":
      return { params: { client_id } };
    default:
      return { params: { client_id, client_secret: secret?.text }, proof: "post" };
  }
}

/** The client's id is no part of RFC 7523; many servers want it to find the key by. */
function byAssertion(
  { client_id, client_assertion_type }: OAuth2Client,
  proof: ClientProof,
  assertion: string,
): ClientAuthentication {
  return { params: { client_id, client_assertion_type, client_assertion: assertion }, proof };
}

function assertionOf(
  client: OAuth2Client,
  signer: Signer,
  { url, clock }: { url: URL; clock: Clock },
): Promise<string> {
  const { client_id: id, assertion_audience, assertion_claims, assertion_lifetime_secs: lifetimeSecs } = client;
  const claims = { ...assertion_claims, iss: id, sub: id, aud: assertion_audience ?? withoutUserinfo(url) };
  return signedAssertion(signer, { claims, lifetimeSecs }, clock);
}

/** Each part form-encoded first, as RFC 6749 §2.3.1 wants it; or as it is, as RFC 7617 alone does. */
function basicCredentials({ client_id: id = "", client_secret: secret, basic_auth_encoding }: OAuth2Client): string {
  const encode = basic_auth_encoding === "form" ? formEncoded : (text: string): string => text;
  return Buffer.from(`${encode(id)}:${encode(secret?.text ?? "")}`).toString("base64");
}

/** A space is `%20`, since some servers decode percent signs only, and every server those. */
function formEncoded(text: string): string {
  return new URLSearchParams({ "": text }).toString().slice(1).replaceAll("+", "%20");
}
