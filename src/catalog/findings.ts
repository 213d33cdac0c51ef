/** What the references of a document stand for: all of it is found at once, before values are put together. */

import { Absent, type Resolver, referencesIn } from "./references.js";
import { Scalar } from "./scalar.js";

/** A value of the document, or one that was given with it, in which nothing may be interpolated. */
export interface Found {
  readonly value: unknown;
  readonly isFinal?: boolean;
}

/**
 * Gives what stands below one name of the document, such as `vars`, at a dotted path. Throws `Absent`
 * for what is not there; the error's message becomes the fault at the place of the reference.
 */
export type Lookup = (path: string) => Found;

/** What references can stand for. */
export interface Sources {
  /** By scheme: `${env:NAME}`. */
  readonly resolvers: ReadonlyMap<string, Resolver>;
  /** By the name before the first dot: `${vars.name}`. */
  readonly lookups: ReadonlyMap<string, Lookup>;
}

/** What one target stands for, or why it stands for nothing. */
export type Finding = Found | { readonly fault: string; readonly isAbsent: boolean };

/** The findings for one document, each looked up once, however often it is referred to. */
export class Findings {
  readonly #sources: Sources;
  readonly #byTarget = new Map<string, Finding>();

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  /** Finds all that `values` refer to, and what that refers to. */
  async gather(values: readonly unknown[]): Promise<void> {
    const seen = new Set<unknown>();
    const waiting = [...values];
    const ofSchemes: Promise<void>[] = [];
    while (waiting.length > 0) {
      const value = waiting.pop();
      if (isContainer(value) && !seen.has(value)) {
        seen.add(value);
        for (const [key, item] of Object.entries(value)) waiting.push(key, item);
      }
      for (const { target } of typeof value === "string" ? referencesIn(value) : []) {
        if (seen.has(target)) continue;
        seen.add(target);
        if (isOfScheme(target)) ofSchemes.push(this.#resolve(target));
        else waiting.push(this.#lookUp(target));
      }
    }
    await Promise.all(ofSchemes);
  }

  /** What `target` stands for, once it was gathered. */
  of(target: string): Finding {
    return this.#byTarget.get(target) ?? { fault: this.#unknown(), isAbsent: false };
  }

  async #resolve(target: string): Promise<void> {
    const colon = target.indexOf(":");
    const resolver = this.#sources.resolvers.get(target.slice(0, colon));
    if (resolver === undefined) return;
    this.#byTarget.set(target, await textFrom(() => resolver(target.slice(colon + 1))));
  }

  /** Gives what has references of its own. */
  #lookUp(target: string): unknown {
    const [root = ""] = target.split(".", 1);
    const lookup = this.#sources.lookups.get(root);
    if (lookup === undefined || root === target) return undefined;
    try {
      const found = lookup(target.slice(root.length + 1));
      this.#byTarget.set(target, found);
      return found.isFinal ? undefined : found.value;
    } catch (error) {
      this.#byTarget.set(target, { fault: reasonOf(error), isAbsent: error instanceof Absent });
      return undefined;
    }
  }

  #unknown(): string {
    const schemes = [...this.#sources.resolvers.keys()].map((scheme) => `\${${scheme}:…}`);
    const roots = [...this.#sources.lookups.keys()].map((root) => `\${${root}.…}`);
    return `is not known; known are ${[...schemes, ...roots].join(", ")}, and $\${ for a literal \${`;
  }
}

/** Whether `target` is `scheme:reference`, and not a dotted path. */
function isOfScheme(target: string): boolean {
  return target.includes(":");
}

async function textFrom(resolve: () => ReturnType<Resolver>): Promise<Finding> {
  try {
    const text: unknown = await resolve();
    if (text === undefined || text === null) return { fault: "was resolved to nothing", isAbsent: true };
    if (typeof text !== "string") return { fault: "was resolved to no string", isAbsent: false };
    return { value: text.replace(/^\uFEFF/, "").replace(/[\r\n]+$/, ""), isFinal: true };
  } catch (error) {
    return { fault: `cannot be resolved: ${reasonOf(error)}`, isAbsent: error instanceof Absent };
  }
}

/** The error may be of any kind: a user's resolver throws what it likes. */
function reasonOf(error: unknown): string {
  const message: unknown =
    typeof error === "object" && error !== null && "message" in error ? error.message : undefined;
  return typeof message === "string" && message !== "" ? message : "no reason given";
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null && !(value instanceof Scalar);
}
