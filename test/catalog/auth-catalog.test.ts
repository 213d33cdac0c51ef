import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AuthCatalog, AuthError, ConfigError, Credential, fromConfig, type Runtime } from "../../src/index.js";
import { faultsOf, folder, tokenOf } from "../support/catalogs.js";
import { errorOf } from "../support/errors.js";
import { startIdp } from "../support/idp.js";

const PIPELINE = `
auth:
  sf:
    type: oauth2_refresh
    config:
      token_url: https://acct.example/oauth/token-request
      client_id: \${secret:SF_CLIENT_ID}
      client_secret: \${secret:SF_CLIENT_SECRET}
      refresh_token: \${secret:SF_REFRESH_TOKEN}
pipeline:
  sources:
    sf_table:
      kind: snowflake
      config:
        account: \${vars.account}
        auth: { ref: sf }
`;

beforeEach(() => {
  vi.stubEnv("SF_CLIENT_ID", "id");
  vi.stubEnv("SF_CLIENT_SECRET", "s3cr3t");
  vi.stubEnv("SF_REFRESH_TOKEN", "r3fr3sh");
});

afterEach(() => vi.unstubAllEnvs());

describe("G4 references", () => {
  const block = { sf: { type: "static", config: { token: "t" } }, other: { type: "static", config: { token: "u" } } };

  test("G4 every reference gets the same object", async () => {
    const catalog = AuthCatalog.fromConfig(block);
    expect(catalog.resolve({ ref: "sf" })).toBe(catalog.resolve({ ref: "sf" }));
    expect(catalog.resolve({ ref: "sf" })).toBe(catalog.get("sf"));
    expect(catalog.get("sf")).not.toBe(catalog.get("other"));
    expect(catalog.names).toEqual(["sf", "other"]);
    expect(catalog.get("sf").name).toBe("sf");
  });

  test("G4 connectors that share a provider share its token request", async () => {
    const idp = await startIdp();
    const config = { token_url: idp.tokenUrl, client_id: "id", client_secret: "s3cr3t" };
    const catalog = AuthCatalog.fromConfig({ idp: { type: "oauth2", config } });
    await Promise.all(Array.from({ length: 50 }, () => catalog.resolve({ ref: "idp" }).getToken()));
    expect(idp.seen).toHaveLength(1);
  });

  test("G4 { type, config } is a private provider each time", () => {
    const catalog = AuthCatalog.fromConfig(block);
    const spec = { type: "static", config: { token: "t" } };
    expect(catalog.resolve(spec)).not.toBe(catalog.resolve(spec));
    expect(catalog.resolve(spec).name).toBe("static");
  });

  test("G4 ref beside any other key, an unknown name, and nonsense are errors", async () => {
    const catalog = AuthCatalog.fromConfig(block);
    expect(await faultsOf(() => catalog.resolve({ ref: "sf", type: "static", config: {} } as never))).toEqual({
      type: expect.stringContaining("cannot stand beside ref"),
      config: expect.stringContaining("cannot stand beside ref"),
    });
    expect(await faultsOf(() => catalog.resolve({ ref: "fs" }))).toEqual({
      ref: 'there is no provider "fs"; the catalog has sf, other',
    });
    expect(await faultsOf(() => catalog.get("constructor"))).toEqual({
      ref: expect.stringContaining("there is no provider"),
    });
    expect(await faultsOf(() => AuthCatalog.fromConfig(null).get("x"))).toEqual({
      ref: expect.stringContaining("the catalog is empty"),
    });
    expect(await faultsOf(() => catalog.resolve({ ref: 5 } as never))).toEqual({
      ref: "must be the name of a provider",
    });
    for (const nonsense of [null, undefined, "sf", {}]) await faultsOf(() => catalog.resolve(nonsense as never));
  });
});

