import { describe, expect, test } from "vitest";
import { Credential, type TokenEndpointConfig, TokenEndpointProvider } from "../../src/index.js";
import { testClock } from "../support/clock.js";
import { errorOf } from "../support/errors.js";
import { json, startIdp } from "../support/idp.js";

async function asked(config: Partial<TokenEndpointConfig>) {
  const idp = await startIdp((_request, response) => json(response, { data: { token: "t0ken" } }));
  const provider = new TokenEndpointProvider({ url: idp.tokenUrl, token_path: "$.data.token", ...config });
  return { credential: await provider.getToken(), seen: idp.seen[0] };
}

describe("the request", () => {
  test("without a body it is a bare POST", async () => {
    const { seen } = await asked({});
    expect(seen).toMatchObject({ method: "POST", body: "", headers: { accept: "application/json" } });
    expect(seen?.headers["content-type"]).toBeUndefined();
  });

  test.each([[{ user: "u", nested: [1, null] }], [["a"]], ["text"], [0], [false]])(
    "the body %j is sent as JSON",
    async (body) => {
      const { seen } = await asked({ body });
      expect(seen?.headers["content-type"]).toBe("application/json");
      expect(JSON.parse(seen?.body ?? "")).toEqual(body);
    },
  );

  test("H5 encoding: form sends a flat body without its empty parts", async () => {
    const { seen } = await asked({ encoding: "form", body: { user: "ü &", n: 1, yes: true, empty: "", none: null } });
    expect(seen).toMatchObject({
      form: { user: "ü &", n: "1", yes: "true" },
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    expect(Object.keys(seen?.form ?? {})).toHaveLength(3);
  });

  test("method and headers are as configured, in any case", async () => {
    const { seen } = await asked({
      method: "put",
      body: {},
      headers: { "X-Key": "k", "Content-Type": "application/vnd.x+json" },
    });
    expect(seen).toMatchObject({ method: "PUT", headers: { "x-key": "k", "content-type": "application/vnd.x+json" } });
    expect((await asked({ method: "GET" })).seen?.method).toBe("GET");
  });
});

describe("the token", () => {
  test("without apply_as it is a bearer", async () => {
    expect((await asked({})).credential).toEqual(Credential.bearer("t0ken"));
  });

  test.each([
    [{ header: "X-Token" }, "t0ken"],
    [{ header: "X-Token", template: "Token {token}" }, "Token t0ken"],
    [{ header: "X-Token", template: "{token}:{token}" }, "t0ken:t0ken"],
  ])("apply_as %j puts it into a header", async (apply_as, value) => {
    expect((await asked({ apply_as })).credential).toEqual(Credential.header("X-Token", value));
  });

  test("a template takes the token as it is, $ included", async () => {
    const idp = await startIdp((_request, response) => json(response, { token: "a$&b$1" }));
    const provider = new TokenEndpointProvider({
      url: idp.tokenUrl,
      token_path: "$.token",
      apply_as: { header: "X", template: "<{token}>" },
    });
    expect(await provider.getToken()).toEqual(Credential.header("X", "<a$&b$1>"));
  });

  test("C3 a report of a credential with a template is recognised", async () => {
    const idp = await startIdp((_request, response, n) => json(response, { token: `t${n}` }));
    const provider = new TokenEndpointProvider({
      url: idp.tokenUrl,
      token_path: "$.token",
      apply_as: { header: "X", template: "T {token}" },
    });
    await provider.getToken();
    expect(await provider.invalidate(Credential.header("X", "T t1"))).toEqual(Credential.header("X", "T t2"));
  });

  test.each([
    ["$..token", { a: { token: "x" } }, "x"],
    ["$.list[0].token", { list: [{ token: "x" }] }, "x"],
    ["$.number", { number: 12345 }, "12345"],
    ["$[*].token", [{ token: null }, { token: "second" }], "second"],
  ])("A4 %s finds the token", async (token_path, body, expected) => {
    const idp = await startIdp((_request, response) => json(response, body));
    expect(await new TokenEndpointProvider({ url: idp.tokenUrl, token_path }).getToken()).toEqual(
      Credential.bearer(expected),
    );
  });

  test("A4 a number that JSON cannot carry exactly is no token", async () => {
    const idp = await startIdp((_request, response) => response.end('{"token": 12345678901234567890}'));
    const error = await errorOf(() =>
      new TokenEndpointProvider({ url: idp.tokenUrl, token_path: "$.token" }).getToken(),
    );
    expect(error).toMatchObject({ code: "auth", message: expect.stringContaining("is no token") });
    expect(error.message).not.toContain("1234567");
  });

  test("A9 a body that is nested beyond all depth is walked through", async () => {
    const idp = await startIdp((_request, response) =>
      response.end(`{"a":${"[".repeat(400_000)}${"]".repeat(400_000)}}`),
    );
    const provider = new TokenEndpointProvider({ url: idp.tokenUrl, token_path: "$..token" });
    expect(await errorOf(() => provider.getToken())).toMatchObject({
      code: "auth",
      message: expect.stringContaining("without a token at $..token; the body has the keys a"),
    });
  });

  test("A1 no match is an AuthError that names path and keys", async () => {
    const idp = await startIdp((_request, response) => json(response, { data: "s3cr3t", ttl: 5 }));
    const error = await errorOf(() =>
      new TokenEndpointProvider({ url: idp.tokenUrl, token_path: "$.data.token" }).getToken(),
    );
    expect(error.message).toBe(
      `POST ${idp.tokenUrl}: HTTP 200 without a token at $.data.token; the body has the keys data, ttl`,
    );
  });

  test.each([[{ error: null }], [{ error: "" }], [{ error: false }], [{ error: 0 }], [{ error: {} }]])(
    "A1 %j beside a token is no error",
    async (more) => {
      const idp = await startIdp((_request, response) => json(response, { token: "t", ...more }));
      expect(await new TokenEndpointProvider({ url: idp.tokenUrl, token_path: "$.token" }).getToken()).toEqual(
        Credential.bearer("t"),
      );
    },
  );
});

test.each([[true], [1], ["denied"], [["denied"]], [{ code: 5 }]])(
  "A1 error %j beside a token is one",
  async (error) => {
    const idp = await startIdp((_request, response) => json(response, { token: "t", error }));
    const provider = new TokenEndpointProvider({ url: idp.tokenUrl, token_path: "$.token" });
    expect(await errorOf(() => provider.getToken())).toMatchObject({ code: "auth", status: 200 });
  },
);

describe("the lifetime", () => {
  test.each([
    [100, 90],
    ["100", 90],
    [100.5, 90.45],
  ])("A2 an expiry_path that finds %j", async (ttl, used) => {
    const clock = testClock();
    const idp = await startIdp((_request, response, n) => json(response, { token: `t${n}`, meta: { ttl } }));
    const provider = new TokenEndpointProvider(
      { url: idp.tokenUrl, token_path: "$.token", expiry_path: "$.meta.ttl" },
      { clock },
    );
    await provider.getToken();
    clock.advance(used - 0.01);
    await provider.getToken();
    expect(idp.seen).toHaveLength(1);
    clock.advance(0.02);
    await provider.getToken();
    expect(idp.seen).toHaveLength(2);
  });

  test("A4 C5 an expiry_path without a match gives no lifetime", async () => {
    const clock = testClock();
    const idp = await startIdp((_request, response) => json(response, { token: "t" }));
    const provider = new TokenEndpointProvider(
      { url: idp.tokenUrl, token_path: "$.token", expiry_path: "$.ttl" },
      { clock },
    );
    await provider.getToken();
    clock.advance(1e9);
    await provider.getToken();
    expect(idp.seen).toHaveLength(1);
  });
});
