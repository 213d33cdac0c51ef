/** How the parameters of a request are written: as a form, as JSON, or into the query of its URL (K8). */

import type { Parameters } from "../config/parameters.js";

/** How parameters are sent: as a form (RFC 6749 Appendix B), as a JSON object, or in the URL's query without a body. */
export type RequestEncoding = "form" | "json" | "query";

/** All of them. */
export const REQUEST_ENCODINGS: readonly RequestEncoding[] = ["form", "json", "query"];

/** The parts of a request that parameters stand in. */
export interface EncodedParameters {
  readonly url: URL;
  /** `content-type` where there is a body. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** `parameters` for a request to `url`, whose own query is kept. */
export function encodedParameters(url: URL, parameters: Parameters, encoding: RequestEncoding): EncodedParameters {
  switch (encoding) {
    case "form":
      return { url, ...formBody(parameters) };
    case "json":
      return { url, ...jsonBody(objectOf(parameters)) };
    case "query":
      return { url: withQuery(url, parameters), headers: {} };
  }
}

/** A form as a body, with its type. */
function formBody(parameters: Parameters): Required<Omit<EncodedParameters, "url">> {
  const form = new URLSearchParams(parameters.map(([name, value]): [string, string] => [name, value]));
  return { headers: { "content-type": "application/x-www-form-urlencoded" }, body: form.toString() };
}

/** A JSON value as a body, with its type. */
export function jsonBody(value: unknown): Required<Omit<EncodedParameters, "url">> {
  return { headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}

/** `url` with `parameters` behind its own query, which stays as it is written. A space is `%20`, which every server decodes. */
export function withQuery(url: URL, parameters: Parameters): URL {
  if (parameters.length === 0) return url;
  const pairs = parameters.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  const extended = new URL(url);
  extended.search = [url.search.slice(1), ...pairs].filter((part) => part !== "").join("&");
  return extended;
}

/** A parameter that is given more than once is a list. */
function objectOf(parameters: Parameters): Record<string, string | string[]> {
  const byName = new Map<string, string[]>();
  for (const [name, value] of parameters) byName.set(name, [...(byName.get(name) ?? []), value]);
  return Object.fromEntries(
    [...byName].map(([name, values]) => [name, values.length > 1 ? values : (values[0] ?? "")]),
  );
}
