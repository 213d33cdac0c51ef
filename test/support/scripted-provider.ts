/** A provider that gives what it is told to, and keeps what was reported to it. */

import { type AuthProvider, type CallOptions, Credential } from "../../src/index.js";

export interface ScriptedProvider extends AuthProvider {
  readonly reported: Credential[];
  readonly asked: (AbortSignal | undefined)[];
}

export function scriptedProvider(
  first: Credential = Credential.bearer("t1"),
  next: Credential | Error = Credential.bearer("t2"),
): ScriptedProvider {
  const reported: Credential[] = [];
  const asked: (AbortSignal | undefined)[] = [];
  return {
    type: "scripted",
    name: "scripted",
    reported,
    asked,
    async getToken(options?: CallOptions) {
      asked.push(options?.signal);
      return first;
    },
    async invalidate(stale: Credential) {
      reported.push(stale);
      if (next instanceof Error) throw next;
      return next;
    },
  };
}
