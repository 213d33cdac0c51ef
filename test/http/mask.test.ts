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
