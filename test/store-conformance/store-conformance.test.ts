/** The suite finds what is wrong, and nothing that is right (R1). */

import { describe, expect, test } from "vitest";
import { ConfigError } from "../../src/index.js";
import { storeConformance } from "../../src/store-conformance/index.js";
import { errorOf } from "../support/errors.js";
import { PlainStore, type Rows, wrongStores } from "./wrong-stores.js";

/** The names of the cases that fail. */
async function failures(...suite: Parameters<typeof storeConformance>): Promise<string[]> {
  const outcomes = storeConformance(...suite).map(async ({ name, run }) => {
    try {
      await run();
      return [];
    } catch (error) {
      expect(error).toMatchObject({ code: "ERR_ASSERTION", message: expect.stringMatching(/\w/) });
      return [name];
    }
  });
  return (await Promise.all(outcomes)).flat();
}

describe("R1 the conformance suite", () => {
  test("R1 finds nothing wrong with a store that is right, be it one object or one for each process", async () => {
    const rows: Rows = new Map();
    const always = new PlainStore(new Map());
    expect(await failures(() => new PlainStore(rows))).toEqual([]);
    expect(await failures(async () => always)).toEqual([]);
    expect(await failures(() => new PlainStore(new Map()), { shared: false })).toEqual([]);
  });

  test("R1 has no case that finds nothing", () => {
    const names = storeConformance(() => new PlainStore(new Map())).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(wrongStores.map(([, name]) => name))).toEqual(new Set(names));
  });

  test.concurrent.each(wrongStores)("R1 %s: found by “%s”", async (_wrong, name, Store) => {
    const rows: Rows = new Map();
    expect(await failures(() => new Store(rows), { patienceMs: 1000 })).toContain(name);
  });

  test.each([
    [{ patience: 1 }, ["options.patience"]],
    [{ patienceMs: "a" }, ["options.patienceMs"]],
    [{ patienceMs: 0, patience: 1 }, ["options.patience", "options.patienceMs"]],
    [{ patienceMs: -1 }, ["options.patienceMs"]],
    [{ patienceMs: null }, ["options.patienceMs"]],
    [{ shared: "no", share: false }, ["options.share", "options.shared"]],
    [null, ["options"]],
    [[], ["options"]],
    [1000, ["options"]],
  ])("G5 refuses the options %j", async (options, paths) => {
    const error = await errorOf(() => storeConformance(() => new PlainStore(new Map()), options as never));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ issues: paths.map((path) => ({ path })) });
  });

  test("G5 refuses a store in place of what makes one; options may be left out", async () => {
    const error = await errorOf(() => storeConformance(new PlainStore(new Map()) as never));
    expect(error).toMatchObject({ code: "config", message: expect.stringContaining("makeStore") });
    const makeStore = () => new PlainStore(new Map());
    for (const options of [undefined, {}, { patienceMs: undefined }, { patienceMs: 0.5 }, { shared: undefined }]) {
      expect(storeConformance(makeStore, options).length).toBeGreaterThan(0);
    }
  });

  test("R1 says of objects that have no records in common what to do", async () => {
    const wrong = storeConformance(() => new PlainStore(new Map())).find(({ name }) => name.includes("as it was"));
    await expect(wrong?.run()).rejects.toThrow("say shared: false");
  });

  test("R1 says what the store has done", async () => {
    const [, , Store] = wrongStores[0] ?? [];
    const rows: Rows = new Map();
    const wrong = storeConformance(() => new (Store ?? PlainStore)(rows)).find(({ name }) => name.includes("earlier"));
    await expect(wrong?.run()).rejects.toThrow("write() did not give false");
  });
});
