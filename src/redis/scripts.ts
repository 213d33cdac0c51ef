/**
 * What Redis does in one step each, in Lua (R1, R2). A record is two keys: `…:lease` lasts as long as the lease, and
 * `…:record`, a hash without a time to live, has the record and the fencing token of the last lease, so that this
 * outlives the lease.
 */

import { createHash } from "node:crypto";

/** A script, and the name that the server knows it by. */
export interface Script {
  readonly text: string;
  readonly sha1: string;
}

function script(text: string): Script {
  return { text, sha1: createHash("sha1").update(text).digest("hex") };
}

/** Keys: record. Gives the fencing token and the text of the record, or two nils. A script is never sent to a replica. */
export const READ: Script = script(`return redis.call("HMGET", KEYS[1], "fencing_token", "text")`);

/** Keys: record. Arguments: fencing token, text. Gives 1, or 0 where a later lease has written. */
export const WRITE: Script = script(`
local written = redis.call("HGET", KEYS[1], "fencing_token")
if written and tonumber(written) > tonumber(ARGV[1]) then
  return 0
end
redis.call("HSET", KEYS[1], "fencing_token", ARGV[1], "text", ARGV[2])
return 1`);

/**
 * Keys: lease, record. Arguments: holder, milliseconds. Gives the fencing token, or nil while another holds the lease. The
 * same holder may ask again: after a connection that was lost, it does not know whether it was heard.
 */
export const LOCK: Script = script(`
local numbers = redis.call("HMGET", KEYS[2], "last_lease", "fencing_token")
local number = string.format("%.0f", math.max(tonumber(numbers[1] or 0), tonumber(numbers[2] or 0)) + 1)
local lease = ARGV[1] .. " " .. number
if not redis.call("SET", KEYS[1], lease, "NX", "PX", ARGV[2]) then
  if string.match(redis.call("GET", KEYS[1]), "^%S+") ~= ARGV[1] then
    return false
  end
  redis.call("SET", KEYS[1], lease, "PX", ARGV[2])
end
redis.call("HSET", KEYS[2], "last_lease", number)
return number`);

/** Keys: lease. Arguments: holder, channel. Who may not publish releases all the same: those who wait look from time to time. */
export const RELEASE: Script = script(`
local lease = redis.call("GET", KEYS[1])
if lease and string.match(lease, "^%S+") == ARGV[1] then
  redis.call("DEL", KEYS[1])
  redis.pcall("PUBLISH", ARGV[2], "")
end
return 1`);

/** Keys: lease. Gives its milliseconds, below zero if there is none. */
export const TIME_LEFT: Script = script(`return redis.call("PTTL", KEYS[1])`);
