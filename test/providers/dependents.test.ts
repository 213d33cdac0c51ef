/** Providers that need the token of another one (K4): asked when it is needed, reported when it is refused. */

import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { inspect } from "node:util";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import {
  AuthCatalog,
  type AuthProvider,
  accessToken,
  type CallOptions,
  Credential,
  JwtBearerProvider,
  MemoryTokenStore,
  OAuth2ClientCredentialsProvider,
  OAuth2RefreshProvider,
  type Runtime,
  StaticProvider,
  TokenEndpointProvider,
  TokenExchangeProvider,
} from "../../src/index.js";
import { ProviderToken } from "../../src/providers/provider-token.js";
import { faultsOf, folder } from "../support/catalogs.js";
import { type TestClock, testClock } from "../support/clock.js";
import { errorOf } from "../support/errors.js";
import { type Answer, type Idp, json, numberedTokens, startIdp } from "../support/idp.js";

let clock: TestClock;
let runtime: Runtime;

/** The IdP of the source, whose tokens are `token-1`, `token-2`, … */
let home: Idp;

/** The one that takes them in exchange, as long as they are not in `refused`. */
let away: Idp;
let refused: Set<string>;
let refusal: { body: object; status: number };

beforeEach(async () => {
  clock = testClock();
  runtime = { clock, random: () => 0 };
  home = await startIdp();
  refused = new Set();
  refusal = { body: { error: "invalid_grant" }, status: 400 };
  const exchange: Answer = ({ form, headers: { authorization = "" } }, response, index) => {
    const bearer = authorization.replace(/^Bearer /, "");
    const presented = form.subject_token ?? form.assertion ?? form.client_assertion ?? bearer;
    if (refused.has(presented)) return json(response, refusal.body, refusal.status);
    return json(response, { access_token: `exchanged-${index}-${presented}`, token_type: "Bearer", expires_in: 3600 });
  };
  away = await startIdp(exchange);
});

function sourceAt(idp: Idp, config: object = {}, own: Runtime = {}): OAuth2ClientCredentialsProvider {
  const provider = new OAuth2ClientCredentialsProvider(
    { token_url: idp.tokenUrl, client_id: "c", client_secret: "s", ...config },
    { ...runtime, name: "github", ...own },
  );
  onTestFinished(() => provider.close());
  return provider;
}

/** One provider of each type, and of each key, under which another one's token may stand. */
const dependents: Record<string, (token: AuthProvider, config?: object, own?: Runtime) => AuthProvider> = {
  token_exchange: (subject_token, config = {}, own = {}) =>
    new TokenExchangeProvider(
      { token_url: away.tokenUrl, subject_token, ...config },
      { ...runtime, name: "api", ...own },
    ),
  jwt_bearer: (assertion, config = {}, own = {}) =>
    new JwtBearerProvider({ token_url: away.tokenUrl, assertion, ...config }, { ...runtime, name: "api", ...own }),
  "oauth2, by client_assertion": (client_assertion, config = {}, own = {}) => {
    // A client that is refused is refused by a code of its own.
    refusal = { body: { error: "invalid_client" }, status: 401 };
    return new OAuth2ClientCredentialsProvider(
      { token_url: away.tokenUrl, client_id: "c", client_assertion, ...config },
      { ...runtime, name: "api", ...own },
    );
  },
  "token_endpoint, by auth": (auth, config = {}, own = {}) => {
    // As with any API, the status says it.
    refusal = { body: { error: "unauthenticated" }, status: 401 };
    return new TokenEndpointProvider(
      { url: away.tokenUrl, auth, token_path: "$.access_token", expiry_path: "$.expires_in", ...config },
      { ...runtime, name: "api", ...own },
    );
  },
};

/** Where only a token may stand, and no credential of any other kind. */
const dependentsByToken = Object.entries(dependents).filter(([type]) => !type.endsWith("by auth"));

