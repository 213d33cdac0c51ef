/** What the references of a pipeline document can stand for. */

import { faultsOfOptions } from "../config/options.js";
import { ConfigError } from "../values/errors.js";
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

/** Throws a `ConfigError` about `subject` for parameters that the document does not declare, if it declares any. */
export function refuseUnknownParams(subject: string, document: PipelineDocument, params: Params): void {
  const declared = Object.keys(params).length === 0 ? undefined : document.at("params");
  if (typeof declared !== "object" || declared === null) return;
  const faults = faultsOfOptions("options.params", params, Object.keys(declared));
  if (faults.length > 0) throw new ConfigError(subject, faults);
}

function paramLookup(document: PipelineDocument, params: Params): Lookup {
  return (name) => {
    if (!Object.hasOwn(params, name)) {
      const declared = document.at("params", name, "default");
      return {
        value: present(declared, "is not given in options.params, or by --param, and has no default under params:"),
      };
    }
    return { value: asScalar(params[name] ?? ""), isFinal: true };
  };
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
