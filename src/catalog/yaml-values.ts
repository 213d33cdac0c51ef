/**
 * The values of a YAML document as plain data. What the parser would pass over in silence is a fault here:
 * a tag that nobody resolves, whose content would be taken for the secret itself, and aliases that double
 * with every line. Numbers and booleans keep the text that they were written as.
 */

import type * as Yaml from "yaml";
import { redactKey } from "../config/check.js";
import { Scalar } from "./scalar.js";
import { MOST_LEVELS, MOST_WEIGHT, NODE_WEIGHT, TOO_DEEP, TOO_LARGE } from "./size.js";
import { repeatedKeys, YamlFault } from "./yaml-faults.js";

/** The module `yaml`, once it is loaded. */
type Parser = Pick<typeof Yaml, "isAlias" | "isMap" | "isScalar" | "isSeq" | "visit">;

type Pair = readonly [key: string, value: Yaml.Node | null, written: Yaml.Node];

/** Reads the values of one document. */
export class YamlValues {
  /** What is wrong with the document as a whole, though its values can be read. */
  readonly faults: readonly YamlFault[];
  readonly #yaml: Parser;
  readonly #root: Yaml.Node | null;
  readonly #targets: ReadonlyMap<Yaml.Alias, Yaml.Node>;
  /** Where each unknown tag stands, in the order of the source. */
  readonly #tags: readonly number[];
  /** What is wrong with what is read now, by offset. */
  #found = new Map<number, YamlFault>();
  /** The weight of all that was read. */
  #weight = 0;

  constructor(yaml: Parser, document: Yaml.Document.Parsed) {
    this.#yaml = yaml;
    this.#root = document.contents;
    this.#targets = targetsOf(yaml, document);
    this.faults = repeatedKeys(yaml, document);
    this.#tags = document.warnings.filter(({ code }) => code === "TAG_RESOLVE_FAILED").map(({ pos: [at] }) => at);
    this.#refuseMergeAtRoot();
  }

  /** The value at the path of `keys`, of which what has a fault is `undefined`, as is what is not there. */
  at(keys: readonly string[]): { readonly value: unknown; readonly faults: readonly YamlFault[] } {
    this.#found = new Map();
    const value = this.#readable(() => this.#at(keys), "whole");
    return { value, faults: [...this.#found.values()] };
  }

  #at(keys: readonly string[]): unknown {
    let node: Yaml.Node | null = this.#root;
    for (const key of keys) {
      const found: Yaml.Node | null = node && this.#followed(node);
      if (found === null || !this.#yaml.isMap(found)) return undefined;
      const pair: Pair | undefined = this.#pairsOf(found, []).find(([name]) => name === key);
      if (pair === undefined) return undefined;
      node = pair[1];
    }
    return this.#valueOf(node, []);
  }

  /** The keys at the top. */
  keys(): readonly string[] {
    return this.#yaml.isMap(this.#root) ? this.#pairsOf(this.#root, []).map(([key]) => key) : [];
  }

  /** Where the key or the item begins that `steps` lead to; of what is not there, the nearest thing above it. */
  offsetAt(steps: readonly string[]): number | undefined {
    let at: number | undefined;
    let node: Yaml.Node | null = this.#root;
    for (const step of steps) {
      const found = this.#below(node, step);
      if (found === undefined) break;
      at = found.at?.range?.[0];
      node = found.value;
    }
    return at;
  }

  #below(node: Yaml.Node | null, step: string): { at: Yaml.Node | null; value: Yaml.Node | null } | undefined {
    const within = node && this.#followed(node);
    if (this.#yaml.isSeq(within)) {
      const item = within.items[Number(step.slice(1, -1))] as Yaml.Node | undefined;
      return item && { at: item, value: item };
    }
    if (!this.#yaml.isMap(within)) return undefined;
    const pair = this.#pairsOf(within, []).find(([name]) => redactKey(name) === step);
    return pair && { at: pair[2], value: pair[1] };
  }

  /** What `read` gives. A fault is kept, so that all are told at once (L1); of what is too large, no other part is read. */
  #readable<T>(read: () => T, extent: "part" | "whole" = "part"): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof YamlFault)) throw error;
      this.#found.set(error.offset, error);
      if (extent === "part" && [TOO_LARGE, TOO_DEEP].includes(error.message)) throw error;
      return undefined;
    }
  }

