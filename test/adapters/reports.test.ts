/** What a client refuses is reported by compare-and-swap: exactly where it names the token, else what it was given last. */

import { describe, expect, test } from "vitest";
import {
  awsToken,
  azureCredential,
  googleRefreshHandler,
  jsforceRefresh,
  mongoOidc,
  neo4jTokenManager,
  smtpXoauth2,
} from "../../src/adapters/index.js";
import { type AuthProvider, Credential, StaticProvider, TokenCache } from "../../src/index.js";
import { over } from "../support/cache-provider.js";
import { errorOf } from "../support/errors.js";
import { type Exchange, manualIssuer, numberedIssuer } from "../support/issuers.js";

interface Client {
  /** Asks as a client does that has nothing against what it has. */
  ask(): Promise<string>;
  /** Asks as a client does whose token was refused. */
  refuse(): Promise<string>;
}

/** Clients that do not say which token was refused: each adapter with what its client calls then. */
const unnamed: Record<string, (provider: AuthProvider) => Client> = {
  azureCredential(provider) {
    const credential = azureCredential(provider);
    return {
      ask: async () => (await credential.getToken("scope", { claims: undefined })).token,
      refuse: async () => (await credential.getToken(["scope"], { claims: "{}" })).token,
    };
  },
  awsToken(provider) {
    const give = awsToken(provider);
    return {
      ask: async () => (await give({ forceRefresh: false })).token,
      refuse: async () => (await give({ forceRefresh: true })).token,
    };
  },
  mongoOidc(provider) {
    const give = mongoOidc(provider);
    const call = async () => (await give({ timeoutContext: new AbortController().signal })).accessToken;
    return { ask: call, refuse: call };
  },
  googleRefreshHandler(provider) {
    const client = { refreshHandler: googleRefreshHandler(provider) };
    const call = async () => (await client.refreshHandler()).access_token;
    return { ask: call, refuse: call };
  },
  smtpXoauth2(provider) {
    const provision = smtpXoauth2(provider);
    const call = (renew: boolean) =>
      new Promise<string>((resolve, reject) => {
        provision("ann", renew, (error, token) => (error ? reject(error) : resolve(token as string)));
      });
    return { ask: () => call(false), refuse: () => call(true) };
  },
};

describe.each(Object.entries(unnamed))("%s", (_name, connect) => {
  test("C3 a refusal reports what this client was given, and gives what has replaced it", async () => {
    const { issue, calls } = numberedIssuer(3600);
    const client = connect(over(new TokenCache(issue)));
    expect([await client.ask(), await client.refuse(), await client.refuse()]).toEqual([
      "token-1",
      "token-2",
      "token-3",
    ]);
    expect(calls.map(({ reason }) => reason)).toEqual(["initial", "invalidated", "invalidated"]);
    expect(calls[2]?.rejected).toEqual(Credential.bearer("token-2"));
  });

  test("C3 a refusal of what others have replaced meanwhile makes no request", async () => {
    const { issue, calls } = numberedIssuer(3600);
    const provider = over(new TokenCache(issue));
    const [mine, other] = [connect(provider), connect(provider)];
    expect(await mine.ask()).toBe("token-1");
    expect(await other.ask()).toBe("token-1");
    expect(await other.refuse()).toBe("token-2");
    expect(await mine.refuse()).toBe("token-2");
    expect(calls).toHaveLength(2);
  });

  test("C3 refusals at once share one request", async () => {
    const { issue, exchanges } = manualIssuer();
    const client = connect(over(new TokenCache(issue)));
    await serve(client.ask(), exchanges, "t1");
    const refusals = Promise.all(Array.from({ length: 100 }, () => client.refuse()));
    expect(await serve(refusals, exchanges, "t2")).toEqual(Array.from({ length: 100 }, () => "t2"));
    expect(exchanges).toHaveLength(2);
  });

  test("C3 a client that was given nothing reports nothing", async () => {
    const { issue, calls } = numberedIssuer(3600);
    const provider = over(new TokenCache(issue));
    await provider.getToken();
    expect(await connect(provider).refuse()).toBe("token-1");
    expect(calls).toHaveLength(1);
  });

  test("a replacement that fails is the client's error, and the next call asks again", async () => {
    const { issue, exchanges } = manualIssuer();
    const client = connect(over(new TokenCache(issue)));
    await serve(client.ask(), exchanges, "t1");
    const refused = errorOf(() => client.refuse());
    const failure = new Error("the IdP is down");
    (exchanges[1] as Exchange).fail(failure);
    expect(await refused).toBe(failure);
    expect(await serve(client.refuse(), exchanges, "t2")).toBe("t2");
  });

  test("a static token that is refused is given again", async () => {
    const client = connect(new StaticProvider({ token: "t0ken" }));
    expect([await client.ask(), await client.refuse()]).toEqual(["t0ken", "t0ken"]);
  });
});

/** What `asked` gives once the exchange that it has begun has given `token`. */
async function serve<T>(asked: Promise<T>, exchanges: readonly Exchange[], token: string): Promise<T> {
  await new Promise(setImmediate);
  (exchanges.at(-1) as Exchange).issue(token);
  return asked;
}

