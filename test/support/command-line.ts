/** The command line in this process, with standard streams that are texts. */

import { Readable } from "node:stream";
import { onTestFinished } from "vitest";
import { runCommandLine } from "../../src/cli/command-line.js";
import { Interrupted } from "../../src/cli/exit-status.js";
import type { Surroundings } from "../../src/cli/surroundings.js";

/** What a test may say of the surroundings. */
export interface CommandOptions {
  readonly stdin?: string | Readable;
  readonly env?: Readonly<Record<string, string>>;
  readonly isInteractive?: boolean;
  /** The width of the terminal that standard output and standard error are; none by default. */
  readonly columns?: number;
  readonly clock?: () => number;
  /** In place of waiting so many milliseconds. */
  readonly pause?: (milliseconds: number) => Promise<void>;
  /** Is given what a command writes to standard error, as it comes. */
  readonly onStderr?: (text: string) => void;
}

export interface CommandEnded {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export interface RunningCommand {
  readonly ended: Promise<CommandEnded>;
  /** Sends it a signal, as Ctrl-C does. */
  interrupt(name?: NodeJS.Signals): void;
}

/** Runs `faucet-auth` with these arguments, and waits for its end. */
export function commandLine(args: readonly string[], options: CommandOptions = {}): Promise<CommandEnded> {
  return startCommandLine(args, options).ended;
}

/** Runs `faucet-auth` with these arguments. It is interrupted when the test ends, if it runs that long. */
export function startCommandLine(args: readonly string[], options: CommandOptions = {}): RunningCommand {
  const {
    stdin = "",
    env = {},
    isInteractive = false,
    columns,
    clock = Date.now,
    pause = async () => {},
    onStderr = () => {},
  } = options;
  const interruption = new AbortController();
  const listeners = new Set<(name: NodeJS.Signals) => void>();
  let stdout = "";
  let stderr = "";
  const surroundings: Surroundings = {
    stdin: typeof stdin === "string" ? Readable.from([stdin]) : stdin,
    stdout: {
      columns,
      write: (text) => {
        stdout += text;
      },
    },
    stderr: {
      columns,
      write: (text) => {
        stderr += text;
        onStderr(text);
      },
    },
    env,
    isInteractive,
    signal: interruption.signal,
    onSignal: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    clock,
    pause: async (milliseconds) => {
      interruption.signal.throwIfAborted();
      await pause(milliseconds);
      interruption.signal.throwIfAborted();
    },
  };
  const interrupt = (name: NodeJS.Signals = "SIGINT"): void => {
    interruption.abort(new Interrupted(name));
    for (const listener of listeners) listener(name);
  };
  const ended = runCommandLine(args, surroundings).then((status) => ({ status, stdout, stderr }));
  onTestFinished(async () => {
    interrupt();
    await ended;
  });
  return { ended, interrupt };
}
