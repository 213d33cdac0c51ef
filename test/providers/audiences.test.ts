/** D9: `provider.for({ scopes, params })`, over HTTP. */

import { AsyncLocalStorage } from "node:async_hooks";
import { tracingChannel } from "node:diagnostics_channel";
import { inspect } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, expectTypeOf, onTestFinished, test } from "vitest";
import {
  type Audience,
  type AudienceProvider,
  type AuthProvider,
  authFetch,
  Credential,
  MemoryTokenStore,
  type OAuth2RefreshProvider,
  type ProviderStatus,
  StaticProvider,
} from "../../src/index.js";
import { startApi } from "../support/api.js";
import { testClock } from "../support/clock.js";
import { errorOf } from "../support/errors.js";
import { eventually } from "../support/eventually.js";
import { newFolder } from "../support/folder.js";
import { type Idp, json, numberedTokens, startIdp } from "../support/idp.js";
import { fetching, SECRETS } from "../support/providers.js";
import { hearWarnings } from "../support/warnings.js";

const bearer = Credential.bearer;
const rotating = (fields: object = {}) =>
  startIdp((_request, response, n) =>
    json(response, { access_token: `token-${n}`, refresh_token: `r${n}`, expires_in: 3600, ...fields }),
  );
const presented = (idp: Idp) => idp.seen.map(({ form }) => form.refresh_token);
/** What the last request asked for. */
const asked = (idp: Idp) => {
  const { scope, resource, audience } = idp.seen.at(-1)?.form ?? {};
  return { scope, resource, audience };
};

const oauth2Types = Object.entries({ oauth2: fetching.oauth2, oauth2_refresh: fetching.oauth2_refresh });

