/** Adapters that watch: each new token reaches the client, in order, once, until it is disposed of. */

import { inspect } from "node:util";
import { describe, expect, test, vi } from "vitest";
import { currentToken, onToken, redisCredentials } from "../../src/adapters/index.js";
import { type AuthProvider, Credential, TokenCache } from "../../src/index.js";
import { over } from "../support/cache-provider.js";
import { testClock } from "../support/clock.js";
import { errorOf } from "../support/errors.js";
import { eventually } from "../support/eventually.js";
import { manualIssuer, numberedIssuer } from "../support/issuers.js";
import { hearWarnings } from "../support/warnings.js";

/** Replaces the provider's token; whoever watches has heard of it when this resolves. */
async function rotate(provider: AuthProvider): Promise<void> {
  await provider.invalidate(await provider.getToken());
  await new Promise(setImmediate);
}

describe("onToken", () => {
  test("C14 gets the first token and each later one, with what is known of it, until it is disposed of", async () => {
    const provider = over(new TokenCache(numberedIssuer(3600).issue));
    const seen: string[] = [];
    const watch = onToken(provider, (token, { credential, expiresAt }) => {
      seen.push(token);
      expect([credential, expiresAt]).toEqual([Credential.bearer(token), Credential.expiresAt(credential)]);
      expect(expiresAt).toBeGreaterThan(Date.now());
    });
    await eventually(() => expect(seen).toEqual(["token-1"]));
    await rotate(provider);
    await rotate(provider);
    expect(seen).toEqual(["token-1", "token-2", "token-3"]);
    watch[Symbol.dispose]();
    await rotate(provider);
    expect(seen).toHaveLength(3);
  });

  test("C14 disposed of while a token is on its way, it is not called any more", async () => {
    const provider = over(new TokenCache(numberedIssuer(3600).issue));
    const use = vi.fn();
    await provider.getToken();
    const watch = onToken(provider, use);
    watch[Symbol.dispose]();
    await rotate(provider);
    expect(use).not.toHaveBeenCalled();
    await eventually(() => watch[Symbol.dispose]());
  });

  test("C14 a renewal that fails goes to onError, and the next token comes all the same", async () => {
    const { issue, exchanges } = manualIssuer();
    const provider = over(new TokenCache(issue));
    const [use, onError] = [vi.fn(), vi.fn()];
    const watch = onToken(provider, use, { onError });
    await eventually(() => exchanges[0]?.issue("t1") ?? expect(exchanges).toHaveLength(1));
    await eventually(() => expect(use).toHaveBeenCalledTimes(1));
    const refused = errorOf(async () => provider.invalidate(await provider.getToken()));
    await eventually(() => expect(exchanges).toHaveLength(2));
    const failure = new Error("the IdP is down");
    exchanges[1]?.fail(failure);
    await refused;
    await eventually(() => expect(onError).toHaveBeenCalled());
    expect(onError.mock.calls[0]?.[0]).toBe(failure);
    watch[Symbol.dispose]();
  });

  test("S1 a client that fails to take a token is a warning, without the token", async () => {
    const warnings = hearWarnings("FAUCET_AUTH_WATCH_LISTENER");
    const provider = over(new TokenCache(numberedIssuer(3600).issue));
    const watch = onToken(provider, async (token) => {
      throw new Error(`cannot use ${token}`);
    });
    const heard = await eventually(async () => {
      const all = await warnings.all();
      expect(all).toHaveLength(1);
      return all;
    });
    expect(inspect(heard)).not.toContain("token-1");
    watch[Symbol.dispose]();
  });

  test("a credential that is no text is a TypeError for onError", async () => {
    const provider = over(new TokenCache(async () => ({ credential: Credential.basic("ann", "s3cr3t") })));
    const [use, onError] = [vi.fn(), vi.fn()];
    const watch = onToken(provider, use, { onError });
    await eventually(() => expect(onError).toHaveBeenCalledTimes(1));
    expect(onError.mock.calls[0]?.[0]).toMatchObject({ name: "TypeError", message: expect.stringContaining("basic") });
    expect(use).not.toHaveBeenCalled();
    watch[Symbol.dispose]();
  });

  test("what is no function is a TypeError", () => {
    const provider = over(new TokenCache(numberedIssuer().issue));
    expect(() => onToken(provider, "log" as never)).toThrow(/a function that gets each token/);
  });
});

