/** Promises that may be dropped by whoever gets them. */

/** `promise` itself, whose rejection is no unhandled one even if nobody looks at it (C9). */
export function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/** A rejection that may be dropped too. */
export function rejection(reason: unknown): Promise<never> {
  return handled(Promise.reject(reason));
}