describe.each(Object.entries(dependents))("%s", (_type, make) => {
  test("K4 presents the source's token, which is asked for when it is needed", async () => {
    const source = sourceAt(home);
    const provider = make(source);
    expect(home.seen).toHaveLength(0);
    expect(await provider.getToken()).toMatchObject({ token: "exchanged-1-token-1" });
    expect(await provider.getToken()).toMatchObject({ token: "exchanged-1-token-1" });
    expect([home.seen.length, away.seen.length]).toEqual([1, 1]);
  });

  test("K4 its own renewal presents the source's token of then", async () => {
    const source = sourceAt(home);
    const provider = make(source);
    await provider.getToken();
    clock.advance(3600);
    expect(await provider.getToken()).toMatchObject({ token: "exchanged-2-token-2" });
    await source.invalidate(await source.getToken());
    expect(await provider.invalidate(await provider.getToken())).toMatchObject({ token: "exchanged-3-token-3" });
  });

  test("K4 reports a token that is refused, once, and asks again with the next", async () => {
    refused.add("token-1");
    const provider = make(sourceAt(home));
    expect(await provider.getToken()).toMatchObject({ token: "exchanged-2-token-2" });
    expect([home.seen.length, away.seen.length]).toEqual([2, 2]);
    expect(provider.status?.()).toMatchObject({ state: "fresh", consecutiveFailures: 0 });
  });

  test("K4 fails with the refusal where the next one is refused too", async () => {
    for (const token of ["token-1", "token-2", "token-3"]) refused.add(token);
    const provider = make(sourceAt(home));
    expect(await errorOf(() => provider.getToken())).toMatchObject({
      provider: "api",
      error: (refusal.body as { error: string }).error,
    });
    expect([home.seen.length, away.seen.length]).toEqual([2, 2]);
    // The gate of the dependent blocks, so that the source is left alone too.
    expect(await errorOf(() => provider.getToken())).toMatchObject({ provider: "api", retryAt: expect.any(Number) });
    expect([home.seen.length, away.seen.length]).toEqual([2, 2]);
  });

  test("K4 does not ask again where the source has nothing else to give", async () => {
    refused.add("f1xed-token");
    const provider = make(new StaticProvider({ token: "f1xed-token" }, { name: "fixed" }));
    expect(await errorOf(() => provider.getToken())).toMatchObject({ provider: "api" });
    expect(away.seen).toHaveLength(1);
  });

  test("K4 ten whose token is refused cause one request of the source", async () => {
    refused.add("token-1");
    const source = sourceAt(home);
    await source.getToken();
    const all = Array.from({ length: 10 }, (_, n) => make(source, {}, { name: `api-${n}` }));
    const tokens = await Promise.all(all.map((provider) => provider.getToken()));
    for (const credential of tokens) expect(credential).toMatchObject({ token: expect.stringMatching(/-token-2$/) });
    expect(home.seen).toHaveLength(2);
    expect(source.status().counts.invalidations).toBeGreaterThan(0);
  });

  test("K4 one that comes late with a token that was replaced causes no request", async () => {
    const source = sourceAt(home);
    const first = make(source, {}, { name: "first" });
    await first.getToken();
    await source.invalidate(await source.getToken());
    refused.add("token-1");
    expect(await first.invalidate(await first.getToken())).toMatchObject({ token: "exchanged-2-token-2" });
    expect(home.seen).toHaveLength(2);
  });

  test("K4 a failure of the source is told as its failure, and names both", async () => {
    home.answerWith((_request, response) => json(response, { error: "invalid_client" }, 401));
    const provider = make(sourceAt(home));
    const error = await errorOf(() => provider.getToken());
    expect(error).toMatchObject({ name: "AuthError", provider: "github", error: "invalid_client", status: 401 });
    expect(error.message).toMatch(/^github: POST http.*invalid_client.*; api needs the token of github as \w+$/);
    expect(away.seen).toHaveLength(0);
    expect(provider.status?.()).toMatchObject({ state: "failing", lastError: { message: error.message } });
  });

  test("K4 the source has tried again already: a passing failure of it is not tried again by who needs it", async () => {
    home.answerWith((_request, response) => json(response, {}, 503));
    const provider = make(sourceAt(home));
    expect(await errorOf(() => provider.getToken())).toMatchObject({
      provider: "github",
      retryable: true,
      status: 503,
    });
    expect(home.seen).toHaveLength(3);
  });

  test("F4 while the source's gate blocks, who needs it is told until when, and is served at that instant", async () => {
    home.answerWith((_request, response) => json(response, { error: "invalid_client" }, 401));
    const source = sourceAt(home);
    const provider = make(source);
    await errorOf(() => provider.getToken());
    const { retryAt } = await errorOf(() => source.getToken());
    for (let call = 0; call < 2; call += 1) {
      const gated = await errorOf(() => provider.getToken());
      expect(gated).toMatchObject({ provider: "github", retryAt });
      expect(gated.message).toMatch(/^github: .*api needs the token of github.*not asked again before/);
    }
    expect([home.seen.length, away.seen.length]).toEqual([1, 0]);
    home.answerWith(numberedTokens());
    clock.now = retryAt as number;
    expect(await provider.getToken()).toMatchObject({ token: expect.stringMatching(/^exchanged-1-/) });
  });

  test("K4 once the source is back, who needs it is too", async () => {
    home.answerWith((_request, response) => json(response, { error: "invalid_client" }, 401));
    const source = sourceAt(home);
    const provider = make(source);
    await errorOf(() => provider.getToken());
    const { retryAt } = await errorOf(() => provider.getToken());
    clock.now = retryAt as number;
    home.answerWith(numberedTokens());
    await source.getToken();
    expect(await provider.getToken()).toMatchObject({ type: "bearer" });
  });

  test("F3 a good token stays in service while the source fails", async () => {
    home.answerWith(numberedTokens({ expires_in: 60 }));
    const provider = make(sourceAt(home));
    const credential = await provider.getToken();
    home.answerWith((_request, response) => json(response, {}, 500));
    clock.advance(3550);
    expect(await provider.getToken()).toBe(credential);
    expect(home.seen.length).toBeGreaterThan(1);
  });

  test("H2 waiting for the source is inside the deadline, and ends with it", async () => {
    home.answerWith(() => {});
    const provider = make(sourceAt(home, { timeout_secs: 0.4, retries: 0 }), { timeout_secs: 0.2, retries: 0 });
    expect(await errorOf(() => provider.getToken())).toMatchObject({
      name: "TransportError",
      message: expect.stringContaining("0.2 s"),
    });
    expect(away.seen).toHaveLength(0);
  });

  test("K4 the source gets the signal of the flight", async () => {
    const signals: (AbortSignal | undefined)[] = [];
    const deaf: AuthProvider = {
      type: "deaf",
      name: "deaf",
      getToken: ({ signal }: CallOptions = {}) => {
        signals.push(signal);
        return new Promise(() => {});
      },
      invalidate: async (stale) => stale,
    };
    const provider = make(deaf, { timeout_secs: 0.05, retries: 0 });
    await errorOf(() => provider.getToken());
    expect(signals).toEqual([expect.objectContaining({ aborted: true })]);
  });

  test("C8 a caller that leaves leaves the source's flight to the others", async () => {
    let answer = (): void => {};
    home.answerWith((_request, response) => {
      answer = () => json(response, { access_token: "token-1", expires_in: 60 });
    });
    const provider = make(sourceAt(home));
    const controller = new AbortController();
    const leaving = errorOf(() => provider.getToken({ signal: controller.signal }));
    const staying = provider.getToken();
    await vi.waitFor(() => expect(home.seen).toHaveLength(1));
    controller.abort(new Error("left"));
    expect((await leaving).message).toBe("left");
    answer();
    expect(await staying).toMatchObject({ token: "exchanged-1-token-1" });
  });

  test("S2 a refusal does not show the source's tokens", async () => {
    for (const token of ["token-1", "token-2"]) refused.add(token);
    const provider = make(sourceAt(home));
    Object.assign(refusal.body, { error_description: "bad token-1, bad token-2" });
    const error = await errorOf(() => provider.getToken());
    expect(error).toMatchObject({ errorDescription: "bad ***, bad ***" });
    expect(inspect(error, { depth: null, showHidden: true })).not.toMatch(/token-[12]/);
  });

  test("K4 closing it does not close the source; a closed source is told", async () => {
    const source = sourceAt(home);
    const provider = make(source);
    await provider.getToken();
    await provider.close?.();
    expect(await source.getToken()).toMatchObject({ token: "token-1" });
    await source.close();
    const error = await errorOf(() => make(source).getToken());
    expect(error).toMatchObject({
      name: "ClosedError",
      message: expect.stringMatching(/^github is closed; api needs/),
    });
  });

  test("K4 another's own provider may fail with anything, and have no name", async () => {
    for (const failure of [new Error("no luck"), "text", undefined, Object.freeze(new RangeError("frozen"))]) {
      const odd = { getToken: () => Promise.reject(failure), invalidate: () => Promise.reject(failure) } as never;
      const error = await errorOf(() => make(odd, { retries: 0 }).getToken());
      expect(error.message).toContain("api needs the token of another provider as");
    }
  });

  test("D1 with a store, another process that has the dependent's token needs no source", async () => {
    const store = new MemoryTokenStore();
    await make(sourceAt(home), {}, { store }).getToken();
    expect(await make(sourceAt(home), {}, { store }).getToken()).toMatchObject({ token: "exchanged-1-token-1" });
    expect([home.seen.length, away.seen.length]).toEqual([1, 1]);
  });
});

