/** The fake identity provider does what real ones do with a grant. */

import { get } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { accessToken, ConfigError, OAuth2ClientCredentialsProvider, OAuth2RefreshProvider } from "../../src/index.js";
import { type FakeIdp, type FakeIdpAnswer, type FakeIdpOptions, startFakeIdp } from "../../src/testing/index.js";
import { errorOf } from "../support/errors.js";

async function start(options?: FakeIdpOptions): Promise<FakeIdp> {
  const idp = await startFakeIdp(options);
  onTestFinished(() => idp.close());
  return idp;
}

async function post(url: string, form: Record<string, string>, headers: Record<string, string> = {}) {
  const answer = await fetch(url, { method: "POST", body: new URLSearchParams(form), headers });
  const text = await answer.text();
  return {
    status: answer.status,
    retryAfter: answer.headers.get("retry-after"),
    ...(text === "" ? {} : JSON.parse(text)),
  };
}

const refresh = (idp: FakeIdp, refresh_token: string) =>
  post(idp.tokenUrl, { grant_type: "refresh_token", refresh_token });

async function sent(idp: FakeIdp): Promise<{ status: number; text: string }> {
  const body = new URLSearchParams({ grant_type: "client_credentials" });
  const answer = await fetch(idp.tokenUrl, { method: "POST", body });
  return { status: answer.status, text: await answer.text() };
}

/** Of a request for `target`, which `fetch` would not send as it is. */
async function rawStatus(idp: FakeIdp, target: string): Promise<number | undefined> {
  const { hostname: host, port } = new URL(idp.origin);
  return new Promise((resolve, reject) => {
    get({ host, port, path: target }, (response) => resolve(response.resume().statusCode)).once("error", reject);
  });
}

async function statusOfApi(idp: FakeIdp, token: string): Promise<number> {
  const { status } = await fetch(`${idp.apiUrl}/rows`, { headers: { authorization: `Bearer ${token}` } });
  return status;
}

