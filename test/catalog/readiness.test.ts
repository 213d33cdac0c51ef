/** What a pipeline can ask before it starts (C15), of a catalog and of each kind of provider. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  AuthCatalog,
  type AuthProvider,
  type CatalogProvider,
  Credential,
  FaucetError,
  fromConfig,
  type Provider,
  type ProviderStatus,
  type Runtime,
  StaticProvider,
  TokenCache,
} from "../../src/index.js";
import { testClock } from "../support/clock.js";
import { errorOf } from "../support/errors.js";
import { newFolder } from "../support/folder.js";
import { type Answer, json, startIdp } from "../support/idp.js";
import { fetching, fetchingTypes } from "../support/providers.js";

const refusing: Answer = (_request, response) => json(response, { error: "invalid_client" }, 401);

/** A user's own type, which has no more than it must. */
function own(getToken: () => Promise<Credential>, name = "own"): AuthProvider {
  return { type: "mine", name, getToken, invalidate: getToken };
}

const types = (factory: () => AuthProvider): Runtime => ({ types: { mine: factory } });

describe("C15 a provider", () => {
  test.each(fetchingTypes)("C15 %s gets one token, and keeps it", async (_type, make) => {
    const idp = await startIdp();
    const provider = make(idp);
    const { ready } = provider;
    expect(await Promise.all([ready(), ready(), provider.ready({})])).toEqual([undefined, undefined, undefined]);
    await provider.getToken();
    expect(idp.seen).toHaveLength(1);
  });

  test.each(fetchingTypes)("C15 %s rejects with its own error", async (type, make) => {
    const idp = await startIdp(refusing);
    const provider = make(idp, {}, { name: "crm" });
    expect(await errorOf(() => provider.ready())).toMatchObject({ code: "auth", provider: "crm" });
    expect(type).toBe(provider.type);
  });

  test("C15 a fixed credential is ready, until it is closed", async () => {
    const provider = new StaticProvider({ token: "t" });
    await provider.ready();
    await provider.close();
    expect(await errorOf(() => provider.ready())).toMatchObject({ code: "closed" });
  });

  test("C15 C8 a signal rejects this caller", async () => {
    const idp = await startIdp();
    await expect(fetching.oauth2(idp).ready({ signal: AbortSignal.abort("gone") })).rejects.toBe("gone");
    expect(idp.seen).toHaveLength(0);
  });
});

