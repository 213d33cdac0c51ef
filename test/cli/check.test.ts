/** `check`: what is wrong with a pipeline, all at once and with its place. */

import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { AuthCatalog, type AuthSpec, ConfigError } from "../../src/index.js";
import { folder } from "../support/catalogs.js";
import { type CommandEnded, type CommandOptions, commandLine } from "../support/command-line.js";
import { type Idp, json, numberedTokens, startIdp } from "../support/idp.js";

let path: string;
beforeEach(async () => {
  path = await folder();
});

/** `check` of a pipeline in a folder of its own; its paths are printed without that. */
async function check(text: string, args: string[] = [], options?: CommandOptions): Promise<CommandEnded> {
  const file = join(path, "pipeline.yaml");
  await writeFile(file, text);
  const { status, stdout, stderr } = await commandLine(["check", file, ...args], options);
  return { status, stderr, stdout: stdout.replaceAll(`${path}/`, "") };
}

function refreshing({ tokenUrl }: Idp, more = ""): string {
  return `auth:
  crm:
    type: oauth2_refresh
    config:
      token_url: ${tokenUrl}
      client_id: reports
      client_secret: s3cret-s3cret
      refresh_token: first-refresh
      persist: { path: state }
${more}`;
}

describe("L1 check", () => {
  test("says all faults at once, each with line and column, and status 1", async () => {
    const { status, stdout, stderr } = await check(
      `vars:
  host: https://idp.example
auth:
  crm:
    type: oauth2
    config:
      tokn_url: \${vars.host}/token
      client_id: reports
      client_secret: \${env:FAUCET_AUTH_NOT_SET}
  billing: { type: oauth2, config: { token_url: "no url", client_id: b, client_secret: s, expiry_ratio: 2 } }
  a: { ref: b }
  b: { ref: a }
  elsewhere: { ref: nowhere }
  "odd name": { type: unknown_type }
pipeline:
  source: { auth: { ref: cmr } }
  sinks:
    - { name: x }
    - { auth: { type: bearer, config: { tokn: t } } }
`,
      ["--offline"],
    );
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    expect(
      lines.map((line) => /^(.*?: )/.exec(line)?.[1]).filter((each) => each?.startsWith("pipeline.yaml:")),
    ).toEqual([
      "pipeline.yaml:6:5: ",
      "pipeline.yaml:7:7: ",
      "pipeline.yaml:9:7: ",
      "pipeline.yaml:10:38: ",
      "pipeline.yaml:10:91: ",
      "pipeline.yaml:12:8: ",
      "pipeline.yaml:13:16: ",
      "pipeline.yaml:14:17: ",
      "pipeline.yaml:16:21: ",
      "pipeline.yaml:19:31: ",
      "pipeline.yaml:19:41: ",
      "pipeline.yaml: ",
    ]);
    expect(stdout).toContain("auth.crm.config.client_secret: ${env:FAUCET_AUTH_NOT_SET} cannot be resolved");
    expect(stdout).toContain("pipeline.source.auth.ref: ");
    expect(lines.at(-1)).toBe("pipeline.yaml: 11 faults");
  });

  test.each([
    [
      "an unknown key",
      "  crm: { type: static, config: { token: t, tokn: x } }",
      /^pipeline\.yaml:2:44: auth\.crm\.config\.tokn: unknown key; did you mean "token"\?$/m,
    ],
    [
      "a key that is missing: that of what it should be in",
      "  crm: { type: static,\n    config: { headr: x } }",
      /^pipeline\.yaml:3:15: auth\.crm\.config\.headr: unknown key/m,
    ],
    ["a broken document", "  crm: [", /^pipeline\.yaml:3:1: (?!line)/m],
    [
      "a key that stands twice",
      "  crm: { type: static, config: { token: t } }\n  crm: 1",
      /^pipeline\.yaml:3:3: a key is given twice$/m,
    ],
    [
      "an alias",
      "  crm: &crm { type: static, config: { tokn: t } }\n  other: *crm",
      /^pipeline\.yaml:2:39: auth\.other\.config\.tokn/m,
    ],
    [
      "an item of a list",
      "  crm: { type: oauth2, config: { issuer: 'https://i.example', client_id: c, client_secret: s,\n    retry_on: [503, { x: 1 }] } }",
      /^pipeline\.yaml:3:21: auth\.crm\.config\.retry_on\[1\]/m,
    ],
  ])("places %s", async (_what, entry, line) => {
    const { status, stdout } = await check(`auth:\n${entry}\n`, ["--offline"]);
    expect(stdout).toMatch(line);
    expect(status).toBe(1);
  });

  test("says what is good, with status 0", async () => {
    const { status, stdout, stderr } = await check("auth:\n  files: { type: static, config: { token: t } }\n");
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: "files (static)\npipeline.yaml: 1 provider, no faults\n",
      stderr: "",
    });
  });

  test("a document with nothing of ours in it has no faults", async () => {
    const text =
      "pipeline: { source: { auth: { token: mine } }, sink: !custom x, other: { auth: { type: kerberos, config: { a: b } } } }\n";
    expect((await check(text)).stdout).toBe("pipeline.yaml: 0 providers, no faults\n");
  });

  test("a foreign tag hides no connector that stands beside it", async () => {
    const text = (tag: string) =>
      `auth: { crm: { type: static, config: { token: t } } }
pipeline: { transform: ${tag} "return row", steps: [${tag} x, { <<: ${tag} y }], source: { auth: { ref: cmr } } }
`;
    const faults = (stdout: string) => stdout.split("\n").filter((line) => line.includes("pipeline.source.auth.ref"));
    const tagged = await check(text("!lua"));
    expect(tagged.status).toBe(1);
    expect(faults(tagged.stdout)).toEqual([
      expect.stringMatching(/^pipeline\.yaml:2:\d+: .*there is no provider "cmr"/),
    ]);
    expect(tagged.stdout).toMatch(/1 provider, 1 fault\n$/);
  });

  test("what a connector cannot resolve is a fault of it, and hides none of its others", async () => {
    const { status, stdout } = await check(`auth: { crm: { type: static, config: { token: t } } }
source:
  auth: { type: oauth2, config: { tokn_url: x, client_id: c, client_secret: "\${env:FAUCET_AUTH_NOT_SET}",
    timeout_secs: "\${env:FAUCET_AUTH_NOT_SET:-7}" } }
sink:
  auth: { ref: "\${vars.nope}" }
circle: { auth: { ref: "\${vars.a}" } }
vars: { a: "\${vars.b}", b: "\${vars.a}" }
`);
    expect(status).toBe(1);
    expect(stdout.split("\n").filter((line) => /^pipeline\.yaml:\d/.test(line))).toEqual([
      expect.stringMatching(/^pipeline\.yaml:3:\d+: source\.auth\.config\.token_url: is required/),
      expect.stringMatching(/^pipeline\.yaml:3:35: source\.auth\.config\.tokn_url: unknown key/),
      expect.stringMatching(/^pipeline\.yaml:3:62: source\.auth\.config\.client_secret: .*cannot be resolved/),
      expect.stringMatching(/^pipeline\.yaml:6:11: sink\.auth\.ref: \$\{vars\.nope\} is not defined under vars:/),
      expect.stringMatching(/^pipeline\.yaml:7:19: circle\.auth\.ref: .*refer to each other/),
    ]);
  });

  test.each([
    [
      "keys that stand twice, and one that is misspelt",
      "  a: { type: static, type: static, config: { token: t, token: t, tokn: x } }",
      [/2:22: a key is given twice/, /2:56: a key is given twice/, /2:66: auth\.a\.config\.tokn: unknown key/],
    ],
    [
      "tags and aliases",
      "  a: { type: !x static, config: { token: !y t } }\n  b: *one\n  c: { <<: *two, k: !z 1 }",
      [/2:14: a tag/, /2:42: a tag/, /3:6: has an alias/, /4:12: has an alias/, /4:21: a tag/],
    ],
    [
      "a parameter that is not given, and a key that is misspelt",
      "  a: { type: oauth2, config: { issuer: 'https://i.example', client_id: '${param.id}', client_secret: s, scop: x } }",
      [/2:61: auth\.a\.config\.client_id: .*--param/, /2:105: auth\.a\.config\.scop: unknown key/],
    ],
    [
      "a variable that is not there, and a key that is misspelt",
      "  a: { type: static, config: { token: '${vars.t}', tokn: x } }",
      [/2:32: auth\.a\.config\.token: .*under vars:/, /2:52: auth\.a\.config\.tokn: unknown key/],
    ],
  ])("says at once: %s", async (_what, entries, faults) => {
    const { status, stdout } = await check(`auth:\n${entries}\n`, ["--offline"]);
    expect(status).toBe(1);
    const lines = stdout.split("\n").filter((line) => /^pipeline\.yaml:\d/.test(line));
    expect(lines).toEqual(faults.map((fault) => expect.stringMatching(fault)));
  });

  test("a parameter that is given and not declared is told by its option, beside all other faults", async () => {
    const text = `params: { who: {} }
auth:
  a: { type: static, config: { token: "\${param.tok}", tokn: x } }
source: { auth: { ref: b } }
`;
    const places = ({ stdout }: CommandEnded): string[] => stdout.split("\n").slice(0, -2);
    expect(places(await check(text, ["--param", "tok=s3cret"]))).toEqual([
      "pipeline.yaml:1:1: --param tok: is not declared: declare it under params:; known are who",
      'pipeline.yaml:3:55: auth.a.config.tokn: unknown key; did you mean "token"?',
      'pipeline.yaml:4:19: source.auth.ref: there is no provider "b"; the catalog has a',
    ]);
    expect(places(await check(text))[0]).toBe(
      "pipeline.yaml:3:32: auth.a.config.token: ${param.tok} is not declared: declare it under params:",
    );
    const used = await commandLine(["token", join(path, "pipeline.yaml"), "a", "--param", "whp=x"]);
    expect(used.stderr).toContain('--param whp: is not declared: declare it under params:; did you mean "who"?');
  });

  test("an audience that cannot be asked for is told beside another provider's fault", async () => {
    const { stdout } = await check(
      `auth:
  a: { type: oauth2, config: { issuer: "https://i.example", client_id: 7, client_secret: s } }
  b: { type: static, config: { tokn: t } }
  c: { ref: b }
source: { auth: { ref: a, for: { scope: x } } }
sink: { auth: { ref: c, for: { scope: x } } }
other: { auth: { ref: a, for: { scopes: [x] } } }
`,
      ["--offline"],
    );
    expect(stdout).toMatch(/^pipeline\.yaml:5:\d+: source\.auth\.for\.scope: unknown key/m);
    expect(stdout).toMatch(/^pipeline\.yaml:6:\d+: sink\.auth\.for\.scope: unknown key/m);
    expect(stdout).not.toMatch(/^pipeline\.yaml:7:/m);
  });

  test("G4 an audience that nobody could ask for is told beside a fault of the very provider that it is of", async () => {
    const { stdout } = await check(
      `auth: { a: { type: oauth2, config: { issuer: "https://i.example", clientid: c, client_secret: s } } }
sources:
  - { auth: { ref: a, for: { scope: x } } }
  - { auth: { ref: a, for: { params: { grant_type: x } } } }
  - { auth: { ref: a, for: { scopes: [x], params: { resource: "https://api.example" } } } }
`,
      ["--offline"],
    );
    const lines = stdout.split("\n").filter((line) => /^pipeline\.yaml:[3-9]/.test(line));
    expect(lines).toEqual([
      expect.stringMatching(/:3:\d+: sources\[0\]\.auth\.for\.scope: unknown key; did you mean "scopes"\?$/),
      expect.stringMatching(/:4:\d+: sources\[1\]\.auth\.for\.params\.grant_type: /),
    ]);
  });

  test.each([
    ["{ ref: g, type: none }", /source\.auth\.type: cannot stand beside ref/],
    ["{ ref: g, type: oauth2, config: {} }", /source\.auth\.type: cannot stand beside ref/],
    ["{ type: oauth2, conf: {} }", /source\.auth\.conf: unknown key; did you mean "config"\?/],
    ["{ type: bearer }", /source\.auth\.config\.token: is required/],
    ["{ type: basic, username: ada }", /source\.auth\.username: unknown key/],
  ])("G4 finds the fault that the library finds in a connector's %s", async (auth, fault) => {
    const text = `auth: { g: { type: static, config: { token: t } } }\nsource: { auth: ${auth} }\n`;
    const { status, stdout } = await check(text);
    expect(stdout).toMatch(fault);
    expect(status).toBe(1);
    await using catalog = await AuthCatalog.load(join(path, "pipeline.yaml"));
    const { source } = parse(text) as { source: { auth: AuthSpec } };
    expect(() => catalog.resolve(source.auth)).toThrow(ConfigError);
  });

  test("a file that is not there is a fault", async () => {
    const { status, stdout } = await commandLine(["check", join(path, "none.yaml")]);
    expect(stdout.split("\n")[0]).toBe(`${join(path, "none.yaml")}:1:1: cannot be read (ENOENT)`);
    expect(status).toBe(1);
  });

  test("files that others can read are warnings", async () => {
    await writeFile(join(path, "secret"), "s3cret", { mode: 0o600 });
    const text =
      "auth:\n  a: { type: static, config: { token: '${file:secret}' } }\n  b: { type: static, config: { token: { file: secret } } }\n";
    expect((await check(text)).stdout).not.toContain("warning");
    await chmod(join(path, "secret"), 0o640);
    const { status, stdout } = await check(text);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^pipeline\.yaml:2:32: warning: auth\.a\.config\.token: secret can be read by others than its owner: its mode is 0640/m,
    );
    expect(stdout).toMatch(/^pipeline\.yaml:3:32: warning: auth\.b\.config\.token: secret/m);
    expect(stdout).toMatch(/2 providers, no faults, 2 warnings\n$/);
  });
});

