/** The origins that a credential is meant for (W5). */

import { isOrigin } from "../http/url.js";
import type { ConfigFault } from "../values/errors.js";

/** Whether a credential may go to an origin. */
export type IsMeant = (origin: string) => boolean;

/** The given origins, which have been checked. */
export function listedOrigins(origins: readonly string[]): IsMeant {
  const listed = new Set(origins.map((origin) => new URL(origin).origin));
  // Nearly always it is spelt as the standard would; parsing it would cost more than all else here.
  return (origin) => listed.has(origin) || (URL.canParse(origin) && listed.has(new URL(origin).origin));
}

/** What is wrong with a list of origins. A URL with a path is no origin. */
export function faultsOfOrigins(origins: unknown): string | ConfigFault[] {
  if (!Array.isArray(origins)) return "must be a list of origins";
  return origins.flatMap((given, index) => {
    if (isOrigin(given)) return [];
    return [{ path: `origins[${index}]`, message: "must be an origin, such as https://api.example" }];
  });
}
