/** What a pipeline document says beside its `auth:` block that can be wrong: who refers to it, and which files it names. */

import { isAbsolute, resolve as resolvePath } from "node:path";
import { faultsOf, join, redactKey } from "../config/check.js";
import { isBuiltInType } from "../from-config.js";
import type { ConfigFault } from "../values/errors.js";
import { absolutePath } from "../values/file-path.js";
import type { AuthSpec } from "./auth-catalog.js";
import { pathOf } from "./build.js";
import type { CatalogOptions } from "./catalog-options.js";
import { noSuchProvider } from "./dependency-order.js";
import { faultsOfAudience, referenceOf } from "./entry-reference.js";
import { Interpolation } from "./interpolation.js";
import { type Place, parsePipeline } from "./pipeline-document.js";
import { sourcesOf } from "./pipeline-sources.js";
import { referencesIn } from "./references.js";
import { builtInResolvers } from "./resolvers.js";
import { plainData, Scalar } from "./scalar.js";

/** What was found in a document. */
export interface PipelineInspection {
  /** The `auth:` keys of connectors that refer to the catalog, or define a provider. */
  readonly connectors: readonly FoundConnector[];
  /** The files from which values are read. */
  readonly files: readonly FoundFile[];
  /** The names of the providers, and the path of each. */
  readonly providers: readonly (readonly [name: string, path: string])[];
  /** What is wrong with a reference to the catalog, whatever the provider is that it names. */
  faultsOfReference(spec: object): readonly ConfigFault[];
  /** Where what stands at a path is. */
  placeOf(path: string): Place | undefined;
  /** Where the definition of the provider of that name is. */
  placeOfProvider(name: string): Place | undefined;
}

interface FoundConnector {
  /** Of its `auth:` key. */
  readonly path: string;
  /** With a stand-in for whatever cannot be resolved; `undefined` where there can be none. */
  readonly spec: AuthSpec | undefined;
  /** What cannot be resolved. */
  readonly faults: readonly ConfigFault[];
}

interface FoundFile {
  /** Of the value that names it. */
  readonly path: string;
  /** Absolute. */
  readonly file: string;
}

/** Reads the document `text`, whose relative paths start at `folder`. Throws a `ConfigError` about `subject`, of the YAML. */
export async function inspectPipeline(
  text: string,
  { subject, folder, params = {} }: { subject: string; folder: string } & Pick<CatalogOptions, "params">,
): Promise<PipelineInspection> {
  // Beside auth:, a pipeline may have tags and structures that mean something to others only.
  const document = (await parsePipeline(text, subject)).readable();
  const sources = sourcesOf(document, builtInResolvers(folder), params);
  const beside = document.keys().filter((key) => !RESERVED.has(key));
  const found = beside.flatMap((key) => authKeysIn(document.at(key), redactKey(key)));
  const interpolation = new Interpolation(sources);
  const completion = new Interpolation(sources, STAND_IN_TEXT);
  const specs = found.map(({ spec }) => spec);
  await Promise.all([interpolation.prepare(specs), completion.prepare(specs)]);
  const connectors = found.map(({ path, spec }) => {
    const { faults } = interpolation.interpolate(spec, path);
    const { value } = completion.interpolate(spec, path);
    return { path, spec: plainData(value) as AuthSpec | undefined, faults };
  });
  const files = ["auth", "vars"].flatMap((key) => filesIn(document.at(key), key, folder));
  const names = Object.keys(Object(document.at("auth")));
  return {
    connectors,
    providers: names.map((name) => [name, pathOf(name)] as const),
    files,
    faultsOfReference: (spec) => faultsOfReference(spec, names),
    placeOf: (path) => document.placeOf(path),
    placeOfProvider: (name) => document.placeOf(pathOf(name)),
  };
}

function faultsOfReference(spec: object, names: readonly string[]): readonly ConfigFault[] {
  const outcome = faultsOf("", () => referenceOf(spec));
  if ("faults" in outcome) return outcome.faults;
  const { ref, audience } = outcome.built;
  if (!names.includes(ref)) return [noSuchProvider(ref, names)];
  return faultsOfAudience(audience);
}

/** What stands for a value that cannot be resolved: good for most keys, and what it is not good for has a fault already. */
export const STAND_IN_TEXT = "https://stand-in.invalid/";

/** What is no part of the pipeline itself. */
const RESERVED: ReadonlySet<string> = new Set(["auth", "vars", "params"]);

interface FoundAuth {
  readonly path: string;
  readonly spec: unknown;
}

/** An `auth:` key is taken for one of ours where it has `ref`, one of our types, or any `type` beside `config`: pipelines have keys of their own. */
function authKeysIn(value: unknown, path: string): readonly FoundAuth[] {
  if (!isContainer(value)) return [];
  return stepsOf(value, path).flatMap(([key, item, at]) => {
    return key === "auth" && isOurs(item) ? [{ path: at, spec: item }] : authKeysIn(item, at);
  });
}

function isOurs(item: unknown): boolean {
  if (!isContainer(item)) return false;
  return "ref" in item || ("type" in item && ("config" in item || isBuiltInType(item.type)));
}

/** `${file:…}` in any text, and mappings that are `{ file: PATH }`. */
function filesIn(value: unknown, path: string, folder: string): readonly FoundFile[] {
  if (typeof value === "string") {
    const targets = referencesIn(value).map(({ target }) => target);
    const named = targets.filter((target) => target.startsWith("file:")).map((target) => target.slice("file:".length));
    return named.map((name) => ({ path, file: isAbsolute(name) ? name : resolvePath(folder, name) }));
  }
  if (!isContainer(value)) return [];
  const { file, ...others } = value as Readonly<Record<string, unknown>>;
  if (typeof file === "string" && Object.keys(others).length === 0 && referencesIn(file).length === 0)
    return [{ path, file: absolutePath(file, folder) }];
  return stepsOf(value, path).flatMap(([, item, at]) => filesIn(item, at, folder));
}

function stepsOf(value: object, path: string): [key: string, item: unknown, path: string][] {
  const steps = Array.isArray(value) ? value.map((item, index) => [`[${index}]`, item]) : Object.entries(value);
  return steps.map(([key, item]) => [key, item, join(path, Array.isArray(value) ? key : redactKey(key))]);
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null && !(value instanceof Scalar);
}
