/** `authInterceptor` among all of undici's own interceptors, from the network upwards. */

import { gzipSync } from "node:zlib";
import { Agent, interceptors } from "undici";
import { describe, expect, onTestFinished, test } from "vitest";
import { authInterceptor, Credential } from "../../src/index.js";
import { startApi } from "../support/api.js";
import { errorOf } from "../support/errors.js";
import { scriptedProvider } from "../support/scripted-provider.js";

// biome-ignore lint/suspicious/noExplicitAny: undici types each of them in its own way
const make = interceptors as any;
const dns = () => make.dns({ affinity: 4, dualStack: false });
const redirect = () => make.redirect({ maxRedirections: 3 });
const retry = () => make.retry({ minTimeout: 1, maxRetries: 2 });

async function setUp() {
  const agent = new Agent();
  onTestFinished(() => agent.destroy());
  const api = await startApi(["Bearer t2"]);
  const origin = api.origin.replace("127.0.0.1", "localhost");
  const provider = scriptedProvider();
  const auth = authInterceptor(provider, { origins: [origin] });
  return { agent, api, origin, provider, auth, get: { origin, path: "/", method: "GET" } as const };
}

type World = Awaited<ReturnType<typeof setUp>>;

/** Each interceptor, on the right side of ours. */
const right: Record<string, (world: World) => unknown[]> = {
  dns: ({ auth }) => [dns(), auth],
  cache: ({ auth }) => [make.cache(), auth],
  deduplicate: ({ auth }) => [make.deduplicate(), auth],
  "decompress below": ({ auth }) => [make.decompress(), auth],
  "decompress above": ({ auth }) => [auth, make.decompress()],
  responseError: ({ auth }) => [auth, make.responseError()],
  redirect: ({ auth }) => [auth, redirect()],
  retry: ({ auth }) => [auth, retry()],
  "all of them": ({ auth }) => [
    dns(),
    make.cache(),
    make.deduplicate(),
    make.decompress(),
    auth,
    redirect(),
    retry(),
    make.responseError(),
  ],
};

describe.each(Object.entries(right))("%s", (_name, compose) => {
  test("W1 a refused request is sent again", async () => {
    const world = await setUp();
    const dispatcher = world.agent.compose(compose(world) as never);
    const { statusCode, body } = await dispatcher.request(world.get);
    expect([statusCode, await body.text()]).toEqual([200, "rows"]);
    expect(world.api.authorizations()).toEqual(["Bearer t1", "Bearer t2"]);
    expect(world.provider.reported).toHaveLength(1);
  });
});

// But for deduplicate: below retry, it gives no answer to a second try, without ours too.
test("they do their work in that order", async () => {
  const world = await setUp();
  const { api, agent, get } = world;
  api.answerWith(({ path, headers }, response) => {
    if (headers.authorization !== "Bearer t2") return response.writeHead(401).end("refused");
    if (path === "/moved") return response.writeHead(302, { location: "/rows" }).end();
    if (path === "/missing") return response.writeHead(404).end("missing");
    const isFirst = api.seen.filter((seen) => seen.path === path).length < 3;
    if (path === "/busy" && isFirst) return response.writeHead(503).end("busy");
    const head = { "content-encoding": "gzip", "cache-control": "public, max-age=60" };
    return response.writeHead(200, head).end(gzipSync("rows"));
  });
  const dispatcher = agent.compose([
    dns(),
    make.cache(),
    make.decompress(),
    world.auth,
    redirect(),
    retry(),
    make.responseError(),
  ] as never);
  const textOf = async (path: string) => (await dispatcher.request({ ...get, path })).body.text();
  expect(await textOf("/moved")).toBe("rows");
  expect(await textOf("/busy")).toBe("rows");
  expect(await errorOf(() => textOf("/missing"))).toMatchObject({ code: "UND_ERR_RESPONSE", statusCode: 404 });
  const before = api.seen.length;
  expect(await textOf("/busy")).toBe("rows");
  expect(api.seen).toHaveLength(before);
});

test('with "any", dns may be on either side', async () => {
  const { agent, get } = await setUp();
  const auth = authInterceptor(scriptedProvider(), { origins: "any" });
  expect((await agent.compose(auth, dns()).request(get)).statusCode).toBe(200);
});

describe("W5 an order that can be seen to be wrong is an error of the request, and nothing is sent", () => {
  const wrong: Record<string, (world: World) => unknown[]> = {
    cache: ({ auth }) => [auth, make.cache()],
    "cache, above others": ({ auth }) => [auth, redirect(), retry(), make.cache()],
    deduplicate: ({ auth }) => [auth, make.deduplicate()],
    dns: ({ auth }) => [auth, dns()],
    redirect: ({ auth }) => [redirect(), auth],
  };

  test.each(Object.entries(wrong))("%s", async (name, compose) => {
    const world = await setUp();
    const dispatcher = world.agent.compose(compose(world) as never);
    // More than one: who waits for the first must hear of it too.
    for (const error of await Promise.all([1, 2].map(() => errorOf(() => dispatcher.request(world.get))))) {
      expect(error.code).toBe("config");
      expect(error.message).toContain(`undici's ${name.split(",")[0]}`);
    }
    expect(world.api.seen).toEqual([]);
  });

  test("responseError below is found out at the first refusal", async () => {
    const world = await setUp();
    const dispatcher = world.agent.compose(make.responseError(), world.auth);
    const error = await errorOf(() => dispatcher.request(world.get));
    expect(error.code).toBe("config");
    expect(error.message).toContain("compose(authInterceptor, responseError)");
    expect(world.provider.reported).toEqual([]);
  });

  test("responseError below: another status is no matter of ours", async () => {
    const world = await setUp();
    world.api.answerWith((_request, response) => response.writeHead(404).end());
    const dispatcher = world.agent.compose(make.responseError(), world.auth);
    expect(await errorOf(() => dispatcher.request(world.get))).toMatchObject({ statusCode: 404 });
  });

  test('with "any", redirect below is what was asked for', async () => {
    const { agent, get, api } = await setUp();
    const auth = authInterceptor(scriptedProvider(Credential.bearer("t2")), { origins: "any" });
    expect((await agent.compose(redirect(), auth).request(get)).statusCode).toBe(200);
    expect(api.seen).toHaveLength(1);
  });
});

test("one cache for two accounts, below both: an answer that is not public stays with its account", async () => {
  const { agent, api, get } = await setUp();
  api.answerWith(({ headers }, response) =>
    response.writeHead(200, { "cache-control": "max-age=60" }).end(headers.authorization),
  );
  const cache = make.cache();
  const texts = [];
  for (const account of ["a", "b", "a"]) {
    const auth = authInterceptor(scriptedProvider(Credential.bearer(account)), { origins: "any" });
    texts.push(await (await agent.compose(cache, auth).request(get)).body.text());
  }
  expect(texts).toEqual(["Bearer a", "Bearer b", "Bearer a"]);
});
