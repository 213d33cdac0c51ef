/**
 * The pipeline document, of which `auth:` is read, and what it refers to. The YAML parser is loaded when
 * first needed. Its own messages are not repeated, since they quote the source (S2).
 */

import type * as Yaml from "yaml";
import { ConfigError, type ConfigFault } from "../values/errors.js";
import { showReferences, withHiddenReferences } from "./bare-references.js";
import { YamlFault, YamlValues } from "./yaml-values.js";

/** What a catalog takes from a document. */
export interface PipelineDocument {
  /** The value at the path of these keys; `undefined` where there is none. Throws a `ConfigError`. */
  at(...keys: readonly string[]): unknown;
}

/** Parses `text`. Throws a `ConfigError` about `subject` with line and column of every fault. */
export async function parsePipeline(text: string, subject: string): Promise<PipelineDocument> {
  const yaml = await import("yaml");
  const lines = new yaml.LineCounter();
  const faultAt = (offset: number, message: string): ConfigFault => {
    const { line, col } = lines.linePos(offset);
    return { path: "", message: `line ${line}, column ${col}: ${message}` };
  };
  /** The faults that the steps of reading find become those of one error. */
  const reading = <T>(read: () => T): T => {
    try {
      return read();
    } catch (error) {
      if (error instanceof YamlFault) throw new ConfigError(subject, [faultAt(error.offset, error.message)]);
      if (!(error instanceof RangeError)) throw error;
      throw new ConfigError(subject, [{ path: "", message: "is nested too deeply" }]);
    }
  };
  const document = reading(() => documentOf(yaml, text, lines));
  const faults = document.errors.map(({ code, pos: [offset] }) => faultAt(offset, REASONS[code] ?? plainCode(code)));
  if (faults.length > 0) throw new ConfigError(subject, faults.slice(0, MOST_FAULTS));
  if (document.contents !== null && !yaml.isMap(document.contents)) {
    throw new ConfigError(subject, [
      { path: "", message: "must be a mapping, with the provider definitions under auth:" },
    ]);
  }
  const values = reading(() => new YamlValues(yaml, document));
  return { at: (...keys) => reading(() => values.at(keys)) };
}

/** `text` as it is; or, where that is no YAML, as it is with its references in quotes. */
function documentOf(yaml: typeof Yaml, text: string, lineCounter: Yaml.LineCounter): Yaml.Document.Parsed {
  const document = yaml.parseDocument(text, { ...OPTIONS, lineCounter });
  const hidden = document.errors.length === 0 ? undefined : withHiddenReferences(text);
  if (hidden === undefined) return document;
  // Its faults are those that have nothing to do with references, at the same places.
  const other = yaml.parseDocument(hidden, OPTIONS);
  showReferences(yaml, other);
  return other;
}

/**
 * YAML 1.2, whatever `%YAML` says: in 1.1 `12:30:45` is a number. Tags beyond its core are not known. Keys that are given
 * twice are looked for afterwards, since the parser's search takes time in proportion to the square of their number.
 */
const OPTIONS = {
  schema: "core",
  resolveKnownTags: false,
  merge: true,
  prettyErrors: false,
  stringKeys: true,
  uniqueKeys: false,
} as const;

/** One fault makes the parser find many behind it. */
const MOST_FAULTS = 20;

const REASONS: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: "a second document begins; only one can be read",
  NON_STRING_KEY: "a key must be a plain text",
  RESOURCE_EXHAUSTION: "is nested too deeply",
  TAB_AS_INDENT: "a tab is used to indent",
  TAG_RESOLVE_FAILED: "a tag that is not known here",
  UNEXPECTED_TOKEN: "a character that cannot stand here; inside { } a value with ${…} needs quotes",
};

function plainCode(code: string): string {
  return code.toLowerCase().replaceAll("_", " ");
}
