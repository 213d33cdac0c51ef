import { describe, expect, test } from "vitest";
import { readBody } from "../../src/http/answer.js";
import type { ClientProof, HttpAnswer } from "../../src/http/exchange.js";
import { lifetimeFrom } from "../../src/http/lifetime.js";
import { Mask } from "../../src/http/mask.js";
import { tokenFrom } from "../../src/http/token.js";
import { AuthError, Credential } from "../../src/index.js";

const SECRET = "cl1ent-s3cr3t";
const mask = new Mask([SECRET]);

function answer(text: string, given: Partial<HttpAnswer> & { type?: string } = {}): HttpAnswer {
  const { type, headers = {}, ...rest } = given;
  return {
    to: "POST https://idp.example/token",
    url: new URL("https://idp.example/token"),
    status: 200,
    headers: { ...(type && { "content-type": type }), ...headers },
    receivedAt: 0,
    text,
    ...rest,
  };
}

function errorOf(given: HttpAnswer): AuthError {
  try {
    readBody(given, mask);
  } catch (error) {
    expect(error).toBeInstanceOf(AuthError);
    return error as AuthError;
  }
  throw new Error("no error was thrown");
}

const refusal = (body: unknown, status = 400, rest: Partial<HttpAnswer> = {}): AuthError =>
  errorOf(answer(typeof body === "string" ? body : JSON.stringify(body), { status, ...rest }));

const FORM = "application/x-www-form-urlencoded";

describe("bodies", () => {
  test.each([
    ["application/json", '{"access_token":"t"}', { access_token: "t" }],
    ["application/vnd.idp+json; charset=utf-8", '{"access_token":"t"}', { access_token: "t" }],
    ["text/html", '{"access_token":"t"}', { access_token: "t" }],
    [undefined, ' "t" ', "t"],
    [`${FORM}; charset=utf-8`, "access_token=a%2Bb+c&scope=x&scope=y", { access_token: "a+b c", scope: "x" }],
    [FORM, '{"access_token":"t"}', { access_token: "t" }],
    ["text/plain", "the.token\n", "the.token"],
    ["Text/Plain;charset=utf-8", "12345678901234567890", "12345678901234567890"],
    ["text/plain", '{"access_token":"t"}', { access_token: "t" }],
  ])("A7 of type %s: %s", (type, text, document) => {
    expect(readBody(answer(text, type === undefined ? {} : { type }), mask)).toEqual(document);
  });

  test.each([
    ["text/html", "<html>", /but the body is not JSON$/],
    ["text/plain", "Service is down", /but the body is not JSON$/],
    ["application/json", '{"access_token":"t', /but the body is not JSON$/],
    ["application/json", "access_token=t", /but the body is not JSON$/],
    [undefined, " ", /without a body$/],
  ])("A1 a success of type %s that is %j cannot be read: it is a lost answer", (type, text, message) => {
    expect(errorOf(answer(text, type === undefined ? {} : { type }))).toMatchObject({
      status: 200,
      unreadable: true,
      retryable: true,
      message: expect.stringMatching(message),
    });
  });

  test("A1 an error in a form is one", () => {
    const text = "error=bad_verification_code&error_description=It+has+expired";
    expect(errorOf(answer(text, { type: FORM }))).toMatchObject({
      error: "bad_verification_code",
      errorDescription: "It has expired",
      unreadable: false,
      retryable: false,
    });
  });
});

describe("A8 numbers beyond 2^53", () => {
  const huge = answer(
    '{"access_token":12345678901234567890,"expires_in":9007199254740993,"user_id":12345678901234567890}',
  );
  const body = readBody(huge, mask) as Record<string, unknown>;
  const written = { at: "expires_in", format: "seconds" } as const;

  test("A8 are no token and no lifetime, and do no harm elsewhere", () => {
    const found = { value: body.access_token, at: "access_token", body };
    expect(() => tokenFrom(found, Credential.bearer, huge, mask)).toThrow(
      /at access_token is no token: a number beyond 2\^53/,
    );
    expect(() => lifetimeFrom(body.expires_in, written, huge)).toThrow(/at expires_in is no lifetime: a number beyond/);
  });

  test("A8 below it, a number is a token with all of its digits", () => {
    const found = { value: Number.MAX_SAFE_INTEGER, at: "$.token", body };
    expect(tokenFrom(found, Credential.bearer, huge, mask).text).toBe("9007199254740991");
    expect(lifetimeFrom("3600.5", written, huge)).toBe(3600.5);
  });
});

