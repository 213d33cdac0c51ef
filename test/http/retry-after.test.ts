import { expect, test } from "vitest";
import { retryAfterSeconds } from "../../src/http/retry-after.js";

test.each([
  ["120", undefined, 120],
  [" 0 ", undefined, 0],
  ["9".repeat(400), undefined, Number.MAX_SAFE_INTEGER],
  ["Mon, 23 Nov 2026 12:00:30 GMT", "Mon, 23 Nov 2026 12:00:00 GMT", 30],
  ["Mon, 23 Nov 2026 11:00:00 GMT", "Mon, 23 Nov 2026 12:00:00 GMT", 0],
  ["Mon Nov 23 12:00:30 2026", "Mon, 23 Nov 2026 12:00:00 GMT", 30],
  ["soon", undefined, undefined],
  ["-5", undefined, undefined],
  ["1.5", undefined, undefined],
  [undefined, undefined, undefined],
])("F2 Retry-After: %j, Date: %j", (retryAfter, date, expected) => {
  expect(retryAfterSeconds({ headers: { "retry-after": retryAfter, date }, receivedAt: Number.NaN })).toBe(expected);
});

test("F2 without a Date, a date counts from when the answer came, by the clock that is given", () => {
  const receivedAt = Date.parse("Mon, 23 Nov 2026 12:00:00 GMT");
  const headers = { "retry-after": new Date(receivedAt + 60_000).toUTCString() };
  expect(retryAfterSeconds({ headers, receivedAt })).toBe(60);
});
