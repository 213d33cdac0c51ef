/** Where each kind of credential stands on an HTTP request. No other file knows this. */

import {
  type Credential,
  type PartCredential,
  type QueryCredential,
  remake,
  type SignableRequest,
  type SignerCredential,
} from "../values/credential.js";
import { refuseCopy } from "../values/credential-copy.js";
import { withMember } from "./body-members.js";
import { withCookie } from "./cookies.js";
import { withQuery } from "./query.js";

/** What a request has once a credential is on it. */
export interface Placed {
  readonly url: string;
  /** What the query of `url` has in it of the credential. */
  readonly parameters: readonly QueryCredential[];
  /** Headers in place of those of the same names; the others are left alone. */
  readonly headers: Readonly<Record<string, string>>;
  /** `undefined` where the body is left alone. */
  readonly body: string | undefined;
}

/** The headers that a credential is, if it is nothing else, whatever the request: this is nearly always so. Throws a `TypeError` for a copy. */
export function headersOf(credential: Credential): Record<string, string> | undefined {
  refuseCopy(credential);
  switch (credential?.type) {
    case "bearer":
      return { authorization: `Bearer ${credential.token}` };
    case "token":
      return { authorization: credential.token };
    case "basic":
      return { authorization: `Basic ${userPass(credential.username, credential.password)}` };
    case "header":
      return { [credential.name]: credential.value };
    case "headers":
      return { ...credential.headers };
    case undefined:
      throw unknownKind(credential);
    default:
      return undefined;
  }
}

/** Whether it depends on the request's body what a credential makes of the request. */
export function readsBody(credential: Credential): boolean {
  return partsOf(credential).some(({ type }) => type === "body" || type === "signer");
}

/** What `request` has once `credential` is on it. Throws a `TypeError` if it cannot carry it. */
export function placed(request: SignableRequest, credential: Credential): Placed {
  refuseCopy(credential);
  const unchanged: Placed = { url: request.url, parameters: [], headers: {}, body: undefined };
  return partsOf(credential).reduce((before, part) => withPart(before, part, request), unchanged);
}

/** A signature covers what the other parts have placed, so it comes last. */
function partsOf(credential: Credential): readonly PartCredential[] {
  if (credential.type !== "composite") return [credential];
  const isSigner = ({ type }: PartCredential): boolean => type === "signer";
  return [...credential.parts.filter((part) => !isSigner(part)), ...credential.parts.filter(isSigner)];
}

function withPart(before: Placed, part: PartCredential, request: SignableRequest): Placed {
  const { url, headers } = before;
  switch (part.type) {
    case "query":
      return { ...before, url: withQuery(url, part.name, part.value), parameters: [...before.parameters, part] };
    case "cookie": {
      const cookies = headerIn(headers, "cookie") ?? request.header("cookie") ?? "";
      return { ...before, headers: withHeaders(headers, { cookie: withCookie(cookies, part.name, part.value) }) };
    }
    case "body": {
      const body = before.body ?? request.body();
      return { ...before, body: withMember(body, request.header("content-type"), part.name, part.value) };
    }
    case "signer":
      return signatureOf(part, signable(before, request)).reduce((so, each) => withPart(so, each, request), before);
    default: {
      const added = headersOf(part);
      if (added === undefined) throw unknownKind(part);
      return { ...before, headers: withHeaders(headers, added) };
    }
  }
}

/** The request as a signer sees it: with what has been placed on it. */
function signable({ url, headers, body }: Placed, request: SignableRequest): SignableRequest {
  return {
    method: request.method,
    url,
    header: (name) => headerIn(headers, name) ?? request.header(name),
    body: () => body ?? request.body(),
  };
}

/** Made here whatever a user's own signer has given, so that nobody quotes what cannot be sent (S1). */
function signatureOf({ scheme, sign }: SignerCredential, request: SignableRequest): readonly PartCredential[] {
  const parts = partsOf(remake(signed(() => sign(request), scheme)));
  if (parts.some(({ type }) => type === "signer")) throw new TypeError(`the signer ${scheme} has made another signer`);
  return parts;
}

/** An error of Node's has the whole URL as its `input`, with a secret that another part has put there (S1). */
function signed<T>(sign: () => T, scheme: string): T {
  try {
    return sign();
  } catch (error) {
    if ((error as { code?: unknown } | null | undefined)?.code !== "ERR_INVALID_URL") throw error;
    throw new TypeError(`the signer ${scheme} needs an absolute URL, and the request's is relative or invalid`);
  }
}

function withHeaders(headers: Placed["headers"], added: Placed["headers"]): Placed["headers"] {
  const names = new Set(Object.keys(added).map((name) => name.toLowerCase()));
  const others = Object.entries(headers).filter(([name]) => !names.has(name.toLowerCase()));
  return { ...Object.fromEntries(others), ...added };
}

function headerIn(headers: Placed["headers"], wanted: string): string | undefined {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === wanted.toLowerCase())?.[1];
}

/** RFC 7617 §2.1: in UTF-8. */
function userPass(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`).toString("base64");
}

/** The error of what is no credential, or one of a later release. */
export function unknownKind(credential: unknown): TypeError {
  const type = JSON.stringify((credential as { type?: unknown } | null | undefined)?.type);
  return new TypeError(`a credential of type ${type} is not known`);
}
