import { describe, expect, onTestFinished, test } from "vitest";
import { Mask } from "../../src/http/mask.js";
import {
  Credential,
  OAuth2ClientCredentialsProvider,
  OAuth2RefreshProvider,
  TokenEndpointProvider,
} from "../../src/index.js";
import { answerReader } from "../../src/oauth2/token-response.js";
import { answerSettings } from "../support/answers.js";
import { testClock } from "../support/clock.js";
import { errorOf } from "../support/errors.js";
import { json, startIdp } from "../support/idp.js";
import { fetchingTypes } from "../support/providers.js";

function answering(body: string, type?: string, status = 200) {
  return startIdp((_request, response) => {
    response.writeHead(status, type === undefined ? {} : { "content-type": type });
    response.end(body);
  });
}

const FORM = "application/x-www-form-urlencoded";

describe.each(fetchingTypes)("A7 a form-encoded answer to %s", (_type, make) => {
  test.each([[FORM], [`${FORM}; charset=UTF-8`], ["Application/X-WWW-Form-Urlencoded ;q=1"]])(
    "A7 of type %s is read",
    async (type) => {
      const clock = testClock();
      const idp = await answering("access_token=a%2Fb&token_type=bearer&expires_in=100\n", type);
      const provider = make(idp, {}, { clock });
      expect(await provider.getToken()).toEqual(Credential.bearer("a/b"));
      clock.advance(91);
      await provider.getToken();
      expect(idp.seen).toHaveLength(2);
    },
  );

  test.each([[200], [400]])("A1 A7 an error in it, with status %i, is a refusal", async (status) => {
    const idp = await answering("error=incorrect_client_credentials&error_description=no+such+client", FORM, status);
    expect(await errorOf(() => make(idp).getToken())).toMatchObject({
      code: "auth",
      status,
      error: "incorrect_client_credentials",
      errorDescription: "no such client",
    });
  });

  test("A7 JSON that is called a form is JSON", async () => {
    expect(await make(await answering('{"access_token":"t"}', FORM)).getToken()).toEqual(Credential.bearer("t"));
  });

  test.each([
    ["an empty form", "", FORM, /without a body/],
    ["a form without a token", "token=s3cr3t&x=1", FORM, /the body has the keys .*token/],
    ["a form that does not say so", "access_token=s3cr3t", "text/plain", /no token response|without a token/],
  ])("A1 A7 %s is an AuthError", async (_what, body, type, reason) => {
    const error = await errorOf(async () => make(await answering(body, type)).getToken());
    expect(error).toMatchObject({ code: "auth", message: expect.stringMatching(reason) });
    expect(error.message).not.toContain("s3cr3t");
  });
});

describe("A3 A7 rotation", () => {
  test("A3 A7 a refresh token in a form is presented next", async () => {
    const idp = await answering("access_token=t&refresh_token=r%3D1", FORM);
    const provider = new OAuth2RefreshProvider({
      token_url: idp.tokenUrl,
      client_id: "id",
      client_secret: "s",
      refresh_token: "r0",
    });
    await provider.invalidate(await provider.getToken());
    expect(idp.seen.map(({ form }) => form.refresh_token)).toEqual(["r0", "r=1"]);
  });
});

describe("A7 an answer that is nothing but the token: token_path $", () => {
  async function tokenOf(body: string, type?: string) {
    const idp = await answering(body, type);
    return new TokenEndpointProvider({ url: idp.tokenUrl, token_path: "$" }).getToken();
  }

  test.each([
    ["eyJhbGciOiJub25lIn0.e30.", "text/plain", "eyJhbGciOiJub25lIn0.e30."],
    ["t0ken\r\n", undefined, "t0ken"],
    ['"t0ken"', "application/json", "t0ken"],
    ['"t0ken"', "text/plain", "t0ken"],
    ["12345", "text/plain", "12345"],
    ["12345678901234567890", "application/json", "12345678901234567890"],
    ["0012.50", "text/plain", "0012.50"],
    ["a=b&c", FORM, "a=b&c"],
  ])("A7 A8 %j of type %s", async (body, type, token) => {
    expect(await tokenOf(body, type)).toEqual(Credential.bearer(token));
  });

  test.each([
    ["a sentence", "Service is down", "text/plain"],
    ["a page", "<html></html>", "text/html"],
    ["markup of no type", "<error/>", undefined],
    ["a page of one word", "maintenance", "text/html"],
    ["a mapping", '{"token":"s3cr3t"}', "application/json"],
    ["a list", '["s3cr3t"]', "application/json"],
    ["JSON cut off", '{"token":"s3cr3t', "application/json"],
    ["null", "null", "application/json"],
    ["true", "true", "application/json"],
    ["an empty string", '""', "application/json"],
    ["nothing", "", "text/plain"],
    ["an error", '{"error":"denied"}', "application/json"],
  ])("A1 %s is an AuthError that quotes nothing", async (_what, body, type) => {
    const error = await errorOf(() => tokenOf(body, type));
    expect(error).toMatchObject({ code: "auth" });
    expect(error.message).not.toMatch(/s3cr3t|down|maintenance/);
  });

  test("A1 a refusal is told as one", async () => {
    const idp = await answering("nope", "text/plain", 401);
    const provider = new TokenEndpointProvider({ url: idp.tokenUrl, token_path: "$" });
    expect(await errorOf(() => provider.getToken())).toMatchObject({ code: "auth", status: 401 });
  });
});

