/** The pipeline document, of which only `auth:` and `vars:` are read. The YAML parser is loaded when first needed. */

import type { Node, YAMLError } from "yaml";
import { ConfigError, type ConfigIssue } from "../errors.js";

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
  const { LineCounter, isMap, parseDocument } = await import("yaml");
  const lines = new LineCounter();
  const toIssue = ({ code, pos: [offset] }: YAMLError): ConfigIssue => {
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
    const [start, end] = node?.range ?? [0, 0];
    // An unknown tag would be dropped, and what it was meant to fetch taken as the secret itself.
    const untaken = document.warnings.filter(({ pos: [offset] }) => offset >= start && offset < end);
    if (untaken.length > 0) throw new ConfigError(SUBJECT, untaken.map(toIssue));
    return plain(name, () => node?.toJS(document));
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

/** An alias that stands for nothing, or for far too much, shows only now. */
function plain(name: string, toPlain: () => unknown): unknown {
  try {
    return toPlain();
  } catch {
    throw new ConfigError(SUBJECT, [{ path: name, message: "has an alias that cannot be followed" }]);
  }
}
