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
  "#text": "xml",
  "token(id)": "call",
  "a,b": "comma",
  "it's": "quote",
  'say "x"': "quotes",
  "back\\slash": "backslash",
  "`token": "backtick",
  "line\nbreak": "break",
  "": "empty",
  "0": "zero",
  "?(@.a)": "filter",
  "-1:": "colon",
  日本: { "🔑": "key" },
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
    ["$.list[::-1]", "third"],
    ["$.list[1::-1]", "second"],
    ["$.list[0:0]", undefined],
    ["$.list[ 1 : 3 : 2 ]", "second"],
    ["$.list[*]", "first"],
    ["$.deep[*].access.token", "found"],
    ["$.deep..token", "found"],
    ["$..access['token']", "found"],
    ["$..deep..access..token", "found"],
    ["$.*", "zero"],
    ["$.missing", undefined],
    ["$", undefined],
    ["$.object", undefined],
    ["$.list", undefined],
    ["$.nothing", undefined],
    ["$.yes", undefined],
    ["$ .deep [1] .access.token", "found"],
  ])("A4 %s", async (path, expected) => {
    expect(await selector(path)(document)).toBe(expected);
  });

  test.each([
    ["$['odd.name']", "dotted"],
    ["$['*']", "star"],
    ["$['$']", "dollar"],
    ["$['..']", "dots"],
    ["$['@odata.x']", "at"],
    ["$['~']", "tilde"],
    ["$.a-b", "hyphen"],
    ["$['#text']", "xml"],
    ["$['token(id)']", "call"],
    ["$['a,b']", "comma"],
    [String.raw`$['it\'s']`, "quote"],
    [`$["it's"]`, "quote"],
    [`$['say "x"']`, "quotes"],
    [String.raw`$["say \"x\""]`, "quotes"],
    [String.raw`$['back\\slash']`, "backslash"],
    ["$['`token']", "backtick"],
    [String.raw`$['line\nbreak']`, "break"],
    ["$['']", "empty"],
    ["$['0']", "zero"],
    ["$['?(@.a)']", "filter"],
    ["$['-1:']", "colon"],
    ["$.日本['🔑']", "key"],
    ["$.日本.🔑", "key"],
    [String.raw`$['\u65e5\u672c']["\ud83d\udd11"]`, "key"],
  ])("A4 names of any characters: %s", async (path, expected) => {
    expect(await selector(path)(document)).toBe(expected);
  });

  test("A4 a name with a backtick is not the one without, nor the other way round", async () => {
    expect(await selector("$.a.b")({ a: { "`b": "wrong" } })).toBeUndefined();
    expect(await selector("$['`b']")({ b: "wrong" })).toBeUndefined();
    expect(await selector("$.a[*]")({ a: { b: "right", "*": "wrong" } })).toBe("right");
  });

  test.each([
    ["$['missing','count']", 42],
    ["$[ 'object' , 'token' ]", "top"],
    ["$.list[2,0]", "third"],
    ["$.list[7,-1]", "third"],
    ["$.list[0:1,2]", "first"],
    ["$..['missing','id']", 1],
  ])("A4 unions, in their own order: %s", async (path, expected) => {
    expect(await selector(path)(document)).toBe(expected);
  });

  const tokens = {
    wanted: "access",
    tokens: [
      { type: "refresh", value: "r", ttl: 86400 },
      { type: "access", value: "a", ttl: 3600, scope: { api: null } },
      { type: "id", value: "i", ttl: 60, "x-note": true },
    ],
    limits: { low: { n: 1, v: "low" }, high: { n: 9, v: "high" } },
  };

  test.each([
    ["$.tokens[?@.type=='access'].value", "a"],
    ["$.tokens[?(@.type=='access')].value", "a"],
    ["$.tokens[?(@.type == 'access')].value", "a"],
    ['$.tokens[ ? @["type"] == "access" ].value', "a"],
    ["$.tokens[?'access' == @.type].value", "a"],
    ["$.tokens[?@.type == $.wanted].value", "a"],
    ["$.tokens[?@.type != 'refresh'].value", "a"],
    ["$.tokens[?@.ttl < 3600].value", "i"],
    ["$.tokens[?@.ttl <= 3600].value", "a"],
    ["$.tokens[?@.ttl > 3600].value", "r"],
    ["$.tokens[?@.ttl >= 3.6e3 && @.ttl < 86400].value", "a"],
    ["$.tokens[?@.ttl == 60 || @.type == 'access'].value", "a"],
    ["$.tokens[?@.ttl == 60 || @.ttl > 0 && @.type == 'id'].value", "i"],
    ["$.tokens[?(@.ttl == 60 || @.ttl > 0) && @.type == 'access'].value", "a"],
    ["$.tokens[?!(@.type == 'refresh')].value", "a"],
    ["$.tokens[?!@.scope].value", "r"],
    ["$.tokens[?@.scope].value", "a"],
    ["$.tokens[?@.scope.api].value", "a"],
    ["$.tokens[?@.scope.api == null].value", "a"],
    ["$.tokens[?@['x-note'] == true].value", "i"],
    ["$.tokens[?@.scope == $.tokens[1].scope].value", "a"],
    ["$.tokens[?@..api].value", "a"],
    ["$.tokens[?@.type > 'b'].value", "r"],
    ["$.tokens[?@.missing == @.absent].value", "r"],
    ["$.tokens[?@.missing != 1].value", "r"],
    ["$.tokens[?@.missing < 1].value", undefined],
    ["$.tokens[?@.type < 1].value", undefined],
    ["$.tokens[?@.ttl == '60'].value", undefined],
    ["$.limits[?@.n > 5].v", "high"],
    ["$..[?@.type == 'access']['value']", "a"],
    ["$..[?@.type == 'access'].ttl", 3600],
    ["$.tokens[?@.type == 'nobody', -1].value", "i"],
    ["$[?@ == 'access']", "access"],
    ["$.tokens[*][?@ > 3600]", 86400],
  ])("A4 filters compare, and run no code: %s", async (path, expected) => {
    expect(await selector(path)(tokens)).toBe(expected);
  });

  test("A4 lists and objects are equal by what is in them", async () => {
    const items = [
      { is: { a: [1, { b: 2 }], c: {} }, v: "first" },
      { is: { c: {}, a: [1, { b: 3 }] }, v: "second" },
      { is: { c: {}, a: [1, { b: 2 }] }, v: "third" },
    ];
    expect(await selector("$.items[?@.is == $.is].v")({ items, is: { c: {}, a: [1, { b: 3 }] } })).toBe("second");
    expect(await selector("$.items[?@.is >= $.is].v")({ items, is: { a: [1, { b: 2 }], c: {} } })).toBe("first");
    expect(await selector("$.items[?@.is == $.is].v")({ items, is: { a: [1, { b: 2 }] } })).toBeUndefined();
  });

  test("A4 text is ordered by code points", async () => {
    expect(await selector("$[?@ > '\uffff']")({ key: "🔑" })).toBe("🔑");
  });

  test("A7 $ is the document itself, where that is a string or a number", async () => {
    expect(await selector("$")("t0ken")).toBe("t0ken");
    expect(await selector("$")(42)).toBe(42);
    for (const other of [true, null, undefined, {}, ["t0ken"]]) expect(await selector("$")(other)).toBeUndefined();
    for (const scalar of ["text", 1, true, null, undefined]) expect(await selector("$.token")(scalar)).toBeUndefined();
  });
});

