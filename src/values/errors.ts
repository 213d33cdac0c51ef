/**
 * What can go wrong, as classes with a stable `code`. No error carries a secret (S1, S2): whoever
 * makes one gives it text that has been masked.
 */

const BRAND = Symbol.for("faucet-auth.FaucetError");

/** What every error may say beside its message. */
export interface FaucetErrorDetails {
  /** Seconds that the IdP asked to wait (`Retry-After`, RFC 9110 §10.2.3). */
  readonly retryAfter?: number | undefined;
  /** When the IdP will be asked again, in milliseconds since the epoch. */
  readonly retryAt?: number | undefined;
  /** What it follows from. */
  readonly cause?: unknown;
}

/** What every error of this library is. Switch on `code`, never on the message. */
export abstract class FaucetError extends Error {
  /** Which kind of error this is; stable across releases. */
  abstract readonly code: "config" | "auth" | "transport" | "store" | "closed";

  /** Whether the same call may succeed later with nothing changed. */
  readonly retryable: boolean;

  /** Seconds that the IdP asked to wait (`Retry-After`, RFC 9110 §10.2.3), if it did. */
  readonly retryAfter: number | undefined;

  /**
   * Set on an error that was given without asking the IdP, which failed before: when it will be
   * asked again, in milliseconds since the epoch. The failure is the `cause`.
   */
  readonly retryAt: number | undefined;

  /** The name of the provider that failed; its message begins with it. */
  readonly provider: string | undefined;

  protected constructor(message: string, retryable: boolean, { retryAfter, retryAt, cause }: FaucetErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.retryable = retryable;
    this.retryAfter = retryAfter;
    this.retryAt = retryAt;
    this.provider = undefined;
  }

  /** Whether `value` is an error of this library, of the ES module or the CommonJS build alike. */
  static is(value: unknown): value is FaucetError {
    return typeof value === "object" && value !== null && BRAND in value;
  }

  static {
    Object.defineProperty(FaucetError.prototype, BRAND, { value: true });
  }
}

/**
 * `error` itself. One of this library names its provider from now on, in `provider` and in the message,
 * unless it did before: the error of a provider that another one depends on names the one that failed.
 */
export function nameProvider<T>(error: T, provider: string): T {
  if (!FaucetError.is(error) || error.provider !== undefined || Object.isSealed(error)) return error;
  const { message, stack } = error;
  const named =
    message.startsWith(`${provider}: `) || message.startsWith(`${provider} `) ? message : `${provider}: ${message}`;
  Object.defineProperty(error, "provider", { value: provider, enumerable: true, configurable: true, writable: true });
  Object.defineProperty(error, "message", { value: named, configurable: true, writable: true });
  Object.defineProperty(error, "stack", { value: stack?.replace(message, named), configurable: true, writable: true });
  return error;
}

/** One fault in a configuration. */
export interface ConfigFault {
  /** Where: keys and indices from the top of what was given, `config.headers.Accept`. */
  readonly path: string;
  /** What is wrong, and what would be right. */
  readonly message: string;
  /** The line in the document, from 1, where there is one and the place is in it. */
  readonly line?: number;
  /** The column in that line, from 1: of the key that the fault is about, or of the item of a list. */
  readonly column?: number;
}

/** What a `ConfigError` says beside its faults. */
export interface ConfigErrorDetails extends FaucetErrorDetails {
  /**
   * Whether it may be usable later with nothing changed in it, as where a file that it names is missing just now.
   * @default false
   */
  readonly retryable?: boolean;
}

/**
 * The configuration cannot be used. All its faults are in `issues`; unless it is `retryable`, mend them, nothing
 * else helps.
 */
export class ConfigError extends FaucetError {
  readonly code = "config";
  /** Every fault, with its place. */
  readonly issues: readonly ConfigFault[];

  constructor(subject: string, issues: readonly ConfigFault[], details: ConfigErrorDetails = {}) {
    const faults = issues.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
    super(
      `${subject}: ${faults.length === 1 ? faults[0] : `${faults.length} faults\n  ${faults.join("\n  ")}`}`,
      details.retryable ?? false,
      details,
    );
    this.issues = issues;
  }
}

/** What an `AuthError` says beside its message. */
export interface AuthErrorDetails extends FaucetErrorDetails {
  /** The HTTP status. */
  readonly status?: number | undefined;
  /** The IdP's code, such as `invalid_grant`. */
  readonly error?: string | undefined;
  /** The IdP's description, masked and shortened. */
  readonly errorDescription?: string | undefined;
  /**
   * Whether the same request may succeed later.
   * @default false
   */
  readonly retryable?: boolean;
  /** Whether it was a success whose body could not be read: then the IdP may have acted on the request. */
  readonly unreadable?: boolean;
}

/** The IdP answered, and its answer is no usable token. */
export class AuthError extends FaucetError {
  readonly code = "auth";
  /** The HTTP status, if there was an answer. */
  readonly status: number | undefined;
  /** The `error` code of RFC 6749 §5.2, such as `invalid_grant`. */
  readonly error: string | undefined;
  /** The `error_description` of RFC 6749 §5.2, masked and shortened. */
  readonly errorDescription: string | undefined;

  /** Whether the IdP reported success in a body that could not be read: it may have acted on the request. */
  readonly unreadable: boolean;

  constructor(message: string, details: AuthErrorDetails = {}) {
    super(message, details.retryable ?? false, details);
    this.unreadable = details.unreadable ?? false;
    this.status = details.status;
    this.error = details.error;
    this.errorDescription = details.errorDescription;
  }
}

/** What a `TransportError` says beside its message. */
export interface TransportErrorDetails extends FaucetErrorDetails {
  /** Whether the request certainly did not reach the IdP. */
  readonly unsent?: boolean;
  /** False for what fails again in the same way, such as a certificate that is not accepted. */
  readonly retryable?: boolean;
}

/** There was no answer from the IdP, or none in time. Retryable, unless it would fail again in the same way. */
export class TransportError extends FaucetError {
  readonly code = "transport";
  /** Whether the request certainly did not reach the IdP: there was no connection. */
  readonly unsent: boolean;

  constructor(message: string, details: TransportErrorDetails = {}) {
    super(message, details.retryable ?? true, details);
    this.unsent = details.unsent ?? false;
  }
}

/** What a `StoreError` says beside its message. */
export interface StoreErrorDetails extends FaucetErrorDetails {
  /**
   * Whether it may work later with nothing changed.
   * @default true
   */
  readonly retryable?: boolean;
}

/**
 * The store of a grant cannot be used: it does not answer, is not writable, or holds what is no record.
 * `retryable` unless somebody has to mend it.
 */
export class StoreError extends FaucetError {
  readonly code = "store";

  constructor(message: string, details: StoreErrorDetails = {}) {
    super(message, details.retryable ?? true, details);
  }
}

/** A provider, cache or store was used after its `close()`. */
export class ClosedError extends FaucetError {
  readonly code = "closed";

  constructor(subject: string) {
    super(`${subject} is closed`, false);
  }
}

// Literal, since bundlers rename classes; on the prototypes, to keep `name` out of inspections.
for (const [name, kind] of Object.entries({ ConfigError, AuthError, TransportError, StoreError, ClosedError })) {
  Object.defineProperty(kind.prototype, "name", { value: name });
}
