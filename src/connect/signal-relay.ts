/** Many waits and second attempts that end with one signal, and one listener on it (C8). */

/**
 * fetch leaves a listener on its signal until that is collected. A thousand requests on one signal
 * are still no leak to Node; a thousand more for their second attempts would be taken for one.
 */
export class SignalRelay {
  readonly #followers = new WeakMap<AbortSignal, Set<() => void>>();
  readonly #collected = new FinalizationRegistry<() => void>((forget) => forget());

  /** Sends with a signal that is aborted when `signal` is, until the body of the answer is collected. */
  async send(
    signal: AbortSignal | undefined,
    send: (signal: AbortSignal | undefined) => Promise<Response>,
  ): Promise<Response> {
    if (signal === undefined || signal.aborted) return send(signal);
    const controller = new AbortController();
    const forget = this.#follow(signal, () => controller.abort(signal.reason));
    const response = await send(controller.signal).catch((error: unknown) => {
      forget();
      throw error;
    });
    if (response.body === null) forget();
    else this.#collected.register(response.body, forget);
    return response;
  }

  /** What `promise` gives, or rejects with; the signal's reason once that is aborted. */
  async until<T>(signal: AbortSignal | undefined, promise: Promise<T>): Promise<T> {
    if (signal === undefined) return promise;
    let forget = (): void => {};
    const left = new Promise<never>((_resolve, reject) => {
      const leave = (): void => reject(signal.reason);
      if (signal.aborted) leave();
      else forget = this.#follow(signal, leave);
    });
    return Promise.race([left, promise]).finally(forget);
  }

  /** Calls `end` when `signal` is aborted, unless what this gives is called before. */
  #follow(signal: AbortSignal, end: () => void): () => void {
    const followers = this.#followers.get(signal) ?? this.#listenTo(signal);
    followers.add(end);
    return () => void followers.delete(end);
  }

  #listenTo(signal: AbortSignal): Set<() => void> {
    const followers = new Set<() => void>();
    this.#followers.set(signal, followers);
    const end = (): void => {
      for (const follower of followers) follower();
    };
    signal.addEventListener("abort", end, { once: true });
    return followers;
  }
}
