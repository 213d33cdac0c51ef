/** Builds the package, unless dist is up to date: for commands that run what is built. */

import { buildWhenStale } from "./dist.js";

try {
  buildWhenStale();
} catch (error) {
  process.stderr.write(`${/** @type {Error} */ (error).message}\n`);
  process.exitCode = 1;
}
