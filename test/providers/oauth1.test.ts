/** `oauth1` over HTTP: what is signed is what arrives (P3). */

import { createHmac, generateKeyPairSync } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { applyCredential, authFetch, fromConfig, OAuth1Provider } from "../../src/index.js";
import { baseString } from "../../src/oauth1/signature.js";
import { newFolder } from "../fleet/processes.js";
import { type Api, type ApiRequest, startApi } from "../support/api.js";
import { errorOf } from "../support/errors.js";
import { ecKey, edKey, jwk, pem, rsaKey, rsaPssKey } from "../support/keys.js";

const config = { consumer_key: "ck", consumer_secret: "c s", token: "tk", token_secret: "t&s", realm: "acme" };

let api: Api;

beforeEach(async () => {
  api = await startApi();
  api.answerWith((_request, response) => response.end("rows"));
});

/** The signature that a server computes of what it has got. */
function expected({ method, path, headers, body }: ApiRequest, key: string): { signature: string; given: string } {
  const parameters = [...(headers.authorization ?? "").matchAll(/(\w+)="([^"]*)"/g)].map(
    ([, name = "", value = ""]) => [name, decodeURIComponent(value)] as const,
  );
  const signed = parameters.filter(([name]) => name !== "realm" && name !== "oauth_signature");
  const request = {
    method,
    url: api.origin + path,
    header: (name: string) => (headers[name] as string | undefined) ?? null,
    body: () => body,
  };
  return {
    signature: createHmac("sha256", key).update(baseString(request, signed)).digest("base64"),
    given: Object.fromEntries(parameters).oauth_signature ?? "",
  };
}

const KEY = "c%20s&t%26s";

describe("P3 a server computes the same signature", () => {
  test.each([
    ["GET", "/rows?limit=10&limit=2&empty=&q=a%20b+c&ü=ä", undefined],
    [
      "POST",
      "/rows?x=1",
      new URLSearchParams([
        ["a", "1"],
        ["a", "2 3"],
        ["", "ü"],
      ]),
    ],
    ["PUT", "/rows", "text that is no parameter"],
    ["DELETE", "/rows/1%2F2", undefined],
  ])("of %s %s", async (method, path, body) => {
    const fetch = authFetch(new OAuth1Provider(config));
    await fetch(api.origin + path, { method, ...(body !== undefined && { body }) });
    const [request] = api.seen as [ApiRequest];
    const { signature, given } = expected(request, KEY);
    expect(given).toBe(signature);
    expect(request.headers.authorization).toMatch(/^OAuth realm="acme", oauth_consumer_key="ck", oauth_token="tk"/);
  });

  test.each([
    ["this realm", (form: URLSearchParams) => form],
    [
      "another realm",
      (form: URLSearchParams) => ({ [Symbol.toStringTag]: "URLSearchParams", toString: () => String(form) }),
    ],
  ])("P3 of a form of %s without a content type, by applyCredential", async (_realm, given) => {
    const form = new URLSearchParams("a=1&a=2+3&b=%C3%BC");
    const request = { url: `${api.origin}/rows`, method: "POST", headers: new Headers(), body: given(form) };
    applyCredential(request, await new OAuth1Provider(config).getToken());
    await fetch(request.url, { method: "POST", headers: request.headers, body: form });
    const { signature, given: sent } = expected(api.seen[0] as ApiRequest, KEY);
    expect(sent).toBe(signature);
  });

  test("P3 P1 of a redirect's next hop, signed anew", async () => {
    api.answerWith(({ path }, response) => {
      if (path.startsWith("/old")) response.writeHead(307, { location: "/new?b=2" });
      response.end();
    });
    await authFetch(new OAuth1Provider(config))(`${api.origin}/old?a=1`, { method: "POST", body: "x" });
    expect(api.seen).toHaveLength(2);
    for (const request of api.seen) {
      const { signature, given } = expected(request, KEY);
      expect(given).toBe(signature);
    }
  });
});

test("P3 no nonce comes twice", async () => {
  const fetch = authFetch(new OAuth1Provider(config));
  await Promise.all(Array.from({ length: 20 }, () => fetch(`${api.origin}/rows`)));
  const nonces = api.authorizations().map((value) => /oauth_nonce="(\w{32})"/.exec(value ?? "")?.[1]);
  expect(new Set(nonces).size).toBe(20);
});

test("P3 W1 a refusal is the answer, since there is nothing else to try", async () => {
  api.answerWith((_request, response) => {
    response.statusCode = 401;
    response.end();
  });
  expect((await authFetch(new OAuth1Provider(config))(`${api.origin}/rows`)).status).toBe(401);
  expect(api.seen).toHaveLength(1);
});

