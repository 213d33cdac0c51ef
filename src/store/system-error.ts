/** What an error of the file system means for a store: whether trying again helps, and what would. */

import { FaucetError, StoreError } from "../values/errors.js";

/** The `StoreError` for what went wrong with `subject` while it was to be read or written. */
export function storeErrorOf(subject: string, error: unknown): FaucetError {
  if (FaucetError.is(error)) return error;
  const code = codeOf(error) ?? "no reason given";
  return new StoreError(`${subject} (${code})${HINTS[code] ?? ""}`, { retryable: !isLasting(code), cause: error });
}

/** The code of an error of the system. */
export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/** What is not there is no fault. */
export function orNone(error: unknown): undefined {
  if (codeOf(error) !== "ENOENT") throw error;
}

const NO_EXCLUSIVE_STEP = ": a store needs a file system with hard links, or with atomic renames of folders";
const NO_SPACE = ": there is no space left for it";
const NOT_OURS = ": it belongs to somebody else";

const HINTS: Readonly<Record<string, string>> = {
  EACCES: NOT_OURS,
  EDQUOT: NO_SPACE,
  EMFILE: ": this process has too many files open",
  ENOENT: ": it was removed meanwhile, or a symbolic link on its path leads nowhere",
  ENOSPC: NO_SPACE,
  ENOSYS: NO_EXCLUSIVE_STEP,
  ENOTDIR: ": a part of its path is a file",
  ENOTSUP: NO_EXCLUSIVE_STEP,
  EOPNOTSUPP: NO_EXCLUSIVE_STEP,
  EPERM: `${NOT_OURS}, or its file system forbids it`,
  EROFS: ": its file system is read-only",
};

/** Whether the same call fails again until somebody changes the file system. */
function isLasting(code: string): boolean {
  // Windows says these also of a file that is just being removed or scanned.
  if (process.platform === "win32" && (code === "EACCES" || code === "EPERM")) return false;
  return LASTING.has(code);
}

const LASTING: ReadonlySet<string> = new Set([
  "EACCES",
  "ELOOP",
  "ENAMETOOLONG",
  "ENOSYS",
  "ENOTDIR",
  "ENOTSUP",
  "EOPNOTSUPP",
  "EPERM",
  "EROFS",
]);
