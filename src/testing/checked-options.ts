/** The options of a fake, checked when it is made: a misspelt one would let a test prove nothing (G5). */

import { ConfigError, type ConfigFault, faultOfRecord } from "faucet-auth";

/** Says what is wrong with the value of one option; `undefined` if nothing is. */
type OptionCheck = (value: unknown) => string | undefined;

/** Throws a `ConfigError` about `subject` for options that are unknown or no good. */
export function checkOptions<T extends object>(
  subject: string,
  options: T,
  checks: Readonly<Record<keyof T, OptionCheck>>,
): void {
  const known: Readonly<Record<string, OptionCheck>> = checks;
  const names = Object.keys(checks).join(", ");
  const fault = faultOfRecord(options, `must be an object; its keys may be ${names}`);
  if (fault !== undefined) throw new ConfigError(subject, [{ path: "options", message: fault }]);
  const faults = Object.entries(options).flatMap(([path, value]): ConfigFault[] => {
    if (!Object.hasOwn(known, path)) return [{ path, message: `unknown option; there are: ${names}` }];
    const message = value === undefined ? undefined : known[path]?.(value);
    return message === undefined ? [] : [{ path, message }];
  });
  if (faults.length > 0) throw new ConfigError(subject, faults);
}

/** Throws a `ConfigError` about `subject` where there is a fault of its argument `path`. */
export function checkArgument(subject: string, path: string, fault: string | undefined): void {
  if (fault !== undefined) throw new ConfigError(subject, [{ path, message: fault }]);
}

/** An option that is a text, and may be empty. */
export function faultOfString(value: unknown): string | undefined {
  return typeof value === "string" ? undefined : "must be a string";
}

/** An option that is a text. */
export function faultOfText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? undefined : "must be a non-empty string";
}

/** An option that is true or false. */
export function faultOfFlag(value: unknown): string | undefined {
  return typeof value === "boolean" ? undefined : "must be true or false";
}

/** A lifetime, or that there is none. */
export function faultOfLifetime(value: unknown): string | undefined {
  const isLifetime = value === null || (typeof value === "number" && Number.isFinite(value) && value > 0);
  return isLifetime ? undefined : "must be a number of seconds above zero, or null for no lifetime";
}

/** A time to wait, or none. */
export function faultOfDuration(value: unknown): string | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0
    ? undefined
    : "must be a number from zero on";
}

/** An option that is a list, each of whose items `faultOf` has nothing against. */
export function listOf(faultOf: OptionCheck): OptionCheck {
  return (value) => {
    if (!Array.isArray(value)) return "must be a list";
    const faults = value.map(faultOf);
    const index = faults.findIndex((fault) => fault !== undefined);
    return index === -1 ? undefined : `[${index}] ${faults[index]}`;
  };
}
