import { describe, expect, test } from "vitest";
import { selector } from "../../src/json-path/select.js";

/** How often anything of `document` is read while `path` selects from it, and what is selected. */
async function workOf(path: string, document: unknown): Promise<{ reads: number; found: unknown }> {
  let reads = 0;
  const watched = new WeakMap<object, object>();
  const watch = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    const known = watched.get(value);
    if (known !== undefined) return known;
    const proxy = new Proxy(value, {
      get: (target, key, receiver) => {
        reads += 1;
        return watch(Reflect.get(target, key, receiver));
      },
      ownKeys: (target) => {
        reads += 1;
        return Reflect.ownKeys(target);
      },
      getOwnPropertyDescriptor: (target, key) => {
        reads += 1;
        return Reflect.getOwnPropertyDescriptor(target, key);
      },
    });
    watched.set(value, proxy);
    return proxy;
  };
  const found = await selector(path)(watch(document));
  return { reads, found };
}

function nest(depth: number, wrap: (inner: unknown) => unknown, innermost: unknown): unknown {
  let nested = innermost;
  for (let level = 0; level < depth; level += 1) nested = wrap(nested);
  return nested;
}

const lists = (depth: number): unknown => nest(depth, (inner) => [inner], "end");
const objects = (depth: number): unknown => nest(depth, (inner) => ({ a: inner }), { x: true });

describe("A9 the work is in proportion to the answer", { tags: ["slow"] }, () => {
  test.each([
    ["$..t", lists],
    ["$..t", (size: number) => Array.from({ length: size }, () => [[]])],
    ["$..a..a..a..a..t", objects],
    ["$..*..*..*..t", objects],
    ["$..[*]..[*]..[0]..t", lists],
    ["$..[0,0]..[0,-1]..t", lists],
    [`$${"[0,-1]".repeat(60)}..t`, lists],
    [`$${"[0:,0:]".repeat(60)}..t`, lists],
    [`$..a${"..a".repeat(100)}.t`, objects],
    ["$..[?@..x].t", objects],
    ["$..[?@..x]..t", objects],
    ["$..[?@..y].t", objects],
    ["$..[?!@..y].t", objects],
    ["$..[?@..[?@..[?@..x]]]..t", objects],
    ["$..[?@..a..a..y]..t", objects],
    ["$..[?$..x].t", objects],
    ["$..[?@.a == $.a].t", objects],
    ["$..[?@.a == @.a.a].t", objects],
    ["$.b..[?@ == $.c].t", (size: number) => ({ b: objects(size), c: objects(size) })],
    ["$.b..[?@.a == $.c].t", (size: number) => ({ b: objects(size), c: objects(2) })],
    ["$.l[?$.s < $.t].x", (size: number) => ({ l: Array(size).fill({}), s: "s", t: "t" })],
  ])("A9 %s", async (path, document) => {
    const [small, large] = [await workOf(path, document(1000)), await workOf(path, document(2000))];
    expect(large.found).toBeUndefined();
    expect(large.reads / small.reads).toBeLessThan(2.1);
    expect(large.reads).toBeLessThan(40 * path.length * 2000);
  });

  test("A9 what is the same for all elements is compared once", async () => {
    let asked = 0;
    const document = {
      get s() {
        asked += 1;
        return "s";
      },
      l: Array.from({ length: 100 }, () => ({ x: true })),
    };
    expect(await selector("$.l[?$.s == 's'].t")(document)).toBeUndefined();
    expect(asked).toBe(1);
  });

  test.each([
    ["$.list[*].t"],
    ["$.list[?@.t].t"],
    ["$.list[?@.t != 2].t"],
    ["$.list[0:].t"],
    ["$.list..t"],
    ["$..t"],
    ["$.*.*.t"],
    ["$.list[0,1,2].t"],
  ])("A9 %s stops at the first match", async (path) => {
    const document = (size: number): unknown => ({ list: Array.from({ length: size }, () => ({ t: 1 })) });
    const [small, large] = [await workOf(path, document(10)), await workOf(path, document(1000))];
    expect(large).toEqual({ found: 1, reads: small.reads });
  });

  test.each([
    ["$..t", lists(100_000), undefined],
    ["$..*", lists(100_000), "end"],
    ["$..x", nest(100_000, (inner) => ({ a: inner }), { x: "deep" }), "deep"],
    ["$..[?@..x]..x", nest(100_000, (inner) => ({ a: inner }), { x: "deep" }), "deep"],
    ["$..[?@ == $.a].t", nest(100_000, (inner) => ({ a: inner }), { x: "deep" }), undefined],
  ])("A9 %s through 100 000 levels", async (path, document, expected) => {
    expect(await selector(path)(document)).toBe(expected);
  });
});
