/** The server has done its work, but its answer is lost on the way. */

import { decodeJwt } from "jose";
import { expect, test } from "vitest";
import { OAuth2ClientCredentialsProvider, OAuth2RefreshProvider } from "../../src/index.js";
import { testClock } from "../support/clock.js";
import { errorOf } from "../support/errors.js";
import { startFront } from "./front.js";
import type { ClientKeys, Realm } from "./identity-server.js";
import { clientOf, introspect, mintRefreshToken, server, tokenIn, tokenOf } from "./server-under-test.js";

const { strict, forgiving } = server;

test("F2 client credentials, the answer lost", async () => {
  const front = await startFront(strict);
  const provider = new OAuth2ClientCredentialsProvider({ ...clientOf(strict), token_url: front.tokenUrl });
  front.loseAnswer("nothing");
  front.loseAnswer("half");
  expect(await introspect(strict, await tokenOf(provider))).toMatchObject({ active: true });
  expect(front.requests).toHaveLength(3);
});

test.skipIf(strict.clients.private_key_jwt === undefined)("K2 private_key_jwt, the answer lost", async () => {
  const { private_key_jwt: client } = strict.clients;
  const front = await startFront(strict);
  const provider = new OAuth2ClientCredentialsProvider({
    ...(client as ClientKeys),
    token_url: front.tokenUrl,
    assertion_audience: strict.tokenUrl,
  });
  front.loseAnswer("nothing");
  expect(await introspect(strict, await tokenOf(provider))).toMatchObject({ active: true });
  const ids = front.requests.map(({ form }) => decodeJwt(form.client_assertion ?? "").jti);
  expect(new Set(ids).size).toBe(2);
});

test("F2 refresh with strict rotation, the answer lost", async ({ task }) => {
  const front = await startFront(strict);
  const refresh_token = await mintRefreshToken(strict);
  const provider = new OAuth2RefreshProvider({ ...clientOf(strict), token_url: front.tokenUrl, refresh_token });
  front.loseAnswer("nothing");
  const error = await errorOf(() => provider.getToken());
  expect(error).toMatchObject({ code: "auth", error: "invalid_grant", retryable: false, cause: { code: "transport" } });
  task.meta.seen = `invalid_grant, after ${front.requests.length} requests`;
});

for (const arrives of ["nothing", "half"] as const) {
  test.skipIf(forgiving === undefined)(
    `F2 refresh where a reuse is forgiven, ${arrives} of the answer arrives`,
    async ({ task }) => {
      const realm = forgiving as Realm & { because: string };
      const front = await startFront(realm);
      const clock = testClock();
      const refresh_token = await mintRefreshToken(realm);
      const provider = new OAuth2RefreshProvider(
        { ...clientOf(realm), token_url: front.tokenUrl, refresh_token },
        { clock },
      );
      front.loseAnswer(arrives);
      const first = await provider.getToken();
      expect(await introspect(realm, tokenIn(first))).toMatchObject({ active: true });
      clock.advance(60); // beyond the patience of F5
      // What came in place of the lost answer goes on.
      const second = await provider.invalidate(first);
      expect(await introspect(realm, tokenIn(second))).toMatchObject({ active: true });
      expect(front.requests.map(({ status }) => status)).toEqual([200, 200, 200]);
      task.meta.seen = realm.because;
    },
  );
}
