/** A token that the server has revoked, and connectors that an API refuses for it. */

import { expect, test } from "vitest";
import { authFetch, OAuth2ClientCredentialsProvider } from "../../src/index.js";
import { newFolder } from "../support/folder.js";
import { startApi } from "./api.js";
import { startFront } from "./front.js";
import { clientOf, revoke, server, tokenOf } from "./server-under-test.js";

const REQUESTS = 100;

test(`W2 D1 revocation, ${REQUESTS} requests refused`, async ({ task }) => {
  const { strict: realm } = server;
  const [front, api, path] = await Promise.all([startFront(realm), startApi(realm), newFolder()]);
  const config = { ...clientOf(realm), token_url: front.tokenUrl, persist: { path } };
  const provider = new OAuth2ClientCredentialsProvider(config, { name: "suite" });
  const other = new OAuth2ClientCredentialsProvider(config, { name: "suite" });
  const first = await tokenOf(provider);
  expect(await tokenOf(other)).toBe(first);
  await revoke(realm, first);

  for (const each of [provider, other]) {
    const fetch = authFetch(each);
    const answers = await Promise.all(Array.from({ length: REQUESTS }, () => fetch(`${api.origin}/orders`)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  }
  expect(api.refused).toBeGreaterThanOrEqual(2);
  // One for the first token, one for its successor, which the other provider finds in the store.
  expect(front.requests).toHaveLength(2);
  task.meta.seen = `${api.refused} times 401, 1 token request`;
});
