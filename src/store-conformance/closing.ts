/** The end of a store, where it has one (`close`). */

import assert from "node:assert/strict";
import { type Case, LONG_MS } from "./case.js";

export const closing: readonly Case[] = [
  {
    name: "a store that is closed rejects: that it cannot look never means that there is nothing",
    async check({ one, other, key, mayClose }) {
      if (one.close === undefined || !mayClose) return;
      await other.write(key, { fencingToken: 1, text: "kept" });
      await one.close();
      await one.close();
      await assert.rejects(async () => one.read(key), "read() resolved after close()");
      await assert.rejects(async () => one.write(key, { fencingToken: 2, text: "" }), "write() resolved after close()");
      await assert.rejects(async () => one.lock(key, LONG_MS), "lock() resolved after close()");
    },
  },
];
