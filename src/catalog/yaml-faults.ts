/** What is wrong with a YAML document that its parser accepts. */

import type * as Yaml from "yaml";

/** What is wrong at one place of the source. */
export class YamlFault extends Error {
  readonly offset: number;

  constructor(node: Yaml.Node, message: string) {
    super(message);
    this.offset = node.range?.[0] ?? 0;
  }
}

/** Each key that stands twice in its mapping, anywhere in `document`. */
export function repeatedKeys(
  yaml: Pick<typeof Yaml, "isScalar" | "visit">,
  document: Yaml.Document.Parsed,
): readonly YamlFault[] {
  const faults: YamlFault[] = [];
  yaml.visit(document, {
    Map(_key, { items }) {
      const keys = new Set<unknown>();
      for (const { key } of items) {
        if (!yaml.isScalar(key)) continue;
        if (keys.has(key.value)) faults.push(new YamlFault(key, "a key is given twice"));
        keys.add(key.value);
      }
    },
  });
  return faults;
}
