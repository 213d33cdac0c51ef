/** One call of @grpc/grpc-js with a provider's credential on it: a unary one that is refused is made once more. */

import { type AuthProvider, Credential, FaucetError, reportAccepted } from "faucet-auth";
import { metadataOf } from "./grpc-metadata.js";
import type { GrpcCall, GrpcCallOptions, GrpcListener, GrpcMetadata, GrpcStatus } from "./grpc-types.js";

/** Asks the provider, and gives what is to be done then. */
type Ask = (options: { readonly signal: AbortSignal }) => Promise<() => void>;

/** The codes of gRPC that are used here. */
const OK = 0;
const DEADLINE_EXCEEDED = 4;
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;

/** The caller's call. It stands for one or two calls to the server. */
export class AuthorizedCall implements GrpcCall {
  readonly #provider: AuthProvider;
  readonly #options: GrpcCallOptions;
  readonly #open: () => GrpcCall;
  readonly #waiting = new AbortController();
  /** What the caller has done to the call so far: all of it for a unary one, which may be made again. */
  #done: ((call: GrpcCall) => void)[] = [];
  #metadata: GrpcMetadata | undefined;
  #listener: Partial<GrpcListener> = {};
  #call: GrpcCall | undefined;
  #isSecond = false;
  #hasEnded = false;

  constructor(provider: AuthProvider, options: GrpcCallOptions, open: () => GrpcCall) {
    this.#provider = provider;
    this.#options = options;
    this.#open = open;
  }

