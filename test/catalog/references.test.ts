import { join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AuthCatalog, Credential } from "../../src/index.js";
import { documentOf, faultsOf, folder, tokenOf } from "../support/catalogs.js";
import { startIdp } from "../support/idp.js";

beforeEach(() => {
  vi.stubEnv("SET", "set");
  vi.stubEnv("EMPTY", "");
});

afterEach(() => vi.unstubAllEnvs());

describe("defaults", () => {
  test.each([
    ["${env:NOT_THERE:-d}", "d"],
    ["${env:EMPTY:-d}", "d"],
    ["${env:SET:-d}", "set"],
    ["${secret:NOT_THERE:-d}", "d"],
    ["x${env:NOT_THERE:-}y", "xy"],
    ["${env:NOT_THERE:-a:-b}", "a:-b"],
    ["${env:NOT_THERE:-https://idp.example:8443/x?y=$z}", "https://idp.example:8443/x?y=$z"],
    ["${file:/not/there:-d}", "d"],
    ["${vars.missing:-d}", "d"],
    ["${vars.nothing:-d}", "d"],
    ["${vars.deep.missing:-d}", "d"],
    ["${param.missing:-d}", "d"],
    ["${sources.missing.config.x:-d}", "d"],
    ["${env:NOT_THERE:-d}${env:NOT_THERE:-e}", "de"],
  ])("%s is %j", async (text, expected) => {
    expect(await tokenOf(JSON.stringify(text), "vars: { nothing: null, deep: {} }")).toBe(expected);
  });

  test("a resolver that finds nothing gives way to a default, one that fails does not", async () => {
    const resolvers = {
      vault: async (path: string) => (path === "empty" ? undefined : `vault(${path})`),
      sealed: () => {
        throw new Error("sealed");
      },
    };
    expect(await tokenOf('"${vault:empty:-d}"', "", { resolvers })).toBe("d");
    expect(await tokenOf('"${vault:full:-d}"', "", { resolvers })).toBe("vault(full)");
    expect(await faultsOf(() => tokenOf('"${vault:empty}${sealed:x:-s3cr3t}"', "", { resolvers }))).toEqual({
      "auth.a.config.token": "${sealed:x} cannot be resolved: sealed",
    });
  });

  test("what a default stands for is no reference, and braces in it are a fault", async () => {
    expect(Object.values(await faultsOf(() => tokenOf('"${env:NOT_THERE:-${env:SET}}"')))).toEqual([
      expect.stringContaining("cannot have braces"),
    ]);
  });

  test("a file that is there and cannot be read is a fault beside a default", async () => {
    expect(Object.values(await faultsOf(async () => tokenOf(`"\${file:${await folder()}:-d}"`)))).toEqual([
      expect.stringContaining("EISDIR"),
    ]);
  });
});