describe("azureCredential", () => {
  test("C3 what was refused for some scopes is what was given for them", async () => {
    const { issue, calls } = numberedIssuer(3600);
    const provider = over(new TokenCache(issue));
    const credential = azureCredential(provider);
    await credential.getToken("a");
    await provider.invalidate(await provider.getToken());
    await credential.getToken(["b", "c"]);
    expect((await credential.getToken("a", { claims: "{}" })).token).toBe("token-2");
    expect(calls).toHaveLength(2);
    expect((await credential.getToken(["b", "c"], { claims: "{}" })).token).toBe("token-3");
  });

  test("D9 perScope asks the provider for each set of scopes, and reports to that", async () => {
    const audiences = new Map<string, AuthProvider>();
    const calls: string[] = [];
    const provider: AuthProvider = {
      ...over(new TokenCache(numberedIssuer().issue)),
      for({ scopes }) {
        const name = [scopes ?? []].flat().join("+");
        const issue = async () => {
          calls.push(name);
          return { credential: Credential.bearer(`${name}-${calls.length}`), expiresIn: 3600 };
        };
        const audience = audiences.get(name) ?? over(new TokenCache(issue));
        audiences.set(name, audience);
        return audience;
      },
    };
    const credential = azureCredential(provider, { perScope: true });
    const tokens = [
      await credential.getToken("a"),
      await credential.getToken(["a"]),
      await credential.getToken(["b", "c"]),
      await credential.getToken("a", { claims: "{}" }),
      await credential.getToken([]),
    ];
    expect(tokens.map(({ token }) => token)).toEqual(["a-1", "a-1", "b+c-2", "a-3", "token-1"]);
    expect(calls).toEqual(["a", "b+c", "a"]);
  });
});

describe("googleRefreshHandler", () => {
  test.each([[299], [undefined]])(
    "a call while %s s are left is no refusal: the client asks ahead",
    async (lifetime) => {
      const { issue, calls } = numberedIssuer(lifetime);
      const client = { refreshHandler: googleRefreshHandler(over(new TokenCache(issue))) };
      for (let call = 0; call < 3; call += 1) expect((await client.refreshHandler()).access_token).toBe("token-1");
      expect(calls).toHaveLength(1);
    },
  );

  test.each([
    [900, 1000, "token-1"],
    [900, 10, "token-2"],
  ])("ahead is what its client says: %d s left, %d s ahead", async (lifetime, ahead, then) => {
    const provider = over(new TokenCache(numberedIssuer(lifetime).issue));
    const client = { eagerRefreshThresholdMillis: ahead * 1000, refreshHandler: googleRefreshHandler(provider) };
    await client.refreshHandler();
    expect((await client.refreshHandler()).access_token).toBe(then);
  });

  test("it may be called as a plain function", async () => {
    const handler = googleRefreshHandler(over(new TokenCache(numberedIssuer(3600).issue)));
    expect([(await handler()).access_token, (await handler()).access_token]).toEqual(["token-1", "token-2"]);
  });
});

/** Clients that name the token which was refused. */
const named: Record<string, (provider: AuthProvider) => { refuse(token: string): Promise<string> }> = {
  jsforceRefresh(provider) {
    const refresh = jsforceRefresh(provider);
    return {
      refuse: (accessToken) =>
        new Promise((resolve, reject) => {
          refresh({ accessToken }, (error, token) => (error ? reject(error) : resolve(token as string)));
        }),
    };
  },
  neo4jTokenManager(provider) {
    const manager = neo4jTokenManager(provider);
    return {
      async refuse(credentials) {
        manager.handleSecurityException({ scheme: "bearer", credentials }, "Neo.ClientError.Security.TokenExpired");
        return (await manager.getToken()).credentials;
      },
    };
  },
};

describe.each(Object.entries(named))("%s", (_name, connect) => {
  test("C3 reports the token that the client names, whoever was given it", async () => {
    const { issue, calls } = numberedIssuer(3600);
    const client = connect(over(new TokenCache(issue)));
    expect(await client.refuse("of another")).toBe("token-1");
    expect(await client.refuse("token-1")).toBe("token-2");
    expect(await client.refuse("token-1")).toBe("token-2");
    expect(await client.refuse("token-2")).toBe("token-3");
    expect(calls).toHaveLength(3);
  });

  test("C3 tokens of other kinds are named by their text too", async () => {
    let issued = 0;
    const issue = async () => {
      issued += 1;
      return { credential: Credential.header("X-Api-Key", `k3y-${issued}`) };
    };
    const client = connect(over(new TokenCache(issue)));
    await client.refuse("nothing yet");
    expect(await client.refuse("k3y-1")).toBe("k3y-2");
    expect(issued).toBe(2);
  });
});

