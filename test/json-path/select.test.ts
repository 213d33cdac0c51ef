import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { faultOfPath, selector } from "../../src/json-path/select.js";

const document = {
  token: "top",
  count: 42,
  nothing: null,
  yes: true,
  list: ["first", "second", "third"],
  deep: [{ id: 1 }, { id: 2, access: { token: "found" } }],
  "odd.name": "dotted",
  "*": "star",
  $: "dollar",
  "..": "dots",
  "@odata.x": "at",
  "~": "tilde",
  "a-b": "hyphen",
  object: { nested: {} },
};

describe("A4 what a path selects", () => {
  test.each([
    ["$.token", "top"],
    ["$['token']", "top"],
    ['$["token"]', "top"],
    ["$.count", 42],
    ["$.list[0]", "first"],
    ["$.list[-1]", "third"],
    ["$.list[-2]", "second"],
    ["$.list[-4]", undefined],
    ["$.list[1:2]", "second"],
    ["$.list[-1:]", "third"],
    ["$.list[*]", "first"],
    ["$.deep[*].access.token", "found"],
    ["$.deep..token", "found"],
    ["$..access['token']", "found"],
    ["$.*", "top"],
    ["$['odd.name']", "dotted"],
    ["$['*']", "star"],
    ["$['$']", "dollar"],
    ["$['..']", "dots"],
    ["$['@odata.x']", "at"],
    ["$['~']", "tilde"],
    ["$.a-b", "hyphen"],
    ["$.missing", undefined],
    ["$", undefined],
    ["$.object", undefined],
    ["$.list", undefined],
    ["$.nothing", undefined],
    ["$.yes", undefined],
  ])("A4 %s", async (path, expected) => {
    expect(await selector(path)(document)).toBe(expected);
  });

  test.each([
    ["a character of a string", "$.token[0]"],
    ["the length of a string", "$.token.length"],
    ["the length of a list", "$.list.length"],
    ["a prototype", "$.__proto__"],
    ["what a prototype has", "$.__proto__.constructor.name"],
    ["what is inherited", "$.constructor.name"],
    ["what is inherited, by descent", "$..constructor"],
  ])("A4 %s is no match", async (_what, path) => {
    expect(await selector(path)(document)).toBeUndefined();
  });

  test("A4 a key of the document that is spelt like a prototype's is a key", async () => {
    expect(await selector("$.__proto__.token")(JSON.parse('{"__proto__": {"token": "own"}}'))).toBe("own");
  });

  test("A4 scalars and null as documents select nothing", async () => {
    for (const scalar of ["text", 1, true, null, undefined]) expect(await selector("$.token")(scalar)).toBeUndefined();
  });
});

describe("A4 what is no path", () => {
  test.each([
    ["$[?(@.a)]", /script or filter/],
    ["$[?@.a == 1]", /script or filter/],
    ["$[(@.length-1)]", /script or filter/],
    ["$..[?(@.constructor.constructor('return 1')())]", /script or filter/],
    ["$..a..b", /more than one/],
    ["token", /must begin with/],
    ["a.b", /must begin with/],
    ["^", /must begin with/],
    ["$.", /cannot be parsed from character 2/],
    ["$..", /cannot be parsed/],
    ["$...a", /cannot be parsed/],
    ["$.a^", /cannot be parsed from character 4/],
    ["$.a~", /cannot be parsed/],
    ["$.a,b", /cannot be parsed/],
    ["$['a','b']", /cannot be parsed/],
    ["$[a]", /cannot be parsed/],
    ["$['a", /cannot be parsed/],
    ["$.a@string()", /cannot be parsed/],
    ["$['`a']", /cannot be parsed/],
    ["$[1:2:0]", /cannot be parsed/],
    ["$ .a", /cannot be parsed/],
    [`$.${"a".repeat(511)}`, /longer than 512/],
  ])("A4 %s", (path, reason) => {
    expect(faultOfPath(path)).toMatch(reason);
    expect(() => selector(path)).toThrow(TypeError);
  });

  property.prop([fc.string({ unit: fc.constantFrom(..."$.[]*'\"?():@^~`,;#ab01-_ \\"), maxLength: 30 })])(
    "A4 whatever the path, it is refused or selects a value of the document",
    async (tail) => {
      const path = `$${tail}`;
      if (faultOfPath(path) !== undefined) return;
      const values = ["one", 2];
      const selected = await selector(path)({ a: "one", b: [2, { a: "one" }], "0": 2 });
      expect([undefined, ...values]).toContain(selected);
    },
  );
});
