import assert from "node:assert/strict";
import { Console } from "node:console";
import { Writable } from "node:stream";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Credential, remake } from "../../src/values/credential.js";

const all = [
  Credential.bearer("s3cr3t"),
  Credential.header("X-Api-Key", "s3cr3t"),
  Credential.headers({ "X-Api-Key": "s3cr3t", "X-Tenant": "t3nant" }),
  Credential.basic("ann", "s3cr3t"),
  Credential.basic("s3cr3t", ""),
  Credential.token("s3cr3t"),
  Credential.query("api_key", "s3cr3t"),
  Credential.cookie("sid", "s3cr3t"),
  Credential.body("session", "s3cr3t"),
  Credential.signer({ scheme: "ACME", secret: "s3cr3t", sign: () => Credential.header("x-signature", "s3cr3t") }),
  Credential.composite([Credential.bearer("s3cr3t"), Credential.query("tenant", "s3cr3t")]),
];

describe("values", () => {
  test("each kind carries what it was made of, and cannot be changed", () => {
    expect(all[0]).toMatchObject({ type: "bearer", token: "s3cr3t" });
    expect(all[1]).toMatchObject({ type: "header", name: "X-Api-Key", value: "s3cr3t" });
    expect(all[2]).toMatchObject({ type: "headers", headers: { "X-Api-Key": "s3cr3t", "X-Tenant": "t3nant" } });
    expect(all[3]).toMatchObject({ type: "basic", username: "ann", password: "s3cr3t" });
    expect(all[4]).toMatchObject({ type: "basic", username: "s3cr3t", password: "" });
    expect(all[5]).toMatchObject({ type: "token", token: "s3cr3t" });
    for (const credential of all) {
      expect(() => Object.assign(credential, { token: "other" })).toThrow(TypeError);
      expect(() => Object.assign(credential, { type: "token" })).toThrow(TypeError);
      expect(() => Object.defineProperty(credential, "token", { value: "other" })).toThrow(TypeError);
    }
    const headers = { "X-A": "a" };
    const credential = Credential.headers(headers);
    headers["X-A"] = "b";
    expect(credential.headers).toEqual({ "X-A": "a" });
    expect(() => Object.assign(credential.headers, { "X-A": "b" })).toThrow(TypeError);
  });

  test("C3 equals compares by type and value, header names in any case", () => {
    for (const a of all) for (const b of all) expect(Credential.equals(a, b)).toBe(a === b);
    expect(Credential.equals(Credential.bearer("a"), { type: "bearer", token: "a" })).toBe(true);
    expect(Credential.equals(Credential.bearer("a"), Credential.bearer("b"))).toBe(false);
    expect(Credential.equals(Credential.header("X-A", "v"), Credential.header("x-a", "v"))).toBe(true);
    expect(Credential.equals(Credential.header("X-A", "v"), Credential.header("X-B", "v"))).toBe(false);
    expect(Credential.equals(Credential.basic("a", "p"), Credential.basic("b", "p"))).toBe(false);
    const headers = Credential.headers({ "X-A": "1", "X-B": "2" });
    expect(Credential.equals(headers, Credential.headers({ "x-b": "2", "x-a": "1" }))).toBe(true);
    expect(Credential.equals(headers, Credential.headers({ "X-A": "2", "X-B": "1" }))).toBe(false);
    expect(Credential.equals(headers, Credential.headers({ "X-A": "1", "X-C": "2" }))).toBe(false);
    expect(Credential.equals(headers, Credential.headers({ "X-A": "1" }))).toBe(false);
  });

  test("authorizationValue is that of the crate", () => {
    expect(all.map((credential) => Credential.authorizationValue(credential))).toEqual([
      "Bearer s3cr3t",
      undefined,
      undefined,
      undefined,
      undefined,
      "s3cr3t",
      ...Array(5).fill(undefined),
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
    ["headers that are no record", () => Credential.headers(["s3cr3t"] as never)],
    ["headers that are null", () => Credential.headers(null as never)],
    ["headers of fetch", () => Credential.headers(new Headers({ "X-A": "s3cr3t" }) as never)],
    ["headers in a Map", () => Credential.headers(new Map([["X-A", "s3cr3t"]]) as never)],
    ["headers that are a promise", () => Credential.headers(Promise.resolve({ "X-A": "s3cr3t" }) as never)],
    ["a name of headers with a colon", () => Credential.headers({ "X: s3cr3t": "v" })],
    ["a name of headers that is given twice", () => Credential.headers({ "X-A": "s3cr3t", "x-a": "s3cr3t" })],
    ["a value of headers that is empty", () => Credential.headers({ "X-A": "s3cr3t", "X-B": "" })],
    ["a value of headers with a line break", () => Credential.headers({ "X-A": "s3cr3t\n" })],
    ["a query parameter without a name", () => Credential.query("", "s3cr3t")],
    ["a query parameter whose value is no string", () => Credential.query("k", 1 as never)],
    ["a cookie whose name has a space", () => Credential.cookie("a b", "s3cr3t")],
    ["a cookie that would be two", () => Credential.cookie("a", "s3cr3t; b=1")],
    ["an empty member of a body", () => Credential.body("k", "")],
    [
      "a signer that is no function",
      () => Credential.signer({ scheme: "A", secret: "s3cr3t", sign: "s3cr3t" as never }),
    ],
    [
      "a signer without a secret",
      () => Credential.signer({ scheme: "A", secret: "", sign: () => Credential.bearer("t") }),
    ],
    ["nothing as a signer", () => Credential.signer(undefined as never)],
    ["a composite of nothing", () => Credential.composite([])],
    ["a composite of what is no list", () => Credential.composite(Credential.bearer("s3cr3t") as never)],
    [
      "a composite of a composite",
      () => Credential.composite([Credential.composite([Credential.bearer("s3cr3t")]) as never]),
    ],
    ["a composite of what is no credential", () => Credential.composite([{ type: "s3cr3t" } as never])],
    ["a value of headers that is no string", () => Credential.headers({ "X-A": 1 as never })],
  ])("A5 %s", (_what, make) => {
    expect(make).toThrow(TypeError);
    expect(make).not.toThrow(/s3cr3t/);
  });

  test("one of user name and password may be empty, as where an API key is the user name", () => {
    expect(Credential.basic("key", "")).toEqual(Credential.basic("key", ""));
    expect(Credential.basic("", "pat")).not.toEqual(Credential.basic("", "other"));
  });
});

/** How loggers and their like come to the text of what they are given. */
const READERS: readonly [string, (value: unknown) => unknown][] = [
  ["inspect", (value) => inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true })],
  ["inspect without custom printing", (value) => inspect(value, { customInspect: false, showHidden: true, depth: 9 })],
  ["inspect as node:assert does it", (value) => inspect(value, { customInspect: false, getters: true, depth: 1000 })],
  ["JSON", (value) => JSON.stringify(value)],
  ["JSON of its properties (pino)", (value) => JSON.stringify(Object.fromEntries(Object.entries(value as object)))],
  ["JSON of what for … in finds (bunyan)", (value) => JSON.stringify(inEach(value))],
  ["a copy (winston)", (value) => inspect(Object.assign({}, value), { depth: 9 })],
  ["a spread", (value) => inspect({ ...(value as object) }, { depth: 9, showHidden: true, getters: true })],
  ["structuredClone", (value) => inspect(structuredClone(value), { depth: 9, showHidden: true })],
  ["structuredClone of a copy", (value) => inspect(structuredClone({ ...(value as object) }))],
  ["a string", (value) => String(value)],
  ["a string of a list", (value) => [value].join()],
  ["its values", (value) => Object.values(value as object).join()],
];

