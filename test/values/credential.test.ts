import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { Credential } from "../../src/values/credential.js";

const all = [
  Credential.bearer("s3cr3t"),
  Credential.header("X-Api-Key", "s3cr3t"),
  Credential.basic("ann", "s3cr3t"),
  Credential.token("s3cr3t"),
];

describe("values", () => {
  test("the four kinds carry what they were made of, and cannot be changed", () => {
    expect(all.map((credential) => ({ ...credential }))).toEqual([
      { type: "bearer", token: "s3cr3t" },
      { type: "header", name: "X-Api-Key", value: "s3cr3t" },
      { type: "basic", username: "ann", password: "s3cr3t" },
      { type: "token", token: "s3cr3t" },
    ]);
    for (const credential of all) {
      expect(() => Object.assign(credential, { token: "other" })).toThrow(TypeError);
    }
  });

  test("equals compares by type and value, header names in any case", () => {
    for (const a of all) for (const b of all) expect(Credential.equals(a, b)).toBe(a === b);
    expect(Credential.equals(Credential.bearer("a"), { type: "bearer", token: "a" })).toBe(true);
    expect(Credential.equals(Credential.bearer("a"), Credential.bearer("b"))).toBe(false);
    expect(Credential.equals(Credential.header("X-A", "v"), Credential.header("x-a", "v"))).toBe(true);
    expect(Credential.equals(Credential.header("X-A", "v"), Credential.header("X-B", "v"))).toBe(false);
    expect(Credential.equals(Credential.basic("a", "p"), Credential.basic("b", "p"))).toBe(false);
  });

  test("authorizationValue is that of the crate", () => {
    expect(all.map((credential) => Credential.authorizationValue(credential))).toEqual([
      "Bearer s3cr3t",
      undefined,
      undefined,
      "s3cr3t",
    ]);
  });
});

describe("A5 an unusable credential cannot be made", () => {
  test.each([
    ["an empty bearer", () => Credential.bearer("")],
    ["a line break", () => Credential.bearer("s3cr3t\r\nX: 1")],
    ["a control character", () => Credential.token("s3cr3t\u0000")],
    ["white space at an end", () => Credential.bearer("s3cr3t ")],
    ["a character beyond Latin-1", () => Credential.bearer("s3cr3t€")],
    ["no string", () => Credential.bearer(42 as never)],
    ["a header name with a space", () => Credential.header("X Y", "s3cr3t")],
    ["an empty header value", () => Credential.header("X", "")],
    ["a user name with a colon", () => Credential.basic("a:b", "s3cr3t")],
    ["a password with a line break", () => Credential.basic("a", "s3cr3t\n")],
    ["neither user name nor password", () => Credential.basic("", "")],
  ])("A5 %s", (_what, make) => {
    expect(make).toThrow(TypeError);
    expect(make).not.toThrow(/s3cr3t/);
  });

  test("one of user name and password may be empty, as where an API key is the user name", () => {
    expect(Credential.basic("key", "")).toEqual(Credential.basic("key", ""));
    expect(Credential.basic("", "pat")).not.toEqual(Credential.basic("", "other"));
  });
});

describe("S1 a credential prints as ***", () => {
  test.each(all.map((credential) => [credential.type, credential] as const))("S1 %s", (_type, credential) => {
    const nested = { a: [{ b: { c: { d: { e: credential } } } }] };
    const printed = [
      inspect(nested, { depth: Number.POSITIVE_INFINITY, showHidden: true }),
      inspect(credential, { customInspect: false, showHidden: true }),
      JSON.stringify(nested),
      String(credential),
      `${credential}`,
    ];
    expect(printed.join("\n")).not.toContain("s3cr3t");
    expect(printed[0]).toContain("***");
  });

  test("S1 names stay visible", () => {
    expect(inspect(all)).toContain("X-Api-Key");
    expect(JSON.stringify(all)).toContain('"username":"ann"');
  });
});
