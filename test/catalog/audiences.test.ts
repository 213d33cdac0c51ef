/** D9 and G4: `{ ref, for }`, of a connector and of an entry; and one grant that is configured twice. */

import { describe, expect, test } from "vitest";
import { AuthCatalog, type AuthProvider, type AuthSpec, Credential, MemoryTokenStore } from "../../src/index.js";
import { faultsOf } from "../support/catalogs.js";
import { errorOf } from "../support/errors.js";
import { json, startIdp } from "../support/idp.js";

const config = {
  token_url: "https://idp.example/token",
  client_id: "reports",
  client_secret: "cl1ent-s3cr3t",
  refresh_token: "r3fr3sh-t0k3n",
};
const ms = { type: "oauth2_refresh", config };
const login = { type: "token_endpoint", config: { url: "https://idp.example/login", token_path: "$.token" } };
const fixed = { type: "static", config: { token: "t" } };
const mail = { scopes: ["Mail.Read", "User.Read"] };
const block = (entries: object) => AuthCatalog.fromConfig(entries as Record<string, AuthSpec>);

describe("D9 a connector's { ref, for }", () => {
  test("D9 is what for() of that provider gives, the same object to all connectors", () => {
    const catalog = block({ ms });
    const audience = { scopes: ["a"], params: { resource: "r" } };
    const provider = catalog.resolve({ ref: "ms", for: audience });
    expect(provider).toBe(catalog.get("ms").for?.(audience));
    expect(provider).toBe(catalog.resolve({ for: { params: { resource: ["r"] }, scopes: "a" }, ref: "ms" }));
    expect(provider).not.toBe(catalog.get("ms"));
    expect(provider.status()).toMatchObject({ name: "ms (a, resource=r)", state: "empty" });
    for (const none of [null, undefined])
      expect(catalog.resolve({ ref: "ms", for: none as null })).toBe(catalog.get("ms"));
  });

  test("G4 any other key beside ref is a fault, and so is a name that is none", async () => {
    const catalog = block({ ms });
    expect(await faultsOf(() => catalog.resolve({ ref: "ms", for: mail, type: "static", fro: 1 } as never))).toEqual({
      type: expect.stringContaining("cannot stand beside ref"),
      fro: expect.stringContaining("cannot stand beside ref"),
    });
    expect(await faultsOf(() => catalog.resolve({ ref: "sm", for: mail }))).toEqual({
      ref: 'there is no provider "sm"; the catalog has ms',
    });
    expect(await faultsOf(() => catalog.resolve({ ref: 5, for: mail } as never))).toEqual({
      ref: "must be the name of a provider",
    });
    expect(await faultsOf(() => catalog.resolve({ ...ms, for: mail } as never))).toEqual({
      for: expect.stringContaining("beside ref only"),
    });
  });

  test.each([[5], ["a b"], [["a"]], [true]])("D9 for: %j is a fault", async (nonsense) => {
    expect(await faultsOf(() => block({ ms }).resolve({ ref: "ms", for: nonsense } as never))).toEqual({
      for: expect.stringContaining("must be a mapping"),
    });
  });

  test("D9 what cannot be asked is a fault with its path", async () => {
    const wrong = { scopes: 5, params: { grant_type: "password" }, resource: "r" };
    expect(Object.keys(await faultsOf(() => block({ ms }).resolve({ ref: "ms", for: wrong } as never)))).toEqual([
      "for.scopes",
      "for.resource",
      "for.params.grant_type",
    ]);
  });

  test.each([
    ["static", fixed],
    ["token_endpoint", login],
  ])("D9 a provider of type %s has no audiences", async (type, entry) => {
    expect(await faultsOf(() => block({ a: entry }).resolve({ ref: "a", for: mail }))).toEqual({
      for: expect.stringMatching(new RegExp(`^a is of type ${type}, .*OAuth 2`)),
    });
  });

  test("D9 ends with the catalog", async () => {
    const catalog = block({ ms });
    const provider = catalog.resolve({ ref: "ms", for: mail });
    await catalog.close();
    expect(await errorOf(() => provider.getToken())).toMatchObject({ code: "closed" });
    expect(await errorOf(() => catalog.resolve({ ref: "ms", for: mail }))).toMatchObject({ code: "closed" });
  });
});

