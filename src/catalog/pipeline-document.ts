/** The pipeline document, of which only `auth:` and `vars:` are read. The YAML parser is loaded when first needed. */

import type { Node, YAMLError } from "yaml";
import { ConfigError, type ConfigFault } from "../values/errors.js";

/** What a catalog takes from a document; `undefined` for a block that is not there. */
export interface PipelineDocument {
  readonly auth: unknown;
  readonly vars: unknown;
}

/**
 * Parses `text`. Throws a `ConfigError` with line and column of every fault. The parser's own
 * messages are not told, since they quote the source (S2).
 */
export async function parsePipeline(text: string): Promise<PipelineDocument> {
  const { LineCounter, isMap, parseDocument, visit } = await import("yaml");
  const lines = new LineCounter();
  const toIssue = ({ code, pos: [offset] }: YAMLError): ConfigFault => {
    const { line, col } = lines.linePos(offset);
    return {
      path: "",
      message: `line ${line}, column ${col}: ${REASONS[code] ?? code.toLowerCase().replaceAll("_", " ")}`,
    };
  };
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false, stringKeys: true });
  if (document.errors.length > 0) throw new ConfigError(SUBJECT, document.errors.map(toIssue));
  if (document.contents === null) return { auth: undefined, vars: undefined };
  if (!isMap(document.contents)) {
    throw new ConfigError(SUBJECT, [
      { path: "", message: "must be a mapping, with the provider definitions under auth:" },
    ]);
  }
  const block = (name: string): unknown => {
    const node = document.get(name, true) as Node | undefined;
    const value = plain(name, () => node?.toJS(document));
    // An unknown tag would be dropped, and what it was meant to fetch taken as the secret itself.
    const reached = rangesOf(node);
    const untaken = document.warnings.filter(({ pos: [at] }) => reached.some(([from, to]) => at >= from && at < to));
    if (untaken.length > 0) throw new ConfigError(SUBJECT, untaken.map(toIssue));
    return value;
  };
  /** Where the text of a node stands, and of all that its aliases stand for. */
  const rangesOf = (root: Node | undefined): [number, number][] => {
    const nodes = new Set(root === undefined ? [] : [root]);
    for (const node of nodes) {
      visit(node, {
        Alias(_key, alias) {
          const target = alias.resolve(document);
          if (target !== undefined) nodes.add(target);
        },
      });
    }
    return [...nodes].map(({ range }) => [range?.[0] ?? 0, range?.[1] ?? 0]);
  };
  return { auth: block("auth"), vars: block("vars") };
}

const SUBJECT = "pipeline document";

const REASONS: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: "a key is given twice",
  MULTIPLE_DOCS: "a second document begins; only one can be read",
  TAB_AS_INDENT: "a tab is used to indent",
  TAG_RESOLVE_FAILED: "a tag that is not known here",
  UNEXPECTED_TOKEN: "a character that cannot stand here; inside { } a value with ${…} needs quotes",
};

/** An alias that stands for nothing, for far too much, or for what it stands in shows only now. */
function plain(name: string, toPlain: () => unknown): unknown {
  try {
    const value = toPlain();
    refuseCircles(value, []);
    return value;
  } catch {
    throw new ConfigError(SUBJECT, [{ path: name, message: "has an alias that cannot be followed" }]);
  }
}

function refuseCircles(value: unknown, around: readonly unknown[]): void {
  if (typeof value !== "object" || value === null) return;
  if (around.includes(value)) throw new RangeError("a circle");
  for (const item of Object.values(value)) refuseCircles(item, [...around, value]);
}
