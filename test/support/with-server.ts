/** A server for the tests of one file, and the word that they are left out where it is not installed. */

import { afterAll, beforeAll, beforeEach } from "vitest";
import { type PostgresServer, startPostgres, withoutPostgres } from "./postgres.js";
import { type RedisServer, startRedis, withoutRedis } from "./redis.js";

export interface Lent<S> {
  /** The server, from the first test on. */
  readonly server: S;
  /** Does this before the server is stopped. */
  atTheEnd(end: () => unknown): void;
}

/** A Redis for all tests of this file. */
export function withRedis(options?: Parameters<typeof startRedis>[0]): Lent<RedisServer> {
  return lend(withoutRedis, () => startRedis(options));
}

/** A PostgreSQL for all tests of this file. */
export function withPostgres(options?: Parameters<typeof startPostgres>[0]): Lent<PostgresServer> {
  return lend(withoutPostgres, () => startPostgres(options));
}

function lend<S extends { remove(): Promise<void> }>(missing: string | undefined, start: () => Promise<S>): Lent<S> {
  let server: S | undefined;
  const ends: (() => unknown)[] = [];
  beforeAll(async () => {
    if (missing === undefined) server = await start();
  });
  beforeEach(({ skip }) => skip(missing !== undefined, missing));
  afterAll(async () => {
    for (const end of ends) await end();
    await server?.remove();
  });
  return {
    get server() {
      if (server === undefined) throw new Error("the server has not been started");
      return server;
    },
    atTheEnd: (end) => void ends.push(end),
  };
}
