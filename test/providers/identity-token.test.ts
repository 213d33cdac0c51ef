/** K6: the token of a workload, from each place where platforms give it. */

import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { Agent, getGlobalDispatcher, MockAgent, setGlobalDispatcher } from "undici";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { AuthCatalog, type IdentityTokenConfig, IdentityTokenProvider, type Runtime } from "../../src/index.js";
import { faultsOf, folder } from "../support/catalogs.js";
import { type TestClock, testClock } from "../support/clock.js";
import { errorOf } from "../support/errors.js";
import { type Answer, type Idp, json, startIdp } from "../support/idp.js";
import { jwtOf } from "../support/jwt.js";
import { hearWarnings } from "../support/warnings.js";

afterEach(() => vi.unstubAllEnvs());

function identity(config: IdentityTokenConfig, runtime: Runtime = {}): IdentityTokenProvider {
  const provider = new IdentityTokenProvider(config, { random: () => 0, ...runtime });
  onTestFinished(() => provider.close());
  return provider;
}

async function tokenOf(provider: IdentityTokenProvider): Promise<unknown> {
  return ((await provider.getToken()) as { token: unknown }).token;
}

/** A token that ends so many seconds from the clock's now. */
function tokenFor(clock: TestClock, seconds: number, claims: object = {}): string {
  return jwtOf({ exp: Math.floor(clock.now / 1000) + seconds, ...claims });
}

/** As servers have it, so that instants are measured by their clock. */
function dated(clock: TestClock): Record<string, string> {
  return { date: new Date(clock.now).toUTCString() };
}

describe("a file", () => {
  async function fileWith(content: string): Promise<string> {
    return join(await folder({ token: content }), "token");
  }

  test("K6 gives its token until the exp of that, then what it holds by then", async () => {
    const clock = testClock();
    const [first, second] = [tokenFor(clock, 3600), tokenFor(clock, 7200)];
    const path = await fileWith(`${first}\n`);
    const provider = identity({ source: "file", path }, { clock });
    expect(await tokenOf(provider)).toBe(first);
    expect(provider.status()).toMatchObject({ expiresAt: clock.now + 3_600_000 });
    await writeFile(path, second);
    clock.advance(3000);
    expect(await tokenOf(provider)).toBe(first);
    clock.advance(300);
    expect(await tokenOf(provider)).toBe(second);
  });

  test("K6 a report reads it again; what has not changed is equal, so that nobody tries again", async () => {
    const clock = testClock();
    const path = await fileWith(tokenFor(clock, 3600));
    const provider = identity({ source: "file", path }, { clock });
    const credential = await provider.getToken();
    expect(await provider.invalidate(credential)).toEqual(credential);
    const next = tokenFor(clock, 3600, { jti: "2" });
    await writeFile(`${path}.new`, next);
    await rename(`${path}.new`, path);
    expect(await provider.invalidate(await provider.getToken())).toMatchObject({ token: next });
  });

  test("K6 a token that is over counts for a second, and no exp means until it is refused", async () => {
    const clock = testClock();
    const over = identity({ source: "file", path: await fileWith(tokenFor(clock, -60, { iat: 1 })) }, { clock });
    await over.getToken();
    expect(over.status()).toMatchObject({ expiresAt: clock.now + 1000 });
    const warnings = hearWarnings("FAUCET_AUTH_EXPIRY");
    const opaque = identity({ source: "file", path: await fileWith("0paque") }, { clock, name: "spiffe" });
    expect(await tokenOf(opaque)).toBe("0paque");
    expect(opaque.status().expiresAt).toBeUndefined();
    expect((await warnings.all()).map(({ message }) => message)).toEqual([expect.stringMatching(/^spiffe: .*exp/)]);
  });

  test("K6 a document with the token in it is read by its paths", async () => {
    const path = await fileWith(JSON.stringify({ id: { token: "t" }, ttl: 60 }, null, 2));
    const clock = testClock();
    const provider = identity({ source: "file", path, token_path: "$.id.token", expiry_path: "$.ttl" }, { clock });
    expect(await tokenOf(provider)).toBe("t");
    expect(provider.status()).toMatchObject({ expiresAt: clock.now + 60_000 });
  });

  test("V3 what cannot be read is a fault at construction, and later a passing failure", async () => {
    const clock = testClock();
    for (const path of ["/not/there", await folder(), await fileWith(""), await fileWith("a\nb")]) {
      expect(Object.keys(await faultsOf(() => identity({ source: "file", path })))).toEqual(["path"]);
    }
    const path = await fileWith(tokenFor(clock, 60));
    const provider = identity({ source: "file", path, retries: 0 }, { clock, name: "k8s" });
    const credential = await provider.getToken();
    await writeFile(path, "");
    clock.advance(55);
    expect(await provider.getToken()).toBe(credential);
    clock.advance(60);
    expect(await errorOf(() => provider.getToken())).toMatchObject({
      name: "ConfigError",
      retryable: true,
      provider: "k8s",
      message: expect.stringContaining(`the file ${path} is empty`),
    });
    await writeFile(path, "b4ck");
    clock.advance(120);
    expect(await tokenOf(provider)).toBe("b4ck");
  });

  test("D11 a relative path starts at the folder of its document", async () => {
    const home = await folder({
      token: "t0ken",
      "pipeline.yaml": "auth:\n  id: { type: identity_token, config: { source: file, path: token } }\n",
    });
    const catalog = await AuthCatalog.load(join(home, "pipeline.yaml"));
    expect(await catalog.get("id").getToken()).toMatchObject({ token: "t0ken" });
    await catalog.close();
  });
});

