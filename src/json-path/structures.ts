/**
 * Tells equal lists and objects from different ones. Each is read once, however often it is compared:
 * it gets a number, which it shares with those that are equal to it.
 */

/** The lists and objects of one document. */
export class Structures {
  readonly #numbers = new Map<object, number>();
  readonly #numberOfSpelling = new Map<string, number>();

  /** Whether both are the same in JSON; the order of members is of no account. */
  areEqual(left: unknown, right: unknown): boolean {
    if (!isContainer(left) || !isContainer(right)) return left === right;
    return this.#numberOf(left) === this.#numberOf(right);
  }

  #numberOf(root: object): number | undefined {
    if (!this.#numbers.has(root)) {
      for (const node of this.#below(root).reverse()) this.#numbers.set(node, this.#numberFor(this.#spell(node)));
    }
    return this.#numbers.get(root);
  }

  /** What has no number yet, each before its children. */
  #below(root: object): object[] {
    const nodes = [root];
    for (const node of nodes) {
      for (const child of Object.values(node)) {
        if (isContainer(child) && !this.#numbers.has(child)) nodes.push(child);
      }
    }
    return nodes;
  }

  #numberFor(spelling: string): number {
    const number = this.#numberOfSpelling.get(spelling) ?? this.#numberOfSpelling.size;
    this.#numberOfSpelling.set(spelling, number);
    return number;
  }

  /** One level, in which the children that have numbers stand as these. */
  #spell(node: object): string {
    const spelt = (value: unknown): string =>
      isContainer(value) ? `#${this.#numbers.get(value)}` : JSON.stringify(value);
    if (Array.isArray(node)) return `[${node.map(spelt).join()}]`;
    const members = Object.entries(node).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${spelt(value)}`).join()}}`;
  }
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
