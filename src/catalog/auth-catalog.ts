/** The catalog: providers that are defined once, in an `auth:` block, and referred to by name (G4). */

import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { AuthProvider } from "../auth-provider.js";
import { faultsOf, join, tellKey } from "../config/check.js";
import { fromConfig, type ProviderSpec } from "../from-config.js";
import { Mask } from "../http/mask.js";
import type { Runtime } from "../providers/runtime.js";
import { ClosedError, ConfigError, type ConfigFault } from "../values/errors.js";
import { type Interpolated, Interpolation, type Resolver } from "./interpolation.js";
import { parsePipeline } from "./pipeline-document.js";
import { builtInResolvers } from "./resolvers.js";

/** A connector's `auth:` key: a reference into the catalog, or a provider of its own. */
export type AuthSpec = { readonly ref: string } | ProviderSpec;

/**
 * The runtime of all providers of a catalog, or a function that gives each its own: by its name, or
 * by its type where a connector defines a provider of its own.
 */
export type CatalogRuntime = Runtime | ((name: string) => Runtime);

/** How a pipeline document becomes a catalog. */
export interface CatalogOptions {
  readonly runtime?: CatalogRuntime | undefined;
  /** Further schemes of interpolation, `{ vault: async (ref) => … }`; also in place of `secret`, `env`, `file`. */
  readonly resolvers?: Readonly<Record<string, Resolver>> | undefined;
}

/** Named providers, each one live object, however many connectors refer to it. */
export class AuthCatalog {
  readonly #providers: ReadonlyMap<string, AuthProvider>;
  readonly #runtimeOf: (name: string) => Runtime;
  /** Those of connectors that define their own, as long as they have them. */
  readonly #unnamed = new Set<WeakRef<AuthProvider>>();
  #closed = false;

  private constructor(providers: ReadonlyMap<string, AuthProvider>, runtimeOf: (name: string) => Runtime) {
    this.#providers = providers;
    this.#runtimeOf = runtimeOf;
  }

  /**
   * A catalog of an `auth:` block that is already data: `{ name: { type, config } }`. Nothing in it
   * is interpolated. Throws a `ConfigError` with all faults of all providers.
   */
  static fromConfig(
    authBlock: Readonly<Record<string, ProviderSpec>> | null | undefined,
    runtime?: CatalogRuntime,
  ): AuthCatalog {
    const definitions = entriesOf(authBlock).map(([name, value]) => ({ name, value, faults: [] }));
    return AuthCatalog.#build(definitions, runtime);
  }

  /**
   * A catalog of the `auth:` block of a pipeline document in YAML, interpolated from `vars:`, the
   * environment and files; a relative `${file:…}` starts at the working directory. Rejects with a
   * `ConfigError` with all faults of all providers, or with those of the YAML.
   */
  static async fromYaml(text: string, options: CatalogOptions = {}): Promise<AuthCatalog> {
    return AuthCatalog.#fromPipeline(text, process.cwd(), options);
  }

