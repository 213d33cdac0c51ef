import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { AuthCatalog, Credential } from "../../src/index.js";
import { documentOf, faultsOf, folder, tokenOf } from "../support/catalogs.js";
import { errorOf } from "../support/errors.js";

const STATIC = "{ type: static, config: { token: t } }";

describe("tags that nobody resolves", () => {
  test.each([
    ["on a value", "auth: { a: { type: static, config: { token: !vault s3cr3t } } }", 1, 46],
    ["on what an alias stands for", "d: &d !vault s3cr3t\nauth: { a: { type: static, config: { token: *d } } }", 1, 7],
    ["on auth:", `auth: !vault { a: ${STATIC} }`, 1, 7],
    ["on auth:, in a block", `auth: !vault\n  a: ${STATIC}`, 1, 7],
    ["on an alias of auth:", `x: &x !vault { a: ${STATIC} }\nauth: *x`, 1, 7],
    ["on vars:", `vars: !vault { x: s3cr3t }\nauth: { a: ${STATIC} }`, 1, 7],
    ["on a variable", documentOf("t", "vars: { x: !vault s3cr3t }"), 1, 12],
    ["on what is merged", "b: &b !vault { token: t }\nauth: { a: { type: static, config: { <<: *b } } }", 1, 7],
    ["within what is merged", "b: &b { token: !vault t }\nauth: { a: { type: static, config: { <<: *b } } }", 1, 16],
    [
      "within a list of merges",
      "b: &b { token: t }\nauth: { a: { type: static, config: { <<: [!x { token: t }] } } }",
      2,
      43,
    ],
    ["on a list of merges", "b: &b { token: t }\nauth: { a: { type: static, config: { <<: !x [*b] } } }", 2, 42],
    [
      "behind two merges",
      "b: &b { token: !x t }\nc: &c { <<: *b }\nauth: { a: { type: static, config: { <<: *c } } }",
      1,
      16,
    ],
    ["on the document", `!vault\nauth: { a: ${STATIC} }`, 1, 1],
    [
      "of a handle",
      "%TAG !v! tag:vault,2026:\n---\nauth: { a: { type: static, config: { token: !v!x s3cr3t } } }",
      3,
      46,
    ],
    ["on an empty value", "auth: { a: { type: static, config: { token: !vault } } }", 1, 46],
    ["on a sequence", "auth: { a: { type: oauth2, config: { scopes: !vault [s3cr3t] } } }", 1, 47],
    ["on a block scalar", "auth:\n  a:\n    type: static\n    config:\n      token: !vault |\n        s3cr3t", 5, 14],
    ["on type:", "auth: { a: { type: !vault static, config: { token: t } } }", 1, 20],
    ["!!binary", "auth: { a: { type: static, config: { token: !!binary aGVsbG8= } } }", 1, 45],
    ["!!timestamp", "auth: { a: { type: static, config: { token: !!timestamp 2001-12-15 } } }", 1, 45],
    ["!!set", "auth: !!set { a }", 1, 7],
    ["!!omap", `auth: !!omap [{ a: ${STATIC} }]`, 1, 7],
    ["!!pairs", "auth: { a: { type: static, config: !!pairs [{ token: t }] } }", 1, 36],
    ["!!python/name", "auth: { a: { type: static, config: { token: !!python/name:os.system s3cr3t } } }", 1, 45],
    [
      "in a template that is referred to",
      documentOf("'${sources.x.k}'", "pipeline: { sources: { x: { k: !vault s3cr3t } } }"),
      1,
      32,
    ],
  ])("a tag %s is a fault with line and column", async (_where, text, line, column) => {
    const error = await errorOf(() => AuthCatalog.fromYaml(text));
    expect(error).toMatchObject({ name: "ConfigError" });
    const offset = /line (\d+), column (\d+)/.exec(error.message);
    expect(Number(offset?.[1])).toBe(line);
    expect(Math.abs(Number(offset?.[2]) - column)).toBeLessThanOrEqual(1);
    expect(error.message).toContain("a tag that is not known here");
    expect(inspect(error, { depth: null })).not.toContain("s3cr3t");
  });

  test("the tags of YAML's core say what a scalar is", async () => {
    expect(await tokenOf("!!str 00123")).toBe("00123");
    expect(await tokenOf("! 00123")).toBe("00123");
    expect(await tokenOf("'x${vars.v}'", "vars: !!map { v: !!float 3 }")).toBe("x3");
    expect(await tokenOf("'${vars.v.0}'", "vars: { v: !!seq [a] }")).toBe("a");
  });

  test("%YAML 1.1 does not change what scalars mean", async () => {
    expect(await tokenOf("12:30:45", "%YAML 1.1\n---")).toBe("12:30:45");
    expect(await tokenOf("'x${vars.v}'", "%YAML 1.1\n---\nvars: { v: yes }")).toBe("xyes");
  });
});

