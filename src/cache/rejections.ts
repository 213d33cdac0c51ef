/**
 * Generations that end one after another by rejection (F5), as a pure fold: an API that refuses one
 * token after the other may refuse everything, and is believed more and more slowly.
 */

import { replaceableAge } from "../failure/policy.js";
import type { Lifespan } from "../values/lifespan.js";

/** How many generations have been rejected in a row. */
export type Rejections = number;

/** The count before any, after a generation that has lived its life, and after one that an API has accepted. */
export const NO_REJECTIONS: Rejections = 0;

/** Whether a report of a generation is believed, so that it is replaced, and the count after it. */
export function afterReport(
  before: Rejections,
  { issuedAt, freshUntil }: Lifespan,
  now: number,
): { readonly isBelieved: boolean; readonly rejections: Rejections } {
  // One that lived to its freshness end is no sign of an API that refuses everything.
  const inARow = now >= freshUntil ? NO_REJECTIONS : before;
  const isTooYoung = now >= issuedAt && now - issuedAt < replaceableAge(inARow);
  return isTooYoung ? { isBelieved: false, rejections: inARow } : { isBelieved: true, rejections: inARow + 1 };
}