describe("parameters, sources and sinks", () => {
  const declared = `
params:
  region: { type: string, default: "\${env:SET}" }
  port: { type: int, default: 8080 }
  tenant: { required: true }
`;

  test("options.params go before the defaults of params:", async () => {
    const text = "'${param.region}:${param.port}/${param.tenant}'";
    expect(await tokenOf(text, declared, { params: { tenant: 7 } })).toBe("set:8080/7");
    expect(await tokenOf(text, declared, { params: { tenant: 12345678901234567890n, region: "eu", port: "1" } })).toBe(
      "eu:1/12345678901234567890",
    );
    expect(await faultsOf(() => tokenOf(text, declared))).toEqual({
      "auth.a.config.token": expect.stringContaining("${param.tenant} is not given in options.params"),
    });
  });

  test("a parameter that is not declared is a fault that names the nearest, unless none is declared", async () => {
    expect(await faultsOf(() => tokenOf("t", declared, { params: { regoin: "eu" } }))).toEqual({
      "options.params.regoin": 'is not declared: declare it under params:; did you mean "region"?',
    });
    expect(await faultsOf(() => tokenOf("'${param.regoin}'", declared))).toEqual({
      "auth.a.config.token": "${param.regoin} is not declared: declare it under params:",
    });
    expect(await tokenOf("'${param.any}'", "", { params: { any: true } })).toBe("true");
  });

  test("what is given is data, not references", async () => {
    expect(await tokenOf("'${param.x}'", "", { params: { x: "${env:SET}" } })).toBe("${env:SET}");
  });

  test("a parameter that is a whole scalar is what its key wants", async () => {
    const text = `auth: { a: { type: oauth2, config: { token_url: "\${param.url}", client_id: "\${param.id}", client_secret: s, expiry_ratio: "\${param.ratio}" } } }`;
    for (const ratio of [0.5, "0.5"]) {
      const catalog = await AuthCatalog.fromYaml(text, { params: { url: "https://idp.example", id: 7n, ratio } });
      expect(JSON.parse(JSON.stringify(catalog.get("a")))).toMatchObject({ client_id: "7", expiry_ratio: 0.5 });
    }
  });

  test.each([
    ["${sources.rest.config.base_url}", "https://api.example"],
    ["${sources.rest.config.path}", "https://api.example/v1"],
    ["${sources.rest.config.list.1}", "b"],
    ["${sinks.file.config.path}", "out-set"],
    ["${sinks.default.type}", "stdout"],
    ["${sources.rest.type}-${vars.from_source}", "rest-https://api.example"],
  ])("%s is a value of the pipeline", async (text, expected) => {
    const before = `
vars: { from_source: "\${sources.rest.config.base_url}" }
defaults: &defaults { base_url: https://api.example }
pipeline:
  sources:
    rest: { type: rest, config: { <<: *defaults, path: "\${sources.rest.config.base_url}/v1", list: [a, b] } }
  sinks: { file: { config: { path: "out-\${env:SET}" } } }
  sink: { type: stdout }
`;
    expect(await tokenOf(JSON.stringify(text), before)).toBe(expected);
  });

  test("what is not in the pipeline, no scalar, or refers to itself, is a fault", async () => {
    const before = `
pipeline: { sources: { x: { a: "\${sources.x.b}", b: "\${sources.x.a}", c: {}, row: "\${row.id}" } } }`;
    const messageOf = async (text: string): Promise<string | undefined> =>
      (await faultsOf(() => tokenOf(JSON.stringify(text), before)))["auth.a.config.token"];
    expect(await messageOf("${sources.y.a}")).toBe("${sources.y.a} is not defined under pipeline.sources:");
    expect(await messageOf("${sinks.x.a}")).toBe("${sinks.x.a} is not defined under pipeline.sinks:");
    expect(await messageOf("x${sources.x.c}")).toBe("${sources.x.c} is no scalar and cannot be part of a text");
    expect(await messageOf("${sources.x.a}")).toContain("sources.x.a → sources.x.b → sources.x.a refer to each other");
    expect(await messageOf("${sources.x.row}")).toContain("sources.x.row: ${row.id} is not known");
    expect(await messageOf("${sources}")).toContain("${sources} is not known; known are ");
  });
});

describe("references everywhere", () => {
  test("a key with dots goes before the path that it could be", async () => {
    expect(await tokenOf("'${vars.a.b}'", "vars: { a.b: dotted, a: { b: nested } }")).toBe("dotted");
  });

  test("in keys too; two keys that become one are a fault", async () => {
    const idp = await startIdp();
    const of = (params: string): Promise<AuthCatalog> =>
      AuthCatalog.fromYaml(
        `auth: { a: { type: oauth2, config: { token_url: ${idp.tokenUrl}, client_id: c, client_secret: s, params: ${params} } } }`,
      );
    await (await of('{ "x-${env:SET}": 1, "$${literal}": 2 }')).get("a").getToken();
    expect(idp.seen[0]?.form).toMatchObject({ "x-set": "1", "${literal}": "2" });
    expect(await faultsOf(() => of('{ "${env:SET}": 1, set: 2 }'))).toEqual({
      "auth.a.config.params": expect.stringContaining("two keys that are the same"),
    });
  });

  test("variables that refer to each other are told from every provider that uses one", async () => {
    const text = `
vars: { a: "\${vars.b}", b: "\${vars.a}" }
auth:
  x: { type: static, config: { token: "\${vars.a}" } }
  y: { type: static, config: { token: "\${vars.b}" } }`;
    expect(await faultsOf(() => AuthCatalog.fromYaml(text))).toEqual({
      "auth.x.config.token": expect.stringContaining("refer to each other"),
      "auth.y.config.token": expect.stringContaining("refer to each other"),
    });
  });
});

