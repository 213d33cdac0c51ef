/**
 * The command line: which commands there are, and what becomes of their errors.
 *
 * A command is one file, named after it, with one function of type `AddCommand`, and one line in `COMMANDS` below. The
 * function declares arguments and options on the program that it is given, in commander's way, with an example in its
 * help; `.action()` gets what a user wrote, and does the work with the surroundings. It returns when all went well, and
 * throws otherwise: a `CommandFailure` for a status of its own, a `UsageError` for what makes no sense, or whatever the
 * library throws, whose message is printed. It never calls `process.exit`, and never touches `process.stdout`.
 *
 * What only that command needs, and is slow to load, it imports within its action.
 */

import { Command, CommanderError, Help } from "commander";
import { addCheck } from "./check.js";
import { addEnv } from "./env.js";
import { CommandFailure, FAILURE, SUCCESS, WRONG_USAGE } from "./exit-status.js";
import { addLogin } from "./login.js";
import { fitted } from "./prose.js";
import { addRefresh } from "./refresh.js";
import { addRevoke } from "./revoke.js";
import { addSchema } from "./schema.js";
import { addServe } from "./serve.js";
import { type Surroundings, widthOf } from "./surroundings.js";
import { addHeader, addToken } from "./token.js";

/** The package's version; the build puts it here. */
declare const FAUCET_AUTH_VERSION: string | undefined;

/** Adds one command to the program. */
export type AddCommand = (program: Command, surroundings: Surroundings) => void;

/** In the order in which `--help` lists them. */
const COMMANDS: readonly AddCommand[] = [
  addLogin,
  addCheck,
  addToken,
  addHeader,
  addEnv,
  addRefresh,
  addRevoke,
  addServe,
  addSchema,
];

/** Runs what `args` ask for, and gives the exit status of the process. */
export async function runCommandLine(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const program = programIn(surroundings);
  try {
    await program.parseAsync(args, { from: "user" });
    return SUCCESS;
  } catch (error) {
    // Commander has said by then what is wrong, or shown the help.
    if (error instanceof CommanderError) return error.exitCode === 0 ? SUCCESS : WRONG_USAGE;
    const status = error instanceof CommandFailure ? error.status : FAILURE;
    tell(error as Error, status, surroundings);
    return status;
  }
}

/** What has failed stays whole: its addresses and commands are there to be copied. */
function tell({ message }: Error, status: number, { stderr }: Surroundings): void {
  if (message === "") return;
  const text = `faucet-auth: ${message}\n`;
  stderr.write(status === WRONG_USAGE ? fitted(text, stderr) : text);
}

function programIn(surroundings: Surroundings): Command {
  const { stdout, stderr, env } = surroundings;
  const program = new Command("faucet-auth")
    .description("Log in once, and share one live token between scripts, programs and machines.")
    .version(
      typeof FAUCET_AUTH_VERSION === "string" ? FAUCET_AUTH_VERSION : "source",
      "-V, --version",
      "print the version",
    )
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [command]", "show the help of a command")
    .showHelpAfterError("(--help tells more)")
    .exitOverride()
    .configureHelp({ formatItem, minWidthToWrap: 20 })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError: (text, write) => write(fitted(text, stderr)),
      getOutHelpWidth: () => widthOf(stdout),
      getErrHelpWidth: () => widthOf(stderr),
      getOutHasColors: () => stdout.columns !== undefined && !env.NO_COLOR,
      getErrHasColors: () => stderr.columns !== undefined && !env.NO_COLOR,
    });
  for (const add of COMMANDS) add(program, surroundings);
  return program;
}

/** In a narrow terminal, what a thing is stands below its name. */
function formatItem(this: Help, term: string, termWidth: number, description: string, help: Help): string {
  const { helpWidth = 80 } = help;
  if (helpWidth >= 60) return Help.prototype.formatItem.call(this, term, termWidth, description, help);
  const lines = [
    term,
    ...help
      .boxWrap(description, helpWidth - 6)
      .split("\n")
      .map((line) => `    ${line}`),
  ];
  return lines.map((line) => `  ${line}`).join("\n");
}