describe("C15 a catalog", () => {
  const oauth2 = (tokenUrl: string) => ({
    type: "oauth2",
    config: { token_url: tokenUrl, client_id: "c", client_secret: "s3cr3t", retries: 0 },
  });

  test("C15 gets one token of each provider, at once", async () => {
    const waiting: (() => void)[] = [];
    const idp = await startIdp(async (_request, response) => {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (waiting.length === 2) for (const go of waiting) go();
      });
      json(response, { access_token: "t", expires_in: 3600 });
    });
    const catalog = AuthCatalog.fromConfig({
      a: oauth2(idp.tokenUrl),
      b: oauth2(idp.tokenUrl),
      c: { type: "static", config: { token: "t" } },
    });
    expect(await catalog.ready()).toBeUndefined();
    expect(idp.seen).toHaveLength(2);
    expect(Object.keys(catalog.status())).toEqual(["a", "b", "c"]);
    expect(Object.values(catalog.status()).map(({ state }) => state)).toEqual(["fresh", "fresh", "fresh"]);
    await catalog.ready();
    expect(idp.seen).toHaveLength(2);
  });

  test("C15 rejects with all that failed, by provider, once all have answered", async () => {
    const [good, bad] = [await startIdp(), await startIdp(refusing)];
    const catalog = AuthCatalog.fromConfig({
      a: oauth2(bad.tokenUrl),
      b: oauth2(good.tokenUrl),
      c: oauth2(bad.tokenUrl),
    });
    const error = (await errorOf(() => catalog.ready())) as AggregateError & Record<string, unknown>;
    expect(error).toBeInstanceOf(AggregateError);
    expect(error.errors).toMatchObject([
      { name: "AuthError", provider: "a", error: "invalid_client" },
      { name: "AuthError", provider: "c", error: "invalid_client" },
    ]);
    expect(error.message).toMatch(/^auth catalog: 2 of 3 providers gave no token\n {2}a: .*\n {2}c: .*$/);
    expect(catalog.get("b").status().state).toBe("fresh");
    expect(inspect(error, { depth: 9 })).not.toContain("s3cr3t");
  });

  test.each([
    ["an error", new Error("s3cr3t"), "TransportError", "a: no token: Error"],
    ["nothing", undefined, "TransportError", "a: no token: undefined"],
    [
      "what it says is final",
      Object.assign(new RangeError("s3cr3t"), { retryable: false }),
      "AuthError",
      "a: no token: RangeError",
    ],
  ])("C15 what a user's own type rejects with becomes the cause: %s", async (_what, cause, name, message) => {
    const catalog = AuthCatalog.fromConfig(
      { a: { type: "mine" } },
      types(() => own(() => Promise.reject(cause))),
    );
    const error = (await errorOf(() => catalog.ready())) as unknown as AggregateError;
    expect(error.errors).toHaveLength(1);
    expect(error.errors[0]).toMatchObject({ name, message, provider: "a" });
    expect(error.errors[0].cause).toBe(cause);
    expect(FaucetError.is(error.errors[0])).toBe(true);
    expect(error.message).not.toContain("s3cr3t");
  });

  test("C15 the error of a provider that another one asks becomes the cause of the other's", async () => {
    const inner = new TokenCache(() => Promise.reject(new Error("down")), { name: "inner" });
    await errorOf(() => inner.getToken());
    await errorOf(() => inner.getToken());
    const catalog = AuthCatalog.fromConfig(
      { a: { type: "mine" } },
      types(() => own(() => inner.getToken(), "another name")),
    );
    const closed = inner.close();
    const error = (await errorOf(() => catalog.ready())) as unknown as AggregateError;
    await closed;
    expect(error.errors).toMatchObject([
      { provider: "a", message: "a: no token: inner is closed", cause: { code: "closed" } },
    ]);
  });

  test("C15 a user's own type that throws at once, or has a ready() of its own", async () => {
    const throwing = own(() => {
      throw new Error("at once");
    });
    const asked: unknown[] = [];
    const able = {
      ...own(async () => Credential.bearer("t")),
      ready: async (options: unknown) => void asked.push(options),
    };
    const spec = { a: { type: "mine" } };
    const failure = await errorOf(() =>
      AuthCatalog.fromConfig(
        spec,
        types(() => throwing),
      ).ready(),
    );
    expect(failure.errors).toMatchObject([{ provider: "a" }]);
    const { signal } = new AbortController();
    await AuthCatalog.fromConfig(
      spec,
      types(() => able),
    ).ready({ signal });
    expect(asked).toEqual([{ signal }]);
  });

  test("C15 C8 a signal rejects with its reason, also where a user's own type does not heed it", async () => {
    const catalog = AuthCatalog.fromConfig(
      { a: { type: "mine" } },
      types(() => own(() => new Promise(() => {}))),
    );
    const leaving = new AbortController();
    const asked = catalog.ready({ signal: leaving.signal });
    leaving.abort("gone");
    await expect(asked).rejects.toBe("gone");
    let calls = 0;
    const other = AuthCatalog.fromConfig(
      { a: { type: "mine" } },
      types(() =>
        own(async () => {
          calls += 1;
          return Credential.bearer("t");
        }),
      ),
    );
    await expect(other.ready({ signal: AbortSignal.abort("before") })).rejects.toBe("before");
    expect(calls).toBe(0);
  });

  test("C15 includes providers that connectors define for themselves", async () => {
    const idp = await startIdp(refusing);
    const catalog = AuthCatalog.fromConfig({});
    await catalog.ready();
    const provider = catalog.resolve(oauth2(idp.tokenUrl));
    expect((await errorOf(() => catalog.ready())).errors).toMatchObject([{ provider: provider.name }]);
    expect(catalog.status()).toEqual({});
  });

  test("C15 after close() it is closed, and still says where it stands", async () => {
    const catalog = AuthCatalog.fromConfig({ a: { type: "static", config: { token: "t" } } });
    await catalog.close();
    expect(await errorOf(() => catalog.ready())).toMatchObject({ code: "closed" });
    expect(Object.keys(catalog.status())).toEqual(["a"]);
  });

  test("C15 begins with the file that the catalog was loaded from", async () => {
    const idp = await startIdp(refusing);
    const path = join(await newFolder(), "pipeline.yaml");
    await writeFile(
      path,
      `auth:\n  a: { type: oauth2, config: { token_url: "${idp.tokenUrl}", client_id: c, client_secret: s, retries: 0 } }`,
    );
    const catalog = await AuthCatalog.load(path);
    const { message } = await errorOf(() => catalog.ready());
    expect(message.startsWith(`${path}: 1 of 1 providers gave no token\n  a: `)).toBe(true);
  });

  test("C14 watch() is there too; a user's own type that has none says so", async () => {
    const heard: Credential[] = [];
    const catalog = AuthCatalog.fromConfig(
      { s: { type: "static", config: { token: "t" } }, a: { type: "mine" } },
      types(() => own(async () => Credential.bearer("t"))),
    );
    using _watch = catalog.get("s").watch((credential) => void heard.push(credential));
    await new Promise(setImmediate);
    expect(heard).toEqual([Credential.bearer("t")]);
    const error = await errorOf(() => catalog.get("a").watch(() => {}));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(/^own: its type, "mine", has no watch\(\)/);
  });
});

describe("C14 C15 the types say what is there", () => {
  test("C15 of a catalog and its providers", () => {
    expectTypeOf<AuthCatalog["status"]>().returns.toEqualTypeOf<Readonly<Record<string, ProviderStatus>>>();
    expectTypeOf<AuthCatalog["ready"]>().returns.toEqualTypeOf<Promise<void>>();
    expectTypeOf<ReturnType<CatalogProvider["ready"]>>().toEqualTypeOf<Promise<void>>();
    expectTypeOf<ReturnType<CatalogProvider["watch"]>>().toEqualTypeOf<Disposable>();
    expectTypeOf<AuthProvider>().toHaveProperty("watch").not.toBeFunction();
    expectTypeOf<AuthProvider>().toHaveProperty("ready").not.toBeFunction();
  });

  test("C15 `await using` and `using` compile, of all that is made here", async () => {
    const clock = testClock();
    await using catalog = AuthCatalog.fromConfig({ s: { type: "static", config: { token: "t" } } });
    await using named = catalog.get("s");
    await using referred = catalog.resolve({ ref: "s" });
    await using made = fromConfig({ type: "static", config: { token: "t" } }, { clock });
    await using fixed = new StaticProvider({ token: "t" });
    await using cache = new TokenCache(async () => ({ credential: Credential.bearer("t") }));
    for (const provider of [named, referred, made, fixed]) {
      using _watch = provider.watch(async () => {}, { onError: () => {} });
      expect(provider.status().state).toBe("fresh");
    }
    using _watch = cache.watch(() => {});
    expectTypeOf(made).toEqualTypeOf<Provider>();
    expectTypeOf((runtime: Runtime) => fromConfig({ type: "x" }, runtime)).returns.toEqualTypeOf<AuthProvider>();
  });
});
