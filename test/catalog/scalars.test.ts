import { afterEach, describe, expect, test, vi } from "vitest";
import { AuthCatalog, fromConfig, type Runtime } from "../../src/index.js";
import { faultsOf, folder, tokenOf } from "../support/catalogs.js";
import { startIdp } from "../support/idp.js";

afterEach(() => vi.unstubAllEnvs());

/** A document of one `oauth2` provider, `a`, with these lines in its configuration. */
function oauth2(tokenUrl: string, lines: string, before = ""): string {
  return `${before}
auth:
  a:
    type: oauth2
    config:
      token_url: ${tokenUrl}
      client_secret: s3cr3t
${lines.replace(/^/gm, "      ")}`;
}

const AS_WRITTEN = [
  ["12345678901234567890"],
  ["9007199254740993"],
  ["-9007199254740993"],
  ["00123"],
  ["59.0"],
  ["1e3"],
  ["1e16"],
  ["9007199254740993e0"],
  ["1e400"],
  ["0x1F"],
  ["0o17"],
  ["+5"],
  ["0.10"],
  ["True"],
  [".inf"],
  ["3.14159265358979323846"],
  ["9007199254740992"],
  ["42"],
  ["true"],
];

describe("A8 a scalar that is put into text is put in as it is written", () => {
  test.each(AS_WRITTEN)("A8 %s in a text, by way of a variable", async (scalar) => {
    expect(await tokenOf("'x-${vars.v}'", `vars: { v: ${scalar} }`)).toBe(`x-${scalar}`);
    expect(await tokenOf("'x-${vars.w}'", `vars: { v: ${scalar}, w: '\${vars.v}' }`)).toBe(`x-${scalar}`);
  });

  test.each(AS_WRITTEN)("A8 %s where a text is wanted", async (scalar) => {
    expect(await tokenOf(scalar)).toBe(scalar);
    expect(await tokenOf("${vars.v}", `vars: { v: ${scalar} }`)).toBe(scalar);
  });

  test("A8 in parameters and headers, on the wire", async () => {
    const idp = await startIdp();
    for (const [scalar = ""] of AS_WRITTEN) {
      const lines = `client_id: id\nparams: { tenant: ${scalar} }\nheaders: { x-tenant: ${scalar} }`;
      await (await AuthCatalog.fromYaml(oauth2(idp.tokenUrl, lines))).get("a").getToken();
      const seen = idp.seen.at(-1);
      expect([seen?.form.tenant, seen?.headers["x-tenant"]]).toEqual([scalar, scalar]);
    }
  });

  test("A8 in a form body; in JSON, numbers stay numbers", async () => {
    const idp = await startIdp();
    const body = async (yaml: string, encoding: string): Promise<string | undefined> => {
      const config = `url: ${idp.tokenUrl}, token_path: $.access_token, encoding: ${encoding}, body: ${yaml}`;
      const catalog = await AuthCatalog.fromYaml(`auth: { a: { type: token_endpoint, config: { ${config} } } }`);
      await catalog.get("a").getToken();
      return idp.seen.at(-1)?.body;
    };
    const yaml = "{ a: 59.0, b: 00123, c: True, d: 0x1F, e: 1e3, f: '59.0', g: 7 }";
    expect(JSON.parse((await body(yaml, "json")) ?? "")).toEqual({
      a: 59,
      b: "00123",
      c: true,
      d: 31,
      e: 1000,
      f: "59.0",
      g: 7,
    });
    expect(await body("{ a: 59.0, b: 00123, c: 12345678901234567890 }", "form")).toBe(
      "a=59.0&b=00123&c=12345678901234567890",
    );
  });

  test.each([
    "{ id: 12345678901234567890 }",
    "[{ x: [9007199254740993] }]",
    "{ limit: 9007199254740993e0 }",
    "{ limit: 9007199254740.993e3 }",
    "{ limit: 0x20000000000001 }",
    "{ limit: 1e16 }",
    "{ limit: -1e16 }",
    "{ limit: 1e400 }",
    "{ limit: .inf }",
    "{ limit: -.inf }",
    "{ limit: .nan }",
  ])("A8 where JSON would lose its digits, a number is a fault: %s", async (body) => {
    const config = `url: https://idp.example, token_path: $.t, body: ${body}`;
    const faults = await faultsOf(() =>
      AuthCatalog.fromYaml(`auth: { a: { type: token_endpoint, config: { ${config} } } }`),
    );
    expect(Object.entries(faults)).toEqual([
      [expect.stringMatching(/^auth\.a\.config\.body/), expect.stringContaining("put it in quotes")],
    ]);
  });

  test("A8 an integer beyond 2⁵³ where a number is expected is a fault, a harmless one is a number", async () => {
    const of = (lines: string): Promise<AuthCatalog> =>
      AuthCatalog.fromYaml(oauth2("https://idp.example", `client_id: c\n${lines}`));
    expect(await faultsOf(() => of("timeout_secs: 12345678901234567890"))).toEqual({
      "auth.a.config.timeout_secs": expect.stringContaining("put it in quotes"),
    });
    expect(JSON.parse(JSON.stringify((await of("expiry_ratio: 0.50")).get("a")))).toMatchObject({ expiry_ratio: 0.5 });
    expect((await of("timeout_secs: 60.0\nretries: 0x2")).names).toEqual(["a"]);
  });

  test("keys that are numbers, and quoted scalars, are texts", async () => {
    const idp = await startIdp();
    const lines = "client_id: id\nparams: { 00123: '00123', 1e3: \"59.0\", true: '12345678901234567890' }";
    await (await AuthCatalog.fromYaml(oauth2(idp.tokenUrl, lines))).get("a").getToken();
    expect(idp.seen[0]?.form).toMatchObject({ "00123": "00123", "1e3": "59.0", true: "12345678901234567890" });
  });

  test("a user's own type gets plain data: numbers as numbers, what no number keeps as text", async () => {
    let seen: unknown;
    const types = {
      mine: (config: unknown, runtime: Runtime) => {
        seen = config;
        return fromConfig({ type: "static", config: { token: "t" } }, runtime);
      },
    };
    vi.stubEnv("LIMIT", "10");
    const config = "{ a: 59.0, b: 00123, c: 12345678901234567890, d: 5, e: True, f: '${env:LIMIT}', g: [1.50] }";
    await AuthCatalog.fromYaml(`auth: { a: { type: mine, config: ${config} } }`, { runtime: { types } });
    expect(seen).toEqual({ a: 59, b: "00123", c: "12345678901234567890", d: 5, e: true, f: "10", g: [1.5] });
  });
});

