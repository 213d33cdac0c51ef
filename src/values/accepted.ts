/** How a wrapper reports that an API has accepted a credential (F5), whatever provider stands between it and the cache. */

const listeners = new WeakMap<object, () => void>();

/** Calls `listener` when an API has accepted `credential`, as often as a wrapper says so. */
export function onAccepted(credential: object, listener: () => void): void {
  listeners.set(credential, listener);
}

/** An API has accepted `credential`. */
export function reportAccepted(credential: object): void {
  listeners.get(credential)?.();
}
