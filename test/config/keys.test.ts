import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { configurationKeys, isPlain, withTable } from "../../docs/generate.mjs";
import { SCHEMAS } from "../../src/providers/schemas.js";

const keys = configurationKeys(SCHEMAS);

describe.each(keys.map((key) => ({ ...key, path: (key.inSchema ?? key.documented)?.path })))(
  "$type: $path",
  ({ inSchema, documented }) => {
    test("stands in the schema and in the interface, required in both or in none", () => {
      expect({ isRequired: inSchema?.isRequired }).toEqual({ isRequired: documented?.isRequired });
    });

    test("has a doc comment, whose default is the schema's", () => {
      expect(documented?.meaning).toMatch(/^[A-Z`].*\.$/s);
      expect(documented?.meaning).not.toMatch(/\([A-Z]\d+\w?\)/);
      if (documented?.default !== undefined && isPlain(inSchema?.default)) {
        expect(documented.default).toBe(String(inSchema?.default));
      }
    });
  },
);

test("docs/configuration.md has the table as it is generated: npm run docs", async () => {
  const page = await readFile(new URL("../../docs/configuration.md", import.meta.url), "utf8");
  expect(page).toBe(withTable(page, keys));
});
