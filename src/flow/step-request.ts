/** One request of a login as it is sent, with the values that are known by then, and what of it is secret (P4). */

import { isGiven } from "../config/check.js";
import type { HttpRequest } from "../http/exchange.js";
import { hideable } from "../http/mask.js";
import { secretsOfBody } from "../http/url.js";
import type { LiveValue } from "../live/live-value.js";
import type { Clock } from "../values/clock.js";
import { AuthError } from "../values/errors.js";
import { isFieldValue } from "../values/http-field.js";
import { clockValues } from "./clock-values.js";
import { signatureOf } from "./hmac-signature.js";
import type { FlowRequest } from "./request-config.js";
import { shownUrlOf, urlOf } from "./step-url.js";
import { asTemplate, piecesOf, render, renderJson, type Values } from "./template.js";

/** What is read before it is sent. */
export function valuesOf({ headers, query, form, json, sign }: FlowRequest): readonly LiveValue[] {
  const key = sign?.key.isLive ? [sign.key] : [];
  return [...[headers, query, form, json].flatMap(({ values }) => values), ...key];
}

/** What tells it from other requests, whatever its live values are just now (D8). */
export function identityOf({ headers, query, form, json, sign, ...others }: FlowRequest): unknown {
  const data = { headers: headers.identity, query: query.identity, form: form.identity, json: json.identity };
  return { ...others, ...data, sign: sign && { ...sign, key: sign.key.identity } };
}

/** The request with `values` in it, at a moment of its own. Throws an `AuthError` if they do not fit into it. */
export function requestWith(request: FlowRequest, values: Values, clock: Clock): HttpRequest {
  const own = { ...values, ...clockValues(clock) };
  const url = urlOf(request.url, own);
  const shownUrl = shownUrlOf(request.url, url, own);
  for (const [name, value] of Object.entries(request.query.current)) url.searchParams.append(name, render(value, own));
  const body = bodyOf(request, own);
  const signature = request.sign && signatureOf(request.sign, own);
  const configured = Object.entries(request.headers.current).map(
    ([name, value]) => [name, render(value, own)] as const,
  );
  const headers = [
    ["accept", "*/*"] as const,
    ...(body?.headers ?? []),
    ...configured,
    ...(signature ? [signature.header] : []),
  ];
  return {
    method: request.method,
    url,
    shownUrl,
    // An answer may quote whatever was captured, wherever that was put, and each text as it was sent.
    secrets: [...Object.values(values), ...(body?.secrets ?? []), ...(signature?.secrets ?? [])],
    headers: Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), sendable(name, value)])),
    ...(body !== undefined && { body: body.text }),
  };
}

interface Body {
  readonly text: string;
  /** The whole, and each value in it. */
  readonly secrets: readonly string[];
  readonly headers: readonly (readonly [string, string])[];
}

function bodyOf(request: FlowRequest, values: Values): Body | undefined {
  const [form, json] = [request.form.current, request.json.current];
  if (form !== undefined) {
    const fields = Object.entries(form).map(([name, value]) => [name, render(value, values)] as [string, string]);
    const text = String(new URLSearchParams(fields));
    const secrets = [text, ...fields.map(([, value]) => value)];
    return { text, secrets, headers: [["content-type", "application/x-www-form-urlencoded"]] };
  }
  if (!isGiven(json)) return undefined;
  const rendered = renderJson(json, values);
  const text = JSON.stringify(rendered);
  return { text, secrets: [text, ...secretsOfBody(rendered)], headers: [["content-type", "application/json"]] };
}

/** The error does not quote it, as a client's would. */
function sendable(name: string, value: string): string {
  if (isFieldValue(value)) return value;
  throw new AuthError(`the header ${name} of a step cannot be sent, once what was captured is in it`);
}

/** What an answer may echo of it, beside what is live, whatever its names stand for: each text, or what is beside the names in it. */
export function secretsIn({ headers, query, form, json, sign }: FlowRequest): readonly string[] {
  const inHeaders = Object.values(headers.identity).map(withoutScheme);
  const fields = [query, form].flatMap(({ identity = {} }) => Object.values(identity));
  const live = new Set(
    [headers, query, form, json].flatMap(({ values }) => values).map(({ identity }) => asTemplate(identity)),
  );
  const own = [...inHeaders, ...fields, ...secretsOfBody(json.identity)].filter((text) => !live.has(text));
  const signed = sign === undefined ? [] : [...(sign.key.isLive ? [] : [sign.key.text]), sign.template];
  return [...own, ...signed].flatMap((text) => hideable(piecesOf(text)));
}

/** The word before a credential, such as `Bearer`, is no part of it. */
function withoutScheme(header: string): string {
  return header.replace(/^[\w-]+ (?=\$\{)/, "");
}
