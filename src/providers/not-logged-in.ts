/** What is said of a grant that has no refresh token to present: why that is so, and the command by which somebody logs in. */

import { documentOf, type Runtime } from "./runtime.js";

/** The fault of such a grant: nobody has agreed to it yet, or what was `configured` for it was revoked. */
export function faultOfNoLogin(name: string, configured: string | undefined, runtime: Runtime): string {
  const command = loginCommand(name, documentOf(runtime));
  return configured === undefined
    ? `nobody has logged in yet, which this does: ${command}`
    : `its grant was revoked, and its refresh_token with it: configure another, or log in: ${command}`;
}

/** As it can be pasted into a shell, whatever file and provider are called. */
function loginCommand(name: string, document = "FILE"): string {
  const words = [document, name];
  // What begins with a dash would be taken for an option.
  const end = words.some((word) => word.startsWith("-")) ? ["--"] : [];
  return ["faucet-auth login", ...end, ...words.map(quoted)].join(" ");
}

/** A word of a POSIX shell: within single quotes nothing but their end has a meaning. */
function quoted(word: string): string {
  return /^[\w%+,./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
