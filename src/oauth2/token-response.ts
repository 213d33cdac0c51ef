/** Reads the answer to a token request: that of RFC 6749 §5.1, or of the shape that is configured (A1 to A10). */

import { accepted, describeKeys, isObject, parseBody } from "../http/answer.js";
import { inexact, isInexact } from "../http/exact-number.js";
import type { HttpAnswer } from "../http/exchange.js";
import type { Mask } from "../http/mask.js";
import { tokenFrom, tokenOrFault } from "../http/token.js";
import { Credential } from "../values/credential.js";
import { AuthError } from "../values/errors.js";
import { type AccessToken, lifetimeOf, type Redemption } from "../values/issued.js";
import type { AnswerSettings } from "./answer-config.js";
import { Expiry, type ExpirySettings } from "./answer-expiry.js";
import { errorAt, type Member, memberAt } from "./answer-member.js";
import { baseUrlAt } from "./base-url.js";

/** What an answer brought. */
export type TokenResponse = Redemption & {
  /** Why its lifetime can hardly be meant as it was read: a warning is due. */
  readonly doubt?: string | undefined;
};

/** What a token is that was asked for with a key, where the answer says that it is bound to it (RFC 9449 §5). */
export interface Bind {
  /** The thumbprint of the key. */
  readonly boundTo: string;
  credential(token: string): Credential;
}

/** Reads one answer, to a request that has shown a key if there is a `bind`. Rejects with an `AuthError` if it is a refusal, or cannot be read. */
export type ReadAnswer = (answer: HttpAnswer, mask: Mask, bind?: Bind) => Promise<TokenResponse>;

/** Reads answers by `settings`; `make` makes of a token what it is on a request. */
export function answerReader(
  settings: AnswerSettings & ExpirySettings,
  make: (token: string) => Credential = Credential.bearer,
): ReadAnswer {
  const token = memberAt(settings.token_path, "access_token");
  const refreshToken = memberAt(settings.refresh_token_path, "refresh_token");
  const findType = token.beside("token_type");
  const findError = errorAt(settings.error_path);
  const expiry = new Expiry(settings);
  const baseUrl = baseUrlAt(settings);
  const isBareToken = settings.token_path === WHOLE_BODY;
  return async (answer, mask, bind) => {
    const parsed = parseBody(answer, { isBareToken });
    const foundError = await findError(parsed);
    const body = accepted(answer, parsed, mask, { isBareToken, foundError });
    const value = await token.find(body);
    const type = make === Credential.bearer ? await findType(body) : undefined;
    const next = await refreshToken.find(body);
    const written = await expiry.find(body, value);
    const address = await baseUrl.find(body);
    const outcome = tokenOrFault((): AccessToken => {
      assertText(token, { value, body }, answer, mask);
      const isBound = bind !== undefined && isOfType(type, "dpop");
      const found = tokenFrom({ value, at: token.at, body }, isBound ? bind.credential : make, answer, mask);
      if (!isBound) assertBearer(type, answer);
      if (isInexact(next)) throw inexact(`${refreshToken.at} is no refresh token`, answer);
      const expiresIn = expiry.secondsOf(written, answer);
      const binding = bind && { boundTo: isBound ? bind.boundTo : null };
      return { ...found, expiresIn, baseUrl: baseUrl.from(address, answer), ...binding };
    });
    return {
      refreshToken: textOf(next),
      refreshTokenExpiresIn: refreshTokenLifetime(body),
      ...outcome,
      ...("token" in outcome && { doubt: expiry.doubtOf(written, outcome.token.expiresIn) }),
    };
  };
}

const WHOLE_BODY = "$";

/** Where RFC 6749 says that it is a string. */
function assertText(
  { at, isConfigured }: Member,
  { value, body }: { value: unknown; body: unknown },
  { to, status }: HttpAnswer,
  mask: Mask,
): void {
  if (isConfigured || typeof value === "string" || value === undefined || value === null) return;
  throw new AuthError(`${to}: ${at} is not a string; ${describeKeys(body, mask)}`, { status });
}

function isOfType(type: unknown, wanted: string): boolean {
  return typeof type === "string" && type.toLowerCase() === wanted;
}

/** Token types whose tokens no server takes as a bearer: they need a key and a proof per request. */
const BOUND_TOKEN_TYPES: ReadonlySet<string> = new Set(["dpop", "mac"]);

function assertBearer(type: unknown, { to, status }: HttpAnswer): void {
  if (typeof type !== "string" || !BOUND_TOKEN_TYPES.has(type.toLowerCase())) return;
  throw new AuthError(`${to}: the token is of type ${type}, which cannot be used as a bearer`, { status });
}

/** A refresh token: one that is a number is spent all the same, and to drop it would present the one before it. */
function textOf(value: unknown): string | undefined {
  if (typeof value === "number" && !isInexact(value)) return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Where servers say how long the refresh token lives: the names of Google and Azure, of Keycloak, of Intuit. */
const REFRESH_TOKEN_LIFETIMES = [
  "refresh_token_expires_in",
  "refresh_expires_in",
  "x_refresh_token_expires_in",
] as const;

/** Zero says that it does not expire, as Keycloak has it for offline tokens: that is no lifetime. */
function refreshTokenLifetime(body: unknown): number | undefined {
  if (!isObject(body)) return undefined;
  const lifetimes = REFRESH_TOKEN_LIFETIMES.map((name) => body[name]).filter((given) => Number(given) > 0);
  return lifetimeOf(lifetimes[0]);
}
