/**
 * What PostgreSQL does in one statement each (R1). A record is a row. The fencing token of its last lease stands there
 * beside the record, and outlives the lease. Time is that of the server's own clock, as it is once the row is locked.
 */

import { createHash } from "node:crypto";

/** The statements on one table. */
export interface Statements {
  /** Makes the table. */
  readonly create: string;
  /** $1 key. Gives `fencing_token` and `text`, in hexadecimal, where there is a record. */
  readonly read: string;
  /** $1 key, $2 fencing token, $3 text in hexadecimal. Gives a row unless a later lease has written. */
  readonly write: string;
  /** $1 key, $2 holder, $3 milliseconds. Gives `last_lease`, unless another holds the lease. The same holder may ask again. */
  readonly lock: string;
  /** $1 key, $2 holder, $3 channel. */
  readonly release: string;
  /** $1 key. Gives `milliseconds`, where somebody holds the lease. */
  readonly timeLeft: string;
}

/** Those on `table`, which is no part of any value. Texts go over the wire in hexadecimal: no encoding of a database can change them. */
export function statementsOn(table: string): Statements {
  const name = quoted(table);
  return {
    create: `
CREATE TABLE IF NOT EXISTS ${name} (
  key text PRIMARY KEY,
  last_lease bigint NOT NULL DEFAULT 0,
  holder text,
  held_until timestamptz,
  fencing_token bigint,
  record bytea
)`,
    read: `
SELECT fencing_token, encode(record, 'hex') AS text FROM ${name} WHERE key = $1 AND record IS NOT NULL`,
    write: `
INSERT INTO ${name} AS kept (key, fencing_token, record) VALUES ($1, $2, decode($3, 'hex'))
ON CONFLICT (key) DO UPDATE SET fencing_token = excluded.fencing_token, record = excluded.record
WHERE kept.fencing_token IS NULL OR kept.fencing_token <= excluded.fencing_token
RETURNING 1`,
    lock: `
INSERT INTO ${name} AS kept (key, last_lease, holder, held_until)
VALUES ($1, 1, $2, clock_timestamp() + $3 * interval '1 millisecond')
ON CONFLICT (key) DO UPDATE SET
  last_lease = greatest(kept.last_lease, kept.fencing_token) + 1,
  holder = excluded.holder,
  held_until = clock_timestamp() + $3 * interval '1 millisecond'
WHERE kept.held_until IS NULL OR kept.held_until <= clock_timestamp() OR kept.holder = excluded.holder
RETURNING last_lease`,
    release: `
WITH released AS (
  UPDATE ${name} SET holder = NULL, held_until = NULL WHERE key = $1 AND holder = $2 RETURNING 1
)
SELECT pg_notify($3, '') FROM released`,
    timeLeft: `
SELECT extract(epoch FROM held_until - clock_timestamp()) * 1000 AS milliseconds
FROM ${name} WHERE key = $1 AND held_until > clock_timestamp()`,
  };
}

/** The channel on which releases of a key are notified: a name of letters and digits, shorter than PostgreSQL's limit. */
export function channelOf(table: string, key: string): string {
  return `faucet_auth_${createHash("sha256")
    .update(JSON.stringify([table, key]))
    .digest("hex")
    .slice(0, 40)}`;
}

/** `table`, which was checked, in quotes. */
function quoted(table: string): string {
  return table
    .split(".")
    .map((part) => `"${part}"`)
    .join(".");
}
