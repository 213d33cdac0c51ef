/** How a store reaches Redis: by a client that was given, or by connections of its own. */

import { type ChannelListener, SharedListener, singleListener } from "./channel-listener.js";
import { canSubscribe, isSingle, type RedisClient } from "./redis-client.js";

/** A Redis that scripts are sent to, and messages heard from. */
export interface RedisServer {
  /** What messages call it. */
  readonly name: string;
  /** Runs `work` with a connected client. `signal` is aborted once nobody waits for its result. */
  use<T>(work: (client: RedisClient) => Promise<T>, signal: AbortSignal): Promise<T>;
  /** `undefined` if nothing can be heard. Calls `lost` when nothing can be heard any more. */
  listen(lost: () => void, signal: AbortSignal): Promise<ChannelListener | undefined>;
  /** Ends the connections that are its own. */
  close(): void;
}

/** A client that was given stays its owner's: it is never closed, and reconnects as it was told. */
export class GivenClient implements RedisServer {
  readonly name = "Redis";
  readonly #client: RedisClient;

  constructor(client: RedisClient) {
    this.#client = client;
  }

  use<T>(work: (client: RedisClient) => Promise<T>): Promise<T> {
    return work(this.#client);
  }

  async listen(lost: () => void, signal: AbortSignal): Promise<ChannelListener | undefined> {
    const client = this.#client;
    if (isSingle(client)) return singleListener(client.duplicate(), lost, signal);
    return canSubscribe(client) ? new SharedListener(client) : undefined;
  }

  close(): void {}
}
