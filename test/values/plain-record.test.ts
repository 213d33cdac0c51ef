/** What is taken for an object of keys and values, and is none. */

import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { azureCredential } from "../../src/adapters/index.js";
import {
  AuthCatalog,
  authFetch,
  authInterceptor,
  Credential,
  fromConfig,
  MemoryTokenStore,
  OAuth2ClientCredentialsProvider,
  TokenCache,
} from "../../src/index.js";
import { storeConformance } from "../../src/store-conformance/index.js";
import { fakeProvider } from "../../src/testing/index.js";
import { errorOf } from "../support/errors.js";
import { scriptedProvider } from "../support/scripted-provider.js";

const config = { token_url: "https://idp.example/token", client_id: "reports", client_secret: "s" };

const MODULE: string = "data:text/javascript,export const statuses = [401];";

/** What has no keys of its own, so that all that it holds would be missed. */
const keyless: [string, unknown, RegExp][] = [
  ["a promise", Promise.resolve({ clock: 1 }), /is a promise: await it/],
  ["a Map", new Map([["clock", 1]]), /is a Map, and must be an object/],
  ["a Set", new Set(["clock"]), /is a Set, and must be an object/],
];

describe.each(keyless)("G5 %s in place of options", (_what, given, message) => {
  const provider = scriptedProvider();
  const rows: [string, () => unknown, string][] = [
    ["authFetch", () => authFetch(provider, given as never), "options"],
    ["authInterceptor", () => authInterceptor(provider, given as never), "options"],
    [
      "TokenCache",
      () => new TokenCache(async () => ({ credential: Credential.bearer("t") }), given as never),
      "options",
    ],
    ["a provider", () => new OAuth2ClientCredentialsProvider(config, given as never), "runtime"],
    ["fromConfig", () => fromConfig({ type: "bearer", config: { token: "t" } }, given as never), "config.runtime"],
    ["a catalog", () => AuthCatalog.fromConfig({}, given as never), "runtime"],
    ["a catalog of YAML", () => AuthCatalog.fromYaml("auth: {}", given as never), "options"],
    ["its resolvers", () => AuthCatalog.fromYaml("auth: {}", { resolvers: given as never }), "options.resolvers"],
    ["its parameters", () => AuthCatalog.fromYaml("auth: {}", { params: given as never }), "options.params"],
    [
      "types of one's own",
      () => fromConfig({ type: "bearer", config: { token: "t" } }, { types: given as never }),
      "config.runtime.types",
    ],
    ["an adapter", () => azureCredential(provider, given as never), "options"],
    ["fakeProvider", () => fakeProvider(given as never), "options"],
    ["storeConformance", () => storeConformance(() => new MemoryTokenStore(), given as never), "options"],
  ];

  test.each(rows)("G5 is a fault of %s", async (_name, make, path) => {
    const error = await errorOf(make as () => never);
    expect(error).toMatchObject({
      code: "config",
      issues: expect.arrayContaining([expect.objectContaining({ path })]),
    });
    if (!path.endsWith("types")) expect(error.message).toMatch(message);
  });

  const mappings: [string, () => unknown, string][] = [
    ["a configuration", () => fromConfig({ type: "oauth2", config: given as never }), "config"],
    [
      "a part of one",
      () => fromConfig({ type: "oauth2", config: { ...config, persist: given as never } }),
      "config.persist",
    ],
    [
      "a secret",
      () => fromConfig({ type: "oauth2", config: { ...config, client_secret: given as never } }),
      "config.client_secret",
    ],
    ["an audience", () => new OAuth2ClientCredentialsProvider(config).for(given as never), ""],
    ["its parameters", () => new OAuth2ClientCredentialsProvider(config).for({ params: given as never }), "params"],
    ["a block of auth", () => AuthCatalog.fromConfig(given as never), "auth"],
    [
      "an entry's part",
      () => AuthCatalog.fromConfig({ a: { type: "oauth2", config: { ...config, persist: given as never } } }),
      "auth.a.config.persist",
    ],
    [
      "an entry's audience",
      () => AuthCatalog.fromConfig({ a: { type: "oauth2", config }, b: { ref: "a", for: given as never } }),
      "auth.b.for",
    ],
  ];

  test.each(mappings)("G2 is one fault where %s should be", async (_name, make, path) => {
    const error = await errorOf(make as () => never);
    expect(error).toMatchObject({ code: "config", issues: [{ path, message: /is a (?:promise: await it|Map|Set)/ }] });
  });

  test("G5 is a fault of a function that gives each provider its runtime", async () => {
    const error = await errorOf(() => AuthCatalog.fromConfig({ a: { type: "oauth2", config } }, () => given as never));
    expect(error).toMatchObject({ code: "config" });
    expect(error.message).toMatch(message);
  });
});

test("C9 a runtime that is a promise which rejects ends no process", async () => {
  const asynchronous = (async () => Promise.reject(new Error("no runtime"))) as never;
  const error = await errorOf(() => AuthCatalog.fromConfig({ a: { type: "oauth2", config } }, asynchronous));
  expect(error.message).toContain("runtime: is a promise: await it");
});

test("G5 a function that gives a function is no runtime", async () => {
  const error = await errorOf(() =>
    AuthCatalog.fromConfig({ a: { type: "oauth2", config } }, () => (() => ({})) as never),
  );
  expect(error.message).toContain("runtime: must be an object");
});

test.each<[string, object]>([
  ["another realm", runInNewContext("({ statuses: [401] })")],
  [
    "a class",
    new (class Options {
      statuses = [401];
    })(),
  ],
  ["no prototype", Object.assign(Object.create(null), { statuses: [401] })],
  ["a module", await import(MODULE)],
])("G5 options of %s are options", async (_what, options) => {
  expect(authFetch(scriptedProvider(), options as never)).toBeTypeOf("function");
});
