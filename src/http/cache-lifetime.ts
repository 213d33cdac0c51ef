/** How long an answer may be kept, as its header fields say (RFC 9111 §4.2, §5.2.2). */

import type { AnswerHeaders } from "./answer-handler.js";
import type { HttpAnswer } from "./exchange.js";
import { parseHttpDate, sentAt } from "./http-date.js";

/** Seconds from the arrival of `answer`, zero where it must not be kept; `undefined` where it does not say. */
export function cacheSeconds(answer: Pick<HttpAnswer, "headers" | "receivedAt">): number | undefined {
  const { headers } = answer;
  const directives = directivesOf(headers);
  if (directives.has("no-store") || directives.has("no-cache")) return 0;
  const age = secondsIn(fieldOf(headers, "age")) ?? 0;
  // A max-age that is no number is over already (RFC 9111 §4.2.1).
  if (directives.has("max-age")) return Math.max(0, (secondsIn(directives.get("max-age")) ?? 0) - age);
  const expires = fieldOf(headers, "expires");
  if (expires === undefined) return undefined;
  // "0", and whatever else is no date, is in the past (RFC 9111 §5.3).
  const until = /[a-z]{3}/i.test(expires) ? parseHttpDate(expires) : undefined;
  return until === undefined ? 0 : Math.max(0, (until - sentAt(answer)) / 1000 - age);
}

function directivesOf(headers: AnswerHeaders): Map<string, string> {
  const directives = (fieldOf(headers, "cache-control") ?? "").split(",").map((directive) => directive.trim());
  return new Map(
    directives.map((directive) => {
      const [name = "", value = ""] = directive.split(/\s*=\s*(.*)/s);
      return [name.toLowerCase(), value.replace(/^"(.*)"$/, "$1")];
    }),
  );
}

function secondsIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text.trim()) ? Math.min(Number(text), Number.MAX_SAFE_INTEGER) : undefined;
}

/** A field that came more than once is one list (RFC 9110 §5.3). */
function fieldOf(headers: AnswerHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(",") : value;
}
