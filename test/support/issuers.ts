/** Issuers that need no IdP, for tests of what is above one. */

import { Credential } from "../../src/values/credential.js";
import type { Issue, IssueContext, Issued } from "../../src/values/issued.js";

export interface Exchange {
  readonly why: IssueContext;
  issue(token: string, expiresIn?: number): void;
  fail(error: unknown): void;
}

/** An issuer whose exchanges the test ends, one by one. */
export function manualIssuer(): { issue: Issue; exchanges: Exchange[] } {
  const exchanges: Exchange[] = [];
  const issue: Issue = (why) =>
    new Promise<Issued>((resolve, reject) => {
      exchanges.push({
        why,
        issue: (token, expiresIn = 3600) => resolve({ credential: Credential.bearer(token), expiresIn }),
        fail: reject,
      });
    });
  return { issue, exchanges };
}

/** An issuer of `token-1`, `token-2`, … each with the given lifetime. */
export function numberedIssuer(expiresIn?: unknown): { issue: Issue; calls: IssueContext[] } {
  const calls: IssueContext[] = [];
  const issue: Issue = async (why) => {
    calls.push(why);
    return { credential: Credential.bearer(`token-${calls.length}`), expiresIn: expiresIn as number };
  };
  return { issue, calls };
}