  start(metadata: GrpcMetadata, listener: Partial<GrpcListener> = {}): void {
    this.#metadata = metadata.clone();
    this.#listener = listener;
    this.#asking(async ({ signal }) => {
      const credential = await this.#provider.getToken({ signal });
      return () => this.#send(credential);
    });
  }

  sendMessageWithContext(context: object, message: unknown): void {
    this.#do((call) => call.sendMessageWithContext(context, message));
  }

  sendMessage(message: unknown): void {
    this.#do((call) => call.sendMessage(message));
  }

  startRead(): void {
    this.#do((call) => call.startRead());
  }

  halfClose(): void {
    this.#do((call) => call.halfClose());
  }

  cancelWithStatus(code: number, details: string): void {
    if (this.#call === undefined) this.#end({ code, details, metadata: this.#noMetadata() });
    else this.#call.cancelWithStatus(code, details);
  }

  getPeer(): string {
    return this.#call?.getPeer() ?? "unknown";
  }

  getAuthContext(): unknown {
    return this.#call?.getAuthContext?.() ?? null;
  }

  get #isUnary(): boolean {
    const { requestStream, responseStream } = this.#options.method_definition;
    return !requestStream && !responseStream;
  }

  #do(work: (call: GrpcCall) => void): void {
    if (this.#call === undefined || this.#isUnary) this.#done.push(work);
    if (this.#call !== undefined) work(this.#call);
  }

  /**
   * Does what `ask` gives, unless the caller is gone by then. The caller's listener is called outside of the promise, in which what it
   * throws would be lost.
   */
  #asking(ask: Ask): void {
    const timer = this.#deadlineTimer();
    ask({ signal: this.#waiting.signal })
      .finally(() => clearTimeout(timer))
      .then(
        (proceed) => process.nextTick(() => this.#hasEnded || proceed()),
        (error: unknown) => process.nextTick(() => this.#fail(error)),
      );
  }

  #send(credential: Credential): void {
    const opened = this.#opened(credential);
    if (opened === undefined) return;
    const { call, metadata } = opened;
    this.#call = call;
    call.start(metadata, this.#isUnary ? this.#holding(credential) : this.#passing(credential));
    const done = this.#done;
    if (!this.#isUnary) this.#done = [];
    for (const work of done) work(call);
  }

  /** Nothing where the credential is no metadata, or the client is closed: then the caller's call has ended. */
  #opened(credential: Credential): { readonly call: GrpcCall; readonly metadata: GrpcMetadata } | undefined {
    try {
      const metadata = withCredential(this.#metadata as GrpcMetadata, credential);
      return { call: this.#open(), metadata };
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  /** What a stream has brought cannot be taken back: it is reported, and ends. */
  #passing(sent: Credential): GrpcListener {
    return {
      onReceiveMetadata: (metadata) => this.#listener.onReceiveMetadata?.(metadata),
      onReceiveMessage: (message) => this.#listener.onReceiveMessage?.(message),
      onReceiveStatus: (status) => {
        if (status.code === UNAUTHENTICATED) this.#report(sent);
        else this.#noteAccepted(sent, status);
        this.#end(status);
      },
    };
  }

  /** What a unary call brings is held back until its status is known. */
  #holding(sent: Credential): GrpcListener {
    const held: (() => void)[] = [];
    return {
      onReceiveMetadata: (metadata) => void held.push(() => this.#listener.onReceiveMetadata?.(metadata)),
      onReceiveMessage: (message) => void held.push(() => this.#listener.onReceiveMessage?.(message)),
      onReceiveStatus: (status) => {
        if (status.code === UNAUTHENTICATED && !this.#isSecond && !this.#hasEnded) {
          return this.#sendAgain(sent, status, held);
        }
        if (status.code !== UNAUTHENTICATED) this.#noteAccepted(sent, status);
        for (const pass of held) pass();
        this.#end(status);
      },
    };
  }

  /** Once, with what there is instead of `refused`; where that is the same, the refusal is the answer. */
  #sendAgain(refused: Credential, status: GrpcStatus, held: readonly (() => void)[]): void {
    this.#isSecond = true;
    this.#call = undefined;
    this.#asking(async ({ signal }) => {
      const next = await this.#provider.invalidate(refused, { signal });
      if (!Credential.equals(next, refused)) return () => this.#send(next);
      return () => {
        for (const pass of held) pass();
        this.#end(status);
      };
    });
  }

  /** Nobody waits for what there is instead. */
  #report(refused: Credential): void {
    (async () => this.#provider.invalidate(refused))().catch(() => {});
  }

  /** Another status may be of grpc-js itself, or of a server that is broken or busy, and says nothing of the credential. */
  #noteAccepted(sent: Credential, { code }: GrpcStatus): void {
    if (code === OK) reportAccepted(sent);
  }

  #fail(error: unknown): void {
    this.#end(statusOf(error, this.#noMetadata()));
  }

  #end(status: GrpcStatus): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#waiting.abort();
    this.#listener.onReceiveStatus?.(status);
  }

  /** Without a call, nobody else keeps the caller's deadline. */
  #deadlineTimer(): NodeJS.Timeout | undefined {
    const milliseconds = Number(this.#options.deadline ?? Number.POSITIVE_INFINITY) - Date.now();
    if (!(milliseconds < LONGEST_TIMER_MS)) return undefined;
    const details = "Deadline exceeded while waiting for a credential";
    return setTimeout(() => this.cancelWithStatus(DEADLINE_EXCEEDED, details), milliseconds);
  }

  #noMetadata(): unknown {
    const { constructor: Metadata } = Object(this.#metadata) as { constructor: new () => unknown };
    return new Metadata();
  }
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

function withCredential(given: GrpcMetadata, credential: Credential): GrpcMetadata {
  const metadata = given.clone();
  for (const [name, value] of Object.entries(metadataOf(credential))) metadata.set(name, value);
  return metadata;
}

/** The status of a call for which there was no credential; grpc-js makes an error of it, with all that it has. */
function statusOf(error: unknown, metadata: unknown): GrpcStatus & { readonly cause: unknown } {
  const code = FaucetError.is(error) && error.retryable ? UNAVAILABLE : UNAUTHENTICATED;
  const { message } = Object(error) as { message?: unknown };
  return { code, details: typeof message === "string" ? message : "no credential", metadata, cause: error };
}
