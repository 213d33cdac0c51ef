/** Proofs of possession, checked by jose, and by an API that asks for nonces (P6). */

import { generateKeyPairSync } from "node:crypto";
import { calculateJwkThumbprint, EmbeddedJWK, type JWK, jwtVerify } from "jose";
import { Agent } from "undici";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { authFetch, authInterceptor } from "../../src/index.js";
import type { SigningAlgorithm } from "../../src/signing/algorithms.js";
import { dpopCredential } from "../../src/signing/dpop-credential.js";
import { DpopNonces } from "../../src/signing/dpop-nonces.js";
import { DpopProver } from "../../src/signing/dpop-proof.js";
import { type Api, startApi } from "../support/api.js";
import { testClock } from "../support/clock.js";
import { scriptedProvider } from "../support/scripted-provider.js";

const rsa = () => generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const ec = (namedCurve: string) => () => generateKeyPairSync("ec", { namedCurve }).privateKey;

const keys: [SigningAlgorithm, () => ReturnType<typeof rsa>][] = [
  ["ES256", ec("P-256")],
  ["ES384", ec("P-384")],
  ["ES512", ec("P-521")],
  ["RS256", rsa],
  ["PS256", rsa],
  ["EdDSA", () => generateKeyPairSync("ed25519").privateKey],
];

/** The token of RFC 9449 §7.1, and its hash. */
const TOKEN = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
const ATH = "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo";

describe.each(keys)("a proof by %s", (algorithm, newKey) => {
  test("P6 is a JWT by the key in it, about this request and this token", async () => {
    const clock = testClock();
    const prover = new DpopProver(newKey(), algorithm, clock);
    const content = { method: "POST", url: "https://api.example/rows?a=1#b", nonce: "n1", accessToken: TOKEN };
    const { payload, protectedHeader } = await jwtVerify(prover.proof(content), EmbeddedJWK, { typ: "dpop+jwt" });
    expect(payload).toEqual({
      jti: expect.any(String),
      htm: "POST",
      htu: "https://api.example/rows",
      iat: Math.floor(clock() / 1000),
      ath: ATH,
      nonce: "n1",
    });
    expect(protectedHeader.jwk).not.toHaveProperty("d");
    expect(await calculateJwkThumbprint(protectedHeader.jwk as JWK)).toBe(prover.thumbprint);
    expect(prover.proof(content)).not.toBe(prover.proof(content));
  });
});

describe("an API that asks for nonces", () => {
  let api: Api;
  let current: string;

  beforeEach(async () => {
    current = "n1";
    api = await startApi();
    api.answerWith(async ({ headers }, response) => {
      const { payload } = await jwtVerify(String(headers.dpop), EmbeddedJWK);
      const isCurrent = payload.nonce === current;
      const challenge = { "www-authenticate": 'DPoP error="use_dpop_nonce", error_description="again"' };
      response.writeHead(isCurrent ? 200 : 401, { "dpop-nonce": current, ...(isCurrent ? {} : challenge) });
      response.end();
    });
  });

  test("P6 gets the request again with its nonce, once, and each later one at once", async () => {
    const prover = new DpopProver(ec("P-256")(), "ES256", Date.now);
    const provider = scriptedProvider(dpopCredential("t0ken", prover, new DpopNonces()));
    const fetch = authFetch(provider);
    expect((await fetch(`${api.origin}/rows`)).status).toBe(200);
    expect((await fetch(`${api.origin}/rows`)).status).toBe(200);
    expect(api.seen).toHaveLength(3);
    current = "n2";
    expect((await fetch(`${api.origin}/rows`)).status).toBe(200);
    expect(api.seen).toHaveLength(5);
    expect(api.authorizations()).toEqual(Array(5).fill("DPoP t0ken"));
    expect(provider.reported).toEqual([]);
  });

  test.each([
    ["a URL", (origin: string) => new URL(origin)],
    ["text with a slash at the end", (origin: string) => `${origin}/`],
    ["text in capitals", (origin: string) => origin.replace("http", "HTTP")],
    ["a proxy for the URL in the path", (origin: string) => origin],
  ])("P6 gets the request again with its nonce, where its origin is given as %s", async (what, given) => {
    const prover = new DpopProver(ec("P-256")(), "ES256", Date.now);
    const provider = scriptedProvider(dpopCredential("t0ken", prover, new DpopNonces()));
    const agent = new Agent();
    onTestFinished(() => agent.destroy());
    const dispatcher = agent.compose(authInterceptor(provider, { origins: "any" }));
    const path = what.startsWith("a proxy") ? "http://rows.example/rows" : "/rows";
    const { statusCode, body } = await dispatcher.request({ origin: given(api.origin), path, method: "GET" });
    await body.dump();
    expect([statusCode, api.seen.length]).toEqual([200, 2]);
    expect(provider.reported).toEqual([]);
  });

  test("P6 gets all requests again that were signed before it has changed its nonce, and reports none", async () => {
    const prover = new DpopProver(ec("P-256")(), "ES256", Date.now);
    const provider = scriptedProvider(dpopCredential("t0ken", prover, new DpopNonces()));
    const answers = await Promise.all(Array.from({ length: 20 }, () => authFetch(provider)(`${api.origin}/rows`)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(provider.reported).toEqual([]);
  });

  test("P6 that never takes it has its 401 passed on after one retry, and nothing is reported", async () => {
    api.answerWith((_request, response) => {
      response.writeHead(401, { "www-authenticate": 'Bearer, DPoP error = "use_dpop_nonce"' });
      response.end();
    });
    const prover = new DpopProver(ec("P-256")(), "ES256", Date.now);
    const provider = scriptedProvider(dpopCredential("t0ken", prover, new DpopNonces()));
    expect((await authFetch(provider)(`${api.origin}/rows`)).status).toBe(401);
    expect(api.seen).toHaveLength(2);
    expect(provider.reported).toEqual([]);
  });

  test("P6 a 401 for another reason is a refusal, whatever nonce it brings", async () => {
    api.answerWith((_request, response) => {
      response.writeHead(401, { "dpop-nonce": "n9", "www-authenticate": 'DPoP error="invalid_token"' });
      response.end();
    });
    const prover = new DpopProver(ec("P-256")(), "ES256", Date.now);
    const provider = scriptedProvider(dpopCredential("t0ken", prover, new DpopNonces()));
    expect((await authFetch(provider)(`${api.origin}/rows`)).status).toBe(401);
    expect(provider.reported).toHaveLength(1);
  });
});

test("P6 nonces are kept for each origin, and not for ever more origins", () => {
  const nonces = new DpopNonces();
  nonces.note("https://a.example", "n1");
  nonces.note("https://a.example", "n2");
  nonces.note("https://a.example", null);
  nonces.note("https://b.example", "");
  expect(nonces.of("https://a.example")).toBe("n2");
  expect(nonces.of("https://b.example")).toBeUndefined();
  nonces.note("HTTPS://A.example:443/", "n3");
  expect([nonces.of("https://a.example"), nonces.of("https://a.example/")]).toEqual(["n3", "n3"]);
  for (let n = 0; n < 100; n += 1) nonces.note(`https://h${n}.example`, "n");
  expect(nonces.of("https://a.example")).toBeUndefined();
  expect(nonces.of("https://h0.example")).toBe("n");
});
