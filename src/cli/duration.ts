/** How long something takes, as a person says it. */

const UNITS = [
  ["day", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
] as const;

/** `milliseconds` in the largest unit of which there are two, so that the rest does not count: 90 min, 26 h, 3 days. */
export function spoken(milliseconds: number): string {
  const [unit, size] = UNITS.find(([, length]) => milliseconds >= 2 * length) ?? (["s", 1000] as const);
  const count = Math.floor(milliseconds / size);
  return `${count} ${unit}${unit === "day" && count !== 1 ? "s" : ""}`;
}

/** How long ago something was. */
export function ago(milliseconds: number): string {
  return milliseconds < 2000 ? "just now" : `${spoken(milliseconds)} ago`;
}

/** `20d`, `12h`, `30m`, `45s` in milliseconds; `undefined` for what is none. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit = ""] = /^(\d+(?:\.\d+)?)([dhms])$/.exec(text.trim()) ?? [];
  return count === undefined ? undefined : Number(count) * (SECONDS[unit] ?? 0) * 1000;
}

const SECONDS: Readonly<Record<string, number>> = { d: 86_400, h: 3600, m: 60, s: 1 };
