/** `{ ref, for }`: a provider of the catalog, or another audience of its grant (G4, D9). */

import type { Audience } from "../auth-provider.js";
import { faultsOf, isGiven, redactKey } from "../config/check.js";
import { checkedAudience } from "../providers/audience.js";
import { audienceOf } from "../providers/audiences.js";
import { ConfigError, type ConfigFault } from "../values/errors.js";
import { type CatalogProvider, complete } from "./catalog-provider.js";
import { Scalar } from "./scalar.js";

/** A reference in its normal form. */
export interface EntryReference {
  readonly ref: string;
  /** Not checked yet: the provider that is referred to knows what may be asked of it. */
  readonly audience: unknown;
}

/** Whether `spec` refers to a provider, and does not define one. */
export function isReference(spec: unknown): spec is object {
  return typeof spec === "object" && spec !== null && !(spec instanceof Scalar) && "ref" in spec;
}

/** The reference that `spec` is. Throws a `ConfigError` for a name that is none, and for any key beside `ref` and `for`. */
export function referenceOf(spec: object): EntryReference {
  const { ref: name, for: audience, ...others } = spec as Readonly<Record<string, unknown>>;
  const ref = name instanceof Scalar ? name.text : name;
  const faults: ConfigFault[] = Object.keys(others).map((key) => ({ path: redactKey(key), message: BESIDE }));
  if (typeof ref === "string" && faults.length === 0) return { ref, audience };
  if (typeof ref !== "string") faults.push({ path: "ref", message: "must be the name of a provider" });
  throw new ConfigError("auth", faults);
}

const BESIDE = "cannot stand beside ref: a provider is referred to (for another audience: by for) or defined";

/**
 * The provider that a reference stands for: `referred` itself, or what its `for` gives. An entry of a catalog gives that
 * its `name`. Throws a `ConfigError` for what cannot be asked.
 */
export function providerFor(referred: CatalogProvider, audience: unknown, name?: string): CatalogProvider {
  if (!isGiven(audience)) return referred;
  const outcome = faultsOf("for", () => audienceOf(referred, audience as Audience, name));
  if ("faults" in outcome) throw new ConfigError("auth", outcome.faults);
  const { built: provider } = outcome;
  if (provider === undefined) throw new ConfigError("auth", [{ path: "for", message: noAudiences(referred) }]);
  return complete(provider);
}

/** What is wrong with the audience of a reference whose provider is not there to judge it. */
export function faultsOfAudience(audience: unknown): readonly ConfigFault[] {
  if (!isGiven(audience)) return [];
  const outcome = faultsOf("for", () => checkedAudience("auth", audience));
  return "faults" in outcome ? outcome.faults : [];
}

function noAudiences({ name, type }: CatalogProvider): string {
  return `${name} is of type ${type}, and has no scopes or parameters that could be others; of OAuth 2 types, another audience can be asked for`;
}