describe("merges and aliases", () => {
  test("<< at the top is a fault, and no empty catalog", async () => {
    for (const text of [`b: &b { auth: { a: ${STATIC} } }\n<<: *b`, `b: &b {}\nauth: { a: ${STATIC} }\n<<: [*b]`]) {
      expect(Object.values(await faultsOf(() => AuthCatalog.fromYaml(text)))).toEqual([
        expect.stringMatching(/^line [23], column 1: << cannot stand at the top/),
      ]);
    }
  });

  test("own keys go before merged ones, the first merge before the next, wherever << stands", async () => {
    const base = "x: &x { token: x, type: static }\ny: &y { token: y, header: H }\n";
    const of = async (config: string): Promise<unknown> =>
      (await AuthCatalog.fromYaml(`${base}auth: { a: { type: static, config: ${config} } }`)).get("a").getToken();
    const only = "{ <<: [{ token: x }, { token: y }] }";
    expect(await of(only)).toEqual(Credential.bearer("x"));
    expect(await of("{ <<: { token: x }, token: own }")).toEqual(Credential.bearer("own"));
    expect(await of("{ token: own, <<: { token: x } }")).toEqual(Credential.bearer("own"));
    expect(await of("{ <<: { <<: { token: deep } } }")).toEqual(Credential.bearer("deep"));
    expect(Object.keys(await faultsOf(() => of("{ <<: *x }")))).toEqual(["auth.a.config.type"]);
  });

  test.each([["<<: text"], ["<<: [text]"], ["<<: "], ["<<: [[{ token: t }]]"]])(
    "%s merges no mapping, which is a fault",
    async (merge) => {
      expect(Object.values(await faultsOf(() => AuthCatalog.fromYaml(`auth:\n  ${merge}\n  a: ${STATIC}`)))).toEqual([
        expect.stringMatching(/^line 2, column \d+: << can merge mappings only/),
      ]);
    },
  );

  test("a quoted << is a key", async () => {
    const text = `auth: { "<<": ${STATIC} }`;
    expect((await AuthCatalog.fromYaml(text)).names).toEqual(["<<"]);
  });

  test("an alias stands for the last anchor of its name before it", async () => {
    expect(await tokenOf("*d", "x: [&d first, &d second]")).toBe("second");
    expect(Object.values(await faultsOf(() => tokenOf("*d\nlater: &d x")))).toEqual([
      expect.stringMatching(/line 6, column 14: has an alias that cannot be followed/),
    ]);
  });

  test.each([
    ["auth: &a { x: { type: static, config: *a } }"],
    ["auth: &a { x: { type: static, config: { <<: *a } } }"],
    ["auth: &a { <<: *a }"],
    ["vars: &v { x: [*v] }"],
  ])("an alias in what it stands for is a fault: %s", async (text) => {
    expect(Object.values(await faultsOf(() => AuthCatalog.fromYaml(text)))).toEqual([
      expect.stringMatching(/^line 1, column \d+: has an alias that cannot be followed/),
    ]);
  });

  test("a key that is given twice is found at any depth", async () => {
    const text = `pipeline: { x: [{ a: 1, a: 2 }] }\nauth: { a: ${STATIC} }`;
    expect(Object.values(await faultsOf(() => AuthCatalog.fromYaml(text)))).toEqual([
      "line 1, column 25: a key is given twice",
    ]);
  });
});