describe("GitHub Actions", () => {
  async function job(answer: Answer): Promise<Idp> {
    const idp = await startIdp(answer);
    vi.stubEnv("ACTIONS_ID_TOKEN_REQUEST_URL", `${idp.origin}/idtoken?api-version=2.0&x=a%20b`);
    vi.stubEnv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "runn3r-s3cr3t");
    return idp;
  }

  test("K6 is asked as the runner wants it, and its token lives until its exp", async () => {
    const clock = testClock();
    const token = tokenFor(clock, 300);
    const idp = await job((_request, response) => json(response, { count: 1, value: token }, 200, dated(clock)));
    const provider = identity({ source: "github_actions", audience: "https://idp.example/realms/a b" }, { clock });
    expect(await tokenOf(provider)).toBe(token);
    expect(idp.seen).toHaveLength(1);
    expect(idp.seen[0]).toMatchObject({
      method: "GET",
      path: "/idtoken?api-version=2.0&x=a%20b&audience=https%3A%2F%2Fidp.example%2Frealms%2Fa%20b",
      headers: { authorization: "Bearer runn3r-s3cr3t", accept: "application/json" },
      body: "",
    });
    expect(provider.status()).toMatchObject({ expiresAt: clock.now + 300_000 });
  });

  test("K6 the variables are read when a token is needed, each time", async () => {
    vi.stubEnv("ACTIONS_ID_TOKEN_REQUEST_URL", undefined);
    const clock = testClock();
    const provider = identity({ source: "github_actions", audience: "a", retries: 0 }, { clock, name: "gh" });
    expect(await errorOf(() => provider.getToken())).toMatchObject({
      name: "ConfigError",
      retryable: true,
      message: expect.stringMatching(/^gh: .*ACTIONS_ID_TOKEN_REQUEST_URL is not set.*id-token: write/),
    });
    for (const count of [1, 2]) {
      const idp = await job((_request, response) => json(response, { value: tokenFor(clock, 60) }, 200, dated(clock)));
      await provider.getToken();
      expect(idp.seen).toHaveLength(1);
      clock.advance(60 * count);
    }
    vi.stubEnv("ACTIONS_ID_TOKEN_REQUEST_URL", "not a url");
    expect(await errorOf(() => provider.getToken())).toMatchObject({
      message: expect.stringContaining("ACTIONS_ID_TOKEN_REQUEST_URL must be an http or https URL"),
    });
  });

  test("S2 a refusal shows neither the runner's secret nor what it quotes", async () => {
    await job((_request, response) => json(response, { error: "denied", error_description: "no runn3r-s3cr3t" }, 403));
    const provider = identity({ source: "github_actions", audience: "a" });
    const error = await errorOf(() => provider.getToken());
    expect(inspect([error, provider], { depth: null, showHidden: true })).not.toContain("s3cr3t");
    expect(error).toMatchObject({ status: 403, errorDescription: "no ***" });
  });
});

