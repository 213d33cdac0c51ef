/**
 * References without quotes inside `{ }` and `[ ]`, where YAML takes their braces for its own (G7): such a document is parsed
 * with characters in their place that mean nothing to YAML, one for each, so that lines and columns stay what they are.
 */

import type * as Yaml from "yaml";

/** A reference, wherever it stands; not one with an escape or a quote of YAML in it. */
const REFERENCE = /\$\{[^{}"'\\\r\n]*\}/g;

/** ASCII, moved to where Unicode has characters for private use. */
const PRIVATE = 0xe000;
const HIDDEN = /[\ue000-\ue07f]/g;

/** `text` with its references hidden; `undefined` if there are none, or it has characters of that kind already. */
export function withHiddenReferences(text: string): string | undefined {
  if (text.search(HIDDEN) >= 0) return undefined;
  const hidden = text.replace(REFERENCE, (reference) =>
    reference.replace(/[\0-\x7f]/g, (each) => String.fromCharCode(PRIVATE + each.charCodeAt(0))),
  );
  return hidden === text ? undefined : hidden;
}

/** Puts the references back into the scalars of `document`. */
export function showReferences(yaml: Pick<typeof Yaml, "visit">, document: Yaml.Document.Parsed): void {
  yaml.visit(document, {
    Scalar(_key, scalar) {
      if (typeof scalar.value === "string") scalar.value = shown(scalar.value);
      if (scalar.source !== undefined) scalar.source = shown(scalar.source);
    },
  });
}

function shown(text: string): string {
  return text.replace(HIDDEN, (each) => String.fromCharCode(each.charCodeAt(0) - PRIVATE));
}