const snowflake = { header: "Authorization", template: 'Snowflake Token="{token}"' };
const PLACES: [string, object | object[]][] = [
  ["a header with a template", snowflake],
  ["the query", { query: "token" }],
  ["two places", [snowflake, { cookie: "sid" }]],
];

describe.each(PLACES)("K4 a token that goes into %s", (_where, apply_as) => {
  const exchangeOf = (source: AuthProvider): TokenExchangeProvider =>
    new TokenExchangeProvider({ token_url: away.tokenUrl, subject_token: source, subject_token_type: "jwt" }, runtime);

  test("K4 is presented bare, and reported as it was", async () => {
    const source = sourceAt(home, { apply_as });
    const provider = exchangeOf(source);
    refused.add("token-1");
    expect(await accessToken(provider)).toMatchObject({ token: "exchanged-2-token-2" });
    expect(away.seen.map(({ form }) => form.subject_token)).toEqual(["token-1", "token-2"]);
    expect((await accessToken(source)).token).toBe("token-2");
  });

  test("K4 is presented bare where it is static", async () => {
    const provider = exchangeOf(new StaticProvider({ token: "t0ken", apply_as } as never));
    expect(await accessToken(provider)).toMatchObject({ token: "exchanged-1-t0ken" });
  });

  test("S2 is masked where the IdP's error repeats it", async () => {
    refused.add("s3cr3t-token");
    refusal = { body: { error: "invalid_grant", error_description: "no such token: s3cr3t-token" }, status: 400 };
    const error = await errorOf(
      () => exchangeOf(new StaticProvider({ token: "s3cr3t-token", apply_as } as never)).getToken() as never,
    );
    expect(error.message).toContain("no such token");
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("s3cr3t");
  });
});