describe("what a text brings with it", () => {
  test.each([["t0k3n\n"], ["t0k3n\r\n"], ["t0k3n\n\n"], ["\ufefft0k3n"], ["\ufefft0k3n\r\n"]])(
    "line breaks at the end, and a byte order mark, are left out of %j",
    async (text) => {
      vi.stubEnv("TEXT", text);
      expect(await tokenOf("'${env:TEXT}'")).toBe("t0k3n");
      expect(await tokenOf("'${vault:x}'", "", { resolvers: { vault: () => text } })).toBe("t0k3n");
      expect(await tokenOf(`"\${file:${join(await folder({ text }), "text")}}"`)).toBe("t0k3n");
    },
  );

  test("line breaks within stay", async () => {
    vi.stubEnv("TEXT", "a\nb\n");
    const idp = await startIdp();
    const config = `url: ${idp.tokenUrl}, token_path: $.access_token, body: { key: "\${env:TEXT}" }`;
    const catalog = await AuthCatalog.fromYaml(`auth: { a: { type: token_endpoint, config: { ${config} } } }`);
    await catalog.get("a").getToken();
    expect(JSON.parse(idp.seen[0]?.body ?? "")).toEqual({ key: "a\nb" });
  });

  test.each([
    ["UTF-16, little endian", Buffer.from("\ufefft0k3n", "utf16le"), "UTF-16"],
    ["UTF-16, big endian", Buffer.from("\ufefft0k3n", "utf16le").swap16(), "UTF-16"],
    ["UTF-16 without a mark", Buffer.from("t0k3n", "utf16le"), "UTF-16"],
    ["Latin-1", Buffer.from("café", "latin1"), "not in UTF-8"],
    ["a binary key", Buffer.from([1, 2, 0, 3]), "no text"],
  ])("a file in %s is a fault of its key", async (_encoding, bytes, reason) => {
    const path = await folder({ secret: bytes });
    expect(await faultsOf(() => tokenOf(`"\${file:${join(path, "secret")}}"`))).toEqual({
      "auth.a.config.token": expect.stringContaining(reason),
    });
  });
});

describe("D11 relative paths", () => {
  const grant = (path: string): string =>
    `auth: { a: { type: oauth2, config: { token_url: "https://idp.example", client_id: c, client_secret: s, persist: { path: ${path} } } } }`;

  /** Where a user's own type is told to persist. */
  async function persistPathOf(load: (options: object) => Promise<AuthCatalog>): Promise<unknown> {
    let path: unknown;
    const types = {
      oauth2: (config: unknown) => {
        path = (config as { persist: { path: unknown } }).persist.path;
        return {
          type: "oauth2",
          name: "a",
          getToken: async () => Credential.bearer("t"),
          invalidate: async () => Credential.bearer("t"),
        };
      },
    };
    await load({ runtime: { types }, params: { folder: "state" } });
    return path;
  }

  test.each([
    ["state", "state"],
    ["./state/auth", "state/auth"],
    ["../state", "../state"],
    ["'${param.folder}'", "state"],
    ["'${env:NOT_THERE:-state}'", "state"],
    ["00123", "00123"],
  ])("D11 of load(), %s starts at the document's folder", async (path, expected) => {
    const at = await folder({ "pipeline.yaml": grant(path) });
    const absolute = join(at, "pipeline.yaml");
    for (const document of [absolute, relative(process.cwd(), absolute)]) {
      expect(await persistPathOf((options) => AuthCatalog.load(document, options))).toBe(join(at, expected));
    }
  });

  test.each([["~"], ["~/state"], ["/var/lib/state"]])("D11 %s is left as it is", async (path) => {
    const at = await folder({ "pipeline.yaml": grant(`"${path}"`) });
    expect(await persistPathOf((options) => AuthCatalog.load(join(at, "pipeline.yaml"), options))).toBe(path);
  });

  test("D11 of fromYaml(), it starts at the working directory", async () => {
    expect(await persistPathOf((options) => AuthCatalog.fromYaml(grant("state"), options))).toBe("state");
  });

  test("D11 the store of a provider, and of one that a connector defines, stands beside the document", async () => {
    const idp = await startIdp();
    const config = {
      token_url: idp.tokenUrl,
      client_id: "c",
      client_secret: "s",
      persist: { path: "state", key: "k" },
    };
    const at = await folder({ "pipeline.yaml": JSON.stringify({ auth: { a: { type: "oauth2", config } } }) });
    const catalog = await AuthCatalog.load(join(at, "pipeline.yaml"));
    const first = await catalog.get("a").getToken();
    const own = catalog.resolve({ type: "oauth2", config: { ...config, persist: { path: "./state", key: "k" } } });
    expect(await own.getToken()).toEqual(first);
    const absolute = catalog.resolve({
      type: "oauth2",
      config: { ...config, persist: { path: join(at, "state"), key: "k" } },
    });
    expect(await absolute.getToken()).toEqual(first);
    expect(idp.seen).toHaveLength(1);
    await catalog.close();
  });

  test("a document of which no provider persists is not looked into", async () => {
    const at = await folder({ "pipeline.yaml": documentOf("t") });
    expect((await AuthCatalog.load(join(at, "pipeline.yaml"))).names).toEqual(["a"]);
  });
});
