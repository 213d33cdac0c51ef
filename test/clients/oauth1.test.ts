/** `oauth1` against a server that is not ours: oauthlib's endpoints of RFC 5849. */

import { generateKeyPairSync } from "node:crypto";
import { Agent } from "undici";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { applyCredential, authFetch, type OAuth1Config, OAuth1Provider } from "../../src/index.js";
import { wrappers } from "../support/wrappers.js";
import { startOauthlib, withoutOauthlib } from "./oauthlib.js";

const rsa = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});

/** With whatever must be encoded in a key; oauthlib wants 20 characters of a client and a token. */
const secrets = {
  client_key: "client-key-0123456789",
  client_secret: "s&c=r%t +ü/~*'()!",
  token: "access-token-0123456789",
  token_secret: "t&k=n%s +é",
  realm: "1234567_SB1",
  public_key: rsa.publicKey,
};

let origin: string;
let stop = async (): Promise<unknown> => undefined;

beforeAll(async () => {
  if (withoutOauthlib === undefined) ({ origin, stop } = await startOauthlib(secrets));
});
beforeEach(({ skip }) => skip(withoutOauthlib !== undefined, withoutOauthlib));
afterAll(() => stop());

const shared = {
  consumer_key: secrets.client_key,
  token: secrets.token,
  token_secret: secrets.token_secret,
  realm: secrets.realm,
};
const bySecret = { ...shared, consumer_secret: secrets.client_secret };
const METHODS: Record<string, OAuth1Config> = {
  "HMAC-SHA256": bySecret,
  "HMAC-SHA1": { ...bySecret, signature_method: "HMAC-SHA1" },
  "RSA-SHA256": { ...shared, private_key: rsa.privateKey, signature_method: "RSA-SHA256" },
  PLAINTEXT: { ...bySecret, signature_method: "PLAINTEXT" },
};

const FORM = "application/x-www-form-urlencoded";

interface Request {
  readonly path: string;
  readonly method?: string;
  readonly type?: string;
  readonly body?: string | URLSearchParams | Uint8Array;
}

const REQUESTS: Record<string, Request> = {
  "no parameters": { path: "/rows" },
  "repeated parameters": { path: "/rows?a=2&a=1&b=&a=10&a=1" },
  "empty parameters": { path: "/rows?empty=&=nameless&x" },
  "encoded values": { path: "/rows?q=a%20b%2Bc+d%26e%3Df%25&slash=/&tilde=~&star=*&quote=%27%28%29!" },
  "values beyond ASCII": { path: "/rows?name=Zo%C3%AB&%C3%BC=%E2%82%AC&emoji=%F0%9F%98%80" },
  "values beyond ASCII, as they are typed": { path: "/rows?name=Zoë&ü=€" },
  "names that are sorted by bytes": { path: "/rows?a1=1&a=2&A=3&a-b=4&a.b=5&a_b=6&Ab=7" },
  "a path with encoded characters": { path: "/rows/a%2Fb/%C3%BC/c%20d;e" },
  "a query that is none": { path: "/rows?" },
  "a form": {
    path: "/rows?a=1",
    method: "POST",
    body: new URLSearchParams([
      ["a", "0"],
      ["a", "2 + 2"],
      ["b", ""],
      ["ü", "€ & more"],
    ]),
  },
  "a form as text": { path: "/rows", method: "PUT", type: FORM, body: "a=1&a=0&b=%C3%BC+x" },
  "a form as bytes, with a charset": {
    path: "/rows",
    method: "PATCH",
    type: `${FORM}; charset=utf-8`,
    body: Buffer.from("a=1&b=2"),
  },
  "an empty form": { path: "/rows", method: "POST", type: FORM, body: "" },
  JSON: { path: "/rows?a=1", method: "POST", type: "application/json", body: '{"a":"b&c=d"}' },
  "a method of its own": { path: "/rows?a=1", method: "DELETE" },
};

async function send(
  provider: OAuth1Provider,
  { path, method = "GET", type, body }: Request,
  fetch = authFetch(provider),
) {
  const response = await fetch(origin + path, {
    method,
    ...(body !== undefined && { body: body as NonNullable<RequestInit["body"]> }),
    ...(type !== undefined && { headers: { "content-type": type } }),
  });
  return { status: response.status, ...((await response.json()) as { parameters: [string, string][]; body: string }) };
}

describe.each(Object.entries(METHODS))("%s", (_method, config) => {
  test.each(Object.entries(REQUESTS))("P3 %s", async (_what, request) => {
    const { status, body } = await send(new OAuth1Provider(config), request);
    expect(status).toBe(200);
    expect(body).toBe(String(request.body ?? ""));
  });

  test.each([301, 302, 303, 307, 308])("P3 a redirect by %s is signed anew, as it is sent", async (code) => {
    const form = { path: `/redirect/${code}/rows?a=1`, method: "POST", body: new URLSearchParams({ b: "2" }) };
    const { status, parameters, body } = await send(new OAuth1Provider(config), form);
    expect(status).toBe(200);
    expect(parameters).toContainEqual(["from", "redirect"]);
    expect(body).toBe(code < 307 ? "" : "b=2");
  });

  test.each(Object.entries(wrappers))("P3 by %s", async (_name, make) => {
    const send = make(new OAuth1Provider(config), undefined, new Agent());
    expect((await send(`${origin}/rows?a=b%20c&a=`)).status).toBe(200);
    expect((await send(`${origin}/rows?a=1`, "text")).status).toBe(200);
  });

  test("P3 of a request of somebody's own", async () => {
    const credential = await new OAuth1Provider(config).getToken();
    const request = applyCredential(new Request(`${origin}/rows?a=1&a=0`), credential);
    expect((await fetch(request)).status).toBe(200);
  });

  test("P3 for nobody, by the client alone, without a realm", async () => {
    const { token, token_secret, realm, ...client } = config;
    expect((await send(new OAuth1Provider(client), { path: "/anonymous?a=1" })).status).toBe(200);
    expect((await send(new OAuth1Provider(client), { path: "/rows?a=1" })).status).toBe(401);
  });

  test("P3 a wrong token is refused, and so is a wrong secret", async () => {
    const wrong: OAuth1Config[] = [{ ...config, token: "another-token-0123456789" }];
    if (config.private_key === undefined)
      wrong.push({ ...config, consumer_secret: "wrong" }, { ...config, token_secret: "w" });
    for (const each of wrong) expect((await send(new OAuth1Provider(each), { path: "/rows" })).status).toBe(401);
  });
});

test("P3 fifty at once have fifty nonces, which the server takes once each", async () => {
  const fetch = authFetch(new OAuth1Provider(bySecret));
  const answers = await Promise.all(Array.from({ length: 50 }, () => fetch(`${origin}/rows?a=1`)));
  expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
});

test("P3 what is signed twice by one moment is refused, so that the server does look", async () => {
  const credential = await new OAuth1Provider(bySecret).getToken();
  const request = applyCredential(new Request(`${origin}/rows`), credential);
  expect((await fetch(request.clone())).status).toBe(200);
  expect((await fetch(request)).status).toBe(401);
  const changed = applyCredential(new Request(`${origin}/rows?a=1`), credential);
  expect((await fetch(`${origin}/rows?a=2`, { headers: changed.headers })).status).toBe(401);
});
