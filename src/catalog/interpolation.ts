/**
 * Interpolation: `${scheme:reference}` and `${vars.name}` in the scalars of a parsed document. It
 * comes after parsing, so a secret can never become YAML; what was resolved is never read again.
 */

import { join, tellKey } from "../config/check.js";
import type { ConfigFault } from "../values/errors.js";

/** Finds the text that a reference stands for. What it throws is told with the place of the reference. */
export type Resolver = (reference: string) => string | Promise<string>;

/** `$${` for a literal `${`; a reference; a reference that does not end. */
const MARK = /\$\$\{|\$\{([^{}]*)\}|\$\{/g;

/** A value with its references resolved, and what could not be. */
export interface Interpolated {
  readonly value: unknown;
  readonly faults: readonly ConfigFault[];
}

/** Interpolates values against one set of resolvers and variables. */
export class Interpolation {
  readonly #resolvers: ReadonlyMap<string, Resolver>;
  readonly #vars: unknown;
  /** Each reference is looked up once, however often it stands in the document. */
  readonly #resolved = new Map<string, Promise<string>>();

  constructor(resolvers: ReadonlyMap<string, Resolver>, vars: unknown) {
    this.#resolvers = resolvers;
    this.#vars = vars;
  }

  /** A copy of `value` with every text in it interpolated. What cannot be is a fault at its path. */
  async interpolate(value: unknown, path: string): Promise<Interpolated> {
    const faults: ConfigFault[] = [];
    const report = (message: string, where: string): void => {
      faults.push({ path: where, message });
    };
    return { value: await this.#each(value, { path, trail: [], report }), faults };
  }

  async #each(value: unknown, place: Place): Promise<unknown> {
    if (typeof value === "string") return this.#text(value, place);
    if (Array.isArray(value)) {
      return Promise.all(value.map((item, index) => this.#each(item, below(place, `[${index}]`))));
    }
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).map(async ([key, item]) => [
      key,
      await this.#each(item, below(place, tellKey(key))),
    ]);
    return Object.fromEntries(await Promise.all(entries));
  }

  async #text(text: string, place: Place): Promise<unknown> {
    const marks = [...text.matchAll(MARK)];
    const resolved = await Promise.all(
      marks.map((mark) => this.#mark(mark, place).catch((error: Error) => place.report(error.message, place.path))),
    );
    // A variable as the whole value keeps its type.
    if (marks[0]?.[0] === text && marks[0][1]?.startsWith("vars.")) return resolved[0];
    let rest = 0;
    let whole = "";
    for (const [index, mark] of marks.entries()) {
      const value = resolved[index];
      if (typeof value === "object") {
        const what = value === null ? "null" : "no scalar";
        place.report(`${mark[0]} is ${what} and cannot be part of a text`, place.path);
      }
      whole += text.slice(rest, mark.index) + value;
      rest = mark.index + mark[0].length;
    }
    return whole + text.slice(rest);
  }

  async #mark([mark, reference]: RegExpMatchArray, place: Place): Promise<unknown> {
    if (mark === "$${") return "${";
    if (reference === undefined) throw new Error("has ${ without a }; write $${ for a literal ${");
    return reference.startsWith("vars.") ? this.#variable(reference, place) : this.#look(reference);
  }

  #look(reference: string): Promise<string> {
    const known = this.#resolved.get(reference);
    if (known !== undefined) return known;
    const looked = this.#resolve(reference);
    this.#resolved.set(reference, looked);
    return looked;
  }

  async #resolve(reference: string): Promise<string> {
    const colon = reference.indexOf(":");
    const resolver = this.#resolvers.get(reference.slice(0, Math.max(colon, 0)));
    if (resolver === undefined) {
      const known = [...this.#resolvers.keys()].map((scheme) => `\${${scheme}:…}`).join(", ");
      throw new Error(`\${${reference}} is not known; known are ${known}, \${vars.…}, and $\${ for a literal \${`);
    }
    const text: unknown = await attempt(reference, () => resolver(reference.slice(colon + 1)));
    if (typeof text !== "string") throw new Error(`\${${reference}} was resolved to no string`);
    return text;
  }

  /** Variables are interpolated where they are used; their faults are told there. */
  async #variable(reference: string, { path, trail, report }: Place): Promise<unknown> {
    if (trail.includes(reference)) throw new Error(`${[...trail, reference].join(" → ")} refer to each other`);
    const [, ...keys] = reference.split(".");
    const value = keys.reduce<unknown>(ownValue, this.#vars);
    if (value === undefined) throw new Error(`\${${reference}} is not defined under vars:`);
    return this.#each(value, {
      path: reference,
      trail: [...trail, reference],
      report: (message, where) => report(`${where}: ${message}`, path),
    });
  }
}

/** Where a value stands, the variables that led there, and whom to tell of its faults. */
interface Place {
  readonly path: string;
  readonly trail: readonly string[];
  report(message: string, path: string): void;
}

function below(place: Place, step: string): Place {
  return { ...place, path: join(place.path, step) };
}

function ownValue(value: unknown, key: string): unknown {
  const found = typeof value === "object" && value !== null && Object.prototype.propertyIsEnumerable.call(value, key);
  return found ? (value as Record<string, unknown>)[key] : undefined;
}

async function attempt<T>(reference: string, resolve: () => T): Promise<Awaited<T>> {
  try {
    return await resolve();
  } catch (error) {
    throw new Error(
      `\${${reference}} cannot be resolved: ${error instanceof Error ? error.message : "no reason given"}`,
    );
  }
}
