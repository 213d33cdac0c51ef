/** An AWS SDK client of a service that takes a bearer token, against an API on loopback. */

import { BedrockClient, ListFoundationModelsCommand } from "@aws-sdk/client-bedrock";
import { expect, onTestFinished, test } from "vitest";
import { awsToken } from "../../src/adapters/index.js";
import { startApi } from "../support/api.js";
import { liveProvider } from "../support/live-provider.js";

async function start(fields: object) {
  const api = await startApi();
  api.answerWith((_request, response) => response.end('{"modelSummaries":[]}'));
  const live = await liveProvider({ ...fields });
  const client = new BedrockClient({
    endpoint: api.origin,
    region: "eu-central-1",
    token: awsToken(live.provider),
    authSchemePreference: ["httpBearerAuth"],
  });
  onTestFinished(() => client.destroy());
  const call = async () => (await client.send(new ListFoundationModelsCommand())).modelSummaries;
  return { api, ...live, call };
}

test("a token that has long to live is asked for once", async () => {
  const { api, call, rotate } = await start({ expires_in: 3600 });
  expect(await call()).toEqual([]);
  await rotate();
  expect(await call()).toEqual([]);
  expect(api.authorizations()).toEqual(["Bearer token-1", "Bearer token-1"]);
});

test("in its last five minutes, the SDK asks for each request", async () => {
  const { api, call, rotate, issued } = await start({ expires_in: 200 });
  expect(await call()).toEqual([]);
  await rotate();
  await expect.poll(async () => [await call(), api.authorizations().at(-1)]).toEqual([[], "Bearer token-2"]);
  expect(issued()).toBe(2);
});