describe("all faults at once", () => {
  test("G2 each under its provider's name", async () => {
    expect(
      await faultsOf(() =>
        AuthCatalog.fromConfig({
          a: { type: "oauth2", config: { token_url: "nope", client_id: "x", client_secret: "s3cr3t" } },
          b: { type: "magic" },
          c: null as never,
          fine: { type: "static", config: { token: "t" } },
        }),
      ),
    ).toEqual({
      "auth.a.config.token_url": expect.stringContaining("must be an absolute URL"),
      "auth.b.type": expect.stringContaining("unknown type"),
      "auth.c": "must be a mapping with type and config",
    });
    expect(await faultsOf(() => AuthCatalog.fromConfig([] as never))).toEqual({
      auth: expect.stringContaining("mapping"),
    });
  });

  test("what a user's own type throws is a fault of its provider, without its secrets", async () => {
    const types = {
      mine: ({ key }: { key: string }) => {
        throw new Error(`bad key ${key}`);
      },
      theirs: () => {
        throw new ConfigError("theirs", [{ path: "key", message: "is odd" }]);
      },
    } as never;
    const spec = { config: { key: "s3cr3t" } };
    expect(
      await faultsOf(() => AuthCatalog.fromConfig({ m: { type: "mine", ...spec }, t: { type: "theirs" } }, { types })),
    ).toEqual({
      "auth.m": "cannot be built: bad key ***",
      "auth.t.config.key": "is odd",
    });
  });

  test.each([
    ["an error, though a text beside it is short", new TypeError("no such port"), "no such port"],
    [
      "an error that quotes a short text",
      new TypeError("bad key: ab!"),
      "its type threw TypeError, whose message quotes its configuration",
    ],
    ["an error without a message", new RangeError(""), "its type threw RangeError, without a message"],
    ["a text", "s3cr3t", "its type threw what is no Error, without a message"],
    ["nothing", undefined, "its type threw what is no Error, without a message"],
  ])("S1 what a user's own type throws says what it may: %s", async (_what, thrown, reason) => {
    const types = {
      mine: () => {
        throw thrown;
      },
    };
    const faults = await faultsOf(() =>
      AuthCatalog.fromConfig({ m: { type: "mine", config: { key: "ab" } } }, { types }),
    );
    expect(faults).toEqual({ "auth.m": `cannot be built: ${reason}` });
  });

  test("G2 an entry without a name is told where it stands, beside the others' faults", async () => {
    const yaml = "auth:\n  a: { type: none }\n  '': { ref: a }\n  b: { type: static, config: { token: t, '': x } }\n";
    const error = await errorOf(() => AuthCatalog.fromYaml(yaml));
    expect((error as unknown as ConfigError).issues).toEqual([
      { path: 'auth.""', message: "a provider needs a name", line: 3, column: 3 },
      expect.objectContaining({ path: 'auth.b.config.""', line: 4 }),
    ]);
  });

  test("a runtime for all, or one for each by name", () => {
    const types = {
      mine: (_config: unknown, { name }: Runtime) => fromConfig({ type: "static", config: { token: name } }),
    };
    const catalog = AuthCatalog.fromConfig(
      { a: { type: "mine" }, b: { type: "static", config: { token: "t" } } },
      (name) => (name === "a" ? { types } : {}),
    );
    expect(catalog.names).toEqual(["a", "b"]);
    expect(AuthCatalog.fromConfig({ a: { type: "mine" } }, { types }).names).toEqual(["a"]);
  });
});

