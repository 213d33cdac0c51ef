/** The atomic steps of a token store in Redis. */

import type { ReleaseListener, StoredRecord, TokenDatabase } from "faucet-auth";
import { codeOf, redisErrorOf } from "./redis-error.js";
import type { RedisServer } from "./redis-server.js";
import { LOCK, READ, RELEASE, type Script, TIME_LEFT, WRITE } from "./scripts.js";

/** Records in a Redis, under keys that begin with a prefix. */
export class RedisDatabase implements TokenDatabase {
  readonly #server: RedisServer;
  readonly #prefix: string;

  constructor(server: RedisServer, prefix: string) {
    this.#server = server;
    this.#prefix = prefix;
  }

  get name(): string {
    return this.#server.name;
  }

  async read(key: string, signal: AbortSignal): Promise<StoredRecord | undefined> {
    const reply = await this.#run(READ, [this.#names(key).record], [], signal);
    const [fencingToken, text] = reply as [unknown, unknown];
    // A client may be told to give texts as buffers.
    return text === null ? undefined : { fencingToken: Number(fencingToken), text: String(text) };
  }

  async write(key: string, { fencingToken, text }: StoredRecord, signal: AbortSignal): Promise<boolean> {
    const reply = await this.#run(WRITE, [this.#names(key).record], [`${fencingToken}`, text], signal);
    return Number(reply) === 1;
  }

  async lock(key: string, holder: string, milliseconds: number, signal: AbortSignal): Promise<number | undefined> {
    const { lease, record } = this.#names(key);
    const reply = await this.#run(LOCK, [lease, record], [holder, `${milliseconds}`], signal);
    return reply === null ? undefined : Number(reply);
  }

  async release(key: string, holder: string, signal: AbortSignal): Promise<void> {
    const { lease, channel } = this.#names(key);
    await this.#run(RELEASE, [lease], [holder, channel], signal);
  }

  async leaseTimeLeft(key: string, signal: AbortSignal): Promise<number> {
    return Math.max(0, Number(await this.#run(TIME_LEFT, [this.#names(key).lease], [], signal)));
  }

  async listen(lost: () => void, signal: AbortSignal): Promise<ReleaseListener | undefined> {
    const listener = await this.#server.listen(lost, signal);
    return (
      listener && {
        follow: (key, released) => listener.subscribe(this.#names(key).channel, released),
        close: () => listener.close(),
      }
    );
  }

  async close(): Promise<void> {
    this.#server.close();
  }

  /** By its SHA-1, or as a whole where the server does not know it yet. */
  async #run({ sha1, text }: Script, keys: string[], values: string[], signal: AbortSignal): Promise<unknown> {
    const options = { keys, arguments: values };
    try {
      return await this.#server.use(async (client) => {
        try {
          return await client.evalSha(sha1, options);
        } catch (error) {
          if (codeOf(error) !== "NOSCRIPT") throw error;
          return client.eval(text, options);
        }
      }, signal);
    } catch (error) {
      throw redisErrorOf(this.name, error);
    }
  }

  /** The braces make one hash slot of all keys of a record (R2). */
  #names(key: string): { lease: string; record: string; channel: string } {
    const tag = `${this.#prefix}{${hashTag(key)}}`;
    return { lease: `${tag}:lease`, record: `${tag}:record`, channel: `${tag}:released` };
  }
}

/**
 * `key` without what would end a hash tag, and as text that UTF-8 keeps apart. An empty tag would be none; nothing else
 * becomes the lone `%` that stands for it.
 */
function hashTag(key: string): string {
  return key.replace(/[%{}]|\p{Surrogate}/gu, (character) => `%${character.charCodeAt(0).toString(16)}`) || "%";
}
