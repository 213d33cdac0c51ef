/** How long a token lives, in the ways in which IdPs write it (A2, A7, A8). */

import { lifetimeOf } from "../values/issued.js";
import { inexact, isInexact } from "./exact-number.js";
import type { HttpAnswer } from "./exchange.js";
import { type Dated, dateOf, sentAt } from "./http-date.js";
import { claimsOf } from "./jwt.js";

/**
 * How a lifetime is written: as seconds or milliseconds from now; as an instant, in seconds or milliseconds since 1970 or
 * as a date and time (RFC 3339); as a duration (`D:HH:MM`, `D:HH:MM:SS`, or ISO 8601); or as the `exp` of a JWT.
 */
export type LifetimeFormat =
  | "seconds"
  | "milliseconds"
  | "epoch_seconds"
  | "epoch_milliseconds"
  | "datetime"
  | "duration"
  | "jwt";

/** A format: what it gives, and how a warning calls it. */
interface Format {
  readonly called: string;
  /** Seconds from when the answer was sent; `undefined` or no number where `given` is not of this format. */
  secondsOf(given: string | number, answer: Dated): number | undefined;
}

const FORMATS: Readonly<Record<LifetimeFormat, Format>> = {
  seconds: { called: "number of seconds", secondsOf: numberOf },
  milliseconds: { called: "number of milliseconds", secondsOf: (given) => numberOf(given) / 1000 },
  epoch_seconds: {
    called: "instant in seconds since 1970",
    secondsOf: (given, answer) => until(numberOf(given) * 1000, answer),
  },
  epoch_milliseconds: {
    called: "instant in milliseconds since 1970",
    secondsOf: (given, answer) => until(numberOf(given), answer),
  },
  datetime: {
    called: "date and time with an offset (RFC 3339)",
    secondsOf: (given, answer) => until(parseDateTime(String(given)), answer),
  },
  duration: { called: "duration", secondsOf: (given) => parseDuration(String(given)) },
  jwt: { called: "JWT with an exp", secondsOf: untilExp },
};

/** All formats. */
export const LIFETIME_FORMATS: readonly LifetimeFormat[] = Object.keys(FORMATS) as LifetimeFormat[];

/** How a warning calls what is in that format. */
export function nameOfFormat(format: LifetimeFormat): string {
  return FORMATS[format].called;
}

/** Where a lifetime was found, and how it is written there. */
export interface WrittenLifetime {
  /** For messages: `expires_in`, `$.meta.ttl`. */
  readonly at: string;
  readonly format: LifetimeFormat;
}

/**
 * The seconds that `value` gives, by the rules of `lifetimeOf`; `undefined` where it is not of its format. Throws an
 * `AuthError` for a number without its digits.
 */
export function lifetimeFrom(
  value: unknown,
  { at, format }: WrittenLifetime,
  answer: Dated & Pick<HttpAnswer, "to" | "status">,
): number | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  if (isInexact(format === "jwt" ? claimsOf(String(value))?.exp : value)) throw inexact(`${at} is no lifetime`, answer);
  return lifetimeOf(FORMATS[format].secondsOf(value, answer));
}

/** NaN for what is no number. */
function numberOf(given: unknown): number {
  const text = typeof given === "string" ? given.trim() : given;
  return text === "" || (typeof text !== "string" && typeof text !== "number") ? Number.NaN : Number(text);
}

/** An instant that was over decades ago is none: it must be seconds from now. */
const LONGEST_OVER_MS = 10 * 366 * 24 * 3600 * 1000;

/** Seconds until an instant, by the clock of the server that names it. */
function until(instant: number, answer: Dated): number | undefined {
  const milliseconds = instant - sentAt(answer);
  return milliseconds < -LONGEST_OVER_MS ? undefined : milliseconds / 1000;
}

/** The seconds may be left out, and the colon of the offset. A leap second ends with the second before it. */
const DATE_TIME = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::(\d\d)(\.\d+)?)?(?:(Z)|([+-]\d\d):?(\d\d))$/i;

function parseDateTime(text: string): number {
  const [, date, time, seconds = "00", fraction = "", zulu, hours, minutes] = DATE_TIME.exec(text.trim()) ?? [];
  const offset = zulu === undefined ? `${hours}:${minutes}` : "Z";
  return Date.parse(`${date}T${time}:${seconds === "60" ? "59" : seconds}${fraction}${offset}`);
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const CLOCK_DURATION = /^(\d+):(\d\d?):(\d\d?)(?::(\d\d?(?:\.\d+)?))?$/;
const CLOCK_UNITS = [DAY, HOUR, MINUTE, 1];

/** ISO 8601 leaves open how long a year and a month are. */
const ISO_DURATION =
  /^P(?=[\dT])(?:([\d.,]+)Y)?(?:([\d.,]+)M)?(?:([\d.,]+)W)?(?:([\d.,]+)D)?(?:T(?=\d)(?:([\d.,]+)H)?(?:([\d.,]+)M)?(?:([\d.,]+)S)?)?$/i;
const ISO_UNITS = [365 * DAY, 30 * DAY, 7 * DAY, DAY, HOUR, MINUTE, 1];

function parseDuration(text: string): number {
  const clock = CLOCK_DURATION.exec(text.trim());
  if (clock !== null) return sum(clock.slice(1), CLOCK_UNITS);
  const iso = ISO_DURATION.exec(text.trim());
  return iso === null ? Number.NaN : sum(iso.slice(1), ISO_UNITS);
}

function sum(amounts: readonly (string | undefined)[], units: readonly number[]): number {
  return units.reduce((seconds, unit, index) => seconds + unit * Number((amounts[index] ?? "0").replace(",", ".")), 0);
}

/**
 * Seconds until the token's `exp`. Where the answer has no `Date`, our clock may not be that of the server, and `iat`
 * says how long the token lives at most.
 */
function untilExp(token: string | number, answer: Dated): number | undefined {
  const { exp, iat } = claimsOf(String(token)) ?? {};
  const left = until(numberOf(exp) * 1000, answer);
  const whole = numberOf(exp) - numberOf(iat);
  if (left === undefined || dateOf(answer) !== undefined || !(whole > 0)) return left;
  return left > 0 ? Math.min(left, whole) : whole;
}
