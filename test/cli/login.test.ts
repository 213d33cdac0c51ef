/** `login`: the browser comes back, or it does not; against a server that the tests play, with what could go wrong. */

import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { get, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { startLoopbackServer } from "../../src/cli/loopback-server.js";
import { folder } from "../support/catalogs.js";
import { type CommandEnded, type CommandOptions, commandLine, startCommandLine } from "../support/command-line.js";
import { type Answer, type Idp, json, startIdp } from "../support/idp.js";

const TOKENS = {
  access_token: "access-1",
  expires_in: 3600,
  refresh_token: "refresh-1",
  refresh_token_expires_in: 2_592_000,
};

let path: string;
let file: string;
let idp: Idp;
beforeEach(async () => {
  path = await folder();
  file = join(path, "pipeline.yaml");
  idp = await startIdp((_request, response) => json(response, TOKENS));
  await configure();
});

async function configure(keys: Record<string, unknown> = {}): Promise<void> {
  const config = {
    token_url: idp.tokenUrl,
    authorization_url: `${idp.origin}/authorize?tenant=7`,
    client_id: "reports",
    client_secret: "s3cret-s3cret",
    scopes: ["read", "offline_access"],
    persist: { path: "state" },
    ...keys,
  };
  await writeFile(file, JSON.stringify({ auth: { crm: { type: "oauth2_refresh", config } } }));
}

/** What a browser is shown and does, once the address is printed. */
type Browser = (address: URL, redirect: (parameters: Record<string, string>) => Promise<Response>) => Promise<unknown>;

/** Runs `login`; its browser answers with what `browser` makes of the address. */
async function logIn(browser: Browser, args: string[] = [], options: CommandOptions = {}): Promise<CommandEnded> {
  let printed = "";
  let browsing: Promise<unknown> | undefined;
  const running = startCommandLine(["login", file, "crm", ...args], {
    ...options,
    onStderr: (text) => {
      const isFirst = !/\nhttp\S+\n/.test(printed);
      printed += text;
      const [, address] = /\n(http\S+)\n/.exec(printed) ?? [];
      if (address === undefined || !isFirst) return;
      const url = new URL(address);
      const redirect = (parameters: Record<string, string>): Promise<Response> => {
        const target = new URL(url.searchParams.get("redirect_uri") ?? "");
        for (const [name, value] of Object.entries(parameters)) target.searchParams.set(name, value);
        return fetch(target);
      };
      browsing = browser(url, redirect);
    },
  });
  const ended = await running.ended;
  await browsing;
  return ended;
}

const agree: Browser = (address, redirect) =>
  redirect({ code: "the-code", state: address.searchParams.get("state") ?? "" });

/** What a request gets whose target stands in it as it is given. */
async function statusOf(hostname: string, port: string, target: string): Promise<number | undefined> {
  const [response] = (await once(get({ hostname, port, path: target }), "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

const stored = async (): Promise<Record<string, unknown>> => {
  const { FileTokenStore } = await import("../../src/index.js");
  const { administrationOf, AuthCatalog } = await import("../../src/index.js");
  await using catalog = await AuthCatalog.load(file);
  const key = administrationOf(catalog.get("crm"))?.key ?? "";
  const record = await new FileTokenStore(join(path, "state")).read(key);
  return record === undefined ? {} : JSON.parse(record.text);
};

describe("L3 login by a browser", () => {
  test("asks by PKCE on a port of its own, and keeps what comes in the store alone", async () => {
    let page = "";
    let asked = new URL("http://none");
    const { status, stdout, stderr } = await logIn(async (address, redirect) => {
      asked = address;
      page = await (await redirect({ code: "the-code", state: address.searchParams.get("state") ?? "" })).text();
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    const { redirect_uri, code_challenge, state, ...request } = Object.fromEntries(asked.searchParams);
    expect(asked.href).toContain(`${idp.origin}/authorize?tenant=7&`);
    expect(request).toEqual({
      tenant: "7",
      response_type: "code",
      client_id: "reports",
      scope: "read offline_access",
      prompt: "consent",
      code_challenge_method: "S256",
    });
    expect(redirect_uri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/);
    expect(idp.seen).toHaveLength(1);
    const { code_verifier = "", ...form } = idp.seen[0]?.form ?? {};
    expect(form).toEqual({
      grant_type: "authorization_code",
      code: "the-code",
      redirect_uri,
      client_id: "reports",
      client_secret: "s3cret-s3cret",
    });
    expect(createHash("sha256").update(code_verifier).digest("base64url")).toBe(code_challenge);
    expect(state?.length).toBeGreaterThan(20);
    expect(page).toMatch(/crm is logged in[\s\S]*close this window/);
    expect(stderr.replaceAll("\n", " ")).toMatch(
      /crm: logged in\. The refresh token is kept in its store, as crm-\w+\. It is good for (?:29|30) days\./,
    );
    expect(stdout + stderr + page).not.toMatch(/refresh-1|access-1|s3cret|the-code/);
    expect(await stored()).toMatchObject({ refreshToken: "refresh-1" });
  });

  test("what it brought is used by all, with no other request", async () => {
    await logIn(agree);
    expect((await commandLine(["token", file, "crm"])).stdout).toBe("access-1\n");
    expect(idp.seen).toHaveLength(1);
  });

  test("until then, every error says the command to run, and nothing is asked", async () => {
    const { status, stderr } = await commandLine(["token", file, "crm"]);
    expect(status).toBe(1);
    expect(stderr).toBe(`faucet-auth: crm: nobody has logged in yet, which this does: faucet-auth login ${file} crm\n`);
    const checked = await commandLine(["check", file, "--offline"]);
    expect(checked.stdout).toContain(
      `auth.crm: nobody has logged in yet, which this does: faucet-auth login ${file} crm\n`,
    );
    expect(checked.status).toBe(1);
    expect(idp.seen).toEqual([]);
    // The failure that this leaves on record ends with the login.
    await logIn(agree);
    expect(await commandLine(["token", file, "crm"])).toMatchObject({ status: 0, stdout: "access-1\n" });
  });

  test.each(["my name", "-x", "it's", "$(id)", "a\\b"])(
    "that command can be pasted into a shell, whatever file and provider are called: %s",
    async (name) => {
      const { mkdir } = await import("node:fs/promises");
      const { execFileSync } = await import("node:child_process");
      const { auth } = JSON.parse(await readFile(file, "utf8"));
      await mkdir(join(path, "a b"));
      const other = join(path, "a b", "p.yaml");
      await writeFile(other, JSON.stringify({ auth: { [name]: auth.crm } }));
      const { stderr } = await commandLine(["token", "--", other, name]);
      const [, command = ""] = /which this does: faucet-auth (.*)\n$/.exec(stderr) ?? [];
      const words = execFileSync("sh", ["-c", `printf '%s\\n' ${command}`], { encoding: "utf8" });
      expect(words.split("\n").filter((word) => word !== "--")).toEqual(["login", other, name, ""]);
      const running = startCommandLine(words.split("\n").slice(0, -1), { onStderr: () => running.interrupt() });
      expect((await running.ended).stderr).toContain(`${name}: log in with a browser`);
      expect((await commandLine(["check", "--offline", other])).stdout).toContain(`: faucet-auth ${command}\n`);
    },
  );

  test("a login that was there before is told, and replaced with all that belongs to it", async () => {
    await logIn(agree);
    idp.answerWith((_request, response) => json(response, { error: "invalid_grant" }, 400));
    await commandLine(["refresh", file, "crm"]);
    expect(await stored()).toMatchObject({ failure: expect.anything() });
    idp.answerWith((_request, response) =>
      json(response, { ...TOKENS, access_token: "access-2", refresh_token: "refresh-2" }),
    );
    const { status, stderr } = await logIn(agree);
    expect(stderr.replaceAll("\n", " ")).toMatch(
      /^crm: there is a login already, whose last token was issued .*; .*invalid_grant.*The new one takes its place/,
    );
    expect(status).toBe(0);
    const record = await stored();
    expect(record).toMatchObject({ refreshToken: "refresh-2", refusals: {} });
    expect(record.failure).toBeUndefined();
    expect(Object.keys(record.tokens as object)).toHaveLength(1);
    expect((await commandLine(["token", file, "crm"])).stdout).toBe("access-2\n");
  });

  test("it wins over a refresh token that is configured", async () => {
    await configure({ refresh_token: "configured" });
    await logIn(agree);
    idp.answerWith((_request, response) => json(response, { access_token: "next", expires_in: 3600 }));
    await commandLine(["refresh", file, "crm"]);
    expect(idp.seen.at(-1)?.form).toMatchObject({ grant_type: "refresh_token", refresh_token: "refresh-1" });
  });

  test("an answer with another state is not the one that is waited for", async () => {
    const statuses: number[] = [];
    const { status } = await logIn(async (address, redirect) => {
      const state = address.searchParams.get("state") ?? "";
      statuses.push((await redirect({ code: "evil", state: `${state}x` })).status);
      statuses.push((await redirect({ code: "evil" })).status);
      statuses.push((await fetch(new URL("/favicon.ico", address.searchParams.get("redirect_uri") ?? ""))).status);
      statuses.push((await redirect({ code: "good", state })).status);
    });
    expect({ status, statuses }).toEqual({ status: 0, statuses: [400, 400, 404, 200] });
    expect(idp.seen.map(({ form }) => form.code)).toEqual(["good"]);
  });

  test("a request for what is no address is answered with 404, and the login goes on", async () => {
    const statuses: (number | undefined)[] = [];
    const { status, stderr } = await logIn(async (address, redirect) => {
      const { hostname, port } = new URL(address.searchParams.get("redirect_uri") ?? "");
      for (const target of ["//", "///", "http://[", "/%"]) statuses.push(await statusOf(hostname, port, target));
      return agree(address, redirect);
    });
    expect({ status, statuses }).toEqual({ status: 0, statuses: [404, 404, 404, 404] });
    expect(stderr).toContain("crm: logged in.");
  });

  test("a refusal is shown here and in the browser, without its markup", async () => {
    let page = "";
    const { status, stdout, stderr } = await logIn(async (address, redirect) => {
      const state = address.searchParams.get("state") ?? "";
      const answer = { error: "access_denied", error_description: "<b>no\u001b[31m", state };
      page = await (await redirect(answer)).text();
    });
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain("faucet-auth: the server refused: access_denied: <b>no [31m\n");
    expect(page).toMatch(/The login of crm failed[\s\S]*access_denied: &#60;b&#62;no/);
    expect(await stored()).toEqual({});
  });

  test.each([
    ["no refresh token", { access_token: "a" }, 200, /has brought no refresh token.*offline_access/],
    [
      "a refusal of the code",
      { error: "invalid_grant", error_description: "the-code s3cret-s3cret" },
      400,
      /invalid_grant/,
    ],
  ])("%s keeps nothing of it", async (_what, body, answerStatus, message) => {
    idp.answerWith((_request, response) => json(response, body, answerStatus));
    const { status, stderr } = await logIn(agree);
    expect(status).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/the-code|s3cret/);
    expect((await stored()).refreshToken).toBeUndefined();
  });

  test("a store that does not take it is no success", async () => {
    const { status, stderr } = await logIn(async (address, redirect) => {
      const { rm } = await import("node:fs/promises");
      await rm(join(path, "state"), { recursive: true, force: true });
      await writeFile(join(path, "state"), "");
      await agree(address, redirect);
    });
    expect(status).toBe(1);
    expect(stderr).not.toContain("logged in.");
  });

  test("Ctrl-C ends it, and leaves all as it was", async () => {
    let printed: () => void = () => {};
    const isPrinted = new Promise<void>((resolve) => (printed = resolve));
    const running = startCommandLine(["login", file, "crm"], {
      onStderr: (text) => text.includes("http") && printed(),
    });
    await isPrinted;
    running.interrupt();
    expect(await running.ended).toMatchObject({ status: 130, stdout: "" });
    expect(await stored()).toEqual({});
  });

  test("a redirect URI keeps its port and path, and one that is taken is told", async () => {
    const { createServer } = await import("node:http");
    const { listen } = await import("../support/server.js");
    const free = createServer();
    const origin = await listen(free);
    await configure({ redirect_uri: `${origin}/done` });
    const taken = await commandLine(["login", file, "crm"]);
    expect(taken).toMatchObject({ status: 1, stderr: expect.stringContaining("EADDRINUSE") });
    await new Promise((resolve) => free.close(resolve));
    const { status } = await logIn(async (address, redirect) => {
      expect(address.searchParams.get("redirect_uri")).toBe(`${origin}/done`);
      await agree(address, redirect);
    });
    expect(status).toBe(0);
  });

  test.each(["http://LOCALHOST/callback", "HTTP://127.0.0.1?at=1", "http://127.0.0.1:/callback"])(
    "the redirect URI %s is sent as it is written, with the port that is listened on",
    async (written) => {
      await configure({ redirect_uri: written });
      const [, before = "", after = ""] = /^(.*?:\/\/[^:/?]+):?(.*)$/.exec(written) ?? [];
      let sent = "";
      const { status } = await logIn(async (address, redirect) => {
        sent = address.searchParams.get("redirect_uri") ?? "";
        await agree(address, redirect);
      });
      expect(status).toBe(0);
      expect(sent.startsWith(`${before}:`) && sent.endsWith(after)).toBe(true);
      expect(sent.slice(before.length, sent.length - after.length)).toMatch(/^:\d+$/);
    },
  );

  test("port 80 of a redirect URI is a port like others", async () => {
    const uri = "http://127.0.0.1:80/callback";
    const outcome = await startLoopbackServer(uri).then(
      async (server) => {
        await server.close();
        return server.redirectUri;
      },
      ({ message }: Error) => message,
    );
    // Not everybody may listen there.
    expect(outcome).toMatch(/^(?:http:\/\/127\.0\.0\.1:80\/callback$|127\.0\.0\.1:80 cannot be listened on)/);
  });

  test("further parameters are sent, and go before ours", async () => {
    let asked = new URL("http://none");
    await writeFile(join(path, "resource"), "https://api.example\n");
    await configure({ params: { resource: { file: "resource" }, secret: "p4ram" } });
    await logIn(
      async (address, redirect) => {
        asked = address;
        await agree(address, redirect);
      },
      ["--query", "prompt=login", "--query", "login_hint=ada@example.org"],
    );
    expect(asked.searchParams.get("prompt")).toBe("login");
    expect(asked.searchParams.get("login_hint")).toBe("ada@example.org");
    expect(asked.searchParams.get("resource")).toBe("https://api.example");
    expect(asked.href).not.toContain("p4ram");
  });

  test("a browser is opened where somebody sits there", async () => {
    const opened = join(path, "opened");
    await writeFile(
      join(path, "browser"),
      `#!/bin/sh\nprintf %s "$1" > ${opened}.new && mv ${opened}.new ${opened}\n`,
      { mode: 0o755 },
    );
    const seen: string[] = [];
    const { status } = await logIn(
      async (address, redirect) => {
        while (seen.length === 0) {
          await new Promise((resolve) => setTimeout(resolve, 20));
          await readFile(opened, "utf8").then(
            (text) => seen.push(text),
            () => {},
          );
        }
        expect(seen).toEqual([address.href]);
        await agree(address, redirect);
      },
      [],
      { isInteractive: true, env: { BROWSER: join(path, "browser") } },
    );
    expect(status).toBe(0);
  });
});

describe("L3 the answer's issuer (RFC 9207)", () => {
  /** A server with metadata, which says or does not say that it names itself. */
  async function discoverable(more: Record<string, unknown>): Promise<void> {
    const answer: Answer = ({ path: at }, response) => {
      if (!at.startsWith("/.well-known")) return json(response, TOKENS);
      const { origin } = idp;
      const endpoints = { token_endpoint: `${origin}/token`, authorization_endpoint: `${origin}/authorize` };
      return json(response, { issuer: origin, ...endpoints, ...more });
    };
    idp.answerWith(answer);
    await configure({ token_url: undefined, authorization_url: undefined, issuer: idp.origin });
  }
  const withIssuer =
    (iss: Record<string, string>): Browser =>
    (address, redirect) =>
      redirect({ code: "the-code", state: address.searchParams.get("state") ?? "", ...iss });

  test.each([
    ["the right one", {}, (): Record<string, string> => ({ iss: idp.origin }), 0],
    ["none, of a server that does not say it", {}, () => ({}), 0],
    ["another one", {}, () => ({ iss: "https://evil.example" }), 1],
    ["none, of a server that says it", { authorization_response_iss_parameter_supported: true }, () => ({}), 1],
  ])("%s", async (_what, metadata, iss, expected) => {
    await discoverable(metadata);
    const { status } = await logIn(withIssuer(iss()));
    expect(status).toBe(expected);
    expect(idp.seen.filter(({ path: at }) => at === "/token")).toHaveLength(expected === 0 ? 1 : 0);
  });
});

describe("L3 login --paste", () => {
  /** A stream that gives a line once the address is printed. */
  async function paste(lineOf: (address: URL) => string): Promise<CommandEnded> {
    const { PassThrough } = await import("node:stream");
    const stdin = new PassThrough();
    return logIn(async (address) => stdin.end(`${lineOf(address)}\n`), ["--paste"], { stdin });
  }

  test("takes the address at which the browser ended, or the code that it shows", async () => {
    const whole = await paste(
      (address) => `http://127.0.0.1/callback?code=the-code&state=${address.searchParams.get("state")}`,
    );
    expect(whole).toMatchObject({ status: 0, stdout: "" });
    expect(whole.stderr.replaceAll("\n", " ")).toContain("begins with http://127.0.0.1/callback, which may not open");
    expect((await paste(() => "another-code")).status).toBe(0);
    expect(idp.seen.map(({ form }) => form.code)).toEqual(["the-code", "another-code"]);
    expect(idp.seen[0]?.form.redirect_uri).toBe("http://127.0.0.1/callback");
  });

  test.each(["c29kZQ==", "4/0A=b?c", "the_code=1", "v1:2"])(
    "takes the code %s, which has a character of an answer",
    async (code) => {
      expect(await paste(() => code)).toMatchObject({ status: 0 });
      expect(idp.seen.map(({ form }) => form.code)).toEqual([code]);
    },
  );

  test.each([
    ["the query of another login's answer", () => "code=c&state=x", /its state is another/],
    ["the answer to another login", () => "http://127.0.0.1/callback?code=c&state=x", /its state is another/],
    ["nothing", () => "", /nothing was pasted/],
  ])("refuses %s", async (_what, line, message) => {
    const { status, stderr } = await paste(line);
    expect(status).toBe(1);
    expect(stderr).toMatch(message);
    expect(idp.seen).toEqual([]);
  });

  test("L5 lets go of a standard input that stays open, and ends at Ctrl-C without a line", async () => {
    const { PassThrough } = await import("node:stream");
    const open = new PassThrough();
    const { status } = await logIn(async () => open.write("the-code\n"), ["--paste"], { stdin: open });
    expect({ status, isPaused: open.isPaused() }).toEqual({ status: 0, isPaused: true });
    const silent = new PassThrough();
    const running = startCommandLine(["login", file, "crm", "--paste"], {
      stdin: silent,
      onStderr: (text) => text.includes("Paste that") && running.interrupt(),
    });
    expect(await running.ended).toMatchObject({ status: 130 });
    expect(silent.isPaused()).toBe(true);
  });

  test("a redirect to another machine is pasted, too", async () => {
    await configure({ redirect_uri: "com.example.app:/done" });
    const { PassThrough } = await import("node:stream");
    const stdin = new PassThrough();
    const { status } = await logIn(
      async (address) => stdin.end(`com.example.app:/done?code=c&state=${address.searchParams.get("state")}`),
      [],
      { stdin },
    );
    expect(status).toBe(0);
  });
});

describe("L3 login --device", () => {
  const DEVICE = {
    device_code: "device-code-1",
    user_code: "WDJB-MJHT",
    verification_uri: "https://idp.example/device",
    verification_uri_complete: "https://idp.example/device?user_code=WDJB-MJHT",
    expires_in: 600,
    interval: 5,
  };

  /** Answers the polls in turn. */
  function answering(...polls: (object | number)[]): void {
    let n = 0;
    idp.answerWith(({ path: at }, response) => {
      if (at === "/device") return json(response, DEVICE);
      const next = polls[n++] ?? TOKENS;
      return typeof next === "number" ? json(response, {}, next) : json(response, next, "error" in next ? 400 : 200);
    });
  }

  async function byDevice(
    options: CommandOptions = {},
    config: object = {},
  ): Promise<CommandEnded & { pauses: number[] }> {
    await configure({ device_authorization_url: `${idp.origin}/device`, retries: 0, ...config });
    const pauses: number[] = [];
    let now = Date.now();
    const pause = async (milliseconds: number): Promise<void> => {
      pauses.push(milliseconds);
      now += milliseconds;
    };
    const ended = await commandLine(["login", file, "crm", "--device"], { pause, clock: () => now, ...options });
    return { ...ended, pauses };
  }

  test("shows the code and a QR code, asks as often as it may, and keeps what comes", async () => {
    answering({ error: "authorization_pending" }, { error: "slow_down" }, { error: "authorization_pending" });
    const { status, stdout, stderr, pauses } = await byDevice();
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    expect(stderr).toContain(
      "crm: open this address on any device, and type the code WDJB-MJHT\n\nhttps://idp.example/device\n",
    );
    expect(stderr).toMatch(/[█▀▄]{5}/);
    expect(stderr).toContain("Waiting for you to agree, for 10 min …");
    expect(pauses).toEqual([5000, 5000, 10_000, 10_000]);
    const { code_challenge, ...asked } = idp.seen[0]?.form ?? {};
    expect(asked).toEqual({
      client_id: "reports",
      client_secret: "s3cret-s3cret",
      scope: "read offline_access",
      code_challenge_method: "S256",
    });
    const { code_verifier = "" } = idp.seen[1]?.form ?? {};
    expect(createHash("sha256").update(code_verifier).digest("base64url")).toBe(code_challenge);
    expect(idp.seen[1]?.form).toMatchObject({
      grant_type: "urn:ietf:params:oauth:grant-type:device_code",
      device_code: "device-code-1",
    });
    expect(await stored()).toMatchObject({ refreshToken: "refresh-1" });
    expect(stderr).not.toMatch(/device-code-1|refresh-1|s3cret/);
  });

  test("every API that the tokens are for is named", async () => {
    answering();
    await byDevice({}, { params: { resource: ["https://one.example", "https://two.example"] } });
    const asked = new URLSearchParams(idp.seen[0]?.body);
    expect(asked.getAll("resource")).toEqual(["https://one.example", "https://two.example"]);
    expect(asked.getAll("client_id")).toEqual(["reports"]);
  });

  test.each([
    ["a refusal", { error: "access_denied" }, /the login was refused/],
    ["the end of the code", { error: "expired_token" }, /the code has ended/],
    ["an error of the server", { error: "invalid_client" }, /invalid_client/],
  ])("%s ends it", async (_what, answer, message) => {
    answering({ error: "authorization_pending" }, answer);
    const { status, stderr } = await byDevice();
    expect(status).toBe(1);
    expect(stderr).toMatch(message);
    expect(await stored()).toEqual({});
  });

  test("a server that fails for a while is asked again, less often", async () => {
    answering(503, 503);
    expect(await byDevice()).toMatchObject({ status: 0, pauses: [5000, 10_000, 20_000] });
  });

  test("the code ends by the clock, too", async () => {
    answering(...Array.from({ length: 500 }, () => ({ error: "authorization_pending" })));
    const { status, stderr, pauses } = await byDevice();
    expect(status).toBe(1);
    expect(stderr).toContain("the code has ended");
    expect(pauses).toHaveLength(119);
  });

  test("L5 in 40 columns nothing but addresses and codes is wider", async () => {
    answering();
    const { status, stderr } = await byDevice({ columns: 40 });
    expect(status).toBe(0);
    const wide = stderr.split("\n").filter((line) => line.length > 40 && line.includes(" ") && !/[█▀▄]/.test(line));
    expect(wide).toEqual([]);
    expect(stderr.split("\n").filter((line) => /[█▀▄]/.test(line) && line.length > 40)).toEqual([]);
  });

  test("is the way of a provider that has no other", async () => {
    answering();
    await configure({ authorization_url: null, device_authorization_url: `${idp.origin}/device` });
    expect(await commandLine(["login", file, "crm"])).toMatchObject({
      status: 0,
      stderr: expect.stringContaining("WDJB-MJHT"),
    });
  });

  test("an answer that is none is told without its contents", async () => {
    idp.answerWith((_request, response) => json(response, { device_code: "device-code-1" }));
    const { status, stderr } = await byDevice();
    expect(status).toBe(1);
    expect(stderr).toBe(`faucet-auth: POST ${idp.origin}/device: HTTP 200, but that is no device authorization\n`);
  });

  test.each([
    ["in the configuration", "s3cret-s3cret"],
    ["in a file", { file: "secret" }],
  ])("S2 a refusal that quotes the client secret, which is %s, is told without it", async (_where, secret) => {
    await writeFile(join(path, "secret"), "s3cret-s3cret\n");
    idp.answerWith((_request, response) =>
      json(response, { error: "invalid_client", error_description: "wrong secret s3cret-s3cret" }, 400),
    );
    const { status, stderr } = await byDevice({}, { client_secret: secret });
    expect(status).toBe(1);
    expect(stderr).toContain(`POST ${idp.origin}/device: HTTP 400, invalid_client: wrong secret ***; if id`);
    expect(stderr).not.toContain("s3cret-s3cret");
  });

  test("S2 a refusal that quotes what the grant holds already is told without it", async () => {
    await logIn(agree);
    idp.answerWith((_request, response) =>
      json(response, { error: "access_denied", error_description: "there is refresh-1, and access-1" }, 400),
    );
    expect((await byDevice()).stderr).toContain("HTTP 400, access_denied: there is ***, and ***");
  });

  test("S2 of a 5xx that names no code of the RFCs no description is shown", async () => {
    idp.answerWith((_request, response) =>
      json(response, { error: "E_DB", error_description: "while it worked on ada@example.org" }, 500),
    );
    expect((await byDevice()).stderr).toBe(`faucet-auth: POST ${idp.origin}/device: HTTP 500, E_DB\n`);
  });

  test("H3 a redirect is told with the origin that it leads to", async () => {
    idp.answerWith((_request, response) => {
      response.writeHead(302, { location: "https://login.example/device?session=1" }).end();
    });
    expect((await byDevice()).stderr).toContain("HTTP 302, a redirect to https://login.example; redirects are not");
  });

  test("an address at which there is nothing is told by its key", async () => {
    idp.answerWith((_request, response) => response.writeHead(404).end());
    expect((await byDevice()).stderr).toContain(
      "HTTP 404; there is no device authorization endpoint at this URL: check device_authorization_url\n",
    );
  });

  test.each([
    ["КОД-ЖЖ", "КОД-ЖЖ"],
    ["コード１２", "コード１２"],
    ["WD\u001b[31mJB\u202e-\u200bMJHT\n", "WD[31mJB-MJHT"],
  ])("the code %j is shown as %s: all of it that can be printed", async (given, shown) => {
    idp.answerWith(({ path: at }, response) =>
      json(response, at === "/device" ? { ...DEVICE, user_code: given } : TOKENS),
    );
    expect((await byDevice()).stderr).toContain(`type the code ${shown}\n`);
  });
});

describe("L3 configuration", () => {
  test.each([
    [
      { authorization_url: null },
      /refresh_token: is required: a string; or authorization_url, device_authorization_url or issuer/,
    ],
    [{ persist: null }, /persist: is required without refresh_token/],
    [{ redirect_uri: "callback" }, /redirect_uri: must be an absolute URI/],
    [{ redirect_uri: "http://127.0.0.1/#x" }, /redirect_uri: must not have a fragment/],
    [{ authorization_url: "ftp://x" }, /authorization_url: must be an https or http URL/],
  ])("%j", async (keys, message) => {
    await configure(keys);
    const { status, stderr } = await commandLine(["token", file, "crm"]);
    expect(status).toBe(1);
    expect(stderr).toMatch(message);
  });

  test("a provider with a refresh token needs no store, but for a login", async () => {
    await configure({ persist: null, refresh_token: "r" });
    expect((await commandLine(["token", file, "crm"])).status).toBe(0);
    expect(await commandLine(["login", file, "crm"])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("persist"),
    });
  });

  test("another audience of a grant is not logged in to", async () => {
    await configure();
    const document = JSON.parse(await readFile(file, "utf8"));
    document.auth.mail = { ref: "crm", for: { scopes: "mail" } };
    await writeFile(file, JSON.stringify(document));
    expect((await commandLine(["login", file, "mail"])).stderr).toContain("mail is another audience of a grant");
  });

  test("a type that has no login says so, and a missing endpoint says its key", async () => {
    await writeFile(file, "auth: { crm: { type: static, config: { token: t } } }");
    expect((await commandLine(["login", file, "crm"])).stderr).toContain("is of type static, to which nobody logs in");
    await configure({
      device_authorization_url: "https://idp.example/device",
      authorization_url: null,
      refresh_token: "r",
    });
    expect((await commandLine(["login", file, "crm", "--paste"])).stderr).toContain("authorization_url: is required");
  });
});
