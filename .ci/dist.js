/** The built package: whether dist is whole and no older than what it is made of, and how to make it so. */

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

const INPUTS = [
  "src",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  ".ci/tsup.config.ts",
  ".ci/drop-file-comments.js",
  ".ci/json-schema.ts",
  ".ci/make-schema.js",
  "docs/generate.mjs",
];
const { exports, bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** What package.json exports, the program, and the licenses. */
const OUTPUTS = Object.keys(exports)
  .filter((name) => !name.endsWith(".json"))
  .map((name) => (name === "." ? "index" : name.slice("./".length)))
  .flatMap((entry) => ["js", "js.map", "cjs", "cjs.map", "d.ts", "d.cts"].map((ending) => `${entry}.${ending}`))
  .concat("THIRD-PARTY-LICENSES", "schema.json")
  .map((name) => `dist/${name}`)
  .concat(Object.values(bin).flatMap((path) => [path, `${path}.map`]));

/** Vitest's global setup for tests that run the built package. */
export { buildWhenStale as setup };

/** Says that it builds, if it does. Throws if that fails, after the build has said why. */
export function buildWhenStale() {
  if (!isStale()) return;
  process.stderr.write("Building faucet-auth, which takes some seconds …\n");
  const began = new Date();
  const { status } = spawnSync("npm", ["run", "build", "--silent"], { cwd: root, stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error("faucet-auth cannot be built");
  // A file that was saved while the build was running may not be in it: then it must count as newer.
  for (const output of OUTPUTS) utimesSync(join(root, output), began, began);
}

export function isStale() {
  const built = Math.min(...OUTPUTS.map(changedAt));
  return INPUTS.flatMap(withContents).some((path) => changedAt(path) > built);
}

/** A folder and all that is in it: its own time tells of files that were removed. @param {string} path */
function withContents(path) {
  if (path !== "src") return [path];
  const contents = readdirSync(join(root, path), { recursive: true, encoding: "utf8" });
  return [path, ...contents.map((name) => join(path, name))];
}

/** When it was last written, in milliseconds since the epoch; 0 if it does not exist. @param {string} path */
function changedAt(path) {
  return statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