test("V1 P3 a secret that was replaced is found on a refusal", async () => {
  const folder = await newFolder();
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "secret");
  await writeFile(file, "old\n");
  api.answerWith((request, response) => {
    const { signature, given } = expected(request, "new&t%26s");
    response.statusCode = given === signature ? 200 : 401;
    response.end();
  });
  const provider = new OAuth1Provider({ ...config, consumer_secret: { file } });
  const fetch = authFetch(provider);
  expect((await fetch(`${api.origin}/rows`)).status).toBe(401);
  await writeFile(file, "new\n");
  expect((await fetch(`${api.origin}/rows`)).status).toBe(200);
});

test("S1 prints no secret", async () => {
  const provider = new OAuth1Provider({ ...config, consumer_secret: "s3cr3t", token_secret: "t0ps3cret" });
  await provider.getToken();
  for (const printed of [
    inspect(provider, { depth: 9, showHidden: true }),
    JSON.stringify(await provider.getToken()),
  ]) {
    expect(printed).not.toMatch(/s3cr3t|t0ps3cret/);
  }
});

test("G2 a key or a secret that does not fit the method is a fault", async () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  const faultsOf = async (given: object) => {
    const error = await errorOf(() => fromConfig({ type: "oauth1", config: { consumer_key: "ck", ...given } }));
    return (error as { issues?: readonly { path: string }[] }).issues?.map(({ path }) => path);
  };
  expect(await faultsOf({})).toEqual(["config.consumer_secret"]);
  expect(await faultsOf({ private_key: pem })).toEqual(["config.consumer_secret", "config.private_key"]);
  expect(await faultsOf({ consumer_secret: "s", signature_method: "RSA-SHA256" })).toEqual([
    "config.private_key",
    "config.consumer_secret",
  ]);
  expect(await faultsOf({ consumer_secret: "s", token_secret: "t" })).toEqual(["config.token"]);
  expect(await faultsOf({ consumer_secret: "s", signature_method: "MD5" })).toEqual(["config.signature_method"]);
  fromConfig({ type: "oauth1", config: { consumer_key: "ck", private_key: pem, signature_method: "RSA-SHA256" } });
});

describe("P3 G2 RSA-SHA256 takes RSA keys alone", () => {
  const byKey = (private_key: unknown) =>
    ({ consumer_key: "ck", private_key, signature_method: "RSA-SHA256" }) as const;
  const make = (private_key: unknown) => fromConfig({ type: "oauth1", config: byKey(private_key) });
  const notRsa = {
    path: "config.private_key",
    message: expect.stringMatching(/must be an RSA key to sign by RSA-SHA256/),
  };

  test.each([
    ["an EC key", () => pem(ecKey())],
    ["an Ed25519 key", () => pem(edKey())],
    ["a key for RSA-PSS alone", () => pem(rsaPssKey())],
    ["an EC key as a JWK", () => jwk(ecKey())],
  ])("%s is a fault", async (_what, key) => {
    expect(await errorOf(() => make(key()))).toMatchObject({ code: "config", issues: [notRsa] });
  });

  test("V3 so is one in a file; and one that is found later, in the file or from a function", async () => {
    const folder = await newFolder();
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, "key.pem");
    await writeFile(file, pem(ecKey()));
    expect(await errorOf(() => make({ file }))).toMatchObject({ code: "config" });
    await writeFile(file, pem(rsaKey()));
    const provider = make({ file });
    await writeFile(file, pem(edKey()));
    for (const each of [provider, make(() => pem(ecKey()))]) {
      const error = await errorOf(() => each.getToken());
      expect(error).toMatchObject({
        code: "config",
        message: expect.stringMatching(/private_key.*must be an RSA key/),
      });
    }
  });
});

test.each(["日本", "line\nbreak"])("P3 G2 a realm that no header can carry is a fault: %j", async (realm) => {
  const error = await errorOf(() => new OAuth1Provider({ ...config, realm }));
  expect(error).toMatchObject({
    code: "config",
    issues: expect.arrayContaining([{ path: "realm", message: expect.any(String) }]),
  });
});

test("P3 a realm may have all that a quoted text may", async () => {
  await authFetch(new OAuth1Provider({ ...config, realm: ' é "x" ' }))(`${api.origin}/rows`);
  expect(api.authorizations()[0]).toContain('realm=" é \\"x\\" "');
});
