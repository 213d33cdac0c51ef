/** An API that takes the tokens that a realm's introspection calls active. */

import { createServer } from "node:http";
import { listen } from "../support/server.js";
import type { Realm } from "./identity-server.js";
import { clientOf, introspect } from "./server-under-test.js";

/** Starts it, until the test ends. It asks as `client`; with `remembers`, about each token once. */
export async function startApi(
  realm: Realm,
  { client = clientOf(realm), remembers = false } = {},
): Promise<{ readonly origin: string; readonly refused: number }> {
  const known = new Map<string, Promise<{ active: boolean }>>();
  const server = createServer(async ({ headers }, response) => {
    const token = headers.authorization?.replace("Bearer ", "") ?? "";
    const answer = (remembers && known.get(token)) || introspect(realm, token, client);
    known.set(token, answer);
    const { active } = await answer;
    if (!active) api.refused += 1;
    response.writeHead(active ? 200 : 401).end();
  });
  const api = { origin: await listen(server), refused: 0 };
  return api;
}
