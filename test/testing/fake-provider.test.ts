/** The fake provider behaves as a provider does, and as the test tells it to. */

import { describe, expect, test } from "vitest";
import { authFetch, ConfigError, Credential, TransportError } from "../../src/index.js";
import { fakeProvider } from "../../src/testing/index.js";
import { startApi } from "../support/api.js";
import { errorOf } from "../support/errors.js";
import { eventually } from "../support/eventually.js";

const bearer = (credential: Credential | undefined): string | undefined =>
  credential && Credential.authorizationValue(credential);

describe("a fake provider", () => {
  test("C1 C2 gives one token to all callers, until it has expired", async () => {
    const auth = fakeProvider();
    const given = await Promise.all([auth.getToken(), auth.getToken(), auth.getToken()]);
    expect(new Set(given).size).toBe(1);
    expect(bearer(given[0])).toBe("Bearer token-1");
    auth.expire();
    expect(bearer(await auth.getToken())).toBe("Bearer token-2");
    expect(auth.issued.map(bearer)).toEqual(["Bearer token-1", "Bearer token-2"]);
    expect(auth.current).toBe(auth.issued[1]);
  });

  test("C13 current and issued are the credentials that callers and watchers have, with their expiry", async () => {
    const auth = fakeProvider({ tokens: ["a", "a", Credential.basic("u", "p")] });
    const first = await auth.getToken();
    expect(auth.current).toBe(first);
    expect(Credential.expiresAt(auth.current as Credential)).toBe(auth.status().expiresAt);
    const second = await auth.invalidate(first);
    expect(auth.current).toBe(second);
    await auth.ready();
    auth.expire();
    const heard: boolean[] = [];
    using _watch = auth.watch((credential) => void heard.push(credential === auth.current));
    await eventually(() => expect(heard).toEqual([true]));
    const third = await auth.getToken();
    const given = [first, second, third];
    expect(auth.issued.map((credential) => given.indexOf(credential))).toEqual([0, 1, 2]);
    expect(() => auth.watch(undefined as never)).toThrow(TypeError);
  });

  test("C3 of a hundred reports of one token, one brings another", async () => {
    const auth = fakeProvider({ tokens: ["a", "b"] });
    const stale = await auth.getToken();
    const next = await Promise.all(Array.from({ length: 100 }, () => auth.invalidate(stale)));
    expect(new Set(next.map(bearer))).toEqual(new Set(["Bearer b"]));
    expect(auth.issued).toHaveLength(2);
    expect(auth.reported).toEqual(Array(100).fill(stale));
  });

  test("W1 a token that the test refuses is replaced by a connector, once for all requests", async () => {
    const auth = fakeProvider();
    const api = await startApi();
    api.answerWith(({ headers }, response) => {
      response.writeHead(auth.accepts(headers.authorization) ? 200 : 401).end();
    });
    const send = authFetch(auth);
    const statuses = async () =>
      (await Promise.all([1, 2, 3, 4].map(() => send(api.origin)))).map(({ status }) => status);
    expect(await statuses()).toEqual([200, 200, 200, 200]);
    auth.refuse();
    expect(await statuses()).toEqual([200, 200, 200, 200]);
    expect(auth.issued).toHaveLength(2);
  });

  test("accepts what was issued, is not over and not refused, whatever its kind", async () => {
    const basic = Credential.basic("u", "p");
    const auth = fakeProvider({ tokens: ["a", basic, Credential.query("k", "v")] });
    expect([auth.accepts(undefined), auth.accepts(null), auth.accepts("Bearer a")]).toEqual([false, false, false]);
    const first = await auth.getToken();
    expect([auth.accepts(first), auth.accepts("Bearer a"), auth.accepts("Bearer b")]).toEqual([true, true, false]);
    auth.expire();
    expect(auth.accepts(first)).toBe(false);
    await auth.getToken();
    expect(auth.accepts(`Basic ${Buffer.from("u:p").toString("base64")}`)).toBe(true);
    auth.refuse(first);
    expect(auth.accepts(basic)).toBe(true);
    auth.refuse();
    expect(auth.accepts(basic)).toBe(false);
    await auth.rotate();
    expect(auth.accepts(Credential.query("k", "v"))).toBe(true);
  });

  test("C14 rotate() brings another token, which those who watch are told of", async () => {
    const auth = fakeProvider();
    const seen: (string | undefined)[] = [];
    await auth.getToken();
    using _watch = auth.watch((credential) => void seen.push(bearer(credential)));
    expect(bearer(await auth.rotate())).toBe("Bearer token-2");
    expect(seen).toEqual(["Bearer token-1", "Bearer token-2"]);
    expect(auth.accepts("Bearer token-1")).toBe(true);
    const forever = fakeProvider({ expiresIn: null });
    expect(bearer(await forever.rotate())).toBe("Bearer token-1");
    expect(bearer(await forever.rotate())).toBe("Bearer token-2");
    expect(() => forever.expire()).toThrow("has no lifetime");
  });

  test.each([null, 3600])("F5 rotate() brings another token each time, of a lifetime of %j", async (expiresIn) => {
    const auth = fakeProvider({ expiresIn });
    const rotated = [1, 2, 3, 4, 5, 6, 7].map((n) => `Bearer token-${n}`);
    for (const token of rotated) expect(bearer(await auth.rotate())).toBe(token);
    const together = await Promise.all([auth.rotate(), auth.rotate()]);
    expect(together.map(bearer)).toEqual(["Bearer token-8", "Bearer token-8"]);
    // To rotate is no sign of an API that refuses everything.
    for (const token of ["Bearer token-9", "Bearer token-10", "Bearer token-11"]) {
      expect(bearer(await auth.invalidate(auth.current as Credential))).toBe(token);
    }
  });

  test.each([null, 3600])(
    "F3 rotate() rejects where no other token can be had, of a lifetime of %j",
    async (expiresIn) => {
      const auth = fakeProvider({ expiresIn });
      const current = await auth.getToken();
      const down = new TransportError("down");
      auth.failWith(down);
      for (const _time of [1, 2, 3]) expect(await errorOf(() => auth.rotate())).toBe(down);
      expect(await auth.getToken()).toBe(current);
      auth.recover();
      expect(bearer(await auth.rotate())).toBe("Bearer token-2");
      auth.failWith();
      expect(await errorOf(() => auth.rotate())).toMatchObject({ error: "invalid_grant" });
      auth.recover();
      expect(bearer(await auth.rotate())).toBe("Bearer token-3");
    },
  );

  test("F3 F4 fails as it is told, serves what is good meanwhile, and recovers at once", async () => {
    const auth = fakeProvider();
    await auth.getToken();
    auth.failWith();
    expect(bearer(await auth.getToken())).toBe("Bearer token-1");
    auth.expire();
    const failure = await errorOf(() => auth.getToken());
    expect(failure).toMatchObject({ code: "auth", error: "invalid_grant", retryable: false, provider: "fake" });
    expect(await errorOf(() => auth.getToken())).toMatchObject({ retryAt: expect.any(Number) });
    auth.recover();
    expect(bearer(await auth.getToken())).toBe("Bearer token-2");
    const down = new TransportError("down");
    auth.failWith(down);
    auth.advance(3600);
    expect(await errorOf(() => auth.ready())).toBe(down);
    expect(auth.status()).toMatchObject({ state: "failing", generation: 2 });
  });

  test("says what it is, and refuses calls once it is closed", async () => {
    const auth = fakeProvider({ name: "sf", type: "oauth2_refresh", refusedStatuses: [401, 419] });
    expect(auth).toMatchObject({ name: "sf", type: "oauth2_refresh", refusedStatuses: [401, 419] });
    expect(auth.current).toBeUndefined();
    expect(() => auth.expire()).toThrow("call getToken() first");
    expect(() => auth.refuse()).toThrow("call getToken() first");
    await auth[Symbol.asyncDispose]();
    expect(await errorOf(() => auth.getToken())).toMatchObject({ code: "closed" });
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, -1, "7", undefined])(
    "G5 does not advance by %j",
    async (seconds) => {
      const auth = fakeProvider();
      expect(() => auth.advance(seconds as never)).toThrow("seconds: must be a number from zero on");
      const first = await auth.getToken();
      expect(await auth.getToken()).toBe(first);
    },
  );

  test("G5 refuses credentials only", async () => {
    const auth = fakeProvider();
    await auth.getToken();
    expect(() => auth.refuse("token-1" as never)).toThrow("credential: must be a credential");
  });

  test.each([
    [{ tokns: ["a"] }, "tokns: unknown option"],
    [{ tokens: ["a", ""] }, "tokens: [1] must be a text or a credential"],
    [{ expiresIn: 0 }, "expiresIn: must be a number of seconds above zero"],
    [{ name: "" }, "name: must be a non-empty string"],
    [{ refusedStatuses: 401 }, "refusedStatuses: must be a list"],
    [null, "options: must be an object"],
  ])("G5 refuses the options %j", (options, message) => {
    const make = () => fakeProvider(options as never);
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(message);
  });
});
