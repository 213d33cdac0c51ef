/** The authorization code grant with PKCE (RFC 6749 §4.1, RFC 7636), as a program on somebody's machine uses it (RFC 8252). */

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { administrationOf } from "faucet-auth";
import { CommandFailure } from "./exit-status.js";

/** How a grant is begun and ended. */
export type Consent = NonNullable<NonNullable<ReturnType<typeof administrationOf>>["consent"]>;

/** A request that was sent with a browser, and what its answer is checked against. */
export interface AuthorizationRequest {
  readonly url: URL;
  readonly redirectUri: string;
  readonly state: string;
  /** What only this process knows: the answer is worth nothing to anybody else. */
  readonly verifier: string;
}

/** The request to `endpoint` whose answer goes to `redirectUri`, with `more` parameters. */
export function authorizationRequest(
  endpoint: URL,
  redirectUri: string,
  { clientId, scope = "", targets }: Awaited<ReturnType<Consent["request"]>>,
  more: readonly [string, string][],
): AuthorizationRequest {
  const state = randomText();
  const { verifier, challenge } = newProof();
  const url = new URL(endpoint);
  const parameters: [string, string][] = [
    ["response_type", "code"],
    ["client_id", clientId],
    ["redirect_uri", redirectUri],
    ["scope", scope],
    ["state", state],
    ...Object.entries(challenge),
    // OpenID Connect Core §11: without it, there is no offline access.
    ["prompt", scope.split(" ").includes("offline_access") ? "consent" : ""],
  ];
  for (const [name, value] of parameters) if (value !== "") url.searchParams.set(name, value);
  for (const [name, value] of targets) url.searchParams.append(name, value);
  for (const [name, value] of more) url.searchParams.set(name, value);
  return { url, redirectUri, state, verifier };
}

/** Whether `answer` is that of this very request, and not of another, or of somebody who guesses. */
export function isAnswerTo({ state }: AuthorizationRequest, answer: URLSearchParams): boolean {
  const given = Buffer.from(answer.get("state") ?? "");
  const known = Buffer.from(state);
  return answer.getAll("state").length === 1 && given.length === known.length && timingSafeEqual(given, known);
}

/** The code in an answer. Throws for a refusal, and for an answer that comes from another server (RFC 9207). */
export function codeIn(answer: URLSearchParams, expected: Awaited<ReturnType<Consent["expectedIssuer"]>>): string {
  const issuer = answer.get("iss");
  if (expected.issuer !== undefined && issuer !== null && issuer !== expected.issuer) {
    throw new CommandFailure(`the answer is of another server than ${expected.issuer}: it is not used`);
  }
  if (expected.isRequired && issuer === null) {
    throw new CommandFailure(
      `the answer does not say that it is of ${expected.issuer}, as that server does: it is not used`,
    );
  }
  const error = answer.get("error");
  if (error !== null) throw new CommandFailure(`the server refused: ${refusalText(error, answer)}`);
  const code = answer.get("code");
  if (code === null || code === "" || answer.getAll("code").length > 1) {
    throw new CommandFailure("the answer has no code");
  }
  return code;
}

/** The token request for `code`. */
export function codeGrant(
  code: string,
  { redirectUri, verifier }: AuthorizationRequest,
): Parameters<Consent["redeem"]>[0] {
  return { grant_type: "authorization_code", code, redirect_uri: redirectUri, code_verifier: verifier };
}

/** Anybody can make such an answer: it is shown as one short line. */
function refusalText(error: string, answer: URLSearchParams): string {
  const description = answer.get("error_description");
  const text = description === null ? error : `${error}: ${description}`;
  return text.replace(/[^\x20-\x7e]+/g, " ").slice(0, 300);
}

/** A proof of possession of the code (RFC 7636 §4): what is sent with the request, and what only this process knows. */
export function newProof(): { readonly verifier: string; readonly challenge: Readonly<Record<string, string>> } {
  const verifier = randomText();
  const code_challenge = createHash("sha256").update(verifier).digest("base64url");
  return { verifier, challenge: { code_challenge, code_challenge_method: "S256" } };
}

function randomText(): string {
  return randomBytes(32).toString("base64url");
}