describe("D9 an entry { ref, for }", () => {
  test.each([
    [
      "after what they refer to",
      { ms, graph: { ref: "ms", for: mail }, both: { ref: "graph", for: { params: { a: 1 } } } },
    ],
    ["before it", { both: { ref: "graph", for: { params: { a: 1 } } }, graph: { ref: "ms", for: mail }, ms }],
    ["in any order", { graph: { for: mail, ref: "ms" }, ms, both: { for: { params: { a: 1 } }, ref: "graph" } }],
  ])("D9 that stand %s are audiences of its grant, each by its own name", (_order, entries) => {
    const catalog = block(entries);
    expect(catalog.names).toEqual(Object.keys(entries));
    const [root, graph, both] = ["ms", "graph", "both"].map((name) => catalog.get(name));
    expect([root, graph, both].map((provider) => provider?.name)).toEqual(["ms", "graph", "both"]);
    expect(graph).toBe(root?.for?.(mail));
    expect(both).toBe(root?.for?.({ ...mail, params: { a: "1" } }));
    expect(catalog.resolve({ ref: "ms", for: mail })).toBe(graph);
    expect(
      root
        ?.status()
        .audiences?.map(({ name }) => name)
        .sort(),
    ).toEqual(["both", "graph"]);
    expect(JSON.parse(JSON.stringify(catalog))).toEqual({
      ms: "oauth2_refresh",
      graph: "oauth2_refresh",
      both: "oauth2_refresh",
    });
  });

  test("G4 without for: it is another name for the same object; two of one audience are one, by the first name", () => {
    const catalog = block({ also: { ref: "ms" }, ms, one: { ref: "ms", for: mail }, two: { ref: "also", for: mail } });
    expect(catalog.get("also")).toBe(catalog.get("ms"));
    expect(catalog.get("two")).toBe(catalog.get("one"));
    expect(catalog.get("two").name).toBe("one");
  });

  test("D9 a circle is a fault that names it", async () => {
    expect(
      await faultsOf(() => block({ a: { ref: "b", for: mail }, b: { ref: "c" }, c: { ref: "a", for: {} } })),
    ).toEqual({
      "auth.c.ref": expect.stringMatching(/^a → b → c → a refer to each other/),
    });
    expect(await faultsOf(() => block({ ms, a: { ref: "a", for: mail } }))).toEqual({
      "auth.a.ref": "a refers to itself",
    });
  });

  test("G4 every fault is told at once, with its path; that of what is referred to, once", async () => {
    const entries = {
      ms,
      fixed,
      broken: { type: "oauth2", config: {} },
      unknown: { ref: "sm", for: mail },
      beside: { ref: "ms", config: {} },
      ofBroken: { ref: "broken", for: mail },
      ofFixed: { ref: "fixed", for: mail },
      wrong: { ref: "ms", for: { params: { client_id: "x" } } },
    };
    const faults = await faultsOf(() => block(entries));
    expect(Object.keys(faults).filter((path) => !path.startsWith("auth.broken."))).toEqual([
      "auth.unknown.ref",
      "auth.beside.config",
      "auth.ofFixed.for",
      "auth.wrong.for.params.client_id",
    ]);
    expect(faults["auth.broken.config.client_id"]).toContain("is required");
  });

  test("D9 G2 what is asked of a provider that has a fault is judged beside that", async () => {
    const entries = {
      ms: { type: "static" },
      mail: { ref: "ms", for: { scope: "x" } },
      other: { ref: "ms", for: mail },
    };
    expect(Object.keys(await faultsOf(() => block(entries)))).toEqual(["auth.ms.config", "auth.mail.for.scope"]);
  });

  test("D9 from YAML: scalars are read as for a provider's own keys, and interpolated", async () => {
    const idp = await startIdp();
    const catalog = await AuthCatalog.fromYaml(`
vars: { resource: "https://vault.example", name: 365 }
auth:
  vault:
    ref: "\${vars.name}"
    for:
      scopes: ["\${vars.name}", on, 2.0]
      params: { resource: "\${vars.resource}", tenant: 00123, big: 12345678901234567890, flag: true }
  "365":
    type: oauth2
    config: { token_url: "${idp.tokenUrl}", client_id: c, client_secret: s }
`);
    const vault = catalog.get("vault");
    await vault.getToken();
    expect(idp.seen[0]?.form).toMatchObject({
      scope: "365 on 2.0",
      resource: "https://vault.example",
      tenant: "00123",
      big: "12345678901234567890",
      flag: "true",
    });
    expect(vault).toBe(
      catalog.get("365").for?.({
        scopes: "on 2.0 365",
        params: { resource: "https://vault.example", tenant: "00123", big: "12345678901234567890", flag: true },
      }),
    );
    await catalog.close();
  });

  test("D9 one grant over all entries: each redemption presents the refresh token of the one before", async () => {
    const idp = await startIdp((_request, response, n) =>
      json(response, { access_token: `token-${n}`, refresh_token: `r${n}`, expires_in: 3600 }),
    );
    const catalog = block({
      graph: { ref: "ms", for: mail },
      ms: { ...ms, config: { ...config, token_url: idp.tokenUrl } },
      vault: { ref: "ms", for: { params: { resource: "vault" } } },
    });
    await Promise.all(catalog.names.map((name) => catalog.get(name).getToken()));
    expect(idp.seen.map(({ form }) => form.refresh_token)).toEqual(["r3fr3sh-t0k3n", "r1", "r2"]);
    await catalog.get("graph").close();
    expect(await catalog.get("vault").getToken()).toMatchObject({ type: "bearer" });
    await catalog.close();
  });

  test("D9 a user's own type may have audiences too", async () => {
    const asked: unknown[] = [];
    class Own implements AuthProvider {
      readonly type = "own";
      readonly name: string = "own";
      for(audience: unknown): AuthProvider {
        asked.push(audience);
        if (this.name === "own") return new Part();
        throw new Error("gives no other");
      }
      async getToken(): Promise<Credential> {
        return Credential.bearer(this.name);
      }
      invalidate = this.getToken;
    }
    class Part extends Own {
      override readonly name = "part";
    }
    const types = { own: () => new Own() };
    const catalog = AuthCatalog.fromConfig({ a: { type: "own" }, b: { ref: "a", for: mail } }, { types });
    expect(catalog.get("b").status()).toMatchObject({ name: "part", state: "empty" });
    expect(await catalog.get("b").getToken()).toEqual(Credential.bearer("part"));
    expect(asked).toEqual([mail]);
    const entries = { own: { type: "own" }, part: { ref: "own", for: mail }, third: { ref: "part", for: {} } };
    expect(await faultsOf(() => AuthCatalog.fromConfig(entries, { types }))).toEqual({
      "auth.third": "cannot be built: gives no other",
    });
  });

  test("K4 D9 a configuration that names an entry may name an audience of it", () => {
    const resolved: (AuthProvider | undefined)[] = [];
    const own = (_config: unknown, runtime: { resolve?: (reference: never) => AuthProvider }): AuthProvider => {
      resolved.push(runtime.resolve?.({ ref: "ms", for: mail } as never));
      const getToken = async (): Promise<Credential> => Credential.bearer("t");
      return { type: "own", name: "own", getToken, invalidate: getToken };
    };
    const catalog = AuthCatalog.fromConfig({ own: { type: "own" }, ms }, { types: { own: own as never } });
    expect(resolved).toEqual([catalog.resolve({ ref: "ms", for: mail })]);
  });
});

