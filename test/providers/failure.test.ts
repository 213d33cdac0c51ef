import { channel } from "node:diagnostics_channel";
import { Agent } from "undici";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Credential, type FetchingConfig, StaticProvider } from "../../src/index.js";
import { testClock } from "../support/clock.js";
import { errorOf } from "../support/errors.js";
import { eventually } from "../support/eventually.js";
import { json, numberedTokens, startIdp } from "../support/idp.js";
import { fetching, fetchingTypes } from "../support/providers.js";

/** Chance at its lowest: waits of full jitter take no time. */
const random = () => 0;

/** Seconds pass when the test says so, for all that waits; sockets have their own time. */
const stopTime = () => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });

afterEach(() => vi.useRealTimers());

describe.each(fetchingTypes)("%s", (type, make) => {
  test.each([[503], [429], [500]])("F2 a %i is tried again, and callers see nothing of it", async (status) => {
    const idp = await startIdp((request, response, n) =>
      n < 3 ? json(response, {}, status) : numberedTokens()(request, response, n),
    );
    const provider = make(idp, {}, { random });
    expect(await provider.getToken()).toEqual(Credential.bearer("token-3"));
    expect(provider.status()).toMatchObject({ name: type, counts: { flights: 1, tokenRequests: 3, failures: 0 } });
  });

  test("F2 retries: 0 tries once; a terminal answer is not tried again", async () => {
    const idp = await startIdp((_request, response) => json(response, {}, 503));
    await errorOf(() => make(idp, { retries: 0 }, { random }).getToken());
    expect(idp.seen).toHaveLength(1);
    idp.answerWith((_request, response) => json(response, { error: "invalid_client" }, 401));
    await errorOf(() => make(idp, {}, { random }).getToken());
    expect(idp.seen).toHaveLength(2);
  });

  test("F2 a Retry-After that does not fit ends the flight, and the gate honours it", async () => {
    const clock = testClock();
    const idp = await startIdp((_request, response) => json(response, {}, 429, { "retry-after": "90" }));
    const provider = make(idp, {}, { random, clock });
    expect(await errorOf(() => provider.getToken())).toMatchObject({ status: 429, retryAfter: 90, retryable: true });
    clock.advance(89);
    expect(await errorOf(() => provider.getToken())).toMatchObject({ retryAt: clock.now + 1000 });
    expect(idp.seen).toHaveLength(1);
  });

  test("F2 a Retry-After as a date counts by the server's clock", async () => {
    const date = "Mon, 23 Nov 2026 12:00:00 GMT";
    const headers = { date, "retry-after": "Mon, 23 Nov 2026 12:02:00 GMT" };
    const idp = await startIdp((_request, response) => json(response, {}, 503, headers));
    expect(await errorOf(() => make(idp, {}, { random }).getToken())).toMatchObject({ retryAfter: 120 });
  });

  test("F4 a dead IdP is not asked by every connector in turn", async () => {
    const clock = testClock();
    const idp = await startIdp((_request, response) => json(response, {}, 500));
    const provider = make(idp, { retries: 0 }, { random, clock });
    for (let n = 0; n < 2; n += 1) await errorOf(() => provider.getToken());
    const errors = await Promise.all(Array.from({ length: 1000 }, () => errorOf(() => provider.getToken())));
    expect(errors.every(({ retryAt }) => retryAt === clock.now + 500)).toBe(true);
    expect(idp.seen).toHaveLength(2);
    expect(provider.status()).toMatchObject({ state: "failing", consecutiveFailures: 2, retryAt: clock.now + 500 });
  });

  test("H2 timeout_secs is the deadline of all attempts together", async () => {
    stopTime();
    const idp = await startIdp(() => {});
    const failed = vi.fn();
    make(idp, { timeout_secs: 9 }, { random, dispatcher: new Agent() }).getToken().catch(failed);
    for (const attempts of type === "oauth2_refresh" ? [1, 1, 1] : [1, 2, 3]) {
      await eventually(() => expect(idp.seen).toHaveLength(attempts));
      expect(failed).not.toHaveBeenCalled();
      // A third, and the wait of no time that comes before the next attempt.
      await vi.advanceTimersByTimeAsync(3001);
    }
    expect(failed).toHaveBeenCalledWith(expect.objectContaining({ code: "transport" }));
    expect(idp.seen).toHaveLength(type === "oauth2_refresh" ? 1 : 3);
  });

  test("F6 refresh: background serves the good token while the next is on its way", async () => {
    const clock = testClock();
    const idp = await startIdp(numberedTokens({ expires_in: 100 }));
    const provider = make(idp, { refresh: "background" }, { random, clock });
    const token = await provider.getToken();
    clock.advance(90);
    expect(await provider.getToken()).toBe(token);
    while ((await provider.getToken()) === token) await new Promise(setImmediate);
    expect(await provider.getToken()).toEqual(Credential.bearer("token-2"));
    expect(idp.seen).toHaveLength(2);
  });

  test.each([
    [{ retries: -1 }, "retries"],
    [{ retries: 1.5 }, "retries"],
    [{ retries: 11 }, "retries"],
    [{ timeout_secs: 0 }, "timeout_secs"],
    [{ timeout_secs: 3601 }, "timeout_secs"],
    [{ refresh: "never" }, "refresh"],
  ])("G2 %j is a fault", async (config, path) => {
    const error = await errorOf(() => make({ tokenUrl: "https://idp.example" }, config as FetchingConfig));
    expect(error).toMatchObject({ code: "config", issues: [{ path }] });
  });
});

