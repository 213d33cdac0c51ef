/** What a flow puts onto each request: values that were captured, and signatures (P4). */

import * as z from "zod/mini";
import { type Field, faultAt, optional, text } from "../config/fields.js";
import { type LiveText, liveText } from "../live/live-text.js";
import { fixedValue, type LiveValue } from "../live/live-value.js";
import type { Clock } from "../values/clock.js";
import { Credential, type PartCredential } from "../values/credential.js";
import { isToken } from "../values/http-field.js";
import { CLOCK_NAMES, clockValues } from "./clock-values.js";
import {
  SIGNATURE_NAME,
  type SignatureConfig,
  type SignatureSettings,
  signatureField,
  signatureOf,
  templatesOf,
} from "./hmac-signature.js";
import {
  asTemplate,
  faultsOfTemplates,
  namesIn,
  render,
  sampleOf,
  type TemplateFault,
  type Values,
} from "./template.js";

/** One thing that goes onto each request: `into`, `name` and `value`; or `sign`. */
export interface PlacementConfig {
  /** `header`, `query`, `cookie` or `body`. */
  readonly into?: "header" | "query" | "cookie" | "body" | null;
  /** The name of the header, the parameter, the cookie or the member. */
  readonly name?: string | null;
  /** Its value, in which `${name}`, `${ts}` and `${nonce}` stand for their values; what a file or a function gives is no template. */
  readonly value?: LiveText | null;
  /** Signs the request, in place of the others. */
  readonly sign?: SignatureConfig | null;
}

/** One of them in its normal form. */
export type Placement =
  | { readonly into: "header" | "query" | "cookie" | "body"; readonly name: string; readonly value: LiveValue }
  | { readonly sign: SignatureSettings };

/** The field for it. */
export const placementField = (): Field<Placement> =>
  z.pipe(
    z
      .strictObject({
        into: optional(z.enum(["header", "query", "cookie", "body"])),
        name: optional(text()),
        value: optional(liveText("value", { role: "grant" })),
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
          const fault = faultOfPlace(payload.value);
          if (fault !== undefined && payload.issues.length === 0) payload.issues.push(faultAt(["value"], fault));
        }
      }),
    z.transform(({ into = "header", name = "", value = fixedValue("", "grant"), sign }): Placement => {
      return sign === undefined ? { into, name, value } : { sign };
    }),
  );

/** Where something goes, and what, in so far as it is given. */
type GivenPlace = { readonly [K in "into" | "name" | "value"]: Extract<Placement, { into: unknown }>[K] | undefined };

/** Why nothing can go there, whatever is captured. What is live is checked when it is read. */
function faultOfPlace({ into, name, value }: GivenPlace): string | undefined {
  if (into === undefined || name === undefined || value === undefined || value.isLive) return undefined;
  try {
    Credential[into](name, sampleOf(value.text));
    return undefined;
  } catch (error) {
    return (error as TypeError).message;
  }
}

/** What is wrong with its templates, where `captured` are the names that steps capture. */
export function faultsOfPlacement(placement: Placement, captured: readonly string[]): readonly TemplateFault[] {
  const templates =
    "sign" in placement ? templatesOf(placement.sign) : [{ path: ["value"], template: templateOf(placement.value) }];
  return faultsOfTemplates(templates, [...captured, ...CLOCK_NAMES]);
}

/** The names of what must be captured for them. */
export function neededBy(placements: readonly Placement[]): readonly string[] {
  const templates = placements.flatMap((each) =>
    "sign" in each ? templatesOf(each.sign).map(({ template }) => template) : [templateOf(each.value)],
  );
  return templates.flatMap(namesIn).filter((name) => !isOfClock(name) && name !== SIGNATURE_NAME);
}

/** What may be printed of where captured values and signatures go. */
export function visiblePlacements(placements: readonly Placement[]): readonly Record<string, string>[] {
  return placements.map((each) =>
    "sign" in each ? { sign: each.sign.alg, header: each.sign.into.header } : { into: each.into, name: each.name },
  );
}

/** What of them is read before each login. */
export function valuesOf(placements: readonly Placement[]): readonly LiveValue[] {
  return placements.map((each) => ("sign" in each ? each.sign.key : each.value)).filter(({ isLive }) => isLive);
}

/** Makes of what was captured, and of what was read last, what goes onto requests. Throws a `TypeError` for values that cannot go there. */
export function credentialOf(placements: readonly Placement[], clock: Clock): (captured: Values) => Credential {
  const isTimed = placements.some((each) => "sign" in each || namesIn(templateOf(each.value)).some(isOfClock));
  if (!isTimed) return (captured) => together(placements, captured);
  return (captured) => {
    const now = placements.map(asRead);
    const sign = (): Credential => together(now, { ...captured, ...clockValues(clock) });
    // What is captured must fit, which shows at once and not with the first request.
    sign();
    const secret = JSON.stringify([captured, ...valuesOf(placements).map(({ text }) => text)]);
    return Credential.signer({ scheme: "flow", secret, sign });
  };
}

/** What is live has no names in it. */
function templateOf(value: LiveValue): string {
  return value.isLive ? "" : value.text;
}

/** A credential stays what it was made of, whatever is read later. */
function asRead(placement: Placement): Placement {
  const taken = (value: LiveValue): LiveValue =>
    fixedValue(value.isLive ? asTemplate(value.text) : value.text, value.role);
  return "sign" in placement
    ? { sign: { ...placement.sign, key: taken(placement.sign.key) } }
    : { ...placement, value: taken(placement.value) };
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
  if ("sign" in placement) return Credential.header(...signatureOf(placement.sign, values).header);
  const { into, name, value } = placement;
  return Credential[into](name, value.isLive ? value.text : render(value.text, values));
}
