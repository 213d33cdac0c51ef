/** What an error of the client or of the server means for a store: whether trying again helps, and what would. */

import { FaucetError, StoreError } from "faucet-auth";

/** The `StoreError` for what `server` could not do. Nothing of the error's own text is in it: that may quote a record or a URL. */
export function redisErrorOf(server: string, error: unknown): FaucetError {
  if (FaucetError.is(error)) return error;
  const code = codeOf(error);
  const { hint, retryable = true } = hintOf(error, code) ?? {};
  const reason = code === undefined ? "" : ` (${code})`;
  return new StoreError(`${server} cannot be used${reason}${hint === undefined ? "" : `: ${hint}`}`, {
    retryable,
  });
}

/** The word that an error of the server begins with, the code of the system, or the class of an error of the client. */
export function codeOf(error: unknown): string | undefined {
  const { message, code } = (error ?? {}) as { message?: unknown; code?: unknown };
  const given = typeof message === "string" ? message : "";
  const text = reasonIn(given);
  // How it is said of a command in a script, up to Redis 7.0.
  if (text.startsWith("The user executing the script can't")) return "NOPERM";
  const [word] = WORD.exec(text) ?? WORD.exec(given) ?? [];
  if (word !== undefined) return word;
  return [code, error?.constructor?.name].find((name) => typeof name === "string" && /^\w{3,40}$/.test(name)) as
    | string
    | undefined;
}

const WORD = /^[A-Z]{3,20}(?= )/;

/** The text without what Redis puts before it when a script has failed: Redis 6.2 names the script and its line. */
function reasonIn(message: string): string {
  return message.replace(/^ERR (?:Error running script \(.*?\): )?(?:@?user_script: ?\d+: )*-?(?=[A-Z])/, "");
}

/** What the server says under no word of its own, it begins with ERR: then the sentence tells. */
function hintOf(error: unknown, code: string | undefined): Hint | undefined {
  if (code !== "ERR") return HINTS[code ?? ""];
  const { message } = error as { readonly message: string };
  return HINTS_OF_SENTENCES.find(([words]) => message.includes(words))?.[1];
}

interface Hint {
  readonly hint: string;
  /** False for what only a person can mend. */
  readonly retryable?: boolean;
}

const NO_DATABASE: Hint = { hint: "it has no database of the number that its URL names", retryable: false };
const REFUSED: Hint = { hint: "it refuses the user name or the password", retryable: false };

const HINTS: Readonly<Record<string, Hint>> = {
  ClientClosedError: { hint: "the client that was given is not connected" },
  MISCONF: { hint: "it cannot save to its disk" },
  NOAUTH: REFUSED,
  NOPERM: { hint: "its user lacks a permission", retryable: false },
  OOM: { hint: "its memory is full" },
  // What a cluster says, in which there is only the database 0: "ERR SELECT is not allowed …".
  SELECT: NO_DATABASE,
  READONLY: { hint: "it is a replica, and cannot be written" },
  WRONGPASS: REFUSED,
  WRONGTYPE: { hint: "a key of the record is something else", retryable: false },
};

const HINTS_OF_SENTENCES: readonly (readonly [words: string, hint: Hint])[] = [
  ["DB index is out of range", NO_DATABASE],
  ["unknown command", { hint: "it lacks a command that Redis 6.2 has", retryable: false }],
];