describe("A4 nothing but the document's own values is reached", () => {
  test.each([
    ["a character of a string", "$.token[0]"],
    ["the length of a string", "$.token.length"],
    ["the length of a list", "$.list.length"],
    ["the length of a list, in quotes", "$.list['length']"],
    ["a prototype", "$.__proto__"],
    ["what a prototype has", "$.__proto__.constructor.name"],
    ["what is inherited", "$.constructor.name"],
    ["what is inherited, by descent", "$..constructor"],
    ["what is inherited, in a union", "$['constructor','toString','__proto__']..name"],
    ["the length of a list, in a filter", "$[?@.length == 3][0]"],
    ["a prototype, in a filter", "$[?@.__proto__]"],
    ["what is inherited, in a filter", "$[?@.constructor || @.toString || @['hasOwnProperty']]"],
    ["an element of a list by a name", "$.list['0']"],
    ["a member of an object by an index", "$[0]"],
  ])("A4 %s is no match", async (_what, path) => {
    expect(await selector(path)(document)).toBeUndefined();
  });

  test("A4 a key of the document that is spelt like a prototype's is a key", async () => {
    const own = JSON.parse(
      '{"__proto__": {"token": "own"}, "constructor": "own too", "list": [{"length": 3, "t": "t"}]}',
    );
    expect(await selector("$.__proto__.token")(own)).toBe("own");
    expect(await selector("$['constructor']")(own)).toBe("own too");
    expect(await selector("$..[?@.length == 3].t")(own)).toBe("t");
  });

  test("A4 a getter that is no member of the document is not called", async () => {
    class Trap {
      own = { t: 1 };
      get token(): string {
        throw new Error("called");
      }
    }
    for (const path of ["$.token", "$..token", "$[?@.token]", "$['token','tok en']"]) {
      expect(await selector(path)(new Trap())).toBeUndefined();
    }
  });
});

