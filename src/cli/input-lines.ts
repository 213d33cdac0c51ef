/** Lines of standard input, which may stay open for as long as the terminal does. */

import { createInterface } from "node:readline";
import type { Surroundings } from "./surroundings.js";

/** Each line as it comes. Whoever leaves the loop lets go of the stream; an interruption ends it with an `Interrupted`. */
export async function* linesOf({ stdin, signal }: Pick<Surroundings, "stdin" | "signal">): AsyncGenerator<string> {
  const lines = createInterface({ input: stdin, signal });
  try {
    yield* lines;
    signal.throwIfAborted();
  } finally {
    // Leaving the loop does not close them on Node 20, and a stream that flows keeps the process from ending.
    lines.close();
    stdin.pause();
  }
}
