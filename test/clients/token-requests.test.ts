/** Releases of undici that are not the one of our own dependency, as dispatchers for token requests. */

import { describe, test } from "vitest";
import { describeUndici } from "../support/undici-suite.js";
import { newest } from "./releases.js";

describeUndici("undici 6", newest(6));

if (newest(8)) describeUndici("undici 8", newest(8));
else describe("undici 8", () => test.skip("wants Node 22.19", () => {}));
