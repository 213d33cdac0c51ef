/** What a token endpoint's answer brought: a token and its lifetime, by the configured paths (A1 to A8). */

import { mediaTypeOf, readBody } from "../http/answer.js";
import type { HttpAnswer } from "../http/exchange.js";
import type { Mask } from "../http/mask.js";
import { lifetimeFrom, tokenFrom, tokenOrFault } from "../http/token.js";
import { selector } from "../json-path/select.js";
import type { Redemption } from "../values/issued.js";
import { parseJson } from "../values/parse-json.js";
import { credentialMaker, type Place } from "./apply-as.js";

/** The settings by which an answer is read. */
export interface AnswerSettings {
  readonly token_path: string;
  readonly expiry_path: string | undefined;
  readonly default_expires_in: number | undefined;
  readonly apply_as: readonly Place[] | undefined;
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
  const selectToken = selector(at);
  const lifetime = lifetimeReader(settings, warn);
  return async (answer, mask) => {
    const body = readBody(at === WHOLE_BODY ? tokenAsJson(answer) : answer, mask);
    const value = await selectToken(body);
    const expiresIn = await lifetime(answer, body);
    return tokenOrFault(() => {
      const found = tokenFrom({ value, at, body }, make, answer, mask);
      return { ...found, expiresIn };
    });
  };
}

const WHOLE_BODY = "$";

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
    const seconds = lifetimeFrom(await select(body), path, answer);
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
