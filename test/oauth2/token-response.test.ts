import { describe, expect, test } from "vitest";
import type { HttpAnswer } from "../../src/http/exchange.js";
import { LIFETIME_FORMATS, type LifetimeFormat } from "../../src/http/lifetime.js";
import { Mask } from "../../src/http/mask.js";
import { Credential } from "../../src/index.js";
import type { AnswerConfig } from "../../src/oauth2/answer-config.js";
import { answerReader } from "../../src/oauth2/token-response.js";
import { answerSettings, answerWith, jwtWith } from "../support/answers.js";
import { errorOf } from "../support/errors.js";

const SECRET = "cl1ent-s3cr3t";
const DATE = "Wed, 25 Nov 2026 12:00:00 GMT";
const NOON = Date.parse(DATE) / 1000;
const FORM = "application/x-www-form-urlencoded";

function read(
  config: AnswerConfig & { default_expires_in?: number },
  answer: HttpAnswer,
  make?: (token: string) => Credential,
) {
  return answerReader(answerSettings(config), make)(answer, new Mask([SECRET]));
}

/** A lifetime of an hour in each format. */
const HOUR: Readonly<Record<LifetimeFormat, unknown>> = {
  seconds: 3600,
  milliseconds: 3_600_000,
  epoch_seconds: NOON + 3600,
  epoch_milliseconds: (NOON + 3600) * 1000,
  datetime: "2026-11-25T13:00:00Z",
  duration: "0:01:00",
  jwt: jwtWith({ exp: NOON + 3600 }),
};

const nested = { token_path: "$.data.token", expiry_path: "$.data.ttl", refresh_token_path: "$.data.renew" };

describe.each(LIFETIME_FORMATS)("A7 expiry_format: %s", (expiry_format) => {
  const headers = { date: DATE };
  const data = { token: "t0ken", ttl: HOUR[expiry_format], renew: "r1" };

  test("A7 of an answer of another shape, of the names of RFC 6749, and of a form", async () => {
    const expected = { refreshToken: "r1", token: { text: "t0ken", expiresIn: 3600 } };
    expect(await read({ ...nested, expiry_format }, answerWith({ data }, { headers }))).toMatchObject(expected);
    // A JWT is by default the token itself.
    const isOfToken = expiry_format === "jwt";
    const body = { access_token: isOfToken ? data.ttl : "t0ken", expires_in: data.ttl, refresh_token: "r1" };
    const named = { ...expected, token: { ...expected.token, text: body.access_token } };
    expect(await read({ expiry_format }, answerWith(body, { headers }))).toMatchObject(named);
    const form = new URLSearchParams(body as Record<string, string>).toString();
    expect(await read({ expiry_format }, answerWith(form, { type: FORM, headers }))).toMatchObject(named);
  });

  test("A1 A3 without a token, it is an AuthError with the keys, and the refresh token counts", async () => {
    const answer = answerWith({ data: { ...data, token: null } }, { headers });
    const { refreshToken, ...brought } = await read({ ...nested, expiry_format }, answer);
    expect(refreshToken).toBe("r1");
    const message = expect.stringContaining("without a token at $.data.token; the body has the keys data");
    expect(brought).toMatchObject({ unusable: { code: "auth", message } });
  });

  test("A2 A4 a lifetime that is none counts as absent", async () => {
    const config = { ...nested, expiry_format };
    const brought = await read(config, answerWith({ data: { ...data, ttl: "soon" } }, { headers }));
    expect(brought).toMatchObject({ token: { expiresIn: undefined }, doubt: expect.stringContaining("selects no ") });
  });

  test("A5 a token that cannot stand in a header is an AuthError", async () => {
    const answer = answerWith({ data: { ...data, token: "a\nb" } }, { headers });
    expect(await read({ ...nested, expiry_format }, answer)).toMatchObject({
      unusable: { code: "auth", message: expect.stringContaining("the token at $.data.token is unusable") },
    });
  });

  test("A6 a token that is no bearer is an AuthError, with its type beside it", async () => {
    const answer = answerWith({ data: { ...data, token_type: "DPoP" } }, { headers });
    const config = { ...nested, expiry_format };
    expect(await read(config, answer)).toMatchObject({
      unusable: { message: expect.stringContaining("of type DPoP") },
    });
    // Where it goes elsewhere than into a bearer, its type is the API's own affair.
    const brought = await read(config, answer, (token) => Credential.header("X-Session", token));
    expect(brought).toMatchObject({ token: { credential: Credential.header("X-Session", "t0ken") } });
  });

  test("A8 numbers beyond 2^53 are errors", async () => {
    const config = { ...nested, expiry_format };
    const huge = (key: string) =>
      answerWith(
        `{"data":${JSON.stringify({ ...data, [key]: 0 }).replace(`"${key}":0`, `"${key}":12345678901234567890`)}}`,
      );
    for (const [key, place] of [
      ["token", "$.data.token is no token"],
      ["renew", "$.data.renew is no refresh token"],
    ] as const) {
      expect(await read(config, huge(key))).toMatchObject({
        refreshToken: key === "renew" ? undefined : "r1",
        unusable: { message: expect.stringContaining(`${place}: a number beyond 2^53`) },
      });
    }
  });
});

