/** What an error of the driver or of the server means for a store: whether trying again helps, and what would. */

import { FaucetError, StoreError } from "faucet-auth";

/** The `StoreError` for what `server` could not do. Nothing of the error's own text is in it: that may quote a row or a password. */
export function postgresErrorOf(server: string, error: unknown): FaucetError {
  if (FaucetError.is(error)) return error;
  const code = codeOf(error);
  const { hint, retryable = true } = HINTS[code ?? ""] ?? {};
  const reason = code === undefined ? "" : ` (${code})`;
  return new StoreError(`${server} cannot be used${reason}${hint === undefined ? "" : `: ${hint}`}`, { retryable });
}

/** The SQLSTATE, or the code of the system. What the driver itself throws has none. */
export function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === "string" && /^\w{1,40}$/.test(code) ? code : undefined;
}

interface Hint {
  readonly hint: string;
  /** False for what only a person can mend. */
  readonly retryable?: boolean;
}

const REFUSED: Hint = { hint: "it refuses the user name or the password", retryable: false };
const NO_PERMISSION: Hint = { hint: "its user lacks a permission", retryable: false };
const OTHER_TABLE: Hint = { hint: "the table is not as it should be", retryable: false };

/** By SQLSTATE (PostgreSQL, appendix A). */
const HINTS: Readonly<Record<string, Hint>> = {
  "25006": { hint: "it can only be read: it is a standby, or recovers" },
  "28000": REFUSED,
  "28P01": REFUSED,
  "3D000": { hint: "there is no such database", retryable: false },
  "3F000": { hint: "there is no such schema", retryable: false },
  "42501": NO_PERMISSION,
  "42703": OTHER_TABLE,
  "42804": OTHER_TABLE,
  "42809": OTHER_TABLE,
  "42P01": { hint: "there is no such table, and create is false", retryable: false },
  "42P10": OTHER_TABLE,
  "53100": { hint: "there is no space left for it" },
  "53300": { hint: "it has too many connections" },
  "57P01": { hint: "it is being shut down" },
  "57P03": { hint: "it is starting" },
};