test.each(dependentsByToken)("K4 %s: the value of a header that is more than a token is told", async (_type, make) => {
  const provider = make(new StaticProvider({ header: "Authorization", value: "Bearer s3cr3t" }, { name: "login" }));
  const error = await errorOf(() => provider.getToken() as never);
  expect(error.message).toMatch(
    /login gives the header Authorization, whose value is more than a token: configure it by token/,
  );
  expect(error.message).not.toContain("s3cr3t");
});

test.each(dependentsByToken)("K4 %s: a credential that is no token is told, whatever gives it", async (_type, make) => {
  const provider = make(new StaticProvider({ username: "u", password: "p" }, { name: "login" }));
  expect(await errorOf(() => provider.getToken())).toMatchObject({
    code: "config",
    message: expect.stringMatching(/login gives a credential of type "basic", which is no token/),
  });
});

describe("what is no refusal of the token", () => {
  test.each<[object, number]>([
    [{ error: "invalid_scope" }, 400],
    [{ error: "invalid_target" }, 400],
    [{ error: "invalid_client" }, 401],
    [{ error: "unauthorized_client" }, 400],
    [{ error: "temporarily_unavailable" }, 503],
    [{}, 404],
  ])("K4 %j with HTTP %i is not reported to the source", async (body, status) => {
    refused.add("token-1");
    refusal = { body, status };
    const source = sourceAt(home);
    await errorOf(() =>
      (dependents.token_exchange as NonNullable<(typeof dependents)[string]>)(source, { retries: 0 }).getToken(),
    );
    expect(home.seen).toHaveLength(1);
    expect(source.status()).toMatchObject({ state: "fresh", counts: { invalidations: 0 } });
  });

  test.each([["invalid_request"], ["invalid_token"]])("K4 but %s is, as RFC 8693 has it", async (error) => {
    refused.add("token-1");
    refusal = { body: { error }, status: 400 };
    const provider = dependents.token_exchange?.(sourceAt(home));
    expect(await provider?.getToken()).toMatchObject({ token: "exchanged-2-token-2" });
  });
});

