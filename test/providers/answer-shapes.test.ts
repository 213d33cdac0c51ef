/** Answers of other shapes, on every type that fetches (A4, A7, A10): the keys, and what follows from them over time. */

import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { Credential } from "../../src/index.js";
import { jwtWith } from "../support/answers.js";
import { testClock } from "../support/clock.js";
import { errorOf } from "../support/errors.js";
import { faultsOf } from "../support/faults.js";
import { type Answer, json, startIdp } from "../support/idp.js";
import { fetchingTypes } from "../support/providers.js";
import { hearWarnings } from "../support/warnings.js";

const DATE = "Wed, 25 Nov 2026 12:00:00 GMT";
const NOON = Date.parse(DATE) / 1000;
const nested = { token_path: "$.data.token", expiry_path: "$.data.ttl" };

/** Says what time it is for the server, whatever time it is here. */
const dated = (body: (n: number) => object): Answer => {
  return (_request, response, n) => json(response, body(n), 200, { date: DATE });
};

describe.each(fetchingTypes)("%s", (type, make) => {
  test.each([
    ["seconds", 100],
    ["milliseconds", 100_000],
    ["epoch_seconds", NOON + 100],
    ["epoch_milliseconds", NOON * 1000 + 100_000],
    ["datetime", "2026-11-25T12:01:40Z"],
    ["duration", "0:00:01:40"],
    ["jwt", jwtWith({ exp: NOON + 100 })],
  ])("A7 a token with a lifetime in %s is used for its share of it", async (expiry_format, ttl) => {
    const clock = testClock();
    const idp = await startIdp(dated((n) => ({ data: { token: `t${n}`, ttl } })));
    const provider = make(idp, { ...nested, expiry_format }, { clock });
    expect(await provider.getToken()).toEqual(Credential.bearer("t1"));
    clock.advance(89.9);
    await provider.getToken();
    expect(idp.seen).toHaveLength(1);
    clock.advance(0.2);
    expect(await provider.getToken()).toEqual(Credential.bearer("t2"));
  });

  test("A7 a JWT says itself how long it lives", async () => {
    const clock = testClock();
    const idp = await startIdp(dated((n) => ({ access_token: jwtWith({ exp: NOON + 100, n }) })));
    const provider = make(idp, { expiry_path: null, expiry_format: "jwt" }, { clock });
    await provider.getToken();
    clock.advance(91);
    await provider.getToken();
    expect(idp.seen).toHaveLength(2);
  });

  test("A7 a body that is nothing but the token", async () => {
    const idp = await startIdp((_request, response) => response.end("t0ken\n"));
    const provider = make(idp, { token_path: "$", expiry_path: null });
    expect(await provider.getToken()).toEqual(Credential.bearer("t0ken"));
  });

  test("A7 by default the names are those of RFC 6749", async () => {
    const clock = testClock();
    const idp = await startIdp((_request, response) => json(response, { access_token: "t", expires_in: 100 }));
    const provider = make(idp, { token_path: null, expiry_path: null }, { clock });
    expect(await provider.getToken()).toEqual(Credential.bearer("t"));
    clock.advance(91);
    await provider.getToken();
    expect(idp.seen).toHaveLength(2);
  });

  test("A10 an error in a 200 is a refusal, without a retry and with what the API says", async () => {
    const idp = await startIdp((_request, response) =>
      json(response, { code: 40105, message: "The app is suspended", data: { token: "t0ken" } }),
    );
    const provider = make(idp, { ...nested, error_path: "$.code" }, { name: "ads" });
    const error = await errorOf(() => provider.getToken());
    expect(error).toMatchObject({ code: "auth", status: 200, error: "40105", retryable: false });
    expect(error.message).toContain("ads: POST");
    expect(error.message).toContain("HTTP 200, 40105: The app is suspended");
    expect(idp.seen).toHaveLength(1);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("t0ken");
  });

  test.each([
    [["slow_down"], "slow_down"],
    [["40100"], 40100],
    [[40100], 40100],
    [[40100], "40100"],
    [[403], 403],
    [[403, "slow_down"], "slow_down"],
  ])("F2 A10 retry_on %j makes what error_path matches worth another try: %j", async (retry_on, code) => {
    const idp = await startIdp((_request, response, n) =>
      json(response, n === 1 ? { code } : { code: 0, data: { token: "t" } }),
    );
    const provider = make(idp, { ...nested, error_path: "$.code", retry_on }, { random: () => 0 });
    expect(await provider.getToken()).toEqual(Credential.bearer("t"));
    expect(idp.seen).toHaveLength(2);
  });

  test("F1 A10 the codes of RFC 6749 mean the same there", async () => {
    const idp = await startIdp((_request, response, n) =>
      json(response, n === 1 ? { fault: "temporarily_unavailable" } : { data: { token: "t" } }),
    );
    await make(idp, { ...nested, error_path: "$.fault" }, { random: () => 0 }).getToken();
    expect(idp.seen).toHaveLength(2);
  });

  test.each([
    ["a lifetime that is none", { ttl: "soon" }, "selects no number of seconds"],
    ["an instant where seconds are expected", { ttl: NOON }, "selects a lifetime of decades"],
  ])("A4 %s warns once, with the provider's name", async (_what, data, reason) => {
    const warnings = hearWarnings("FAUCET_AUTH_EXPIRY");
    const before = (await warnings.all()).length;
    const idp = await startIdp((_request, response, n) => json(response, { data: { token: `t${n}`, ...data } }));
    const provider = make(idp, nested, { name: "crm" });
    await provider.invalidate(await provider.getToken());
    expect((await warnings.all()).slice(before).map(({ message }) => message)).toEqual([
      expect.stringContaining(`crm: expiry_path $.data.ttl ${reason}`),
    ]);
  });

  test("G2 paths that cannot be used, and formats that are not known, are faults", async () => {
    const faults = await faultsOf(type, {
      token_path: "access_token",
      expiry_path: "",
      expiry_format: "minutes",
      refresh_token_path: "$[?(eval(1))]",
      error_path: 5,
    });
    expect(faults).toMatchObject({
      token_path: expect.stringContaining('must begin with "$"'),
      expiry_path: expect.stringContaining("must not be empty"),
      expiry_format: expect.stringMatching(/must be one of seconds, milliseconds, epoch_seconds, .*, jwt/),
      refresh_token_path: expect.any(String),
      error_path: expect.any(String),
    });
  });
});
