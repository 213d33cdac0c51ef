/** What a catalog is given beside its document. */

import { faultsOfOptions } from "../config/options.js";
import { faultsOfRuntime, type Runtime } from "../providers/runtime.js";
import { ConfigError, type ConfigFault } from "../values/errors.js";
import { handled } from "../values/handled.js";
import { faultOfRecord } from "../values/plain-record.js";
import type { Resolver } from "./references.js";

/**
 * The runtime of all providers of a catalog, or a function that gives each its own: by its name, or
 * by its type where a connector defines a provider of its own.
 */
export type CatalogRuntime = Runtime | ((name: string) => Runtime);

/** How a pipeline document becomes a catalog. */
export interface CatalogOptions {
  /** What the providers are given that is not data, such as a dispatcher, a store, or types of one's own. */
  readonly runtime?: CatalogRuntime | undefined;
  /**
   * Further schemes of interpolation; also in place of `secret`, `env`, `file`.
   *
   * @example { vault: async (path) => (await vault.read(path)).data.value }
   */
  readonly resolvers?: Readonly<Record<string, Resolver>> | undefined;
  /**
   * Values of `${param.name}`, which go before the defaults under `params:`. Where the document declares its
   * parameters, another name is a fault.
   *
   * @example { region: "eu", tenant: 12345 }
   */
  readonly params?: Readonly<Record<string, string | number | boolean | bigint>> | undefined;
}

const OPTIONS: Readonly<Record<keyof CatalogOptions, true>> = { runtime: true, resolvers: true, params: true };

/** An option of the command line's own: the text that stands for whatever cannot be resolved. */
export const STAND_IN: unique symbol = Symbol("stand-in");

/** Another: the names of entries that are left out. */
export const LEFT_OUT: unique symbol = Symbol("left out");

/** Throws a `ConfigError` about `subject` for options that are misspelt, or would only fail later (G5). */
export function checkOptions(subject: string, options: CatalogOptions): void {
  const { runtime = {}, resolvers = {}, params = {} } = options ?? {};
  refuse(subject, [
    ...faultsOfOptions("options", options, Object.keys(OPTIONS)),
    ...faultsOfCatalogRuntime(runtime),
    ...faultsOfEach(
      "options.resolvers",
      resolvers,
      isFunction,
      "must be a function that gives the text of a reference",
    ),
    ...faultsOfEach("options.params", params, isParam, "must be a string, a finite number within 2⁵³, or a boolean"),
  ]);
}

/** Throws a `ConfigError` about `subject` for a runtime that is misspelt, or would only fail later (G5). */
export function checkRuntime(subject: string, runtime: CatalogRuntime): void {
  refuse(subject, faultsOfCatalogRuntime(runtime));
}

/** What `runtime` gives the provider of that name. Throws a `ConfigError` for what is no runtime. */
export function runtimeOf(runtime: CatalogRuntime, name: string): Runtime {
  if (typeof runtime !== "function") return runtime;
  const own: unknown = runtime(name);
  const fault = faultOfRecord(own, "must be an object");
  // Nobody waits for it, so that its failure must not end the process.
  if (fault !== undefined) handled(Promise.resolve(own));
  refuse(name, fault === undefined ? faultsOfOneRuntime(own as Runtime) : [{ path: "runtime", message: fault }]);
  return own as Runtime;
}

function faultsOfCatalogRuntime(runtime: unknown): readonly ConfigFault[] {
  if (typeof runtime === "function") return [];
  const fault = faultOfRecord(runtime, "must be an object, or a function that gives one for each name");
  return fault === undefined ? faultsOfOneRuntime(runtime as Runtime) : [{ path: "runtime", message: fault }];
}

function faultsOfOneRuntime(runtime: Runtime): readonly ConfigFault[] {
  return [...faultsOfRuntime(runtime), ...faultsOfResolve(runtime)];
}

/** Within a catalog, its own names count. */
function faultsOfResolve({ resolve }: Runtime): readonly ConfigFault[] {
  if (resolve === undefined) return [];
  return [{ path: "runtime.resolve", message: "has no use in a catalog, which resolves references itself" }];
}

function faultsOfEach(
  path: string,
  given: unknown,
  isUsable: (value: unknown) => boolean,
  message: string,
): readonly ConfigFault[] {
  const fault = faultOfRecord(given, "must be an object");
  if (fault !== undefined) return [{ path, message: fault }];
  const unusable = Object.entries(given as object).filter(([, value]) => !isUsable(value));
  return unusable.map(([key]) => ({ path: `${path}.${key}`, message }));
}

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}

function isParam(value: unknown): boolean {
  if (typeof value !== "number") return ["string", "boolean", "bigint"].includes(typeof value);
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}

function refuse(subject: string, faults: readonly ConfigFault[]): void {
  if (faults.length > 0) throw new ConfigError(subject, faults);
}
