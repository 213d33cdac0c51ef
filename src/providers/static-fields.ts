/** The keys of a `static` provider, and the credential that they make. */

import * as z from "zod/mini";
import { isGiven, lazily, type Relation } from "../config/check.js";
import { anyText, type Field, optional } from "../config/fields.js";
import { faultOfEncoding } from "../config/scalars.js";
import { liveText } from "../live/live-text.js";
import type { LiveValue } from "../live/live-value.js";
import { type Credential, remake } from "../values/credential.js";
import { faultsOfFields } from "../values/credential-fields.js";
import { ConfigError, type ConfigFault } from "../values/errors.js";
import { applyAsField, credentialMaker } from "./apply-as.js";

/** The schema of its configuration. */
export const staticSchema = lazily(() =>
  z.strictObject({
    token: optional(secret("token", faultOfToken)),
    apply_as: optional(applyAsField()),
    header: optional(anyText()),
    value: optional(secret("value", faultOfValue)),
    headers: optional(z.record(z.string(), secret("headers", faultOfValue))),
    username: optional(secret("username", (username) => faultOf({ type: "basic", username, password: "-" }), WORDS)),
    password: optional(secret("password", (password) => faultOf({ type: "basic", username: "-", password }), WORDS)),
  }),
);

/** Its keys in their normal form. */
export type StaticSettings = z.output<ReturnType<typeof staticSchema>>;

/** How its keys must stand to each other, and what of them no credential could carry. */
export const STATIC_RELATIONS: readonly Relation[] = [exactlyOneForm, usableFields, tokenAlone, tokenToPlace];

/** The values that it is made of. */
export function valuesOf({ token, value, headers, username, password }: StaticSettings): readonly LiveValue[] {
  return [token, value, username, password, ...Object.values(headers ?? {})].filter((given) => given !== undefined);
}

/** What is wrong with a token that is known already, where `apply_as` puts it: a semicolon ends a cookie. */
export function misplacedToken(settings: StaticSettings): readonly ConfigFault[] {
  const { token, apply_as: places } = settings;
  if (token === undefined || places === undefined || token.source === "function") return [];
  try {
    credentialMaker(places)(token.text);
    return [];
  } catch (error) {
    return [notPlaceable(error)];
  }
}

/** The credential of what `textOf` gives for each of them. Throws a `ConfigError` for a token that cannot go where `apply_as` says. */
export function credentialOf(settings: StaticSettings, textOf: (value: LiveValue) => string): Credential {
  const { token, apply_as: places, header, value, headers, username, password } = settings;
  if (token !== undefined && places !== undefined) {
    try {
      return credentialMaker(places)(textOf(token));
    } catch (error) {
      throw new ConfigError("configuration", [notPlaceable(error)], { retryable: true });
    }
  }
  const text = (given: LiveValue | undefined): string | undefined => given && textOf(given);
  const texts = headers && Object.entries(headers).map(([name, given]) => [name, textOf(given)]);
  return remake(
    fieldsOf({
      token: text(token),
      header,
      value: text(value),
      headers: texts && Object.fromEntries(texts),
      username: text(username),
      password: text(password),
    }),
  );
}

/** What a file or a function gives is checked by `faultOf`; text, with the rest of its form, by the relations. */
function secret(
  key: string,
  faultOf: (text: string) => string | undefined,
  faultOfText: (text: string) => string | undefined = () => undefined,
): Field<LiveValue> {
  return liveText(key, { faultOf, faultOfText, mayBeEmpty: true });
}

const WORDS = faultOfEncoding;

function faultOfToken(token: string): string | undefined {
  return faultOf({ type: "bearer", token }) ?? schemeIn(token);
}

function faultOfValue(value: string): string | undefined {
  return faultOf({ type: "header", name: "-", value });
}

function faultOf(fields: Credential): string | undefined {
  return faultsOfFields(fields)[0]?.fault;
}

type Config = Readonly<Record<string, unknown>>;

const FORMS = [["token"], ["header", "value"], ["headers"], ["username", "password"]] as const;

function exactlyOneForm(config: Config): ReturnType<Relation> {
  const begun = FORMS.filter((keys) => keys.some((key) => isGiven(config[key])));
  if (begun.length !== 1) {
    const given = begun.flat().filter((key) => isGiven(config[key]));
    const found = given.length === 0 ? "has none" : `has ${given.join(", ")}`;
    const message = `exactly one of token, header with value, headers, username with password; it ${found}`;
    return [{ path: "", message }];
  }
  const missing = begun.flat().filter((key) => !isGiven(config[key]));
  return missing.map((path) => ({
    path,
    message: `is required beside ${begun.flat().filter((key) => key !== path)}`,
  }));
}

/** Faults of what a credential is made of, under the keys that it comes from; those of types are the schema's. */
function usableFields(config: Config): ReturnType<Relation> {
  return faultsOfFields(fieldsOf(config))
    .filter(({ isOfType }) => !isOfType)
    .map(({ field, fault }) => ({ path: field === "name" ? "header" : field, message: fault }));
}

/** A value of the Authorization header where its token belongs, which would be sent as "Bearer Bearer …". */
function tokenAlone({ token }: Config): ReturnType<Relation> {
  const message = typeof token === "string" ? schemeIn(token) : undefined;
  return message === undefined ? [] : [{ path: "token", message }];
}

/** The other forms say themselves where they go. */
function tokenToPlace({ apply_as, token }: Config): ReturnType<Relation> {
  return isGiven(apply_as) && !isGiven(token) ? [{ path: "apply_as", message: "places a token: it needs token" }] : [];
}

/** A maker's TypeError says what is wrong, and does not quote it. */
function notPlaceable(error: unknown): ConfigFault {
  return { path: "token", message: `cannot go where apply_as says: ${(error as TypeError).message}` };
}

function schemeIn(token: string): string | undefined {
  const [, scheme] = /^\s*(bearer|basic)\s/i.exec(token) ?? [];
  if (scheme === undefined) return undefined;
  return scheme.toLowerCase() === "bearer"
    ? 'begins with "Bearer ": leave that out, it is put before the token; or give it in apply_as.template'
    : 'begins with "Basic ": give username and password, or header: Authorization with this as value';
}

function fieldsOf(config: Config): Credential {
  const { token, header, value, headers, username, password } = config;
  if (isGiven(token)) return { type: "bearer", token } as Credential;
  if (isGiven(header) || isGiven(value)) return { type: "header", name: header, value } as Credential;
  if (isGiven(headers)) return { type: "headers", headers } as Credential;
  return { type: "basic", username, password } as Credential;
}
