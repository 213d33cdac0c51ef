/**
 * An authorization server and an API that take proofs of possession, on one free loopback port each. They verify by jose what RFC 9449
 * §4.3 wants verified: type, signature, method, address, age, that no `jti` comes twice, the hash of the token, the nonce.
 */

import { createHash, randomUUID } from "node:crypto";
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { calculateJwkThumbprint, EmbeddedJWK, type JWK, type JWTVerifyResult, jwtVerify } from "jose";
import { type Api, type ApiRequest, startApi } from "./api.js";
import { type Answer, type Idp, json, startIdp } from "./idp.js";

export interface DpopServer {
  readonly idp: Idp;
  readonly api: Api;
  /** The proofs that the authorization server, and the API, were shown and have taken. */
  readonly taken: { readonly idp: Proof[]; readonly api: Proof[] };
  /** The nonces that are wanted; none is where that is `undefined`. */
  readonly nonces: { idp: string | undefined; api: string | undefined };
  /** What the answer says of its token. */
  tokenType: string;
  /** The thumbprint of the key to which the last refresh token is bound. */
  readonly bound: string | undefined;
  /** Tokens that the API does not take any more. */
  readonly revoked: Set<string>;
}

export interface Proof {
  readonly thumbprint: string;
  readonly alg: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
}

type Refusal = { readonly error: string };

export async function startDpopServer(): Promise<DpopServer> {
  const tokens = new Map<string, string>();
  const seen = new Set<unknown>();
  const refreshTokens = new Map<string, string | undefined>([["rt-0", undefined]]);
  let count = 0;
  const idp = await startIdp();
  const api = await startApi();
  const server = {
    idp,
    api,
    taken: { idp: [] as Proof[], api: [] as Proof[] },
    nonces: { idp: undefined as string | undefined, api: undefined as string | undefined },
    tokenType: "DPoP",
    bound: undefined as string | undefined,
    revoked: new Set<string>(),
  };

  const verified = async (
    who: "idp" | "api",
    { method, path, headers }: { method: string; path: string; headers: IncomingHttpHeaders },
    accessToken?: string,
  ): Promise<Proof | Refusal> => {
    const wrong = { error: "invalid_dpop_proof" };
    const given = await jwtVerify(String(headers.dpop), EmbeddedJWK, { typ: "dpop+jwt", maxTokenAge: "1 hour" }).catch(
      (): undefined => undefined,
    );
    if (given === undefined) return wrong;
    const { payload, protectedHeader } = given as JWTVerifyResult;
    const ath = accessToken && createHash("sha256").update(accessToken).digest("base64url");
    const address = server[who].origin + path.replace(/[?#].*/, "");
    if (payload.htm !== method || payload.htu !== address || payload.ath !== ath || seen.has(payload.jti)) return wrong;
    if (payload.jti === undefined || "d" in (protectedHeader.jwk ?? {})) return wrong;
    seen.add(payload.jti);
    const nonce = server.nonces[who];
    if (nonce !== undefined && payload.nonce !== nonce) return { error: "use_dpop_nonce" };
    const thumbprint = await calculateJwkThumbprint(protectedHeader.jwk as JWK);
    const proof = { thumbprint, alg: protectedHeader.alg, claims: payload };
    server.taken[who].push(proof);
    return proof;
  };

  const grant: Answer = async (request, response) => {
    const nonce = server.nonces.idp;
    const headers: Record<string, string> = nonce === undefined ? {} : { "dpop-nonce": nonce };
    const proof = request.headers.dpop === undefined ? undefined : await verified("idp", request);
    if (proof !== undefined && "error" in proof) return json(response, proof, 400, headers);
    const { grant_type, refresh_token: presented = "" } = request.form;
    const isRefresh = grant_type === "refresh_token";
    const boundTo = refreshTokens.get(presented);
    if (isRefresh && (!refreshTokens.has(presented) || (boundTo !== undefined && boundTo !== proof?.thumbprint))) {
      return json(response, { error: "invalid_grant", error_description: presented }, 400, headers);
    }
    count += 1;
    const token = `at-${count}-${randomUUID()}`;
    if (isRefresh) {
      // As of a public client: bound to the key, and good for one use.
      refreshTokens.delete(presented);
      refreshTokens.set(`rt-${count}`, proof?.thumbprint);
      server.bound = proof?.thumbprint;
    }
    const type = proof === undefined ? "Bearer" : server.tokenType;
    tokens.set(token, type === "DPoP" ? (proof?.thumbprint ?? "") : "");
    const next = isRefresh ? { refresh_token: `rt-${count}` } : {};
    json(response, { access_token: token, token_type: type, expires_in: 3600, ...next }, 200, headers);
  };

  idp.answerWith(grant);
  api.answerWith(async (request: ApiRequest, response: ServerResponse) => {
    const nonce = server.nonces.api;
    if (nonce !== undefined) response.setHeader("dpop-nonce", nonce);
    const [scheme = "", token = ""] = (request.headers.authorization ?? "").split(" ");
    const boundTo = tokens.get(token);
    const refuse = (error: string) => {
      response.writeHead(401, { "www-authenticate": `DPoP error="${error}", algs="ES256"` });
      response.end();
    };
    if (boundTo === undefined || server.revoked.has(token)) return refuse("invalid_token");
    if (boundTo === "") return scheme === "Bearer" ? answered(request, response) : refuse("invalid_token");
    const proof = await verified("api", request, token);
    if ("error" in proof) return refuse(proof.error);
    if (scheme !== "DPoP" || proof.thumbprint !== boundTo) return refuse("invalid_token");
    answered(request, response);
  });
  return server;
}

/** A path of `/to?URL` redirects there. */
function answered({ path }: ApiRequest, response: ServerResponse): void {
  if (path.startsWith("/to?")) response.writeHead(307, { location: decodeURIComponent(path.slice(4)) });
  response.end("rows");
}
