import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { Mask, shorten } from "../../src/http/mask.js";

const SECRET = 'p@ss/w+rd "é" 100%';

const encodings: Record<string, (secret: string) => string> = {
  "as it is": (secret) => secret,
  "in upper case": (secret) => secret.toUpperCase(),
  "percent-encoded": encodeURIComponent,
  "percent-encoded in lower case": (secret) => encodeURIComponent(secret).toLowerCase(),
  "form-encoded": (secret) => new URLSearchParams({ a: secret }).toString().slice(2),
  "in JSON": (secret) => JSON.stringify(secret).slice(1, -1),
  "in JSON with escaped slashes": (secret) => JSON.stringify(secret).slice(1, -1).replaceAll("/", "\\/"),
  "in ASCII JSON": (secret) => JSON.stringify(secret).slice(1, -1).replaceAll("é", "\\u00e9"),
  "in base64": (secret) => Buffer.from(secret).toString("base64"),
  "in base64url": (secret) => Buffer.from(secret).toString("base64url"),
};

describe("S2 masking", () => {
  test.each(Object.entries(encodings))("S2 a secret %s is masked", (_name, encode) => {
    const told = new Mask([SECRET]).prose(`before ${encode(SECRET)} after`);
    expect(told).toMatch(/^before \*\*\*=* after$/);
  });

  property.prop([
    fc.string({ unit: "binary", minLength: 4, maxLength: 40 }),
    fc.constantFrom(...Object.keys(encodings).slice(2)),
  ])("S2 whatever the secret, no encoding of it is told", (secret, name) => {
    const echoed = encodings[name]?.(secret) ?? "";
    expect(new Mask([secret]).prose(`<${echoed}>`)).toMatch(/^<\*\*\*=*>$/);
  });

  test.each([0, 1, 2, 3, 4, 5])(
    "S2 a secret within the base64 of a larger text, after %i bytes, is masked",
    (before) => {
      const encoded = Buffer.from(`${"x".repeat(before)}${SECRET}, and more`);
      const mask = new Mask([SECRET]);
      for (const text of [encoded.toString("base64"), encoded.toString("base64url")]) {
        expect(mask.prose(`got ${text} here`)).toBe("got *** here");
        expect(mask.prose(`got ${encodeURIComponent(text)} here`)).toBe("got *** here");
        expect(mask.secretsOnly(`got ${text} here`)).toBe("got *** here");
      }
    },
  );

  property.prop([
    fc.string({ unit: "binary", minLength: 4, maxLength: 40 }),
    fc.uint8Array({ maxLength: 8 }),
    fc.uint8Array({ maxLength: 8 }),
  ])("S2 whatever stands beside a secret in base64", (secret, before, after) => {
    const text = Buffer.concat([before, Buffer.from(secret), after]).toString("base64");
    expect(new Mask([secret]).secretsOnly(`<${text}>`)).toBe("<***>");
  });

  test("S2 a secret that contains another leaves nothing over", () => {
    expect(new Mask(["abcd", "abcdefgh"]).prose("abcdefgh abcd")).toBe("*** ***");
  });

  test("S2 with a secret under four characters, free text is not told", () => {
    expect(new Mask(["abc"]).prose("anything")).toBeUndefined();
    expect(new Mask(["abcd"]).prose("anything")).toBe("anything");
    expect(new Mask([undefined, ""]).prose("anything")).toBe("anything");
  });

  test("S2 a name is told unless a short secret is a word of it", () => {
    const mask = new Mask(["abc", "longer-secret"]);
    expect(mask.name("invalid_grant")).toBe("invalid_grant");
    expect(mask.name("invalid_ABC")).toBeUndefined();
    expect(mask.name("is longer-secret")).toBe("is ***");
  });

  test("S2 shortened text is one line", () => {
    expect(shorten("a\r\nb\u0000c\u2028d", 20)).toBe("a b c d");
    expect(shorten("é".repeat(30), 10)).toBe(`${"é".repeat(10)}…`);
  });
});

describe("S2 what looks like a token", () => {
  const mask = new Mask([]);

  test.each([
    ["tGzv3JOkF0XG5Qx2TlKWIA"],
    ["2YotnFZFEjr1zCsicMWpAA"],
    ["SlAV32hkKG"],
    ["ghp_16C7e42F292c6912E7710c838347Ae178B4a"],
    ["5f4dcc3b5aa765d61d8327deb882cf99"],
    ["0f8fad5b-d9cd-469f-a165-70867728950e"],
    ["eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"],
    ["qwmznxbcvlaksjdhfgpqowieurytzmxn"],
    ["4111111111111111"],
  ])("S2 %s is masked", (token) => {
    expect(mask.prose(`row ('${token}') is there`)).toBe("row ('***') is there");
    expect(mask.name(token)).toBe("***");
  });

  test.each([
    ["sent Bearer abc123, refused", "sent Bearer ***, refused"],
    ["Basic dXNlcjpwYXNz is wrong", "Basic *** is wrong"],
    ["Bearer authentication, Basic Authentication", "Bearer authentication, Basic Authentication"],
  ])("S2 %j", (text, masked) => {
    expect(mask.prose(text)).toBe(masked);
  });

  test.each([
    ["AADSTS7000215: Invalid client secret provided."],
    ["Expected SHA256withRSA or RS256, see https://accounts.example.com/oauth2/v2.0/token"],
    ["The refresh_token_expires_in of urn:ietf:params:oauth:grant-type:token-exchange"],
    ["x".repeat(100)],
    ["at 2026-11-25T10:00:00.000Z the clock said 1764064800000"],
    ["InvalidClientSecretProvidedException in AuthenticationFilterChainProxy"],
  ])("S2 words are not: %s", (text) => {
    expect(mask.prose(text)).toBe(text);
  });

  test("S2 a megabyte of it is masked too", () => {
    expect(mask.prose("aZ0-".repeat(250_000))).toBe("***-");
  });
});