describe("A4 what is no path, where, and what to write instead", () => {
  test.each([
    ["$[(@.length-1)]", /character 3 on: a script could run code; .* \[-1\]/],
    ["$.a[(1+1)]", /character 5 on: a script/],
    ["$..[?(@.constructor.constructor('return 1')())]", /character 32 on: a filter compares/],
    ["$[?@.a == 1 + 1]", /character 13 on: a filter compares/],
    ["$[?@.a = 1]", /character 8 on: a filter compares.*known are ==/],
    ["$[?@.a === 1]", /character 8 on: equality is written as ==/],
    ["$[?@.a !== 1]", /character 8 on: equality is written as ==/],
    ["$[?@.a =~ /x/]", /character 8 on: a filter compares/],
    ["$[?@.a and @.b]", /character 8 on: a filter compares.*&&/],
    ["$[?@.a in [1]]", /character 8 on: a filter compares/],
    ["$[?length(@.a) > 3]", /character 4 on: a filter knows no functions/],
    ["$[?process.exit()]", /character 4 on: a filter compares/],
    ["$[?match(@.a, '(a+)+')]", /character 4 on: a filter knows no functions/],
    ["$[?@root.a]", /character 4 on: known are @, the element, and \$/],
    ["$[?@path == 1]", /character 4 on: known are @/],
    ["$[?true]", /character 4 on: a value alone is no condition/],
    ["$[?'a' && @.b]", /character 4 on: a value alone is no condition/],
    ["$[?@.* == 1]", /character 4 on: a comparison takes one value/],
    ["$[?1 == @..a]", /character 9 on: a comparison takes one value/],
    ["$[?@['a','b'] == 1]", /character 4 on: a comparison takes one value/],
    ["$[?!@.a == 1]", /a comparison is negated in parentheses/],
    ["$[?(@.a]", /character 8 on: a filter compares/],
    ["$[?(@.a", /character 4 on: its "\(" is not closed/],
    ["$[?]", /character 4 on: a filter compares/],
    ["$[?@.a &&]", /character 10 on: a filter compares/],
    ["$[?@.a == 1e999]", /character 11 on: the number is too large/],
    ["$[?@.a == 01]", /character 12 on: a filter compares/],
    ["token", /must begin with/],
    ["a.b", /must begin with/],
    ["^", /must begin with/],
    ["", /must begin with/],
    ["$.", /character 3 on: a name is missing at its end/],
    ["$..", /character 4 on: a name is missing/],
    ["$...a", /character 4 on: "\." is not known here/],
    ["$.a.0", /character 5 on: an element of a list is written as \[0\]/],
    ["$.a^", /character 4 on: the parent/],
    ["$.a~", /character 4 on: the name of a key/],
    ["$.a,b", /character 4 on: several names stand in brackets/],
    ["$[a]", /character 3 on: a name in brackets stands in quotes/],
    ["$[]", /character 3 on: known are \['name'\]/],
    ["$['a", /character 3 on: the quote ' is not closed/],
    ["$['a'", /character 6 on: its "\[" is not closed/],
    ["$['a' 'b']", /character 7 on: after a selector comes "," or "\]"/],
    ["$['a',]", /character 7 on: known are/],
    ["$.a]", /character 4 on: there is no "\["/],
    ["$.a@string()", /character 4 on: tests of types/],
    ["$.a.`b", /character 5 on: a backtick/],
    ["$.token(id)", /character 8 on: no function is known; .* \['name\(x\)'\]/],
    ["$.a b", /character 4 on: " " is not known here; .* \['my name'\]/],
    ["$.a ", /character 4 on/],
    ["$. a", /character 3 on/],
    ["$.日本 x", /character 5 on/],
    ["$['🔑'].🔑\u0001", /character 9 on/],
    [String.raw`$['\x41']`, /character 4 on: no escape is spelt so/],
    [String.raw`$['\ud83d']`, /character 3 on: half of a surrogate pair/],
    ["$['a\nb']", /character 5 on: a control character/],
    ["$[1:2:0]", /character 7 on: a step of 0/],
    ["$[01]", /character 4 on: after a selector/],
    ["$[99999999999999999]", /character 3 on: the number is beyond 2\^53/],
    ["$.list[1:", /character 10 on: its "\[" is not closed/],
    [`$.${"a".repeat(511)}`, /longer than 512/],
  ])("A4 %s", (path, reason) => {
    expect(faultOfPath(path)).toMatch(reason);
    expect(() => selector(path)).toThrow(TypeError);
    expect(() => selector(path)).toThrow(reason);
  });
});
