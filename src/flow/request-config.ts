/** One request of a login as it is configured: its keys, and what is wrong with them (P4). */

import * as z from "zod/mini";
import { authorizedOnce, givesUserinfo, headersNamed } from "../config/authorization.js";
import { isGiven, join, type Relation } from "../config/check.js";
import { because, type Field, faultOfUrl, NO_FIELD_VALUE, optional, text, withDefault } from "../config/fields.js";
import { fitsHead, methodField } from "../config/http-method.js";
import { jsonValue } from "../config/json-value.js";
import { headersAsSpelt } from "../config/parameters.js";
import { faultOfScalar, isScalar, type Scalar } from "../config/scalars.js";
import { fixedData, type LiveData, liveData } from "../live/live-data.js";
import type { ScalarConfig } from "../live/live-parameters.js";
import { isFieldValue } from "../values/http-field.js";
import { CLOCK_NAMES } from "./clock-values.js";
import { type SignatureConfig, signatureField, templatesOf } from "./hmac-signature.js";
import {
  asTemplate,
  faultsOfTemplates,
  namesIn,
  sampleOf,
  type Templated,
  type TemplateFault,
  textsIn,
} from "./template.js";

/**
 * A request whose texts are templates: `${name}` stands for what an earlier step has captured, `${ts}` and `${nonce}` for the time
 * and a nonce. What a file or a function gives is read at each login, and is no template.
 */
export interface FlowRequestConfig {
  /**
   * The HTTP method.
   *
   * @default GET
   */
  readonly method?: string | null;
  /** The URL, which may begin with a name: `${base_url}/login`. */
  readonly url: string;
  /** Request headers. */
  readonly headers?: Readonly<Record<string, ScalarConfig>> | null;
  /** Parameters of the query, beside those of the URL. */
  readonly query?: Readonly<Record<string, ScalarConfig | null>> | null;
  /** The fields of a form, which is the body. Not beside `json`. */
  readonly form?: Readonly<Record<string, ScalarConfig | null>> | null;
  /** A JSON value, which is the body. In its texts, values are put as data; `{ file: PATH }` and functions below its top are live texts. */
  readonly json?: unknown;
  /** Signs the request. */
  readonly sign?: SignatureConfig | null;
}

/** The field for it. */
export const requestField = () =>
  z.strictObject({
    method: withDefault(methodField(), "GET"),
    url: text().check(because(faultOfAddress)),
    headers: live(
      "headers",
      headersAsSpelt((value) => sampleOf(value)),
      NONE,
      faultOfHeader,
    ),
    query: live("query", texts(), NONE),
    form: live<Texts | undefined>("form", texts(), undefined),
    json: live<unknown>("json", jsonValue(), undefined),
    sign: optional(signatureField()),
  });

/** That in its normal form. */
export type FlowRequest = z.output<ReturnType<typeof requestField>>;

/** What is wrong with the template of a URL, whatever its names stand for. One that begins with a name may become anything. */
function faultOfAddress(template: string): string | undefined {
  const mayBeUrl = template.startsWith("${") || faultOfUrl(sampleOf(template, "/")) === undefined;
  return mayBeUrl ? undefined : faultOfUrl(sampleOf(template));
}

type Texts = Readonly<Record<string, string>>;

const NONE: Texts = {};

/** Texts by name; numbers and booleans are the texts that they are written as, and `null` means that there is none. */
function texts(): Field<Texts> {
  return z.pipe(
    z.record(z.string(), z.unknown().check(because(faultOfValue))),
    z.transform((given) => {
      const present = Object.entries(given).filter(([, value]) => isGiven(value));
      return Object.fromEntries(present.map(([name, value]) => [name, String(value as Scalar)]));
    }),
  );
}

function faultOfValue(given: unknown): string | undefined {
  if (!isGiven(given)) return undefined;
  return isScalar(given) ? faultOfScalar(given) : "must be a string, a number or a boolean";
}

/** Data whose texts are templates, except for those that are live; `absent` where there is none. */
function live<T>(
  key: string,
  field: Field<T>,
  absent: T,
  faultOf?: (text: string) => string | undefined,
): Field<LiveData<T>> {
  const options = { role: "grant", written: asTemplate, ...(faultOf !== undefined && { faultOf }) } as const;
  return withDefault(liveData(key, field, options), fixedData(absent));
}

function faultOfHeader(text: string): string | undefined {
  return isFieldValue(text) ? undefined : NO_FIELD_VALUE;
}

/** How the parts of each request of a flow must stand to each other. */
export const requestsFit: Relation = ({ steps, logout }) => {
  const inSteps = (Array.isArray(steps) ? steps : []).map((step, index) => {
    return [`steps[${index}].request`, isMapping(step) ? step.request : undefined] as const;
  });
  return [...inSteps, ["logout", logout] as const].flatMap(([above, request]) => {
    const faults = isMapping(request) ? requestFits(request) : [];
    return faults.map(({ path, message }) => ({ path: join(above, path), message }));
  });
};

const requestFits: Relation = (request) => {
  const { url } = request;
  const sample = { ...request, url: typeof url === "string" ? sampleOf(url) : url };
  return [oneBody, fitsHead("form", "json"), authorizedOnce("url"), signedOnce].flatMap((relation) => relation(sample));
};

const oneBody: Relation = ({ form, json }) =>
  isGiven(form) && isGiven(json) ? [{ path: "json", message: "cannot stand beside form" }] : [];

/** A signature would replace what stands in its header. */
const signedOnce: Relation = ({ url, headers, sign }) => {
  const into = isMapping(sign) && isMapping(sign.into) ? sign.into : {};
  const name = typeof into.header === "string" ? into.header.toLowerCase() : "";
  const others = [
    ...headersNamed(name, { headers }).map((spelt) => `headers.${spelt}`),
    ...(name === "authorization" && givesUserinfo(url) ? ["the user name and password in url"] : []),
  ];
  return others.map((other) => ({ path: "sign.into.header", message: `would replace ${other}: give one of them` }));
};

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What is wrong with its templates, where `known` are the names that were captured before, and `later` those of steps to come. */
export function faultsOfRequest(
  request: FlowRequest,
  known: readonly string[],
  later: readonly string[] = [],
): readonly TemplateFault[] {
  return faultsOfTemplates(templatesIn(request), [...known, ...CLOCK_NAMES], later);
}

/** The names of what must be captured for it. */
export function neededFor(request: FlowRequest): readonly string[] {
  const names = templatesIn(request).flatMap(({ template, more = [] }) => {
    return namesIn(template).filter((name) => !more.includes(name));
  });
  return names.filter((name) => !CLOCK_NAMES.includes(name));
}

function templatesIn({ url, headers, query, form, json, sign }: FlowRequest): readonly Templated[] {
  const maps = Object.entries({ headers, query, form }).flatMap(([key, { identity = {} }]) =>
    Object.entries(identity).map(([name, template]): Templated => ({ path: [key, name], template })),
  );
  const signed = sign === undefined ? [] : templatesOf(sign);
  return [{ path: ["url"], template: url }, ...maps, ...textsIn(json.identity, ["json"]), ...signed];
}
