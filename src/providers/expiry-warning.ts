/** The warning of a lifetime that can hardly be meant: a wrong `expiry_path` or format shows only once there is an answer. */

/** Warns in the name of that provider, of the first doubt that it is given, and of no other. */
export function warningOfExpiry(provider: string): (doubt: string | undefined) => void {
  let hasWarned = false;
  return (doubt) => {
    if (doubt === undefined || hasWarned) return;
    hasWarned = true;
    process.emitWarning(`${provider}: ${doubt}`, { code: "FAUCET_AUTH_EXPIRY" });
  };
}
