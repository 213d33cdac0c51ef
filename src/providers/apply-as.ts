/** `apply_as`: where a token goes that is no bearer. */

import * as z from "zod/mini";
import { built, type Field, headerName, headerValue, type Settings, withDefault } from "../config/fields.js";
import { Credential } from "../values/credential.js";

/** Where a token goes that is no bearer. */
export interface ApplyAs {
  /** The header's name. */
  readonly header: string;
  /**
   * The header's value, in which `{token}` stands for the token.
   *
   * @default {token}
   */
  readonly template?: string | null;
}

const APPLY_AS_FIELDS = {
  header: (): Field<string> => headerName(),
  template: (): Field<string> =>
    withDefault(headerValue(z.refine((given) => given.includes("{token}"), "must contain {token}")), "{token}"),
};

/** That in its normal form. */
export type ApplyAsSettings = Settings<typeof APPLY_AS_FIELDS>;

/** The field for it. */
export function applyAsField(): Field<ApplyAsSettings> {
  return z.strictObject(built(APPLY_AS_FIELDS));
}

/** Makes of an access token what it is on a request. */
export function credentialMaker(applyAs: ApplyAsSettings | undefined): (token: string) => Credential {
  if (applyAs === undefined) return Credential.bearer;
  const { header, template } = applyAs;
  return (token) =>
    Credential.header(
      header,
      template.replaceAll("{token}", () => token),
    );
}
