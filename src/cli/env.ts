/** `env`: runs a command that finds a token in its environment (L2). */

import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import type { Command } from "commander";
import { bareToken, type Credential, credentialHeaders } from "faucet-auth";
import { CommandFailure } from "./exit-status.js";
import { type PipelineOptions, readsPipeline, withProvider } from "./pipeline-file.js";
import type { Surroundings } from "./surroundings.js";

/** Adds `env FILE NAME -- COMMAND`. */
export function addEnv(program: Command, surroundings: Surroundings): void {
  readsPipeline(program.command("env"))
    .summary("run a command with a token in its environment")
    .description(
      "Runs a command whose environment has FAUCET_TOKEN, the bare token, and FAUCET_AUTHORIZATION, the value of the " +
        "header. Where a provider has no such thing, the variable is not set. Signals go on to the command, and its " +
        "exit status is that of faucet-auth.",
    )
    .argument("<NAME>", "the provider's name in the auth: block")
    .argument("<COMMAND...>", "the command and its arguments, behind --")
    .addHelpText("after", "\nExample:\n  faucet-auth env pipeline.yaml crm -- python3 load.py")
    .action(async (file: string, name: string, command: readonly string[], options: PipelineOptions) => {
      const { signal } = surroundings;
      const credential = await withProvider(file, name, options, surroundings, (provider) => {
        return provider.getToken({ signal });
      });
      const status = await statusOf(command, credential, surroundings);
      if (status !== 0) throw new CommandFailure("", status);
    });
}

/** Runs the command to its end, and gives the status that a shell would see. */
function statusOf(
  [command = "", ...args]: readonly string[],
  credential: Credential,
  { env, isInteractive, onSignal }: Surroundings,
): Promise<number> {
  const child = started(command, args, { ...env, ...variablesOf(credential) });
  const stop = onSignal((name) => {
    // A terminal sends its Ctrl-C to all that run in it: the command has got it already.
    if (name !== "SIGINT" || !isInteractive) child.kill(name);
  });
  return new Promise<number>((resolve, reject) => {
    child.on("error", (error: NodeJS.ErrnoException) => reject(notStarted(command, error)));
    child.on("exit", (code, name) => resolve(name === null ? (code ?? 0) : 128 + constants.signals[name]));
  }).finally(stop);
}

/** Some of what keeps a command from being run is thrown at once, the rest becomes an event. */
function started(command: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  try {
    return spawn(command, args, { stdio: "inherit", env });
  } catch (error) {
    throw notStarted(command, error as NodeJS.ErrnoException);
  }
}

/** `undefined` leaves a variable out, also one that was there before. */
function variablesOf(credential: Credential): Record<string, string | undefined> {
  const read = (what: () => string | undefined): string | undefined => {
    try {
      return what();
    } catch {
      return undefined;
    }
  };
  return {
    FAUCET_TOKEN: read(() => bareToken(credential).token),
    FAUCET_AUTHORIZATION: read(() => {
      const headers = Object.entries(credentialHeaders(credential));
      return headers.find(([name]) => name.toLowerCase() === "authorization")?.[1];
    }),
  };
}

/** As shells say it. */
function notStarted(command: string, { code }: NodeJS.ErrnoException): CommandFailure {
  if (code === "ENOENT" || command === "") return new CommandFailure(`${command || "''"}: command not found`, 127);
  const reason = code === "E2BIG" ? ": its arguments and its environment, with the token in it, are too long" : "";
  return new CommandFailure(`${command}: cannot be run (${code})${reason}`, 126);
}
