/** What a token endpoint's answer brought: a token and its lifetime, by the configured paths (A1 to A8). */

import { readJson } from "../http/answer.js";
import type { HttpAnswer } from "../http/exchange.js";
import type { Mask } from "../http/mask.js";
import { tokenFrom, tokenOrFault } from "../http/token.js";
import { type Select, selector } from "../json-path/select.js";
import { formAsJson, mediaTypeOf } from "../oauth2/form-answer.js";
import { AuthError } from "../values/errors.js";
import { lifetimeOf, type Redemption } from "../values/issued.js";
import { parseJson } from "../values/parse-json.js";
import { type ApplyAsSettings, credentialMaker } from "./apply-as.js";

/** The settings by which an answer is read. */
export interface AnswerSettings {
  readonly token_path: string;
  readonly expiry_path: string | undefined;
  readonly default_expires_in: number | undefined;
  readonly apply_as: ApplyAsSettings | undefined;
}

/** Gets the first reason to doubt `expiry_path`, and no other. */
export type ExpiryWarning = (message: string) => void;

/** Reads answers, and warns of a lifetime that cannot be meant. */
export function reader(
  settings: AnswerSettings,
  warn: ExpiryWarning,
): (answer: HttpAnswer, mask: Mask) => Promise<Redemption> {
  const { token_path: at } = settings;
  const make = credentialMaker(settings.apply_as);
  const selectToken = at === WHOLE_BODY ? scalar : selector(at);
  const lifetime = lifetimeReader(settings, warn);
  return async (answer, mask) => {
    const body = readJson(at === WHOLE_BODY ? tokenAsJson(answer) : formAsJson(answer), mask);
    const value = await within(answer, at, selectToken, body);
    const expiresIn = await lifetime(answer, body);
    return tokenOrFault(() => {
      const found = tokenFrom({ value, at, body }, make, answer, mask);
      return { ...found, expiresIn };
    });
  };
}

const WHOLE_BODY = "$";

/** The body itself, where it is nothing but the token. A list or a mapping is left for the error to describe. */
async function scalar(body: unknown): ReturnType<Select> {
  return body as string | number | undefined;
}

/** A body that is nothing but the token, as a JSON string: what JSON takes for a number keeps all its digits. */
function tokenAsJson(answer: HttpAnswer): HttpAnswer {
  const text = answer.text.trim();
  const isJson = ["string", "object", "boolean"].includes(typeof parseJson(text));
  const isSuccess = answer.status >= 200 && answer.status < 300;
  if (!isSuccess || isJson || !ONE_WORD.test(text) || mediaTypeOf(answer) === "text/html") return answer;
  return { ...answer, text: JSON.stringify(text) };
}

/** No markup, and no sentence. */
const ONE_WORD = /^[^\s<{[][^\s]*$/;

type LifetimeReader = (answer: HttpAnswer, body: unknown) => Promise<number | undefined>;

function lifetimeReader(
  { expiry_path: path, default_expires_in: assumed }: AnswerSettings,
  warn: ExpiryWarning,
): LifetimeReader {
  if (path === undefined) return async () => undefined;
  const select = selector(path);
  let hasWarned = false;
  return async (answer, body) => {
    const seconds = lifetimeOf(await within(answer, path, select, body));
    const doubt = doubtOf(seconds, assumed);
    if (doubt !== undefined && !hasWarned) {
      hasWarned = true;
      warn(`expiry_path ${path} selects ${doubt}`);
    }
    return seconds;
  };
}

/** An instant since the epoch is the usual mistake, and would be taken for decades. */
const LONGEST_LIFETIME_SECS = 10 * 366 * 24 * 3600;

function doubtOf(seconds: number | undefined, assumed: number | undefined): string | undefined {
  if (seconds === undefined) {
    const then = assumed === undefined ? "the token is used until an API refuses it" : `${assumed} s are assumed`;
    return `no number of seconds in the answer; ${then}`;
  }
  if (seconds <= LONGEST_LIFETIME_SECS) return undefined;
  return "a lifetime of decades: it must select seconds from now, and not an instant";
}

/** A body may be nested so deeply that no path gets through it. */
async function within({ to, status }: HttpAnswer, path: string, select: Select, body: unknown): ReturnType<Select> {
  try {
    return await select(body);
  } catch (error) {
    if ((error as Error | undefined)?.name !== "RangeError") throw error;
    throw new AuthError(`${to}: the body is nested too deeply for ${path}`, { status });
  }
}