describe("currentToken", () => {
  test("C14 gives at once what is current, and after disposal stays at what it has", async () => {
    const provider = over(new TokenCache(numberedIssuer(3600).issue));
    const current = await currentToken(provider);
    expect(current()).toBe("token-1");
    await rotate(provider);
    expect([current(), current()]).toEqual(["token-2", "token-2"]);
    current[Symbol.dispose]();
    await rotate(provider);
    expect(current()).toBe("token-2");
  });

  test("C14 is renewed although nobody asks for a token", async () => {
    const clock = testClock();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const provider = over(new TokenCache(numberedIssuer(100).issue, { clock }));
      const current = await currentToken(provider);
      for (let step = 0; step < 100; step += 1) {
        clock.advance(1);
        await vi.advanceTimersByTimeAsync(1000);
      }
      expect(current()).toBe("token-2");
      current[Symbol.dispose]();
    } finally {
      vi.useRealTimers();
    }
  });

  test("rejects where there is no first token, and watches nothing then", async () => {
    const watch = vi.fn();
    const provider = { ...over(new TokenCache(() => Promise.reject(new Error("no token")))), watch };
    expect((await errorOf(() => currentToken(provider))).message).toBe("no token");
    expect(watch).not.toHaveBeenCalled();
  });

  test("S1 prints without its token", async () => {
    const current = await currentToken(over(new TokenCache(numberedIssuer(3600).issue)));
    expect(inspect(current, { showHidden: true, depth: null })).not.toContain("token-1");
    expect(String(current)).not.toContain("token-1");
    current[Symbol.dispose]();
  });
});

/** What node-redis calls a failed login: the server's answer, or what is wrong with the connection. */
const refused = new Error("Re-authentication with latest credentials failed: WRONGPASS invalid username-password pair");
const closed = new Error("Re-authentication with latest credentials failed: The client is closed");
const reset = new Error("Re-authentication with latest credentials failed: Socket closed unexpectedly");

