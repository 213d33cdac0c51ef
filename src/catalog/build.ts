/** Builds the providers of a catalog, and finds the faults of all of them together (G2). */

import { resolve as resolvePath } from "node:path";
import { isAuthProvider } from "../auth-provider.js";
import { faultsOf, join, redactKey } from "../config/check.js";
import { fromConfig, type ProviderSpec } from "../from-config.js";
import { Mask } from "../http/mask.js";
import { standingIn } from "../live/document-folder.js";
import { FlowProvider } from "../providers/flow.js";
import { DOCUMENT, type Runtime } from "../providers/runtime.js";
import { grantOf } from "../providers/shared-grants.js";
import { ClosedError, ConfigError, type ConfigFault } from "../values/errors.js";
import { faultOfRecord } from "../values/plain-record.js";
import { type CatalogRuntime, runtimeOf } from "./catalog-options.js";
import { type CatalogProvider, complete } from "./catalog-provider.js";
import { buildInOrder, type Dependents, type Need } from "./dependency-order.js";
import { faultsOfAudience, isReference, providerFor, referenceOf } from "./entry-reference.js";
import { buildFitting, type Outcome } from "./fitting.js";
import type { Interpolated } from "./interpolation.js";
import { plainData, Scalar } from "./scalar.js";

/** One entry of the `auth:` block. What it could not be resolved to is reported, and then it is not built. */
export interface Definition extends Interpolated {
  readonly name: string;
}

/** Where the definitions of a catalog come from, and what its providers are given. */
export interface Origin {
  /** What errors are about: the file, if there is one. */
  readonly subject: string;
  /** The folder at which relative paths start; without it, the working directory. */
  readonly folder?: string;
  readonly runtime: CatalogRuntime;
}

/** The providers of a catalog. */
export interface BuiltCatalog {
  /** By name, in the order of their definition. */
  readonly providers: ReadonlyMap<string, CatalogProvider>;
  readonly dependents: Dependents;
}

/** The providers of `definitions`. Throws a `ConfigError` with the faults of all, and with the `others` that are known. */
export function buildAll(
  definitions: readonly Definition[],
  { subject, folder, runtime }: Origin,
  others: readonly ConfigFault[],
): BuiltCatalog {
  const byName = new Map(definitions.map((definition) => [definition.name, definition]));
  const { outcomes, dependents } = buildInOrder<CatalogProvider>([...byName.keys()], (name, need) => {
    const { value, faults = [] } = byName.get(name) ?? {};
    if (faults.length > 0) return { faults };
    if (name === "") return { faults: [{ path: pathOf(name), message: "a provider needs a name" }] };
    if (isReference(value)) return outcomeOf(name, value, () => buildReferred(name, value, need));
    const spec = startingAt(folder, value);
    const own = {
      ...runtimeOf(runtime, name),
      name,
      resolve: resolver(need),
      ...(folder !== undefined && { [DOCUMENT]: subject }),
    };
    return outcomeOf(name, spec, () => buildFitted(spec, own, folder));
  });
  const all = [...byName.keys()].map((name) => [name, outcomes.get(name)] as const);
  const faults = all.flatMap(([, outcome]) => (outcome && "faults" in outcome ? outcome.faults : []));
  const built = all.flatMap(([name, outcome]) =>
    outcome && "built" in outcome ? [[name, outcome.built] as const] : [],
  );
  faults.push(...grantsConfiguredTwice(built), ...others);
  if (faults.length > 0) throw new ConfigError(subject, faults);
  return { providers: new Map(built), dependents };
}

/** Entries that are different providers of one grant: where its refresh token rotates, each ends it for the other (D9). */
function grantsConfiguredTwice(built: readonly (readonly [name: string, provider: CatalogProvider])[]): ConfigFault[] {
  const owners = new Map<string, { readonly name: string; readonly provider: CatalogProvider }>();
  const faults: ConfigFault[] = [];
  for (const [name, provider] of built) {
    const grant = grantOf(provider);
    const owner = grant === undefined ? undefined : owners.get(grant);
    if (grant !== undefined && owner === undefined) owners.set(grant, { name, provider });
    if (owner === undefined || owner.provider === provider) continue;
    const key = provider.type === FlowProvider.type ? "rotates" : "refresh_token";
    faults.push({ path: join(pathOf(name), `config.${key}`), message: grantOfTwo(name, owner) });
  }
  return faults;
}

function grantOfTwo(name: string, { name: owner, provider }: { name: string; provider: CatalogProvider }): string {
  const [here, there] = [redactKey(name), redactKey(owner)];
  const audience = provider.for === undefined ? "" : `, for: { scopes: […], params: {…} }`;
  const consequence = "where the identity provider rotates it, each ends the grant of the other";
  return `is that of auth.${there} too, of the same client: ${consequence}; write auth.${here} as { ref: ${there}${audience} }`;
}

