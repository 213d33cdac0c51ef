/** `token_endpoint`: a token from any HTTP endpoint, found by JSONPath. */

import * as z from "zod/mini";
import { check, isGiven, lazily, type Relation } from "../config/check.js";
import { headerName, headers, optional, parameters, text, url, withDefault } from "../config/fields.js";
import { readBody } from "../http/answer.js";
import type { HttpAnswer, HttpRequest } from "../http/exchange.js";
import type { Mask } from "../http/mask.js";
import { tokenFrom, tokenOrFault } from "../http/token.js";
import { displayUrl } from "../http/url.js";
import { faultOfPath, type Select, selector } from "../json-path/select.js";
import { Credential } from "../values/credential.js";
import { AuthError } from "../values/errors.js";
import { isFieldValue, isToken } from "../values/http-field.js";
import { lifetimeOf, type Redemption } from "../values/issued.js";
import { type FetchingConfig, FetchingProvider, fetchingFields } from "./fetching-provider.js";
import { persistFitsRuntime } from "./persistence.js";
import { faultsOfRuntime, type Runtime } from "./runtime.js";

/** Where a token goes that is no bearer. */
export interface ApplyAs {
  /** The header's name. */
  readonly header: string;
  /** The header's value, in which `{token}` stands for the token; by default the bare token. */
  readonly template?: string | null;
}

/** The configuration of a `token_endpoint` provider. */
export interface TokenEndpointConfig extends FetchingConfig {
  readonly url: string;
  /** The HTTP method; `POST` by default. */
  readonly method?: string | null;
  readonly headers?: Readonly<Record<string, string | number | boolean>> | null;
  /** Any JSON value; with `encoding: form` a flat mapping. */
  readonly body?: unknown;
  /** How `body` is sent: `json`, the default, or `form`. */
  readonly encoding?: "json" | "form" | null;
  /** The JSONPath of the token in the answer: a string, or a number. */
  readonly token_path: string;
  /** The JSONPath of its lifetime in seconds. Where it selects nothing, there is none (C5). */
  readonly expiry_path?: string | null;
  /** The header that the token is for; without it, the token is a bearer. */
  readonly apply_as?: ApplyAs | null;
}

/** Tokens of an API with a login of its own, which is not OAuth 2. */
export class TokenEndpointProvider extends FetchingProvider {
  /** Throws a `ConfigError` with every fault of `config`. */
  constructor(config: TokenEndpointConfig, runtime: Runtime = {}) {
    const settings = check("token_endpoint", config, {
      schema: schema(),
      relations: [bodyFitsMethod, bodyFitsEncoding, bodyIsJson, persistFitsRuntime("token_endpoint", runtime)],
      others: faultsOfRuntime(runtime),
    });
    const request = requestOf(settings);
    const source = {
      type: "token_endpoint",
      url: settings.url,
      identity: [displayUrl(settings.url), settings.method],
      secrets: secretsOfBody(settings.body),
      visible: visibleSettings(settings),
      request: () => request,
      read: reader(settings),
      credential: maker(settings.apply_as),
    };
    super(source, settings, runtime);
  }
}

const schema = lazily(() =>
  z.strictObject({
    url: url(),
    method: withDefault(method(), "POST"),
    headers: withDefault(headers(), {}),
    body: z.optional(z.unknown()),
    encoding: withDefault(z.enum(["json", "form"]), "json"),
    token_path: jsonPath(),
    expiry_path: optional(jsonPath()),
    apply_as: optional(z.strictObject({ header: headerName(), template: optional(template()) })),
    ...fetchingFields(),
  }),
);

type TokenEndpointSettings = z.output<ReturnType<typeof schema>>;

function method(): z.ZodMiniType<string> {
  return z.pipe(
    z
      .string()
      .check(z.refine(isToken, "is not an HTTP method"), z.refine(isNoTunnel, "must be a method that has an answer")),
    z.transform((given) => given.toUpperCase()),
  );
}

function isNoTunnel(given: string): boolean {
  return !["CONNECT", "TRACE"].includes(given.toUpperCase());
}

