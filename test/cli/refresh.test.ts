/** `refresh` keeps a grant alive, `revoke` ends it. */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { folder } from "../support/catalogs.js";
import { commandLine } from "../support/command-line.js";
import { type Idp, json, startIdp } from "../support/idp.js";

let file: string;
let idp: Idp;
beforeEach(async () => {
  file = join(await folder(), "pipeline.yaml");
  idp = await startIdp((_request, response, n) =>
    json(response, { access_token: `access-${n}`, expires_in: 3600, refresh_token: `refresh-${n}` }),
  );
  await configure();
});

async function configure(keys: Record<string, unknown> = {}): Promise<void> {
  const client = { token_url: idp.tokenUrl, client_id: "c", client_secret: "s3cret-s3cret" };
  const config = { ...client, refresh_token: "refresh-0", persist: { path: "state" }, ...keys };
  const machine = { type: "oauth2", config: client };
  const fixed = { type: "static", config: { token: "t" } };
  await writeFile(file, JSON.stringify({ auth: { crm: { type: "oauth2_refresh", config }, machine, fixed } }));
}

/** Adds entries that refer to others. */
async function addEntries(entries: Record<string, object>): Promise<void> {
  const { auth } = JSON.parse(await readFile(file, "utf8"));
  await writeFile(file, JSON.stringify({ auth: { ...auth, ...entries } }));
}

const presented = (): (string | undefined)[] => idp.seen.map(({ form }) => form.refresh_token);

describe("L3 refresh", () => {
  test("presents the refresh token of each that has one, though the token is good", async () => {
    expect(await commandLine(["refresh", file])).toEqual({ status: 0, stdout: "crm: refreshed\n", stderr: "" });
    expect((await commandLine(["refresh", file, "crm"])).stdout).toBe("crm: refreshed\n");
    expect(presented()).toEqual(["refresh-0", "refresh-1"]);
    expect((await commandLine(["token", file, "crm"])).stdout).toBe("access-2\n");
  });

  test("--older-than leaves alone what was used since", async () => {
    await commandLine(["token", file, "crm"]);
    const twenty = ["refresh", file, "--older-than", "20d"];
    expect(await commandLine(twenty)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^crm: left alone, its last token was issued (?:just now|\d+ s ago)\n$/),
    });
    const later = Date.now() + 21 * 86_400_000;
    expect((await commandLine(twenty, { clock: () => later })).stdout).toBe("crm: refreshed\n");
    expect(presented()).toEqual(["refresh-0", "refresh-1"]);
    expect((await commandLine(["refresh", file, "--older-than", "20 days"])).status).toBe(2);
  });

  test("one that fails does not keep the others from being refreshed, and is status 1", async () => {
    await writeFile(
      file,
      JSON.stringify({
        auth: Object.fromEntries(
          ["bad", "good"].map((name) => [
            name,
            {
              type: "oauth2_refresh",
              config: {
                token_url: idp.tokenUrl,
                client_id: name,
                client_secret: "s3cret-s3cret",
                refresh_token: `of-${name}`,
                persist: { path: "state" },
              },
            },
          ]),
        ),
      }),
    );
    idp.answerWith(({ form }, response) =>
      form.client_id === "bad"
        ? json(response, { error: "invalid_grant" }, 400)
        : json(response, { access_token: "a" }),
    );
    const { status, stdout, stderr } = await commandLine(["refresh", file]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "good: refreshed\n" });
    expect(stderr).toMatch(/^faucet-auth: bad: .*invalid_grant/);
  });

  test("one without a store fails before its token is spent, and the others are refreshed", async () => {
    await configure({ persist: null });
    const noStore = "has no store to keep its next refresh token in: give it persist, such as { path: ./state }";
    expect(await commandLine(["refresh", file, "crm"])).toEqual({
      status: 1,
      stdout: "",
      stderr: `faucet-auth: crm: ${noStore}\n`,
    });
    expect(idp.seen).toEqual([]);
    const { auth } = JSON.parse(await readFile(file, "utf8"));
    const kept = { ...auth.crm.config, client_id: "other", persist: { path: "state" } };
    await writeFile(file, JSON.stringify({ auth: { ...auth, kept: { type: "oauth2_refresh", config: kept } } }));
    const { status, stdout, stderr } = await commandLine(["refresh", file]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "kept: refreshed\n" });
    expect(stderr).toBe(`faucet-auth: crm: ${noStore}\n`);
    expect(idp.seen.map(({ form }) => form.client_id)).toEqual(["other"]);
  });

  test("one that has other names too is refreshed once, and looked at once", async () => {
    await addEntries({ alias: { ref: "crm" }, mail: { ref: "crm", for: { scopes: "mail" } } });
    expect(await commandLine(["refresh", file])).toEqual({ status: 0, stdout: "crm: refreshed\n", stderr: "" });
    expect(presented()).toEqual(["refresh-0"]);
    const { stdout } = await commandLine(["check", file, "--offline"]);
    expect(stdout.match(/^crm \(/gm)).toHaveLength(1);
    expect(stdout).toMatch(/: 4 providers, no faults\n$/);
    const { providers } = JSON.parse((await commandLine(["check", file, "--offline", "--format", "json"])).stdout);
    expect(providers.map(({ name }: { name: string }) => name)).toEqual(["crm", "machine", "fixed", "mail"]);
  });

  test("another audience of a grant is not refreshed by its name", async () => {
    await addEntries({ mail: { ref: "crm", for: { scopes: "mail" } } });
    expect(await commandLine(["refresh", file, "mail"])).toEqual({
      status: 1,
      stdout: "",
      stderr: "faucet-auth: mail is another audience of a grant: name the provider that it refers to\n",
    });
    expect(idp.seen).toEqual([]);
  });

  test("of one that has no refresh token it says so", async () => {
    expect((await commandLine(["refresh", file, "fixed"])).stdout).toMatch(/^fixed: has no refresh token/);
    expect((await commandLine(["refresh", file, "machine"])).stdout).toMatch(/^machine: has no refresh token/);
    expect(idp.seen).toEqual([]);
  });
});

