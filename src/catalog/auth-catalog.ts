/** The catalog: providers that are defined once, in an `auth:` block, and referred to by name. */

import { dirname, resolve as resolvePath } from "node:path";
import { inspect } from "node:util";
import type { ProviderStatus } from "../cache/status.js";
import type { ProviderSpec } from "../from-config.js";
import type { ProviderReference } from "../providers/runtime.js";
import { ClosedError, ConfigError } from "../values/errors.js";
import { handled } from "../values/handled.js";
import type { CallOptions } from "../values/issued.js";
import { buildAll, buildOne, type Definition, entriesOf, type Origin, pathOf } from "./build.js";
import {
  type CatalogOptions,
  type CatalogRuntime,
  checkOptions,
  checkRuntime,
  LEFT_OUT,
  runtimeOf,
  STAND_IN,
} from "./catalog-options.js";
import type { CatalogProvider } from "./catalog-provider.js";
import { allOf, closeInOrder, type Dependents, noSuchProvider } from "./dependency-order.js";
import { pathOfDocument, textOfDocument } from "./document-file.js";
import { isReference, providerFor, referenceOf } from "./entry-reference.js";
import { Interpolation } from "./interpolation.js";
import { parsePipeline } from "./pipeline-document.js";
import { refuseUnknownParams, sourcesOf } from "./pipeline-sources.js";
import { allReady, type Named } from "./readiness.js";
import { builtInResolvers } from "./resolvers.js";
import { WeakMembers } from "./weak-members.js";

/**
 * A connector's `auth:` key: a reference into the catalog, or a provider of its own. For fixed credentials there are also
 * the names that connectors of the crate have for them: `bearer`, `basic`, `api_key`, `api_key_query`, `custom`, `metadata`, `none`.
 */
export type AuthSpec = ProviderReference | ProviderSpec;

/**
 * Named providers, each one live object, however many connectors refer to it.
 *
 * @example
 * await using catalog = await AuthCatalog.load("pipeline.yaml");
 * const fetch = authFetch(catalog.resolve({ ref: "sf" }));
 */
export class AuthCatalog {
  readonly #providers: ReadonlyMap<string, CatalogProvider>;
  readonly #dependents: Dependents;
  readonly #types: Readonly<Record<string, string>>;
  readonly #origin: Origin;
  /** Those of connectors that define their own, as long as they are in use. */
  readonly #unnamed = new WeakMembers<CatalogProvider>();
  #closed = false;

  private constructor(definitions: readonly Definition[], origin: Origin) {
    const { providers, dependents } = buildAll(definitions, origin);
    this.#providers = providers;
    this.#dependents = dependents;
    const typeOf = ({ name, value }: Definition): string =>
      isReference(value) ? this.get(name).type : (value as ProviderSpec).type;
    this.#types = Object.fromEntries(definitions.map((definition) => [definition.name, typeOf(definition)]));
    this.#origin = origin;
  }

  /**
   * A catalog of an `auth:` block that is already data: `{ name: { type, config } }`, or `{ name: { ref, for } }` for
   * another audience of an entry's grant. Nothing in it is interpolated; a relative `persist.path` starts at the working directory.
   *
   * @throws ConfigError with all faults of all providers, and of `runtime`.
   */
  static fromConfig(
    authBlock: Readonly<Record<string, AuthSpec>> | null | undefined,
    runtime: CatalogRuntime = {},
  ): AuthCatalog {
    checkRuntime(SUBJECT, runtime);
    const definitions = entriesOf(authBlock, SUBJECT).map(([name, value]) => ({ name, value, faults: [] }));
    return new AuthCatalog(definitions, { subject: SUBJECT, runtime });
  }

  /**
   * A catalog of the `auth:` block of a pipeline document in YAML, interpolated from `vars:`, the
   * environment and files. A relative `${file:…}` or `persist.path` starts at the working directory.
   *
   * @throws ConfigError (rejects) with all faults of all providers, or with those of the YAML by line and column.
   */
  static async fromYaml(text: string, options: CatalogOptions = {}): Promise<AuthCatalog> {
    checkOptions(SUBJECT, options);
    if (typeof text !== "string")
      throw new ConfigError(SUBJECT, [{ path: "", message: "the document must be a string" }]);
    return AuthCatalog.#fromPipeline(text, { subject: SUBJECT }, options);
  }

  /**
   * `fromYaml` of the file at `path`, which may be a `file:` URL. A relative `${file:…}` or `persist.path` starts at the
   * file's folder, from wherever the program is run.
   *
   * @throws ConfigError (rejects), as `fromYaml` does; its message begins with `path`.
   */
  static async load(path: string | URL, options: CatalogOptions = {}): Promise<AuthCatalog> {
    checkOptions(SUBJECT, options);
    const file = pathOfDocument(SUBJECT, path);
    const text = await textOfDocument(SUBJECT, file);
    return AuthCatalog.#fromPipeline(text, { subject: file, folder: resolvePath(dirname(file)) }, options);
  }