describe("L1 check of a grant", () => {
  test("before it was used: what will be made, and the server's clock", async () => {
    const idp = await startIdp();
    const { status, stdout } = await check(refreshing(idp));
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^crm \(oauth2_refresh\)\n {2}record: oauth2-refresh-\w+\n {2}refresh token: has no end that is known\n {2}clock: agrees with http/,
    );
    expect(idp.seen.map(({ method, body }) => ({ method, body }))).toEqual([{ method: "HEAD", body: "" }]);
  });

  test("without a store, a rotation would be lost: a warning", async () => {
    const text = refreshing(await startIdp()).replace("      persist: { path: state }\n", "");
    const { status, stdout } = await check(text, ["--offline"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^pipeline\.yaml:2:3: warning: auth\.crm: has no store: .* give it persist/m);
  });

  test("after: the age of its token, and when that and the refresh token end", async () => {
    const idp = await startIdp(
      numberedTokens({ expires_in: 3600, refresh_token: "second", refresh_token_expires_in: 30 * 86_400 }),
    );
    await check(refreshing(idp));
    await commandLine(["token", join(path, "pipeline.yaml"), "crm"]);
    const later = Date.now() + 600_000;
    const { stdout } = await check(refreshing(idp), ["--offline"], { clock: () => later });
    expect(stdout).toMatch(/ {2}token: issued \d+ min ago, good for \d+ min\n {2}refresh token: good for 29 days\n/);
    const soon = await check(refreshing(idp), ["--offline"], { clock: () => later + 25 * 86_400_000 });
    expect(soon).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^pipeline\.yaml:2:3: warning: auth\.crm: its refresh token ends in 4 days/),
    });
    const over = await check(refreshing(idp), ["--offline"], { clock: () => later + 40 * 86_400_000 });
    expect(over).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(
        /^pipeline\.yaml:2:3: auth\.crm: its refresh token has ended, 10 days ago: a new login is needed/,
      ),
    });
  });

  test("a failure that is on record", async () => {
    const idp = await startIdp((_request, response) => json(response, { error: "invalid_grant" }, 400));
    await check(refreshing(idp), ["--offline"]);
    await commandLine(["token", join(path, "pipeline.yaml"), "crm"]);
    const { status, stdout } = await check(refreshing(idp), ["--offline"]);
    expect(stdout).toMatch(
      /^pipeline\.yaml:2:3: auth\.crm: its last request failed (?:just now|.* ago): .*invalid_grant/,
    );
    expect(status).toBe(1);
  });

  test.each([
    [330_000, "5 min ahead of"],
    [-330_000, "5 min behind"],
  ])("a clock that is off by %i ms", async (skew, text) => {
    const idp = await startIdp((_request, response) => {
      response.writeHead(405, { date: new Date(Date.now() - skew).toUTCString() }).end();
    });
    const { status, stdout } = await check(refreshing(idp));
    expect(stdout).toMatch(
      new RegExp(`^pipeline\\.yaml:2:3: auth\\.crm: the clock of this machine is ${text} that of http`),
    );
    expect(status).toBe(1);
  });

  test("a server that does not answer is a warning, until a token is asked for", async () => {
    const text = refreshing({ tokenUrl: "http://127.0.0.1:1/token" } as Idp, "      retries: 0\n");
    expect(await check(text)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^pipeline\.yaml:2:3: warning: auth\.crm: its clock/),
    });
    expect(await check(text, ["--offline"])).toMatchObject({
      status: 0,
      stdout: expect.not.stringContaining("warning"),
    });
    const online = await check(text, ["--online"]);
    expect(online.status).toBe(1);
    expect(online.stdout).toMatch(/^pipeline\.yaml:2:3: auth\.crm: (?!crm).*127\.0\.0\.1:1/m);
  });

  test("--online gets a token of each, and shows none", async () => {
    const idp = await startIdp();
    const { status, stdout, stderr } = await check(refreshing(idp), ["--online"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("online: a token was given");
    expect(stdout + stderr).not.toMatch(/token-\d|s3cret|first-refresh/);
  });

  test("a store that cannot be made, or read, is a fault of persist", async () => {
    const idp = await startIdp();
    await writeFile(join(path, "state"), "");
    const { status, stdout } = await check(refreshing(idp));
    expect(stdout).toMatch(/^pipeline\.yaml:9:7: auth\.crm\.config\.persist: .*ENOTDIR/m);
    expect(status).toBe(1);
  });

  test("a store whose files others can read is a warning", async () => {
    const idp = await startIdp();
    await check(refreshing(idp), ["--online"]);
    await chmod(join(path, "state"), 0o755);
    expect((await check(refreshing(idp))).stdout).not.toContain("warning");
    const { readdir } = await import("node:fs/promises");
    const [file = ""] = (await readdir(join(path, "state"), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    await chmod(file, 0o644);
    expect((await check(refreshing(idp))).stdout).toMatch(
      /^pipeline\.yaml:9:7: warning: auth\.crm\.config\.persist: .*its mode is 0644/,
    );
  });

  test("--format json is one document for programs", async () => {
    const idp = await startIdp(numberedTokens({ expires_in: 3600, refresh_token_expires_in: 86_400 }));
    const { status, stdout } = await check(refreshing(idp), ["--online", "--format", "json"]);
    expect(JSON.parse(stdout)).toEqual({
      file: "pipeline.yaml",
      faults: [],
      warnings: [
        { path: "auth.crm", line: 2, column: 3, message: expect.stringMatching(/^its refresh token ends in 2[34] h/) },
      ],
      providers: [
        {
          name: "crm",
          type: "oauth2_refresh",
          record: expect.any(String),
          has_refresh_token: true,
          issued_at: expect.stringMatching(/Z$/),
          expires_at: expect.stringMatching(/Z$/),
          refresh_token_expires_at: expect.stringMatching(/Z$/),
          clock_skew_ms: 0,
          online: true,
        },
      ],
    });
    expect(status).toBe(0);
    const faulty = await check("auth: { crm: { type: static, config: { token: t, tokn: 1 } } }", ["--format", "json"]);
    expect(JSON.parse(faulty.stdout).faults[0]).toMatchObject({ line: 1, column: 50, path: "auth.crm.config.tokn" });
    expect(faulty.status).toBe(1);
  });
});
