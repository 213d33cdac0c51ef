/** K7: an issuer in place of a token endpoint. */

import { inspect } from "node:util";
import { Agent } from "undici";
import { describe, expect, test } from "vitest";
import { exchange } from "../../src/http/exchange.js";
import { Mask } from "../../src/http/mask.js";
import {
  fromConfig,
  MemoryTokenStore,
  OAuth2ClientCredentialsProvider,
  OAuth2RefreshProvider,
} from "../../src/index.js";
import { Discovery, type Errand } from "../../src/oauth2/discovery.js";
import { type EndpointName, endpointOf } from "../../src/oauth2/server-metadata.js";
import { tokenUrlOf } from "../../src/oauth2/token-url.js";
import { answerWith } from "../support/answers.js";
import { testClock } from "../support/clock.js";
import { errorOf } from "../support/errors.js";
import { eventually } from "../support/eventually.js";
import { faultsOf } from "../support/faults.js";
import { type Answer, type Idp, json, numberedTokens, startIdp } from "../support/idp.js";
import { hearWarnings } from "../support/warnings.js";

const OAUTH = "/.well-known/oauth-authorization-server";
const OPENID = "/.well-known/openid-configuration";

const client = { client_id: "id", client_secret: "s3cr3t" };

/** Answers metadata requests by `metadata`, and all others with tokens. */
async function startServer(metadata: Answer = () => {}): Promise<Idp> {
  const idp = await startIdp();
  idp.answerWith((request, response, n) =>
    request.path.includes("/.well-known/") ? metadata(request, response, n) : numberedTokens()(request, response, n),
  );
  return idp;
}

/** A server whose metadata have these fields beside its issuer and token endpoint. */
async function serverOf(path = "", headers: Record<string, string> = {}, more: object = {}) {
  let origin = "";
  const idp = await startServer((_request, response) =>
    json(response, { issuer: origin + path, token_endpoint: `${origin}/found`, ...more }, 200, headers),
  );
  origin = idp.origin;
  return { idp, issuer: origin + path };
}

const paths = (idp: Idp) => idp.seen.map(({ method, path }) => `${method} ${path}`);

function providerOf(issuer: string, config: object = {}, runtime: object = {}) {
  return new OAuth2ClientCredentialsProvider({ issuer, ...client, retries: 0, ...config }, { name: "crm", ...runtime });
}

describe("K7 where the metadata are", () => {
  test.each([
    ["", OAUTH],
    ["/", OAUTH],
    ["/realms/x", `${OAUTH}/realms/x`],
    ["/realms/x/", `${OAUTH}/realms/x`],
  ])("K7 of an issuer with the path %j: RFC 8414's", async (path, location) => {
    const { idp, issuer } = await serverOf(path);
    await providerOf(issuer).getToken();
    expect(paths(idp)).toEqual([`GET ${location}`, "POST /found"]);
    expect(idp.seen[0]?.headers).toMatchObject({ accept: "application/json" });
  });

  test("K7 after a 404, OpenID Connect's", async () => {
    let origin = "";
    const idp = await startServer((request, response) => {
      if (request.path.startsWith(OAUTH)) return json(response, {}, 404);
      return json(response, { issuer: `${origin}/realms/x`, token_endpoint: `${origin}/found` });
    });
    origin = idp.origin;
    await providerOf(`${origin}/realms/x`).getToken();
    expect(paths(idp)).toEqual([`GET ${OAUTH}/realms/x`, `GET /realms/x${OPENID}`, "POST /found"]);
  });

  test("K7 where there is neither, the error says what to give instead, and nothing is sent", async () => {
    const idp = await startServer((_request, response) => json(response, {}, 404));
    const error = await errorOf(() => providerOf(idp.origin).getToken());
    expect(error).toMatchObject({ code: "auth", status: 404, retryable: false });
    expect(error.message).toBe(
      `crm: GET ${idp.origin}${OPENID}: HTTP 404; the issuer has no metadata: check issuer, or give token_url`,
    );
    expect(paths(idp)).toEqual([`GET ${OAUTH}`, `GET ${OPENID}`]);
  });

  test.each([
    [400, false],
    [403, false],
    [500, true],
    [503, true],
    [429, true],
  ])("K7 a %i is an error, and not followed by another path", async (status, retryable) => {
    const idp = await startServer((_request, response) => json(response, { error: "s3cr3t hunter2" }, status));
    const error = await errorOf(() => providerOf(idp.origin).getToken());
    expect(error).toMatchObject({ code: "auth", status, retryable });
    expect(error.message).not.toContain("hunter2");
    expect(paths(idp)).toEqual([`GET ${OAUTH}`]);
  });

  test("H3 K7 a redirect is not followed", async () => {
    const idp = await startServer((_request, response) => {
      response.writeHead(302, { location: "https://other.example/metadata" });
      response.end();
    });
    expect(await errorOf(() => providerOf(idp.origin).getToken())).toMatchObject({
      status: 302,
      message: expect.stringContaining("a redirect to https://other.example; redirects are not followed"),
    });
    expect(idp.seen).toHaveLength(1);
  });

  test("H4 K7 metadata beyond 1 MiB are refused", async () => {
    const idp = await startServer((_request, response) => response.end(`{"a":"${"x".repeat(2 ** 20)}"}`));
    expect(await errorOf(() => providerOf(idp.origin).getToken())).toMatchObject({
      code: "auth",
      retryable: false,
      message: expect.stringContaining("is larger than 1048576 bytes"),
    });
  });
});

