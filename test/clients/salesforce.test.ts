/** jsforce against a server that plays Salesforce's REST API: it accepts one token at a time. */

import { Connection } from "jsforce";
import { expect, test } from "vitest";
import { jsforceRefresh } from "../../src/adapters/index.js";
import { StaticProvider } from "../../src/index.js";
import { startApi } from "../support/api.js";
import { errorOf } from "../support/errors.js";
import { liveProvider } from "../support/live-provider.js";

/** Refuses as Salesforce does. */
async function startSalesforce() {
  const api = await startApi();
  const state = { accepted: "Bearer token-1" };
  api.answerWith(({ headers }, response) => {
    const isGood = headers.authorization === state.accepted;
    response.writeHead(isGood ? 200 : 401, { "content-type": "application/json" });
    const refusal = [{ message: "Session expired or invalid", errorCode: "INVALID_SESSION_ID" }];
    response.end(JSON.stringify(isGood ? { totalSize: 0, done: true, records: [] } : refusal));
  });
  return { api, state };
}

test("C3 a refused connection goes on with what has replaced its very token, once for all requests", async () => {
  const { api, state } = await startSalesforce();
  const { provider, issued } = await liveProvider();
  const connection = new Connection({ instanceUrl: api.origin, refreshFn: jsforceRefresh(provider) });
  const query = async () => (await connection.query("SELECT Id FROM Account")).totalSize;
  expect(await query()).toBe(0);
  expect(issued()).toBe(1);

  state.accepted = "Bearer token-2";
  expect(await Promise.all(Array.from({ length: 20 }, query))).toEqual(Array.from({ length: 20 }, () => 0));
  expect(issued()).toBe(2);
});

test("C3 two connections that share a provider report one token once", async () => {
  const { api, state } = await startSalesforce();
  const { provider, issued } = await liveProvider();
  const refreshFn = jsforceRefresh(provider);
  const [one, other] = [1, 2].map(() => new Connection({ instanceUrl: api.origin, refreshFn }));
  await Promise.all([one?.query("q"), other?.query("q")]);
  state.accepted = "Bearer token-2";
  await one?.query("q");
  await other?.query("q");
  expect(issued()).toBe(2);
});

test("a token that nothing replaces ends in an error", async () => {
  const { api } = await startSalesforce();
  const refreshFn = jsforceRefresh(new StaticProvider({ token: "wrong" }));
  const connection = new Connection({ instanceUrl: api.origin, refreshFn });
  expect((await errorOf(async () => connection.query("q"))).message).toContain("the provider has no other");
  expect(api.authorizations()).toEqual([undefined, "Bearer wrong"]);
});
