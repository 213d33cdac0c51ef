/** The grant of a provider that somebody logs in to. */

import { type AuthProvider, administrationOf } from "faucet-auth";
import type { Consent } from "./authorization-code.js";
import { CommandFailure } from "./exit-status.js";

/** What a person does with a grant. */
export type Administration = NonNullable<ReturnType<typeof administrationOf>>;

/** That of `provider`. Throws for one that has no such grant, or not one of its own. */
export function loginGrantOf(provider: AuthProvider): { administration: Administration; consent: Consent } {
  const { name, type } = provider;
  const administration = administrationOf(provider);
  const { consent } = administration ?? {};
  if (administration !== undefined && consent !== undefined) return { administration, consent };
  refuseOtherAudience(provider);
  throw new CommandFailure(
    `${name} is of type ${type}, to which nobody logs in; oauth2_refresh is a type to which somebody does`,
  );
}

/** Throws for a provider whose grant is another one's to begin, to keep and to end. */
export function refuseOtherAudience(provider: AuthProvider): void {
  const { name, type } = provider;
  if (type !== "oauth2_refresh" || administrationOf(provider) !== undefined) return;
  throw new CommandFailure(`${name} is another audience of a grant: name the provider that it refers to`);
}