describe("K7 what the metadata must be", () => {
  test.each([
    [
      "another issuer's",
      { issuer: "https://evil.example" },
      /are of the issuer https:\/\/evil\.example\/, not of .*as it is written there/,
    ],
    ["of another path", { issuer: "ORIGIN/realms/y" }, /realms\/y, not of/],
    ["of the issuer with a slash behind its path", { issuer: "ORIGIN/realms/x/" }, /realms\/x\/, not of/],
    ["of no issuer", { issuer: null }, /are of no issuer that is a URL/],
    ["of an issuer that is no URL", { issuer: "realm x" }, /are of no issuer that is a URL/],
    ["without a token endpoint", { token_endpoint: null }, /name no token_endpoint/],
    ["with a token endpoint that is no URL", { token_endpoint: "/token" }, /token_endpoint of the metadata is no URL/],
    ["with a token endpoint that is no text", { token_endpoint: 5 }, /token_endpoint of the metadata is no URL/],
    ["with one that is not encrypted", { token_endpoint: "http://idp.example/token" }, /neither https nor on loopback/],
    ["with one of another scheme", { token_endpoint: "ftp://127.0.0.1/token" }, /neither https nor on loopback/],
  ])("K7 %s: a terminal AuthError, and nothing is sent", async (_what, change, reason) => {
    let origin = "";
    const idp = await startServer((_request, response) => {
      const metadata = { issuer: `${origin}/realms/x`, token_endpoint: `${origin}/found`, ...change };
      response.end(JSON.stringify(metadata).replaceAll("ORIGIN", origin));
    });
    origin = idp.origin;
    const error = await errorOf(() => providerOf(`${origin}/realms/x`, { retries: 3 }).getToken());
    expect(error).toMatchObject({ code: "auth", retryable: false, provider: "crm" });
    expect(error.message).toMatch(reason);
    expect(idp.seen).toHaveLength(1);
  });

  test.each(["", "<html>hunter2</html>", "[]", "null", '"hunter2"'])("K7 a body of %j is none", async (body) => {
    const idp = await startServer((_request, response) => response.end(body));
    const error = await errorOf(() => providerOf(idp.origin).getToken());
    expect(error).toMatchObject({ code: "auth", retryable: false, unreadable: false });
    expect(error.message).toContain("but the metadata are no JSON object");
    expect(error.message).not.toContain("hunter2");
  });

  test("S1 K7 an issuer in the metadata that echoes a secret is masked", async () => {
    const idp = await startServer((_request, response) =>
      json(response, { issuer: "https://u:p4ss@evil.example/s3cr3t?q=s3cr3t" }),
    );
    const error = await errorOf(() => providerOf(idp.origin).getToken());
    expect(error.message).toContain("the issuer https://evil.example/***");
    expect(inspect(error, { depth: 9 })).not.toMatch(/s3cr3t|p4ss/);
  });
});