describe("the pipeline document", () => {
  test("auth: is read and interpolated, the rest is not looked at", async () => {
    const catalog = await AuthCatalog.fromYaml(PIPELINE);
    expect(catalog.get("sf").type).toBe("oauth2_refresh");
    expect(inspect(catalog, { depth: null, showHidden: true })).not.toMatch(/s3cr3t|r3fr3sh/);
  });

  test("load reads a file; one that is not there is a ConfigError", async () => {
    const path = await folder({ "pipeline.yaml": PIPELINE });
    expect((await AuthCatalog.load(join(path, "pipeline.yaml"))).names).toEqual(["sf"]);
    expect(Object.values(await faultsOf(() => AuthCatalog.load(join(path, "none.yaml"))))).toEqual([
      expect.stringContaining("(ENOENT)"),
    ]);
  });

  test("load takes a file: URL; what names no file is a ConfigError", async () => {
    const path = await folder({ "a b.yaml": PIPELINE, token: "t" });
    expect((await AuthCatalog.load(pathToFileURL(join(path, "a b.yaml")))).names).toEqual(["sf"]);
    for (const given of [
      new URL("https://idp.example/x.yaml"),
      new URL("file://host/x"),
      Buffer.from("x"),
      undefined,
      "",
      5,
    ]) {
      expect(await faultsOf(() => AuthCatalog.load(given as never))).toEqual({
        "": "the document must be given as the path of a file, or its file: URL",
      });
    }
  });

  test.each([[""], ["# nothing"], ["pipeline: {}"], ["auth:"], ["auth: {}"]])(
    "%j is an empty catalog",
    async (text) => {
      expect((await AuthCatalog.fromYaml(text)).names).toEqual([]);
    },
  );

  test("anchors, aliases and merge keys work", async () => {
    const catalog = await AuthCatalog.fromYaml(
      "defaults: &d { client_secret: s3cr3t }\nauth:\n  a: { type: oauth2, config: { <<: *d, client_id: x, token_url: https://idp.example } }",
    );
    expect(catalog.names).toEqual(["a"]);
  });

  test.each([
    ["a: [1", /^line 1, column \d+: /],
    ["auth:\n  a: 1\n  a: 2", /^line 3, column 3: a key is given twice/],
    ["a: 1\n---\nb: 2", /second document/],
    ["auth: { a: { type: static, config: { token: !vault s3cr3t } } }", /a tag that is not known here/],
    ["auth: { a: *nowhere }", /alias|line 1/],
    ["auth: &a { x: { type: static, config: *a } }", /has an alias that cannot be followed/],
    ["vars: &v { x: *v }", /has an alias that cannot be followed/],
    ["d: &d { token: !vault s3cr3t }\nauth: { a: { type: static, config: *d } }", /a tag that is not known here/],
    ["- a list", /must be a mapping/],
    ["just s3cr3t text", /must be a mapping/],
  ])("S2 %j is a ConfigError that does not quote it", async (text, reason) => {
    const error = await errorOf(() => AuthCatalog.fromYaml(text));
    expect(error).toMatchObject({
      name: "ConfigError",
      issues: [expect.objectContaining({ message: expect.stringMatching(reason) })],
    });
    expect(inspect(error, { depth: null })).not.toContain("s3cr3t");
  });

  test("unknown tags outside auth: and vars: are not ours to judge", async () => {
    expect((await AuthCatalog.fromYaml("pipeline: !custom x\nauth: {}")).names).toEqual([]);
  });
});

