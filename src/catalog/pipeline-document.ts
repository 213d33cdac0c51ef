/**
 * The pipeline document, of which `auth:` is read, and what it refers to. The YAML parser is loaded when
 * first needed. Its own messages are not repeated, since they quote the source (S2).
 */

import type * as Yaml from "yaml";
import { ConfigError, type ConfigFault, FaucetError } from "../values/errors.js";
import { showReferences, withHiddenReferences } from "./bare-references.js";
import { YamlFault } from "./yaml-faults.js";
import { YamlValues } from "./yaml-values.js";

/** What a catalog takes from a document. */
export interface PipelineDocument {
  /** What is wrong with it as a whole, though its values can be read. */
  readonly faults: readonly ConfigFault[];
  /** The value at the path of these keys; `undefined` where there is none. Throws a `ConfigError` with all that is wrong there. */
  at(...keys: readonly string[]): unknown;
  /** The same document, whose `at` gives what can be read, and `undefined` in place of what cannot. */
  readable(): PipelineDocument;
  /** The keys at its top. */
  keys(): readonly string[];
  /** Where a fault at `path` is in the text; nothing for what is in none of it. */
  placeOf(path: string): Place | undefined;
  /** Does `work`. Rejects with its `ConfigError` about `about`, which says where in the text each fault is. */
  placing<T>(about: string, work: () => Promise<T>): Promise<T>;
}

/** A place in the text of a document. */
export interface Place {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** Parses `text`. Throws a `ConfigError` about `subject` with line and column of every fault of its syntax. */
export async function parsePipeline(text: string, subject: string): Promise<PipelineDocument> {
  const yaml = await import("yaml");
  const places = new Places(new yaml.LineCounter(), subject);
  const document = places.reading(() => documentOf(yaml, text, places.lines));
  const faults = document.errors.map(({ code, pos: [at] }) => places.faultAt(at, REASONS[code] ?? plainCode(code)));
  if (faults.length > 0) throw new ConfigError(subject, faults.slice(0, MOST_FAULTS));
  if (document.contents !== null && !yaml.isMap(document.contents)) {
    throw new ConfigError(subject, [
      { path: "", message: "must be a mapping, with the provider definitions under auth:" },
    ]);
  }
  return new ParsedPipeline(
    places.reading(() => new YamlValues(yaml, document)),
    places,
  );
}

class ParsedPipeline implements PipelineDocument {
  readonly #values: YamlValues;
  readonly #places: Places;
  readonly #isLenient: boolean;

  constructor(values: YamlValues, places: Places, isLenient = false) {
    this.#values = values;
    this.#places = places;
    this.#isLenient = isLenient;
  }

  get faults(): readonly ConfigFault[] {
    return this.#places.faultsAt(this.#values.faults);
  }

  at(...keys: readonly string[]): unknown {
    const { value, faults } = this.#places.reading(() => this.#values.at(keys));
    if (faults.length > 0 && !this.#isLenient) this.#places.refuse(faults);
    return value;
  }

  readable(): PipelineDocument {
    return new ParsedPipeline(this.#values, this.#places, true);
  }

  keys(): readonly string[] {
    return this.#places.reading(() => this.#values.keys());
  }

  placeOf(path: string): Place | undefined {
    try {
      const offset = this.#values.offsetAt(path.split(/\.|(?=\[)/));
      return offset === undefined ? undefined : this.#places.at(offset);
    } catch {
      // What cannot be followed has a fault of its own.
      return undefined;
    }
  }

  async placing<T>(about: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!FaucetError.is(error) || error.code !== "config") throw error;
      const { issues, retryable, cause } = error as ConfigError;
      const placed = issues.map((fault) => {
        return fault.line === undefined ? { ...fault, ...this.placeOf(fault.path) } : fault;
      });
      throw new ConfigError(about, placed, { retryable, cause });
    }
  }
}

/** Where what stands at an offset of the text is, for a person. */
class Places {
  readonly lines: Yaml.LineCounter;
  readonly #subject: string;

  constructor(lines: Yaml.LineCounter, subject: string) {
    this.lines = lines;
    this.#subject = subject;
  }

  at(offset: number): Place {
    const { line, col: column } = this.lines.linePos(offset);
    return { line, column };
  }

  faultAt(offset: number, message: string): ConfigFault {
    const { line, column } = this.at(offset);
    return { path: "", message: `line ${line}, column ${column}: ${message}`, line, column };
  }

  faultsAt(faults: readonly YamlFault[]): readonly ConfigFault[] {
    return faults.slice(0, MOST_FAULTS).map(({ offset, message }) => this.faultAt(offset, message));
  }

  refuse(faults: readonly YamlFault[]): never {
    throw new ConfigError(this.#subject, this.faultsAt(faults));
  }

  /** What `read` gives. A fault that it finds becomes a `ConfigError`. */
  reading<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof YamlFault) this.refuse([error]);
      if (!(error instanceof RangeError)) throw error;
      throw new ConfigError(this.#subject, [{ path: "", message: "is nested too deeply" }]);
    }
  }
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