describe("L3 revoke", () => {
  test("has the server revoke the refresh token, and takes all out of the store", async () => {
    await configure({ revocation_url: `${idp.origin}/revoke`, refresh_token: "refresh-0" });
    await commandLine(["token", file, "crm"]);
    idp.answerWith((_request, response) => response.end());
    expect(await commandLine(["revoke", file, "crm"])).toEqual({
      status: 0,
      stdout: "",
      stderr: "crm: revoked. A new login begins the next grant.\n",
    });
    expect(idp.seen[1]).toMatchObject({
      path: "/revoke",
      form: { token: "refresh-1", token_type_hint: "refresh_token", client_id: "c", client_secret: "s3cret-s3cret" },
    });
    const { readdir } = await import("node:fs/promises");
    const state = join(file, "../state");
    const entries = await readdir(state, { recursive: true, withFileTypes: true });
    const newest = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .at(-1);
    expect(await readFile(newest ?? "", "utf8")).not.toMatch(/refresh-1|access-1/);
  });

  test("by the issuer's metadata; and nothing to revoke is told", async () => {
    idp.answerWith(({ path }, response) => {
      const { origin } = idp;
      const metadata = { issuer: origin, token_endpoint: `${origin}/token`, revocation_endpoint: `${origin}/end` };
      return json(response, path.startsWith("/.well-known") ? metadata : {});
    });
    await configure({ token_url: null, issuer: idp.origin });
    expect((await commandLine(["revoke", file, "crm"])).status).toBe(0);
    expect(idp.seen.at(-1)).toMatchObject({ path: "/end", form: { token: "refresh-0" } });
    await configure({ token_url: null, issuer: idp.origin, refresh_token: null });
    expect(await commandLine(["revoke", file, "crm"])).toMatchObject({
      status: 1,
      stderr: "faucet-auth: crm has nothing to revoke: nobody has logged in\n",
    });
  });

  test("a configured refresh token is over with its grant: nothing is left to revoke or to present, until another comes", async () => {
    const end = { revocation_url: `${idp.origin}/revoke`, retries: 0 };
    await configure(end);
    await commandLine(["token", file, "crm"]);
    expect((await commandLine(["revoke", file, "crm"])).status).toBe(0);
    const asked = idp.seen.length;
    expect(await commandLine(["revoke", file, "crm"])).toMatchObject({
      status: 1,
      stderr: "faucet-auth: crm has nothing to revoke: nobody has logged in\n",
    });
    for (const command of ["token", "refresh", "token"]) {
      expect(await commandLine([command, file, "crm"])).toMatchObject({
        status: 1,
        stdout: "",
        stderr: expect.stringMatching(/^faucet-auth: crm: its grant was revoked/),
      });
    }
    expect(idp.seen.length).toBe(asked);
    await configure({ ...end, refresh_token: "another" });
    idp.answerWith((_request, response) => json(response, { error: "server_error" }, 500));
    expect((await commandLine(["token", file, "crm"])).status).toBe(1);
    idp.answerWith((_request, response) => json(response, { access_token: "anew" }));
    const later = Date.now() + 3_600_000;
    expect(await commandLine(["token", file, "crm"], { clock: () => later })).toMatchObject({ stdout: "anew\n" });
    expect(presented().slice(asked)).toEqual(["another", "another"]);
  });

  test("a configured refresh token that had no turn before it was revoked has none after", async () => {
    await configure({ revocation_url: `${idp.origin}/revoke` });
    expect((await commandLine(["revoke", file, "crm"])).status).toBe(0);
    const { stderr } = await commandLine(["token", file, "crm"]);
    expect(stderr).toMatch(/its grant was revoked, .* configure another, or log in: faucet-auth login/);
    expect((await commandLine(["check", file, "--offline"])).stdout).toContain(
      stderr.replace("faucet-auth: crm: ", "auth.crm: "),
    );
    expect((await commandLine(["revoke", file, "crm"])).status).toBe(1);
    expect(idp.seen.map(({ path }) => path)).toEqual(["/revoke"]);
  });

  test("a server that refuses leaves all as it was, and its answer is not shown", async () => {
    await configure({ revocation_url: `${idp.origin}/revoke` });
    await commandLine(["token", file, "crm"]);
    idp.answerWith((_request, response) => json(response, { error: "unsupported_token_type", of: "refresh-1" }, 503));
    const { status, stderr } = await commandLine(["revoke", file, "crm"]);
    expect(status).toBe(1);
    expect(stderr).toBe(`faucet-auth: POST ${idp.origin}/revoke: HTTP 503, unsupported_token_type\n`);
    expect((await commandLine(["token", file, "crm"])).stdout).toBe("access-1\n");
  });

  test.each([
    ["in the configuration", "s3cret-s3cret"],
    ["in a file", { file: "secret" }],
  ])("S2 a refusal that quotes the client secret, which is %s, is told without it", async (_where, secret) => {
    await writeFile(join(file, "../secret"), "s3cret-s3cret\n");
    await configure({ revocation_url: `${idp.origin}/revoke`, client_secret: secret });
    idp.answerWith((_request, response) => json(response, { error: "s3cret-s3cret" }, 400));
    const { status, stderr } = await commandLine(["revoke", file, "crm"]);
    expect(status).toBe(1);
    expect(stderr).toBe(`faucet-auth: POST ${idp.origin}/revoke: HTTP 400, ***\n`);
  });

  test("H3 a redirect is told with the origin that it leads to, and S2 a failed server's words are not", async () => {
    await configure({ revocation_url: `${idp.origin}/revoke` });
    idp.answerWith((_request, response) => {
      response.writeHead(302, { location: "https://login.example/" }).end();
    });
    expect((await commandLine(["revoke", file, "crm"])).stderr).toContain("a redirect to https://login.example; ");
    idp.answerWith((_request, response) => json(response, { error: "E_DB", error_description: "of ada" }, 500));
    expect((await commandLine(["revoke", file, "crm"])).stderr).toContain("HTTP 500, E_DB\n");
  });

  test("without an endpoint, the error names the key; without a grant, the type", async () => {
    expect((await commandLine(["revoke", file, "crm"])).stderr).toContain("revocation_url: is required");
    expect((await commandLine(["revoke", file, "fixed"])).stderr).toContain(
      "is of type static, to which nobody logs in",
    );
  });
});
