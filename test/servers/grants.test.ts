/** Grants beside client credentials and refresh tokens, and tokens of a platform in place of secrets. */

import { decodeJwt } from "jose";
import { expect, onTestFinished, test, vi } from "vitest";
import {
  AuthCatalog,
  authFetch,
  JwtBearerProvider,
  OAuth2ClientCredentialsProvider,
  OAuth2RefreshProvider,
  TokenExchangeProvider,
} from "../../src/index.js";
import { startApi } from "./api.js";
import { clientOf, introspect, mintRefreshToken, server, tokenOf } from "./server-under-test.js";
import { environment, workloadToken } from "./workload.js";

const { strict: realm } = server;
const { token_exchange: exchange, jwt_bearer: bearer, client_assertion: assertion } = realm.grants ?? {};

test("K7 issuer in place of token_url", async () => {
  const { token_url: _, ...client } = clientOf(realm);
  const provider = new OAuth2ClientCredentialsProvider({ ...client, issuer: realm.issuer });
  expect(await introspect(realm, await tokenOf(provider))).toMatchObject({ active: true });
});

test.skipIf(exchange === undefined)("K4 token_exchange: a user's token for another one", async ({ task }) => {
  const { client, api } = exchange as NonNullable<typeof exchange>;
  const user = new OAuth2RefreshProvider({ ...client, refresh_token: await mintRefreshToken(realm, client) });
  const provider = new TokenExchangeProvider({ ...client, subject_token: user, audience: api?.client_id ?? null });
  const [subject, token] = [await tokenOf(user), await tokenOf(provider)];
  expect(token).not.toBe(subject);
  expect(decodeJwt(token).sub).toBe(decodeJwt(subject).sub);
  expect(await introspect(realm, token, api)).toMatchObject({ active: true });
  if (api !== undefined) expect(decodeJwt(token).aud).toBe(api.client_id);
  task.meta.seen = api === undefined ? "yes" : "yes, for another audience";
});

test.skipIf(bearer === undefined)("K4 jwt_bearer: a workload's token for one of the server's", async () => {
  const { client, audience } = bearer as NonNullable<typeof bearer>;
  const provider = new JwtBearerProvider({ ...client, assertion: () => workloadToken(audience) });
  expect(await introspect(realm, await tokenOf(provider))).toMatchObject({ active: true, client_id: client.client_id });
});

test.skipIf(assertion === undefined)("K3 client_assertion: a workload's token in place of a secret", async () => {
  const { client, audience } = assertion as NonNullable<typeof assertion>;
  const provider = new OAuth2ClientCredentialsProvider({ ...client, client_assertion: () => workloadToken(audience) });
  expect(await introspect(realm, await tokenOf(provider))).toMatchObject({ active: true, client_id: client.client_id });
});

test.skipIf(assertion === undefined || exchange?.api === undefined)(
  "K4 K6 GitHub's token → the server → one for an API, in a YAML without a secret",
  async () => {
    const { client, audience } = assertion as NonNullable<typeof assertion>;
    const { api } = exchange as Required<NonNullable<typeof exchange>>;
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    onTestFinished(() => void vi.unstubAllEnvs());
    const catalog = await AuthCatalog.fromYaml(`
      auth:
        orders:
          type: token_exchange
          config:
            token_url: ${client.token_url}
            client_id: ${client.client_id}
            client_assertion: { ref: github }
            subject_token: { ref: pipeline }
            audience: ${api.client_id}
        pipeline:
          type: oauth2
          config:
            issuer: ${realm.issuer}
            client_id: ${client.client_id}
            client_assertion: { ref: github }
            scopes: read
        github:
          type: identity_token
          config: { source: github_actions, audience: "${audience}" }
    `);
    onTestFinished(() => catalog.close());
    const { origin } = await startApi(realm, { client: api });
    const { status } = await authFetch(catalog.get("orders"))(`${origin}/orders`);
    expect(status).toBe(200);
  },
);
