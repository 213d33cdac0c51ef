/** How a store reaches PostgreSQL: by a pool that was given, or by a connection string, over a pool of its own. */

import { FaucetError, StoreError } from "faucet-auth";
import type { ListeningClient, ListeningClientClass, PostgresPool, PostgresPoolClient } from "./postgres-pool.js";

/** A PostgreSQL that statements are sent to, and notifications heard from. */
export interface PostgresServer {
  /** What messages call it. */
  readonly name: string;
  connect(): Promise<PostgresPoolClient>;
  /** A client beside the pool, so that waiting takes none from it; `undefined` where the pool does not say how to make one. */
  newListeningClient(): Promise<ListeningClient | undefined>;
  /** Ends what is its own. */
  close(): Promise<void>;
}

/** A pool that was given stays its owner's. */
export class GivenPool implements PostgresServer {
  readonly name = "PostgreSQL";
  readonly #pool: PostgresPool & { readonly options?: object; readonly Client?: ListeningClientClass };

  constructor(pool: PostgresPool) {
    this.#pool = pool;
  }

  connect(): Promise<PostgresPoolClient> {
    return this.#pool.connect();
  }

  /** As the pool makes its own. */
  async newListeningClient(): Promise<ListeningClient | undefined> {
    const { options, Client } = this.#pool;
    return options && Client && new Client(options);
  }

  async close(): Promise<void> {}
}

/** What is used of the `pg` package. */
export interface PostgresModule {
  readonly Pool: new (options: object) => OwnPool;
  readonly Client: ListeningClientClass;
}

interface OwnPool extends PostgresPool {
  on(event: "error", listener: () => void): unknown;
  end(): Promise<void>;
}

/** The server at a connection string, which is read for each statement: one that has changed gets a pool of its own. */
export class PostgresConnections implements PostgresServer {
  readonly #pg: PostgresModule;
  readonly #url: () => string | Promise<string>;
  #current: { readonly url: string; readonly pool: OwnPool } | undefined;

  constructor(pg: PostgresModule, url: () => string | Promise<string>) {
    this.#pg = pg;
    this.#url = url;
  }

  get name(): string {
    return this.#current === undefined ? "PostgreSQL" : serverNameOf(this.#current.url);
  }

  async connect(): Promise<PostgresPoolClient> {
    const url = await this.#readUrl();
    if (this.#current?.url !== url) {
      this.#endPool();
      this.#current = { url, pool: this.#newPool(url) };
    }
    return this.#current.pool.connect();
  }

  async newListeningClient(): Promise<ListeningClient> {
    return new this.#pg.Client(optionsOf(await this.#readUrl()));
  }

  async close(): Promise<void> {
    await this.#endPool();
  }

  /** Connections that nobody uses hold no process open, and end soon, so that no firewall can have forgotten them. */
  #newPool(url: string): OwnPool {
    const pool = new this.#pg.Pool({ ...optionsOf(url), max: 2, allowExitOnIdle: true, idleTimeoutMillis: 10_000 });
    pool.on("error", () => {});
    return pool;
  }

  /** What cannot be read makes the server one that cannot be reached. */
  async #readUrl(): Promise<string> {
    try {
      return await this.#url();
    } catch (error) {
      const reason = FaucetError.is(error) ? `: ${error.message}` : "";
      throw new StoreError(`the connection string of PostgreSQL cannot be read${reason}`);
    }
  }

  async #endPool(): Promise<void> {
    const pool = this.#current?.pool;
    this.#current = undefined;
    await pool?.end().catch(() => {});
  }
}

/** A connection may take less time than a store may take to answer. */
function optionsOf(url: string): object {
  return {
    connectionString: url,
    connectionTimeoutMillis: 3500,
    keepAlive: true,
    fallback_application_name: "faucet-auth",
  };
}

/** `PostgreSQL at host:port`, where the host is one and no socket of the system. */
function serverNameOf(url: string): string {
  const host = URL.canParse(url) ? new URL(url).host : "";
  return host === "" || host.includes("%") ? "PostgreSQL" : `PostgreSQL at ${host}`;
}