describe("a fake identity provider", () => {
  test("A3 rotates: each refresh token brings the next, and the API takes what came with it", async () => {
    const idp = await start();
    const first = idp.newGrant();
    const answer = await refresh(idp, first);
    expect(answer).toMatchObject({
      status: 200,
      access_token: "token-1",
      refresh_token: "refresh-2",
      expires_in: 3600,
    });
    expect([idp.isLive(first), idp.isLive("refresh-2"), idp.isLive("token-1")]).toEqual([false, true, true]);
    expect([await statusOfApi(idp, "token-1"), await statusOfApi(idp, "token-2")]).toEqual([200, 401]);
    expect(idp.requests.map(({ form }) => form.refresh_token)).toEqual([first]);
  });

  test("ends a grant whose refresh token comes again, with all that came of it, and no other", async () => {
    const idp = await start();
    const [stolen, other] = [idp.newGrant(), idp.newGrant()];
    await refresh(idp, stolen);
    expect(await refresh(idp, stolen)).toMatchObject({ status: 400, error: "invalid_grant" });
    expect({ reuses: idp.reuses, revokedGrants: idp.revokedGrants }).toEqual({ reuses: 1, revokedGrants: 1 });
    expect(await refresh(idp, "refresh-3")).toMatchObject({ error: "invalid_grant" });
    expect(await statusOfApi(idp, "token-1")).toBe(401);
    expect(await refresh(idp, other)).toMatchObject({ status: 200 });
  });

  test("takes a spent refresh token within its grace, or refuses it and lets the grant live, as it is told", async () => {
    const lenient = await start({ graceSecs: 60 });
    const first = lenient.newGrant();
    await refresh(lenient, first);
    expect(lenient.isLive(first)).toBe(true);
    expect(await refresh(lenient, first)).toMatchObject({ status: 200, refresh_token: "refresh-2" });
    const forgiving = await start({ reuseDetection: false });
    const spent = forgiving.newGrant();
    await refresh(forgiving, spent);
    expect(forgiving.isLive(spent)).toBe(false);
    expect(await refresh(forgiving, spent)).toMatchObject({ error: "invalid_grant" });
    expect(await refresh(forgiving, "refresh-2")).toMatchObject({ status: 200 });
    const fixed = await start({ rotation: false });
    const kept = fixed.newGrant();
    for (const n of [1, 2]) {
      expect(await refresh(fixed, kept)).toMatchObject({ access_token: `token-${n}` });
      expect(fixed.isLive(kept)).toBe(true);
    }
  });

  test("revokes an access token alone, and with a refresh token its grant (RFC 7009)", async () => {
    const idp = await start();
    await refresh(idp, idp.newGrant());
    expect(await post(idp.revocationUrl, { token: "token-1" })).toMatchObject({ status: 200 });
    expect(await statusOfApi(idp, "token-1")).toBe(401);
    expect(await refresh(idp, "refresh-2")).toMatchObject({ access_token: "token-2" });
    idp.revokeAccessTokens();
    expect(idp.isLive("token-2")).toBe(false);
    await refresh(idp, "refresh-3");
    expect(await post(idp.revocationUrl, { token: "refresh-4" })).toMatchObject({ status: 200 });
    expect(await statusOfApi(idp, "token-3")).toBe(401);
    expect(await post(idp.revocationUrl, { token: "unknown" })).toMatchObject({ status: 200 });
    expect(idp.revokedGrants).toBe(1);
  });

  test("K1 knows its clients by Basic and by form, where it has any", async () => {
    const idp = await start({ clients: { "re:ports": "s3 cr+t" } });
    const grant = { grant_type: "client_credentials" };
    expect(await post(idp.tokenUrl, grant)).toMatchObject({ status: 401, error: "invalid_client" });
    const wrong = { ...grant, client_id: "re:ports", client_secret: "no" };
    expect(await post(idp.tokenUrl, wrong)).toMatchObject({ status: 401 });
    expect(await post(idp.tokenUrl, { ...wrong, client_secret: "s3 cr+t" })).toMatchObject({ status: 200 });
    for (const token_endpoint_auth_method of ["client_secret_basic", "client_secret_post"] as const) {
      const client = { client_id: "re:ports", client_secret: "s3 cr+t", token_endpoint_auth_method };
      const auth = new OAuth2ClientCredentialsProvider({ issuer: idp.origin, ...client });
      expect((await accessToken(auth)).token).toMatch(/^token-/);
    }
  });

  test("F2 D4 loses an answer, fails as often as it is told, and answers as it is told", async () => {
    const idp = await start({ graceSecs: 60 });
    const auth = new OAuth2RefreshProvider({
      token_url: idp.tokenUrl,
      client_id: "reports",
      client_secret: "s3cr3t",
      refresh_token: idp.newGrant(),
    });
    idp.failWith({ losesAnswer: true, times: 1 });
    expect((await accessToken(auth)).token).toBe("token-2");
    expect(idp.requests).toHaveLength(2);
    idp.failWith({ status: 429, error: "slow_down", description: "later", retryAfter: 7 });
    const failed = await refresh(idp, "refresh-2");
    expect(failed).toEqual({ status: 429, retryAfter: "7", error: "slow_down", error_description: "later" });
    idp.recover();
    idp.answerWith(({ form }, n) => (n === 4 ? { body: { access_token: form.grant_type } } : undefined));
    expect(await post(idp.tokenUrl, { grant_type: "odd" })).toMatchObject({ access_token: "odd" });
    expect(await post(idp.tokenUrl, { grant_type: "odd" })).toMatchObject({ error: "unsupported_grant_type" });
    await auth.close();
  });

  test("K8 takes parameters as a form, as JSON and in the query", async () => {
    const idp = await start({ clients: { reports: "s3cr3t" } });
    for (const encoding of ["form", "json", "query"] as const) {
      const client = { client_id: "reports", client_secret: "s3cr3t", token_url: idp.tokenUrl };
      const auth = new OAuth2RefreshProvider({ ...client, encoding, refresh_token: idp.newGrant() });
      expect((await accessToken(auth)).token).toMatch(/^token-/);
      expect(idp.requests.at(-1)?.form.grant_type).toBe("refresh_token");
      await auth.close();
    }
    for (const body of ["{", "null", "7", "[]"]) {
      const answer = await fetch(idp.tokenUrl, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      expect(answer.status).toBe(401);
    }
  });

  test("answers a target that is no path, and says it where it cannot answer", async () => {
    const idp = await start();
    expect(await rawStatus(idp, "//")).toBe(404);
    const wrong: FakeIdpAnswer[] = [
      () => {
        throw new TypeError("of the test");
      },
      async () => Promise.reject(new TypeError("of the test")),
      () => ({ body: { expires_in: 1n } }),
      () => ({ status: 7 }),
      () => ({ boddy: "a" }) as never,
      () => ({ body: () => 1 }),
      () => "str" as never,
      () => null as never,
      () => ({ headers: { "x-a": "line\nbreak" } }),
      () => ({ headers: new Map([["retry-after", "7"]]) as never }),
    ];
    for (const answer of wrong) {
      idp.answerWith(answer);
      const { status, text } = await sent(idp);
      expect({ status, text }).toEqual({
        status: 500,
        text: expect.stringMatching(/^the fake could not answer: \w*Error/),
      });
    }
    idp.answerWith(undefined);
    expect((await sent(idp)).status).toBe(200);
  });

  test("waits before each answer, of whichever endpoint", async () => {
    const idp = await start({ latencyMs: 20 });
    for (const path of ["/token", "/revoke", "/api/rows", "/.well-known/openid-configuration", "/nowhere"]) {
      const began = performance.now();
      await fetch(`${idp.origin}${path}`, { method: "POST" });
      expect({ path, hasWaited: performance.now() - began >= 19 }).toEqual({ path, hasWaited: true });
    }
  });

  test("gives tokens without a lifetime, and a login's refresh token", async () => {
    const idp = await start({ expiresIn: null });
    const answer = await post(idp.tokenUrl, { grant_type: "password", scope: "read" });
    expect(answer).toEqual(
      expect.objectContaining({ access_token: "token-1", refresh_token: "refresh-2", scope: "read" }),
    );
    expect(answer).not.toHaveProperty("expires_in");
  });

  test("ends once it is closed, and may be closed twice", async () => {
    const idp = await startFakeIdp();
    await idp.close();
    await idp[Symbol.asyncDispose]();
    expect(await errorOf(() => fetch(idp.tokenUrl))).toBeInstanceOf(TypeError);
  });

  test.each([
    [{ losesAnswers: true }, "losesAnswers: unknown option"],
    [{ stauts: 500, status: 42 }, "stauts: unknown option"],
    [{ status: 42 }, "status: must be an HTTP status from 200 to 599"],
    [{ times: 1.5 }, "times: must be a whole number from zero on"],
    [{ retryAfter: Number.NaN }, "retryAfter: must be a number from zero on"],
    [{ losesAnswer: "yes" }, "losesAnswer: must be true or false"],
    [{ error: 7 }, "error: must be a non-empty string"],
    [null, "options: must be an object"],
    [undefined, "options: must be an object"],
  ])("G5 does not fail with %j", async (failure, message) => {
    const idp = await start();
    const error = await errorOf(() => idp.failWith(failure as never));
    expect(error).toMatchObject({ code: "config", message: expect.stringContaining(message) });
    expect((await sent(idp)).status).toBe(200);
  });

  test("G5 answers with functions only", async () => {
    const idp = await start();
    const error = await errorOf(() => idp.answerWith({ body: "a" } as never));
    expect(error).toMatchObject({ code: "config", message: expect.stringContaining("must be a function") });
    idp.failWith({ times: Number.POSITIVE_INFINITY, status: 200, description: "" });
    expect(await sent(idp)).toMatchObject({ status: 200, text: "" });
  });

  test.each([
    [{ rotations: true }, "rotations: unknown option"],
    [{ rotation: "no" }, "rotation: must be true or false"],
    [{ clients: ["id"] }, "clients: must be an object of client secrets by client id"],
    [{ graceSecs: -1 }, "graceSecs: must be a number from zero on"],
  ])("G5 refuses the options %j", async (options, message) => {
    const error = await errorOf(() => startFakeIdp(options as never));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ message: expect.stringContaining(message) });
  });
});
