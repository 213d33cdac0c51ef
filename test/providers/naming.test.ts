import { describe, expect, onTestFinished, test } from "vitest";
import {
  AuthError,
  Credential,
  FlowProvider,
  MemoryTokenStore,
  OAuth2ClientCredentialsProvider,
  TokenCache,
} from "../../src/index.js";
import { errorOf } from "../support/errors.js";
import { json, numberedTokens, startIdp } from "../support/idp.js";
import { fetching, fetchingTypes } from "../support/providers.js";
import { hearWarnings } from "../support/warnings.js";

describe.each(fetchingTypes)("%s", (_type, make) => {
  test("F1 an error names the provider that failed, and so does that of its gate", async () => {
    const idp = await startIdp((_request, response) => json(response, { error: "invalid_grant" }, 400));
    const [first, second] = [make(idp, {}, { name: "crm" }), make(idp, {}, { name: "wiki" })];
    const failure = await errorOf(() => first.getToken());
    expect(failure).toMatchObject({ provider: "crm", message: expect.stringMatching(/^crm: POST http/) });
    expect(failure.stack).toContain("crm: POST http");
    const gated = await errorOf(() => first.getToken());
    expect(gated).toMatchObject({ provider: "crm", message: expect.stringMatching(/^crm: POST .*not asked again/) });
    expect(await errorOf(() => second.getToken())).toMatchObject({ provider: "wiki" });
    expect(first.status()).toMatchObject({ lastError: { message: expect.stringMatching(/^crm: /) } });
  });
});

test("F1 the error of a provider that another one depends on names the one that failed", async () => {
  const inner = new TokenCache(() => Promise.reject(new AuthError("refused", { status: 400 })), { name: "inner" });
  const outer = new TokenCache(async () => ({ credential: await inner.getToken() }), { name: "outer" });
  expect(await errorOf(() => outer.getToken())).toMatchObject({ provider: "inner", message: "inner: refused" });
});

describe("two providers with one refresh token", () => {
  const rotating = () => startIdp(numberedTokens({ refresh_token: "rot4ted", expires_in: 3600 }));

  test("without a common record are warned of, once, with both names and no secret", async () => {
    const warnings = hearWarnings("FAUCET_AUTH_GRANT_SHARED");
    const idp = await rotating();
    for (const name of ["orders", "customers", "invoices"]) await fetching.oauth2_refresh(idp, {}, { name }).getToken();
    const [warning, ...others] = await warnings.all();
    expect(warning?.message).toMatch(/^orders and customers present the same refresh token/);
    expect(warning?.message).toContain("share one provider, whose for() gives");
    expect(warning?.message).not.toContain("r3fr3sh");
    expect(others).toEqual([]);
  });

  test("D9 that have no audiences are told of no for()", async () => {
    const warnings = hearWarnings("FAUCET_AUTH_GRANT_SHARED");
    const idp = await rotating();
    const steps = [{ request: { url: idp.tokenUrl, query: { rt: "${rt}" } }, capture: { rt: "$.refresh_token" } }];
    for (const name of ["a", "b"]) await new FlowProvider({ steps, rotates: { rt: "s33d" } }, { name }).getToken();
    const mend = expect.stringContaining("; share one provider, or give both the same persist.path (and persist.key)");
    expect(await warnings.all()).toMatchObject([{ message: mend }]);
  });

  test("with a common store, of other clients, or of other grants are not", async () => {
    const warnings = hearWarnings("FAUCET_AUTH_GRANT_SHARED");
    const [idp, store] = [await rotating(), new MemoryTokenStore()];
    for (const name of ["a", "b"]) await fetching.oauth2_refresh(idp, {}, { name, store }).getToken();
    await fetching.oauth2_refresh(idp, { client_id: "another" }, { name: "c" }).getToken();
    await fetching.oauth2_refresh(idp, { refresh_token: "another" }, { name: "d" }).getToken();
    expect(await warnings.all()).toEqual([]);
  });
});

test("C3 a promise, or what is no credential, is not reported silently", async () => {
  const idp = await startIdp();
  const provider = new OAuth2ClientCredentialsProvider({ token_url: idp.tokenUrl, client_id: "c", client_secret: "s" });
  onTestFinished(() => provider.close());
  const promise = provider.getToken();
  expect(await errorOf(() => provider.invalidate(promise as never))).toMatchObject({
    name: "TypeError",
    message: expect.stringContaining("await getToken() first"),
  });
  for (const nonsense of [undefined, null, "t", {}]) {
    expect(await errorOf(() => provider.invalidate(nonsense as never))).toMatchObject({ name: "TypeError" });
  }
  expect(await provider.invalidate(Credential.bearer("another"))).toBe(await promise);
  expect(idp.seen).toHaveLength(1);
});

test("status() tells when the refresh token ends", async () => {
  const idp = await startIdp(numberedTokens({ expires_in: 60, refresh_token: "r1", refresh_expires_in: 1800 }));
  const now = 1_700_000_000_000;
  const provider = fetching.oauth2_refresh(idp, {}, { clock: () => now });
  await provider.getToken();
  expect(provider.status()).toMatchObject({ refreshTokenExpiresAt: now + 1_800_000 });
});
