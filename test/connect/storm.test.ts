/** A thousand requests in flight that are all refused (W2, W4, F5). */

import { Agent, fetch as undiciFetch } from "undici";
import { describe, expect, onTestFinished, test } from "vitest";
import { type AuthProvider, authFetch, authInterceptor, OAuth2ClientCredentialsProvider } from "../../src/index.js";
import { startApi } from "../support/api.js";
import { testClock } from "../support/clock.js";
import { startIdp } from "../support/idp.js";

const REQUESTS = 1000;

type Get = (url: string) => Promise<{ status: number; text(): Promise<string> }>;

/** Both wrappers over an agent whose sockets can be counted. */
const wrappers: Record<string, (provider: AuthProvider, agent: Agent, origin: string) => Get> = {
  authFetch: (provider, agent) => {
    const fetch = authFetch(provider, { fetch: undiciFetch as never });
    return (url) => fetch(url, { dispatcher: agent } as object);
  },
  authInterceptor: (provider, agent, origin) => {
    const dispatcher = agent.compose(authInterceptor(provider, { origins: [origin] }));
    return async (url) => {
      const { statusCode, body } = await dispatcher.request({ origin, path: new URL(url).pathname, method: "GET" });
      return { status: statusCode, text: () => body.text() };
    };
  },
};

async function setUp(make: (typeof wrappers)[string], accepted: string[]) {
  const idp = await startIdp();
  const api = await startApi(accepted);
  const agent = new Agent({ connections: 50 });
  onTestFinished(() => agent.destroy());
  const clock = testClock();
  const config = { token_url: idp.tokenUrl, client_id: "c", client_secret: "s3cr3t" };
  const provider = new OAuth2ClientCredentialsProvider(config, { clock });
  const get = make(provider, agent, api.origin);
  const storm = async () => {
    const responses = await Promise.all(Array.from({ length: REQUESTS }, () => get(`${api.origin}/rows`)));
    await Promise.all(responses.map((response) => response.text()));
    return responses.map(({ status }) => status);
  };
  return { idp, api, agent, clock, storm };
}

/** Requests that hold a socket, over all of the agent's. */
function busy(agent: Agent): number {
  return Object.values(agent.stats).reduce((sum, stats) => sum + (stats?.running ?? 0) + (stats?.pending ?? 0), 0);
}

describe.each(Object.entries(wrappers))("%s", (_name, make) => {
  test("W2 W4 all refused at once: one refresh, one retry each, no socket left busy", async () => {
    const { idp, api, agent, storm } = await setUp(make, ["Bearer token-2"]);
    expect(new Set(await storm())).toEqual(new Set([200]));
    expect(idp.seen).toHaveLength(2);
    expect(api.authorizations().filter((value) => value === "Bearer token-1").length).toBeLessThanOrEqual(REQUESTS);
    expect(api.authorizations().filter((value) => value === "Bearer token-2")).toHaveLength(REQUESTS);
    expect(busy(agent)).toBe(0);
  });

  test("W2 F5 an API that refuses everything for good: each has its 401, token requests stay few", {
    tags: ["slow"],
  }, async () => {
    const { idp, api, agent, clock, storm } = await setUp(make, []);
    for (let round = 0; round < 5; round += 1) {
      expect(new Set(await storm())).toEqual(new Set([401]));
      clock.advance(1);
    }
    // The first token, and three replacements that were believed at once.
    expect(idp.seen).toHaveLength(4);
    expect(api.seen.length).toBeLessThanOrEqual(2 * 5 * REQUESTS);
    expect(busy(agent)).toBe(0);
    clock.advance(10);
    await storm();
    expect(idp.seen).toHaveLength(5);
  });
});

test("C8 a thousand requests on one signal put no crowd of listeners on it", { tags: ["slow"] }, async () => {
  const warnings: Error[] = [];
  const collect = (warning: Error) => warnings.push(warning);
  process.on("warning", collect);
  onTestFinished(() => {
    process.off("warning", collect);
  });
  const { idp, api, agent } = await setUp(wrappers.authFetch as never, ["Bearer token-2"]);
  const config = { token_url: idp.tokenUrl, client_id: "c", client_secret: "s3cr3t" };
  const fetch = authFetch(new OAuth2ClientCredentialsProvider(config));
  const dispatcher = agent.compose(authInterceptor(new OAuth2ClientCredentialsProvider(config), { origins: "any" }));
  const [one, another] = [new AbortController().signal, new AbortController().signal];
  await Promise.all([
    ...Array.from({ length: REQUESTS }, async () => (await fetch(api.origin, { signal: one })).text()),
    ...Array.from({ length: REQUESTS }, async () =>
      (await undiciFetch(api.origin, { signal: another, dispatcher })).text(),
    ),
  ]);
  await new Promise(setImmediate);
  expect(warnings.map(({ message }) => message)).toEqual([]);
});