  /** The names of the providers, in the order of their definition. */
  get names(): readonly string[] {
    return [...this.#providers.keys()];
  }

  /**
   * The provider of that name, the same object each time.
   *
   * @throws ConfigError that lists the names, if there is none; ClosedError after `close()`.
   */
  get(name: string): CatalogProvider {
    if (this.#closed) throw new ClosedError(SUBJECT);
    const provider = this.#providers.get(name);
    if (provider === undefined) throw new ConfigError(SUBJECT, [noSuchProvider(name, this.names)]);
    return provider;
  }

  /**
   * What a connector's `auth:` key stands for: of `{ ref }` the one provider that all share, of `{ ref, for }` what its
   * `for()` gives, of `{ type, config }` a new one of its own.
   *
   * @throws ConfigError with every fault; ClosedError after `close()`.
   */
  resolve(auth: AuthSpec): CatalogProvider {
    if (this.#closed) throw new ClosedError(SUBJECT);
    if (typeof auth === "string") throw new ConfigError("auth", [{ path: "", message: this.#adviceFor(auth) }]);
    if (!isReference(auth)) return this.#own(auth);
    const { ref, audience } = referenceOf(auth);
    return providerFor(this.get(ref), audience);
  }

  /**
   * Gets one token of each provider, also for connectors that define their own, so that what is wrong shows
   * before a pipeline starts. Rejects with an `AggregateError` whose `errors` name their providers, once all have
   * answered; with `options.signal.reason`; or with a `ClosedError` after `close()`.
   *
   * @example
   * await catalog.ready({ signal: AbortSignal.timeout(60_000) });
   */
  async ready(options?: CallOptions): Promise<void> {
    if (this.#closed) throw new ClosedError(SUBJECT);
    await allReady(this.#origin.subject, this.#all, options);
  }

  /** Where each provider stands, by its name: a snapshot without secrets, for logs and health checks. */
  status(): Readonly<Record<string, ProviderStatus>> {
    return Object.fromEntries([...this.#providers].map(([name, provider]) => [name, provider.status()]));
  }

  /**
   * Closes every provider that the catalog has made, also for connectors that define their own, and each before those that
   * it refers to. May be called again.
   *
   * @throws what the first of them rejects with, once all are closed.
   */
  async close(): Promise<void> {
    this.#closed = true;
    const unnamed = allOf([...this.#unnamed].map(async (provider) => provider.close()));
    const named = handled(unnamed)
      .catch(() => {})
      .then(() => closeInOrder(this.#providers, this.#dependents));
    await allOf([unnamed, named]);
  }

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The types of the providers, by name. */
  toJSON(): Readonly<Record<string, string>> {
    return #types in this ? this.#types : {};
  }

  static {
    Object.defineProperty(AuthCatalog.prototype, inspect.custom, {
      value(this: AuthCatalog, _depth: number, options: object): string {
        return `AuthCatalog ${inspect(AuthCatalog.prototype.toJSON.call(this), options)}`;
      },
    });
  }

  static async #fromPipeline(
    text: string,
    origin: Omit<Origin, "runtime">,
    options: CatalogOptions & { readonly [STAND_IN]?: string; readonly [LEFT_OUT]?: readonly string[] },
  ): Promise<AuthCatalog> {
    const { runtime = {}, resolvers, params = {}, [STAND_IN]: standIn, [LEFT_OUT]: leftOut = [] } = options;
    const document = await parsePipeline(text, origin.subject === SUBJECT ? "pipeline document" : origin.subject);
    if (document.faults.length > 0 && standIn === undefined) throw new ConfigError(origin.subject, document.faults);
    refuseUnknownParams(origin.subject, document, params);
    return document.placing(origin.subject, async () => {
      const all = entriesOf(document.at("auth"), origin.subject);
      const entries = all.filter(([name]) => !leftOut.includes(name));
      const schemes = { ...builtInResolvers(origin.folder ?? process.cwd()), ...resolvers };
      const interpolation = new Interpolation(sourcesOf(document, schemes, params), standIn);
      await interpolation.prepare(entries.map(([, spec]) => spec));
      const definitions = entries.map(([name, spec]) => ({ name, ...interpolation.interpolate(spec, pathOf(name)) }));
      return new AuthCatalog(definitions, { ...origin, runtime });
    });
  }

  get #all(): readonly Named[] {
    const unnamed = [...this.#unnamed].map((provider) => [provider.name, provider] as const);
    return [...this.#providers, ...unnamed];
  }

  /** A provider that one connector has for itself. */
  #own(auth: ProviderSpec): CatalogProvider {
    const { runtime, folder } = this.#origin;
    const type: unknown = auth?.type;
    const own = runtimeOf(runtime, typeof type === "string" ? type : "");
    const provider = buildOne(auth, { ...own, resolve: (reference) => this.resolve(reference) }, folder);
    this.#unnamed.add(provider);
    return provider;
  }

  /** Text in place of a block is repeated only where it is a name: it may be a token. */
  #adviceFor(text: string): string {
    const name = this.#providers.has(text) ? text : "NAME";
    return `must be { ref: ${name} } for the provider of that name, or { type, config }, and not a string`;
  }
}

const SUBJECT = "auth catalog";
