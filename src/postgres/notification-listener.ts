/** Hearing the notifications of channels. */

import type { ListeningClient } from "./postgres-pool.js";

/** A connection on which notifications are heard. */
export interface NotificationListener {
  /** Calls `heard` for every notification on the channel from now on. */
  subscribe(channel: string, heard: () => void): Promise<void>;
  /** Ends the connection. */
  close(): void;
}

/**
 * Listens by `client`, which is not connected yet. It holds no process open. `undefined` if a pooler answers in place of the
 * server, unless `isForced`: one that gives each transaction a connection of its own lets nothing be heard.
 */
export async function notificationListener(
  client: ListeningClient,
  { lost, signal, isForced }: { lost: () => void; signal: AbortSignal; isForced: boolean },
): Promise<NotificationListener | undefined> {
  const close = (): void => void client.end().catch(() => {});
  client.on("error", lost);
  client.on("end", lost);
  client.unref();
  signal.addEventListener("abort", close);
  try {
    await client.connect();
    if (isForced || !(await isPooler(client))) return new ClientListener(client, close);
  } catch (error) {
    close();
    throw error;
  } finally {
    signal.removeEventListener("abort", close);
  }
  close();
  return undefined;
}

/** A pooler says a process of its own when a client connects; the server knows its own. */
async function isPooler(client: ListeningClient): Promise<boolean> {
  const { rows } = await client.query("SELECT pg_backend_pid() AS pid");
  return Number(rows[0]?.pid) !== client.processID;
}

class ClientListener implements NotificationListener {
  readonly #client: ListeningClient;
  readonly #heard = new Map<string, () => void>();
  readonly close: () => void;
  /** A client takes one statement after the other. */
  #idle: Promise<unknown> = Promise.resolve();

  constructor(client: ListeningClient, close: () => void) {
    this.#client = client;
    this.close = close;
    client.on("notification", ({ channel }) => this.#heard.get(channel)?.());
  }

  async subscribe(channel: string, heard: () => void): Promise<void> {
    this.#heard.set(channel, heard);
    const listening = this.#idle.then(() => this.#client.query(`LISTEN ${channel}`));
    this.#idle = listening.catch(() => {});
    await listening;
  }
}