describe("references without quotes inside { } and [ ]", () => {
  const entry = (value: string, before = ""): Promise<string> =>
    AuthCatalog.fromYaml(`${before}\nauth: { a: { type: static, config: { token: ${value} } } }`, {
      params: { t: "t0ken", n: 7 },
      resolvers: { vault: (name) => `of ${name}` },
    }).then(async (catalog) => ((await catalog.get("a").getToken()) as { token: string }).token);

  test.each([
    ["${param.t}", "t0ken"],
    ["x-${param.t}-${param.n}", "x-t0ken-7"],
    ["${vault:secret/data/a#b}", "of secret/data/a#b"],
    ["${vault:a, b: c}", "of a, b: c"],
    ["${param.none:-x[1], #2}", "x[1], #2"],
    ["$${param.t}", "${param.t}"],
    ["${param.t} # a comment", "t0ken"],
    ['"${param.t}"', "t0ken"],
    ["'${param.t}'", "t0ken"],
  ])("G7 %s", async (value, token) => {
    const text = value.includes("# a") ? value.replace("# a comment", "# a comment\n ") : value;
    expect(await entry(text)).toBe(token);
  });

  test("G7 beside text of other kinds in the document, whose places are told as they are", async () => {
    const before = "vars: [${param.t}, {k: ${param.n}}]\ntext: |\n  ${param.t} {\n";
    expect(await entry("${vars}", before).catch((error: Error) => error.message)).toContain("auth.a.config.token");
    expect(await entry("${param.t}", before)).toBe("t0ken");
    const error = await errorOf(() => entry("${param.t", before));
    const places = (error.issues as { message: string }[]).map(({ message }) => message.split(":")[0]);
    expect(places.every((place) => place?.startsWith("line 4, "))).toBe(true);
    expect(await errorOf(() => entry("${param.t}\ue041"))).toMatchObject({ name: "ConfigError" });
  });
});

