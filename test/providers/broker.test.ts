/** `broker`: the client of a broker shares the generations of a provider in another process. */

import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { inspect } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { serveBroker } from "../../src/broker/index.js";
import {
  AuthCatalog,
  accessToken,
  authFetch,
  type BrokerConfig,
  BrokerProvider,
  Credential,
  type Runtime,
  TransportError,
} from "../../src/index.js";
import { type FakeProvider, type FakeProviderOptions, fakeProvider } from "../../src/testing/index.js";
import { startApi } from "../support/api.js";
import { faultsOf } from "../support/catalogs.js";
import { testClock } from "../support/clock.js";
import { errorOf } from "../support/errors.js";
import { newFolder } from "../support/folder.js";

const TOKEN = "a token that cannot be guessed";

/** A broker of the provider `crm`, which can be stopped and started again on the same socket. */
async function start(options: FakeProviderOptions = {}) {
  const crm = fakeProvider({ name: "crm", ...options });
  const socket = `${await newFolder()}/s`;
  const run = () => {
    const catalog = AuthCatalog.fromConfig({ crm: { type: "fake" } }, { types: { fake: () => crm } });
    return serveBroker(catalog, { socket, tcp: { token: TOKEN } });
  };
  let broker = await run();
  onTestFinished(() => broker.close());
  const client = (config: BrokerConfig = { socket }, runtime: Runtime = { name: "crm" }) => {
    const provider = new BrokerProvider(config, runtime);
    onTestFinished(() => provider.close());
    return provider;
  };
  return {
    crm,
    socket,
    url: broker.url as string,
    client,
    stop: () => broker.close(),
    async restart() {
      await broker.close();
      broker = await run();
    },
  };
}

/** What answers in place of a broker. */
async function startOther(answer: RequestListener): Promise<string> {
  const socket = `${await newFolder()}/s`;
  const server = createServer(answer).listen(socket);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return socket;
}

const shownBy = (credential: Credential) => Credential.authorizationValue(credential);

