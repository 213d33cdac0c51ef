/** Tokens that are bound to a key, where the server offers that. */

import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { calculateJwkThumbprint, EmbeddedJWK, type JWK, jwtVerify } from "jose";
import { expect, onTestFinished, test } from "vitest";
import {
  type AuthProvider,
  authFetch,
  OAuth2ClientCredentialsProvider,
  OAuth2RefreshProvider,
  TokenExchangeProvider,
} from "../../src/index.js";
import { start } from "../fleet/processes.js";
import { newFolder } from "../support/folder.js";
import { ecKey, jwk } from "../support/keys.js";
import { listen } from "../support/server.js";
import type { ClientKeys } from "./identity-server.js";
import { clientOf, introspect, mintRefreshToken, server } from "./server-under-test.js";
import { ACCESS_TOKEN_SECONDS } from "./start/clients.js";

const { strict: realm } = server;
const { dpop, clients } = realm;
const { token_exchange: exchange } = realm.grants ?? {};
const PROCESSES = 8;
const CONNECTORS = 4;
const TOKENS = 6;

test.skipIf(dpop === undefined)(
  "P6 dpop: client credentials, and an API that verifies each proof",
  async ({ task }) => {
    const provider = new OAuth2ClientCredentialsProvider({ ...clientOf(realm), dpop: true });
    const api = await startBoundApi();
    const fetch = authFetch(provider);
    for (let n = 0; n < 3; n += 1) expect((await fetch(`${api.origin}/rows?page=${n}`)).status).toBe(200);
    expect(provider.status()).toMatchObject({ state: "fresh", counts: { flights: 1, tokenRequests: 1, failures: 0 } });
    expect(api).toMatchObject({ refused: 0 });
    task.meta.seen = dpop?.wantsNonces ? "yes, with its nonces" : "yes";
  },
);

test.skipIf(dpop === undefined)("P6 dpop: a key that is given", async () => {
  const key = jwk(ecKey());
  const config = { ...clientOf(realm), dpop: { private_key: key } };
  const credential = await new OAuth2ClientCredentialsProvider(config).getToken();
  if (credential.type !== "signer") throw new Error(`a token of type ${credential.type}`);
  const { cnf } = (await introspect(realm, credential.secret)) as Bound;
  expect(cnf?.jkt).toBe(await calculateJwkThumbprint(key as JWK));
});

test.skipIf(dpop?.userinfoUrl === undefined)("P6 dpop: a user's token, at the server's own API", async ({ task }) => {
  const { userinfoUrl = "" } = dpop ?? {};
  const client = { ...clientOf(realm), scopes: "openid" };
  const refresh_token = await mintRefreshToken(realm, client);
  const provider = new OAuth2RefreshProvider({ ...client, refresh_token, dpop: true });
  const fetch = authFetch(provider);
  const answers = [await fetch(userinfoUrl), await fetch(userinfoUrl)];
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(await answers[0]?.json()).toMatchObject({ sub: expect.any(String) });
  expect(provider.status().counts.flights).toBe(1);
  task.meta.seen = dpop?.wantsNonces ? "yes, with its nonces" : "yes";
});

test.skipIf(dpop === undefined || exchange === undefined)("P6 dpop: token_exchange", async () => {
  const { client } = exchange as NonNullable<typeof exchange>;
  const subject = new OAuth2RefreshProvider({ ...client, refresh_token: await mintRefreshToken(realm, client) });
  const provider = new TokenExchangeProvider({ ...client, subject_token: subject, dpop: true });
  const { origin } = await startBoundApi();
  expect((await authFetch(provider)(origin)).status).toBe(200);
});

test.skipIf(dpop === undefined || clients.none === undefined)(
  `P6 D1 D2 dpop: a public client's rotation, ${PROCESSES} processes × ${CONNECTORS} connectors on one store`,
  async ({ task }) => {
    const client = clients.none as ClientKeys;
    const api = await startBoundApi();
    const config = {
      ...client,
      refresh_token: await mintRefreshToken(realm, client),
      dpop: true,
      persist: { path: await newFolder() },
    };
    const orders = { config: { ...config, expiry_ratio: 1 / ACCESS_TOKEN_SECONDS }, name: "suite", api: api.origin };
    const fleet = Array.from({ length: PROCESSES }, () => {
      const { child, message } = start("worker", { ...orders, connectors: CONNECTORS, tokens: TOKENS });
      onTestFinished(() => void child.kill());
      return message();
    });
    const reports = await Promise.all(fleet);
    expect(reports).toMatchObject(Array.from({ length: PROCESSES }, () => ({ errors: [], refused: 0 })));
    // One key for all of them: who comes later has it from the record.
    const later: AuthProvider = new OAuth2RefreshProvider({ ...config, expiry_ratio: Number.MIN_VALUE });
    expect((await authFetch(later)(api.origin)).status).toBe(200);
    expect(api).toMatchObject({ refused: 0, keys: 1 });
    const [redemptions, requests] = [
      reports.reduce((sum, report) => sum + (report.tokenRequests ?? 0), 0),
      reports.reduce((sum, report) => sum + report.requests, 0),
    ];
    task.meta.seen = `${redemptions} redemptions for ${requests} requests, one key`;
  },
);

type Bound = { readonly active: boolean; readonly cnf?: { readonly jkt?: string } };

/** An API that takes tokens with a proof by the key that they are bound to, as the server's introspection says (RFC 9449 §7.1). */
async function startBoundApi() {
  const known = new Map<string, Promise<Bound>>();
  const keys = new Set<string | undefined>();
  const jtis = new Set<unknown>();
  const api = { origin: "", refused: 0, keys: 0 };

  const isProven = async (method: string, path: string, token: string, proof: string): Promise<boolean> => {
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      typ: "dpop+jwt",
      maxTokenAge: "1 hour",
    });
    const answer = known.get(token) ?? (introspect(realm, token) as Promise<Bound>);
    known.set(token, answer);
    const { active, cnf } = await answer;
    const isFresh = !jtis.has(payload.jti);
    jtis.add(payload.jti);
    keys.add(cnf?.jkt);
    api.keys = keys.size;
    const ath = createHash("sha256").update(token).digest("base64url");
    const isHere = payload.htm === method && payload.htu === api.origin + path.replace(/\?.*/, "");
    const isOfKey = cnf?.jkt === (await calculateJwkThumbprint(protectedHeader.jwk as JWK));
    return active && isFresh && isHere && isOfKey && payload.ath === ath;
  };

  const listening = createServer(async ({ method = "", url = "", headers }, response) => {
    const [scheme, token = ""] = (headers.authorization ?? "").split(" ");
    const isGood = await isProven(method, url, token, String(headers.dpop)).catch(() => false);
    if (!isGood || scheme !== "DPoP") api.refused += 1;
    response.writeHead(isGood && scheme === "DPoP" ? 200 : 401).end();
  });
  api.origin = await listen(listening);
  return api;
}