describe("size", () => {
  test("one anchor may be used a thousand times", async () => {
    const lines = Array.from({ length: 1000 }, (_, index) => `  a${index}: { type: static, config: *c }`);
    expect((await AuthCatalog.fromYaml(`c: &c { token: t }\nauth:\n${lines.join("\n")}`)).names).toHaveLength(1000);
  });

  test("a document of thousands of keys and pages of text is read", async () => {
    const lines = Array.from({ length: 3000 }, (_, index) => `  v${index}: "${"x".repeat(500)}"`);
    expect(await tokenOf("${vars.v2999}", `vars:\n${lines.join("\n")}`)).toHaveLength(500);
  });

  const doubling = (of: (level: number) => string, levels = 40): string =>
    Array.from({ length: levels }, (_, level) => of(level)).join("\n");

  test.each([
    ["lists", (level: number) => `l${level + 1}: &l${level + 1} [*l${level}, *l${level}]`],
    ["mappings", (level: number) => `l${level + 1}: &l${level + 1} { a: *l${level}, b: *l${level} }`],
    ["merges", (level: number) => `l${level + 1}: &l${level + 1} { <<: [*l${level}, *l${level}] }`],
  ])("aliases that double, in %s, are a fault with line and column", async (_kind, of) => {
    const text = `l0: &l0 {}\n${doubling(of)}\nauth: { a: { type: static, config: { token: *l40 } } }`;
    expect(Object.values(await faultsOf(() => AuthCatalog.fromYaml(text)))).toEqual([
      expect.stringMatching(/^line \d+, column \d+: grows beyond/),
    ]);
  });

  test("merges of one large mapping into many are bounded", async () => {
    const large = Array.from({ length: 2000 }, (_, index) => `k${index}: 1`).join(", ");
    const merges = Array.from({ length: 2000 }, (_, index) => `  a${index}: { <<: *b }`).join("\n");
    expect(Object.values(await faultsOf(() => AuthCatalog.fromYaml(`b: &b { ${large} }\nauth:\n${merges}`)))).toEqual([
      expect.stringContaining("grows beyond"),
    ]);
  });

  test("one text that is used often is not copied without end", async () => {
    const lines = Array.from({ length: 100 }, (_, index) => `  a${index}: { type: static, config: { token: *t } }`);
    const text = `t: &t ${"x".repeat(1024 * 1024)}\nauth:\n${lines.join("\n")}`;
    expect(Object.values(await faultsOf(() => AuthCatalog.fromYaml(text)))).toEqual([
      expect.stringContaining("grows beyond"),
    ]);
  });

  test.each([
    ["texts", (level: number) => `  v${level + 1}: \${vars.v${level}}\${vars.v${level}}`],
    ["lists", (level: number) => `  v${level + 1}: ["\${vars.v${level}}", "\${vars.v${level}}"]`],
    ["keys", (level: number) => `  v${level + 1}: { "\${vars.v${level}}\${vars.v${level}}": x }`],
  ])("variables that double, in %s, are one fault", async (_kind, of) => {
    const faults = await faultsOf(() => tokenOf("${vars.v40}", `vars:\n  v0: xxxxxxxxxx\n${doubling(of)}`));
    expect(Object.keys(faults)).toEqual(["auth.a.config.token"]);
  });

  test("variables that double a little are fine", async () => {
    const of = (level: number): string => `  v${level + 1}: \${vars.v${level}}\${vars.v${level}}`;
    expect(await tokenOf("${vars.v16}", `vars:\n  v0: x\n${doubling(of, 16)}`)).toHaveLength(2 ** 16);
  });

  test("a fault behind variables that double is told once", async () => {
    const of = (level: number): string => `  v${level + 1}: ["\${vars.v${level}}", "\${vars.v${level}}"]`;
    const error = await errorOf(() => tokenOf("${vars.v12}", `vars:\n  v0: '\${env:NOPE}'\n${doubling(of, 12)}`));
    expect(error.issues).toEqual([
      {
        path: "auth.a.config.token",
        message: expect.stringMatching(/^vars\.v0: \$\{env:NOPE\} cannot be resolved/),
        line: 19,
        column: 7,
      },
    ]);
  });

  test.each([
    ["flow lists", `auth: ${"[".repeat(20_000)}`],
    ["closed lists", `auth: ${"[".repeat(20_000)}${"]".repeat(20_000)}`],
    ["lists within the parser's own bound", `auth: { a: ${"[".repeat(300)}${"]".repeat(300)} }`],
    ["block mappings", `auth:\n${Array.from({ length: 600 }, (_, level) => `${" ".repeat(level + 1)}k:`).join("\n")}`],
    [
      "variables",
      documentOf("${vars.v999}", `vars:\n  v0: x\n${doubling((n) => `  v${n + 1}: \${vars.v${n}}`, 1000)}`),
    ],
    ["aliases", documentOf("*l999", `l0: &l0 x\n${doubling((n) => `l${n + 1}: &l${n + 1} [*l${n}]`, 1000)}`)],
    [
      "merges",
      documentOf("{ <<: *l999 }", `l0: &l0 {}\n${doubling((n) => `l${n + 1}: &l${n + 1} { <<: *l${n} }`, 1000)}`),
    ],
  ])("%s that stand in each other without end are a fault", async (_kind, text) => {
    const error = await errorOf(() => AuthCatalog.fromYaml(text));
    expect(error).toMatchObject({ name: "ConfigError" });
    expect(error.message).toMatch(/deep/);
    expect(error.message.length).toBeLessThan(2000);
  });
});

