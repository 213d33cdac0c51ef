/** The releases of undici that are not the one of our own dependency, as dispatchers for token requests. */

import { createRequire } from "node:module";
import { describe, test } from "vitest";
import { describeUndici } from "../support/undici-suite.js";

const require = createRequire(import.meta.url);

describeUndici("undici 6", require("undici6"));

// undici 8 wants Node 22.19: on an earlier one, it cannot be loaded.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major > 22 || (major === 22 && minor >= 19)) describeUndici("undici 8", require("undici8"));
else describe("undici 8", () => test.skip("wants Node 22.19", () => {}));
