/** What a command sees of the process that it runs in. Tests bring their own. */

import type { Readable } from "node:stream";

/** Where a command reads and writes, and who can interrupt it. */
export interface Surroundings {
  /** Is read only by a command that was told to. */
  readonly stdin: Readable;
  /** Results, and secrets that were asked for. Nothing else goes there (L5). */
  readonly stdout: Output;
  /** Progress, questions and errors. */
  readonly stderr: Output;
  /** For what the command itself looks at, such as `NO_COLOR`. `${env:NAME}` of a document is the library's. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether somebody sits there who can answer: both standard input and standard error are a terminal. */
  readonly isInteractive: boolean;
  /** Aborted by the first Ctrl-C, or another signal that ends programs, with an `Interrupted`. Give it to whatever waits. */
  readonly signal: AbortSignal;
  /** Calls `listener` with each such signal, from now on; the function that it gives ends that. */
  onSignal(listener: (name: NodeJS.Signals) => void): () => void;
  /** The wall clock, in milliseconds since the epoch. */
  readonly clock: () => number;
  /** Waits so many milliseconds. Rejects when the command is interrupted. */
  readonly pause: (milliseconds: number) => Promise<void>;
}

/** A standard stream that is written to. */
export interface Output {
  write(text: string): void;
  /** The width of the terminal in characters; `undefined` where it is none. */
  readonly columns: number | undefined;
}

/** What `work` gives. Rejects as soon as the command is interrupted, whatever becomes of the work. */
export function untilInterrupted<T>(work: Promise<T>, { signal }: Pick<Surroundings, "signal">): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/** The width that a text is made for: that of the terminal, which may say 0, else what scripts and mails expect. */
export function widthOf({ columns }: Output): number {
  return columns || 80;
}
