/** The surroundings that a process gives: its standard streams, its environment, its signals. */

import { setTimeout } from "node:timers/promises";
import { FAILURE, Interrupted } from "./exit-status.js";
import type { Output, Surroundings } from "./surroundings.js";

/** Those of this process. From now on, a second signal ends it at once; the first is the command's to obey. */
export function processSurroundings(): Surroundings {
  const { stdin, env } = process;
  const interruption = new AbortController();
  const listeners = new Set<(name: NodeJS.Signals) => void>();
  for (const name of SIGNALS) {
    process.on(name, () => {
      const isSecond = interruption.signal.aborted;
      interruption.abort(new Interrupted(name));
      for (const listener of listeners) listener(name);
      if (isSecond && listeners.size === 0) process.exit(new Interrupted(name).status);
    });
  }
  return {
    stdin,
    stdout: outputOf(process.stdout, "standard output"),
    stderr: outputOf(process.stderr, "standard error"),
    env,
    isInteractive: Boolean(stdin.isTTY && process.stderr.isTTY),
    signal: interruption.signal,
    onSignal: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    clock: Date.now,
    pause: (milliseconds) => {
      return setTimeout(milliseconds, undefined, { signal: interruption.signal }).catch(() => {
        throw interruption.signal.reason;
      });
    },
  };
}

/** Those that ask a program to end, and let it. */
const SIGNALS: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

function outputOf(stream: NodeJS.WriteStream, name: string): Output {
  stream.on("error", ({ code }: NodeJS.ErrnoException) => {
    // Whoever reads may leave early, as `head` does: then there is nobody to tell.
    if (code === "EPIPE") return;
    process.exitCode ||= FAILURE;
    if (stream !== process.stderr) process.stderr.write(`faucet-auth: ${name} cannot be written (${code})\n`);
  });
  return {
    write: (text) => {
      stream.write(text);
    },
    get columns() {
      return stream.isTTY ? stream.columns : undefined;
    },
  };
}