describe("F2 a refresh whose answer was lost", () => {
  test("F2 is retried at once with the same refresh token, within whose grace the answer comes again", async () => {
    const idp = await startIdp((_request, response, n) => {
      if (n === 2) response.destroy();
      else json(response, { access_token: `t${n}`, refresh_token: `r${n}` });
    });
    const provider = fetching.oauth2_refresh(
      idp,
      { refresh_token: "r0" },
      { random: () => 0.999, dispatcher: new Agent() },
    );
    await provider.invalidate(await provider.getToken());
    expect(idp.seen.map(({ form }) => form.refresh_token)).toEqual(["r0", "r1", "r1"]);
  });

  test("F2 one that was never sent is not: it waits as any other", async () => {
    const waits: number[] = [];
    const hear = (event: unknown) => waits.push((event as { delay: number }).delay);
    channel("faucet-auth:retry").subscribe(hear);
    const options = { random: () => 0.5, dispatcher: new Agent() };
    const provider = fetching.oauth2_refresh({ tokenUrl: "http://127.0.0.1:1/token" }, {}, options);
    expect(await errorOf(() => provider.getToken())).toMatchObject({ code: "transport", unsent: true });
    channel("faucet-auth:retry").unsubscribe(hear);
    expect(waits).toEqual([100, 200]);
  });

  test("H2 at the deadline no further attempt is counted that was never made", async () => {
    // A timer may fire a little before the clock says so: then some time seems to be left.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const idp = await startIdp(() => {});
    const provider = fetching.oauth2_refresh(idp, { timeout_secs: 9 }, { random, dispatcher: new Agent() });
    const failed = errorOf(() => provider.getToken());
    await eventually(() => expect(idp.seen).toHaveLength(1));
    await vi.advanceTimersByTimeAsync(9000);
    expect(await failed).toMatchObject({ code: "transport" });
    expect(provider.status().counts.tokenRequests).toBe(1);
    expect(idp.seen).toHaveLength(1);
  });

  test.each([["oauth2_refresh"], ["oauth2"]] as const)(
    "F4 rotations that come with unusable tokens do not keep the gate of %s open",
    async (type) => {
      const clock = testClock();
      const idp = await startIdp((_request, response, n) =>
        json(response, { access_token: "", refresh_token: `r${n}` }),
      );
      const provider = fetching[type](idp, {}, { random, clock });
      for (let n = 0; n < 50; n += 1) await errorOf(() => provider.getToken());
      expect(idp.seen).toHaveLength(1);
      idp.answerWith(numberedTokens());
      clock.advance(30);
      expect(await provider.getToken()).toEqual(Credential.bearer("token-2"));
      if (type === "oauth2_refresh") expect(idp.seen[1]?.form.refresh_token).toBe("r1");
    },
  );
});

test("a static provider is always fresh", () => {
  const clock = testClock();
  expect(new StaticProvider({ token: "t" }, { clock, name: "fixed" }).status()).toEqual({
    name: "fixed",
    state: "fresh",
    generation: 1,
    issuedAt: clock.now,
    inFlight: false,
    consecutiveFailures: 0,
    counts: { flights: 0, tokenRequests: 0, failures: 0, joined: 0, invalidations: 0 },
  });
});

describe.each(fetchingTypes)("%s: retry_on", (_type, make) => {
  test("F2 a status or a code that is listed is tried again, and any other is not", async () => {
    const answers: [body: object, status: number][] = [
      [{ error: "quota" }, 403],
      [{ error: "slow_down" }, 400],
      [{ access_token: "t", expires_in: 60 }, 200],
    ];
    const idp = await startIdp((_request, response, n) => json(response, ...(answers[n - 1] as [object, number])));
    const provider = make(idp, { retry_on: [403, "slow_down"], retries: 2 }, { random: () => 0 });
    expect(await provider.getToken()).toMatchObject({ token: "t" });
    expect(idp.seen).toHaveLength(3);
    const other = await startIdp((_request, response) => json(response, { error: "invalid_client" }, 401));
    const refused = make(other, { retry_on: [403, "slow_down"] });
    expect(await refused.getToken().catch((error) => error)).toMatchObject({ retryable: false, status: 401 });
    expect(other.seen).toHaveLength(1);
  });
});