function jsonPath(): z.ZodMiniType<string> {
  return text().check((payload) => {
    const fault = payload.value === "" ? undefined : faultOfPath(payload.value);
    if (fault !== undefined) payload.issues.push({ code: "custom", input: undefined, message: fault });
  });
}

function template(): z.ZodMiniType<string> {
  return z.string().check(
    z.refine((given) => given.includes("{token}"), "must contain {token}"),
    z.refine(isFieldValue, "has characters that a header cannot carry, or white space at an end (RFC 9110 §5.5)"),
  );
}

const bodyFitsMethod: Relation = ({ method: given, body }) => {
  const bodiless = typeof given === "string" && ["GET", "HEAD"].includes(given.toUpperCase());
  return bodiless && isGiven(body) ? [{ path: "body", message: "cannot be sent with GET or HEAD" }] : [];
};

const bodyFitsEncoding: Relation = ({ encoding, body }) => {
  if (encoding !== "form" || !isGiven(body) || parameters().safeParse(body).success) return [];
  return [{ path: "body", message: "must be a flat mapping of strings, numbers and booleans with encoding: form" }];
};

const bodyIsJson: Relation = ({ body }) => {
  try {
    JSON.stringify(body);
    return [];
  } catch {
    return [{ path: "body", message: "must be a JSON value: it has a BigInt, or holds itself" }];
  }
};

function requestOf({
  url: target,
  method: verb,
  headers: configured,
  body,
  encoding,
}: TokenEndpointSettings): HttpRequest {
  const accept = { accept: "application/json" };
  if (!isGiven(body)) return { method: verb, url: target, headers: { ...accept, ...configured } };
  const form = encoding === "form";
  return {
    method: verb,
    url: target,
    headers: {
      ...accept,
      "content-type": form ? "application/x-www-form-urlencoded" : "application/json",
      ...configured,
    },
    body: form ? new URLSearchParams(parameters().parse(body)).toString() : JSON.stringify(body),
  };
}

function reader(settings: TokenEndpointSettings): (answer: HttpAnswer, mask: Mask) => Promise<Redemption> {
  const { token_path: at, expiry_path: expiryPath, apply_as: applyAs } = settings;
  const selectToken = selector(at);
  const selectExpiry = expiryPath === undefined ? undefined : selector(expiryPath);
  return async (answer, mask) => {
    const body = readBody(answer, mask);
    const value = await within(answer, at, selectToken, body);
    const expiresIn = selectExpiry && (await within(answer, expiryPath ?? "", selectExpiry, body));
    return tokenOrFault(() => {
      const found = tokenFrom({ value, at, body }, maker(applyAs), answer, mask);
      return { ...found, expiresIn: lifetimeOf(expiresIn) };
    });
  };
}

/** A body may be nested so deeply that no path gets through it. */
async function within({ to, status }: HttpAnswer, path: string, select: Select, body: unknown): ReturnType<Select> {
  try {
    return await select(body);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new AuthError(`${to}: the body is nested too deeply for ${path}`, { status });
  }
}

function maker(applyAs: TokenEndpointSettings["apply_as"]): (token: string) => Credential {
  if (applyAs === undefined) return Credential.bearer;
  const { header, template: pattern = "{token}" } = applyAs;
  return (token) =>
    Credential.header(
      header,
      pattern.replaceAll("{token}", () => token),
    );
}

/** Every text and number in the body. */
function secretsOfBody(body: unknown): string[] {
  if (typeof body === "string") return [body];
  if (typeof body === "number") return [String(body)];
  return typeof body === "object" && body !== null ? Object.values(body).flatMap(secretsOfBody) : [];
}

function visibleSettings(settings: TokenEndpointSettings): Record<string, unknown> {
  const { method: verb, token_path, expiry_path, apply_as, expiry_ratio } = settings;
  const optionals = { ...(expiry_path && { expiry_path }), ...(apply_as && { apply_as: { header: apply_as.header } }) };
  return { url: displayUrl(settings.url), method: verb, token_path, ...optionals, expiry_ratio };
}
