/**
 * Credentials: what a connector puts onto a request. Values that cannot be changed, cannot be built
 * unusable (A5), and print without their secret (S1).
 */

import { inspect } from "node:util";
import { isFieldValue, isToken } from "./http-field.js";

/** A bearer token (RFC 6750): `Authorization: Bearer <token>`. */
export interface BearerCredential {
  readonly type: "bearer";
  readonly token: string;
}

/** A header of its own, such as `X-Api-Key`. */
export interface HeaderCredential {
  readonly type: "header";
  readonly name: string;
  readonly value: string;
}

/** User name and password for HTTP Basic authentication (RFC 7617). */
export interface BasicCredential {
  readonly type: "basic";
  readonly username: string;
  readonly password: string;
}

/** A raw token, for connectors that place it themselves. */
export interface TokenCredential {
  readonly type: "token";
  readonly token: string;
}

/**
 * What goes onto a request. Switch on `type`. A credential is frozen, may be kept and shared, and
 * prints as `***` in logs; its fields give the secret only to code that names them.
 */
export type Credential = BearerCredential | HeaderCredential | BasicCredential | TokenCredential;

/** Makers of credentials, and what can be asked of one. */
export const Credential = {
  /** A bearer token. Throws `TypeError` if it is empty or cannot stand in a header. */
  bearer(token: string): BearerCredential {
    return make({ type: "bearer", token });
  },

  /** A header. Throws `TypeError` if name or value are not what RFC 9110 allows. */
  header(name: string, value: string): HeaderCredential {
    return make({ type: "header", name, value });
  },

  /**
   * User name and password; one of them may be empty. Throws `TypeError` if both are, if the user
   * name has a colon, or if either has control characters (RFC 7617 §2).
   */
  basic(username: string, password: string): BasicCredential {
    return make({ type: "basic", username, password });
  },

  /** A raw token. Throws `TypeError` if it is empty or cannot stand in a header. */
  token(token: string): TokenCredential {
    return make({ type: "token", token });
  },

  /** Whether both are of one type and carry the same values. Header names differ in case freely. */
  equals(a: Credential, b: Credential): boolean {
    return secretOf(a) === secretOf(b) && labelOf(a) === labelOf(b);
  },

  /**
   * The value of an `Authorization` header: `Bearer …` for a bearer, the raw text for a token,
   * `undefined` for the kinds that are not one ready-made value of that header.
   */
  authorizationValue(credential: Credential): string | undefined {
    switch (credential.type) {
      case "bearer":
        return `Bearer ${credential.token}`;
      case "token":
        return credential.token;
      case "header":
      case "basic":
        return undefined;
    }
  },
};

/** A new object of the same value, made here, whatever made the given one. Throws `TypeError`. */
export function remake(credential: Credential | undefined): Credential {
  switch (credential?.type) {
    case "bearer":
    case "token":
      return make({ type: credential.type, token: credential.token });
    case "header":
      return make({ type: credential.type, name: credential.name, value: credential.value });
    case "basic":
      return make({ type: credential.type, username: credential.username, password: credential.password });
    default:
      throw new TypeError("not a credential: make one with Credential.bearer(token) or its kin");
  }
}

/** The one field that must not be seen; an API key used as user name has no password beside it. */
export function secretOf(credential: Credential): string {
  switch (credential.type) {
    case "bearer":
    case "token":
      return credential.token;
    case "header":
      return credential.value;
    case "basic":
      return credential.password || credential.username;
  }
}

/** What tells two credentials apart that carry the same secret. */
function labelOf(credential: Credential): string {
  switch (credential.type) {
    case "header":
      return `header ${credential.name.toLowerCase()}`;
    case "basic":
      return `basic ${credential.username}`;
    default:
      return credential.type;
  }
}

const SECRET_FIELDS: ReadonlySet<string> = new Set(["token", "value", "password"]);

/** What every credential inherits: ways to print that leave the secret out. */
const prototype = {
  toJSON(this: Credential): Record<string, string> {
    const fields = Object.entries(this);
    return Object.fromEntries(fields.map(([key, value]) => [key, SECRET_FIELDS.has(key) ? "***" : value]));
  },

  toString(this: Credential & { toJSON(): Record<string, string> }): string {
    return `Credential ${JSON.stringify(this)}`;
  },

  [inspect.custom](this: { toJSON(): Record<string, string> }): unknown {
    return this.toJSON();
  },
};

/**
 * Fields are getters: equal by value to whoever compares them, but an inspection that passes by
 * the methods above still prints `[Getter]`.
 */
function make<C extends Credential>(fields: C): C {
  const [first] = faultsOfFields(fields);
  if (first !== undefined) throw new TypeError(`the ${first.field} ${first.fault}`);
  const credential = Object.create(prototype);
  for (const [key, value] of Object.entries(fields)) {
    Object.defineProperty(credential, key, { enumerable: true, get: () => value });
  }
  return Object.freeze(credential);
}

/** What is wrong with one field; it does not repeat the value. */
export interface FieldFault {
  readonly field: string;
  readonly fault: string;
}

/** What makes these fields unusable as a credential. */
export function faultsOfFields(fields: Credential): readonly FieldFault[] {
  switch (fields.type) {
    case "bearer":
    case "token":
      return faultOfFieldValue("token", fields.token);
    case "header":
      return [...faultOfHeaderName(fields.name), ...faultOfFieldValue("value", fields.value)];
    case "basic":
      return faultsOfUserPass(fields.username, fields.password);
  }
}

function faultOfHeaderName(name: unknown): FieldFault[] {
  if (typeof name === "string" && isToken(name)) return [];
  return [{ field: "name", fault: "is not the name of a header (RFC 9110 §5.1)" }];
}

function faultOfFieldValue(field: string, text: unknown): FieldFault[] {
  if (typeof text !== "string") return [{ field, fault: "is not a string" }];
  if (text === "") return [{ field, fault: "is empty" }];
  if (isFieldValue(text)) return [];
  const fault =
    "cannot stand in a header: it has control characters, line breaks, white space at an end, or characters beyond Latin-1";
  return [{ field, fault }];
}

/** RFC 7617 §2. */
function faultsOfUserPass(username: unknown, password: unknown): FieldFault[] {
  const faults: FieldFault[] = [];
  for (const [field, text] of Object.entries({ username, password })) {
    if (typeof text !== "string") faults.push({ field, fault: "is not a string" });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    else if (/[\x00-\x1f\x7f]/.test(text)) faults.push({ field, fault: "has control characters" });
  }
  if (username === "" && password === "") faults.push({ field: "username", fault: "is empty, and so is the password" });
  if (typeof username === "string" && username.includes(":")) {
    faults.push({ field: "username", fault: "has a colon, which HTTP Basic cannot carry" });
  }
  return faults;
}
