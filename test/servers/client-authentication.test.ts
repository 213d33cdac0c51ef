/** Each way to authenticate that the server offers. */

import { expect, test } from "vitest";
import { OAuth2ClientCredentialsProvider, OAuth2RefreshProvider } from "../../src/index.js";
import { errorOf } from "../support/errors.js";
import { startFront } from "./front.js";
import type { ClientKeys } from "./identity-server.js";
import { clientOf, introspect, mintRefreshToken, server, tokenOf } from "./server-under-test.js";

const { clients, ...realm } = server.strict;

for (const method of [
  "client_secret_post",
  "client_secret_basic",
  "client_secret_jwt",
  "private_key_jwt",
  "tls_client_auth",
  "self_signed_tls_client_auth",
] as const) {
  test.skipIf(clients[method] === undefined)(`K1 ${method}`, async () => {
    const client = clients[method] as ClientKeys;
    const token = await tokenOf(new OAuth2ClientCredentialsProvider(client));
    expect(await introspect(server.strict, token)).toMatchObject({ active: true, client_id: client.client_id });
  });
}

test.skipIf(clients.none === undefined)("K1 none: a public client refreshes", async () => {
  const client = clients.none as ClientKeys;
  const refresh_token = await mintRefreshToken(server.strict, client);
  const token = await tokenOf(new OAuth2RefreshProvider({ ...client, refresh_token }));
  expect(await introspect(server.strict, token)).toMatchObject({ active: true, client_id: client.client_id });
});

test("V2 a secret that is replaced between two requests", async () => {
  const client = clientOf(server.strict);
  const secrets = ["of-yesterday"];
  const front = await startFront(server.strict);
  const client_secret = () => secrets.shift() ?? client.client_secret ?? "";
  const provider = new OAuth2ClientCredentialsProvider({ ...client, client_secret, token_url: front.tokenUrl });
  expect(await introspect(server.strict, await tokenOf(provider))).toMatchObject({ active: true });
  expect(front.requests.map(({ status }) => status)).toEqual([401, 200]);
});

test("F1 a wrong secret", async ({ task }) => {
  const client = { ...clientOf(server.strict), client_secret: "wr0ng-s3cr3t" };
  const error = await errorOf(() => new OAuth2ClientCredentialsProvider(client).getToken());
  expect(error).toMatchObject({ code: "auth", status: 401, retryable: false });
  expect(error.message).not.toContain("wr0ng");
  task.meta.seen = `401 ${error.error}`;
});

test("nothing that the server's metadata lists is left out", async () => {
  const metadata = await fetch(`${realm.issuer}/.well-known/openid-configuration`);
  const {
    token_endpoint_auth_methods_supported: methods,
    grant_types_supported: grants,
    dpop_signing_alg_values_supported: proofs,
  } = (await metadata.json()) as Record<string, string[]>;
  expect(methods?.filter((method) => !Object.hasOwn(clients, method))).toEqual([]);
  const extensions = Object.entries(EXTENSION_GRANTS).filter(([name]) => grants?.includes(name));
  expect(extensions.filter(([, grant]) => !Object.hasOwn(realm.grants ?? {}, grant))).toEqual([]);
  expect(realm.dpop !== undefined).toBe(proofs !== undefined);
});

const EXTENSION_GRANTS = {
  "urn:ietf:params:oauth:grant-type:token-exchange": "token_exchange",
  "urn:ietf:params:oauth:grant-type:jwt-bearer": "jwt_bearer",
};