describe("A7 the token and the refresh token", () => {
  test.each([
    [{ token_path: "$.token" }, { token: 12345 }, "12345"],
    [{ token_path: "$..token" }, { a: [{ token: "deep" }] }, "deep"],
    [{ token_path: "$['key','token']" }, { token: "second", key: "first" }, "first"],
  ])("A4 %j", async (config, body, text) => {
    expect(await read(config, answerWith(body))).toMatchObject({ token: { text } });
  });

  test.each([
    ["r1", "r1"],
    [12345, "12345"],
    ["", undefined],
    [null, undefined],
    [true, undefined],
    [{ token: "r1" }, undefined],
  ])("A3 a refresh token of %j", async (renew, refreshToken) => {
    const brought = await read(nested, answerWith({ data: { token: "t", renew } }));
    expect(brought).toMatchObject({ refreshToken, token: { text: "t" } });
  });

  test("A3 by default it is a string or a number called refresh_token", async () => {
    expect((await read({}, answerWith({ access_token: "t", refresh_token: "r1" }))).refreshToken).toBe("r1");
    expect((await read({}, answerWith({ access_token: "t", refresh_token: 777 }))).refreshToken).toBe("777");
    const body = { access_token: "t", refresh_token: "r1", renew: "r2" };
    expect((await read({ refresh_token_path: "$.renew" }, answerWith(body))).refreshToken).toBe("r2");
  });

  test.each([
    ["of a path that ends in no name", { token_path: "$.tokens[0]" }, { tokens: ["t"], token_type: "mac" }],
    ["far from the token", { token_path: "$.data.token" }, { data: { token: "t" }, token_type: "mac" }],
    ["that is unknown", { token_path: "$.data.token" }, { data: { token: "t", token_type: "urn:x" } }],
  ])("A6 a token_type %s says nothing", async (_what, config, body) => {
    expect(await read(config, answerWith(body))).toMatchObject({ token: { text: "t" } });
  });
});

test("A8 a refresh token that has lost digits is told, and not presented", async () => {
  const answer = answerWith('{"access_token":"t","refresh_token":12345678901234567890}');
  expect(await read({}, answer)).toMatchObject({
    refreshToken: undefined,
    unusable: { code: "auth", message: expect.stringMatching(/refresh_token is no refresh token.*as a string/) },
  });
});