describe.each(oauth2Types)("%s", (type, make) => {
  test("D9 its scopes replace the configured ones, its parameters stand over those of the same name", async () => {
    const idp = await rotating();
    const provider = make(idp, { scopes: "a b", params: { resource: "one", audience: "x" } });
    const requests: [Audience, object][] = [
      [{}, { scope: "a b", resource: "one", audience: "x" }],
      [
        { scopes: null, params: null },
        { scope: "a b", resource: "one", audience: "x" },
      ],
      [{ scopes: ["c", "d"] }, { scope: "c d", resource: "one", audience: "x" }],
      [{ scopes: "c" }, { scope: "c", resource: "one", audience: "x" }],
      [{ scopes: [] }, { scope: undefined, resource: "one", audience: "x" }],
      [{ params: { resource: "two" } }, { scope: "a b", resource: "two", audience: "x" }],
      [{ params: { resource: null } }, { scope: "a b", resource: undefined, audience: "x" }],
      [{ params: { resource: "" } }, { scope: "a b", resource: undefined, audience: "x" }],
      [
        { scopes: "c", params: { audience: "y" } },
        { scope: "c", resource: "one", audience: "y" },
      ],
    ];
    for (const [audience, expected] of requests) {
      const asking = provider.for(audience);
      await asking.invalidate(await asking.getToken());
      expect(asked(idp)).toEqual(expected);
    }
    await provider.invalidate(await provider.getToken());
    expect(asked(idp)).toEqual({ scope: "a b", resource: "one", audience: "x" });
  });

  test("D9 a list sends its parameter once for each item", async () => {
    const idp = await rotating();
    await make(idp, { params: { resource: "one" } })
      .for({ params: { resource: ["two", "three"] } })
      .getToken();
    expect(new URLSearchParams(idp.seen[0]?.body).getAll("resource")).toEqual(["two", "three"]);
  });

  test("D9 of what for() gave, for() gives more of the same grant", async () => {
    const idp = await rotating();
    const provider = make(idp, { scopes: "a", params: { audience: "x" } });
    const vault = provider.for({ params: { resource: "vault" } });
    const both = vault.for({ scopes: "b" });
    await both.getToken();
    expect(asked(idp)).toEqual({ scope: "b", resource: "vault", audience: "x" });
    expect(both).toBe(provider.for({ scopes: ["b"], params: { resource: "vault" } }));
    expect(both.for({})).toBe(both);
    expect(vault.for({ scopes: "a", params: { resource: "vault" } })).toBe(vault);
  });

  test("D9 the same arguments give the same object, whatever the order of scopes and keys", async () => {
    const provider = make({ tokenUrl: "https://idp.example/token" }, { scopes: "own", params: { tenant: 1 } });
    const one = provider.for({ scopes: ["a", "b"], params: { resource: "r", audience: "x" } });
    for (const same of [
      { scopes: ["b", "a"], params: { audience: "x", resource: "r" } },
      { scopes: "b  a ", params: { audience: ["x"], resource: "r" } },
      { scopes: ["a", "b", "a"], params: { resource: "r", audience: "x", tenant: "1" } },
    ]) {
      expect(provider.for(same)).toBe(one);
    }
    const others = [
      { scopes: "a b" },
      { scopes: "a b", params: { resource: "r" } },
      { scopes: "A b" },
      { scopes: [] },
      {},
    ];
    expect(new Set([one, provider, ...others.map((other) => provider.for(other))]).size).toBe(7);
    // The text of two audiences is the same only if they are.
    const [list, text] = [{ params: { a: ["b", "c"] } }, { params: { a: "b,a,c" } }];
    expect(provider.for(list)).not.toBe(provider.for(text));
    expect(make({ tokenUrl: "https://idp.example/token" }).for({})).not.toBe(provider.for({}));
  });

  test("D9 what a configuration may not have as a parameter, for() may not either", async () => {
    const provider = make({ tokenUrl: "https://idp.example/token" }, {}, { name: "ms" });
    const faults = async (audience: unknown) => {
      const error = await errorOf(() => provider.for(audience as Audience));
      expect(error).toMatchObject({ name: "ConfigError", code: "config", retryable: false });
      expect(error.message).toMatch(/^ms\.for\(\): /);
      return Object.fromEntries(
        (error.issues as { path: string; message: string }[]).map((one) => [one.path, one.message]),
      );
    };
    const params = { grant_type: "password", client_id: "x", client_secret: "x", refresh_token: "x", scope: "x" };
    expect(Object.keys(await faults({ params }))).toEqual(Object.keys(params).map((name) => `params.${name}`));
    expect(await faults({ scope: "a" })).toEqual({ scope: expect.stringContaining('did you mean "scopes"') });
    expect(await faults({ scopes: 5, params: "x" })).toEqual({
      scopes: expect.stringContaining("must be a list"),
      params: expect.stringContaining("must be a mapping"),
    });
    expect(await faults({ params: { resource: { s3cr3t: 1 } } })).toEqual({
      "params.resource": expect.not.stringContaining("s3cr3t"),
    });
    for (const nonsense of [undefined, null, "a b", 5, [], ["a"], () => ({})]) await faults(nonsense);
  });

  test("D9 one grant, an access token for each audience: 50 callers of each, one request of each", async () => {
    let [atOnce, mostAtOnce] = [0, 0];
    const idp = await startIdp(async (_request, response, n) => {
      atOnce += 1;
      mostAtOnce = Math.max(mostAtOnce, atOnce);
      await new Promise((resolve) => setTimeout(resolve, 30));
      atOnce -= 1;
      json(response, { access_token: `token-${n}`, refresh_token: `r${n}`, expires_in: 3600 });
    });
    const provider = make(idp);
    const all = [provider, ...["a", "b", "c"].map((scopes) => provider.for({ scopes }))];
    const tokens = await Promise.all(Array.from({ length: 200 }, (_, n) => (all[n % 4] as AuthProvider).getToken()));
    expect(new Set(tokens.slice(0, 4)).size).toBe(4);
    for (const [n, token] of tokens.entries()) expect(token).toBe(tokens[n % 4]);
    expect(mostAtOnce).toBe(1);
    expect(idp.seen.map(({ form }) => form.scope).sort()).toEqual(["a", "b", "c", undefined]);
    if (type === "oauth2_refresh") expect(presented(idp)).toEqual([SECRETS.refresh_token, "r1", "r2", "r3"]);
  });

  test("W2 D9 a report of one audience renews that one alone", async () => {
    const [idp, api] = [await rotating(), await startApi(["Bearer token-3"])];
    const provider = make(idp);
    const [mail, files] = [provider.for({ scopes: "mail" }), provider.for({ scopes: "files" })];
    const kept = await files.getToken();
    const responses = await Promise.all(Array.from({ length: 20 }, () => authFetch(mail)(api.origin)));
    expect(responses.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(await files.getToken()).toBe(kept);
    expect(await files.invalidate(await mail.getToken())).toBe(kept);
    expect(idp.seen.map(({ form }) => form.scope)).toEqual(["files", "mail", "mail"]);
  });

  test("D9 what is configured for the tokens of the grant holds for each audience", async () => {
    const clock = testClock();
    const idp = await rotating({ expires_in: undefined });
    const provider = make(idp, { default_expires_in: 100, expiry_ratio: 0.5 }, { clock });
    const asking = provider.for({ scopes: "a" });
    await asking.getToken();
    expect(asking.status()).toMatchObject({ freshUntil: clock.now + 50_000, expiresAt: clock.now + 100_000 });
    clock.advance(60);
    expect(await asking.getToken()).toEqual(bearer("token-2"));
  });

  test("D9 close() of an audience ends that one; the grant, and a new one of that audience, go on", async () => {
    const idp = await rotating();
    const provider = make(idp);
    const [mail, files] = [provider.for({ scopes: "mail" }), provider.for({ scopes: "files" })];
    await Promise.all([mail.getToken(), files.getToken()]);
    await mail.close();
    await mail.close();
    expect(await errorOf(() => mail.getToken())).toMatchObject({ code: "closed", message: `${mail.name} is closed` });
    expect(await errorOf(() => mail.for({ scopes: "other" }))).toMatchObject({ code: "closed" });
    await files.invalidate(await files.getToken());
    await provider.getToken();
    const again = provider.for({ scopes: "mail" });
    expect(again).not.toBe(mail);
    // Its token is on record.
    const requests = idp.seen.length;
    expect(await again.getToken()).toEqual(expect.objectContaining({ type: "bearer" }));
    expect(idp.seen).toHaveLength(requests);
    await mail.close();
    expect(provider.for({ scopes: "mail" })).toBe(again);
  });

  test("D9 close() of the provider ends all of them, once what is under way has ended", async () => {
    let answer = () => {};
    const idp = await startIdp((request, response, n) => {
      answer = () => numberedTokens()(request, response, n);
    });
    const provider = make(idp, {}, { name: "ms" });
    const mail = provider.for({ scopes: "mail" });
    const waiting = mail.getToken();
    while (idp.seen.length === 0) await new Promise(setImmediate);
    const behind = errorOf(() => provider.for({ scopes: "files" }).getToken());
    await new Promise(setImmediate);
    const closed = provider.close();
    answer();
    expect(await waiting).toEqual(bearer("token-1"));
    await closed;
    expect(await behind).toMatchObject({ code: "closed" });
    expect(await errorOf(() => mail.getToken())).toMatchObject({ code: "closed" });
    expect(await errorOf(() => mail.for({}))).toMatchObject({ code: "closed" });
    expect(await errorOf(() => provider.for({}))).toMatchObject({ code: "closed", message: "ms is closed" });
    await provider.close();
    await mail.close();
    expect(idp.seen).toHaveLength(1);
  });

  test("D9 close() waits for the flight of an audience that nobody holds any more, and its answer is stored", async () => {
    let answer = () => {};
    const idp = await startIdp((_request, response) => {
      answer = () => json(response, { access_token: "t", refresh_token: "r1", expires_in: 3600 });
    });
    const path = await newFolder();
    const provider = make(idp, { persist: { path } }, { name: "ms" });
    const token = provider.for({ scopes: "mail" }).getToken();
    while (idp.seen.length === 0) await new Promise(setImmediate);
    collect();
    const closed = provider.close();
    answer();
    await closed;
    expect(await token).toEqual(bearer("t"));
    const next = make(idp, { persist: { path } }, { name: "ms" });
    expect(await next.for({ scopes: "mail" }).getToken()).toEqual(bearer("t"));
    await next.close();
    expect(idp.seen).toHaveLength(1);
  });

  test("D9 each has a name of its own, in its status, its errors and what is published of it", async () => {
    const idp = await startIdp((_request, response) => json(response, { error: "invalid_scope" }, 400));
    const provider = make(idp, {}, { name: "ms" });
    const flights: string[] = [];
    const hear = { start: (flight: unknown) => flights.push((flight as { name: string }).name) };
    const channel = tracingChannel("faucet-auth:flight");
    channel.subscribe(hear as never);
    onTestFinished(() => channel.unsubscribe(hear as never));
    const named: [Audience, string][] = [
      [{ scopes: "Mail.Read User.Read" }, "ms (Mail.Read User.Read)"],
      [
        { params: { resource: "https://vault.example", audience: "api" } },
        "ms (resource=https://vault.example, audience=api)",
      ],
      [{ scopes: "a", params: { tenant: "s3cr3t" } }, "ms (a, tenant=***)"],
      [{ scopes: "a", params: { tenant: "0ther" } }, "ms (a, tenant=***) #2"],
      [{}, "ms (no scopes)"],
    ];
    const living = named.map(([audience]) => provider.for(audience));
    expect(living.map(({ name }) => name)).toEqual(named.map(([, name]) => name));
    const error = await errorOf(() => (living[0] as AuthProvider).getToken());
    expect(error).toMatchObject({ provider: "ms (Mail.Read User.Read)", error: "invalid_scope" });
    expect(error.message).toMatch(/^ms \(Mail\.Read User\.Read\): /);
    expect(flights).toEqual(["ms (Mail.Read User.Read)"]);
    expect(living.every((one) => one.type === type)).toBe(true);
    expect(provider.for({ scopes: "x".repeat(500) }).name.length).toBeLessThan(150);
  });

  test("D9 status() tells of each audience", async () => {
    const idp = await rotating({ refresh_token_expires_in: 86_400 });
    const provider = make(idp, {}, { name: "ms" });
    expect(provider.status()).not.toHaveProperty("audiences");
    const [mail, files] = [provider.for({ scopes: "mail" }), provider.for({ scopes: "files" })];
    await mail.getToken();
    idp.answerWith((_request, response) => json(response, { error: "invalid_scope" }, 400));
    await errorOf(() => files.getToken());
    expect(provider.status()).toMatchObject({
      name: "ms",
      state: "empty",
      consecutiveFailures: 0,
      audiences: [
        { name: "ms (mail)", state: "fresh", generation: 1, counts: { tokenRequests: 1 } },
        { name: "ms (files)", state: "failing", consecutiveFailures: 1, retryAt: expect.any(Number) },
      ],
    });
    expect(provider.status().audiences).toEqual([mail.status(), files.status()]);
    if (type === "oauth2_refresh") expect(mail.status().refreshTokenExpiresAt).toBeGreaterThan(Date.now());
    await files.close();
    expect(provider.status().audiences).toHaveLength(1);
  });

  test("F4 D9 a scope that is refused blocks its audience, and a grant that is refused blocks all", async () => {
    const idp = await startIdp((request, response, n) => {
      if (request.form.scope === "bad") json(response, { error: "invalid_scope" }, 400);
      else json(response, { access_token: `token-${n}`, expires_in: 3600 });
    });
    const provider = make(idp, {}, { name: "ms" });
    const bad = provider.for({ scopes: "bad" });
    await errorOf(() => bad.getToken());
    await provider.getToken();
    await provider.for({ scopes: "good" }).getToken();
    expect(await errorOf(() => bad.getToken())).toMatchObject({ error: "invalid_scope", retryAt: expect.any(Number) });
    idp.answerWith((_request, response) => json(response, { error: "invalid_grant" }, 400));
    const failed = await errorOf(() => provider.for({ scopes: "c" }).getToken());
    expect(failed).toMatchObject({ error: "invalid_grant", provider: "ms" });
    const requests = idp.seen.length;
    for (const one of [provider.for({ scopes: "d" }), bad]) {
      expect(await errorOf(() => one.getToken())).toMatchObject({
        provider: expect.any(String),
        retryAt: expect.any(Number),
      });
    }
    expect(idp.seen).toHaveLength(requests);
  });

  test("D1 D9 the next process adopts the token of each audience", async () => {
    const [idp, path] = [await rotating(), await newFolder()];
    const tokensOf = async () => {
      const provider = make(idp, { persist: { path } }, { name: "ms" });
      const all = [provider, ...["a", "b"].map((scopes) => provider.for({ scopes }))];
      const tokens = await Promise.all(all.map((one) => one.getToken()));
      await provider.close();
      return tokens;
    };
    const first = await tokensOf();
    expect(new Set(first.map((token) => JSON.stringify(Credential.authorizationValue(token)))).size).toBe(3);
    expect(await tokensOf()).toEqual(first);
    expect(idp.seen).toHaveLength(3);
  });

  test("D9 an audience shares its record with a provider that is configured for it", async () => {
    const [idp, store] = [await rotating(), new MemoryTokenStore()];
    const token = await make(idp, {}, { store, name: "ms" })
      .for({ scopes: "b a", params: { resource: "r" } })
      .getToken();
    const configured = make(idp, { scopes: ["a", "b"], params: { resource: "r" } }, { store, name: "ms" });
    expect(await configured.getToken()).toEqual(token);
  });

  test("S1 D9 what it prints has no secret in it", async () => {
    const provider = make({ tokenUrl: "https://idp.example/token" }, { persist: { path: await newFolder() } });
    const asking = provider.for({ scopes: "a", params: { tenant: "t3nant-s3cr3t", resource: "https://r.example" } });
    const printed = [asking, provider].map(
      (one) => inspect(one, { depth: null, showHidden: true }) + JSON.stringify(one),
    );
    for (const secret of [...Object.values(SECRETS), "t3nant-s3cr3t"]) expect(printed.join()).not.toContain(secret);
    expect(printed[0]).toContain("https://r.example");
    expect(printed[0]).toMatch(/^AudienceProvider \{/);
    const error = await errorOf(() => asking.for({ params: { grant_type: "n0t-this" } }));
    expect(error.message).not.toMatch(/t3nant|n0t-this/);
  });

  test("its methods may be taken out of it", async () => {
    const idp = await rotating();
    const provider = make(idp);
    const { for: audienceOf } = provider;
    const { getToken, for: more } = audienceOf({ scopes: "a" });
    expect(await getToken()).toEqual(bearer("token-1"));
    expect(more({})).toBe(provider.for({ scopes: "a" }));
  });

  test("C8 C12 D9 flights run in the context of the provider's maker, and keep nothing of who asked for the audience", async () => {
    const storage = new AsyncLocalStorage<object>();
    const seen: unknown[] = [];
    const idp = await rotating();
    const fetchOfIdp = (...request: Parameters<typeof fetch>) => {
      seen.push(storage.getStore());
      return fetch(...request);
    };
    const maker = { made: "the provider" };
    const provider = storage.run(maker, () => make(idp, {}, { fetch: fetchOfIdp as never }));
    const asking = storage.run({ some: "request" }, () => provider.for({ scopes: "a" }));
    await storage.run({ another: "request" }, () => asking.getToken());
    expect(seen).toEqual([maker]);
  });

  test("D9 an audience that nobody uses is forgotten, and leaves nothing but its token on record", async () => {
    const idp = await rotating();
    const provider = make(idp);
    const kept = provider.for({ scopes: "kept" });
    await Promise.all([kept.getToken(), provider.for({ scopes: "used once" }).getToken()]);
    for (let n = 0; n < 200; n += 1) provider.for({ scopes: `scope-${n}` });
    const living = async () => {
      await new Promise(setImmediate);
      collect();
      return provider.status().audiences?.length;
    };
    for (let turn = 0; turn < 50 && (await living()) !== 1; turn += 1);
    expect(provider.status().audiences).toMatchObject([{ name: kept.name }]);
    expect(provider.for({ scopes: "kept" })).toBe(kept);
    await provider.for({ scopes: "used once" }).getToken();
    expect(idp.seen).toHaveLength(2);
  });
});

test("C14 D9 an audience that is watched is not forgotten, and the provider's close() ends the watch", async () => {
  const idp = await rotating();
  const provider = fetching.oauth2_refresh(idp, {}, { name: "ms" });
  const heard: Credential[] = [];
  const watch = provider.for({ scopes: "mail" }).watch((credential) => heard.push(credential));
  while (heard.length === 0) await new Promise(setImmediate);
  for (let turn = 0; turn < 10; turn += 1) {
    await new Promise(setImmediate);
    collect();
  }
  expect(provider.status().audiences).toMatchObject([{ name: "ms (mail)", state: "fresh" }]);
  const mail = provider.for({ scopes: "mail" });
  await mail.invalidate(await mail.getToken());
  await eventually(() => expect(heard).toEqual([bearer("token-1"), bearer("token-2")]));
  await provider.close();
  expect(await errorOf(() => mail.getToken())).toMatchObject({ code: "closed" });
  watch[Symbol.dispose]();
});

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

test("an audience is no second provider of its grant", async () => {
  const warnings = hearWarnings("FAUCET_AUTH_GRANT_SHARED");
  const provider = fetching.oauth2_refresh(await startIdp());
  await Promise.all(
    [provider, provider.for({ scopes: "a" }), provider.for({ scopes: "b" })].map((one) => one.getToken()),
  );
  expect(await warnings.all()).toEqual([]);
});

test("a lifetime that cannot be meant is warned of once, whatever is asked for", async () => {
  const warnings = hearWarnings("FAUCET_AUTH_EXPIRY");
  const idp = await rotating({ expires_in: undefined });
  const provider = fetching.oauth2(idp, { expiry_path: "$.lifetime" });
  for (const scopes of ["a", "b"]) await provider.for({ scopes }).getToken();
  expect(await warnings.all()).toHaveLength(1);
});

test("plain HTTP is warned of once, whatever is asked for", async () => {
  const warnings = hearWarnings("FAUCET_AUTH_PLAIN_HTTP");
  const provider = fetching.oauth2({ tokenUrl: "http://idp.example/token" });
  for (const scopes of ["a", "b"]) provider.for({ scopes });
  expect(await warnings.all()).toHaveLength(1);
});

test("D9 providers of no OAuth 2 grant have no audiences", () => {
  const others: AuthProvider[] = [
    new StaticProvider({ token: "t" }),
    fetching.token_endpoint({ tokenUrl: "https://idp.example/token" }),
  ];
  for (const provider of others) expect(provider.for).toBeUndefined();
});

test("the types say so", () => {
  expectTypeOf<OAuth2RefreshProvider["for"]>().toEqualTypeOf<(audience: Audience) => AudienceProvider>();
  expectTypeOf<AudienceProvider["for"]>().toEqualTypeOf<(audience: Audience) => AudienceProvider>();
  expectTypeOf<AudienceProvider>().toExtend<AuthProvider>();
  expectTypeOf<AudienceProvider["status"]>().returns.toEqualTypeOf<ProviderStatus>();
  expectTypeOf<{ scopes: "a"; params: { resource: string[] } }>().toExtend<Audience>();
  expectTypeOf<{ scopes: 5 }>().not.toExtend<Audience>();
});