describe("D9 one refresh token that two entries configure", () => {
  const scoped = (changes: object) => ({ ...ms, config: { ...config, ...changes } });
  const names = (faults: Record<string, string>) => Object.keys(faults);

  test.each([
    ["without a store", ms, scoped({ scopes: "a" })],
    [
      "with the same store",
      scoped({ persist: { path: "state" } }),
      scoped({ persist: { path: "state" }, scopes: "a" }),
    ],
    ["with another store", scoped({ persist: { path: "one" } }), scoped({ persist: { path: "two" } })],
    ["that differ in nothing", ms, ms],
    ["that write the endpoint in another way", ms, scoped({ token_url: "HTTPS://IDP.example:443/token?tenant=a" })],
    ["that authenticate in another way", ms, scoped({ token_endpoint_auth_method: "client_secret_basic" })],
  ])("D9 %s is a fault that names the way out", async (_how, first, second) => {
    const faults = await faultsOf(() => block({ graph: first, fixed, vault: second }));
    expect(names(faults)).toEqual(["auth.vault.config.refresh_token"]);
    const [message = ""] = Object.values(faults);
    expect(message).toContain("auth.graph too");
    expect(message).toContain("write auth.vault as { ref: graph, for: {");
    expect(message).not.toMatch(/r3fr3sh|cl1ent/);
  });

  test("D9 so it is with a store that all have in common, and for the third", async () => {
    const runtime = { store: new MemoryTokenStore() };
    expect(names(await faultsOf(() => AuthCatalog.fromConfig({ a: ms, b: ms, c: ms }, runtime)))).toEqual([
      "auth.b.config.refresh_token",
      "auth.c.config.refresh_token",
    ]);
  });

  test("D9 of a flow, what rotates is named", async () => {
    const url = "https://api.example/login";
    const step = { request: { method: "POST", url, form: { rt: "${rt}" } }, capture: { rt: "$.rt", t: "$.t" } };
    const apply = [{ into: "header", name: "x", value: "${t}" }];
    const flow = { type: "flow", config: { rotates: { rt: "r3fr3sh-t0k3n" }, steps: [step], apply } };
    const faults = await faultsOf(() => block({ a: flow, b: flow }));
    expect(names(faults)).toEqual(["auth.b.config.rotates"]);
    expect(Object.values(faults)[0]).not.toContain("r3fr3sh");
  });

  test("D9 G2 it is told beside the other faults", async () => {
    expect(names(await faultsOf(() => block({ a: ms, b: ms, c: { type: "static" } })))).toEqual([
      "auth.c.config",
      "auth.b.config.refresh_token",
    ]);
  });

  test("D9 another client, endpoint or refresh token is another grant; references are none of their own", () => {
    const { refresh_token: _, ...client } = config;
    const catalog = block({
      ms,
      client: scoped({ client_id: "another" }),
      endpoint: scoped({ token_url: "https://idp.example/other" }),
      consent: scoped({ refresh_token: "another" }),
      one: { type: "oauth2", config: client },
      two: { type: "oauth2", config: client },
      alias: { ref: "ms" },
      graph: { ref: "ms", for: mail },
    });
    expect(catalog.names).toHaveLength(8);
    // A connector's own is the connector's affair: a warning tells of it once both have presented the token.
    expect(catalog.resolve(ms)).not.toBe(catalog.get("ms"));
  });
});
