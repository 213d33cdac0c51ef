/** A JWT that shows who signed it (RFC 7523 §3): made anew for each request, since servers take its `jti` once (K2). */

import { randomUUID } from "node:crypto";
import type { Clock } from "../values/clock.js";
import { loadDependency } from "../values/load-dependency.js";
import type { Signer } from "./signing-key.js";

/** What an assertion says. */
export interface AssertionContent {
  /** Beside `jti`, `iat` and `exp`, which are made here. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Header parameters beside those of the key. */
  readonly header?: Readonly<Record<string, unknown>> | undefined;
  /** Seconds from `iat` to `exp`. */
  readonly lifetimeSecs?: number | undefined;
  /** How many seconds ago it says that it was issued, for a server whose clock may be behind. */
  readonly ageSecs?: number | undefined;
}

/** How long an assertion is good at most, in seconds: servers refuse longer ones. */
export const LONGEST_LIFETIME_SECS = 300;

/** Leaves a minute for clocks that differ where a server allows five. */
export const DEFAULT_LIFETIME_SECS = 240;

/** The claims that are made here. */
export const OWN_CLAIMS: readonly string[] = ["jti", "iat", "exp"];

/** A new assertion, with a `jti` that no other has. */
export async function signedAssertion(
  { key, header }: Signer,
  { claims, header: further, lifetimeSecs = DEFAULT_LIFETIME_SECS, ageSecs = 0 }: AssertionContent,
  clock: Clock,
): Promise<string> {
  const { SignJWT, importPKCS8 } = await loadDependency("jose", () => import("jose"));
  const iat = Math.floor(clock() / 1000) - ageSecs;
  const payload = { ...claims, jti: randomUUID(), iat, exp: iat + lifetimeSecs };
  // Where jose signs by the Web Cryptography API, as in Bun, it takes no key object of Node.
  const usable =
    key instanceof Uint8Array
      ? key
      : await importPKCS8(key.export({ type: "pkcs8", format: "pem" }) as string, header.alg);
  return new SignJWT(payload).setProtectedHeader({ typ: "JWT", ...further, ...header }).sign(usable);
}
