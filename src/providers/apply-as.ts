/** `apply_as`: where on a request a token goes that is no bearer (P1). */

import * as z from "zod/mini";
import {
  because,
  type Field,
  faultAt,
  headerName,
  NO_FIELD_VALUE,
  oneOrMore,
  optional,
  text,
  withDefault,
} from "../config/fields.js";
import { Credential, type PartCredential, remake } from "../values/credential.js";
import { isFieldValue, isToken } from "../values/http-field.js";

/** Where a token goes that is no bearer: exactly one of `header`, `query` and `cookie`. */
export interface ApplyAs {
  /** The name of a header. */
  readonly header?: string | null;
  /** The name of a parameter of the query. */
  readonly query?: string | null;
  /** The name of a cookie. */
  readonly cookie?: string | null;
  /**
   * The value of the header, the parameter or the cookie, in which `{token}` stands for the token.
   *
   * @default {token}
   */
  readonly template?: string | null;
}

/** The field for one such place, or a list of them. */
export const applyAsField = (): Field<readonly Place[]> => oneOrMore(placeField());

const KINDS = ["header", "query", "cookie"] as const;

/** One place in its normal form. */
export interface Place {
  readonly kind: (typeof KINDS)[number];
  readonly name: string;
  readonly template: string;
}

const placeField = (): Field<Place> =>
  z.pipe(
    z
      .strictObject({
        header: optional(headerName()),
        query: optional(text()),
        cookie: optional(cookieName()),
        template: withDefault(z.string().check(because(faultOfTemplate)), TOKEN),
      })
      .check((payload) => {
        const { cookie, template } = payload.value;
        if (cookie !== undefined && template.includes(";")) {
          payload.issues.push(
            faultAt(["template"], "has a semicolon, which ends a cookie; a list has a place for each"),
          );
        }
        const given = KINDS.filter((kind) => payload.value[kind] !== undefined);
        if (given.length === 1) return;
        const found = given.length === 0 ? "has none" : `has ${given.join(", ")}`;
        payload.issues.push(faultAt([], `must have exactly one of ${KINDS.join(", ")}; it ${found}`));
      }),
    z.transform((given): Place => {
      const kind = KINDS.find((each) => given[each] !== undefined) ?? "header";
      return { kind, name: given[kind] ?? "", template: given.template };
    }),
  );

const TOKEN = "{token}";

function cookieName(): Field<string> {
  return z.string().check(z.refine(isToken, "is not the name of a cookie (RFC 6265 §4.1.1)"));
}

function faultOfTemplate(template: string): string | undefined {
  if (!template.includes(TOKEN)) return `must contain ${TOKEN}`;
  return isFieldValue(template.replaceAll(TOKEN, "t")) ? undefined : NO_FIELD_VALUE;
}

/** Makes of an access token what it is on a request. */
export function credentialMaker(places: readonly Place[] | undefined): (token: string) => Credential {
  if (places === undefined) return Credential.bearer;
  return (token) => {
    const [first, ...others] = places.map((place) => partOf(place, token));
    if (first === undefined) return Credential.bearer(token);
    return remake(others.length === 0 ? first : Credential.composite([first, ...others]), { token });
  };
}

function partOf({ kind, name, template }: Place, token: string): PartCredential {
  return Credential[kind](
    name,
    template.replaceAll(TOKEN, () => token),
  );
}

/** What may be printed of where a token goes. */
export function visiblePlaces(places: readonly Place[]): readonly Record<string, string>[] {
  return places.map(({ kind, name }) => ({ [kind]: name }));
}