  #valueOf(given: Yaml.Node | null, around: readonly Yaml.Node[]): unknown {
    return given === null ? null : this.#readable(() => this.#read(given, around));
  }

  #read(given: Yaml.Node, around: readonly Yaml.Node[]): unknown {
    const node = this.#followed(given);
    if (around.includes(node))
      throw new YamlFault(given, "has an alias that cannot be followed: it stands in what it stands for");
    if (around.length > MOST_LEVELS) throw new YamlFault(given, TOO_DEEP);
    const path = [...around, node];
    if (this.#yaml.isScalar(node)) return this.#scalar(node);
    this.#grow(node, NODE_WEIGHT);
    if (this.#yaml.isSeq(node)) return node.items.map((item) => this.#valueOf(item as Yaml.Node, path));
    if (!this.#yaml.isMap(node)) throw new YamlFault(node, "a value that is not known here");
    const entries = this.#pairsOf(node, around).map(([key, value]) => {
      this.#grow(node, key.length);
      return [key, this.#valueOf(value, path)] as const;
    });
    return Object.fromEntries(entries);
  }

  #scalar(node: Yaml.Scalar): unknown {
    const { value, source = "" } = node;
    this.#grow(node, NODE_WEIGHT + source.length);
    return typeof value === "number" || typeof value === "boolean" ? Scalar.literal(source, value) : value;
  }

  #grow(node: Yaml.Node, weight: number): void {
    this.#weight += weight;
    if (this.#weight > MOST_WEIGHT) throw new YamlFault(node, TOO_LARGE);
  }

  /** `node`, or what it is an alias of. Whatever has an unknown tag is refused here, on its way to any use. */
  #followed(node: Yaml.Node): Yaml.Node {
    const found = this.#yaml.isAlias(node) ? this.#targets.get(node) : node;
    if (found === undefined)
      throw new YamlFault(node, "has an alias that cannot be followed: no anchor of that name stands before it");
    this.#refuseTag(found);
    return found;
  }

  #refuseTag(node: Yaml.Node): void {
    if (node.tag === undefined || CORE_TAGS.has(node.tag)) return;
    const start = node.range?.[0] ?? 0;
    const offset = this.#tags.findLast((at) => at <= start) ?? start;
    throw Object.assign(new YamlFault(node, "a tag that is not known here"), { offset });
  }

  /** The pairs of a mapping, with those that `<<` merges into it. Its own keys, and earlier merges, go first. */
  #pairsOf(map: Yaml.YAMLMap, around: readonly Yaml.Node[]): readonly Pair[] {
    if (around.length > MOST_LEVELS) throw new YamlFault(map, TOO_DEEP);
    if (around.includes(map))
      throw new YamlFault(map, "has an alias that cannot be followed: it stands in what it stands for");
    const pairs = new Map<string, Pair>();
    const merged: Yaml.Node[] = [];
    for (const { key, value } of map.items as readonly Yaml.Pair<Yaml.Node, Yaml.Node | null>[]) {
      this.#readable(() => {
        this.#refuseTag(key);
        if (this.#isMerge(key)) merged.push(...this.#mergedBy(key, value));
        else pairs.set(this.#keyText(key), [this.#keyText(key), value, key]);
      });
    }
    for (const source of merged) {
      for (const pair of this.#readable(() => this.#pairsToMerge(source, [...around, map])) ?? []) {
        const [key] = pair;
        this.#grow(source, NODE_WEIGHT + key.length);
        if (!pairs.has(key)) pairs.set(key, pair);
      }
    }
    return [...pairs.values()];
  }

  #pairsToMerge(source: Yaml.Node, around: readonly Yaml.Node[]): readonly Pair[] {
    this.#grow(source, NODE_WEIGHT);
    const from = this.#followed(source);
    if (!this.#yaml.isMap(from)) throw new YamlFault(source, "<< can merge mappings only");
    return this.#pairsOf(from, around);
  }

  #mergedBy(key: Yaml.Node, value: Yaml.Node | null): readonly Yaml.Node[] {
    if (value === null) throw new YamlFault(key, "<< can merge mappings only");
    const found = this.#followed(value);
    return this.#yaml.isSeq(found) ? (found.items as Yaml.Node[]) : [value];
  }

  #isMerge(key: Yaml.Node): boolean {
    return this.#yaml.isScalar(key) && key.type === "PLAIN" && key.source === "<<";
  }

  #keyText(key: Yaml.Node): string {
    const node = this.#followed(key);
    if (!this.#yaml.isScalar(node)) throw new YamlFault(key, "a key must be a plain text");
    return typeof node.value === "string" ? node.value : (node.source ?? "");
  }

  /** A document that is merged together would hide where its `auth:` comes from. */
  #refuseMergeAtRoot(): void {
    const root = this.#root;
    if (!this.#yaml.isMap(root)) return;
    this.#refuseTag(root);
    const merge = (root.items as readonly Yaml.Pair<Yaml.Node>[]).find(({ key }) => this.#isMerge(key));
    if (merge !== undefined) {
      throw new YamlFault(merge.key, "<< cannot stand at the top of the document; write auth: there, and << below it");
    }
  }
}

const CORE_TAGS: ReadonlySet<string> = new Set([
  "!",
  ...["str", "int", "float", "bool", "null", "map", "seq"].map((name) => `tag:yaml.org,2002:${name}`),
]);

/** What each alias stands for: the last node before it that has an anchor of its name (YAML 1.2.2 §7.1). */
function targetsOf(yaml: Parser, document: Yaml.Document.Parsed): ReadonlyMap<Yaml.Alias, Yaml.Node> {
  const anchors = new Map<string, Yaml.Node>();
  const targets = new Map<Yaml.Alias, Yaml.Node>();
  yaml.visit(document, {
    Node(_key, node) {
      if (yaml.isAlias(node)) {
        const target = anchors.get(node.source);
        if (target !== undefined) targets.set(node, target);
      } else if (node.anchor !== undefined) {
        anchors.set(node.anchor, node);
      }
    },
  });
  return targets;
}
