/** Answers that ask for another signature: they say nothing of the credential (P6). */

import type { Credential, SignedAnswer } from "../values/credential.js";

/** Whether an answer asks to sign its request anew. Each signer hears of each answer: it may have a nonce for the next. */
export function isChallenged(credential: Credential, answer: () => SignedAnswer): boolean {
  if (credential.type !== "signer" && credential.type !== "composite") return false;
  const parts = credential.type === "composite" ? credential.parts : [credential];
  const verdicts = parts.map((part) => part.type === "signer" && part.isChallenge?.(answer()) === true);
  return verdicts.includes(true);
}
