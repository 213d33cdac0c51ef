/** The packed tarball in what people run and bundle it with. `npm ci` in this folder brings the tools. */

import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import packageLock from "../../package-lock.json" with { type: "json" };
import { type Ended, execute, root } from "../support/child.js";

const TIME_FOR_TOOLS = 300_000;

const here = fileURLToPath(new URL(".", import.meta.url));
const tool = (name: string): string => join(here, "node_modules", ".bin", name);

/** A project that has installed the packed tarball. */
let project: string;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "faucet-auth-runtimes-"));
  const modules = join(project, "node_modules");
  const installed = join(modules, "faucet-auth");
  await mkdir(installed, { recursive: true });
  const packed = await execute("npm", ["pack", "--silent", "--pack-destination", project]);
  await execute("tar", ["-xzf", join(project, packed.stdout.trim()), "--strip-components=1", "-C", installed]);
  for (const path of brought()) await cp(join(root, path), join(project, path), { recursive: true });
  for (const plugin of ["@rollup"]) await symlink(join(here, "node_modules", plugin), join(modules, plugin));
  await cp(join(here, "programs"), project, { recursive: true });
  await writeFile(join(project, "package.json"), JSON.stringify({ name: "project", private: true }));
}, TIME_FOR_TOOLS);

afterAll(() => rm(project, { recursive: true, force: true }));

/** What an installation of the package brings, and what that needs in its turn. */
function brought(): string[] {
  const packages: Record<string, { version: string; dev?: boolean; devOptional?: boolean }> = packageLock.packages;
  return Object.keys(packages).filter((path) => path !== "" && !packages[path]?.dev && !packages[path]?.devOptional);
}

const run = (command: string, ...args: string[]): Promise<Ended> => execute(command, args, { cwd: project });

/** What a tour ends with. Which exchange failed is told by its code, and the request names its maker. */
function expectTour(stdout: string): void {
  const { got, asked } = JSON.parse(stdout);
  const refused = ["transport", true, expect.stringMatching(/ECONNREFUSED|ConnectionRefused/)];
  expect(got).toEqual(["Bearer t1", "Bearer t2", 200, "Bearer t4", "Bearer t", refused]);
  expect(new Set(asked)).toEqual(new Set([`POST /token?tenant=a faucet-auth/${packageJson.version}`]));
}

async function expectProgram(command: string, ...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await run(command, ...args);
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  expectTour(stdout);
}

/** Runs a tool that must succeed. */
async function expectDone(command: string, ...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await run(command, ...args);
  expect({ code, output: code === 0 ? "" : stdout + stderr }).toEqual({ code: 0, output: "" });
}

describe("runtimes", { timeout: TIME_FOR_TOOLS }, () => {
  test.each([
    ["Node, an ES module", process.execPath, ["main.mjs"]],
    ["Node, CommonJS", process.execPath, ["main.cjs"]],
    ["Node, CommonJS in a vm script without import()", process.execPath, ["vm.cjs"]],
    ["Bun", tool("bun"), ["main.mjs"]],
    ["Bun, CommonJS", tool("bun"), ["main.cjs"]],
    ["Deno", tool("deno"), ["run", "--allow-all", "--node-modules-dir=manual", "main.mjs"]],
  ])("H10 %s", (_name, command, args) => expectProgram(command, ...args));

  test("H10 Jest with its defaults", async () => {
    await expectDone(tool("jest"), "--testMatch", "**/tour.test.cjs", "--rootDir", project);
    expectTour(await readFile(join(project, "jest.json"), "utf8"));
  });

  test("H10 a dependency that is not there is named, and is no failure of the IdP", async () => {
    const program = `
      const { createRequire } = require("node:module");
      const Module = require("node:module");
      const load = Module._load;
      Module._load = (name, ...rest) => {
        if (name === "undici") throw Object.assign(new Error("Cannot find module 'undici'"), { code: "MODULE_NOT_FOUND" });
        return load(name, ...rest);
      };
      const faucet = require("faucet-auth");
      new faucet.OAuth2ClientCredentialsProvider({ token_url: "https://idp.example/token", client_id: "c", client_secret: "s3cr3t" })
        .getToken()
        .catch(({ code, retryable, message }) => console.log(JSON.stringify({ code, retryable, message })));`;
    const { stdout } = await run(process.execPath, "--input-type=commonjs", "--eval", program);
    expect(JSON.parse(stdout)).toEqual({
      code: "config",
      retryable: false,
      message: expect.stringContaining(
        "its dependency undici cannot be loaded: Cannot find module 'undici' (MODULE_NOT_FOUND)",
      ),
    });
  });
});

describe("bundlers", { timeout: TIME_FOR_TOOLS }, () => {
  const bundle = ["--bundle", "--platform=node", "--log-level=warning"];
  const banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

  test("H10 esbuild to CommonJS", async () => {
    await expectDone(tool("esbuild"), "main.cjs", ...bundle, "--outfile=out/esbuild.cjs");
    await expectProgram(process.execPath, "out/esbuild.cjs");
  });

  test("H10 esbuild to an ES module, with a banner that defines require", async () => {
    await expectDone(
      tool("esbuild"),
      "main.mjs",
      ...bundle,
      "--format=esm",
      `--banner:js=${banner}`,
      "--outfile=out/esbuild.mjs",
    );
    await expectProgram(process.execPath, "out/esbuild.mjs");
  });

  test("H10 rollup, with undici left outside", async () => {
    await writeFile(
      join(project, "rollup.config.mjs"),
      `import commonjs from "@rollup/plugin-commonjs";
      import json from "@rollup/plugin-json";
      import resolve from "@rollup/plugin-node-resolve";
      export default {
        input: "main.mjs",
        external: ["undici"],
        output: { dir: "out/rollup", format: "es", entryFileNames: "[name].mjs" },
        plugins: [resolve({ preferBuiltins: true, exportConditions: ["node"] }), commonjs(), json()],
      };`,
    );
    await expectDone(tool("rollup"), "--config", "rollup.config.mjs", "--silent");
    await expectProgram(process.execPath, "out/rollup/main.mjs");
  });

  test("H10 vite's build for servers, with undici left outside", async () => {
    await writeFile(
      join(project, "vite.config.mjs"),
      `export default { ssr: { noExternal: true, external: ["undici"] }, build: { ssr: "main.mjs", outDir: "out/vite" } };`,
    );
    await expectDone(tool("vite"), "build", "--logLevel", "error");
    await expectProgram(process.execPath, "out/vite/main.mjs");
  });

  test("H10 a single executable", async () => {
    await expectDone(tool("esbuild"), "main.cjs", ...bundle, "--outfile=out/single.cjs");
    const sea = { main: "out/single.cjs", output: "out/single.blob", disableExperimentalSEAWarning: true };
    await writeFile(join(project, "sea.json"), JSON.stringify(sea));
    await expectDone(process.execPath, "--experimental-sea-config", "sea.json");
    const executable = join(project, "out", "single");
    await cp(process.execPath, executable);
    const fuse = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";
    await expectDone(tool("postject"), executable, "NODE_SEA_BLOB", "out/single.blob", "--sentinel-fuse", fuse);
    await expectProgram(executable);
  });
});