describe("refusals", () => {
  test.each([
    [{ error: { code: "refresh_token_reused", message: "Used before." } }, "refresh_token_reused", "Used before."],
    [{ error: { type: "auth_error", message: "No." } }, "auth_error", "No."],
    [{ error: { code: 401, status: "UNAUTHENTICATED", message: "No." } }, "UNAUTHENTICATED", "No."],
    [{ error: "bad_refresh_token" }, "bad_refresh_token", undefined],
    [{ error: "invalid_grant", error_description: "gone" }, "invalid_grant", "gone"],
    [{ error: { message: "quotes something" } }, undefined, undefined],
    [{ error: 'a "quoted" code' }, undefined, undefined],
    ["plain text", undefined, undefined],
  ])("S2 %j: the code and the description", (body, error, errorDescription) => {
    expect(refusal(body)).toMatchObject({ status: 400, error, errorDescription, retryable: false });
    if (typeof body === "object") expect(refusal(body, 200)).toMatchObject({ status: 200, error, errorDescription });
  });

  test("S2 a description has up to 500 characters", () => {
    const words = "because ".repeat(80);
    expect(refusal({ error: "invalid_grant", error_description: words }).errorDescription).toBe(
      `${words.slice(0, 500)}…`,
    );
  });

  test.each([
    ["a secret", `id ${SECRET} is wrong`, "id *** is wrong"],
    [
      "a token that we do not hold",
      "INSERT INTO tokens VALUES ('tGzv3JOkF0XG5Qx2TlKWIA')",
      "INSERT INTO tokens VALUES ('***')",
    ],
  ])("S2 %s in a description is masked", (_what, error_description, expected) => {
    expect(refusal({ error: "invalid_grant", error_description })).toMatchObject({ errorDescription: expected });
  });

  test.each([
    [500, { error: "internal", error_description: "INSERT 'hunter2'" }, "internal", undefined],
    [500, { error: { code: "db_error", message: "INSERT 'hunter2'" } }, "db_error", undefined],
    [503, { error: "could not INSERT 'hunter2'" }, undefined, undefined],
    [502, { error_description: "INSERT 'hunter2'" }, undefined, undefined],
    [
      503,
      { error: "temporarily_unavailable", error_description: "Back at noon." },
      "temporarily_unavailable",
      "Back at noon.",
    ],
  ])("S2 of a %i without a registered code, no description: %j", (status, body, error, errorDescription) => {
    const told = refusal(body, status);
    expect(told).toMatchObject({ status, error, errorDescription, retryable: true });
    expect(told.message).not.toContain("hunter2");
  });

  test.each([
    [400, { error: "temporarily_unavailable" }, true],
    [400, { error: { code: "server_error" } }, true],
    [400, { error: "invalid_grant" }, false],
    [429, {}, true],
  ])("F1 %i %j says retryable: %s", (status, body, retryable) => {
    expect(refusal(body, status).retryable).toBe(retryable);
  });

  test("F2 Retry-After as a date counts from the answer's own date, else from when it came", () => {
    const noon = Date.parse("Wed, 25 Nov 2026 12:00:00 GMT");
    const headers = { "retry-after": "Wed, 25 Nov 2026 12:02:00 GMT" };
    expect(refusal({}, 429, { headers, receivedAt: noon })).toMatchObject({ retryAfter: 120 });
    const date = "Wed, 25 Nov 2026 12:01:00 GMT";
    expect(refusal({}, 429, { headers: { ...headers, date }, receivedAt: noon })).toMatchObject({ retryAfter: 60 });
  });

  test("what would help is said", () => {
    const wrong = { error: "invalid_client" };
    const remedyOf = (clientProof?: ClientProof) => refusal(wrong, 401, { clientProof }).message;
    expect(remedyOf("post")).toMatch(/want token_endpoint_auth_method: client_secret_basic$/);
    expect(remedyOf("basic")).toMatch(/want token_endpoint_auth_method: client_secret_post$/);
    expect(remedyOf("signed_assertion")).toMatch(/assertion_audience.*private_key_id.*clock/);
    expect(remedyOf("issued_assertion")).toMatch(/client_assertion that was presented may have expired/);
    expect(remedyOf()).toMatch(/HTTP 401, invalid_client$/);
    expect(refusal("Not found", 404).message).toMatch(/no token endpoint at this URL: check token_url \(or url\)$/);
    expect(refusal({ error: "invalid_grant" }, 404).message).toMatch(/HTTP 404, invalid_grant$/);
  });
});

describe("redirects", () => {
  test.each([
    ["/login/step?state=s", "https://idp.example/login/step;"],
    ["https://idp.example/x", "https://idp.example/x;"],
    ["https://a1b2c3d4e5.auth.example/login?code=c", "https://a1b2c3d4e5.auth.example;"],
    [`/session/${SECRET}`, "https://idp.example/session/***;"],
    [undefined, "nowhere that can be told;"],
    ["http://[", "nowhere that can be told;"],
  ])("H3 to %s", (location, place) => {
    const { message } = errorOf(answer("", { status: 302, headers: { location } }));
    expect(message).toContain(`HTTP 302, a redirect to ${place} redirects are not followed`);
  });
});
