/** A credential of a user's own issuer as the text that stands in a record, whatever its kind. */

import { type Credential, remake } from "../values/credential.js";
import { parseJson } from "../values/parse-json.js";

/** `credential` as text. Throws a `TypeError` for one that only a function can make: it cannot be kept. */
export function textOf(credential: Credential): string {
  return JSON.stringify(fieldsOf(credential));
}

/** The credential that `text` is. Throws a `TypeError` if it is none. */
export function credentialOf(text: string): Credential {
  return remake(parseJson(text) as Credential | undefined);
}

function fieldsOf(credential: Credential): object {
  switch (credential.type) {
    case "bearer":
    case "token":
      return { type: credential.type, token: credential.token };
    case "header":
    case "query":
    case "cookie":
    case "body":
      return { type: credential.type, name: credential.name, value: credential.value };
    case "headers":
      return { type: credential.type, headers: credential.headers };
    case "basic":
      return { type: credential.type, username: credential.username, password: credential.password };
    case "composite":
      return { type: credential.type, parts: credential.parts.map(fieldsOf) };
    case "signer":
      throw new TypeError("a signer has a function, which no store can keep");
  }
}
