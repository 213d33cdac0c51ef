/** Clients that take a fetch, or a fetch that `authFetch` takes: each sends what was refused once more. */

import axios from "axios";
import ky from "ky";
import createClient from "openapi-fetch";
import { fetch as fetch6 } from "undici6";
import { expect, test } from "vitest";
import { authFetch } from "../../src/index.js";
import { startApi } from "../support/api.js";
import { scriptedProvider } from "../support/scripted-provider.js";

/** undici 8 wants Node 22.19: on an earlier one, importing it fails. */
const undici8 = await import("undici8").catch(() => undefined);

type Fetch = ReturnType<typeof authFetch>;

/** Gets the text at `url` through the client, made with `fetch` or with one that authFetch is given. */
const clients: Record<string, (url: string, auth: ReturnType<typeof scriptedProvider>) => Promise<string>> = {
  axios: async (url, auth) => {
    const api = axios.create({ adapter: "fetch", env: { fetch: authFetch(auth) } });
    return (await api.get(url)).data;
  },
  ky: (url, auth) =>
    ky
      .create({ fetch: authFetch(auth) })
      .get(url)
      .text(),
  "openapi-fetch": async (url, auth) => {
    const { origin, pathname } = new URL(url);
    const client = createClient<Record<string, never>>({ baseUrl: origin, fetch: authFetch(auth) });
    const { data } = await client.GET(pathname as never, { parseAs: "text" } as never);
    return data as unknown as string;
  },
  "undici 6": (url, auth) => textOf(fetch6 as unknown as Fetch, url, auth),
  ...(undici8 && { "undici 8": (url, auth) => textOf(undici8.fetch as unknown as Fetch, url, auth) }),
};

async function textOf(fetch: Fetch, url: string, auth: ReturnType<typeof scriptedProvider>): Promise<string> {
  return (await authFetch(auth, { fetch })(url)).text();
}

test.each(Object.entries(clients))(
  "W1 %s sends a refused request once more, with the next credential",
  async (_name, get) => {
    const api = await startApi(["Bearer t2"]);
    const auth = scriptedProvider();
    expect(await get(`${api.origin}/orders`, auth)).toBe("rows");
    expect(api.authorizations()).toEqual(["Bearer t1", "Bearer t2"]);
    expect(auth.reported).toHaveLength(1);
  },
);

test.skipIf(undici8)("undici 8 is tried on Node 22.19 and later", ({ skip }) => skip());
