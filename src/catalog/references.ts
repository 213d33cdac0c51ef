/** What stands in a text between its references: the grammar of `${…}`. */

/**
 * Finds the text that a reference stands for: of `${vault:kv/prod#token}`, it is given
 * `kv/prod#token`. Line breaks at the text's end, and a byte order mark before it, are left out. What it
 * throws becomes a fault at the place of the reference, with the error's message. `undefined` means that there is
 * no such text: the default of `${vault:kv/prod#token:-default}` counts, if there is one.
 */
export type Resolver = (reference: string) => string | undefined | Promise<string | undefined>;

/** Thrown by a resolver where there is nothing, so that a default may stand in. */
export class Absent extends Error {}

/** `${vars.name:-default}`. */
export interface Reference {
  readonly kind: "reference";
  /** As it is written, with `${` and `}`. */
  readonly mark: string;
  /** What is referred to: `env:NAME`, `vars.name`. */
  readonly target: string;
  /** What counts where the target is absent or empty. */
  readonly fallback: string | undefined;
}

/** A piece of a text. */
export type Part = { readonly kind: "text"; readonly text: string } | { readonly kind: "unended" } | Reference;

/** `$${` for a literal `${`; a reference; a reference that does not end. */
const MARK = /\$\$\{|\$\{([^{}]*)\}|\$\{/g;

/** The pieces of `text`, in their order. */
export function partsOf(text: string): readonly Part[] {
  const parts: Part[] = [];
  let rest = 0;
  for (const match of text.matchAll(MARK)) {
    if (match.index > rest) parts.push({ kind: "text", text: text.slice(rest, match.index) });
    parts.push(partOf(match[0], match[1]));
    rest = match.index + match[0].length;
  }
  if (rest < text.length) parts.push({ kind: "text", text: text.slice(rest) });
  return parts;
}

/** The references in `text`. */
export function referencesIn(text: string): readonly Reference[] {
  return partsOf(text).filter((part) => part.kind === "reference");
}

function partOf(mark: string, body: string | undefined): Part {
  if (mark === "$${") return { kind: "text", text: "${" };
  if (body === undefined) return { kind: "unended" };
  const [target = ""] = body.split(":-", 1);
  return { kind: "reference", mark, target, fallback: target === body ? undefined : body.slice(target.length + 2) };
}

/**
 * What stands in `data` at a dotted `path`; a key with dots in it goes before the keys that its parts
 * would be. `undefined` for what is not there.
 */
export function valueAt(data: unknown, path: string): unknown {
  if (typeof data !== "object" || data === null) return undefined;
  if (hasOwn(data, path)) return (data as Record<string, unknown>)[path];
  const dot = path.indexOf(".");
  const key = path.slice(0, dot);
  return dot > 0 && hasOwn(data, key)
    ? valueAt((data as Record<string, unknown>)[key], path.slice(dot + 1))
    : undefined;
}

function hasOwn(data: object, key: string): boolean {
  return Object.prototype.propertyIsEnumerable.call(data, key);
}
