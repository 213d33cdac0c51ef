import { describe, expect, test } from "vitest";
import { LIFETIME_FORMATS, type LifetimeFormat, lifetimeFrom } from "../../src/http/lifetime.js";
import { answerWith, jwtWith } from "../support/answers.js";

const DATE = "Wed, 25 Nov 2026 12:00:00 GMT";
const NOON = Date.parse(DATE) / 1000;

/** By a server whose clock is right, to a machine whose clock is a year late. */
const dated = answerWith({}, { headers: { date: DATE }, receivedAt: (NOON - 365 * 86_400) * 1000 });
/** By a server that does not say what time it is. */
const undated = answerWith({}, { receivedAt: NOON * 1000 });

function read(format: LifetimeFormat, value: unknown, answer = dated): number | undefined {
  return lifetimeFrom(value, { at: "$.ttl", format }, answer);
}

describe("A7 what is read in each format", () => {
  test.each<[LifetimeFormat, unknown, number]>([
    ["seconds", 3600, 3600],
    ["seconds", "3600.5", 3600.5],
    ["milliseconds", 3_600_000, 3600],
    ["milliseconds", "1500", 1.5],
    ["epoch_seconds", NOON + 3600, 3600],
    ["epoch_seconds", String(NOON + 3600), 3600],
    ["epoch_seconds", NOON + 0.25, 0.25],
    ["epoch_milliseconds", NOON * 1000 + 1500, 1.5],
    ["epoch_milliseconds", `${NOON * 1000 + 60_000}`, 60],
    ["datetime", "2026-11-25T13:00:00Z", 3600],
    ["datetime", "2026-11-25t13:00:00z", 3600],
    ["datetime", "2026-11-25 13:00:00Z", 3600],
    ["datetime", " 2026-11-25T13:00:00.500Z ", 3600.5],
    ["datetime", "2026-11-25T13:00:00.1234567Z", 3600.123],
    ["datetime", "2026-11-25T14:00:00+01:00", 3600],
    ["datetime", "2026-11-25T07:30:00-0530", 3600],
    ["datetime", "2026-11-25T13:00Z", 3600],
    ["datetime", "2026-12-31T23:59:60Z", 36 * 86_400 + 12 * 3600 - 1],
    ["duration", "0:01:30", 5400],
    ["duration", "177:05:38", 177 * 86_400 + 5 * 3600 + 38 * 60],
    ["duration", "2:12:30:15", 2 * 86_400 + 12 * 3600 + 30 * 60 + 15],
    ["duration", "0:0:5:0.5", 300.5],
    ["duration", "PT1H", 3600],
    ["duration", "pt90m", 5400],
    ["duration", "PT3600S", 3600],
    ["duration", "PT0.5H", 1800],
    ["duration", "PT1,5M", 90],
    ["duration", "P1DT2H3M4S", 86_400 + 7384],
    ["duration", "P2W", 14 * 86_400],
    ["duration", "P1Y2M3D", (365 + 60 + 3) * 86_400],
    ["jwt", jwtWith({ exp: NOON + 3600 }), 3600],
    ["jwt", jwtWith({ exp: NOON + 3600, iat: NOON - 7200 }), 3600],
    ["jwt", jwtWith({ exp: `${NOON + 60}` }), 60],
    [
      "jwt",
      `${jwtWith({ exp: NOON + 60 })
        .split(".")
        .slice(0, 2)
        .join(".")}.`,
      60,
    ],
  ])("A7 %s %j", (format, value, expected) => {
    expect(read(format, value)).toBeCloseTo(expected, 3);
  });

  test("A2 a lifetime of nothing, or an instant that is over, counts as one second", () => {
    expect(read("milliseconds", 0)).toBe(1);
    expect(read("epoch_seconds", NOON)).toBe(1);
    expect(read("epoch_milliseconds", (NOON - 600) * 1000)).toBe(1);
    expect(read("datetime", "2025-11-25T12:00:00Z")).toBe(1);
    expect(read("duration", "0:00:00")).toBe(1);
    expect(read("duration", "PT0S")).toBe(1);
    expect(read("jwt", jwtWith({ exp: NOON - 1 }))).toBe(1);
  });
});

