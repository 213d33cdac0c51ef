/** Reads the token response (RFC 6749 §5.1; A1 to A7). */

import { describeKeys, isObject, readJson } from "../http/answer.js";
import type { HttpAnswer } from "../http/exchange.js";
import type { Mask } from "../http/mask.js";
import { tokenFrom, tokenOrFault } from "../http/token.js";
import { Credential } from "../values/credential.js";
import { AuthError } from "../values/errors.js";
import { type AccessToken, lifetimeOf, type Redemption } from "../values/issued.js";
import { formAsJson } from "./form-answer.js";

/** Token types whose tokens no server takes as a bearer: they need a key and a proof per request. */
const BOUND_TOKEN_TYPES: ReadonlySet<string> = new Set(["dpop", "mac"]);

/** Where servers say how long the refresh token lives: the names of Google and Azure, of Keycloak, of Intuit. */
const REFRESH_TOKEN_LIFETIMES = [
  "refresh_token_expires_in",
  "refresh_expires_in",
  "x_refresh_token_expires_in",
] as const;

/** What `answer` brought. Throws an `AuthError` if it is no token response. */
export function readTokenResponse(answer: HttpAnswer, mask: Mask): Redemption {
  const body = readJson(formAsJson(answer), mask);
  const { to, status } = answer;
  if (!isObject(body)) {
    throw new AuthError(`${to}: HTTP ${status} is no token response; ${describeKeys(body, mask)}`, { status });
  }
  return {
    refreshToken: nonEmptyString(body.refresh_token),
    refreshTokenExpiresIn: refreshTokenLifetime(body),
    ...tokenOrFault(() => readToken(body, answer, mask)),
  };
}

function readToken(body: Record<string, unknown>, answer: HttpAnswer, mask: Mask): AccessToken {
  const { to, status } = answer;
  const { access_token: token, token_type: tokenType, expires_in: expiresIn } = body;
  if (typeof token !== "string" && token !== undefined && token !== null) {
    throw new AuthError(`${to}: access_token is not a string; ${describeKeys(body, mask)}`, { status });
  }
  const found = tokenFrom({ value: token, at: "access_token", body }, Credential.bearer, answer, mask);
  if (typeof tokenType === "string" && BOUND_TOKEN_TYPES.has(tokenType.toLowerCase())) {
    throw new AuthError(`${to}: the token is of type ${tokenType}, which cannot be used as a bearer`, { status });
  }
  return { ...found, expiresIn: lifetimeOf(expiresIn) };
}

/** Zero says that it does not expire, as Keycloak has it for offline tokens: that is no lifetime. */
function refreshTokenLifetime(body: Record<string, unknown>): number | undefined {
  const lifetimes = REFRESH_TOKEN_LIFETIMES.map((name) => body[name]).filter((given) => Number(given) > 0);
  return lifetimeOf(lifetimes[0]);
}

function nonEmptyString(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
