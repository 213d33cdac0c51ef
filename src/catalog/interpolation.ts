/**
 * Interpolation: `${scheme:reference}`, and `${vars.name}` and its like, in the texts of a parsed
 * document. It comes after parsing, so a secret can never become YAML; what was resolved is never
 * read again.
 */

import { join, redactKey } from "../config/check.js";
import type { ConfigFault } from "../values/errors.js";
import { Findings, type Sources } from "./findings.js";
import { asTemplate, type FlowPlace, withinFlow, withNames } from "./flow-templates.js";
import { type Part, partsOf, type Reference } from "./references.js";
import { Scalar } from "./scalar.js";
import { MOST_LEVELS, MOST_WEIGHT, NODE_WEIGHT, TOO_DEEP, TOO_LARGE } from "./size.js";

/** A value with its references resolved, and what could not be. */
export interface Interpolated {
  readonly value: unknown;
  readonly faults: readonly ConfigFault[];
}

/** Interpolates the values of one document. */
export class Interpolation {
  readonly #findings: Findings;
  readonly #standIn: string | undefined;
  /** The document's own values that were referred to, by target: each is put together once. */
  readonly #referred = new Map<string, Composed>();
  /** The weight of all that was given back. */
  #weight = 0;

  /** With a `standIn`, that stands where nothing can be resolved, so that what else is wrong shows too (L1). */
  constructor(sources: Sources, standIn?: string) {
    this.#findings = new Findings(sources);
    this.#standIn = standIn;
  }

  /** Finds all that `values` refer to; `interpolate` needs it. */
  prepare(values: readonly unknown[]): Promise<void> {
    return this.#findings.gather(values);
  }

  /** A copy of `value` with every text in it interpolated. What cannot be is a fault at its path. */
  interpolate(value: unknown, path: string): Interpolated {
    const result = this.#each(value, { path, trail: [], level: 0 });
    this.#weight += result.weight;
    if (this.#weight > MOST_WEIGHT) return { value: undefined, faults: [{ path, message: TOO_LARGE }] };
    return { value: result.value, faults: withoutRepeats(result.faults) };
  }

  #each(value: unknown, place: Place): Composed {
    if (place.level > MOST_LEVELS) return faulty(place.path, TOO_DEEP);
    if (typeof value === "string") return this.#text(value, place);
    if (Array.isArray(value)) {
      const items = value.map((item, index) => this.#each(item, below(place, `[${index}]`)));
      return composed(place, items, () => items.map((item) => item.value));
    }
    if (typeof value !== "object" || value === null || value instanceof Scalar) return leaf(value);
    return this.#mapping(value, place);
  }

  /** References in keys are resolved too. */
  #mapping(value: object, place: Place): Composed {
    const entries = Object.entries(value).map(([name, item]) => {
      const inner = { ...below(place, redactKey(name)), within: withinFlow(place.within, value, name) };
      const key = this.#text(name, inner);
      return { key, name: textOf(key.value) ?? name, item: this.#each(item, inner) };
    });
    const parts = entries.flatMap(({ key, item }) => [key, item]);
    const isAmbiguous = new Set(entries.map(({ name }) => name)).size < entries.length;
    if (isAmbiguous) parts.push(faulty(place.path, "has two keys that are the same once they are resolved"));
    return composed(place, parts, () => Object.fromEntries(entries.map(({ name, item }) => [name, item.value])));
  }

  /** A text with its references resolved. One reference that is the whole text keeps its type. */
  #text(text: string, place: Place): Composed {
    const parts = place.within === "template" ? withNames(partsOf(text)) : partsOf(text);
    if (parts.every((part) => part.kind === "text")) return leaf(parts.map((part) => part.text).join(""));
    const values = parts.map((part) => this.#part(part, place));
    const [only] = values;
    const isTemplate = place.within === "template" && (textOf(only?.value) ?? "").includes("${");
    if (values.length === 1 && only !== undefined && !isTemplate) return only;
    const unusable = values.flatMap(({ value, faults }, index) => {
      const isUsable = faults.size > 0 || textOf(value) !== undefined;
      return isUsable
        ? []
        : [faulty(place.path, `${markOf(parts[index])} ${whatIs(value)} and cannot be part of a text`)];
    });
    const put = (value: unknown, index: number): string | undefined => {
      const isPutIn = place.within === "template" && parts[index]?.kind === "reference";
      return isPutIn ? asTemplate(textOf(value) ?? "") : textOf(value);
    };
    return composed(place, [...values, ...unusable], () =>
      values.map(({ value }, index) => put(value, index)).join(""),
    );
  }

  #part(part: Part, place: Place): Composed {
    if (part.kind === "text") return leaf(part.text);
    if (part.kind === "unended") return faulty(place.path, UNENDED);
    const finding = this.#findings.of(part.target);
    const isFault = "fault" in finding;
    const isMissing = isFault ? finding.isAbsent : finding.value === "" || finding.value === null;
    if (isMissing && part.fallback !== undefined) return leaf(Scalar.referred(part.fallback));
    if (isFault && this.#standIn !== undefined) return leaf(this.#standIn);
    if (isFault) return faulty(place.path, `${markOf(part)} ${finding.fault}`);
    if (!finding.isFinal) return this.#referredTo(part, finding.value, place);
    return leaf(typeof finding.value === "string" ? Scalar.referred(finding.value) : finding.value);
  }

  /** A value of the document. Its faults are reported where it is used, with its own path before them. */
  #referredTo({ target }: Reference, value: unknown, { path, trail, level }: Place): Composed {
    if (trail.includes(target)) return faulty(path, `${[...trail, target].join(" → ")} refer to each other`);
    const known = this.#referred.get(target);
    const result = known ?? this.#each(value, { path: target, trail: [...trail, target], level: level + 1 });
    this.#referred.set(target, result);
    if (trail.length > 0) return result;
    const faults = [...result.faults].map((fault) => ({ path, message: `${fault.path}: ${fault.message}` }));
    return { ...result, faults: new Set(faults) };
  }
}

