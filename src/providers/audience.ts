/** What the tokens of one OAuth 2 grant are asked for: scopes and parameters, which tell its audiences apart (D9). */

import * as z from "zod/mini";
import type { Audience } from "../auth-provider.js";
import { check, isGiven, lazily } from "../config/check.js";
import { optional, scopes } from "../config/fields.js";
import { type Parameters, parameters } from "../config/parameters.js";
import { changed, type LiveData } from "../live/live-data.js";
import { paramsAreNoKeys, paramsKeepTheGrant } from "../oauth2/client-relations.js";

/** An audience in its normal form. */
export interface AudienceSettings {
  /** The scopes, with spaces between; `undefined` if none are asked for. */
  readonly scopes: string | undefined;
  readonly params: LiveData<Parameters>;
}

/** The schema of what a provider's `for` takes. */
export const audienceSchema = lazily(() => z.strictObject({ scopes: scopes(), params: optional(parameters()) }));

/**
 * `audience` over the one that is configured: its scopes in place of those, its parameters over those of the same name.
 *
 * @throws ConfigError about `subject`, by the rules of a provider's own `scopes` and `params`.
 */
export function audienceOver(
  configured: AudienceSettings,
  audience: Audience,
  { subject, ownParams }: { readonly subject: string; readonly ownParams: readonly string[] },
): AudienceSettings {
  const given = checkedAudience(subject, audience, ownParams);
  // One that is left empty is not sent, and neither is the configured one.
  const replaced = new Set(Object.keys(audience.params ?? {}));
  const over = (params: Parameters): Parameters => {
    return [...params.filter(([name]) => !replaced.has(name)), ...(given.params ?? [])];
  };
  return {
    scopes: isGiven(audience.scopes) ? given.scopes : configured.scopes,
    params: changed(configured.params, over),
  };
}

/** `audience` in its normal form, whoever is asked for it. Throws a `ConfigError` about `subject`. */
export function checkedAudience(
  subject: string,
  audience: unknown,
  ownParams: readonly string[] = [],
): z.output<ReturnType<typeof audienceSchema>> {
  const relations = [paramsKeepTheGrant, paramsAreNoKeys(ownParams)];
  return check(subject, audience, { schema: audienceSchema(), relations });
}

/** What tells an audience from others of its grant: the order of scopes and parameters is no matter. */
export function partsOfAudience({ scopes, params }: AudienceSettings): readonly unknown[] {
  return [[...new Set(scopes?.split(" "))].sort(), [...params.identity].sort()];
}

/** The parameters that are identifiers, and no secrets (S1). */
const IDENTIFIERS: ReadonlySet<string> = new Set(["audience", "resource"]);

const LONGEST_LABEL = 120;

/** An audience as it stands in a provider's name. Other values than identifiers may be secrets. */
export function labelOf({ scopes = "", params }: AudienceSettings): string {
  const shown = params.identity.map(([name, value]) => `${name}=${IDENTIFIERS.has(name) ? value : "***"}`);
  const label = [scopes, ...shown].filter((part) => part !== "").join(", ") || "no scopes";
  return label.length <= LONGEST_LABEL ? label : `${label.slice(0, LONGEST_LABEL - 1)}…`;
}
