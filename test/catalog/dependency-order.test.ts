/** Entries of a catalog that refer to each other: built in any order, closed before what they need. */

import { describe, expect, test } from "vitest";
import { AuthCatalog, type AuthProvider, Credential, type Runtime } from "../../src/index.js";
import { faultsOf } from "../support/catalogs.js";
import { errorOf } from "../support/errors.js";

interface Chained extends AuthProvider {
  readonly source: AuthProvider | undefined;
}

/** A user's own type that depends on the entry `from`, and waits for `release` before it has closed. */
function chained(closed: string[] = [], release: Promise<void> = Promise.resolve()): Runtime {
  const make = (config: unknown, { name = "", resolve }: Runtime): Chained => {
    const { from } = config as { from?: string };
    const source = from === undefined ? undefined : resolve?.({ ref: from });
    const getToken = async (): Promise<Credential> => Credential.bearer(name);
    const close = async (): Promise<void> => {
      if (name === "last") await release;
      closed.push(name);
    };
    return { type: "chained", name, source, getToken, invalidate: getToken, close };
  };
  return { types: { chained: make as never } };
}

const entry = (from?: string) => ({ type: "chained", config: from === undefined ? {} : { from } });

describe("K4 entries refer to entries", () => {
  test.each([
    ["after what they need", { a: entry(), b: entry("a"), c: entry("b") }],
    ["before what they need", { c: entry("b"), b: entry("a"), a: entry() }],
    ["in any order", { b: entry("a"), c: entry("b"), a: entry() }],
  ])("K4 that stand %s, and get the very object that all get", (_order, block) => {
    const catalog = AuthCatalog.fromConfig(block, chained());
    expect(catalog.names).toEqual(Object.keys(block));
    expect((catalog.get("c") as unknown as Chained).source).toBe(catalog.get("b"));
    expect((catalog.get("b") as unknown as Chained).source).toBe(catalog.get("a"));
  });

  test("K4 many may need one, and one many", () => {
    const block = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`d${n}`, entry("source")]));
    const catalog = AuthCatalog.fromConfig({ ...block, source: entry() }, chained());
    const sources = Object.keys(block).map((name) => (catalog.get(name) as unknown as Chained).source);
    expect(new Set(sources)).toEqual(new Set([catalog.get("source")]));
  });

  test("K4 a circle is one fault that names it, whatever else leads into it", async () => {
    const block = { way: entry("a"), a: entry("b"), b: entry("c"), c: entry("a"), fine: entry() };
    expect(await faultsOf(() => AuthCatalog.fromConfig(block, chained()))).toEqual({
      "auth.c.config.ref": "a → b → c → a refer to each other: none of them could ever get its token",
    });
    expect(await faultsOf(() => AuthCatalog.fromConfig({ a: entry("a") }, chained()))).toEqual({
      "auth.a.config.ref": "a refers to itself",
    });
  });

  test("K4 an unknown name lists those that are there", async () => {
    expect(await faultsOf(() => AuthCatalog.fromConfig({ a: entry("gihtub"), github: entry() }, chained()))).toEqual({
      "auth.a.config.ref": 'there is no provider "gihtub"; the catalog has a, github',
    });
  });

  test("G2 what needs an entry with faults adds none of its own, and its own are found", async () => {
    const block = {
      needs: entry("broken"),
      broken: { type: "static", config: {} },
      alsoBroken: { type: "static", config: { token: 5, colour: "red" } },
    };
    expect(Object.keys(await faultsOf(() => AuthCatalog.fromConfig(block as never, chained())))).toEqual([
      "auth.broken.config",
      "auth.alsoBroken.config.colour",
    ]);
  });

  test("K4 a connector's own provider refers to the catalog's", async () => {
    const catalog = AuthCatalog.fromConfig({ a: entry() }, chained());
    const own = catalog.resolve(entry("a")) as unknown as Chained;
    expect(own.source).toBe(catalog.get("a"));
    expect(await faultsOf(() => catalog.resolve(entry("b")))).toEqual({
      "config.ref": 'there is no provider "b"; the catalog has a',
    });
  });

  test("G5 a runtime with a resolve of its own is a fault in a catalog", async () => {
    const resolve = (): AuthProvider => {
      throw new Error("unused");
    };
    for (const runtime of [{ resolve }, () => ({ resolve })]) {
      expect(await faultsOf(() => AuthCatalog.fromConfig({ a: entry() }, runtime))).toEqual({
        "runtime.resolve": expect.stringContaining("has no use in a catalog"),
      });
    }
  });
});

describe("K4 closing a catalog", () => {
  test("K4 closes each entry once those that need it are closed", async () => {
    const closed: string[] = [];
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const block = { a: entry(), b: entry("a"), last: entry("b"), apart: entry() };
    const catalog = AuthCatalog.fromConfig(block, chained(closed, held));
    const closing = catalog.close();
    await new Promise(setImmediate);
    expect(closed).toEqual(["apart"]);
    release();
    await closing;
    expect(closed).toEqual(["apart", "last", "b", "a"]);
  });

  test("K4 closes what a connector has for itself first", async () => {
    const closed: string[] = [];
    const catalog = AuthCatalog.fromConfig({ a: entry() }, chained(closed));
    const own = catalog.resolve(entry("a"));
    await catalog.close();
    expect(closed).toEqual(["", "a"]);
    expect(own.type).toBe("chained");
  });

  test("K4 a dependent that cannot be closed keeps nothing open, and is what close() rejects with", async () => {
    const closed: string[] = [];
    const fragile = (_config: unknown, { resolve }: Runtime): AuthProvider => ({
      ...(resolve?.({ ref: "a" }) as AuthProvider),
      close: () => Promise.reject(new Error("stuck")),
    });
    const { types } = chained(closed);
    const block = { f: { type: "fragile" }, a: entry() };
    const catalog = AuthCatalog.fromConfig(block, { types: { ...types, fragile } });
    expect(await errorOf(() => catalog.close())).toMatchObject({ message: "stuck" });
    expect(closed).toEqual(["a"]);
  });
});