test("K4 V2 while the dependent's gate blocks, its source is not asked to see whether that has changed", async () => {
  let asked = 0;
  const source: AuthProvider = {
    type: "own",
    name: "own",
    getToken: async () => {
      asked += 1;
      return Credential.bearer("t0ken");
    },
    invalidate: async (stale) => stale,
  };
  refused.add("t0ken");
  const file = join(await folder({ actor: "act0r" }), "actor");
  const provider = dependents.token_exchange?.(source, { actor_token: { file } }) as AuthProvider;
  await errorOf(() => provider.getToken());
  const before = asked;
  for (let call = 0; call < 3; call += 1) {
    clock.advance(1);
    expect(await errorOf(() => provider.getToken())).toMatchObject({ retryAt: expect.any(Number) });
  }
  expect(asked).toBe(before);
});

test("K4 a token that is older than the last two is not reported: what is current is asked for", async () => {
  const source = sourceAt(home);
  const value = new ProviderToken(source, { key: "assertion", role: "grant" }, "api");
  for (let round = 0; round < 2; round += 1) await source.invalidate(await source.getToken()).then(() => value.read());
  expect(await value.renew("token-1")).toBe("token-3");
  expect(await value.renew("token-2")).toBe("token-3");
  expect(await value.renew("token-3")).toBe("token-4");
  expect(value.secrets).toEqual(["token-4", "token-3"]);
});

test("F5 a source whose tokens the exchange takes is not held for one that is always refused", async () => {
  const source = sourceAt(home);
  for (let round = 1; round <= 6; round += 1) {
    await dependents.token_exchange?.(source).getToken();
    refused.add(`token-${round}`);
    expect(await dependents.token_exchange?.(source).getToken()).toMatchObject({
      token: expect.stringMatching(new RegExp(`-token-${round + 1}$`)),
    });
  }
  expect(home.seen).toHaveLength(7);
});

test("K4 a refresh whose client shows another's token keeps its refresh token while that one fails", async () => {
  away.answerWith(({ form }, response) => {
    json(response, { access_token: "a", refresh_token: `${form.refresh_token}+`, expires_in: 60 });
  });
  const config = { token_url: away.tokenUrl, client_id: "c", refresh_token: "r" };
  const provider = new OAuth2RefreshProvider(
    { ...config, client_assertion: sourceAt(home) },
    { ...runtime, name: "api" },
  );
  const credential = await provider.getToken();
  home.answerWith((_request, response) => json(response, {}, 500));
  clock.advance(4000);
  await errorOf(() => provider.getToken());
  home.answerWith(numberedTokens());
  clock.advance(120);
  expect(await provider.getToken()).not.toBe(credential);
  expect(away.seen.map(({ form }) => form.refresh_token)).toEqual(["r", "r+"]);
});

