/** What an error of the driver or of the server means for a store: whether trying again helps, and what would. */

import { FaucetError, StoreError } from "faucet-auth";

/** The `StoreError` for what `server` could not do. Nothing of the error's own text is in it: that may quote a row or a password. */
export function postgresErrorOf(server: string, error: unknown): FaucetError {
  if (FaucetError.is(error)) return error;
  const code = codeOf(error);
  const { hint, retryable = true } = hintOf(error, code) ?? {};
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

function hintOf(error: unknown, code: string | undefined): Hint | undefined {
  const { message, syscall, path } = (error ?? {}) as Readonly<Record<string, unknown>>;
  if (syscall === "open" && typeof path === "string") return unreadable(path);
  if (code !== undefined) return HINTS[code];
  const [, hint] = HINTS_OF_DRIVER.find(([words]) => String(message).includes(words)) ?? [];
  return hint ?? WITHOUT_CODE;
}

/** A file that the connection string names. Where a key stands in place of its path, that is not repeated. */
function unreadable(path: string): Hint {
  const isPath = path.length <= LONGEST_PATH && !path.includes("-----");
  const file = isPath ? `the file ${path}` : "what stands for a file";
  return { hint: `${file} in its connection string cannot be read`, retryable: false };
}

const LONGEST_PATH = 120;

/** By words of what the driver throws without a code. */
const HINTS_OF_DRIVER: readonly (readonly [words: string, hint: Hint])[] = [
  [
    "does not support SSL",
    { hint: "it has no TLS: turn that on there, or take sslmode out of the connection string", retryable: false },
  ],
  ["client password must be", { hint: "it wants a password, and the connection string has none", retryable: false }],
  ["timeout", { hint: "there was no connection in time" }],
  ["terminated", { hint: "the connection was lost" }],
];

const WITHOUT_CODE: Hint = { hint: "the driver says why in words that may quote a secret, and gives no code" };

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
