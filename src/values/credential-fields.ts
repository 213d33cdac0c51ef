/** What a credential can be made of (A5). */

import type { CredentialFields, SignerCredential } from "./credential-kinds.js";
import { isFieldValue, isToken } from "./http-field.js";
import { isPlainRecord } from "./plain-record.js";

/** What is wrong with one field; it does not repeat the value. */
export interface FieldFault {
  readonly field: string;
  readonly fault: string;
  /** Whether the value is not even of the right type, or absent. */
  readonly isOfType?: true;
}

/** What makes these fields unusable as a credential. */
export function faultsOfFields(fields: CredentialFields): readonly FieldFault[] {
  switch (fields.type) {
    case "bearer":
    case "token":
      return faultOfFieldValue("token", fields.token);
    case "header":
      return [...faultOfHeaderName("name", fields.name), ...faultOfFieldValue("value", fields.value)];
    case "headers":
      return faultsOfHeaders(fields.headers);
    case "basic":
      return faultsOfUserPass(fields.username, fields.password);
    case "query":
    case "body":
      return [...faultOfText("name", fields.name), ...faultOfText("value", fields.value)];
    case "cookie":
      return [...faultOfCookieName(fields.name), ...faultOfCookieValue(fields.value)];
    case "signer":
      return faultsOfSigner(fields);
    case "composite":
      return faultsOfParts(fields.parts);
  }
}

function faultOfText(field: string, text: unknown): FieldFault[] {
  if (typeof text !== "string") return [{ field, fault: "is not a string", isOfType: true }];
  return text === "" ? [{ field, fault: "is empty" }] : [];
}

function faultOfCookieName(name: unknown): FieldFault[] {
  if (typeof name === "string" && isToken(name)) return [];
  return [{ field: "name", fault: "is not the name of a cookie (RFC 6265 §4.1.1)" }];
}

/** Servers read more than the RFC's cookie-octets; a semicolon would begin another cookie. */
function faultOfCookieValue(value: unknown): FieldFault[] {
  const faults = faultOfFieldValue("value", value);
  if (faults.length > 0 || !(value as string).includes(";")) return faults;
  return [{ field: "value", fault: "has a semicolon, which ends a cookie (RFC 6265 §4.1.1)" }];
}

function faultsOfSigner({ scheme, secret, sign, isChallenge }: SignerCredential): FieldFault[] {
  const notFunctions = Object.entries({ sign, isChallenge }).filter(([field, given]) => {
    return typeof given !== "function" && (field === "sign" || given !== undefined);
  });
  return [
    ...faultOfText("scheme", scheme),
    ...faultOfText("secret", secret),
    ...notFunctions.map(([field]): FieldFault => ({ field, fault: "is not a function", isOfType: true })),
  ];
}

function faultsOfParts(parts: unknown): FieldFault[] {
  if (!Array.isArray(parts)) return [{ field: "parts", fault: "is not a list of credentials", isOfType: true }];
  if (parts.length === 0) return [{ field: "parts", fault: "is empty" }];
  return parts.flatMap((part: CredentialFields, index) => {
    return part.type === "composite"
      ? [{ field: `parts[${index}]`, fault: "is a composite itself" }]
      : faultsOfFields(part).map((each) => ({ ...each, field: `parts[${index}].${each.field}` }));
  });
}

function faultsOfHeaders(headers: unknown): FieldFault[] {
  if (!isPlainRecord(headers)) {
    return [{ field: "headers", fault: "is not a record of names and values", isOfType: true }];
  }
  const entries = Object.entries(headers);
  const names = entries.map(([name]) => name.toLowerCase());
  return entries.flatMap(([name, value], index) => {
    const field = `headers.${isToken(name) ? name : "…"}`;
    const isAgain = names.indexOf(name.toLowerCase()) < index;
    const twice = isAgain ? [{ field, fault: "is given twice" }] : [];
    return [...twice, ...faultOfHeaderName(field, name), ...faultOfFieldValue(field, value)];
  });
}

function faultOfHeaderName(field: string, name: unknown): FieldFault[] {
  if (typeof name === "string" && isToken(name)) return [];
  return [{ field, fault: "is not the name of a header (RFC 9110 §5.1)" }];
}

function faultOfFieldValue(field: string, text: unknown): FieldFault[] {
  if (typeof text !== "string") return [{ field, fault: "is not a string", isOfType: true }];
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
    if (typeof text !== "string") faults.push({ field, fault: "is not a string", isOfType: true });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    else if (/[\x00-\x1f\x7f]/.test(text)) faults.push({ field, fault: "has control characters" });
  }
  if (username === "" && password === "") faults.push({ field: "username", fault: "is empty, and so is the password" });
  if (typeof username === "string" && username.includes(":")) {
    faults.push({ field: "username", fault: "has a colon, which HTTP Basic cannot carry" });
  }
  return faults;
}
