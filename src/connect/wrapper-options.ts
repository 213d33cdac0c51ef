/** What a wrapper is made with, checked whole: the provider and each option (G2, G5). */

import { suggest } from "../config/check.js";
import { ConfigError, type ConfigFault } from "../values/errors.js";
import { faultOfRecord } from "../values/plain-record.js";
import { faultsOfOrigins } from "./origins.js";

/** Says what is wrong with the value of one option; `undefined` if nothing is. */
type OptionCheck = (value: unknown) => string | readonly ConfigFault[] | undefined;

/** The checks of the options that both wrappers have. */
const SHARED: Readonly<Record<string, OptionCheck>> = {
  origins: faultsOfOrigins,
  statuses: (value) =>
    Array.isArray(value) && value.length > 0 && value.every(isErrorStatus)
      ? undefined
      : "must be a list of HTTP statuses from 400 to 599",
  isRefused: faultOfFunction,
  graceMs: (value) =>
    Number.isFinite(value) && (value as number) >= 0 ? undefined : "must be a number of milliseconds, zero or more",
};

/** Throws a `ConfigError` with all that is wrong with the provider and the options given to `subject`. */
export function checkWrapper(
  subject: string,
  provider: unknown,
  options: unknown,
  own: Readonly<Record<string, OptionCheck>>,
  required: readonly string[] = [],
): void {
  const faults = [...faultsOfProvider(provider), ...faultsOfOptions(options, { ...SHARED, ...own }, required)];
  if (faults.length > 0) throw new ConfigError(subject, faults);
}

/** Says that a value is no function, if it is none. */
export function faultOfFunction(value: unknown): string | undefined {
  return typeof value === "function" ? undefined : "must be a function";
}

function faultsOfOptions(
  options: unknown,
  checks: Readonly<Record<string, OptionCheck>>,
  required: readonly string[],
): ConfigFault[] {
  if (options === undefined) return [];
  const fault = faultOfRecord(options, `must be an object with any of ${Object.keys(checks).join(", ")}`);
  if (fault !== undefined) return [{ path: "options", message: fault }];
  const given = new Map<string, unknown>([
    ...required.map((key) => [key, undefined] as const),
    ...Object.entries(options as object),
  ]);
  const faults = [...given].flatMap(([key, value]) => {
    const check = Object.hasOwn(checks, key) ? checks[key] : undefined;
    if (check === undefined) {
      return [{ path: key, message: `unknown option; ${suggest(key, Object.keys(checks))}` }];
    }
    const fault = value === undefined && !required.includes(key) ? undefined : check(value);
    return typeof fault === "string" ? [{ path: key, message: fault }] : (fault ?? []);
  });
  const { statuses, isRefused } = options as { statuses?: unknown; isRefused?: unknown };
  if (statuses !== undefined && isRefused !== undefined) {
    faults.push({ path: "isRefused", message: "decides in place of statuses: give one of the two" });
  }
  return faults;
}

function faultsOfProvider(provider: unknown): ConfigFault[] {
  if (hasMethods(provider, "getToken", "invalidate")) return [];
  return [
    { path: "provider", message: `must be an object with getToken() and invalidate(); it is ${mistaken(provider)}` },
  ];
}

/** What stands in the provider's place, and how to mend it. */
function mistaken(given: unknown): string {
  if (given === undefined || given === null) return `${given}: is its variable set?`;
  if (hasMethods(given, "then")) return "a promise: await it";
  if (typeof given === "function") {
    return /^class\b/.test(Function.prototype.toString.call(given))
      ? `a class: make a provider with new ${given.name || "Provider"}(…)`
      : "a function: call it, if it makes a provider";
  }
  if (hasMethods(given, "get", "resolve")) return "a catalog: take a provider from it, catalog.get(name)";
  if (typeof given === "object" && "type" in given && "config" in given) {
    return "a configuration: make a provider of it, fromConfig(…)";
  }
  if (hasMethods(given, "getToken")) return "an object without invalidate()";
  return typeof given === "object" ? "an object without them" : `a ${typeof given}`;
}

function hasMethods(value: unknown, ...names: readonly string[]): boolean {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === "function");
}

function isErrorStatus(status: unknown): boolean {
  return Number.isInteger(status) && (status as number) >= 400 && (status as number) < 600;
}
