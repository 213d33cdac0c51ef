/** google-auth-library's OAuth2Client against an API on loopback that accepts one token at a time. */

import { OAuth2Client } from "google-auth-library";
import { describe, expect, test } from "vitest";
import { googleRefreshHandler } from "../../src/adapters/index.js";
import { startApi } from "../support/api.js";
import { errorOf } from "../support/errors.js";
import { liveProvider } from "../support/live-provider.js";

async function start(options: ConstructorParameters<typeof OAuth2Client>[0], fields: object = { expires_in: 3600 }) {
  const accepted = ["Bearer token-1"];
  const api = await startApi(accepted);
  const live = await liveProvider({ ...fields });
  const client = new OAuth2Client(options);
  client.refreshHandler = googleRefreshHandler(live.provider);
  const get = async () => (await client.request<string>({ url: `${api.origin}/rows`, responseType: "text" })).data;
  return { api, accepted, ...live, get };
}

describe("OAuth2Client", () => {
  test("C3 with forceRefreshOnFailure, a refused token is replaced and the request sent again", async () => {
    const { api, accepted, issued, get } = await start({ forceRefreshOnFailure: true });
    expect([await get(), await get()]).toEqual(["rows", "rows"]);
    expect(issued()).toBe(1);
    accepted[0] = "Bearer token-2";
    expect(await get()).toBe("rows");
    expect(api.authorizations().slice(2)).toEqual(["Bearer token-1", "Bearer token-2"]);
    expect(issued()).toBe(2);
  });

  test("without it, the client believes the expiry that it was told", async () => {
    const { accepted, issued, get } = await start({});
    await get();
    accepted[0] = "Bearer token-2";
    expect(await errorOf(get)).toMatchObject({ status: 401 });
    expect(issued()).toBe(1);
  });

  test.each([[{ expires_in: 200 }], [{}]])(
    "of a token that it thinks about to expire it asks for each request, and none is reported: %j",
    async (fields) => {
      const { issued, get } = await start({ forceRefreshOnFailure: true }, fields);
      for (let request = 0; request < 5; request += 1) expect(await get()).toBe("rows");
      expect(issued()).toBe(1);
    },
  );
});
