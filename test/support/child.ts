/** Programs in processes of their own, against the built package. */

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { isStale } from "../../.ci/dist.js";

if (isStale()) throw new Error("dist is not made of the sources as they are now: npm run dist");

export const root: string = fileURLToPath(new URL("../..", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export type Format = "module" | "commonjs";

/** The statement that brings the package into a program of that format. */
export const load: Record<Format, string> = {
  module: 'import * as faucet from "faucet-auth";',
  commonjs: 'const faucet = require("faucet-auth");',
};

/** Runs `program` in the package's folder, or in `cwd`, and waits for its end. */
export function run(
  format: Format,
  program: string,
  { cwd = root, args = [] as string[], env = {} } = {},
): Promise<Ended> {
  return execute(process.execPath, [...args, `--input-type=${format}`, "--eval", program], { cwd, env });
}

export function execute(command: string, args: readonly string[], { cwd = root, env = {} } = {}): Promise<Ended> {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}
