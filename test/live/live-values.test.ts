/** Values that change while a provider lives, as token requests are made with them (V1 to V4). */

import { createSecretKey } from "node:crypto";
import { writeFileSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import {
  AuthCatalog,
  type AuthError,
  fromConfig,
  MemoryTokenStore,
  OAuth2ClientCredentialsProvider,
  OAuth2RefreshProvider,
  TokenEndpointProvider,
} from "../../src/index.js";
import { testClock } from "../support/clock.js";
import { errorOf } from "../support/errors.js";
import { faultsOf } from "../support/faults.js";
import { newFolder } from "../support/folder.js";
import { type Answer, json, numberedTokens, startIdp } from "../support/idp.js";

const client = { token_url: "https://idp.example/token", client_id: "c" };
const home = process.env.HOME;

afterEach(() => {
  process.env.HOME = home;
});

/** A file of a new folder. */
async function newFile(text: string | Uint8Array, name = "secret"): Promise<string> {
  const path = join(await newFolder(), name);
  await writeFile(path, text);
  return path;
}

/** As Kubernetes and Vault do it: readers see the old file or the new one. */
async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.next`, text);
  await rename(`${path}.next`, path);
}

/** Takes those whose parameter of that name is the good one of just now; refuses the others. */
function taking(name: string, isGood: (value: string | undefined) => boolean, code = "invalid_client"): Answer {
  return (request, response, index) => {
    if (isGood(request.form[name])) return numberedTokens()(request, response, index);
    json(response, { error: code, error_description: `${request.form[name]} is none` }, 400);
  };
}

const secretsOf = (idp: { seen: { form: Record<string, string> }[] }) => idp.seen.map(({ form }) => form.client_secret);

describe("V1 what a value may be", () => {
  test("V1 a file is read at each token request, without white space at its end", async () => {
    const [idp, file] = [await startIdp(), await newFile("one \r\n\n")];
    const provider = new OAuth2ClientCredentialsProvider({
      token_url: idp.tokenUrl,
      client_id: "c",
      client_secret: { file },
    });
    const first = await provider.getToken();
    await replace(file, "two\n");
    await provider.invalidate(first);
    expect(secretsOf(idp)).toEqual(["one", "two"]);
  });

  test.each([
    ["gives a text", () => "one\n"],
    ["gives a promise", async () => "one  "],
  ])("V1 a function that %s is called for each token request, and not before", async (_what, give) => {
    const idp = await startIdp();
    const calls: unknown[] = [];
    const client_secret = (options: { signal?: AbortSignal | undefined }): string | PromiseLike<string> => {
      calls.push(options.signal);
      return give() as string;
    };
    const config = { token_url: idp.tokenUrl, client_id: "c", client_secret };
    const provider = new OAuth2ClientCredentialsProvider(config);
    expect(calls).toEqual([]);
    await provider.invalidate(await provider.getToken());
    expect(secretsOf(idp)).toEqual(["one", "one"]);
    expect(calls).toEqual([expect.any(AbortSignal), expect.any(AbortSignal)]);
  });

  test("V1 parameters, headers, a query and a body may have live values in them", async () => {
    const [idp, file] = [await startIdp(), await newFile("from the file\n")];
    const oauth2 = new OAuth2ClientCredentialsProvider({
      token_url: idp.tokenUrl,
      client_id: "c",
      client_secret: "s",
      params: { assertion: { file }, list: ["a", () => "b", null] },
      headers: { "X-Key": { file } },
    });
    await oauth2.getToken();
    expect(Object.fromEntries(new URLSearchParams(idp.seen[0]?.body))).toMatchObject({
      assertion: "from the file",
      list: "b",
    });
    expect(new URLSearchParams(idp.seen[0]?.body).getAll("list")).toEqual(["a", "b"]);
    expect(idp.seen[0]?.headers["x-key"]).toBe("from the file");

    const login = new TokenEndpointProvider({
      url: idp.tokenUrl,
      token_path: "$.access_token",
      query: { key: { file } },
      body: { user: "u", login: { password: { file } }, file: "a name", at: [{ file: "x", of: "data" }] },
    });
    await login.getToken();
    expect(idp.seen[1]?.path).toBe("/token?key=from%20the%20file");
    expect(JSON.parse(idp.seen[1]?.body ?? "")).toEqual({
      user: "u",
      login: { password: "from the file" },
      file: "a name",
      at: [{ file: "x", of: "data" }],
    });
  });

  test("V1 at the top of a mapping, file is a name like any other", async () => {
    const idp = await startIdp();
    const config = { url: idp.tokenUrl, token_path: "$.access_token", query: { file: "q" }, body: { file: "b" } };
    await new TokenEndpointProvider(config).getToken();
    expect(idp.seen[0]).toMatchObject({ path: "/token?file=q", body: '{"file":"b"}' });
  });

  test("V1 D11 a relative path starts at the folder of the document, in interpolated values too", async () => {
    const [idp, folder] = [await startIdp(), await newFolder()];
    await mkdir(join(folder, "secrets"));
    await writeFile(join(folder, "secrets", "one"), "of the folder");
    await writeFile(
      join(folder, "pipeline.yaml"),
      `vars: { name: one, shared: { file: secrets/one } }
auth:
  a: { type: oauth2, config: { token_url: ${idp.tokenUrl}, client_id: c, client_secret: { file: "secrets/\${vars.name}" } } }
  b: { type: oauth2, config: { token_url: ${idp.tokenUrl}, client_id: c, client_secret: "\${vars.shared}" } }
  c: { type: token_endpoint, config: { url: ${idp.tokenUrl}, token_path: $.access_token, body: { p: { file: secrets/one } } } }
`,
    );
    await using catalog = await AuthCatalog.load(join(folder, "pipeline.yaml"));
    for (const name of catalog.names) await catalog.get(name).getToken();
    await catalog
      .resolve({
        type: "oauth2",
        config: { ...client, token_url: idp.tokenUrl, client_secret: { file: "secrets/one" } },
      })
      .getToken();
    expect(secretsOf(idp)).toEqual(["of the folder", "of the folder", undefined, "of the folder"]);
    expect(idp.seen[2]?.body).toBe('{"p":"of the folder"}');
  });

  test("V1 D11 in code a relative path starts at the working directory, and ~ is the home directory", async () => {
    const idp = await startIdp();
    const path = await newFile("at home");
    process.env.HOME = join(path, "..");
    const config = { ...client, token_url: idp.tokenUrl, client_secret: { file: "~/secret" } };
    await new OAuth2ClientCredentialsProvider(config).getToken();
    expect(secretsOf(idp)).toEqual(["at home"]);
    expect(await faultsOf("oauth2", { ...client, client_secret: { file: "no/such/file" } })).toEqual({
      "client_secret.file": `the file ${join(process.cwd(), "no/such/file")} cannot be read (ENOENT)`,
    });
  });

  test("V1 G1 null is absent, and text is what it was", async () => {
    const config = { ...client, client_secret: "s", private_key: null, certificate: null, client_assertion: null };
    fromConfig({ type: "oauth2", config });
    expect(await faultsOf("oauth2", { ...client, client_secret: null })).toEqual({
      client_secret: "is required: a string",
    });
  });

  test.each([
    [{}, { "client_secret.file": /must be the path of a file/ }],
    [{ file: null }, { "client_secret.file": /must be the path of a file/ }],
    [{ file: "" }, { "client_secret.file": /must be the path of a file/ }],
    [{ file: "a\0b" }, { "client_secret.file": /NUL/ }],
    [{ file: "~other/secret" }, { "client_secret.file": /home of another user/ }],
    [{ fil: "x" }, { "client_secret.fil": /did you mean "file"\?/ }],
    [{ file: "x", of: 1 }, { "client_secret.of": /unknown key/ }],
    [["s3cr3t"], { client_secret: "must be a string, not a list" }],
    [true, { client_secret: "must be a string, not a boolean" }],
    [Buffer.from("s3cr3t"), { client_secret: "must be a string, not a Buffer" }],
    [new Uint8Array(6), { client_secret: "must be a string, not a Uint8Array" }],
    [new ArrayBuffer(6), { client_secret: "must be a string, not an ArrayBuffer" }],
    [createSecretKey(Buffer.from("s3cr3t")), { client_secret: "must be a string, not a SecretKeyObject" }],
    [Object.create({ constructor: undefined }), { client_secret: "must be a string, not a mapping" }],
    [new URL("file:///s3cr3t"), { client_secret: "must be a string, not a URL" }],
    [Number.MAX_VALUE, { client_secret: /put it in quotes/ }],
    ["a\nb", { client_secret: /line break/ }],
    [{ file: "/" }, { "client_secret.file": /is a folder, a pipe or a device/ }],
    [{ file: "/dev/null" }, { "client_secret.file": /is a folder, a pipe or a device/ }],
  ])("V1 G2 %j is a fault", async (client_secret, expected) => {
    const faults = await faultsOf("oauth2", { ...client, client_secret });
    expect(faults).toEqual(
      Object.fromEntries(
        Object.entries(expected).map(([path, message]) => [
          path,
          typeof message === "string" ? message : expect.stringMatching(message),
        ]),
      ),
    );
    expect(JSON.stringify(faults)).not.toContain("s3cr3t");
  });

  test.each([
    ["empty", "", /is empty/],
    ["nothing but white space", " \n\t\n", /is empty/],
    ["of two lines", "a\nb", /line breaks/],
    ["in UTF-16", Buffer.from("\ufeffs3cr3t", "utf16le"), /save it as UTF-8/],
    ["in Latin-1", Buffer.from("geheimß", "latin1"), /save it as UTF-8/],
    ["too large", "x".repeat(1024 * 1024 + 1), /is larger than 1048576 bytes/],
  ])("V1 V3 a file that is %s is a fault at construction", async (_what, content, reason) => {
    const file = await newFile(content);
    expect(await faultsOf("oauth2", { ...client, client_secret: { file } })).toEqual({
      "client_secret.file": expect.stringMatching(reason),
    });
  });

  test("V1 a megabyte is taken, and so is a byte order mark", async () => {
    const [idp, file] = [await startIdp(), await newFile(`\ufeff${"x".repeat(1000)}`)];
    const config = { ...client, token_url: idp.tokenUrl, client_secret: { file } };
    await new OAuth2ClientCredentialsProvider(config).getToken();
    expect(secretsOf(idp)).toEqual(["x".repeat(1000)]);
  });
});

describe("V2 a value that is refused", () => {
  test("V2 on invalid_client it is read again, and where it has changed, the request is made once more at once", async () => {
    const file = await newFile("old");
    const idp = await startIdp(async (request, response, index) => {
      if (request.form.client_secret === "new") return numberedTokens()(request, response, index);
      await replace(file, "new");
      json(response, { error: "invalid_client" }, 401);
    });
    const provider = new OAuth2ClientCredentialsProvider({
      ...client,
      token_url: idp.tokenUrl,
      client_secret: { file },
    });
    expect(await provider.getToken()).toMatchObject({ token: "token-2" });
    expect(secretsOf(idp)).toEqual(["old", "new"]);
    expect(provider.status()).toMatchObject({ state: "fresh", counts: { flights: 1, tokenRequests: 2, failures: 0 } });
  });

  test("V2 where it has not, the refusal stands after one request, and the gate blocks", async () => {
    const [idp, file] = [await startIdp(taking("client_secret", () => false)), await newFile("old")];
    const config = { ...client, token_url: idp.tokenUrl, client_secret: { file } };
    const provider = new OAuth2ClientCredentialsProvider(config);
    expect(await errorOf(() => provider.getToken())).toMatchObject({ code: "auth", error: "invalid_client" });
    expect(await errorOf(() => provider.getToken())).toMatchObject({ retryAt: expect.any(Number) });
    expect(idp.seen).toHaveLength(1);
  });

  test("V2 it is made once more, and not twice", async () => {
    let calls = 0;
    const idp = await startIdp(taking("client_secret", () => false));
    const client_secret = () => `secret-${++calls}`;
    const provider = new OAuth2ClientCredentialsProvider({ ...client, token_url: idp.tokenUrl, client_secret });
    expect(await errorOf(() => provider.getToken())).toMatchObject({ error: "invalid_client" });
    expect(idp.seen).toHaveLength(2);
  });

  test.each([
    ["invalid_client", 400, 2],
    ["unauthorized_client", 401, 2],
    ["invalid_scope", 400, 1],
    ["invalid_grant", 400, 1],
  ])("V2 a client's secret is read again on %s with HTTP %d: %d requests", async (error, status, requests) => {
    const file = await newFile("old");
    const idp = await startIdp(async (_request, response) => {
      await replace(file, "new");
      json(response, { error }, status);
    });
    const config = { ...client, token_url: idp.tokenUrl, client_secret: { file } };
    await errorOf(() => new OAuth2ClientCredentialsProvider(config).getToken());
    expect(idp.seen).toHaveLength(requests);
  });

  test("V2 on invalid_grant a live assertion is read again, and whatever a login says of a password", async () => {
    const file = await newFile("old");
    const refuse: Answer = async (request, response, index) => {
      if (request.body.includes("new")) return numberedTokens()(request, response, index);
      await replace(file, "new");
      json(
        response,
        { error: request.headers["content-type"]?.includes("json") ? "wrong password" : "invalid_grant" },
        403,
      );
    };
    const idp = await startIdp(refuse);
    const params = { assertion: { file } };
    const config = { ...client, token_url: idp.tokenUrl, client_secret: "s", params };
    await new OAuth2ClientCredentialsProvider(config).getToken();
    expect(idp.seen).toHaveLength(2);
    await replace(file, "old");
    const login = { url: idp.tokenUrl, token_path: "$.access_token", body: { password: { file } } };
    await new TokenEndpointProvider(login).getToken();
    expect(idp.seen).toHaveLength(4);
  });

  test("V2 a refresh token is presented again with the client's new secret, and its rotation kept", async () => {
    const file = await newFile("old");
    const idp = await startIdp(async (request, response) => {
      if (request.form.client_secret === "new") return json(response, { access_token: "t", refresh_token: "r2" });
      await replace(file, "new");
      json(response, { error: "invalid_client" }, 401);
    });
    const config = { ...client, token_url: idp.tokenUrl, client_secret: { file }, refresh_token: "r1" };
    const provider = new OAuth2RefreshProvider(config);
    await provider.invalidate(await provider.getToken());
    expect(idp.seen.map(({ form }) => `${form.refresh_token} ${form.client_secret}`)).toEqual([
      "r1 old",
      "r1 new",
      "r2 new",
    ]);
  });

  test("V2 a file that was caught half-written is read again after a moment", async () => {
    const file = await newFile("half");
    const idp = await startIdp(async (request, response, index) => {
      if (request.form.client_secret === "half and half") return numberedTokens()(request, response, index);
      setTimeout(() => writeFileSync(file, "half and half"), 20);
      json(response, { error: "invalid_client" }, 401);
    });
    const config = { ...client, token_url: idp.tokenUrl, client_secret: { file } };
    await new OAuth2ClientCredentialsProvider(config).getToken();
    expect(secretsOf(idp)).toEqual(["half", "half and half"]);
  });

  test("V2 half of a text that looks like a whole one is refused, and then the whole is taken", async () => {
    const file = await newFile("old");
    const idp = await startIdp(async (request, response, index) => {
      const { client_secret: secret } = request.form;
      if (secret === "half and half") return numberedTokens()(request, response, index);
      if (secret === "old") await writeFile(file, "half");
      else setTimeout(() => writeFileSync(file, "half and half"), 20);
      json(response, { error: "invalid_client" }, 401);
    });
    const provider = new OAuth2ClientCredentialsProvider({
      ...client,
      token_url: idp.tokenUrl,
      client_secret: { file },
    });
    expect(await provider.getToken()).toMatchObject({ token: "token-3" });
    expect(secretsOf(idp)).toEqual(["old", "half", "half and half"]);
  });

  test("V2 a file that is another one whenever it is read costs three requests, and then the gate blocks", async () => {
    const file = await newFile("old");
    const idp = await startIdp(async (_request, response, index) => {
      await writeFile(file, `secret-${index}`);
      json(response, { error: "invalid_client" }, 401);
    });
    const provider = new OAuth2ClientCredentialsProvider({
      ...client,
      token_url: idp.tokenUrl,
      client_secret: { file },
    });
    expect(await errorOf(() => provider.getToken())).toMatchObject({ error: "invalid_client" });
    expect(secretsOf(idp)).toEqual(["old", "secret-1", "secret-2"]);
  });

  test("V2 a gate that blocks is cleared when a value has changed", async () => {
    const [file, clock] = [await newFile("old"), testClock()];
    const idp = await startIdp(taking("client_secret", (secret) => secret === "new"));
    const config = { ...client, token_url: idp.tokenUrl, client_secret: { file } };
    const provider = new OAuth2ClientCredentialsProvider(config, { clock });
    await errorOf(() => provider.getToken());
    clock.advance(1);
    expect(await errorOf(() => provider.getToken())).toMatchObject({ retryAt: expect.any(Number) });
    await replace(file, "new");
    clock.advance(1);
    expect(await provider.getToken()).toMatchObject({ token: "token-2" });
  });

  test("V2 a function that gives another text each time does not keep the gate from blocking", async () => {
    const [clock, idp] = [testClock(), await startIdp(taking("client_secret", () => false))];
    let calls = 0;
    const client_secret = async () => `secret-${++calls}`;
    const config = { ...client, token_url: idp.tokenUrl, client_secret };
    const provider = new OAuth2ClientCredentialsProvider(config, { clock, random: () => 0.5 });
    await errorOf(() => provider.getToken());
    for (let second = 0; second < 15; second += 1) {
      clock.advance(1);
      expect(await errorOf(() => provider.getToken())).toMatchObject({ retryAt: expect.any(Number) });
    }
    expect(idp.seen).toHaveLength(2);
  });

  test("V2 D7 a failure on record blocks those alone whose values are those that were refused", async () => {
    const [store, clock, file] = [new MemoryTokenStore(), testClock(), await newFile("old")];
    const idp = await startIdp(taking("client_secret", (secret) => secret === "new"));
    const processOf = (client_secret: string | { file: string }) =>
      new OAuth2ClientCredentialsProvider(
        { ...client, token_url: idp.tokenUrl, client_secret, persist: { key: "k" } },
        { store, clock },
      );
    await errorOf(() => processOf({ file }).getToken());
    expect(await errorOf(() => processOf({ file }).getToken())).toMatchObject({ retryAt: expect.any(Number) });
    expect(idp.seen).toHaveLength(1);
    await replace(file, "new");
    expect(await processOf({ file }).getToken()).toMatchObject({ token: "token-2" });
    expect(JSON.stringify(await store.read("k"))).not.toMatch(/old|new/);
  });
});

describe("V3 a value that cannot be read", () => {
  test("V3 later it is a retryable ConfigError, and a token that is good stays in service", async () => {
    const [idp, clock, file] = [await startIdp(), testClock(), await newFile("s")];
    const provider = new OAuth2ClientCredentialsProvider(
      { ...client, token_url: idp.tokenUrl, client_secret: { file }, retries: 0 },
      { clock, name: "crm" },
    );
    const good = await provider.getToken();
    await rm(file);
    clock.advance(3300);
    expect(await provider.getToken()).toBe(good);
    clock.advance(400);
    const error = await errorOf(() => provider.getToken());
    expect(error).toMatchObject({ name: "ConfigError", code: "config", retryable: true, provider: "crm" });
    expect(error.message).toMatch(`crm: configuration: client_secret: the file ${file} cannot be read (ENOENT)`);
    await writeFile(file, "s2");
    clock.advance(120);
    await provider.getToken();
    expect(secretsOf(idp)).toEqual(["s", "s2"]);
  });

  test("V3 a file that is empty for a moment is read again", async () => {
    const [idp, file] = [await startIdp(), await newFile("s")];
    const config = { ...client, token_url: idp.tokenUrl, client_secret: { file }, retries: 0 };
    const provider = new OAuth2ClientCredentialsProvider(config);
    await writeFile(file, "");
    setTimeout(() => void writeFile(file, "whole"), 20);
    await provider.getToken();
    expect(secretsOf(idp)).toEqual(["whole"]);
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("the vault is sealed; its password is s3cr3tP4ss1234word");
      },
      /its function has failed: the vault is sealed; its password is \*\*\*/,
    ],
    ["rejects with nothing", () => Promise.reject(), /its function has failed$/],
    ["gives nothing", () => undefined, /its function gave no string/],
    ["gives an empty text", () => "  ", /what its function gave is empty/],
    ["gives two lines", () => "a\nb", /what its function gave has line breaks/],
    ["gives too much", () => "x".repeat(1024 * 1024 + 1), /is larger than 1048576 bytes/],
  ])("V3 a function that %s is a retryable ConfigError", async (_what, give, reason) => {
    const idp = await startIdp();
    const client_secret = give as unknown as () => string;
    const config = { ...client, token_url: idp.tokenUrl, client_secret, retries: 0 };
    const error = await errorOf(() => new OAuth2ClientCredentialsProvider(config).getToken());
    expect(error).toMatchObject({ code: "config", retryable: true });
    expect(error.message).toMatch(reason);
    expect(inspect(error, { depth: 9 })).not.toContain("s3cr3t");
    expect(idp.seen).toEqual([]);
  });

  test("V3 a function that never answers ends with the flight, and frees the next caller", async () => {
    const idp = await startIdp();
    let calls = 0;
    const client_secret = () => (++calls === 1 ? new Promise<string>(() => {}) : Promise.resolve("s"));
    const config = { ...client, token_url: idp.tokenUrl, client_secret, retries: 0, timeout_secs: 0.05 };
    const provider = new OAuth2ClientCredentialsProvider(config);
    expect(await errorOf(() => provider.getToken())).toMatchObject({ code: "transport" });
    await provider.getToken();
    expect(idp.seen).toHaveLength(1);
  });

  test("V3 D7 the failure is on record as what it is", async () => {
    const [store, clock, idp, file] = [new MemoryTokenStore(), testClock(), await startIdp(), await newFile("s")];
    const config = { ...client, token_url: idp.tokenUrl, client_secret: { file }, persist: { key: "k" }, retries: 0 };
    const [one, two] = [1, 2].map(() => new OAuth2ClientCredentialsProvider(config, { store, clock }));
    await rm(file);
    await errorOf(() => one?.getToken());
    await errorOf(() => one?.getToken());
    const error = await errorOf(() => two?.getToken());
    expect(error).toMatchObject({ code: "config", retryable: true, retryAt: expect.any(Number) });
    expect(error.message).toContain("cannot be read (ENOENT)");
  });
});

describe("V4 what was read is masked", () => {
  test("V4 the text that was read last, and the one before, in whatever role", async () => {
    const [secret, assertion] = [await newFile("first secret"), await newFile("first assertion")];
    const idp = await startIdp();
    const provider = new OAuth2ClientCredentialsProvider({
      ...client,
      token_url: idp.tokenUrl,
      client_secret: { file: secret },
      params: { assertion: { file: assertion } },
      headers: { "x-key": () => "key of a function" },
    });
    const good = await provider.getToken();
    await replace(secret, "second secret");
    await replace(assertion, "second assertion");
    const echo = "first secret, second secret, first assertion, second assertion, key of a function";
    idp.answerWith((_request, response) => {
      json(response, { error: "invalid_request", error_description: echo }, 400);
    });
    const error = (await errorOf(() => provider.invalidate(good))) as unknown as AuthError;
    expect(error.errorDescription).toBe("***, ***, ***, ***, ***");
  });

  test("V4 S1 a provider with live values prints none of them", async () => {
    const [file, idp] = [await newFile("s3cr3t-in-a-file"), await startIdp()];
    const provider = new OAuth2ClientCredentialsProvider({
      ...client,
      token_url: idp.tokenUrl,
      client_secret: { file },
      params: { a: () => "s3cr3t-of-a-function" },
    });
    await provider.getToken();
    const printed = inspect(provider, { depth: 20, showHidden: true, getters: true }) + JSON.stringify(provider);
    expect(printed).not.toContain("s3cr3t");
  });
});
