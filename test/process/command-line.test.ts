/** The program as it is installed, beside those that use it: real shells, curl, git and kubectl. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { type Certificate, loopbackCertificate } from "../support/certificates.js";
import { type Ended, execute, root } from "../support/child.js";
import { newFolder } from "../support/folder.js";
import { listen } from "../support/server.js";

const program = join(root, "dist/cli.js");

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await newFolder();
  file = join(folder, "pipeline.yaml");
  await writeFile(
    file,
    "auth:\n  a: { type: static, config: { token: t0ken } }\n  key: { type: static, config: { header: X-Key, value: k } }\n",
  );
});

function faucet(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return execute(program, args, { cwd: folder, env });
}

/** A server that keeps the headers of what it is asked, and answers with `body`. */
async function startServer(body = "{}", tls?: Certificate): Promise<{ origin: string; seen: IncomingHttpHeaders[] }> {
  const seen: IncomingHttpHeaders[] = [];
  const answer: RequestListener = (request, response) => {
    seen.push(request.headers);
    response.writeHead(request.headers.authorization === undefined ? 401 : 200, {
      "content-type": "application/json",
      "www-authenticate": "Basic",
    });
    response.end(body);
  };
  const server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
  const origin = await listen(server);
  return { origin: tls === undefined ? origin : origin.replace("http:", "https:"), seen };
}