describe("Google's metadata server", () => {
  const asGoogle =
    (token: string, clock: TestClock): Answer =>
    (_request, response) => {
      response.writeHead(200, { "content-type": "text/html", "metadata-flavor": "Google", ...dated(clock) });
      response.end(token);
    };

  test("K6 is asked with its header at GCE_METADATA_HOST, and its token lives until its exp", async () => {
    const clock = testClock();
    const token = tokenFor(clock, 3600);
    const idp = await startIdp(asGoogle(token, clock));
    vi.stubEnv("GCE_METADATA_HOST", new URL(idp.origin).host);
    const provider = identity({ source: "gcp_metadata", audience: "https://api.example" }, { clock });
    expect(await tokenOf(provider)).toBe(token);
    expect(idp.seen[0]).toMatchObject({
      method: "GET",
      path: "/computeMetadata/v1/instance/service-accounts/default/identity?audience=https%3A%2F%2Fapi.example&format=full",
      headers: { "metadata-flavor": "Google" },
    });
    expect(provider.status()).toMatchObject({ expiresAt: clock.now + 3_600_000 });
  });

  test.each([[""], [undefined]])("K6 without the variable (%o), it is metadata.google.internal", async (host) => {
    vi.stubEnv("GCE_METADATA_HOST", host);
    const asked: string[] = [];
    const warnings = hearWarnings("FAUCET_AUTH_PLAIN_HTTP");
    const fetch = (url: string) => {
      asked.push(url);
      return Promise.resolve(new Response("t0ken", { headers: { "metadata-flavor": "Google" } }));
    };
    expect(await tokenOf(identity({ source: "gcp_metadata", audience: "a" }, { fetch }))).toBe("t0ken");
    expect(asked).toEqual([expect.stringMatching(/^http:\/\/metadata\.google\.internal\/computeMetadata\//)]);
    expect(await warnings.all()).toEqual([]);
  });

  test("K6 what does not say that it is Google's is no token, and 404 is told", async () => {
    const idp = await startIdp((_request, response) => response.end("<p>Log in to the wireless network</p>"));
    vi.stubEnv("GCE_METADATA_HOST", new URL(idp.origin).host);
    const make = () => identity({ source: "gcp_metadata", audience: "a" });
    expect(await errorOf(() => make().getToken())).toMatchObject({
      name: "AuthError",
      retryable: false,
      message: expect.stringContaining("no Metadata-Flavor"),
    });
    idp.answerWith((_request, response) => {
      response.writeHead(404, { "metadata-flavor": "Google" });
      response.end("Not Found");
    });
    expect(await errorOf(() => make().getToken())).toMatchObject({ status: 404 });
    vi.stubEnv("GCE_METADATA_HOST", "bad host");
    expect(await errorOf(() => make().getToken())).toMatchObject({
      message: expect.stringContaining("GCE_METADATA_HOST must be"),
    });
  });

  test("H6 a host that the environment names, and that is not local, is warned of once", async () => {
    vi.stubEnv("GCE_METADATA_HOST", "metadata.example:8080");
    const warnings = hearWarnings("FAUCET_AUTH_PLAIN_HTTP");
    const fetch = async () => new Response("t0ken", { headers: { "metadata-flavor": "Google" } });
    const provider = identity({ source: "gcp_metadata", audience: "a" }, { fetch, name: "gcp" });
    await provider.invalidate(await provider.getToken());
    expect((await warnings.all()).map(({ message }) => message)).toEqual([
      "gcp: secrets go to http://metadata.example:8080 unencrypted; use https",
    ]);
  });
});

describe("Azure", () => {
  const instant = (clock: TestClock, seconds: number): string => String(Math.floor(clock.now / 1000) + seconds);

  test("K6 IMDS is asked at its address, and its token lives until expires_on", async () => {
    const clock = testClock();
    const asked: { url: string; headers: Record<string, string> }[] = [];
    const fetch = async (url: string, { headers }: { headers: Record<string, string> }) => {
      asked.push({ url, headers });
      // Its expires_in is that of when the token was issued.
      const body = {
        access_token: "t0ken",
        expires_in: "86399",
        expires_on: instant(clock, 600),
        token_type: "Bearer",
      };
      return new Response(JSON.stringify(body), { headers: dated(clock) });
    };
    const config = { source: "azure_imds", resource: "https://vault.azure.net", client_id: "c1" } as const;
    const provider = identity(config, { clock, fetch });
    expect(await tokenOf(provider)).toBe("t0ken");
    expect(asked).toMatchObject([
      {
        url: "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net&client_id=c1",
        headers: { metadata: "true" },
      },
    ]);
    expect(provider.status()).toMatchObject({ expiresAt: clock.now + 600_000 });
  });

  test("K6 App Service is asked by its variables, with both of them", async () => {
    const clock = testClock();
    const body = () => ({
      access_token: "t0ken",
      expires_on: instant(clock, 3600),
      resource: "r",
      token_type: "Bearer",
    });
    const idp = await startIdp((_request, response) => json(response, body(), 200, dated(clock)));
    vi.stubEnv("IDENTITY_ENDPOINT", `${idp.origin}/msi/token`);
    vi.stubEnv("IDENTITY_HEADER", "h3ader-s3cr3t");
    const provider = identity({ source: "azure_imds", resource: "api://AzureADTokenExchange" }, { clock });
    expect(await tokenOf(provider)).toBe("t0ken");
    expect(idp.seen[0]).toMatchObject({
      path: "/msi/token?api-version=2019-08-01&resource=api%3A%2F%2FAzureADTokenExchange",
      headers: { "x-identity-header": "h3ader-s3cr3t" },
    });
    expect(idp.seen[0]?.headers).not.toHaveProperty("metadata");
    expect(provider.status()).toMatchObject({ expiresAt: clock.now + 3_600_000 });
    vi.stubEnv("IDENTITY_HEADER", "");
    const fetched: string[] = [];
    const fetch = async (url: string) => {
      fetched.push(url);
      return new Response(JSON.stringify({ access_token: "t", expires_in: "60" }));
    };
    await identity({ source: "azure_imds", resource: "r" }, { fetch }).getToken();
    expect(fetched).toEqual([expect.stringMatching(/^http:\/\/169\.254\.169\.254\//)]);
  });

  test("K6 without expires_on its expires_in counts, and without either it warns", async () => {
    const clock = testClock();
    const bodies = [{ expires_in: "60" }, { expires_on: "", expires_in: 60 }, { expires_on: "soon" }];
    const fetch = async () => new Response(JSON.stringify({ access_token: "t", ...bodies.shift() }));
    const expiries: (number | undefined)[] = [];
    const warnings = hearWarnings("FAUCET_AUTH_EXPIRY");
    for (const _body of [...bodies]) {
      const provider = identity({ source: "azure_imds", resource: "r" }, { clock, fetch });
      await provider.getToken();
      expiries.push(provider.status().expiresAt);
    }
    expect(expiries).toEqual([clock.now + 60_000, clock.now + 60_000, undefined]);
    expect(await warnings.all()).toHaveLength(1);
  });

  test.each([[404], [410], [429], [500]])(
    "K6 HTTP %i says that it is being updated, and it is asked again",
    async (status) => {
      const answers = [
        new Response("{}", { status }),
        new Response(JSON.stringify({ access_token: "t", expires_in: 60 })),
      ];
      const fetch = async () => answers.shift() as Response;
      expect(await tokenOf(identity({ source: "azure_imds", resource: "r" }, { fetch }))).toBe("t");
    },
  );
});

describe("the way to a metadata server", () => {
  test("K6 leads past the process's dispatcher, which may be a proxy; others go by it", async () => {
    const seen: string[] = [];
    const proxy = new Agent().compose((dispatch) => (options, handler) => {
      seen.push(String(options.path));
      return dispatch(options, handler);
    });
    const before = getGlobalDispatcher();
    setGlobalDispatcher(proxy);
    onTestFinished(() => setGlobalDispatcher(before));
    const idp = await startIdp((request, response) => {
      response.setHeader("metadata-flavor", "Google");
      json(response, request.path.startsWith("/gh") ? { value: "t" } : { access_token: "t", expires_in: 60 });
    });
    vi.stubEnv("IDENTITY_ENDPOINT", `${idp.origin}/msi`);
    vi.stubEnv("IDENTITY_HEADER", "h3ader");
    vi.stubEnv("ACTIONS_ID_TOKEN_REQUEST_URL", `${idp.origin}/gh`);
    vi.stubEnv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "runn3r");
    await identity({ source: "azure_imds", resource: "r" }).getToken();
    expect(seen).toEqual([]);
    expect(idp.seen).toHaveLength(1);
    await vi.waitFor(async () => expect(await idp.connections()).toBe(0));
    await identity({ source: "github_actions", audience: "a", expiry_format: "jwt" }).getToken();
    expect(seen).toEqual(["/gh?audience=a"]);
  });

  test("K6 is the dispatcher of the runtime where there is one", async () => {
    const agent = new MockAgent();
    agent.disableNetConnect();
    agent
      .get("http://metadata.google.internal")
      .intercept({ path: /identity/, headers: { "metadata-flavor": "Google" } })
      .reply(200, "t0ken", { headers: { "metadata-flavor": "Google" } });
    expect(await tokenOf(identity({ source: "gcp_metadata", audience: "a" }, { dispatcher: agent }))).toBe("t0ken");
    await agent.close();
  });

  test("H2 ends at the deadline", async () => {
    const idp = await startIdp((_request, _response) => {});
    vi.stubEnv("GCE_METADATA_HOST", new URL(idp.origin).host);
    const provider = identity({ source: "gcp_metadata", audience: "a", timeout_secs: 0.2, retries: 0 });
    expect(await errorOf(() => provider.getToken())).toMatchObject({ name: "TransportError" });
    await vi.waitFor(async () => expect(await idp.connections()).toBe(0));
  });
});

describe("its configuration", () => {
  test.each<[object, string[]]>([
    [{}, ["source"]],
    [{ source: "aws" }, ["source"]],
    [{ source: "file" }, ["path"]],
    [{ source: "github_actions" }, ["audience"]],
    [{ source: "gcp_metadata", audience: "" }, ["audience"]],
    [{ source: "azure_imds", client_id: "c" }, ["resource"]],
    [
      { source: "gcp_metadata", audience: "a", path: "p", resource: "r", client_id: "c" },
      ["path", "resource", "client_id"],
    ],
    [{ source: "github_actions", audience: "a", persist: { path: "/tmp/x" } }, ["persist"]],
    [{ source: "github_actions", audience: "a", colour: "red" }, ["colour"]],
  ])("K6 %j has faults at %j", async (config, paths) => {
    expect(Object.keys(await faultsOf(() => identity(config as IdentityTokenConfig)))).toEqual(paths);
  });

  test("K6 a token is never taken from, nor left in, a store that workloads may share", async () => {
    const used: string[] = [];
    const note = (method: string) => async () => {
      used.push(method);
      throw new Error("no store");
    };
    const store = { read: note("read"), write: note("write"), lock: note("lock") };
    const fetch = async () => new Response("t0ken", { headers: { "metadata-flavor": "Google" } });
    await identity({ source: "gcp_metadata", audience: "a" }, { fetch, store: store as never }).getToken();
    expect(used).toEqual([]);
  });

  test("S1 it prints what it asks for", () => {
    const provider = identity({ source: "azure_imds", resource: "r", client_id: "c" });
    expect(JSON.parse(JSON.stringify(provider))).toMatchObject({
      type: "identity_token",
      source: "azure_imds",
      resource: "r",
      client_id: "c",
    });
  });
});
