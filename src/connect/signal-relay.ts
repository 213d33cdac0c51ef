/** Many second attempts that end with one signal, and one listener on it (C8). */

/**
 * fetch leaves a listener on its signal until that is collected. A thousand requests on one signal
 * are still no leak to Node; a thousand more for their second attempts would be taken for one.
 */
export class SignalRelay {
  readonly #followers = new WeakMap<AbortSignal, Set<AbortController>>();
  readonly #collected = new FinalizationRegistry<() => void>((forget) => forget());

  /** Sends with a signal that is aborted when `signal` is, until the body of the answer is collected. */
  async send(
    signal: AbortSignal | undefined,
    send: (signal: AbortSignal | undefined) => Promise<Response>,
  ): Promise<Response> {
    if (signal === undefined || signal.aborted) return send(signal);
    const followers = this.#followers.get(signal) ?? this.#listenTo(signal);
    const controller = new AbortController();
    const forget = (): void => void followers.delete(controller);
    followers.add(controller);
    const response = await send(controller.signal).catch((error: unknown) => {
      forget();
      throw error;
    });
    if (response.body === null) forget();
    else this.#collected.register(response.body, forget);
    return response;
  }

  #listenTo(signal: AbortSignal): Set<AbortController> {
    const followers = new Set<AbortController>();
    this.#followers.set(signal, followers);
    const end = (): void => {
      for (const follower of followers) follower.abort(signal.reason);
    };
    signal.addEventListener("abort", end, { once: true });
    return followers;
  }
}