describe("redisCredentials", () => {
  test("C14 each connection logs in with the current token, and anew with each later one", async () => {
    const provider = over(new TokenCache(numberedIssuer(3600).issue));
    const credentials = redisCredentials(provider, { username: "reports" });
    const [one, other] = [vi.fn(), vi.fn()];
    const [first, subscription] = await credentials.subscribe({ onNext: one, onError: vi.fn() });
    await rotate(provider);
    const [second] = await credentials.subscribe({ onNext: other, onError: vi.fn() });
    await rotate(provider);
    const login = (password: string) => ({ username: "reports", password });
    expect([first, second]).toEqual([login("token-1"), login("token-2")]);
    expect(one.mock.calls).toEqual([[login("token-2")], [login("token-3")]]);
    expect(other.mock.calls).toEqual([[login("token-3")]]);
    subscription.dispose();
    await rotate(provider);
    expect(one).toHaveBeenCalledTimes(2);
    expect(other).toHaveBeenLastCalledWith(login("token-4"));
  });

  test("without a user name there is none in the login", async () => {
    const credentials = redisCredentials(over(new TokenCache(numberedIssuer(3600).issue)));
    const [login] = await credentials.subscribe({ onNext() {}, onError() {} });
    expect(login).toEqual({ password: "token-1" });
    expect(Object.keys(login)).toEqual(["password"]);
  });

  test("C3 a token that the server refuses is reported, whichever connection it was sent on", async () => {
    const { issue, calls } = numberedIssuer(3600);
    const provider = over(new TokenCache(issue));
    const onError = vi.fn();
    const credentials = redisCredentials(provider, { onError });
    const sent: unknown[] = [];
    await credentials.subscribe({
      async onNext({ password }) {
        sent.push(password);
        await null;
        if (password === "token-2") credentials.onReAuthenticationError(refused);
      },
      onError: vi.fn(),
    });
    await rotate(provider);
    await eventually(() => expect(sent).toEqual(["token-2", "token-3"]));
    expect(calls[2]?.rejected).toEqual(Credential.bearer("token-2"));
    expect(onError.mock.calls).toEqual([[refused]]);
  });

  test("C3 a late refusal names the token that was sent, not the one that is current", async () => {
    const { issue, calls } = numberedIssuer(3600);
    const provider = over(new TokenCache(issue));
    const credentials = redisCredentials(provider);
    let refuseLate = (): void => {};
    const answer = new Promise<void>((resolve) => {
      refuseLate = resolve;
    });
    await credentials.subscribe({
      async onNext({ password }) {
        await answer;
        if (password === "token-2") credentials.onReAuthenticationError(refused);
      },
      onError: vi.fn(),
    });
    await rotate(provider);
    await rotate(provider);
    refuseLate();
    await new Promise(setImmediate);
    expect(calls).toHaveLength(3);
  });

  test("C3 a refusal that comes from nowhere is of what was given last", async () => {
    const { issue, calls } = numberedIssuer(3600);
    const credentials = redisCredentials(over(new TokenCache(issue)));
    credentials.onReAuthenticationError(refused);
    await credentials.subscribe({ onNext() {}, onError() {} });
    credentials.onReAuthenticationError(refused);
    await eventually(() => expect(calls).toHaveLength(2));
    expect(calls[1]?.rejected).toEqual(Credential.bearer("token-1"));
  });

  test("a connection that is lost says nothing of its token", async () => {
    const { issue, calls } = numberedIssuer(3600);
    const onError = vi.fn();
    const credentials = redisCredentials(over(new TokenCache(issue)), { onError });
    await credentials.subscribe({ onNext() {}, onError() {} });
    credentials.onReAuthenticationError(reset);
    await new Promise(setImmediate);
    expect([calls.length, onError.mock.calls]).toEqual([1, [[reset]]]);
  });

  test("a client that was closed after it had reconnected is let go of", async () => {
    const provider = over(new TokenCache(numberedIssuer(3600).issue));
    const credentials = redisCredentials(provider);
    const [left, alive] = [vi.fn(async () => {}), vi.fn()];
    await credentials.subscribe({
      async onNext() {
        await left();
        credentials.onReAuthenticationError(closed);
      },
      onError: vi.fn(),
    });
    await credentials.subscribe({ onNext: alive, onError: vi.fn() });
    await rotate(provider);
    await rotate(provider);
    expect([left.mock.calls.length, alive.mock.calls.length]).toEqual([1, 2]);
  });

  test("a report that fails is told once, however many connections there are, and is no unhandled rejection", async () => {
    const { issue, exchanges } = manualIssuer();
    const onError = vi.fn();
    const credentials = redisCredentials(over(new TokenCache(issue)), { onError });
    const subscribed = [1, 2, 3].map(() => credentials.subscribe({ onNext() {}, onError() {} }));
    exchanges[0]?.issue("t1");
    await Promise.all(subscribed);
    credentials.onReAuthenticationError(refused);
    await eventually(() => expect(exchanges).toHaveLength(2));
    const failure = new Error("the IdP is down");
    exchanges[1]?.fail(failure);
    await eventually(() => expect(onError.mock.calls.flat()).toContain(failure));
    await new Promise(setImmediate);
    expect(onError.mock.calls).toEqual([[refused], [failure]]);
  });
});
