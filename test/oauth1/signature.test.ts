/** RFC 5849's own examples, and what they leave out. */

import { createVerify, generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { authorizationOf, baseString, type OAuth1Signer } from "../../src/oauth1/signature.js";

const photos: OAuth1Signer = {
  method: "HMAC-SHA1",
  consumerKey: "dpf43f3p2l4k3l03",
  consumerSecret: "kd94hf93k423kf44",
  token: "nnch734d00sl2jdk",
  tokenSecret: "pfkkdhi9sl3r4s00",
  realm: "Photos",
};

const request = (method: string, url: string, form?: string) => ({
  method,
  url,
  header: (name: string) =>
    form !== undefined && name.toLowerCase() === "content-type" ? "application/x-www-form-urlencoded" : null,
  body: () => form,
});

function partsOf(header: string): Record<string, string> {
  const pairs = header.replace(/^OAuth /, "").split(", ");
  return Object.fromEntries(pairs.map((pair) => /^(\w+)="(.*)"$/.exec(pair)?.slice(1) as [string, string]));
}

describe("P3 the examples of RFC 5849", () => {
  test("P3 §3.4.1.1: query, form and parameters of OAuth, repeated, empty and encoded ones", () => {
    const oauth = [
      ["oauth_consumer_key", "9djdj82h48djs9d2"],
      ["oauth_token", "kkk9d7dh3k39sjv7"],
      ["oauth_signature_method", "HMAC-SHA1"],
      ["oauth_timestamp", "137131201"],
      ["oauth_nonce", "7d8f3e4a"],
    ] as const;
    const url = "http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b";
    expect(baseString(request("POST", url, "c2&a3=2+q"), oauth)).toBe(
      "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26" +
        "c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26" +
        "oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7",
    );
  });

  test("P3 §3.4.1.2: the port stands where it is not the scheme's", () => {
    expect(baseString(request("GET", "https://www.example.net:8080/?q=1"), [])).toBe(
      "GET&https%3A%2F%2Fwww.example.net%3A8080%2F&q%3D1",
    );
  });

  test("P3 §3.5.1: the header has each parameter encoded, and the realm as it is", () => {
    const header = authorizationOf(
      { ...photos, realm: 'a "b" \\' },
      request("GET", "http://photos.example.net/photos?file=vacation.jpg&size=original"),
      { nonce: "chapoH", timestamp: 137131202 },
    );
    expect(header).toMatch(/^OAuth realm="a \\"b\\" \\\\", oauth_consumer_key="dpf43f3p2l4k3l03", /);
    expect(partsOf(header)).toMatchObject({
      oauth_token: "nnch734d00sl2jdk",
      oauth_signature_method: "HMAC-SHA1",
      oauth_timestamp: "137131202",
      oauth_nonce: "chapoH",
      oauth_version: "1.0",
    });
  });
});

test("P3 characters beyond ASCII, and those that encodeURIComponent leaves", () => {
  expect(baseString(request("GET", "https://a.example/ü?n=☃&m=!'()*~"), [])).toBe(
    "GET&https%3A%2F%2Fa.example%2F%25C3%25BC&m%3D%2521%2527%2528%2529%252A~%26n%3D%25E2%2598%2583",
  );
});

test("P3 a question mark that begins a name is part of it, in a query as in a form", () => {
  expect(baseString(request("POST", "https://a.example/x??a=1&?c=3", "?b=2&?d=4"), [])).toBe(
    "POST&https%3A%2F%2Fa.example%2Fx&%253Fa%3D1%26%253Fb%3D2%26%253Fc%3D3%26%253Fd%3D4",
  );
});

test("P3 PLAINTEXT is the key, and a request for nobody has no token", () => {
  const signer = { ...photos, method: "PLAINTEXT", token: undefined, tokenSecret: "", consumerSecret: "a&b" } as const;
  const parts = partsOf(authorizationOf(signer, request("GET", "https://a.example"), { nonce: "n", timestamp: 1 }));
  expect(decodeURIComponent(parts.oauth_signature ?? "")).toBe("a%26b&");
  expect(parts).not.toHaveProperty("oauth_token");
});

test("P3 RSA-SHA256 is checked by the public key", () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  const signer = { ...photos, method: "RSA-SHA256", consumerSecret: pem } as const;
  const moment = { nonce: "n", timestamp: 1 };
  const to = request("GET", "https://a.example/x?a=1");
  const { oauth_signature: signature = "", realm, ...oauth } = partsOf(authorizationOf(signer, to, moment));
  const verify = createVerify("sha256").update(baseString(to, Object.entries(oauth)));
  expect(realm).toBe("Photos");
  expect(verify.verify(publicKey, decodeURIComponent(signature), "base64")).toBe(true);
});
