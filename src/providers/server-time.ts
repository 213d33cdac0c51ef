/** What time a server says it is, beside our own clock: the lifetime of a token is measured by both. */

import { within } from "../failure/deadline.js";
import { dateOf } from "../http/http-date.js";
import { displayUrl } from "../http/url.js";
import type { Errand } from "../oauth2/discovery.js";
import { TransportError } from "../values/errors.js";

/** What the clock of a server says. */
export interface ServerTime {
  readonly server: string;
  /** By how many milliseconds our clock is ahead of the server's; `undefined` where the server does not say. */
  readonly skew: number | undefined;
}

/** Whom to ask, and how. */
interface Question {
  readonly url: URL;
  readonly errand: Errand;
}

/** Asks by a request that carries nothing secret. Rejects with a `TransportError` where the server does not answer. */
export function serverTime(questionFor: (signal: AbortSignal) => Promise<Question>): Promise<ServerTime> {
  const late = (): Error => new TransportError(`no answer within ${ANSWER_MS / 1000} s`);
  return within(ANSWER_MS, late, async (signal) => {
    const { url, errand } = await questionFor(signal);
    const answer = await errand.send({ method: "HEAD", url: new URL(displayUrl(url)), headers: {} });
    return { server: url.origin, skew: skewOf(dateOf(answer), answer.receivedAt) };
  });
}

/** A server that takes longer, in milliseconds, does not answer. */
const ANSWER_MS = 10_000;

/** The header has whole seconds: within the second that it names, nothing is ahead of anything. */
function skewOf(date: number | undefined, now: number): number | undefined {
  if (date === undefined) return undefined;
  const ahead = now - date;
  return ahead > 1000 ? ahead - 1000 : Math.min(ahead, 0);
}
