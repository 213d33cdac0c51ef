import { inspect } from "node:util";
import { queryObjects } from "node:v8";
import { describe, expect, expectTypeOf, test, vi } from "vitest";
import {
  AuthCatalog,
  type AuthProvider,
  type AuthSpec,
  type CatalogProvider,
  Credential,
  type ProviderStatus,
} from "../../src/index.js";
import { documentOf, faultsOf } from "../support/catalogs.js";
import { errorOf } from "../support/errors.js";

const block = { sf: { type: "static", config: { token: "t" } } };

describe("G7 the auth: of the crate's connectors", () => {
  const catalog = AuthCatalog.fromConfig(block);

  test.each([
    ["bearer", { token: "t" }, Credential.bearer("t")],
    ["basic", { username: "u", password: "p" }, Credential.basic("u", "p")],
    ["api_key", { header: "X-Api-Key", value: "k" }, Credential.header("X-Api-Key", "k")],
    ["custom", { headers: { "X-Tenant-Key": "k" } }, Credential.header("X-Tenant-Key", "k")],
    ["custom", { headers: { "X-Tenant-Key": "k", other: null } }, Credential.header("X-Tenant-Key", "k")],
  ])("G7 %s is a fixed credential", async (type, config, credential) => {
    const provider = catalog.resolve({ type, config });
    expect(await provider.getToken()).toEqual(credential);
    expect(provider.type).toBe("static");
  });

  test("G7 none is no provider", () => {
    expect(catalog.resolve({ type: "none" })).toBeUndefined();
    expect(catalog.resolve({ type: "none", config: {} } as AuthSpec)).toBeUndefined();
  });

  test.each([
    ["bearer", { tokn: "t" }, { "config.tokn": 'unknown key; did you mean "token"?' }],
    ["bearer", { header: "X", value: "s3cr3t" }, { "config.header": /unknown key/, "config.value": /unknown key/ }],
    ["bearer", {}, { config: /exactly one of token/ }],
    ["bearer", undefined, { config: /must be a mapping with token/ }],
    ["basic", { username: "u" }, { "config.password": /is required/ }],
    ["api_key", { header: "X Y", value: "k" }, { "config.header": /not the name of a header/ }],
    ["custom", { headers: {} }, { "config.headers": /one header/ }],
    ["custom", { headers: { A: "1", B: "2" } }, { "config.headers": /one header/ }],
    ["custom", { headers: "s3cr3t" }, { "config.headers": /one header/ }],
    ["api_key_query", { param: "p", value: "s3cr3t" }, { type: /unknown type/ }],
  ])("G2 %s with %j is a fault that names the key", async (type, config, faults) => {
    const error = await errorOf(() => catalog.resolve({ type, config }));
    expect(error).toMatchObject({ name: "ConfigError" });
    const found = await faultsOf(() => catalog.resolve({ type, config }));
    expect(Object.keys(found)).toEqual(Object.keys(faults));
    for (const [path, message] of Object.entries(faults)) expect(found[path]).toMatch(message);
    expect(inspect(error)).not.toContain("s3cr3t");
  });

  test("they are names for connectors, and no types of the catalog; a user's own type goes first", async () => {
    const spec = { type: "bearer", config: { token: "t" } };
    expect(await faultsOf(() => AuthCatalog.fromConfig({ a: spec }))).toEqual({
      "auth.a.type": expect.stringContaining("unknown type"),
    });
    const own: AuthProvider = {
      type: "bearer",
      name: "own",
      getToken: async () => Credential.token("own"),
      invalidate: async () => Credential.token("own"),
    };
    const types = { bearer: () => own, none: () => own };
    const catalogOfOwn = AuthCatalog.fromConfig({}, { types });
    expect(await catalogOfOwn.resolve(spec).getToken()).toEqual(Credential.token("own"));
    expect(await catalogOfOwn.resolve({ type: "none" } as AuthSpec).getToken()).toEqual(Credential.token("own"));
  });
});