describe("K7 how long the metadata are kept", () => {
  const DATE = "Wed, 25 Nov 2026 12:00:00 GMT";

  test.each([
    ["max-age", { "cache-control": "public, max-age=600" }, 600],
    ["max-age in quotes, in another case", { "cache-control": 'Max-Age="600"' }, 600],
    ["max-age and an Age", { "cache-control": "max-age=600", age: "100" }, 500],
    ["max-age and another Expires", { "cache-control": "max-age=600", expires: "0" }, 600],
    ["Expires", { date: DATE, expires: "Wed, 25 Nov 2026 12:10:00 GMT" }, 600],
    ["more than a day", { "cache-control": "max-age=31536000" }, 86_400],
    ["more than a number holds", { "cache-control": `max-age=${"9".repeat(400)}` }, 86_400],
    ["nothing that says so", {}, 3600],
  ])("K7 %s", async (_what, headers: Record<string, string>, seconds) => {
    const clock = testClock();
    const { idp, issuer } = await serverOf("", headers);
    const provider = providerOf(issuer, {}, { clock });
    const asked = () => paths(idp).filter((path) => path.startsWith("GET")).length;
    let credential = await provider.getToken();
    clock.advance(seconds - 0.1);
    credential = await provider.invalidate(credential);
    expect(asked()).toBe(1);
    clock.advance(0.2);
    credential = await provider.invalidate(credential);
    expect(asked()).toBe(2);
    // A clock that has jumped back says nothing any more.
    clock.advance(-10_000);
    await provider.invalidate(credential);
    expect(asked()).toBe(3);
  });

  test.each([
    [{ "cache-control": "no-store" }],
    [{ "cache-control": "no-cache, no-store, max-age=0, must-revalidate" }],
    [{ "cache-control": "max-age=0" }],
    [{ "cache-control": "max-age=soon" }],
    [{ expires: "0" }],
    [{ "cache-control": "max-age=60", age: "60" }],
    [{ date: DATE, expires: DATE }],
  ])("K7 with %j they are asked for with each token request", async (headers) => {
    const { idp, issuer } = await serverOf("", headers as Record<string, string>);
    const provider = providerOf(issuer);
    await provider.invalidate(await provider.getToken());
    expect(paths(idp)).toEqual([`GET ${OAUTH}`, "POST /found", `GET ${OAUTH}`, "POST /found"]);
  });

  test("K7 a failure is never kept", async () => {
    let isBroken = true;
    let origin = "";
    const idp = await startServer((_request, response) =>
      isBroken
        ? json(response, {}, 503, { "cache-control": "max-age=600" })
        : json(response, { issuer: origin, token_endpoint: `${origin}/found` }),
    );
    origin = idp.origin;
    const provider = providerOf(origin, { retries: 1 }, { random: () => 0 });
    expect(await errorOf(() => provider.getToken())).toMatchObject({ status: 503 });
    expect(idp.seen).toHaveLength(2);
    isBroken = false;
    await provider.getToken();
    expect(paths(idp).slice(2)).toEqual([`GET ${OAUTH}`, "POST /found"]);
  });
});

describe("K7 one request for all who want the metadata at the same time", () => {
  /** Metadata requests that are answered when the test says so. */
  async function heldBack() {
    const answers: (() => void)[] = [];
    let origin = "";
    const idp = await startServer((_request, response) => {
      answers.push(() =>
        json(response, { issuer: origin, token_endpoint: `${origin}/found` }, 200, { "cache-control": "no-store" }),
      );
    });
    origin = idp.origin;
    return { idp, answers, discovery: new Discovery(new URL(origin)) };
  }

  function errand(signal: AbortSignal = new AbortController().signal): Errand {
    const mask = new Mask([]);
    const maskOf = () => mask;
    return { signal, mask, maskOf, clock: Date.now, send: (request) => exchange(request, { signal, mask }) };
  }

  test("K7 they share it, also where it may not be kept; the next one asks again", async () => {
    const { idp, answers, discovery } = await heldBack();
    const all = Promise.all(Array.from({ length: 20 }, () => discovery.metadata(errand())));
    await eventually(() => expect(answers).toHaveLength(1));
    answers[0]?.();
    expect(new Set(await all).size).toBe(1);
    const next = discovery.metadata(errand());
    await eventually(() => expect(answers).toHaveLength(2));
    answers[1]?.();
    await next;
    expect(idp.seen).toHaveLength(2);
  });

  test("K7 one that gives up leaves the others theirs", async () => {
    const { answers, discovery } = await heldBack();
    const leaving = new AbortController();
    const first = errorOf(() => discovery.metadata(errand(leaving.signal)));
    await eventually(() => expect(answers).toHaveLength(1));
    const second = discovery.metadata(errand());
    leaving.abort(new Error("nobody waits"));
    expect((await first).message).toBe("nobody waits");
    await eventually(() => expect(answers).toHaveLength(2));
    answers[1]?.();
    expect(endpointOf(await second, "token_endpoint").pathname).toBe("/found");
    expect(await errorOf(() => discovery.metadata(errand(leaving.signal)))).toMatchObject({ message: "nobody waits" });
  });
});

