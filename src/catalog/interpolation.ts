/**
 * Interpolation: `${scheme:reference}` and `${vars.name}` in the scalars of a parsed document. It
 * comes after parsing, so a secret can never become YAML; what was resolved is never read again.
 */

import { join } from "../config/check.js";
import type { ConfigIssue } from "../errors.js";

/** Finds the text that a reference stands for. What it throws is told with the place of the reference. */
export type Resolver = (reference: string) => string | Promise<string>;

/** `$${` for a literal `${`; a reference; a reference that does not end. */
const MARK = /\$\$\{|\$\{([^{}]*)\}|\$\{/g;

/** Interpolates values against one set of resolvers and variables, and collects what cannot be resolved. */
export class Interpolation {
  /** What could not be resolved so far, and where. */
  readonly faults: ConfigIssue[] = [];
  readonly #resolvers: ReadonlyMap<string, Resolver>;
  readonly #vars: unknown;
  /** Each reference is looked up once, however often it stands in the document. */
  readonly #resolved = new Map<string, Promise<string>>();

  constructor(resolvers: ReadonlyMap<string, Resolver>, vars: unknown) {
    this.#resolvers = resolvers;
    this.#vars = vars;
  }

  /** A copy of `value` with every text in it interpolated. A text that cannot be is a fault at its path. */
  async interpolate(value: unknown, path: string): Promise<unknown> {
    return this.#each(value, path, [], (error, where) => {
      this.faults.push({ path: where, message: error.message });
    });
  }

  async #each(value: unknown, path: string, trail: readonly string[], report: Report): Promise<unknown> {
    if (typeof value === "string") {
      return this.#text(value, trail).catch((error: Error) => report(error, path));
    }
    if (Array.isArray(value)) {
      return Promise.all(value.map((item, index) => this.#each(item, join(path, `[${index}]`), trail, report)));
    }
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).map(async ([key, item]) => [
      key,
      await this.#each(item, join(path, key), trail, report),
    ]);
    return Object.fromEntries(await Promise.all(entries));
  }

  async #text(text: string, trail: readonly string[]): Promise<unknown> {
    const marks = [...text.matchAll(MARK)];
    const [only] = marks;
    // A variable as the whole value keeps its type.
    if (only?.[0] === text && only[1]?.startsWith("vars.")) return this.#variable(only[1], trail);
    const resolved = await Promise.all(marks.map((mark) => this.#mark(mark, trail)));
    let rest = 0;
    let whole = "";
    for (const [index, mark] of marks.entries()) {
      whole += text.slice(rest, mark.index) + resolved[index];
      rest = mark.index + mark[0].length;
    }
    return whole + text.slice(rest);
  }

  async #mark([mark, reference]: RegExpMatchArray, trail: readonly string[]): Promise<string> {
    if (mark === "$${") return "${";
    if (reference === undefined) throw new Error("has ${ without a }; write $${ for a literal ${");
    if (!reference.startsWith("vars.")) return this.#look(reference);
    const value = await this.#variable(reference, trail);
    if (typeof value === "object")
      throw new Error(`\${${reference}} is ${value === null ? "null" : "no scalar"} and cannot be part of a text`);
    return String(value);
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

  async #variable(reference: string, trail: readonly string[]): Promise<unknown> {
    if (trail.includes(reference)) throw new Error(`${[...trail, reference].join(" → ")} refer to each other`);
    const [, ...keys] = reference.split(".");
    const value = keys.reduce<unknown>(ownValue, this.#vars);
    if (value === undefined) throw new Error(`\${${reference}} is not defined under vars:`);
    return this.#each(value, reference, [...trail, reference], (error, where) => {
      throw new Error(`${where}: ${error.message}`);
    });
  }
}

type Report = (error: Error, path: string) => unknown;

function ownValue(value: unknown, key: string): unknown {
  const found = typeof value === "object" && value !== null && Object.hasOwn(value, key);
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