describe("what is no auth block", () => {
  test("a name in place of a reference is told how to refer to it; other text is not repeated", async () => {
    const catalog = AuthCatalog.fromConfig(block);
    expect(await faultsOf(() => catalog.resolve("sf" as never))).toEqual({
      "": expect.stringContaining("{ ref: sf }"),
    });
    const error = await errorOf(() => catalog.resolve("s3cr3t" as never));
    expect(error.message).toContain("{ ref: NAME }");
    expect(error.message).not.toContain("s3cr3t");
  });

  test.each([[null], [undefined], [5], [[]], [{}], [{ ref: null }], [{ ref: "" }], [() => 1]])(
    "%j is a ConfigError",
    async (nonsense) => {
      expect(await errorOf(() => AuthCatalog.fromConfig(block).resolve(nonsense as never))).toMatchObject({
        name: "ConfigError",
      });
    },
  );
});

describe("every method is there", () => {
  /** A user's own type with private fields, and no method beyond the two. */
  class Minimal implements AuthProvider {
    readonly type = "minimal";
    readonly name = "mine";
    readonly #token = "t";
    readonly extra = 5;

    async getToken(): Promise<Credential> {
      return Credential.bearer(this.#token);
    }

    async invalidate(): Promise<Credential> {
      return this.getToken();
    }
  }

  const of = (provider: AuthProvider): AuthCatalog =>
    AuthCatalog.fromConfig({ a: { type: "mine" } }, { types: { mine: () => provider } });

  test("status(), close() and await using, of ours and of a user's own type", async () => {
    for (const catalog of [
      AuthCatalog.fromConfig({ a: block.sf }),
      of(new Minimal()),
      of(Object.freeze(new Minimal())),
    ]) {
      await using provider = catalog.get("a");
      expect(provider.status()).toMatchObject({ name: expect.any(String), inFlight: false });
      expect(await provider.getToken()).toEqual(Credential.bearer("t"));
      expect(await provider.invalidate(Credential.bearer("t"))).toEqual(Credential.bearer("t"));
      expect(catalog.get("a")).toBe(provider);
      await provider.close();
    }
  });

  test("the types say so", () => {
    expectTypeOf<ReturnType<CatalogProvider["status"]>>().toEqualTypeOf<ProviderStatus>();
    expectTypeOf<AuthCatalog["get"]>().returns.toEqualTypeOf<CatalogProvider>();
    expectTypeOf((catalog: AuthCatalog, spec: AuthSpec) =>
      catalog.resolve(spec),
    ).returns.toEqualTypeOf<CatalogProvider>();
    expectTypeOf((catalog: AuthCatalog) => catalog.resolve(JSON.parse("{}"))).returns.toEqualTypeOf<CatalogProvider>();
    expectTypeOf((catalog: AuthCatalog) => catalog.resolve({ type: "none" })).returns.toEqualTypeOf<undefined>();
  });

  test("what a user's own type has beside them stays, and what it has of them is called", async () => {
    const closed: string[] = [];
    class Own extends Minimal {
      readonly #name = "own";
      async [Symbol.asyncDispose](): Promise<void> {
        closed.push(this.#name);
      }
    }
    const own = new Own();
    const provider = of(own).get("a");
    expect(provider).toBeInstanceOf(Own);
    expect(provider).toMatchObject({ type: "minimal", name: "mine", extra: 5 });
    expect(inspect(provider)).toContain("Own");
    await provider.close();
    await provider[Symbol.asyncDispose]();
    expect(closed).toEqual(["own", "own"]);
  });

  test("an object of plain functions, frozen or not, works as it is", async () => {
    const plain: AuthProvider = {
      type: "plain",
      name: "plain",
      getToken: async () => Credential.bearer("p"),
      invalidate: async () => Credential.bearer("p"),
    };
    for (const provider of [plain, Object.freeze({ ...plain })]) {
      const { getToken, status } = of(provider).get("a");
      expect(await getToken()).toEqual(Credential.bearer("p"));
      expect(status()).toMatchObject({ name: "plain", state: "empty", counts: { flights: 0 } });
    }
  });
});

describe("closing", () => {
  test("nothing is handed out after it", async () => {
    const catalog = AuthCatalog.fromConfig(block);
    const provider = catalog.get("sf");
    await catalog.close();
    for (const work of [
      () => catalog.get("sf"),
      () => catalog.get("other"),
      () => catalog.resolve({ ref: "sf" }),
      () => catalog.resolve(block.sf),
      () => catalog.resolve({ type: "none" }),
      () => provider.getToken(),
    ]) {
      expect(await errorOf(work)).toMatchObject({ name: "ClosedError", code: "closed" });
    }
    await catalog.close();
    expect(catalog.names).toEqual(["sf"]);
  });

  test("providers of connectors are closed as long as somebody has them, and leave nothing when they are gone", async () => {
    const catalog = AuthCatalog.fromConfig(block);
    const kept = catalog.resolve(block.sf);
    const references = (): number => queryObjects(WeakRef, { format: "count" });
    const before = references();
    for (let count = 0; count < 1000; count++) catalog.resolve(block.sf);
    expect(references()).toBeGreaterThan(before + 500);
    await vi.waitUntil(() => references() <= before + 10, { timeout: 15_000, interval: 200 });
    await catalog.close();
    expect(await errorOf(() => kept.getToken())).toMatchObject({ name: "ClosedError" });
  });
});

describe("printing", () => {
  const shown = (catalog: unknown): string[] => [
    inspect(catalog),
    inspect(catalog, { showHidden: true, depth: 9 }),
    JSON.stringify(catalog),
  ];

  test("S1 names and types are shown, and no secret", async () => {
    const catalog = await AuthCatalog.fromYaml(documentOf("s3cr3t", ""));
    expect(inspect(catalog)).toBe("AuthCatalog { a: 'static' }");
    expect(JSON.stringify({ catalog })).toBe('{"catalog":{"a":"static"}}');
    expect(shown(catalog).join()).not.toContain("s3cr3t");
  });

  test("S4 what wraps a catalog can be printed", () => {
    const catalog = AuthCatalog.fromConfig(block);
    for (const wrapper of [new Proxy(catalog, {}), Object.create(catalog), { catalog }, [catalog]]) {
      expect(() => shown(wrapper)).not.toThrow();
    }
  });
});

describe("G5 options", () => {
  test.each([
    ["options", { resolver: {} }, { "options.resolver": /did you mean "resolvers"/ }],
    ["options", null, { options: /must be an object/ }],
    ["options", "runtime", { options: /must be an object/ }],
    ["resolvers", { resolvers: { vault: "x" } }, { "options.resolvers.vault": /must be a function/ }],
    ["resolvers", { resolvers: [] }, { "options.resolvers": /must be an object/ }],
    [
      "params",
      { params: { a: 2 ** 60, b: null, c: {}, d: Number.NaN } },
      { "options.params.a": /2⁵³/, "options.params.b": /2⁵³/, "options.params.c": /2⁵³/, "options.params.d": /2⁵³/ },
    ],
    ["params", { params: "a=b" }, { "options.params": /must be an object/ }],
    ["runtime", { runtime: 5 }, { runtime: /must be an object, or a function/ }],
    ["runtime", { runtime: null }, { runtime: /must be an object, or a function/ }],
    ["runtime", { runtime: { clock: 5 } }, { "runtime.clock": /must be a function/ }],
    ["runtime", { runtime: () => ({ clock: 5 }) }, { "runtime.clock": /must be a function/ }],
  ])("G5 wrong %s are faults: %j", async (_kind, options, faults) => {
    const found = await faultsOf(() => AuthCatalog.fromYaml(documentOf("t"), options as never));
    expect(Object.keys(found)).toEqual(Object.keys(faults));
    for (const [path, message] of Object.entries(faults)) expect(found[path]).toMatch(message);
    expect(await errorOf(() => AuthCatalog.load("/not/there", options as never))).toMatchObject({
      name: "ConfigError",
    });
  });

  test("G5 of fromConfig, too; and a document that is no string", async () => {
    expect(await faultsOf(() => AuthCatalog.fromConfig(block, { clock: 5 } as never))).toEqual({
      "runtime.clock": expect.stringContaining("must be a function"),
    });
    expect(await faultsOf(() => AuthCatalog.fromYaml(Buffer.from("auth: {}") as never))).toEqual({
      "": "the document must be a string",
    });
  });
});
