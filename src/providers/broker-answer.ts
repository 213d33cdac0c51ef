/** What a broker answers: a credential as headers, or why there is none. */

import { isRetryableAnswer, SOURCE_FAILURE } from "../failure/policy.js";
import { faultOfBaseUrl } from "../http/base-url.js";
import type { HttpAnswer } from "../http/exchange.js";
import { isObject } from "../http/json-object.js";
import { type Mask, shorten } from "../http/mask.js";
import { Credential } from "../values/credential.js";
import { AuthError, StoreError, TransportError } from "../values/errors.js";
import type { Issued } from "../values/issued.js";
import { parseJson } from "../values/parse-json.js";

/** The credential in `answer`, which has come by `now`. Throws the error that the answer is. */
export function readBrokerAnswer(answer: HttpAnswer, mask: Mask, now: number): Issued {
  const body = parseJson(answer.text);
  if (answer.status === 502 && isObject(body) && typeof body.error === "string") throw failureOf(body, mask);
  if (answer.status !== 200) throw refusalOf(answer, body, mask);
  const issued = issuedBy(body, now);
  if (issued === undefined) throw unusable(answer, "is not one of a broker, which has an id and headers");
  const fault = issued.baseUrl === undefined ? undefined : faultOfBaseUrl(issued.baseUrl, undefined);
  if (fault !== undefined) throw unusable(answer, `has a base_url that ${fault}`);
  return issued;
}

function unusable({ to, status }: HttpAnswer, why: string): AuthError {
  return new AuthError(`${to}: the answer ${why}`, { status });
}

/** Whether both ids are of one broker, and not of one that was started later. */
export function isOfSameBroker(id: string | undefined, other: string): boolean {
  return id !== undefined && instanceOf(id) === instanceOf(other);
}

function instanceOf(id: string): string {
  return id.slice(0, Math.max(0, id.lastIndexOf(".")));
}

function issuedBy(body: unknown, now: number): Issued | undefined {
  if (!isObject(body) || !isObject(body.headers) || typeof body.id !== "string") return undefined;
  const { id, headers, expires_at: expiresAt, base_url: baseUrl } = body;
  const credential = credentialOf(headers);
  if (credential === undefined) return undefined;
  return {
    credential,
    brokerId: id,
    ...(typeof expiresAt === "number" && { expiresIn: expiresAt - now / 1000 }),
    ...(typeof baseUrl === "string" && { baseUrl }),
  };
}

/** What these headers are; `undefined` if no request could carry them. */
function credentialOf(headers: Readonly<Record<string, unknown>>): Credential | undefined {
  try {
    return credentialOfHeaders(headers);
  } catch {
    return undefined;
  }
}

/** The kind of credential that they are: of a bearer, clients want to know the token. */
function credentialOfHeaders(headers: Readonly<Record<string, unknown>>): Credential {
  const [[name, value] = ["", ""], ...others] = Object.entries(headers);
  if (others.length > 0 || typeof value !== "string") return Credential.headers(headers as Record<string, string>);
  if (name === "") return Credential.headers({});
  if (name.toLowerCase() !== "authorization") return Credential.header(name, value);
  const [, bearer] = /^Bearer (\S+)$/.exec(value) ?? [];
  if (bearer !== undefined) return Credential.bearer(bearer);
  return userAndPassword(value) ?? (/\s/.test(value) ? Credential.header(name, value) : Credential.token(value));
}

/** RFC 7617 §2; `undefined` unless the same header would be made of it again. */
function userAndPassword(value: string): Credential | undefined {
  const [, encoded = ""] = /^Basic (\S+)$/.exec(value) ?? [];
  const text = Buffer.from(encoded, "base64").toString();
  const colon = text.indexOf(":");
  if (colon === -1 || Buffer.from(text).toString("base64") !== encoded) return undefined;
  return Credential.basic(text.slice(0, colon), text.slice(colon + 1));
}

/**
 * The failure of the broker's own provider, which has tried again already, and whose gate has said until when it is left alone: it
 * counts here as that of a provider that this one depends on (K4).
 */
function failureOf(body: Readonly<Record<string, unknown>>, mask: Mask): Error {
  const { code, retry_at: at, idp_error: idpError } = body;
  const message = shown(String(body.error), mask);
  const retryable = body.retryable !== false;
  const details = { retryable, ...(typeof at === "number" && { retryAt: at * 1000 }) };
  const ofIdp = typeof idpError === "string" ? { error: shown(idpError, mask) } : {};
  const error =
    code === "transport"
      ? new TransportError(message, details)
      : code === "store"
        ? new StoreError(message, details)
        : new AuthError(message, { ...details, ...ofIdp });
  return Object.defineProperty(error, SOURCE_FAILURE, { value: true });
}

function refusalOf({ to, status }: HttpAnswer, body: unknown, mask: Mask): AuthError {
  const said = isObject(body) && typeof body.error === "string" ? `: ${shown(body.error, mask)}` : "";
  return new AuthError(`${to}: HTTP ${status}${said}`, { status, retryable: isRetryableAnswer(status) });
}

const LONGEST_TEXT = 2000;

function shown(text: string, mask: Mask): string {
  return shorten(mask.prose(text) ?? "(left out: it may quote a secret)", LONGEST_TEXT);
}