describe("L2 env", () => {
  test("gives the command the token, and no more than there is", async () => {
    const show = ["sh", "-c", 'echo "$FAUCET_TOKEN|$FAUCET_AUTHORIZATION|$KEPT"'];
    const env = { KEPT: "kept", FAUCET_AUTHORIZATION: "old" };
    expect(await faucet(["env", file, "a", "--", ...show], env)).toEqual({
      code: 0,
      stdout: "t0ken|Bearer t0ken|kept\n",
      stderr: "",
    });
    expect((await faucet(["env", file, "key", "--", ...show], env)).stdout).toBe("k||kept\n");
  });

  test("ends as the command does", async () => {
    expect(await faucet(["env", file, "a", "--", "sh", "-c", "exit 7"])).toEqual({ code: 7, stdout: "", stderr: "" });
    expect((await faucet(["env", file, "a", "--", "sh", "-c", "kill -KILL $$"])).code).toBe(137);
    expect(await faucet(["env", file, "a", "--", "no-such-command"])).toMatchObject({
      code: 127,
      stderr: "faucet-auth: no-such-command: command not found\n",
    });
    expect((await faucet(["env", file, "a", "--", folder])).code).toBe(126);
    expect(await faucet(["env", file, "a", "--", ""])).toMatchObject({
      code: 127,
      stderr: "faucet-auth: '': command not found\n",
    });
  });

  test("a token that no environment can hold is 126, as shells have it for what cannot be run", async () => {
    await writeFile(file, `auth: { a: { type: static, config: { token: "${"x".repeat(4_000_000)}" } } }`);
    expect(await faucet(["env", file, "a", "--", "true"])).toMatchObject({
      code: 126,
      stderr: expect.stringMatching(/^faucet-auth: true: cannot be run \(E2BIG\): .* are too long\n$/),
    });
  });

  test("what stands behind -- is the command's, and so are its options", async () => {
    expect((await faucet(["env", file, "a", "--", "echo", "--help", "--", "-x"])).stdout).toBe("--help -- -x\n");
    expect((await faucet(["env", file, "a"])).code).toBe(2);
  });

  test.each(["SIGTERM", "SIGHUP", "SIGINT"] as const)("passes %s on, and waits for the command", async (name) => {
    const script = `trap 'echo got; exit 5' ${name.slice(3)}; echo ready; while :; do sleep 0.1; done`;
    const child = spawn(program, ["env", file, "a", "--", "sh", "-c", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let stdout = "";
    child.stdout.on("data", (chunk) => {
      if (stdout === "") child.kill(name);
      stdout += chunk;
    });
    const [code] = await once(child, "close");
    expect({ code, stdout }).toEqual({ code: 5, stdout: "ready\ngot\n" });
  });
});

describe("L5 a standard input that stays open, as that of a terminal does", () => {
  test.each([
    ["once it has a line", (child: ChildProcess) => child.stdin?.write("code\n"), 0, /a: logged in\./],
    ["at the first Ctrl-C", (child: ChildProcess) => child.kill("SIGINT"), 130, /\nfaucet-auth: interrupted\n$/],
  ])("login --paste ends %s", async (_when, answer, code, shown) => {
    const { origin } = await startServer('{"access_token":"a","refresh_token":"r"}');
    const config = {
      token_url: origin,
      authorization_url: origin,
      client_id: "c",
      client_secret: "s3cret",
      token_endpoint_auth_method: "client_secret_basic",
      persist: { path: "state" },
    };
    await writeFile(file, JSON.stringify({ auth: { a: { type: "oauth2_refresh", config } } }));
    const child = spawn(program, ["login", file, "a", "--paste"], { stdio: ["pipe", "ignore", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      const wasAsked = stderr.includes("Paste that");
      stderr += chunk;
      if (!wasAsked && stderr.includes("Paste that")) answer(child);
    });
    expect(await once(child, "close")).toEqual([code, null]);
    expect(stderr).toMatch(shown);
  });

  test("token --format git ends with the empty line", async () => {
    const child = spawn(program, ["token", file, "a", "--format", "git", "get"], {
      stdio: ["pipe", "ignore", "ignore"],
    });
    child.stdin.write("protocol=https\nhost=git.example\n\n");
    expect(await once(child, "close")).toEqual([0, null]);
  });
});

describe("L2 each format is taken by its consumer", () => {
  test("curl", async () => {
    const { origin, seen } = await startServer();
    const script = `"$0" header "$1" a | curl -sf -H @- "$2" && curl -sf --oauth2-bearer "$("$0" token "$1" a)" "$2"`;
    expect(await execute("sh", ["-c", script, program, file, origin])).toMatchObject({ code: 0, stderr: "" });
    expect(seen.map(({ authorization }) => authorization)).toEqual(["Bearer t0ken", "Bearer t0ken"]);
  });

  test("git", async ({ skip }) => {
    if ((await execute("git", ["--version"]).catch(() => undefined)) === undefined) skip("git is not installed");
    const { origin, seen } = await startServer("");
    const helper = `!'${program}' token '${file}' a --format git --host ${new URL(origin).host}`;
    const env = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null", GIT_TERMINAL_PROMPT: "0" };
    const filling = spawn("git", ["-c", `credential.helper=${helper}`, "credential", "fill"], {
      env: { ...process.env, ...env },
      stdio: ["pipe", "pipe", "inherit"],
    });
    filling.stdin.end(`url=${origin}\n`);
    let filled = "";
    for await (const chunk of filling.stdout) filled += chunk;
    expect(filled).toContain("username=oauth2\npassword=t0ken\n");
    await execute("git", ["-c", `credential.helper=${helper}`, "ls-remote", `${origin}/repository`], { env });
    const basic = `Basic ${Buffer.from("oauth2:t0ken").toString("base64")}`;
    expect(seen.map(({ authorization }) => authorization)).toContain(basic);
  });

  test("kubectl", async ({ skip }) => {
    if ((await execute("kubectl", ["version", "--client"]).catch(() => undefined)) === undefined) {
      skip("kubectl is not installed");
    }
    const { origin, seen } = await startServer('{"major":"1","minor":"30"}', loopbackCertificate);
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      command: program,
      args: ["token", file, "a", "--format", "exec-credential"],
      interactiveMode: "Never",
    };
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        {
          name: "c",
          cluster: {
            server: origin,
            "certificate-authority-data": Buffer.from(loopbackCertificate.cert).toString("base64"),
          },
        },
      ],
      users: [{ name: "u", user: { exec } }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    };
    const kubeconfig = join(folder, "kubeconfig.json");
    await writeFile(kubeconfig, JSON.stringify(config));
    const env = { KUBECONFIG: kubeconfig, HOME: folder };
    const ended = await execute("kubectl", ["get", "--raw", "/version"], { env });
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining('"major"') });
    expect(seen.map(({ authorization }) => authorization)).toContain("Bearer t0ken");
  });

  test.runIf(existsSync("/dev/full"))(
    "L5 output that cannot be written is a failure, which standard error tells",
    async () => {
      for (const args of [["token", file, "a"], ["schema"], ["--help"]]) {
        expect(await execute("sh", ["-c", '"$0" "$@" >/dev/full', program, ...args])).toEqual({
          code: 1,
          stdout: "",
          stderr: "faucet-auth: standard output cannot be written (ENOSPC)\n",
        });
      }
      expect((await execute("sh", ["-c", '"$0" tokne 2>/dev/full', program])).code).toBe(2);
    },
  );

  test("whoever reads may leave early", async () => {
    const script = `"$0" check "$1" --offline | head -c 1 >/dev/null; "$0" token "$1" a >&-; echo $?`;
    expect(await execute("sh", ["-c", script, program, file])).toMatchObject({ code: 0, stdout: "0\n" });
  });
});