describe("A7 a body that is nothing but the token", () => {
  const bare = { token_path: "$" } as const;

  test.each([
    ["eyJhbGciOiJub25lIn0.e30.", "text/plain"],
    ["t0ken\r\n", undefined],
    ["12345678901234567890", "application/json"],
    ["a=b&c", FORM],
  ])("A7 %j of type %s", async (body, type) => {
    const answer = answerWith(body, type === undefined ? {} : { type });
    expect(await read(bare, answer)).toMatchObject({ token: { text: body.trim() } });
  });

  test("A7 with expiry_format: jwt, it says itself how long it lives", async () => {
    const token = jwtWith({ exp: NOON + 600 });
    const answer = answerWith(token, { type: "text/plain", headers: { date: DATE } });
    expect(await read({ ...bare, expiry_format: "jwt" }, answer)).toMatchObject({ token: { expiresIn: 600 } });
  });

  test.each(["<s3cr3t", "<?xml>s3cr3t", '{"token":"s3cr3t', "[s3cr3t", '"s3cr3t', "{s3cr3t}", "two s3cr3t"])(
    "A1 %j is none",
    async (body) => {
      for (const type of ["text/plain", "application/json", "application/octet-stream"]) {
        const error = await errorOf(() => read(bare, answerWith(body, { type })));
        expect(error).toMatchObject({ code: "auth", message: expect.stringContaining("but the body is no token") });
        expect(error.message).not.toContain("s3cr3t");
      }
    },
  );
});

describe("A4 doubts about a lifetime", () => {
  test.each<[AnswerConfig, object, string | undefined]>([
    [{ expiry_path: "$.ttl" }, { ttl: 60 }, undefined],
    [{ expiry_path: "$.ttl" }, {}, "expiry_path $.ttl selects no number of seconds in the answer"],
    [{ expiry_path: "$.ttl" }, { ttl: null }, "expiry_path $.ttl selects no number of seconds in the answer"],
    [
      { expiry_path: "$.ttl", expiry_format: "datetime" },
      { ttl: "2026-11-25T13:00:00" },
      "expiry_path $.ttl selects no date and time with an offset (RFC 3339) in the answer",
    ],
    [{ expiry_format: "jwt" }, {}, "the token is no JWT with an exp"],
    [{}, {}, undefined],
    [{}, { expires_in: null }, undefined],
    [{}, { expires_in: "soon" }, "expires_in is no number of seconds in the answer"],
    [
      {},
      { expires_in: NOON },
      "expires_in is a lifetime of decades: an instant needs expiry_format: epoch_seconds, or epoch_milliseconds",
    ],
    [
      { expiry_path: "$.at", expiry_format: "epoch_seconds" },
      { at: NOON * 1000 },
      "expiry_path $.at selects a lifetime of decades: an instant in milliseconds needs expiry_format: epoch_milliseconds",
    ],
    [
      { expiry_path: "$.at", expiry_format: "epoch_seconds" },
      { at: 3600 },
      "expiry_path $.at selects no instant in seconds since 1970 in the answer",
    ],
    [{ expiry_format: "duration" }, { expires_in: "P20Y" }, "expires_in is a lifetime of decades"],
  ])("A4 %j of %j", async (config, body, expected) => {
    const answer = answerWith({ access_token: "t", ...body }, { headers: { date: DATE } });
    const { doubt } = await read({ ...config, default_expires_in: 600 }, answer);
    expect(doubt).toBe(expected?.includes(" no ") ? `${expected}; 600 s are assumed` : expected);
  });

  test("A4 without default_expires_in, it says what follows; the token itself may be one for decades", async () => {
    const { doubt } = await read({ expiry_path: "$.ttl" }, answerWith({ access_token: "t" }));
    expect(doubt).toMatch(/; the token is used until an API refuses it$/);
    const old = await read({ expiry_format: "jwt" }, answerWith({ access_token: jwtWith({ exp: 4e9 }) }));
    expect(old.doubt).toBe("the token is one for decades");
  });
});

