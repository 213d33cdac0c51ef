/** Many connectors in several processes, on one grant whose refresh token rotates. */

import { expect, test } from "vitest";
import { OAuth2RefreshProvider } from "../../src/index.js";
import { start } from "../fleet/processes.js";
import { newFolder } from "../support/folder.js";
import { startApi } from "./api.js";
import { startFront } from "./front.js";
import { clientOf, introspect, mintRefreshToken, server, tokenOf } from "./server-under-test.js";
import { ACCESS_TOKEN_SECONDS } from "./start/clients.js";

const PROCESSES = 4;
const CONNECTORS = 25;
/** Each process ends when it has seen so many, each of which is used for a second. */
const TOKENS = 15;

test(`D1 rotation, ${PROCESSES} processes × ${CONNECTORS} connectors on one store`, async ({ task }) => {
  const { strict: realm } = server;
  const front = await startFront(realm);
  const api = await startApi(realm, { remembers: true });
  const path = await newFolder();
  const config = {
    ...clientOf(realm),
    token_url: front.tokenUrl,
    refresh_token: await mintRefreshToken(realm),
    persist: { path },
  };
  const orders = { config: { ...config, expiry_ratio: 1 / ACCESS_TOKEN_SECONDS }, name: "suite", api: api.origin };
  const fleet = Array.from({ length: PROCESSES }, () => {
    return start("worker", { ...orders, connectors: CONNECTORS, tokens: TOKENS }).message();
  });
  const reports = await Promise.all(fleet);

  const redeemed = front.requests.map(({ form }) => form.refresh_token);
  expect(reports).toMatchObject(Array.from({ length: PROCESSES }, () => ({ errors: [], refused: 0 })));
  expect(redeemed.length).toBeGreaterThanOrEqual(TOKENS);
  expect(new Set(redeemed).size).toBe(redeemed.length);
  expect(front.requests.filter(({ status }) => status !== 200)).toEqual([]);

  // Somebody who comes later takes the grant on.
  const later = await tokenOf(new OAuth2RefreshProvider({ ...config, expiry_ratio: Number.MIN_VALUE }));
  expect(front.requests.length).toBe(redeemed.length + 1);
  expect(await introspect(realm, later)).toMatchObject({ active: true });
  const requests = reports.reduce((sum, report) => sum + report.requests, 0);
  task.meta.seen = `${redeemed.length} redemptions for ${requests} requests, 0 reuses`;
});