describe("interpolation", () => {
  test("the environment, under two names", async () => {
    expect(await tokenOf("'${secret:SF_CLIENT_SECRET}'")).toBe("s3cr3t");
    expect(await tokenOf("a-${env:SF_CLIENT_ID}-${env:SF_CLIENT_ID}-b")).toBe("a-id-id-b");
  });

  test("a secret can never become YAML", async () => {
    vi.stubEnv("TRICKY", "x, header: y } # '\"&*!|>");
    expect(await tokenOf("${env:TRICKY}")).toBe("x, header: y } # '\"&*!|>");
  });

  test("a resolved value is not interpolated again", async () => {
    vi.stubEnv("NESTED", "${env:SF_CLIENT_SECRET}");
    expect(await tokenOf("${env:NESTED}")).toBe("${env:SF_CLIENT_SECRET}");
    expect(await tokenOf("${vars.x}", "vars: { x: '${env:NESTED}' }")).toBe("${env:SF_CLIENT_SECRET}");
  });

  test.each([
    ["$${env:X}", "${env:X}"],
    ["a$${b", "a${b"],
    ["cash $5 $$ {}", "cash $5 $$ {}"],
    ["$$${env:SF_CLIENT_ID}", "$${env:SF_CLIENT_ID}"],
  ])("%j is the literal %j", async (scalar, expected) => {
    expect(await tokenOf(JSON.stringify(scalar))).toBe(expected);
  });

  test("files: trailing white space goes, relative paths start at the document's folder", async () => {
    const path = await folder({
      "token.txt": "  t0k3n \n\r\n",
      "pipeline.yaml": "auth: { a: { type: static, config: { header: X, value: 'v${file:token.txt}' } } }",
    });
    const catalog = await AuthCatalog.load(join(path, "pipeline.yaml"));
    expect(await catalog.get("a").getToken()).toEqual(Credential.header("X", "v  t0k3n"));
    expect(await tokenOf(`"x\${file:${join(path, "token.txt")}}"`)).toBe("x  t0k3n");
  });

  test("files: ~ is the home directory, and what cannot be read is told with its whole path", async () => {
    const path = await folder({ "token.txt": "t0k3n" });
    vi.stubEnv("HOME", path);
    expect(await tokenOf("${file:~/token.txt}")).toBe("t0k3n");
    expect(await faultsOf(() => tokenOf("${file:~/none}"))).toEqual({
      "auth.a.config.token": expect.stringContaining(`the file ${join(path, "none")} cannot be read (ENOENT)`),
    });
    expect(await faultsOf(() => tokenOf("${file:none}"))).toEqual({
      "auth.a.config.token": expect.stringContaining(`the file ${join(process.cwd(), "none")} cannot be read (ENOENT)`),
    });
    expect(await faultsOf(() => tokenOf("${file:~somebody/key}"))).toEqual({
      "auth.a.config.token": expect.stringContaining("its path names the home of another user"),
    });
  });

  test("files: one that is missing, a folder, and one over 1 MiB are faults", async () => {
    const path = await folder({ big: Buffer.alloc(1024 * 1024 + 1, "x"), fits: Buffer.alloc(1024 * 1024, "x") });
    expect((await tokenOf(`"\${file:${join(path, "fits")}}"`)).length).toBe(1024 * 1024);
    for (const [name, reason] of [
      ["big", /larger than 1048576 bytes/],
      ["none", /ENOENT/],
      [".", /EISDIR/],
    ] as const) {
      expect(await faultsOf(() => tokenOf(`"\${file:${join(path, name)}}"`))).toEqual({
        "auth.a.config.token": expect.stringMatching(reason),
      });
    }
  });

  test("vars are text, keep their type as a whole value, and may use each other", async () => {
    expect(
      await tokenOf(
        "${vars.a}/${vars.n}/${vars.deep.x}",
        "vars: { a: 'a-${vars.b}', b: '${env:SF_CLIENT_ID}', n: 5, deep: { x: y } }",
      ),
    ).toBe("a-id/5/y");
    const typed =
      "vars: { ratio: 0.5, extra: { audience: 'x-${env:SF_CLIENT_ID}' } }\nauth: { a: { type: oauth2, config: { token_url: 'https://idp.example', client_id: c, client_secret: s, expiry_ratio: '${vars.ratio}', params: '${vars.extra}' } } }";
    expect(JSON.parse(JSON.stringify((await AuthCatalog.fromYaml(typed)).get("a")))).toMatchObject({
      expiry_ratio: 0.5,
    });
    expect(
      Object.keys(await faultsOf(() => AuthCatalog.fromYaml(typed.replace("vars.ratio", "env:SF_CLIENT_ID")))),
    ).toEqual(["auth.a.config.expiry_ratio"]);
  });

  test("resolvers add schemes, async ones too, asked once for each reference, and may replace secret", async () => {
    const asked: string[] = [];
    const resolvers = {
      vault: async (reference: string) => {
        asked.push(reference);
        return `vault(${reference})`;
      },
      secret: (reference: string) => `kms-${reference}`,
    };
    expect(await tokenOf("${vault:kv/a#b}${vault:kv/a#b}${secret:S}", "", { resolvers })).toBe(
      "vault(kv/a#b)vault(kv/a#b)kms-S",
    );
    expect(asked).toEqual(["kv/a#b"]);
  });

  test("G2 what cannot be resolved is told whole: provider, key and name", async () => {
    const yaml = `
vars: { broken: "\${env:NOT_THERE}", x: "\${vars.y}", y: "\${vars.x}", list: [1] }
auth:
  a: { type: static, config: { token: "\${secret:NOT_SET}" } }
  b: { type: oauth2, config: { client_id: "\${nope:X}", client_secret: "\${SF}", token_url: "\${env:SF" } }
  c: { type: static, config: { header: "\${vars.missing}", value: "\${vars.broken}" } }
  d: { type: static, config: { username: "\${vars.x}", password: "a \${vars.list}" } }
  e: { type: oauth2, config: { scopes: ["\${vault:a}"] } }
`;
    const resolvers = { vault: () => Promise.reject(new AuthError("sealed")) };
    expect(await faultsOf(() => AuthCatalog.fromYaml(yaml, { resolvers }))).toEqual({
      "auth.a.config.token": "${secret:NOT_SET} cannot be resolved: the environment variable NOT_SET is not set",
      "auth.b.config.client_id": expect.stringMatching(
        /^\$\{nope:X\} is not known; known are \$\{secret:…\}, .*\$\{vault:…\}/,
      ),
      "auth.b.config.client_secret": expect.stringContaining("${SF} is not known"),
      "auth.b.config.token_url": expect.stringContaining("without a }"),
      "auth.c.config.header": "${vars.missing} is not defined under vars:",
      "auth.c.config.value":
        "vars.broken: ${env:NOT_THERE} cannot be resolved: the environment variable NOT_THERE is not set",
      "auth.d.config.username": expect.stringContaining("vars.x → vars.y → vars.x refer to each other"),
      "auth.d.config.password": "${vars.list} is no scalar and cannot be part of a text",
      "auth.e.config.scopes[0]": "${vault:a} cannot be resolved: sealed",
    });
  });

  test("G2 every fault of one scalar, and those of a provider beside, come together", async () => {
    const yaml = `
vars: { p: { x: "\${env:NOPE3}", y: "\${env:NOPE4}" } }
auth:
  a: { type: oauth2, config: { client_id: "\${env:NOPE1}\${env:NOPE2}", params: "\${vars.p}" } }
  b: { type: oauth2, config: { token_url: nope, client_id: b, client_secret: s } }
`;
    const error = await errorOf(() => AuthCatalog.fromYaml(yaml));
    const told = (error.issues as { path: string; message: string }[]).map(({ path, message }) => `${path} ${message}`);
    expect(told).toEqual([
      expect.stringMatching(/^auth.a.config.client_id .*NOPE1/),
      expect.stringMatching(/^auth.a.config.client_id .*NOPE2/),
      expect.stringMatching(/^auth.a.config.params vars.p.x: .*NOPE3/),
      expect.stringMatching(/^auth.a.config.params vars.p.y: .*NOPE4/),
      expect.stringMatching(/^auth.b.config.token_url /),
    ]);
  });

  test.each([["${vars.list.length}"], ["${vars.toString}"], ["${env:toString}"]])("%s is not there", async (scalar) => {
    expect(Object.values(await faultsOf(() => tokenOf(scalar, "vars: { list: [1, 2] }")))).toEqual([
      expect.stringMatching(/not defined under vars|is not set/),
    ]);
  });

  test("a variable that no provider uses is not resolved", async () => {
    expect(await tokenOf("t", "vars: { other: '${env:NOT_THERE}' }")).toBe("t");
  });

  test("fromConfig interpolates nothing", async () => {
    const catalog = AuthCatalog.fromConfig({ a: { type: "static", config: { token: "${env:SF_CLIENT_ID}" } } });
    expect(await catalog.get("a").getToken()).toEqual(Credential.bearer("${env:SF_CLIENT_ID}"));
  });

  test("C11 keys that are spelt like a prototype's are only keys", async () => {
    const yaml =
      "auth: { __proto__: { type: static, config: { token: t } }, a: { type: static, config: { token: t, __proto__: { x: 1 } } } }";
    expect(Object.keys(await faultsOf(() => AuthCatalog.fromYaml(yaml)))).toEqual(["auth.a.config.__proto__"]);
    expect(({} as Record<string, unknown>).type).toBeUndefined();
  });
});