describe("A7 absolute times are of the server's clock", () => {
  const oneHourOn: [LifetimeFormat, unknown][] = [
    ["epoch_seconds", NOON + 3600],
    ["epoch_milliseconds", (NOON + 3600) * 1000],
    ["datetime", "2026-11-25T13:00:00Z"],
    ["jwt", jwtWith({ exp: NOON + 3600 })],
  ];

  test.each(oneHourOn)("A7 %s without a Date, or with one that is none, is measured by ours", (format, value) => {
    expect(read(format, value, undated)).toBe(3600);
    expect(read(format, value, answerWith({}, { headers: { date: "soon" }, receivedAt: NOON * 1000 }))).toBe(3600);
  });

  test.each([
    ["a clock that is an hour late", -3600],
    ["a clock that is two hours early", 7200],
  ])("A7 a JWT's own iat bounds its life by %s where there is no Date", (_what, skew) => {
    const answer = answerWith({}, { receivedAt: (NOON + skew) * 1000 });
    expect(read("jwt", jwtWith({ iat: NOON, exp: NOON + 3600 }), answer)).toBe(3600);
  });

  test("A7 a JWT that the server has kept a while has the rest of its life", () => {
    expect(read("jwt", jwtWith({ iat: NOON - 3000, exp: NOON + 600 }), undated)).toBe(600);
    expect(read("jwt", jwtWith({ iat: NOON + 900, exp: NOON + 600 }), undated)).toBe(600);
  });
});

describe("C5 what is not of its format is no lifetime", () => {
  test.each<[LifetimeFormat, unknown]>([
    ...LIFETIME_FORMATS.flatMap((format) =>
      [undefined, null, "", " ", "soon", true, {}, [3600], Number.NaN, { toString: 1, valueOf: 1 }].map(
        (value): [LifetimeFormat, unknown] => [format, value],
      ),
    ),
    ["seconds", "Infinity"],
    ["epoch_seconds", 3600],
    ["epoch_milliseconds", 3_600_000],
    ["datetime", NOON],
    ["datetime", "2026-11-25"],
    ["datetime", "2026-11-25T13:00:00"],
    ["datetime", "2026-13-25T13:00:00Z"],
    ["datetime", "Wed, 25 Nov 2026 13:00:00 GMT"],
    ["duration", 3600],
    ["duration", "01:30"],
    ["duration", "1:2:3:4:5"],
    ["duration", "P"],
    ["duration", "PT"],
    ["duration", "P1H"],
    ["duration", "P1DT"],
    ["duration", "PT1.2.3S"],
    ["duration", "-PT1H"],
    ["jwt", "opaque"],
    ["jwt", jwtWith({ sub: "me" })],
    ["jwt", jwtWith({ exp: "soon" })],
    ["jwt", jwtWith({ exp: [NOON] })],
    ["jwt", jwtWith([NOON])],
    ["jwt", "a.bm90IGpzb24.c"],
    ["jwt", "a..c"],
    ["jwt", "a.b.c.d.e"],
  ])("C5 %s %j", (format, value) => {
    expect(read(format, value)).toBeUndefined();
  });
});

test.each<[LifetimeFormat, unknown]>([
  ["seconds", 2 ** 53],
  ["milliseconds", 1e20],
  ["epoch_seconds", 1e17],
  ["epoch_milliseconds", 2 ** 53],
  ["jwt", jwtWith({ exp: 1e17 })],
])("A8 %s beyond 2^53 is an AuthError", (format, value) => {
  expect(() => read(format, value)).toThrow(/at \$\.ttl is no lifetime: a number beyond 2\^53/);
});

test("A7 a hostile text of half a megabyte is read to its end", () => {
  const [ones, word] = ["1".repeat(500_000), "a".repeat(500_000)];
  expect(read("duration", `P${ones}X`)).toBeUndefined();
  expect(read("duration", ones)).toBeUndefined();
  expect(read("datetime", `2026-11-25T13:00:00.${ones}`)).toBeUndefined();
  expect(read("jwt", `${word}.${word}`)).toBeUndefined();
});