describe("K7 of one grant, all audiences find their endpoint by one look", () => {
  test("K7 D9 the metadata are kept for all of them", async () => {
    const { idp, issuer } = await serverOf();
    const provider = providerOf(issuer);
    await Promise.all([provider.getToken(), provider.for({ scopes: ["a"] }).getToken()]);
    await provider.for({ scopes: ["b"] }).getToken();
    expect(paths(idp)).toEqual([`GET ${OAUTH}`, "POST /found", "POST /found", "POST /found"]);
  });
});

describe("K7 it is part of the flight", () => {
  test("H2 K7 of its deadline", async () => {
    const idp = await startServer();
    const error = await errorOf(() => providerOf(idp.origin, { timeout_secs: 0.2 }).getToken());
    expect(error).toMatchObject({ code: "transport", message: expect.stringContaining("no token within 0.2 s") });
    expect(paths(idp)).toEqual([`GET ${OAUTH}`]);
  });

  test("H1 K7 of its dispatcher", async () => {
    const { issuer } = await serverOf();
    const agent = new Agent();
    const sent: string[] = [];
    const dispatcher = {
      dispatch(options: { method: string; path: string }, handler: never) {
        sent.push(`${options.method} ${options.path}`);
        return agent.dispatch(options as never, handler);
      },
    };
    await providerOf(issuer, {}, { dispatcher }).getToken();
    expect(sent).toEqual([`GET ${OAUTH}`, "POST /found"]);
    await agent.close();
  });

  test("K7 of its fetch", async () => {
    const { issuer } = await serverOf();
    const sent: string[] = [];
    const fetch = (url: string, init: never) => {
      sent.push(new URL(url).pathname);
      return globalThis.fetch(url, init);
    };
    await providerOf(issuer, {}, { fetch }).getToken();
    expect(sent).toEqual([OAUTH, "/found"]);
  });

  test("F1 K7 of its retries", async () => {
    let origin = "";
    const idp = await startServer((_request, response, n) =>
      n === 1 ? response.destroy() : json(response, { issuer: origin, token_endpoint: `${origin}/found` }),
    );
    origin = idp.origin;
    await providerOf(origin, { retries: 2 }, { random: () => 0 }).getToken();
    expect(paths(idp)).toEqual([`GET ${OAUTH}`, `GET ${OAUTH}`, "POST /found"]);
  });

  test("F2 K7 a lost answer of it is no lost refresh: the refresh token is presented once", async () => {
    let origin = "";
    const presented: (string | undefined)[] = [];
    const idp = await startIdp((request, response, n) => {
      if (n === 1) return response.destroy();
      if (request.method === "GET") return json(response, { issuer: origin, token_endpoint: `${origin}/found` });
      presented.push(request.form.refresh_token);
      return json(response, { error: "invalid_grant" }, 400);
    });
    origin = idp.origin;
    const provider = new OAuth2RefreshProvider({ issuer: origin, ...client, refresh_token: "r0" }, { random: () => 0 });
    const error = await errorOf(() => provider.getToken());
    expect(error).toMatchObject({ error: "invalid_grant" });
    // A loss would be its cause, and the token would have been presented once more.
    expect(error.cause).toBeUndefined();
    expect(presented).toEqual(["r0"]);
  });

  test("H6 K7 plain http beyond loopback warns", async () => {
    const warnings = hearWarnings("FAUCET_AUTH_PLAIN_HTTP");
    providerOf("http://idp.example/realms/x");
    expect((await warnings.all()).map(({ message }) => message)).toContainEqual(
      expect.stringContaining("crm: secrets go to http://idp.example unencrypted"),
    );
  });
});

