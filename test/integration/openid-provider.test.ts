/** Against oidc-provider, a certified OpenID provider, with rotation and reuse detection. */

import { expect, onTestFinished, test } from "vitest";
import { startOpenIdProvider } from "../../examples/demo/openid-provider.js";
import {
  type AuthProvider,
  Credential,
  OAuth2ClientCredentialsProvider,
  OAuth2RefreshProvider,
  StaticProvider,
  TokenEndpointProvider,
} from "../../src/index.js";
import { testClock } from "../support/clock.js";
import { errorOf } from "../support/errors.js";

async function start(options?: Parameters<typeof startOpenIdProvider>[0]) {
  const idp = await startOpenIdProvider(options);
  onTestFinished(() => idp.close());
  /** What introspection (RFC 7662) says of the provider's token. */
  const introspect = async (provider: AuthProvider) => {
    const authorization = Credential.authorizationValue(await provider.getToken()) ?? "";
    const body = new URLSearchParams({ token: authorization.replace("Bearer ", ""), ...idp.postClient });
    return (await fetch(idp.introspectionUrl, { method: "POST", body })).json();
  };
  return { idp, introspect };
}

test("client_credentials with client_secret_post", async () => {
  const { idp, introspect } = await start();
  const provider = new OAuth2ClientCredentialsProvider({
    token_url: idp.tokenUrl,
    ...idp.postClient,
    scopes: ["read", "unheard-of"],
  });
  expect(await introspect(provider)).toMatchObject({
    active: true,
    client_id: idp.postClient.client_id,
    scope: "read",
  });
});

test("client_credentials with client_secret_basic, whose parts need encoding", async () => {
  const { idp, introspect } = await start();
  const provider = new OAuth2ClientCredentialsProvider({
    token_url: idp.tokenUrl,
    ...idp.basicClient,
    token_endpoint_auth_method: "client_secret_basic",
    scopes: "read write",
  });
  expect(await introspect(provider)).toMatchObject({ active: true, scope: "read write" });
});

test("A3 rotation with reuse detection: a storm of connectors never presents a refresh token twice", async () => {
  const { idp, introspect } = await start();
  const refresh_token = await idp.mintRefreshToken();
  const clock = testClock();
  const provider = new OAuth2RefreshProvider({ token_url: idp.tokenUrl, ...idp.postClient, refresh_token }, { clock });
  let token = await provider.getToken();
  for (let rotation = 0; rotation < 10; rotation += 1) {
    const stale = token;
    clock.advance(60); // beyond the patience of F5
    const replacements = await Promise.all(Array.from({ length: 50 }, () => provider.invalidate(stale)));
    token = replacements[0] as Credential;
    expect(new Set(replacements).size).toBe(1);
  }
  expect(idp.seen).toEqual({ tokenRequests: 11, overlaps: 0, reuses: 0, revokedGrants: 0 });
  expect(await introspect(provider)).toMatchObject({ active: true });
});

test("two providers of one rotating grant kill it, which is what sharing is for", async () => {
  const { idp } = await start();
  const config = { token_url: idp.tokenUrl, ...idp.postClient, refresh_token: await idp.mintRefreshToken() };
  await new OAuth2RefreshProvider(config).getToken();
  const error = await errorOf(() => new OAuth2RefreshProvider(config).getToken());
  expect(error).toMatchObject({ code: "auth", status: 400, error: "invalid_grant", retryable: false });
  expect(idp.seen).toMatchObject({ reuses: 1, revokedGrants: 1 });
});

test.each(["client_secret_post", "client_secret_basic"] as const)(
  "a wrong secret with %s is a terminal AuthError",
  async (method) => {
    const { idp } = await start();
    const { client_id } = method === "client_secret_post" ? idp.postClient : idp.basicClient;
    const config = {
      token_url: idp.tokenUrl,
      client_id,
      client_secret: "wr0ng-s3cr3t",
      token_endpoint_auth_method: method,
    };
    const error = await errorOf(() => new OAuth2ClientCredentialsProvider(config).getToken());
    expect(error).toMatchObject({ code: "auth", status: 401, error: "invalid_client", retryable: false });
    expect(error.message).not.toContain("wr0ng");
  },
);

test("token_endpoint, by the same endpoint, with the token in a header of its own", async () => {
  const { idp } = await start();
  const provider = new TokenEndpointProvider({
    url: idp.tokenUrl,
    encoding: "form",
    body: { grant_type: "client_credentials", ...idp.postClient, scope: "read" },
    token_path: "$.access_token",
    expiry_path: "$.expires_in",
    apply_as: { header: "Authorization", template: "Bearer {token}" },
  });
  const { value } = (await provider.getToken()) as { value: string };
  const body = new URLSearchParams({ token: value.replace("Bearer ", ""), ...idp.postClient });
  expect(await (await fetch(idp.introspectionUrl, { method: "POST", body })).json()).toMatchObject({
    active: true,
    scope: "read",
  });
});

test("static, with a token that another provider got", async () => {
  const { idp, introspect } = await start();
  const { token } = (await new OAuth2ClientCredentialsProvider({
    token_url: idp.tokenUrl,
    ...idp.postClient,
  }).getToken()) as { token: string };
  expect(await introspect(new StaticProvider({ token }))).toMatchObject({ active: true });
});

test("a token that was revoked is replaced once it is reported", async () => {
  const { idp, introspect } = await start();
  const provider = new OAuth2ClientCredentialsProvider({ token_url: idp.tokenUrl, ...idp.postClient });
  const token = await provider.getToken();
  await idp.revoke((token as { token: string }).token);
  expect(await introspect(provider)).toEqual({ active: false });
  await provider.invalidate(token);
  expect(await introspect(provider)).toMatchObject({ active: true });
});