describe("jsforceRefresh", () => {
  const refreshed = (provider: AuthProvider, accessToken?: string | null) =>
    new Promise((resolve, reject) => {
      jsforceRefresh(provider)({ accessToken }, (error, token) => (error ? reject(error) : resolve(token)));
    });

  test.each([[undefined], [null], [""]])("a connection whose token is %j reports nothing", async (none) => {
    const { issue, calls } = numberedIssuer(3600);
    expect(await refreshed(over(new TokenCache(issue)), none)).toBe("token-1");
    expect(calls).toHaveLength(1);
  });

  test("the same token again is an error: jsforce would send it for ever", async () => {
    const error = await errorOf(() => refreshed(new StaticProvider({ token: "t0ken" }), "t0ken"));
    expect(error.message).toBe("the API has refused the token, and the provider has no other");
  });

  test("what cannot be a token is the client's error, not an unhandled rejection", async () => {
    const error = await errorOf(() => refreshed(over(new TokenCache(numberedIssuer().issue)), "a\nb"));
    expect(error).toBeInstanceOf(TypeError);
  });
});

describe("neo4jTokenManager", () => {
  const EXPIRED = "Neo.ClientError.Security.TokenExpired";

  test("what the driver asks for next waits for what replaces a refused token", async () => {
    const { issue, exchanges } = manualIssuer();
    const manager = neo4jTokenManager(over(new TokenCache(issue)));
    const first = await serve(manager.getToken(), exchanges, "t1");
    expect(first).toEqual({ scheme: "bearer", credentials: "t1" });
    expect(manager.handleSecurityException(first, EXPIRED)).toBe(true);
    expect(manager.handleSecurityException(first, "Neo.ClientError.Security.Unauthorized")).toBe(true);
    const next = manager.getToken();
    expect(await serve(next, exchanges, "t2")).toEqual({ scheme: "bearer", credentials: "t2" });
    expect(exchanges).toHaveLength(2);
  });

  test.each(["Neo.ClientError.Security.Forbidden", "Neo.ClientError.Security.CredentialsExpired", "constructor"])(
    "%s is no refusal of a token",
    async (code) => {
      const { issue, calls } = numberedIssuer(3600);
      const manager = neo4jTokenManager(over(new TokenCache(issue)));
      expect(manager.handleSecurityException(await manager.getToken(), code)).toBe(false);
      await manager.getToken();
      expect(calls).toHaveLength(1);
    },
  );

  test("a token that nothing replaces is not tried again", async () => {
    const manager = neo4jTokenManager(new StaticProvider({ token: "t0ken" }));
    const token = await manager.getToken();
    expect(manager.handleSecurityException(token, EXPIRED)).toBe(true);
    expect(await manager.getToken()).toEqual(token);
    expect(manager.handleSecurityException(token, EXPIRED)).toBe(false);
  });

  test("a replacement that fails is the error of what the driver asks for next", async () => {
    const { issue, exchanges } = manualIssuer();
    const manager = neo4jTokenManager(over(new TokenCache(issue)));
    const first = await serve(manager.getToken(), exchanges, "t1");
    expect(manager.handleSecurityException(first, EXPIRED)).toBe(true);
    (exchanges[1] as Exchange).fail(new Error("the IdP is down"));
    const next = errorOf(() => manager.getToken());
    await new Promise(setImmediate);
    exchanges[2]?.fail(new Error("the IdP is still down"));
    expect((await next).message).toMatch(/^the IdP is/);
  });
});

describe("signals", () => {
  test("C8 the driver of MongoDB that waits no longer gets its reason, and the flight goes on", async () => {
    const { issue, exchanges } = manualIssuer();
    const give = mongoOidc(over(new TokenCache(issue)));
    const waiting = new AbortController();
    const left = errorOf(() => give({ timeoutContext: waiting.signal }));
    const other = give();
    waiting.abort(new Error("too late"));
    expect((await left).message).toBe("too late");
    expect((await serve(other, exchanges, "t1")).accessToken).toBe("t1");
  });

  test.each([
    ["before", true],
    ["while it waits", false],
  ])("C8 a signal that Azure aborts %s ends that wait", async (_when, isEarly) => {
    const { issue, exchanges } = manualIssuer();
    const credential = azureCredential(over(new TokenCache(issue)));
    const asked = new AbortController();
    if (isEarly) asked.abort();
    const left = errorOf(() => credential.getToken("scope", { abortSignal: asked.signal }));
    await new Promise(setImmediate);
    asked.abort();
    expect((await left).name).toBe("AbortError");
    expect(exchanges).toHaveLength(isEarly ? 0 : 1);
  });

  test("C8 a signal of an older Azure SDK, which has no reason, ends a wait as well, and is let go of", async () => {
    const listeners = new Set<() => void>();
    const signal = {
      aborted: false,
      addEventListener: (_type: "abort", listener: () => void) => void listeners.add(listener),
      removeEventListener: (_type: "abort", listener: () => void) => void listeners.delete(listener),
    };
    const { issue } = manualIssuer();
    const credential = azureCredential(over(new TokenCache(issue)));
    const left = errorOf(() => credential.getToken("scope", { abortSignal: signal }));
    await new Promise(setImmediate);
    for (const listener of listeners) listener();
    expect((await left).name).toBe("AbortError");
    expect(listeners.size).toBe(0);
  });
});