describe("a reference that is a whole scalar is what its key wants", () => {
  test("numbers, booleans and texts, each from the environment", async () => {
    for (const [name, value] of Object.entries({
      RATIO: "0.5",
      SECS: "60\n",
      STRICT: "true",
      ID: "12345",
      WORDS: "false",
    }))
      vi.stubEnv(name, value);
    const idp = await startIdp();
    const lines = `client_id: \${env:ID}
expiry_ratio: \${env:RATIO}
timeout_secs: \${env:SECS}
retries: \${env:TRIES:-1}
params: { account: "\${env:ID}", words: "\${env:WORDS}" }
persist: { path: ${await folder()}, key: k, strict: "\${env:STRICT}" }`;
    const provider = (await AuthCatalog.fromYaml(oauth2(idp.tokenUrl, lines))).get("a");
    await provider.getToken();
    expect(JSON.parse(JSON.stringify(provider))).toMatchObject({ client_id: "12345", expiry_ratio: 0.5 });
    expect(idp.seen[0]?.form).toMatchObject({ client_id: "12345", account: "12345", words: "false" });
    await provider.close();
  });

  test("what is no number, or not the right one, is a fault of the key", async () => {
    vi.stubEnv("WORD", "soon");
    vi.stubEnv("TWO", "2");
    const lines = "client_id: c\nexpiry_ratio: ${env:TWO}\ntimeout_secs: ${env:WORD}";
    const faults = await faultsOf(() => AuthCatalog.fromYaml(oauth2("https://idp.example", lines)));
    expect(Object.keys(faults).sort()).toEqual(["auth.a.config.expiry_ratio", "auth.a.config.timeout_secs"]);
    expect(faults["auth.a.config.expiry_ratio"]).toContain("(0, 1]");
  });

  test("in JSON it stays the text that it is", async () => {
    vi.stubEnv("PASSWORD", "12345");
    const idp = await startIdp();
    const config = `url: ${idp.tokenUrl}, token_path: $.access_token, body: { password: "\${env:PASSWORD}" }`;
    const catalog = await AuthCatalog.fromYaml(`auth: { a: { type: token_endpoint, config: { ${config} } } }`);
    await catalog.get("a").getToken();
    expect(JSON.parse(idp.seen[0]?.body ?? "")).toEqual({ password: "12345" });
  });

  test("a mapping or a list that is wanted is not made of it", async () => {
    vi.stubEnv("NUMBER", "5");
    for (const key of ["params", "headers", "persist"]) {
      const lines = `client_id: c\n${key}: \${env:NUMBER}`;
      const faults = await faultsOf(() => AuthCatalog.fromYaml(oauth2("https://idp.example", lines)));
      expect(Object.keys(faults)).toEqual([`auth.a.config.${key}`]);
    }
  });
});
