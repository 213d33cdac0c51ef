/** What is used of undici's dispatching, 6 to 8: described here, so that no release of it is imported. */

import { ConfigError } from "../values/errors.js";

/** undici's `dispatch`; each release types its own options and handlers. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Dispatch = (options: any, handler: any) => boolean;

/** What `dispatcher.compose` takes. */
export type Interceptor = (dispatch: Dispatch) => Dispatch;

/** A request, as far as it is looked at. */
export interface DispatchOptions {
  readonly origin?: string | URL;
  readonly path: string;
  /** Parameters that undici puts behind the path. */
  readonly query?: object | null;
  readonly method?: string;
  headers?: unknown;
  body?: unknown;
  readonly signal?: unknown;
}

/** The hold on an exchange, in undici 7 and 8. */
export interface Controller {
  readonly aborted?: boolean;
  pause(): void;
  resume(): void;
  abort(reason: Error): void;
}

/** Who hears of an exchange, in undici 7 and 8. */
export interface DispatchHandler {
  onRequestStart?(controller: Controller, context: unknown): void;
  onResponseStarted?(): void;
  onRequestUpgrade?(controller: Controller, status: number, headers: unknown, socket: unknown): void;
  onResponseStart?(controller: Controller, status: number, headers: HeaderRecord, message?: string): void;
  onResponseData?(controller: Controller, chunk: Uint8Array): void;
  onResponseEnd?(controller: Controller, trailers: unknown): void;
  onResponseError?(controller: Controller | null, error: Error): void;
}

/** The same in undici 6, and in undici 7 of its own `request`, `stream` and `fetch`; `false` asks for a pause. */
export interface LegacyHandler {
  onConnect?(abort: (reason?: Error) => void, context: unknown): void;
  onResponseStarted?(): void;
  onUpgrade?(status: number, headers: unknown, socket: unknown): void;
  onHeaders?(status: number, headers: readonly Uint8Array[], resume: () => void, message?: string): boolean | undefined;
  onData?(chunk: Uint8Array): boolean | undefined;
  onComplete?(trailers: unknown): void;
  onError?(error: Error): void;
}

/** Headers of an answer, as undici 7 and 8 hand them on. */
export type HeaderRecord = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Whether a handler is of the older kind. undici 7 gives its own ones both, of which the older is the shorter way. */
export function isLegacy(handler: DispatchHandler | LegacyHandler): handler is LegacyHandler {
  return typeof (handler as LegacyHandler).onConnect === "function";
}

/** Gives `handler` an error of a request that no exchange belongs to. */
export function failWithoutExchange(handler: DispatchHandler | LegacyHandler, error: Error): void {
  if (isLegacy(handler)) handler.onError?.(error);
  else handler.onResponseError?.(endedController(error), error);
}

/** undici's retry asks whether the exchange was aborted, and does not try again then. */
function endedController(reason: Error): Controller & { readonly reason: Error } {
  return { aborted: true, reason, pause() {}, resume() {}, abort() {} };
}

/** The signal of a caller, where it is one that a wait for a token can heed: undici takes an `EventEmitter` too. */
export function signalOf({ signal }: DispatchOptions): AbortSignal | undefined {
  const isAbortSignal = Object.prototype.toString.call(signal) === "[object AbortSignal]";
  return isAbortSignal ? (signal as AbortSignal) : undefined;
}

/** A pool knows its origin without hearing it with each request; this does not. */
export function originOf({ origin }: { readonly origin?: string | URL }): string {
  if (origin !== undefined) return String(origin);
  const message =
    'give it with the request: a credential cannot be compared with origins otherwise (or say origins: "any"), nor sign the URL';
  throw new ConfigError("authInterceptor", [{ path: "origin", message }]);
}

/** `https://api.example` where that, with a slash or without, or a `URL` was given: as the standard spells an origin. */
export function standardOriginOf(options: { readonly origin?: string | URL }): string {
  return new URL(originOf(options)).origin;
}

/** The origin that a request is for: through a proxy, that of the whole URL which is its path then. */
export function targetOriginOf(options: { readonly origin?: string | URL; readonly path: string }): string {
  return options.path.startsWith("/") ? standardOriginOf(options) : new URL(options.path).origin;
}