describe("in a catalog", () => {
  const block = (subject: object) => ({
    api: { type: "token_exchange", config: { token_url: away.tokenUrl, subject_token: subject } },
    github: { type: "oauth2", config: { token_url: home.tokenUrl, client_id: "c", client_secret: "s", scopes: "a" } },
  });

  test("K4 { ref } gives the entry's own object, in any order; { ref, for } another audience of it", async () => {
    const catalog = AuthCatalog.fromConfig(block({ ref: "github" }));
    await catalog.get("github").getToken();
    expect(await catalog.get("api").getToken()).toMatchObject({ token: "exchanged-1-token-1" });
    const other = AuthCatalog.fromConfig(block({ ref: "github", for: { scopes: ["b"] } }));
    await other.get("api").getToken();
    expect(home.seen.map(({ form }) => form.scope)).toEqual(["a", "b"]);
    await Promise.all([catalog.close(), other.close()]);
  });

  test("K4 YAML refers by name, from variables too, and a circle is named", async () => {
    const yaml = (ref: string) => `
vars: { source: github }
auth:
  api:
    type: token_exchange
    config: { token_url: ${away.tokenUrl}, subject_token: { ref: "${ref}" } }
  github:
    type: static
    config: { token: t0ken }
`;
    const catalog = await AuthCatalog.fromYaml(yaml("$" + "{vars.source}"));
    expect(await catalog.get("api").getToken()).toMatchObject({ token: "exchanged-1-t0ken" });
    await catalog.close();
    const assertion = { ref: "b" };
    const circle = {
      a: { type: "jwt_bearer", config: { token_url: away.tokenUrl, assertion } },
      b: {
        type: "token_exchange",
        config: { token_url: away.tokenUrl, subject_token: "t", actor_token: { ref: "c" } },
      },
      c: { type: "oauth2", config: { token_url: away.tokenUrl, client_id: "c", client_assertion: { ref: "a" } } },
    };
    expect(await faultsOf(() => AuthCatalog.fromConfig(circle))).toEqual({
      "auth.c.config.client_assertion.ref": expect.stringContaining("a → b → c → a refer to each other"),
    });
  });

  test("K4 a provider object stands in data of code", async () => {
    const source = sourceAt(home);
    const catalog = AuthCatalog.fromConfig(block(source));
    expect(await catalog.get("api").getToken()).toMatchObject({ token: "exchanged-1-token-1" });
    const plain = { type: "plain", name: "plain", getToken: () => source.getToken(), invalidate: source.invalidate };
    const own = catalog.resolve({ type: "jwt_bearer", config: { token_url: away.tokenUrl, assertion: plain } });
    expect(await own.getToken()).toMatchObject({ token: "exchanged-2-token-1" });
    await catalog.close();
    expect(await source.getToken()).toMatchObject({ token: "token-1" });
  });

  test("K4 D11 a provider that is a plain object is asked itself, by a connector of a document too", async () => {
    const path = join(await folder({ "auth.yaml": "auth: {}", t: "t0ken" }), "auth.yaml");
    const asked: unknown[] = [];
    const plain = {
      type: "plain",
      name: "plain",
      async getToken(): Promise<Credential> {
        asked.push(this);
        return Credential.bearer("of-plain");
      },
      invalidate: async (stale: Credential) => stale,
    };
    await using catalog = await AuthCatalog.load(path);
    const config = { token_url: away.tokenUrl, subject_token: plain, actor_token: { file: "t" } };
    expect(await catalog.resolve({ type: "token_exchange", config }).getToken()).toMatchObject({ type: "bearer" });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toBe(plain);
    expect(away.seen[0]?.form).toMatchObject({ subject_token: "of-plain", actor_token: "t0ken" });
  });

  test("C15 ready() gets a token of each, and names the one that fails", async () => {
    const catalog = AuthCatalog.fromConfig(block({ ref: "github" }), runtime);
    home.answerWith((_request, response) => json(response, { error: "invalid_client" }, 401));
    const error = await errorOf(() => catalog.ready());
    expect((error as unknown as AggregateError).errors).toEqual([
      expect.objectContaining({ provider: "api", message: expect.stringContaining("api needs the token of github") }),
      expect.objectContaining({ provider: "github" }),
    ]);
    await catalog.close();
  });

  test("K4 close() lets a flight of a dependent end, which still asks its source", async () => {
    let answer = (): void => {};
    home.answerWith((_request, response) => {
      answer = () => json(response, { access_token: "late", expires_in: 60 });
    });
    const catalog = AuthCatalog.fromConfig(block({ ref: "github" }));
    const asking = catalog.get("api").getToken();
    await vi.waitFor(() => expect(home.seen).toHaveLength(1));
    const closing = catalog.close();
    await pause(0);
    answer();
    expect(await asking).toMatchObject({ token: "exchanged-1-late" });
    await closing;
  });
});

test("K4 a chain of three: who fails is named first, and then each that needs it", async () => {
  home.answerWith((_request, response) => json(response, { error: "access_denied" }, 403));
  const second = dependents.token_exchange?.(sourceAt(home), {}, { name: "second" }) as AuthProvider;
  const third = dependents.jwt_bearer?.(second, {}, { name: "third" }) as AuthProvider;
  expect(await errorOf(() => third.getToken())).toMatchObject({
    provider: "github",
    message: expect.stringMatching(
      /^github: .*; second needs the token of github as subject_token; third needs the token of second as assertion$/,
    ),
  });
  expect((await errorOf(() => third.getToken())).message).toMatch(/third needs.*not asked again before/);
  expect(home.seen).toHaveLength(1);
});
