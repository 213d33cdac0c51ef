/** Those who watch a cache: each hears of every credential once, in order, and none can harm another (C14). */

import { AsyncResource } from "node:async_hooks";
import { faultsOfOptions } from "../config/options.js";
import type { Credential } from "../values/credential.js";
import { ConfigError, type ConfigFault } from "../values/errors.js";
import { summaryOf } from "./status.js";

/** Gets each credential once it is current. It may be asynchronous: nobody waits for it, and its failure is a warning. */
export type WatchListener = (credential: Credential) => unknown;

/** How a provider is watched. */
export interface WatchOptions {
  /**
   * Gets the error of each flight that fails. The next one follows as the gate allows.
   * @default errors are for those who ask for a token
   */
  readonly onError?: ((error: unknown) => unknown) | undefined;
}

/** The watches of one provider. */
export class Watches {
  readonly #provider: string;
  readonly #all = new Set<Watch>();

  constructor(provider: string) {
    this.#provider = provider;
  }

  get isEmpty(): boolean {
    return this.#all.size === 0;
  }

  /** Throws a `TypeError` or a `ConfigError` for what cannot be called. `onEnd` is called once, when it is disposed of. */
  add(listener: WatchListener, options: WatchOptions, onEnd: () => void = () => {}): Watch {
    checkWatch(listener, options);
    const watch = new Watch(this.#provider, listener, options.onError, () => {
      if (this.#all.delete(watch)) onEnd();
    });
    this.#all.add(watch);
    return watch;
  }

  deliver(credential: Credential): void {
    for (const watch of this.#all) watch.deliver(credential);
  }

  fail(error: unknown): void {
    for (const watch of this.#all) watch.fail(error);
  }

  end(): void {
    for (const watch of this.#all) watch[Symbol.dispose]();
  }
}

/** One who watches. */
export class Watch implements Disposable {
  readonly #provider: string;
  readonly #listener: WatchListener;
  readonly #onError: WatchOptions["onError"];
  readonly #onEnd: () => void;
  /** A listener runs in the context in which the watch began, not in that of a flight. */
  readonly #context = new AsyncResource("faucet-auth.watch");
  #isOver = false;
  #hasWarned = false;

  constructor(provider: string, listener: WatchListener, onError: WatchOptions["onError"], onEnd: () => void) {
    this.#provider = provider;
    this.#listener = listener;
    this.#onError = onError;
    this.#onEnd = onEnd;
  }

  deliver(credential: Credential): void {
    void this.#call(this.#listener, credential);
  }

  fail(error: unknown): void {
    if (this.#onError !== undefined) void this.#call(this.#onError, error);
  }

  /** From now on nothing is called any more. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#onEnd();
  }

  /** In a turn of its own, so that whoever begins a watch has it in hand before the listener is called. */
  async #call<T>(listener: (value: T) => unknown, value: T): Promise<void> {
    try {
      await undefined;
      if (!this.#isOver) await this.#context.runInAsyncScope(listener, undefined, value);
    } catch (error) {
      this.#warn(error);
    }
  }

  /** Once; what the listener has thrown may quote a token. */
  #warn(error: unknown): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const { name } = summaryOf(error);
    process.emitWarning(
      `${this.#provider}: a listener of watch() has failed (${name}); it gets later tokens all the same`,
      {
        code: "FAUCET_AUTH_WATCH_LISTENER",
      },
    );
  }
}

function checkWatch(listener: unknown, options: WatchOptions): void {
  if (typeof listener !== "function") {
    throw new TypeError("watch() takes a listener: a function that gets each credential");
  }
  const faults: ConfigFault[] = [...faultsOfOptions("options", options, ["onError"])];
  if (options?.onError !== undefined && typeof options.onError !== "function") {
    faults.push({ path: "options.onError", message: "must be a function that gets an error" });
  }
  if (faults.length > 0) throw new ConfigError("watch", faults);
}
