/**
 * A Redis at a URL. Its connections are made when they are needed and end when they were idle for some seconds, so that
 * no firewall can have forgotten them, and a password that has changed is used from the next one on.
 */

import { FaucetError, StoreError } from "faucet-auth";
import { type ChannelListener, singleListener } from "./channel-listener.js";
import { destroy, type RedisClient, type SingleClient } from "./redis-client.js";
import type { RedisServer } from "./redis-server.js";

/** How long a connection is kept that nobody uses, in milliseconds. */
const IDLE_MS = 10_000;

/** How long a connection may take, in milliseconds: less than a store may take to answer. */
const CONNECT_MS = 3500;

/** What is used of the `redis` package. */
export interface RedisModule {
  createClient(options: object): unknown;
}

/** The server at `url`, which is read for each connection. */
export class RedisConnection implements RedisServer {
  /** It is never connected: those that are made of it have their commands at once, which take a while to make. */
  readonly #template: SingleClient;
  readonly #url: () => string | Promise<string>;
  #name = "Redis";
  #current: Promise<SingleClient> | undefined;
  #users = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(redis: RedisModule, url: () => string | Promise<string>) {
    this.#template = redis.createClient({
      // What an older server, or a proxy, understands too.
      RESP: 2,
      // A command fails at once where there is no connection, and the next one makes another.
      disableOfflineQueue: true,
    }) as SingleClient;
    this.#url = url;
  }

  get name(): string {
    return this.#name;
  }

  /** A connection that was lost while it lay idle is made up for by another: every script may run twice. */
  async use<T>(work: (client: RedisClient) => Promise<T>, signal: AbortSignal): Promise<T> {
    const before = this.#current;
    try {
      return await this.#useOnce(work, signal);
    } catch (error) {
      if (before === undefined || before === this.#current || signal.aborted) throw error;
      return this.#useOnce(work, signal);
    }
  }

  async listen(lost: () => void, signal: AbortSignal): Promise<ChannelListener> {
    return singleListener(await this.#newClient(), lost, signal);
  }

  close(): void {
    clearTimeout(this.#idle);
    this.#drop(this.#current);
  }

  async #useOnce<T>(work: (client: RedisClient) => Promise<T>, signal: AbortSignal): Promise<T> {
    this.#current ??= this.#connect();
    const current = this.#current;
    // A connection that does not answer may never do so again.
    const giveUp = (): void => this.#drop(current);
    signal.addEventListener("abort", giveUp);
    this.#enter();
    try {
      const client = await current;
      client.ref();
      return await work(client);
    } finally {
      signal.removeEventListener("abort", giveUp);
      this.#leave(current);
    }
  }

  #connect(): Promise<SingleClient> {
    const connecting = (async () => {
      const client = await this.#newClient();
      const lost = (): void => this.#drop(connecting);
      client.on("error", lost);
      client.on("end", lost);
      try {
        await client.connect();
        return client;
      } catch (error) {
        destroy(client);
        throw error;
      }
    })();
    connecting.catch(() => this.#drop(connecting));
    return connecting;
  }

  async #newClient(): Promise<SingleClient> {
    const url = await this.#readUrl();
    this.#name = serverNameOf(url);
    try {
      return this.#template.duplicate({ url, socket: { reconnectStrategy: false, connectTimeout: CONNECT_MS } });
    } catch {
      // Its error quotes the URL.
      throw new StoreError(`${this.#name} cannot be reached: its URL is none`, { retryable: false });
    }
  }

  /** What cannot be read makes the server one that cannot be reached. */
  async #readUrl(): Promise<string> {
    try {
      return await this.#url();
    } catch (error) {
      const reason = FaucetError.is(error) ? `: ${error.message}` : "";
      throw new StoreError(`the URL of Redis cannot be read${reason}`);
    }
  }

  #drop(connection: Promise<SingleClient> | undefined): void {
    if (connection === undefined) return;
    if (connection === this.#current) this.#current = undefined;
    connection.then(destroy, () => {});
  }

  #enter(): void {
    this.#users += 1;
    clearTimeout(this.#idle);
  }

  /** A connection that nobody uses holds no process open. */
  #leave(connection: Promise<SingleClient>): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    connection.then(
      (client) => client.unref(),
      () => {},
    );
    this.#idle = setTimeout(() => this.#drop(this.#current), IDLE_MS).unref();
  }
}

/** `Redis at host:port`. */
function serverNameOf(url: string): string {
  const host = URL.canParse(url) ? new URL(url).host : "";
  return host === "" ? "Redis" : `Redis at ${host}`;
}
