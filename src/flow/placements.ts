/** What a flow puts onto each request: values that were captured, and signatures (P4). */

import * as z from "zod/mini";
import { type Field, faultAt, optional, text } from "../config/fields.js";
import type { Clock } from "../values/clock.js";
import { Credential, type PartCredential } from "../values/credential.js";
import { isToken } from "../values/http-field.js";
import { CLOCK_NAMES, clockValues } from "./clock-values.js";
import {
  type SignatureConfig,
  type SignatureSettings,
  signatureField,
  signatureHeader,
  templatesOf,
} from "./hmac-signature.js";
import { faultsOfTemplates, namesIn, render, type TemplateFault, type Values } from "./template.js";

/** One thing that goes onto each request: `into`, `name` and `value`; or `sign`. */
export interface PlacementConfig {
  /** `header`, `query`, `cookie` or `body`. */
  readonly into?: "header" | "query" | "cookie" | "body" | null;
  /** The name of the header, the parameter, the cookie or the member. */
  readonly name?: string | null;
  /** Its value, in which `${name}`, `${ts}` and `${nonce}` stand for their values. */
  readonly value?: string | null;
  /** Signs the request, in place of the others. */
  readonly sign?: SignatureConfig | null;
}

/** One of them in its normal form. */
export type Placement =
  | { readonly into: "header" | "query" | "cookie" | "body"; readonly name: string; readonly value: string }
  | { readonly sign: SignatureSettings };

/** The field for it. */
export const placementField = (): Field<Placement> =>
  z.pipe(
    z
      .strictObject({
        into: optional(z.enum(["header", "query", "cookie", "body"])),
        name: optional(text()),
        value: optional(text()),
        sign: optional(signatureField()),
      })
      .check((payload) => {
        const { into, name, value, sign } = payload.value;
        const given = Object.entries({ into, name, value }).filter(([, each]) => each !== undefined);
        const missing = Object.entries({ into, name, value }).filter(([, each]) => each === undefined);
        if (sign !== undefined) {
          for (const [key] of given) payload.issues.push(faultAt([key], "cannot stand beside sign"));
        } else {
          for (const [key] of missing) payload.issues.push(faultAt([key], "is required, unless there is sign"));
          const isNamed = into === "header" || into === "cookie";
          if (isNamed && name !== undefined && !isToken(name)) {
            payload.issues.push(faultAt(["name"], `is not the name of a ${into}`));
          }
        }
      }),
    z.transform(({ into = "header", name = "", value = "", sign }): Placement => {
      return sign === undefined ? { into, name, value } : { sign };
    }),
  );

/** What is wrong with its templates, where `captured` are the names that steps capture. */
export function faultsOfPlacement(placement: Placement, captured: readonly string[]): readonly TemplateFault[] {
  const templates =
    "sign" in placement ? templatesOf(placement.sign) : [{ path: ["value"], template: placement.value }];
  return faultsOfTemplates(templates, [...captured, ...CLOCK_NAMES]);
}

/** What may be printed of where captured values and signatures go. */
export function visiblePlacements(placements: readonly Placement[]): readonly Record<string, string>[] {
  return placements.map((each) =>
    "sign" in each ? { sign: each.sign.alg, header: each.sign.into.header } : { into: each.into, name: each.name },
  );
}

/** Makes of what was captured what goes onto requests. Throws a `TypeError` for values that cannot go there. */
export function credentialOf(placements: readonly Placement[], clock: Clock): (captured: Values) => Credential {
  const isTimed = placements.some((each) => "sign" in each || namesIn(each.value).some(isOfClock));
  if (!isTimed) return (captured) => together(placements, captured);
  return (captured) => {
    const sign = (): Credential => together(placements, { ...captured, ...clockValues(clock) });
    // What is captured must fit, which shows at once and not with the first request.
    sign();
    return Credential.signer({ scheme: "flow", secret: JSON.stringify(captured), sign });
  };
}

function isOfClock(name: string): boolean {
  return CLOCK_NAMES.includes(name);
}

/** At one moment, so that all have the same time and the same nonce. */
function together(placements: readonly Placement[], values: Values): Credential {
  const [first, ...others] = placements.map((each) => partOf(each, values));
  if (first === undefined) return Credential.headers({});
  return others.length === 0 ? first : Credential.composite([first, ...others]);
}

function partOf(placement: Placement, values: Values): PartCredential {
  if ("sign" in placement) return Credential.header(...signatureHeader(placement.sign, values));
  return Credential[placement.into](placement.name, render(placement.value, values));
}
