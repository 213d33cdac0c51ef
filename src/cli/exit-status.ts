/** How a command ends that does not succeed: with a status for scripts, and with what a person reads. */

import { constants } from "node:os";

/** All went well. */
export const SUCCESS = 0;
/** What was asked for could not be had, or has faults. */
export const FAILURE = 1;
/** The command line itself is wrong. */
export const WRONG_USAGE = 2;

/** Ends a command with `status`. What a person should know stands in its message, which goes to standard error. */
export class CommandFailure extends Error {
  readonly status: number;

  constructor(message: string, status: number = FAILURE) {
    super(message);
    this.status = status;
  }
}

/** A command that was called in a way that makes no sense. */
export class UsageError extends CommandFailure {
  constructor(message: string) {
    super(message, WRONG_USAGE);
  }
}

/** A signal has come that asks the program to end. Its status is what a shell reports of it. */
export class Interrupted extends CommandFailure {
  readonly signalName: NodeJS.Signals;

  constructor(signalName: NodeJS.Signals) {
    super("interrupted", 128 + constants.signals[signalName]);
    this.signalName = signalName;
  }
}
