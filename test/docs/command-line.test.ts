/**
 * The terminal sessions of docs/command-line.md, run from the top down in one folder against a server of this test: what stands
 * behind a command there is what it prints, at 80 columns. `vitest -u` writes them anew.
 */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { execute, root } from "../support/child.js";
import { type CommandOptions, startCommandLine } from "../support/command-line.js";
import { json } from "../support/idp.js";
import { listen } from "../support/server.js";

const PAGE = join(root, "docs/command-line.md");
const now = Date.now();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "faucet-auth-docs-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("L5 each session of the guide is what the commands print", async () => {
  const server = await startServer();
  const page = await readFile(PAGE, "utf8");
  let result = "";
  let end = 0;
  for (const block of page.matchAll(BLOCK)) {
    const [whole, directive = "", language = "", text = ""] = block;
    result += page.slice(end, block.index);
    end = block.index + whole.length;
    server.refuses = directive.includes("the server refuses");
    const file = /file: (\S+)/.exec(directive)?.[1];
    if (file !== undefined) await writeFile(join(folder, file), text.replaceAll(IDP, server.origin), { mode: 0o600 });
    const session = language === "console" ? await sessionOf(text, server) : text;
    result += whole.replace(text, () => session);
  }
  await expect(result + page.slice(end)).toMatchFileSnapshot(PAGE);
});

/** A fenced block, and the comment before it that says what is to be done with it. */
const BLOCK = /(?:<!-- ([^>]*) -->\n)?```(\w+)\n(.*?)```/gs;

/** What the page calls the server. */
const IDP = "https://idp.example";

interface Server {
  readonly origin: string;
  refuses: boolean;
}

async function startServer(): Promise<Server> {
  const state = { refuses: false };
  let tokens = 0;
  const server = createServer((request, response) => {
    response.setHeader("date", new Date(now).toUTCString());
    const path = request.url ?? "";
    if (request.method === "HEAD") return response.writeHead(405).end();
    if (state.refuses) return json(response, { error: "invalid_grant" }, 400);
    if (path === "/revoke") return response.end();
    if (path === "/device") return json(response, DEVICE);
    tokens += 1;
    return json(response, {
      access_token: `access-token-${tokens}`,
      expires_in: 3600,
      refresh_token: `refresh-token-${tokens}`,
      refresh_token_expires_in: 30 * 86_400,
    });
  });
  return Object.assign(state, { origin: await listen(server) });
}

const DEVICE = {
  device_code: "device-code",
  user_code: "WDJB-MJHT",
  verification_uri: `${IDP}/device`,
  verification_uri_complete: `${IDP}/device?code=WDJB-MJHT`,
  expires_in: 600,
  interval: 5,
};

/** A session with what its commands print just now. */
async function sessionOf(text: string, server: Server): Promise<string> {
  let status = 0;
  let session = "";
  for (const line of text.split("\n").filter((each) => each.startsWith("$ "))) {
    const ended = line === "$ echo $?" ? { status: 0, output: `${status}\n` } : await run(line.slice(2), server);
    status = ended.status;
    session += `${line}\n${ended.output}`;
  }
  return session.replaceAll(server.origin, IDP).replaceAll(folder, "/srv");
}

async function run(line: string, server: Server): Promise<{ status: number; output: string }> {
  const [, input, command = line] = /^(?:printf '(.*)' \| )?(.*)$/.exec(line) ?? [];
  const args = command
    .split(" ")
    .slice(1)
    .map((word) => word.replace(/^pipeline\.yaml$|^broken\.yaml$/, (name) => join(folder, name)));
  if (args[0] === "env") {
    const { code, stdout, stderr } = await execute(process.execPath, [
      join(root, "dist/cli.js"),
      ...words(args.join(" ")),
    ]);
    return { status: code ?? 0, output: shown(stdout + stderr) };
  }
  let output = "";
  const options: CommandOptions = {
    clock: () => now,
    stdin: Readable.from([(input ?? "").replaceAll("\\n", "\n")]),
    onStdout: (text) => (output += text),
    onStderr: (text) => {
      output += text;
      void answer(output, server);
    },
  };
  const { status } = await startCommandLine(args, options).ended;
  return { status, output: shown(output) };
}

/** A command line as a shell reads it, as far as the page needs it. */
function words(text: string): string[] {
  return [...text.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

/** The browser: it comes back with a code, or with the server's refusal. */
async function answer(printed: string, { refuses }: Server): Promise<void> {
  const [, address = ""] = /\n(http\S+authorize\S+)\n\n$/.exec(printed) ?? [];
  if (address === "") return;
  const { redirect_uri = "", state = "" } = Object.fromEntries(new URL(address).searchParams);
  if (redirect_uri === "http://127.0.0.1/callback") return;
  const outcome = refuses ? { error: "access_denied" } : { code: "code" };
  await fetch(`${redirect_uri}?${new URLSearchParams({ ...outcome, state } as Record<string, string>)}`);
}

/** What is another text each time is shown as one that could be. */
function shown(output: string): string {
  return output
    .replace(/state=[\w-]+/g, "state=kD3…")
    .replace(/code_challenge=[\w-]+/g, "code_challenge=9fA…")
    .replace(/127\.0\.0\.1%3A\d+/g, "127.0.0.1%3A49210")
    .replace(/(oauth2-refresh|crm)-[0-9a-f]{16}/g, "$1-1f0b7c2ad94e8835")
    .replace(/password_expiry_utc=\d+/g, "password_expiry_utc=1795660200")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, inTheGuide);
}

/** When the sessions of the guide take place. */
const THEN = Date.parse("2026-11-26T01:30:00Z");

/** The same instant, as if it were then. */
function inTheGuide(instant: string): string {
  const seconds = Math.ceil((Date.parse(instant) - now) / 1000);
  return new Date(THEN + seconds * 1000).toISOString().replace(".000Z", "Z");
}