describe("how long the refresh token lives", () => {
  const read = async (fields: object) => {
    const text = JSON.stringify({ access_token: "t", ...fields });
    const url = new URL("https://idp.example/token");
    const answer = { to: "POST it", url, status: 200, headers: {}, text, receivedAt: 0 };
    return (await answerReader(answerSettings())(answer, new Mask([]))).refreshTokenExpiresIn;
  };

  test.each([
    [{ refresh_token_expires_in: 3600 }, 3600],
    [{ refresh_expires_in: "1800" }, 1800],
    [{ x_refresh_token_expires_in: 8726400 }, 8726400],
    [{ refresh_expires_in: 0, refresh_token_expires_in: 60 }, 60],
    [{ refresh_expires_in: 0 }, undefined],
    [{ refresh_expires_in: null }, undefined],
    [{ refresh_token_expires_in: "never" }, undefined],
    [{}, undefined],
  ])("%j", async (fields, expected) => {
    expect(await read(fields)).toBe(expected);
  });
});

describe("A4 an expiry_path that selects no lifetime that can be meant", () => {
  async function warningsOf(body: object, config: object = {}, calls = 1): Promise<string[]> {
    const warnings: string[] = [];
    const collect = (warning: Error & { code?: string }) => {
      if (warning.code === "FAUCET_AUTH_EXPIRY") warnings.push(warning.message);
    };
    await new Promise(setImmediate);
    process.on("warning", collect);
    onTestFinished(() => void process.off("warning", collect));
    const idp = await startIdp((_request, response, n) => json(response, { token: `t${n}`, ...body }));
    const provider = new TokenEndpointProvider(
      { url: idp.tokenUrl, token_path: "$.token", expiry_path: "$.meta.ttl", ...config },
      { name: "crm" },
    );
    let credential = await provider.getToken();
    for (let n = 1; n < calls; n += 1) credential = await provider.invalidate(credential);
    await new Promise(setImmediate);
    return warnings;
  }

  test.each([[{}], [{ meta: {} }], [{ meta: { ttl: null } }], [{ meta: { ttl: "soon" } }], [{ meta: { ttl: [60] } }]])(
    "A4 %j warns once, with the provider's name",
    async (body) => {
      expect(await warningsOf(body, {}, 3)).toEqual([
        "crm: expiry_path $.meta.ttl selects no number of seconds in the answer; the token is used until an API refuses it",
      ]);
    },
  );

  test("A4 it says what default_expires_in is for", async () => {
    expect(await warningsOf({}, { default_expires_in: 600 })).toEqual([expect.stringContaining("600 s are assumed")]);
  });

  test.each([[1_790_000_000], ["1790000000"], [1_790_000_000_000]])("A4 %j is an instant, and warns", async (ttl) => {
    expect(await warningsOf({ meta: { ttl } })).toEqual([expect.stringContaining("a lifetime of decades")]);
  });

  test.each([[{ meta: { ttl: 60 } }], [{ meta: { ttl: 0 } }], [{ meta: { ttl: 315_360_000 } }]])(
    "A4 %j warns of nothing",
    async (body) => {
      expect(await warningsOf(body)).toEqual([]);
    },
  );

  test("A4 without an expiry_path there is nothing to warn of", async () => {
    expect(await warningsOf({}, { expiry_path: null })).toEqual([]);
  });
});

test("a client of OAuth 2 may be given a number where text is meant", async () => {
  const idp = await startIdp();
  const config = { token_url: idp.tokenUrl, client_id: 12345, client_secret: 67890 } as never;
  await new OAuth2ClientCredentialsProvider(config).getToken();
  expect(idp.seen[0]?.form).toMatchObject({ client_id: "12345", client_secret: "67890" });
});
