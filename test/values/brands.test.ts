/** What travels with a credential beside its secret (C13). */

import assert from "node:assert/strict";
import { inspect } from "node:util";
import { describe, expect, test, vi } from "vitest";
import { Credential, remake } from "../../src/values/credential.js";

const EXPIRY = 1_700_000_000_123.5;

const kinds: readonly Credential[] = [
  Credential.bearer("s3cr3t"),
  Credential.header("X-Api-Key", "s3cr3t"),
  Credential.headers({ "X-Api-Key": "s3cr3t", "X-Tenant": "t3nant" }),
  Credential.basic("ann", "s3cr3t"),
  Credential.basic("s3cr3t", ""),
  Credential.token("s3cr3t"),
];

describe.each(kinds.map((credential) => [JSON.stringify(credential), credential] as const))("%s", (_text, plain) => {
  const credential = remake(plain, { expiresAt: EXPIRY, onAccepted: () => {} });

  test("C13 tells its expiry, through a proxy and to an heir too", () => {
    expect(Credential.expiresAt(credential)).toBe(EXPIRY);
    expect(Credential.expiresAt(new Proxy(credential, {}))).toBe(EXPIRY);
    expect(Credential.expiresAt(Object.create(credential))).toBe(EXPIRY);
    expect(Credential.expiresAt(plain)).toBeUndefined();
  });

  test("C13 equals what has none, for us and for test frameworks", () => {
    const other = remake(plain, { expiresAt: EXPIRY + 1 });
    for (const same of [plain, other]) {
      expect(Credential.equals(credential, same)).toBe(true);
      expect(credential).toEqual(same);
      expect(credential).toStrictEqual(same);
      expect([{ nested: credential }]).toStrictEqual([{ nested: same }]);
      assert.deepEqual(credential, same);
      expect({ ...credential }).toEqual({ ...same });
    }
  });

  test("C13 prints as what has none, and hides even what it has", () => {
    for (const options of [{}, { depth: 9, showHidden: true }, { customInspect: false, getters: true, depth: 9 }]) {
      expect(inspect({ deep: [credential] }, options)).toBe(inspect({ deep: [plain] }, options));
    }
    expect(inspect(credential, { showHidden: true, customInspect: false })).not.toMatch(/s3cr3t|t3nant|1700/);
    expect(JSON.stringify(credential)).toBe(JSON.stringify(plain));
    expect(Object.keys(credential)).toEqual(Object.keys(plain));
    expect(structuredClone(credential)).toEqual(structuredClone(plain));
    const descriptors = Object.values(Object.getOwnPropertyDescriptors(credential));
    expect(descriptors.filter(({ enumerable }) => enumerable)).toHaveLength(Object.keys(plain).length);
  });

  test("C13 keeps its expiry as it is, and no copy takes it along", () => {
    for (const symbol of Object.getOwnPropertySymbols(credential)) {
      expect(Object.getOwnPropertyDescriptor(credential, symbol)).toMatchObject({
        enumerable: false,
        configurable: false,
      });
      expect(() => Object.assign(credential, { [symbol]: 1 })).toThrow(TypeError);
    }
    expect(Object.isFrozen(credential)).toBe(true);
    expect(Credential.expiresAt(remake(credential))).toBeUndefined();
    expect(Credential.expiresAt({ ...credential })).toBeUndefined();
  });
});

describe("what is no credential of ours", () => {
  test.each([
    [undefined],
    [null],
    [""],
    ["t0ken"],
    [0],
    [{}],
    [[]],
    [Promise.resolve(remake(Credential.bearer("t"), { expiresAt: EXPIRY }))],
    [{ type: "bearer", token: "t" }],
    [{ type: "bearer", token: "t", expiresAt: EXPIRY }],
    [{ [Symbol.for("faucet-auth.expiresAt")]: "soon" }],
    [{ [Symbol.for("faucet-auth.expiresAt")]: Number.NaN }],
  ])("C13 has no expiry: case %#", (value) => {
    expect(Credential.expiresAt(value as never)).toBeUndefined();
  });
});

test("C13 another copy of the library reads it too", async () => {
  vi.resetModules();
  const copy = await import("../../src/values/credential.js");
  expect(copy.Credential).not.toBe(Credential);
  expect(copy.Credential.expiresAt(remake(Credential.bearer("t"), { expiresAt: EXPIRY }))).toBe(EXPIRY);
});
