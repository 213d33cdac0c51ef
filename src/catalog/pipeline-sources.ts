/** What the references of a pipeline document can stand for. */

import { join, redactKey, suggest } from "../config/check.js";
import type { ConfigFault } from "../values/errors.js";
import type { CatalogOptions } from "./catalog-options.js";
import type { Lookup, Sources } from "./findings.js";
import type { PipelineDocument } from "./pipeline-document.js";
import { Absent, type Resolver, valueAt } from "./references.js";
import { Scalar } from "./scalar.js";

type Params = NonNullable<CatalogOptions["params"]>;

/** The lookups and schemes for `document`; `params` go before the defaults that it declares. */
export function sourcesOf(
  document: PipelineDocument,
  resolvers: Readonly<Record<string, Resolver>>,
  params: Params,
): Sources {
  const vars = document.at("vars");
  const lookups: Record<string, Lookup> = {
    vars: (path) => ({ value: present(valueAt(vars, path), "is not defined under vars:") }),
    param: paramLookup(document, params),
    sources: templateLookup(document, "source"),
    sinks: templateLookup(document, "sink"),
  };
  return { resolvers: new Map(Object.entries(resolvers)), lookups: new Map(Object.entries(lookups)) };
}

/** A fault for each parameter that is given and that the document does not declare, if it declares any. */
export function faultsOfParams(document: PipelineDocument, params: Params): readonly ConfigFault[] {
  const given = Object.keys(params).map(redactKey);
  const declared = given.length === 0 ? undefined : declaredIn(document);
  if (declared === undefined) return [];
  return given
    .filter((name) => !declared.includes(name))
    .map((name) => ({ path: join("options.params", name), message: `${NOT_DECLARED}; ${suggest(name, declared)}` }));
}

function paramLookup(document: PipelineDocument, params: Params): Lookup {
  return (name) => {
    if (Object.hasOwn(params, name)) return { value: asScalar(params[name] ?? ""), isFinal: true };
    const isDeclared = declaredIn(document)?.includes(name) ?? true;
    return { value: present(document.at("params", name, "default"), isDeclared ? NOT_GIVEN : NOT_DECLARED) };
  };
}

const NOT_GIVEN = "is not given in options.params, or by --param, and has no default under params:";
const NOT_DECLARED = "is not declared: declare it under params:";

/** The names of the parameters that may be given; `undefined` where any may be. */
function declaredIn(document: PipelineDocument): readonly string[] | undefined {
  const declared = document.at("params");
  return typeof declared === "object" && declared !== null ? Object.keys(declared) : undefined;
}

function asScalar(given: Params[string]): Scalar | string {
  if (typeof given === "number" || typeof given === "boolean") return Scalar.literal(String(given), given);
  return String(given);
}

/** The sources or sinks of a pipeline; the only one of a pipeline that names none is called `default`. */
function templateLookup(document: PipelineDocument, kind: "source" | "sink"): Lookup {
  const templates = new Map<string, unknown>();
  const read = (name: string): unknown =>
    document.at("pipeline", `${kind}s`, name) ??
    (name === "default" ? document.at("pipeline", kind) : undefined) ??
    document.at(`${kind}s`, name);
  return (path) => {
    const [name = ""] = path.split(".", 1);
    if (!templates.has(name)) templates.set(name, read(name));
    const template = templates.get(name);
    const value = name === path ? template : valueAt(template, path.slice(name.length + 1));
    return { value: present(value, `is not defined under pipeline.${kind}s:`) };
  };
}

function present(value: unknown, reason: string): unknown {
  if (value === undefined) throw new Absent(reason);
  return value;
}
