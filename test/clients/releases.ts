/**
 * The releases of undici that are tried: the first and the last one of each minor of 7, some of 6 and 8. `undici-7.0.0` is
 * `npm:undici@7.0.0`; `undici6` and `undici8` are the newest of theirs.
 */

import { readdirSync } from "node:fs";
import { createRequire } from "node:module";

// biome-ignore lint/suspicious/noExplicitAny: each release has types of its own
export type Undici = any;

const require = createRequire(import.meta.url);

/** undici 8 cannot be loaded by a Node before 22.19. */
const [node = 0, minor = 0] = process.versions.node.split(".").map(Number);
const takesUndici8 = node > 22 || (node === 22 && minor >= 19);

/** Each with its version, the oldest first; those that this Node can load. */
export const releases: [string, Undici][] = readdirSync(new URL("node_modules", import.meta.url))
  .filter((name) => /^undici-?\d/.test(name))
  .map((name): [string, string] => [require(`${name}/package.json`).version, name])
  .filter(([version]) => takesUndici8 || !version.startsWith("8."))
  .sort(([one], [other]) => one.localeCompare(other, "en", { numeric: true }))
  .map(([version, name]) => [version, require(name)]);

/** The newest one of that major, if this Node can load it. */
export function newest(major: number): Undici | undefined {
  return releases.findLast(([version]) => version.startsWith(`${major}.`))?.[1];
}
