/** Grants beside client credentials and refresh tokens, and tokens of a platform in place of secrets. */

import { expect, test } from "vitest";
import { OAuth2ClientCredentialsProvider } from "../../src/index.js";
import { clientOf, introspect, server, tokenOf } from "./server-under-test.js";
import { workloadToken } from "./workload.js";

const { strict: realm } = server;
const { client_assertion: assertion } = realm.grants ?? {};

test("K7 issuer in place of token_url", async () => {
  const { token_url: _, ...client } = clientOf(realm);
  const provider = new OAuth2ClientCredentialsProvider({ ...client, issuer: realm.issuer });
  expect(await introspect(realm, await tokenOf(provider))).toMatchObject({ active: true });
});

test.skipIf(assertion === undefined)("K3 client_assertion: a workload's token in place of a secret", async () => {
  const { client, audience } = assertion as NonNullable<typeof assertion>;
  const provider = new OAuth2ClientCredentialsProvider({ ...client, client_assertion: () => workloadToken(audience) });
  expect(await introspect(realm, await tokenOf(provider))).toMatchObject({ active: true, client_id: client.client_id });
});
