/** The origins that a credential is meant for (W5). */

import { ConfigError, type ConfigFault } from "../values/errors.js";

/** Whether a credential may go to an origin. */
export type IsMeant = (origin: string) => boolean;

/** Every origin. */
export const anyOrigin: IsMeant = () => true;

/** The given origins. Throws a `ConfigError` for what is none; a URL with a path is none. */
export function listedOrigins(subject: string, origins: readonly string[]): IsMeant {
  if (!Array.isArray(origins)) {
    throw new ConfigError(subject, [{ path: "origins", message: "must be a list of origins" }]);
  }
  const faults: ConfigFault[] = origins.flatMap((given, index) => {
    if (isOrigin(given)) return [];
    return [{ path: `origins[${index}]`, message: "must be an origin, such as https://api.example" }];
  });
  if (faults.length > 0) throw new ConfigError(subject, faults);
  const listed = new Set(origins.map((origin) => new URL(origin).origin));
  // Nearly always it is spelt as the standard would; parsing it would cost more than all else here.
  return (origin) => listed.has(origin) || (URL.canParse(origin) && listed.has(new URL(origin).origin));
}

function isOrigin(given: unknown): boolean {
  if (typeof given !== "string" || !URL.canParse(given)) return false;
  const { origin, href } = new URL(given);
  return origin !== "null" && href === `${origin}/`;
}
