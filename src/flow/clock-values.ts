/** What a signature needs that never comes twice: the time, and a nonce from a secure source. */

import { randomBytes } from "node:crypto";
import type { Clock } from "../values/clock.js";
import type { Values } from "./template.js";

/** The names that have a value for each request anew. */
export const CLOCK_NAMES: readonly string[] = ["ts", "nonce"];

/** `ts` in seconds since the epoch, and a `nonce` of 32 hexadecimal digits. */
export function clockValues(clock: Clock): Values {
  return { ts: String(Math.floor(clock() / 1000)), nonce: randomBytes(16).toString("hex") };
}