  /** `fromYaml` of the file at `path`; a relative `${file:…}` starts at the file's folder. */
  static async load(path: string, options: CatalogOptions = {}): Promise<AuthCatalog> {
    const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      throw new ConfigError(SUBJECT, [{ path: "", message: `${path} cannot be read (${error.code ?? error.name})` }]);
    });
    return AuthCatalog.#fromPipeline(text, dirname(path), options);
  }

  /** The names of the providers, in the order of their definition. */
  get names(): readonly string[] {
    return [...this.#providers.keys()];
  }

  /** The provider of that name. Throws a `ConfigError` that lists the names, if there is none. */
  get(name: string): AuthProvider {
    const provider = this.#providers.get(name);
    if (provider !== undefined) return provider;
    const known = this.#providers.size === 0 ? "the catalog is empty" : `the catalog has ${this.names.join(", ")}`;
    throw new ConfigError(SUBJECT, [
      { path: "ref", message: `there is no provider ${JSON.stringify(name)}; ${known}` },
    ]);
  }

  /**
   * What a connector's `auth:` key stands for: `{ ref }` the one provider that all share, `{ type,
   * config }` a new one of its own. Throws a `ConfigError`, and a `ClosedError` after `close()`.
   */
  resolve(auth: AuthSpec): AuthProvider {
    if (this.#closed) throw new ClosedError(SUBJECT);
    if (typeof auth !== "object" || auth === null || !("ref" in auth)) {
      const provider = fromConfig(auth, this.#runtimeOf((auth as ProviderSpec | null)?.type ?? ""));
      this.#unnamed.add(new WeakRef(provider));
      return provider;
    }
    const others = Object.keys(auth).filter((key) => key !== "ref");
    const faults = others.map((key) => ({
      path: key,
      message: "cannot stand beside ref: a provider is referred to or defined",
    }));
    if (typeof auth.ref !== "string") faults.push({ path: "ref", message: "must be the name of a provider" });
    if (faults.length > 0) throw new ConfigError("auth", faults);
    return this.get(auth.ref);
  }

  /**
   * Closes every provider that the catalog has made, also for connectors that define their own. May be
   * called again. Rejects with what the first of them rejects with, once all are closed.
   */
  async close(): Promise<void> {
    this.#closed = true;
    const providers = [...this.#providers.values(), ...[...this.#unnamed].map((unnamed) => unnamed.deref())];
    const endings = await Promise.allSettled(providers.map(async (provider) => provider?.close?.()));
    const failed = endings.find((ending) => ending.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  static async #fromPipeline(
    text: string,
    folder: string,
    { runtime, resolvers }: CatalogOptions,
  ): Promise<AuthCatalog> {
    const { auth, vars } = await parsePipeline(text);
    const schemes = new Map(Object.entries({ ...builtInResolvers(folder), ...resolvers }));
    const interpolation = new Interpolation(schemes, vars);
    const definitions = entriesOf(auth).map(async ([name, spec]) => {
      return { name, ...(await interpolation.interpolate(spec, pathOf(name))) };
    });
    return AuthCatalog.#build(await Promise.all(definitions), runtime);
  }

  static #build(definitions: readonly Definition[], runtime: CatalogRuntime = {}): AuthCatalog {
    const runtimeOf = typeof runtime === "function" ? runtime : () => runtime;
    const outcomes = definitions.map(({ name, value, faults }) => {
      return { name, ...(faults.length > 0 ? { faults } : build(name, value, { ...runtimeOf(name), name })) };
    });
    const faults = outcomes.flatMap((outcome) => ("faults" in outcome ? outcome.faults : []));
    if (faults.length > 0) throw new ConfigError(SUBJECT, faults);
    const built = outcomes.flatMap((outcome) => ("built" in outcome ? [[outcome.name, outcome.built] as const] : []));
    return new AuthCatalog(new Map(built), runtimeOf);
  }
}

const SUBJECT = "auth catalog";

/** One entry of the `auth:` block; what it could not be resolved to is told instead of being built. */
interface Definition extends Interpolated {
  readonly name: string;
}

function entriesOf(authBlock: unknown): [string, unknown][] {
  const block = authBlock ?? {};
  if (typeof block === "object" && !Array.isArray(block)) return Object.entries(block);
  throw new ConfigError(SUBJECT, [{ path: "auth", message: "must be a mapping of names to { type, config }" }]);
}

function pathOf(name: string): string {
  return join("auth", tellKey(name));
}

type Outcome = { readonly built: AuthProvider } | { readonly faults: readonly ConfigFault[] };

function build(name: string, spec: unknown, runtime: Runtime): Outcome {
  const path = pathOf(name);
  try {
    return faultsOf(path, () => fromConfig(spec as ProviderSpec, runtime));
  } catch (error) {
    // A user's own type may throw anything, and quote its configuration.
    const reason = error instanceof Error ? new Mask(textsIn(spec)).prose(error.message) : undefined;
    return { faults: [{ path, message: `cannot be built: ${reason ?? "its type threw an error"}` }] };
  }
}

function textsIn(value: unknown): string[] {
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(textsIn);
  return typeof value === "string" ? [value] : [];
}
