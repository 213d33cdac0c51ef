/** Hearing the messages of channels. */

import { destroy, type SingleClient, type SubscribingClient } from "./redis-client.js";

/** A connection on which messages are heard. */
export interface ChannelListener {
  /** Calls `heard` for every message on the channel from now on. */
  subscribe(channel: string, heard: () => void): Promise<void>;
  /** Hears nothing any more. */
  close(): void;
}

/** Listens by `client`, which is not connected yet and is used for nothing else. It holds no process open. */
export async function singleListener(
  client: SingleClient,
  lost: () => void,
  signal: AbortSignal,
): Promise<ChannelListener> {
  const close = (): void => destroy(client);
  client.on("error", lost);
  client.on("end", lost);
  client.unref();
  signal.addEventListener("abort", close);
  try {
    await client.connect();
  } catch (error) {
    close();
    throw error;
  } finally {
    signal.removeEventListener("abort", close);
  }
  return {
    subscribe: async (channel, heard) => void (await client.subscribe(channel, heard)),
    close,
  };
}

/** Listens by a client that goes on with its commands meanwhile, and finds its server again by itself. */
export class SharedListener implements ChannelListener {
  readonly #client: SubscribingClient;
  readonly #subscriptions = new Map<string, () => void>();

  constructor(client: SubscribingClient) {
    this.#client = client;
  }

  async subscribe(channel: string, heard: () => void): Promise<void> {
    await this.#client.subscribe(channel, heard);
    this.#subscriptions.set(channel, heard);
  }

  close(): void {
    for (const [channel, heard] of this.#subscriptions) this.#client.unsubscribe(channel, heard).catch(() => {});
  }
}
