/** Clients that take a fetch: each sends what was refused once more. */

import ky from "ky";
import createClient from "openapi-fetch";
import { expect, test } from "vitest";
import { authFetch } from "../../src/index.js";
import { startApi } from "../support/api.js";
import { scriptedProvider } from "../support/scripted-provider.js";

type Fetch = ReturnType<typeof authFetch>;

/** Gets the text at `url` through the client, made with `fetch`. */
const clients: Record<string, (url: string, fetch: Fetch) => Promise<string>> = {
  ky: (url, fetch) => ky.create({ fetch }).get(url).text(),
  "openapi-fetch": async (url, fetch) => {
    const { origin, pathname } = new URL(url);
    const client = createClient<Record<string, never>>({ baseUrl: origin, fetch });
    const { data } = await client.GET(pathname as never, { parseAs: "text" } as never);
    return data as unknown as string;
  },
};

test.each(Object.entries(clients))(
  "W1 %s sends a refused request once more, with the next credential",
  async (_name, get) => {
    const api = await startApi(["Bearer t2"]);
    const auth = scriptedProvider();
    expect(await get(`${api.origin}/orders`, authFetch(auth))).toBe("rows");
    expect(api.authorizations()).toEqual(["Bearer t1", "Bearer t2"]);
    expect(auth.reported).toHaveLength(1);
  },
);
