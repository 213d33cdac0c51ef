/** What a test has a fake identity provider do in place of what it would: fail, or answer something else (G5). */

import { faultOfRecord } from "faucet-auth";
import {
  checkArgument,
  checkOptions,
  faultOfDuration,
  faultOfFlag,
  faultOfString,
  faultOfText,
} from "./checked-options.js";
import type { FakeIdpRequest } from "./fake-idp-request.js";

/** How token requests fail. */
export interface FakeIdpFailure {
  /**
   * The HTTP status.
   * @default 503
   */
  readonly status?: number | undefined;
  /** The `error` code of the answer, such as `invalid_grant` (RFC 6749 §5.2). */
  readonly error?: string | undefined;
  /** The `error_description`. */
  readonly description?: string | undefined;
  /** Seconds of a `Retry-After` header. */
  readonly retryAfter?: number | undefined;
  /**
   * Whether, in place of all that, a request is served and its answer lost: the connection ends, and a refresh token
   * that was presented is spent.
   * @default false
   */
  readonly losesAnswer?: boolean | undefined;
  /**
   * How many requests fail.
   * @default all, until `recover()`
   */
  readonly times?: number | undefined;
}

/**
 * Answers the n-th token request, counted from 1. A body that is no text is sent as JSON; `undefined` leaves the
 * request to the fake. Where it throws, or gives what cannot be sent, the answer is a 500 that says so.
 */
export type FakeIdpAnswer = (
  request: FakeIdpRequest,
  n: number,
) => FakeIdpResponse | undefined | Promise<FakeIdpResponse | undefined>;

/** What the token endpoint answers. */
export interface FakeIdpResponse {
  /** The HTTP status, by default 200. */
  readonly status?: number | undefined;
  /** Headers beside `content-type`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Text, or what is sent as JSON. */
  readonly body?: unknown;
}

/** Throws a `ConfigError` for a failure that would not be what it says. */
export function checkFailure(failure: FakeIdpFailure): void {
  checkOptions("failWith", failure, {
    status: faultOfStatus,
    error: faultOfText,
    description: faultOfString,
    retryAfter: faultOfDuration,
    losesAnswer: faultOfFlag,
    times: faultOfCount,
  });
}

/** Throws a `ConfigError` for what cannot answer. */
export function checkAnswer(answer: FakeIdpAnswer | undefined): void {
  const isAnswer = answer === undefined || typeof answer === "function";
  checkArgument("answerWith", "answer", isAnswer ? undefined : "must be a function, or undefined for none");
}

/** Throws a `ConfigError` for an answer that cannot be sent as it is. */
export function checkResponse(response: FakeIdpResponse): void {
  checkOptions("answerWith", response, { status: faultOfStatus, headers: faultOfHeaders, body: faultOfBody });
}

function faultOfStatus(status: unknown): string | undefined {
  const isStatus = Number.isInteger(status) && (status as number) >= 200 && (status as number) <= 599;
  return isStatus ? undefined : "must be an HTTP status from 200 to 599";
}

function faultOfCount(times: unknown): string | undefined {
  const isCount = times === Number.POSITIVE_INFINITY || (Number.isInteger(times) && (times as number) >= 0);
  return isCount ? undefined : "must be a whole number from zero on";
}

function faultOfHeaders(headers: unknown): string | undefined {
  const fault = faultOfRecord(headers, HEADERS);
  return fault ?? (Object.values(headers as object).every((value) => typeof value === "string") ? undefined : HEADERS);
}

const HEADERS = "must be an object of texts by the name of the header";

function faultOfBody(body: unknown): string | undefined {
  return JSON.stringify(body) === undefined ? "must be text, or what JSON can say" : undefined;
}