describe("a broker's client", () => {
  test("L4 C1 has the token of the broker, with its expiry, and asks once for all callers", async () => {
    const { crm, client } = await start();
    const provider = client();
    const given = await Promise.all(Array.from({ length: 50 }, () => provider.getToken()));
    expect(new Set(given).size).toBe(1);
    const { token, expiresAt } = await accessToken(provider);
    expect(token).toBe("token-1");
    expect(Math.abs((expiresAt as number) - (Credential.expiresAt(await crm.getToken()) as number))).toBeLessThan(1000);
    expect(crm.status().counts.flights).toBe(1);
  });

  test("L4 C3 twelve clients that report one token cause one request, and all get its successor", async () => {
    const { crm, client } = await start();
    const fleet = Array.from({ length: 12 }, () => client());
    const first = await Promise.all(fleet.map((provider) => provider.getToken()));
    const next = await Promise.all(fleet.map((provider, index) => provider.invalidate(first[index] as Credential)));
    expect(new Set(next.map(shownBy))).toEqual(new Set(["Bearer token-2"]));
    expect(crm.issued).toHaveLength(2);
  });

  test("L4 C3 the same text again is told from the one before by its id", async () => {
    const { crm, client } = await start({ tokens: ["same", "same", "same", "same"], expiresIn: null });
    const [a, b] = [client(), client()];
    const [ofA, ofB] = [await a.getToken(), await b.getToken()];
    await a.invalidate(ofA);
    await b.invalidate(ofB);
    expect(crm.issued).toHaveLength(2);
    await b.invalidate(await b.getToken());
    expect(crm.issued).toHaveLength(3);
  });

  test("L4 W1 a wrapper of any process replaces a refused token once", async () => {
    const { crm, client } = await start();
    const api = await startApi();
    api.answerWith(({ headers }, response) => {
      response.writeHead(crm.accepts(headers.authorization) ? 200 : 401).end();
    });
    const sends = [client(), client(), client()].map((provider) => authFetch(provider));
    const all = () => Promise.all(sends.flatMap((send) => [send(api.origin), send(api.origin)]));
    await all();
    crm.refuse();
    expect((await all()).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(crm.issued).toHaveLength(2);
  });

  test("L4 after a restart of the broker, what was refused is known by another id, and reported by that", async () => {
    const { crm, client, restart } = await start();
    const provider = client();
    const stale = await provider.getToken();
    await restart();
    expect(shownBy(await provider.invalidate(stale))).toBe("Bearer token-2");
    expect(crm.issued).toHaveLength(2);
  });

  test.each([
    ["a bearer", Credential.bearer("t")],
    ["user and password", Credential.basic("ü", "p:w")],
    ["a raw token", Credential.token("t0ken")],
    ["a header", Credential.header("X-Api-Key", "k3y")],
    ["an Authorization header of another scheme", Credential.header("authorization", "ApiKey k3y")],
    ["several headers", Credential.headers({ "X-Key": "k", "X-Tenant": "t" })],
    ["no header", Credential.headers({})],
  ])("L4 %s is the same again", async (_what, credential) => {
    const { client } = await start({ tokens: [credential] });
    expect(Credential.equals(await client().getToken(), credential)).toBe(true);
  });

  test("L4 P2 the address of the API comes with it", async () => {
    const socket = await startOther((_request, response) => {
      response.end(
        JSON.stringify({ id: "a.1", headers: { authorization: "Bearer t" }, base_url: "https://api.example" }),
      );
    });
    const provider = new BrokerProvider({ socket, name: "crm" });
    expect(Credential.baseUrl(await provider.getToken())).toBe("https://api.example");
  });

  test.each([
    ["http://evil.example/", "is not https"],
    ["nonsense", "is no absolute URL"],
    ["https://user:pass@api.example", "has a user name or a password"],
  ])("L4 P2 no credential goes to the address %s", async (base_url, fault) => {
    const socket = await startOther((_request, response) => {
      response.end(JSON.stringify({ id: "a.1", headers: { authorization: "Bearer t" }, base_url }));
    });
    const error = await errorOf(() => new BrokerProvider({ socket, name: "crm" }).getToken());
    expect(error).toMatchObject({
      code: "auth",
      status: 200,
      message: expect.stringContaining(`a base_url that ${fault}`),
    });
  });

  test("L4 C14 those who watch get each token that comes", async () => {
    const { crm, client } = await start();
    const provider = client();
    const seen: (string | undefined)[] = [];
    using _watch = provider.watch((credential) => void seen.push(shownBy(credential)));
    const stale = await provider.getToken();
    await crm.rotate();
    await provider.invalidate(stale);
    await expect.poll(() => seen).toEqual(["Bearer token-1", "Bearer token-2"]);
  });
});

describe("on TCP", () => {
  test("L4 V1 shows its token, and reads it again when that is refused", async () => {
    const { url, client } = await start();
    const tokens = ["an old one of sixteen letters", TOKEN];
    const provider = client({ url, token: () => tokens.shift() ?? TOKEN }, { name: "crm" });
    expect(shownBy(await provider.getToken())).toBe("Bearer token-1");
    const wrong = client({ url: `${url}/`, token: "a wrong one of sixteen letters" }, { name: "crm" });
    const error = await errorOf(() => wrong.getToken());
    expect(error).toMatchObject({ code: "auth", status: 401, retryable: false });
    expect(inspect(error)).not.toContain("a wrong one");
  });
});

describe("when things fail", () => {
  test("L4 F4 the failure of the broker's provider is told as what it is, and its instant is kept", async () => {
    const { crm, client, socket } = await start();
    crm.failWith();
    const provider = client({ socket, name: "crm" }, { name: "mine" });
    const error = await errorOf(() => provider.getToken());
    expect(error).toMatchObject({ code: "auth", error: "invalid_grant", retryable: false, provider: "mine" });
    expect(error.message).toContain("mine: ");
    const { retryAt } = await errorOf(() => provider.getToken());
    expect(retryAt).toBe(crm.status().retryAt);
    // It has asked once: the broker has tried as often as it makes sense.
    expect(provider.status().counts.tokenRequests).toBe(1);
  });

  test("L4 F2 K4 what the broker's provider has tried again is not tried again here", async () => {
    const { crm, client } = await start();
    const down = new TransportError("down");
    crm.failWith(down);
    const provider = client();
    expect(await errorOf(() => provider.getToken())).toMatchObject({ code: "transport", retryable: true });
    expect(provider.status().counts).toMatchObject({ flights: 1, tokenRequests: 1 });
    expect(crm.status().counts.flights).toBe(1);
    crm.recover();
    expect(shownBy(await provider.getToken())).toBe("Bearer token-1");
  });

  test("L4 F3 a token that is good is served while the broker is away, and service comes back by itself", async () => {
    const { client, stop, restart, socket } = await start();
    const clock = testClock(Date.now());
    const provider = client({ socket, retries: 0 }, { name: "crm", clock });
    const first = await provider.getToken();
    await stop();
    clock.advance(3500);
    expect(await provider.getToken()).toBe(first);
    clock.advance(200);
    const error = await errorOf(() => provider.getToken());
    expect(error).toMatchObject({ code: "transport", retryable: true, unsent: true });
    expect(error.message).toContain(`the broker at ${socket}`);
    await restart();
    clock.advance(60);
    expect(shownBy(await provider.getToken())).toBe("Bearer token-1");
  });

  test.each([
    ["404", 404, '{ "error": "there is no such page" }', { code: "auth", status: 404, retryable: false }],
    ["503", 503, '{ "error": "the broker ends" }', { code: "auth", status: 503, retryable: true }],
    ["no JSON", 200, "<html>", { code: "auth", status: 200 }],
    ["no headers", 200, '{ "id": "a.1" }', { code: "auth", status: 200 }],
    ["no id", 200, '{ "headers": {} }', { code: "auth", status: 200 }],
    ["a 502 of something else", 502, "<html>", { code: "auth", status: 502, retryable: true }],
    ["a header that is none", 200, '{ "id": "a.1", "headers": { "a b": "c" } }', { code: "auth" }],
    ["headers that are no texts", 200, '{ "id": "a.1", "headers": { "a": 7, "b": null } }', { code: "auth" }],
  ])("L4 an answer of %s is an error", async (_what, status, body, expected) => {
    const socket = await startOther((_request, response) => void response.writeHead(status).end(body));
    const provider = new BrokerProvider({ socket, name: "crm", retries: 0 });
    expect(await errorOf(() => provider.getToken())).toMatchObject(expected);
  });

  test("L4 S1 it prints without secrets", async () => {
    const { url, client } = await start();
    const provider = client({ url, token: TOKEN }, { name: "crm" });
    await provider.getToken();
    for (const text of [
      inspect(provider, { depth: 9 }),
      JSON.stringify(provider),
      String(provider),
      JSON.stringify(provider.status()),
    ]) {
      expect(text).not.toContain(TOKEN);
      expect(text).not.toContain("token-1");
    }
    expect(JSON.parse(JSON.stringify(provider))).toMatchObject({
      type: "broker",
      name: "crm",
      url: `${url}/`,
      broker_name: "crm",
    });
  });

  test("it is closed", async () => {
    const { client } = await start();
    const provider = client();
    await provider.close();
    expect(await errorOf(() => provider.getToken())).toMatchObject({ code: "closed" });
  });
});

describe("its configuration", () => {
  test.each<[object, Record<string, string>]>([
    [{}, { "": "must say where the broker is: either socket, or url with token; it has none" }],
    [{ socket: "/s", url: "http://localhost:1", token: "t" }, { "": expect.stringContaining("it has both") as never }],
    [{ url: "http://localhost:1" }, { token: "is required beside url: a string" }],
    [{ socket: "/s", token: "t" }, { token: "has no use with a socket" }],
    [{ socket: "" }, { socket: "must be the path of a Unix socket" }],
    [{ socket: "/s", nmae: "x" }, { nmae: 'unknown key; did you mean "name"?' }],
    [{ socket: "/s", retries: 11 }, { retries: "must be a whole number from 0 to 10" }],
  ])("G2 %j has its faults", async (config, faults) => {
    expect(await faultsOf(() => new BrokerProvider(config as BrokerConfig, { name: "crm" }))).toEqual(faults);
  });

  test("G2 without a name, here or there, it is asked for", async () => {
    expect(await faultsOf(() => new BrokerProvider({ socket: "/s" }))).toEqual({ name: "is required: a string" });
  });

  test("L4 D11 in a document, it takes its name from there, and a relative socket starts there", async () => {
    const { crm, socket } = await start();
    const { writeFile } = await import("node:fs/promises");
    const file = socket.replace(/s$/, "pipeline.yaml");
    await writeFile(file, "auth:\n  crm: { type: broker, config: { socket: s } }\n");
    await using catalog = await AuthCatalog.load(file);
    expect(shownBy(await catalog.get("crm").getToken())).toBe(shownBy((crm as FakeProvider).current as Credential));
  });
});