/** What `{ ref, for }` stands for within an entry. */
function resolver(need: Need<CatalogProvider>): NonNullable<Runtime["resolve"]> {
  return (reference) => {
    const { ref, audience } = referenceOf(reference);
    const referred = need(ref);
    return referred === undefined ? unbuilt(ref) : providerFor(referred, audience);
  };
}

/** In place of an entry with faults: with them the catalog is refused, so that nobody asks it. */
function unbuilt(name: string): CatalogProvider {
  const refuse = async (): Promise<never> => {
    throw new ClosedError(name);
  };
  return complete({ type: "unbuilt", name, getToken: refuse, invalidate: refuse });
}

/** A provider of data that is not interpolated. Throws a `ConfigError`, or what a user's own type throws. */
export function buildOne(spec: ProviderSpec, runtime: Runtime, folder: string | undefined): CatalogProvider {
  return complete(fromConfig(standingIn(folder, startingAt(folder, spec), isAuthProvider) as ProviderSpec, runtime));
}

/** The definitions in an `auth:` block. Throws a `ConfigError` if it is none. */
export function entriesOf(authBlock: unknown, subject: string): [name: string, spec: unknown][] {
  const block = authBlock ?? {};
  const fault = faultOfRecord(block instanceof Scalar ? block.plain : block, BLOCK);
  if (fault === undefined) return Object.entries(block);
  throw new ConfigError(subject, [{ path: "auth", message: fault }]);
}

const BLOCK = "must be a mapping of names to { type, config }";

/** Where the definition of that name stands. */
export function pathOf(name: string): string {
  return join("auth", redactKey(name));
}

function outcomeOf(name: string, spec: unknown, build: () => CatalogProvider): Outcome<CatalogProvider> {
  const path = pathOf(name);
  try {
    return faultsOf(path, build);
  } catch (error) {
    return { faults: [{ path, message: `cannot be built: ${reasonOf(error, spec)}` }] };
  }
}

/** A user's own type gets plain data: what it throws need not say which key it is about. */
function buildFitted(spec: unknown, runtime: Runtime, folder: string | undefined): CatalogProvider {
  const build = (data: unknown): CatalogProvider => {
    return complete(fromConfig(standingIn(folder, data, isAuthProvider) as ProviderSpec, runtime));
  };
  const type = isMapping(spec) ? plainData(spec.type) : undefined;
  if (typeof type === "string" && Object.hasOwn(runtime.types ?? {}, type)) return build(plainData(spec));
  return built(buildFitting(spec, build));
}

/** What an entry gives that refers to another one. */
function buildReferred(name: string, spec: object, need: Need<CatalogProvider>): CatalogProvider {
  const { ref, audience } = referenceOf(spec);
  const referred = need(ref);
  const build = (data: unknown): CatalogProvider => {
    const asked = (data as { for: unknown }).for;
    if (referred !== undefined) return providerFor(referred, asked, name);
    // What is wrong with that is told where it stands.
    throw new ConfigError("auth", faultsOfAudience(asked));
  };
  return built(buildFitting({ for: audience }, build));
}

function built(outcome: Outcome<CatalogProvider>): CatalogProvider {
  if ("built" in outcome) return outcome.built;
  throw new ConfigError("auth", outcome.faults);
}

/** `spec` with a relative `persist.path` made absolute. `~` is the store's to expand (D11). */
function startingAt(folder: string | undefined, spec: unknown): unknown {
  if (folder === undefined || !isMapping(spec) || !isMapping(spec.config)) return spec;
  const { persist } = spec.config;
  if (!isMapping(persist)) return spec;
  const path = persist.path instanceof Scalar ? persist.path.text : persist.path;
  if (typeof path !== "string" || path === "" || /^~(?:$|[/\\])/.test(path)) return spec;
  return { ...spec, config: { ...spec.config, persist: { ...persist, path: resolvePath(folder, path) } } };
}

/** A user's own type may throw anything, and quote its configuration. What it quotes may be a secret, so that it is no cause. */
function reasonOf(error: unknown, spec: unknown): string {
  const { message, name } = Object(error) as { readonly message?: unknown; readonly name?: unknown };
  const what = typeof name === "string" && /^\w{1,60}$/.test(name) ? name : "what is no Error";
  if (typeof message !== "string" || message === "") return `its type threw ${what}, without a message`;
  const masked = new Mask(textsIn(plainData(spec))).name(message);
  return masked ?? `its type threw ${what}, whose message quotes its configuration`;
}

function textsIn(value: unknown): string[] {
  if (typeof value === "object" && value !== null && !isAuthProvider(value))
    return Object.values(value).flatMap(textsIn);
  return typeof value === "string" ? [value] : [];
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Scalar);
}
