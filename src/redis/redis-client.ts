/** What is used of a client of the `redis` package, of its releases 4 to 6. */

/** A connected client, as `createClient`, `createCluster`, `createSentinel` and `createClientPool` of `redis` make it. */
export interface RedisClient {
  /** Runs a script that the server knows, by its SHA-1. */
  evalSha(sha1: string, options: RedisScriptOptions): Promise<unknown>;
  /** Runs a script. */
  eval(script: string, options: RedisScriptOptions): Promise<unknown>;
}

/** What a script is given. */
export interface RedisScriptOptions {
  /** The keys that it uses, all in one hash slot. */
  keys: string[];
  /** What else it needs. */
  arguments: string[];
}

/** A client that can hear messages. */
export interface SubscribingClient extends RedisClient {
  subscribe(channel: string, listener: () => void): Promise<unknown>;
  unsubscribe(channel: string, listener: () => void): Promise<unknown>;
}

/** A client of one server. */
export interface SingleClient extends SubscribingClient {
  connect(): Promise<unknown>;
  duplicate(overrides?: object): SingleClient;
  on(event: "error" | "end", listener: () => void): unknown;
  ref(): void;
  unref(): void;
  destroy?(): unknown;
  /** What release 4 has in place of `destroy`. */
  disconnect?(): Promise<unknown>;
}

/** Whether `client` has one connection only, which cannot carry commands and messages both. */
export function isSingle(client: RedisClient): client is SingleClient {
  return "isPubSubActive" in client && typeof (client as Partial<SingleClient>).duplicate === "function";
}

/** Whether `client` hears messages beside its commands, as a cluster and a sentinel do. */
export function canSubscribe(client: RedisClient): client is SubscribingClient {
  return typeof (client as Partial<SubscribingClient>).subscribe === "function";
}

/** Ends the connection at once; what is under way on it rejects. */
export function destroy(client: SingleClient): void {
  try {
    if (client.destroy === undefined) client.disconnect?.().catch(() => {});
    else client.destroy();
  } catch {
    // It has ended already.
  }
}
