/** The tables of docs/clients.md: clients by the versions that are tested, and lines that are compiled. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, test } from "vitest";
import * as adapters from "../../src/adapters/index.js";

const load = createRequire(import.meta.url);
const guide = readFileSync(new URL("../../docs/clients.md", import.meta.url), "utf8");
const recipes = withoutSpace(readFileSync(new URL("recipes.ts", import.meta.url), "utf8"));

/** Each row: what is installed, as `name 1.2, other 3.4`, and the line. */
const rows = [...guide.matchAll(/^\| ((?:@?[a-z][\w./-]* [\d.]+(?:, )?)+) \| `(.*)` \|/gm)].map(
  ([, clients = "", line = ""]) => ({ clients: clients.split(", "), line }),
);

/** What a formatter may do to a line is not looked at. */
function withoutSpace(code: string): string {
  return code.replace(/\s+/g, "").replace(/,(?=[}\])])/g, "");
}

/** The version of an installed package, also of one whose `exports` do not show it. */
function versionOf(name: string): string {
  for (const folder of load.resolve.paths(name) ?? []) {
    try {
      return JSON.parse(readFileSync(`${folder}/${name}/package.json`, "utf8")).version;
    } catch {}
  }
  throw new Error(`${name} is not installed`);
}

test("there are as many rows as clients", () => {
  expect(rows.length).toBeGreaterThan(30);
  expect(rows).toHaveLength(guide.match(/^\| @?[a-z][\w./-]* \d.* \|$/gm)?.length ?? 0);
});

test.each(rows.flatMap(({ clients }) => clients))("%s is the version that is tested", (client) => {
  const [name = "", version = ""] = client.split(" ");
  expect(versionOf(name)).toMatch(new RegExp(`^${version.replaceAll(".", "\\.")}\\.`));
});

test.each(rows.map(({ line }) => line))("%s is compiled", (line) => {
  expect(recipes).toContain(withoutSpace(line));
});

test.each(Object.keys(adapters))("%s has a line", (adapter) => {
  expect(rows.filter(({ line }) => line.includes(`${adapter}(`)).length).toBeGreaterThan(0);
});