/** Where a value stands, the references that led there, and how deep that is. */
interface Place {
  readonly path: string;
  readonly trail: readonly string[];
  readonly level: number;
  /** Whether that is in a flow, whose templates have names of their own. */
  readonly within?: FlowPlace | undefined;
}

function below(place: Place, step: string): Place {
  return { ...place, path: join(place.path, step), level: place.level + 1 };
}

/** A value that was put together, how large it is, and what is wrong with it. */
interface Composed {
  readonly value: unknown;
  readonly weight: number;
  readonly faults: ReadonlySet<ConfigFault>;
}

const NO_FAULTS: ReadonlySet<ConfigFault> = new Set();

function leaf(value: unknown): Composed {
  return { value, weight: NODE_WEIGHT + (textOf(value)?.length ?? 0), faults: NO_FAULTS };
}

function faulty(path: string, message: string): Composed {
  return { value: undefined, weight: NODE_WEIGHT, faults: new Set([{ path, message }]) };
}

/** What `build` makes of `parts`, unless that would be too large, which is known before it is built. */
function composed({ path }: Place, parts: readonly Composed[], build: () => unknown): Composed {
  const weight = parts.reduce((sum, part) => sum + part.weight, NODE_WEIGHT);
  if (weight > MOST_WEIGHT) return faulty(path, TOO_LARGE);
  const faults = new Set(parts.flatMap((part) => [...part.faults]));
  return { value: faults.size > 0 ? undefined : build(), weight, faults };
}

/** A scalar as part of a text: as it was written. */
function textOf(value: unknown): string | undefined {
  if (value instanceof Scalar) return value.text;
  const isScalar = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return isScalar ? String(value) : undefined;
}

function markOf(part: Part | undefined): string {
  return part?.kind === "reference" ? `\${${part.target}}` : "";
}

function whatIs(value: unknown): string {
  return value === null ? "is null" : "is no scalar";
}

function withoutRepeats(faults: ReadonlySet<ConfigFault>): readonly ConfigFault[] {
  return [...new Map([...faults].map((fault) => [`${fault.path}\n${fault.message}`, fault])).values()];
}

const UNENDED = "has ${ without a }; write $${ for a literal ${. A default in ${name:-default} cannot have braces";
