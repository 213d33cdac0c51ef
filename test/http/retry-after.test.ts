import { expect, test } from "vitest";
import { retryAfterOf } from "../../src/http/retry-after.js";

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
  expect(retryAfterOf({ headers: { "retry-after": retryAfter, date } })).toBe(expected);
});

test("F2 without a Date, a date counts from now", () => {
  const headers = { "retry-after": new Date(Date.now() + 60_000).toUTCString() };
  expect(retryAfterOf({ headers })).toBeGreaterThan(55);
  expect(retryAfterOf({ headers })).toBeLessThanOrEqual(60);
});
