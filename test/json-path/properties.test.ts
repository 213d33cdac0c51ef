import { fc, test as property } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { faultOfPath, selector } from "../../src/json-path/select.js";
import { parsePath } from "../../src/json-path/syntax.js";
import { documents, nodesOf, queries, spell } from "./reference.js";

const readable = queries.filter((query) => spell(query).length <= 512);

describe("A4 paths of every form, on documents of every shape", () => {
  property.prop([readable], { numRuns: 300 })("A4 a path is read as what it was written from", (query) => {
    expect(parsePath(spell(query))).toEqual({ query });
  });

  property.prop([readable, documents], { numRuns: 2000 })(
    "A4 the first match is that of a plain evaluation of RFC 9535",
    async (query, document) => {
      const scalars = nodesOf(query, document, document).filter((node) => ["string", "number"].includes(typeof node));
      expect(await selector(spell(query))(document)).toBe(scalars[0]);
    },
  );

  property.prop([fc.string({ unit: fc.constantFrom(..."$.[]*'\"?():@^~`,;#ab01-_ \\=<>!&|"), maxLength: 40 })])(
    "A4 whatever the text, it is refused with a place, or selects a value of the document",
    async (tail) => {
      const path = `$${tail}`;
      const fault = faultOfPath(path);
      if (fault !== undefined) {
        const [, place] = /^cannot be parsed from character (\d+) on: ./.exec(fault) ?? [];
        expect(Number(place)).toBeGreaterThan(1);
        expect(Number(place)).toBeLessThanOrEqual(path.length + 1);
        return;
      }
      expect([undefined, "one", 2]).toContain(await selector(path)({ a: "one", b: [2, { a: "one" }], "0": 2 }));
    },
  );
});