describe("K7 the configuration", () => {
  test.each([
    [{}, { token_url: "is required: a string; or issuer in its place" }],
    [{ issuer: "https://i.example", token_url: "https://t.example" }, { issuer: /cannot stand beside token_url/ }],
    [{ issuer: "https://i.example?x=1" }, { issuer: /must not have a query/ }],
    [{ issuer: "https://i.example#x" }, { issuer: /must not have a fragment/ }],
    [{ issuer: "https://u:p4ss@i.example" }, { issuer: /must not have a user name or password/ }],
    [{ issuer: "i.example" }, { issuer: /must be an absolute URL/ }],
    [{ issuer: "ftp://i.example" }, { issuer: /must be an https or http URL/ }],
    [{ issuer: 5 }, { issuer: /must be a string/ }],
  ])("G2 %j", async (change, expected) => {
    for (const [type, more] of [["oauth2"], ["oauth2_refresh", { refresh_token: "r" }]] as const) {
      const faults = await faultsOf(type, { ...client, ...more, ...change });
      expect(faults).toEqual(
        Object.fromEntries(Object.entries(expected).map(([path, reason]) => [path, expect.stringMatching(reason)])),
      );
      expect(JSON.stringify(faults)).not.toContain("p4ss");
    }
  });

  test("G1 null is absent", () => {
    const config = { issuer: "https://i.example", token_url: null, ...client };
    expect(inspect(fromConfig({ type: "oauth2", config }))).toContain("issuer: 'https://i.example/'");
    fromConfig({ type: "oauth2", config: { token_url: "https://t.example", issuer: null, ...client } });
  });

  test("D5 D8 K7 the record belongs to the issuer, wherever its endpoint is", async () => {
    const store = new MemoryTokenStore();
    let place = "/found";
    let origin = "";
    const idp = await startServer((_request, response) =>
      json(response, { issuer: origin, token_endpoint: origin + place }),
    );
    origin = idp.origin;
    const config = { issuer: origin, ...client, refresh_token: "r0" };
    await new OAuth2RefreshProvider(config, { store }).getToken();
    place = "/moved";
    const next = new OAuth2RefreshProvider(config, { store });
    await next.getToken();
    expect(next.status().counts.tokenRequests).toBe(0);
    await next.invalidate(await next.getToken());
    expect(paths(idp)).toEqual([`GET ${OAUTH}`, "POST /found", `GET ${OAUTH}`, "POST /moved"]);
    // Another issuer is another grant.
    const other = new OAuth2RefreshProvider({ ...config, issuer: `${origin}/other` }, { store });
    expect(await errorOf(() => other.getToken())).toMatchObject({ code: "auth" });
    expect(paths(idp).at(-1)).toBe(`GET ${OAUTH}/other`);
  });
});

describe("K7 endpoints by their names", () => {
  const metadata = {
    from: "GET it",
    members: {
      token_endpoint: "https://idp.example/token",
      revocation_endpoint: "https://idp.example/revoke",
      device_authorization_endpoint: "http://127.0.0.1:5000/device",
      mtls_endpoint_aliases: {
        token_endpoint: "https://mtls.idp.example/token",
        revocation_endpoint: "http://mtls.example",
      },
    },
  };
  const show = { showsCertificate: true };

  test.each<[EndpointName, object | undefined, string]>([
    ["token_endpoint", undefined, "https://idp.example/token"],
    ["token_endpoint", show, "https://mtls.idp.example/token"],
    ["device_authorization_endpoint", show, "http://127.0.0.1:5000/device"],
    ["revocation_endpoint", undefined, "https://idp.example/revoke"],
  ])("K7 %s %j", (name, options, expected) => {
    expect(endpointOf(metadata, name, options).href).toBe(expected);
  });

  test.each([
    ["tls_client_auth", "https://mtls.idp.example/token"],
    ["self_signed_tls_client_auth", "https://mtls.idp.example/token"],
    ["private_key_jwt", "https://idp.example/token"],
    [undefined, "https://idp.example/token"],
  ] as const)("K7 K1 the token endpoint of a client with %s", async (token_endpoint_auth_method, expected) => {
    const issuer = new URL("https://idp.example");
    const body = JSON.stringify({ issuer, ...metadata.members });
    const errand: Errand = {
      signal: new AbortController().signal,
      mask: new Mask([]),
      maskOf: () => new Mask([]),
      clock: Date.now,
      send: async ({ url }) => answerWith(body, { url }),
    };
    const { configured, find } = tokenUrlOf({ token_url: undefined, issuer, token_endpoint_auth_method });
    expect((await find(errand)).href).toBe(expected);
    expect(configured).toBe(issuer);
  });

  test("K7 none, or one that secrets may not be sent to, is an AuthError", () => {
    expect(() => endpointOf(metadata, "authorization_endpoint")).toThrow(/name no authorization_endpoint/);
    expect(() => endpointOf(metadata, "revocation_endpoint", show)).toThrow(/neither https nor on loopback/);
    const strange = {
      from: "GET it",
      members: { mtls_endpoint_aliases: ["x"], token_endpoint: "https://a.example/t" },
    };
    expect(endpointOf(strange, "token_endpoint", show).href).toBe("https://a.example/t");
  });
});