describe("A10 error_path", () => {
  const refusal = async (error_path: string, body: unknown, status = 200) =>
    errorOf(() => read({ error_path }, answerWith({ access_token: "t0ken-t0ken", ...(body as object) }, { status })));

  test.each([
    ["$.code", { code: 40105, message: "Access token is incorrect." }, "40105", "Access token is incorrect."],
    ["$.code", { code: "SESSION_GONE" }, "SESSION_GONE", undefined],
    ["$.status.error", { status: { error: "gone", msg: "Log in." }, message: "OK" }, "gone", "Log in."],
    ["$.fault", { fault: "The session is over" }, undefined, "The session is over"],
    ["$.errors", { errors: [{ code: 7, message: "No." }, { code: 8 }] }, "7", "No."],
    ["$.errors[*]", { errors: [null, {}, { type: "locked", description: "Later." }] }, "locked", "Later."],
    ["$.error.reason", { error: { reason: "gone", code: "x" } }, "gone", undefined],
    ["$.failed", { failed: true, message: "Somehow." }, undefined, "Somehow."],
    ["$.failed", { failed: true }, undefined, undefined],
    ["$.code", { code: "server_error" }, "server_error", undefined],
    ["$[?@.severity == 'error'].code", { warning: {}, notes: { severity: "error", code: "E1" } }, "E1", undefined],
  ])("A10 %s of %j", async (path, body, error, errorDescription) => {
    const refused = await refusal(path, body);
    expect(refused).toMatchObject({ code: "auth", status: 200, error, errorDescription });
    expect(refused.retryable).toBe(error === "server_error");
    expect(refused.message).toContain(error ?? errorDescription ?? "an error that is no RFC 6749 code");
  });

  test.each([[{ code: 0 }], [{ code: "" }], [{ code: null }], [{ code: false }], [{ code: {} }], [{ code: [] }], [{}]])(
    "A10 %j is no error",
    async (body) => {
      const brought = await read({ error_path: "$.code" }, answerWith({ access_token: "t", ...body }));
      expect(brought).toMatchObject({ token: { text: "t" } });
    },
  );

  test("A10 beside it, RFC 6749's error is one as ever", async () => {
    expect(await refusal("$.code", { code: 0, error: "denied" })).toMatchObject({ error: "denied" });
  });

  test("A10 a refusal by its status has the code too, and one without it that of RFC 6749", async () => {
    expect(await refusal("$.code", { code: "TOO_BUSY", error: "x" }, 400)).toMatchObject({
      status: 400,
      error: "TOO_BUSY",
    });
    expect(await refusal("$.code", { error: "invalid_grant" }, 400)).toMatchObject({ error: "invalid_grant" });
    expect(await refusal("$.code", { code: "E1", message: "INSERT 'hunter2'" }, 500)).toMatchObject({
      error: "E1",
      errorDescription: undefined,
      retryable: true,
    });
  });

  test("A10 of a form", async () => {
    const answer = answerWith("access_token=t&fault=no+more", { type: FORM });
    expect(await errorOf(() => read({ error_path: "$.fault" }, answer))).toMatchObject({
      errorDescription: "no more",
    });
  });

  test.each([
    ["a sentence", `your secret ${SECRET} is wrong`, "your secret *** is wrong"],
    ["a token in a sentence", "no session tGzv3JOkF0XG5Qx2TlKWIA here", "no session *** here"],
    ["a long sentence", "because ".repeat(80), `${"because ".repeat(80).slice(0, 500)}…`],
    ["a long word", "x-".repeat(300), `${"x-".repeat(250)}…`],
    ["a secret encoded", `it was ${encodeURIComponent(`${SECRET}`)}`, "it was ***"],
  ])("S2 A10 %s is masked, and at most 500 characters long", async (_what, fault, expected) => {
    expect(await refusal("$.fault", { fault })).toMatchObject({ error: undefined, errorDescription: expected });
  });

  test("S2 A10 a code that is a secret is masked, and what the body has beside it is not told", async () => {
    const error = await refusal("$.fault", { fault: SECRET, hidden: "h1dden-v4lue" });
    expect(error).toMatchObject({ error: "***" });
    expect(JSON.stringify(error) + error.stack).not.toMatch(/cl1ent|t0ken-t0ken|h1dden/);
  });
});
