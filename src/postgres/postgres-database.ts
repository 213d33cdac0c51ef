/** The atomic steps of a token store in PostgreSQL. */

import { createHash } from "node:crypto";
import type { ReleaseListener, StoredRecord, TokenDatabase } from "faucet-auth";
import { notificationListener } from "./notification-listener.js";
import { codeOf, postgresErrorOf } from "./postgres-error.js";
import type { PostgresResult } from "./postgres-pool.js";
import type { PostgresServer } from "./postgres-server.js";
import { channelOf, type Statements, statementsOn } from "./statements.js";

/** Where the records are, and how they are reached. */
export interface PostgresDatabaseOptions {
  readonly table: string;
  /** Whether the table is made if it is missing. */
  readonly create: boolean;
  /** Whether notifications are listened for; `undefined` for: unless there is a pooler. */
  readonly listen: boolean | undefined;
}

/** Records in a table. */
export class PostgresDatabase implements TokenDatabase {
  readonly #server: PostgresServer;
  readonly #options: PostgresDatabaseOptions;
  readonly #statements: Statements;
  #canListen: boolean;

  constructor(server: PostgresServer, options: PostgresDatabaseOptions) {
    this.#server = server;
    this.#options = options;
    this.#statements = statementsOn(options.table);
    this.#canListen = options.listen !== false;
  }

  get name(): string {
    return this.#server.name;
  }

  async read(key: string, signal: AbortSignal): Promise<StoredRecord | undefined> {
    const { rows } = await this.#run(this.#statements.read, [columnText(key)], signal);
    const [row] = rows;
    return row && { fencingToken: Number(row.fencing_token), text: Buffer.from(row.text, "hex").toString() };
  }

  async write(key: string, { fencingToken, text }: StoredRecord, signal: AbortSignal): Promise<boolean> {
    const values = [columnText(key), `${fencingToken}`, Buffer.from(text).toString("hex")];
    return (await this.#run(this.#statements.write, values, signal)).rows.length > 0;
  }

  async lock(key: string, holder: string, milliseconds: number, signal: AbortSignal): Promise<number | undefined> {
    const values = [columnText(key), holder, `${milliseconds}`];
    const { rows } = await this.#run(this.#statements.lock, values, signal);
    return rows[0] && Number(rows[0].last_lease);
  }

  async release(key: string, holder: string, signal: AbortSignal): Promise<void> {
    await this.#run(this.#statements.release, [columnText(key), holder, this.#channel(key)], signal);
  }

  async leaseTimeLeft(key: string, signal: AbortSignal): Promise<number> {
    const { rows } = await this.#run(this.#statements.timeLeft, [columnText(key)], signal);
    return rows[0] === undefined ? 0 : Number(rows[0].milliseconds);
  }

  async listen(lost: () => void, signal: AbortSignal): Promise<ReleaseListener | undefined> {
    if (!this.#canListen) return undefined;
    const client = await this.#server.newListeningClient();
    const isForced = this.#options.listen === true;
    const listener = client && (await notificationListener(client, { lost, signal, isForced }));
    this.#canListen = listener !== undefined;
    return (
      listener && { follow: (key, released) => listener.subscribe(this.#channel(key), released), close: listener.close }
    );
  }

  async close(): Promise<void> {
    await this.#server.close();
  }

  async #run(statement: string, values: unknown[], signal: AbortSignal): Promise<PostgresResult> {
    try {
      return await this.#again(statement, values, signal).catch(async (error) => {
        if (codeOf(error) !== UNDEFINED_TABLE || !this.#options.create) throw error;
        await this.#createTable(signal);
        return this.#again(statement, values, signal);
      });
    } catch (error) {
      throw postgresErrorOf(this.name, error);
    }
  }

  /** Two that make it at once may both be told that it is not there, and one of them that it is. */
  async #createTable(signal: AbortSignal): Promise<void> {
    try {
      await this.#once(this.#statements.create, [], signal);
    } catch (error) {
      if (!MADE_BY_ANOTHER.includes(codeOf(error))) throw error;
    }
  }

  /** Every statement may run twice. */
  async #again(statement: string, values: unknown[], signal: AbortSignal): Promise<PostgresResult> {
    for (let attempts = 1; ; attempts += 1) {
      try {
        return await this.#once(statement, values, signal);
      } catch (error) {
        if (attempts === ATTEMPTS || signal.aborted || !PASSING.includes(codeOf(error))) throw error;
      }
    }
  }

  /** A connection that does not answer, or has failed, does not go back to the pool. */
  async #once(statement: string, values: unknown[], signal: AbortSignal): Promise<PostgresResult> {
    const client = await this.#server.connect();
    let isOut = true;
    const giveBack = (destroy: boolean): void => {
      if (isOut) client.release(destroy);
      isOut = false;
    };
    const giveUp = (): void => giveBack(true);
    const ignore = (): void => {};
    client.on("error", ignore);
    signal.addEventListener("abort", giveUp);
    try {
      if (signal.aborted) throw signal.reason;
      return await client.query(statement, values);
    } catch (error) {
      if (!isSqlState(codeOf(error))) giveUp();
      throw error;
    } finally {
      signal.removeEventListener("abort", giveUp);
      giveBack(false);
      client.removeListener("error", ignore);
    }
  }

  #channel(key: string): string {
    return channelOf(this.#options.table, key);
  }
}

const UNDEFINED_TABLE = "42P01";

/** Duplicate table, and the unique violation in the catalogue that comes of the same race. */
const MADE_BY_ANOTHER: readonly (string | undefined)[] = ["42P07", "23505", "42710"];

const ATTEMPTS = 3;

/**
 * A connection that was lost while it lay idle (the driver says that without a code), or a transaction that others have
 * come in the way of, as happens where a database is set to be stricter than by default.
 */
const PASSING: readonly (string | undefined)[] = [undefined, "ECONNRESET", "EPIPE", "57P01", "40001", "40P01"];

function isSqlState(code: string | undefined): boolean {
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && code !== "57P01";
}

/** As long as an index takes it, in characters that every encoding has, and another one for each key. */
function columnText(key: string): string {
  const text = key.replace(/%|[^ -~]/gu, (character) => `%${character.codePointAt(0)?.toString(16)};`);
  if (text.length <= LONGEST_KEY) return text;
  return `${text.slice(0, LONGEST_KEY)}%sha256;${createHash("sha256").update(text).digest("hex")}`;
}

const LONGEST_KEY = 500;