function inEach(value: unknown): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const key in value as object) found[key] = (value as Record<string, unknown>)[key];
  return found;
}

beforeEach(() => {
  vi.spyOn(process, "emitWarning").mockImplementation(() => {});
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** As a cache hands them out. */
const branded = all.map((credential) =>
  remake(credential, { token: "s3cr3t", expiresAt: 1_700_000_000_000, onAccepted: () => {} }),
);

describe("S1 S3 a credential prints without its secret", () => {
  describe.each([...all, ...branded].map((credential) => [JSON.stringify(credential), credential] as const))(
    "%s",
    (_text, credential) => {
      test.each(READERS)("S3 %s", (_reader, read) => {
        expect(read(credential)).not.toMatch(/s3cr3t|t3nant/);
      });

      test.each(READERS.slice(0, 4))("S1 %s, deep within another", (_reader, read) => {
        expect(read({ a: [{ b: { c: { d: { e: credential } } } }] })).not.toMatch(/s3cr3t|t3nant/);
      });

      test("S1 it prints as ***", () => {
        expect(inspect(credential)).toContain("***");
        expect(JSON.stringify(credential)).toContain("***");
        expect(String(credential)).toContain("***");
      });
    },
  );

  test("S3 console.table", () => {
    const lines: string[] = [];
    const stdout = new Writable({ write: (chunk, _encoding, done) => done(void lines.push(String(chunk))) });
    new Console(stdout).table(all);
    expect(lines.join("")).toContain("bearer");
    expect(lines.join("")).not.toMatch(/s3cr3t|t3nant/);
  });

  test("S1 names stay visible, a user name beside a password too", () => {
    expect(inspect(all)).toContain("X-Api-Key");
    expect(JSON.stringify(all)).toContain('"username":"ann"');
    expect(JSON.parse(JSON.stringify(all))).toEqual([
      { type: "bearer", token: "***" },
      { type: "header", name: "X-Api-Key", value: "***" },
      { type: "headers", headers: { "X-Api-Key": "***", "X-Tenant": "***" } },
      { type: "basic", username: "ann", password: "***" },
      { type: "basic", username: "***", password: "" },
      { type: "token", token: "***" },
      { type: "query", name: "api_key", value: "***" },
      { type: "cookie", name: "sid", value: "***" },
      { type: "body", name: "session", value: "***" },
      { type: "signer", scheme: "ACME", secret: "***" },
      {
        type: "composite",
        parts: [
          { type: "bearer", token: "***" },
          { type: "query", name: "tenant", value: "***" },
        ],
      },
    ]);
  });
});

describe("S3 a test framework tells two secrets apart", () => {
  const pairs = [
    [() => Credential.bearer("s3cr3t-1"), () => Credential.bearer("s3cr3t-2")],
    [() => Credential.token("s3cr3t-1"), () => Credential.token("s3cr3t-2")],
    [() => Credential.header("X", "s3cr3t-1"), () => Credential.header("X", "s3cr3t-2")],
    [() => Credential.headers({ X: "s3cr3t-1" }), () => Credential.headers({ X: "s3cr3t-2" })],
    [() => Credential.headers({ X: "s3cr3t-1" }), () => Credential.headers({ Y: "s3cr3t-1" })],
    [() => Credential.basic("ann", "s3cr3t-1"), () => Credential.basic("ann", "s3cr3t-2")],
    [() => Credential.basic("s3cr3t-1", ""), () => Credential.basic("s3cr3t-2", "")],
  ] as const;

  test.each(pairs)("S3 and shows neither: pair %#", (make, other) => {
    expect(make()).toEqual(make());
    expect(make()).toStrictEqual(make());
    assert.deepStrictEqual(make(), make());
    const failures = [
      () => expect(make()).toEqual(other()),
      () => expect({ nested: [make()] }).toStrictEqual({ nested: [other()] }),
      () => expect(make()).toBe(other()),
      () => assert.deepStrictEqual(make(), other()),
      () => assert.deepEqual([make()], [other()]),
      () => assert.equal(make(), other()),
    ];
    for (const fail of failures) {
      const error = thrownBy(fail);
      const texts = [error.message, error.stack, error.diff, inspect(error, { depth: 9, getters: true })];
      expect(texts.join("\n")).not.toContain("s3cr3t");
    }
  });

  test("S3 the fingerprint is of this process only", async () => {
    const { fingerprint } = { ...Credential.bearer("s3cr3t") } as unknown as { fingerprint: string };
    expect(fingerprint).toMatch(/^\*\*\*[0-9a-f]{16}$/);
    expect({ ...Credential.bearer("s3cr3t") }).toEqual({ type: "bearer", fingerprint });
    expect({ ...Credential.token("s3cr3t") }).not.toMatchObject({ fingerprint });
    vi.resetModules();
    const again = await import("../../src/values/credential.js");
    expect({ ...again.Credential.bearer("s3cr3t") }).not.toMatchObject({ fingerprint });
  });

  function thrownBy(run: () => void): Error & { diff?: string } {
    try {
      run();
    } catch (error) {
      return error as Error;
    }
    throw new Error("nothing was thrown: two secrets are taken for one");
  }
});

describe("S4 what wraps a credential", () => {
  test.each(all.map((credential) => [credential.type, credential] as const))("S4 of type %s", (type, credential) => {
    const wrapped = [
      new Proxy(credential, {}),
      Object.create(credential),
      Object.create(new Proxy(credential, {})),
      Object.setPrototypeOf({}, credential),
    ];
    for (const wrapper of wrapped) {
      const texts = READERS.slice(0, 4).map(([, read]) => read({ wrapper }));
      expect(texts.join()).not.toMatch(/s3cr3t|t3nant/);
      expect(JSON.parse(JSON.stringify(wrapper))).toMatchObject({ type });
      expect(inspect(wrapper)).toContain("***");
      expect(String(wrapper)).toContain("***");
      expect(Credential.equals(wrapper, credential)).toBe(true);
    }
  });

  test("S4 their prototype prints too", () => {
    const prototype = Object.getPrototypeOf(Credential.bearer("t"));
    expect(inspect(prototype)).toBe("{}");
    expect(JSON.stringify(Object.create(prototype))).toBe("{}");
  });
});

describe("a credential that is put into a text", () => {
  const CODE = "FAUCET_AUTH_CREDENTIAL_AS_TEXT";

  async function fresh(): Promise<unknown> {
    vi.resetModules();
    return (await import("../../src/values/credential.js")).Credential.bearer("s3cr3t");
  }

  test.each([
    ["a template", (credential) => `Bearer ${credential}`],
    ["a sum", (credential) => ["Bearer "].reduce((sum, text) => text + sum, credential as string)],
    ["String()", (credential) => String(credential)],
    ["Number()", (credential) => Number(credential)],
    ["a header", (credential) => new Headers({ authorization: credential as string })],
    ["a list", (credential) => ["Bearer", credential].join(" ")],
    ["a query", (credential) => new URLSearchParams({ token: credential as string })],
  ] as [string, (credential: unknown) => unknown][])("S3 %s warns once, and says what to write", async (_how, use) => {
    const credential = await fresh();
    const results = [use(credential), use(credential)];
    expect(inspect(results)).not.toContain("s3cr3t");
    expect(process.emitWarning).toHaveBeenCalledOnce();
    expect(process.emitWarning).toHaveBeenCalledWith(
      expect.stringMatching(/accessToken\(provider\).*Credential\.authorizationValue\(credential\)/),
      { code: CODE },
    );
  });

  test("printing it is no reason to warn, nor is sending it", async () => {
    const credential = await fresh();
    inspect(credential);
    JSON.stringify({ credential });
    Credential.authorizationValue(credential as Credential);
    expect(process.emitWarning).not.toHaveBeenCalled();
  });
});
