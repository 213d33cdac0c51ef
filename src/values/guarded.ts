/**
 * Makes the objects that credentials are. Their secrets are read only by code that names them: they
 * are not enumerable, so that a logger, a copy or a comparison that goes through the properties meets
 * a fingerprint instead (S1, S3).
 */

import { createHmac, randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { type Brands, brand } from "./brands.js";
import type { CredentialFields as Fields } from "./credential-kinds.js";

/** A frozen object with these fields, which have been checked. Those of equal `content` are equal, whatever their brands. */
export function guarded<C extends Fields>(fields: C, content: string, brands: Brands): C {
  const credential = Object.create(Credential.prototype);
  const visible = new Map(Object.entries(redacted(fields)));
  for (const [name, value] of Object.entries(fields)) {
    const isVisible = visible.get(name) === value;
    const property = isVisible ? { value } : { get: () => value };
    Object.defineProperty(credential, name, { enumerable: isVisible, ...property });
  }
  Object.defineProperty(credential, "fingerprint", { enumerable: true, value: fingerprintOf(content) });
  brand(credential, brands);
  return Object.freeze(credential);
}

/** What may be seen of a credential. An API key that is a user name has an empty password beside it. */
function redacted(credential: Partial<Fields>): Record<string, unknown> {
  switch (credential.type) {
    case "bearer":
    case "token":
      return { type: credential.type, token: MASK };
    case "header":
      return { type: credential.type, name: credential.name, value: MASK };
    case "headers":
      return { type: credential.type, headers: masked(credential.headers) };
    case "basic":
      return credential.password === ""
        ? { type: credential.type, username: MASK, password: "" }
        : { type: credential.type, username: credential.username, password: MASK };
    case "query":
    case "cookie":
    case "body":
      return { type: credential.type, name: credential.name, value: MASK };
    case "signer":
      return { type: credential.type, scheme: credential.scheme, secret: MASK };
    case "composite":
      return { type: credential.type, parts: credential.parts };
    default:
      return {};
  }
}

/** What stands for a secret wherever a credential is printed. */
export const MASK = "***";

function masked(headers: object | undefined): Record<string, string> {
  return Object.fromEntries(Object.keys(headers ?? {}).map((name) => [name, MASK]));
}

let key: Buffer | undefined;

/** The same for the same content in this process; without its key, it says nothing of the content. */
function fingerprintOf(content: string): string {
  key ??= randomBytes(32);
  return MASK + createHmac("sha256", key).update(content).digest("hex").slice(0, 16);
}

/** What every credential inherits. It works on what wraps a credential too, and throws nowhere (S4). */
class Credential {
  toJSON(): Record<string, unknown> {
    return redacted(this as Partial<Fields>);
  }

  toString(): string {
    return `Credential ${JSON.stringify(this.toJSON())}`;
  }

  [inspect.custom](): unknown {
    return this.toJSON();
  }

  [Symbol.toPrimitive](hint: string): string | number {
    warnOfText();
    return hint === "number" ? Number.NaN : this.toString();
  }
}

let hasWarned = false;

/** Whoever writes `Bearer ${credential}` sends "***", which no type and no API would explain. */
function warnOfText(): void {
  if (hasWarned) return;
  hasWarned = true;
  process.emitWarning(
    "a credential was put into a text, where it is only ***: write (await accessToken(provider)).token for the bare " +
      "token, or Credential.authorizationValue(credential) for the value of an Authorization header",
    { code: "FAUCET_AUTH_CREDENTIAL_AS_TEXT" },
  );
}
