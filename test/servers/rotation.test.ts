/** Many connectors in several processes, on one grant whose refresh token rotates. */

import { expect, onTestFinished, test } from "vitest";
import { OAuth2RefreshProvider } from "../../src/index.js";
import { start } from "../fleet/processes.js";
import { newFolder } from "../support/folder.js";
import { startApi } from "./api.js";
import { type Front, startFront } from "./front.js";
import type { Realm } from "./identity-server.js";
import { clientOf, introspect, mintRefreshToken, server, tokenOf } from "./server-under-test.js";
import { ACCESS_TOKEN_SECONDS } from "./start/clients.js";

const PROCESSES = 4;
const CONNECTORS = 25;
/** Each process ends when it has seen so many, each of which is used for a second. */
const TOKENS = 15;
const FLEET = `${PROCESSES} processes × ${CONNECTORS} connectors on one store`;

const { strict, forgiving } = server;

test(`D1 rotation, ${FLEET}`, async ({ task }) => {
  const front = await startFront(strict);
  const requests = await useUp(strict, front);
  const redeemed = front.requests.map(({ form }) => form.refresh_token);
  expect(new Set(redeemed).size).toBe(redeemed.length);
  task.meta.seen = `${redeemed.length} redemptions for ${requests} requests, 0 reuses`;
});

test.skipIf(forgiving === undefined)(`F2 D1 rotation, ${FLEET}, each fourth answer lost`, async ({ task }) => {
  const realm = forgiving as Realm;
  const front = await startFront(realm);
  front.loseEvery(4);
  const requests = await useUp(realm, front);
  const { length: redemptions } = front.requests;
  expect(front.lost).toBeGreaterThanOrEqual(TOKENS / 4 - 1);
  task.meta.seen = `${redemptions} redemptions for ${requests} requests, ${front.lost} answers lost`;
});

/**
 * Runs the fleet on a new grant of the realm, by way of `front`, and gives how many requests it made of an API. No request
 * failed, no token request was refused, and the grant goes on.
 */
async function useUp(realm: Realm, front: Front): Promise<number> {
  const api = await startApi(realm, { remembers: true });
  const config = {
    ...clientOf(realm),
    token_url: front.tokenUrl,
    refresh_token: await mintRefreshToken(realm),
    persist: { path: await newFolder() },
  };
  const orders = { config: { ...config, expiry_ratio: 1 / ACCESS_TOKEN_SECONDS }, name: "suite", api: api.origin };
  const fleet = Array.from({ length: PROCESSES }, () => {
    const { child, message } = start("worker", { ...orders, connectors: CONNECTORS, tokens: TOKENS });
    onTestFinished(() => void child.kill());
    return message();
  });
  // A refusal would not end the processes while the last token is good.
  const reports = await Promise.race([Promise.all(fleet), front.refusal]);
  expect(reports).toMatchObject(Array.from({ length: PROCESSES }, () => ({ errors: [], refused: 0 })));

  // Somebody who comes later asks for one more.
  const before = front.requests.length;
  expect(before).toBeGreaterThanOrEqual(TOKENS);
  const later = await tokenOf(new OAuth2RefreshProvider({ ...config, expiry_ratio: Number.MIN_VALUE }));
  expect(await introspect(realm, later)).toMatchObject({ active: true });
  expect(front.requests.length).toBeGreaterThan(before);
  expect(front.requests.filter(({ status }) => status !== 200)).toEqual([]);
  return reports.reduce((sum, report) => sum + report.requests, 0);
}