describe("prototypes", () => {
  test("C11 keys that are spelt like a prototype's are only keys, in every block", async () => {
    const before = "vars: { __proto__: { polluted: p }, constructor: { x: c } }\nparams: { __proto__: { default: d } }";
    expect(await tokenOf("'${vars.__proto__.polluted}-${vars.constructor.x}-${param.__proto__}'", before)).toBe(
      "p-c-d",
    );
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    for (const reference of ["vars.hasOwnProperty", "vars.x.__proto__", "param.constructor", "sources.__proto__.x"]) {
      expect(Object.keys(await faultsOf(() => tokenOf(`'\${${reference}}'`, "vars: { x: {} }")))).toEqual([
        "auth.a.config.token",
      ]);
    }
  });

  test("C11 a merge and a key that is resolved reach no prototype either", async () => {
    const before = "b: &b { __proto__: { token: t } }\nvars: { p: __proto__ }";
    const text = `${before}\nauth: { a: { type: static, config: { <<: *b } }, b: { type: static, config: { "\${vars.p}": { token: t } } } }`;
    expect(Object.keys(await faultsOf(() => AuthCatalog.fromYaml(text)))).toContain("auth.a.config.__proto__");
    expect(Object.keys(await faultsOf(() => AuthCatalog.fromYaml(text)))).toContain("auth.b.config.__proto__");
  });

  test("C11 a provider may be called __proto__", async () => {
    const catalog = await AuthCatalog.fromYaml(`auth: { __proto__: ${STATIC}, toString: ${STATIC} }`);
    expect(catalog.names).toEqual(["__proto__", "toString"]);
    expect(await catalog.get("__proto__").getToken()).toEqual(Credential.bearer("t"));
    expect(JSON.stringify(catalog)).toBe('{"__proto__":"static","toString":"static"}');
  });
});

describe("the file", () => {
  test("what is wrong with it is told with its name", async () => {
    const path = await folder({
      "broken.yaml": "auth: [",
      "wrong.yaml": "auth: { a: { type: magic } }",
      "tagged.yaml": "auth: !x {}",
      "list.yaml": "- auth",
      "none.yaml": "auth: 5",
    });
    for (const name of ["broken.yaml", "wrong.yaml", "tagged.yaml", "list.yaml", "none.yaml", "missing.yaml"]) {
      const error = await errorOf(() => AuthCatalog.load(`${path}/${name}`));
      expect(error).toMatchObject({ name: "ConfigError", message: expect.stringContaining(`${path}/${name}`) });
    }
  });

  const utf16 = (text: string): Buffer => Buffer.from(`\ufeff${text}`, "utf16le");

  test("one in UTF-16, or in no encoding of Unicode, is a fault that says so; a byte order mark is left out", async () => {
    const path = await folder({
      "utf16le.yaml": utf16("auth: {}"),
      "utf16be.yaml": utf16("auth: {}").swap16(),
      "unmarked.yaml": Buffer.from("auth: {}", "utf16le"),
      "latin1.yaml": Buffer.from("auth: {} # café", "latin1"),
      "bom.yaml": `\ufeffauth: { a: ${STATIC} }`,
    });
    for (const name of ["utf16le", "utf16be", "unmarked", "latin1"]) {
      const error = await errorOf(() => AuthCatalog.load(`${path}/${name}.yaml`));
      expect(error.message).toMatch(new RegExp(`${name}\\.yaml: the file is .*UTF-8`));
    }
    expect((await AuthCatalog.load(`${path}/bom.yaml`)).names).toEqual(["a"]);
    expect((await AuthCatalog.fromYaml(`\ufeffauth: { a: ${STATIC} }`)).names).toEqual(["a"]);
  });
});
