/** The documents of the house hold: the rules of docs/contract.md, and the rooms of docs/architecture.md. */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../support/child.js";

/** The text of each file below `folder` with one of these endings, by its path from the root. */
function filesBelow(folder: string, ...endings: string[]): Map<string, string> {
  const found = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !path.includes("node_modules"));
  return new Map(found.sort().map((path) => [path, readFileSync(join(root, path), "utf8")]));
}

const sources = filesBelow("src", ".ts");
const tests = filesBelow("test", ".ts", ".js");
const contract = readFileSync(join(root, "docs/contract.md"), "utf8");
const architecture = readFileSync(join(root, "docs/architecture.md"), "utf8");

/** The number of a rule, which is no part of a longer word, of a colour or of a percent-encoding. */
const RULE = /(?<![\w%#-])[ACDFGHKLPRSVW]\d{1,2}a?(?![\w-])/g;

/** The rules, and whether each is built. */
const rules = new Map(
  [...contract.matchAll(/^- \*\*([A-Z]\d{1,2}a?)\b([^*]*)\*\*/gm)].map(([, id = "", rest = ""]) => [
    id,
    !rest.trim().startsWith("+"),
  ]),
);

function rulesIn(texts: readonly string[]): Set<string> {
  return new Set(texts.flatMap((text) => text.match(RULE) ?? []));
}

function commentsOf(code: string): string[] {
  return code.match(/\/\*[\s\S]*?\*\/|\/\/.*$/gm) ?? [];
}

/** Titles of tests that begin with the rules that they prove. */
function titlesOf(code: string): string[] {
  return code.match(/(?<=["`])[ACDFGHKLPRSVW]\d{1,2}a?[ ,:][^"`\n]*/g) ?? [];
}

describe("the contract", () => {
  test("numbers its rules, each once", () => {
    expect(rules.size).toBeGreaterThan(50);
    expect(contract.match(/^- \*\*[A-Z]\d/gm)).toHaveLength(rules.size);
  });

  test("has every rule that code and tests name", () => {
    const named = [...sources, ...tests].flatMap(([path, text]) => {
      return [...rulesIn([...commentsOf(text), ...titlesOf(text)])].map((rule) => ({ path, rule }));
    });
    expect(named.length).toBeGreaterThan(100);
    expect(named.filter(({ rule }) => !rules.has(rule))).toEqual([]);
  });

  test("has a test for every rule that is built", () => {
    const proved = rulesIn([...tests.values()].flatMap(titlesOf));
    const built = [...rules].filter(([, isBuilt]) => isBuilt).map(([rule]) => rule);
    expect(built.length).toBeGreaterThan(20);
    expect(built.filter((rule) => !proved.has(rule))).toEqual([]);
  });

  test("is numbered nowhere in the declarations that users see", () => {
    const declarations = filesBelow("dist", ".d.ts");
    expect(declarations.size).toBeGreaterThan(0);
    expect([...rulesIn([...declarations.values()])]).toEqual([]);
  });

  test("is numbered in comments, not in what the code says", () => {
    const spoken = [...sources].flatMap(([path, text]) => {
      const code = commentsOf(text).reduce((rest, comment) => rest.replace(comment, ""), text);
      return [...rulesIn([code])].map((rule) => ({ path, rule }));
    });
    expect(spoken).toEqual([]);
  });

  test("is numbered for those who change the code, not for those who use it", () => {
    const forUsers = new Map([
      ...filesBelow("docs", ".md"),
      ["README.md", readFileSync(join(root, "README.md"), "utf8")],
    ]);
    for (const house of ["contract.md", "architecture.md"]) forUsers.delete(join("docs", house));
    const numbered = [...forUsers].flatMap(([path, text]) => [...rulesIn([text])].map((rule) => ({ path, rule })));
    expect(numbered).toEqual([]);
  });
});

/** The rooms as drawn, from the top down: name, and the rooms that it may import. */
const drawn = new Map(
  (/\| room \|.*\n\|[-| ]*\n((?:\|.*\n)*)/.exec(architecture)?.[1] ?? "")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .map(([, room = "", , imports = ""]) => [room.replaceAll("`", ""), imports.split(", ").filter(Boolean)] as const),
);

/** Each file of src, and the files that it imports, types too. */
const imports = new Map(
  [...sources].map(([path, text]) => {
    const found = text.matchAll(/\bfrom "(\.[^"]+)"|\bimport\(\s*"(\.[^"]+)"|^import "(\.[^"]+)"/gm);
    const targets = [...found].map(([, ...specifiers]) => specifiers.find(Boolean) ?? "");
    const files = targets.map((target) => join(dirname(path), target).replace(/\.js$/, ".ts"));
    // An entry beside the main one imports that by the package's name.
    return [path, /\bfrom "faucet-auth"/.test(text) ? [...files, "src/index.ts"] : files] as const;
  }),
);

/** The folder of src that a file stands in, or the file itself. */
function roomOf(path: string): string {
  return path.split("/")[1] ?? "";
}

describe("the rooms", () => {
  test("are those that are drawn", () => {
    expect(new Set([...sources.keys()].map(roomOf))).toEqual(new Set(drawn.keys()));
  });

  test("are drawn from the top down", () => {
    const names = [...drawn.keys()];
    const upwards = [...drawn].flatMap(([room, below]) =>
      below.filter((other) => !(names.indexOf(other) > names.indexOf(room))).map((other) => `${room} → ${other}`),
    );
    expect(upwards).toEqual([]);
  });

  test("import as drawn", () => {
    const arrows = [...imports].flatMap(([path, targets]) => targets.map((target) => ({ path, target })));
    expect(arrows.length).toBeGreaterThan(100);
    const undrawn = arrows.filter(({ path, target }) => {
      const [from, to] = [roomOf(path), roomOf(target)];
      return from !== to && !drawn.get(from)?.includes(to);
    });
    expect(undrawn).toEqual([]);
  });

  test("have no circle of files", () => {
    expect(circles(imports)).toEqual([]);
  });

  test("have no file of more than 250 lines", () => {
    const long = [...sources].map(([path, text]) => ({ path, lines: text.split("\n").length - 1 }));
    expect(long.filter(({ lines }) => lines > 250)).toEqual([]);
  });
});

/** Every way from a file back to itself, as it is found by following imports from each file once. */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const follow = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) found.push([...way.slice(way.indexOf(path)), path].join(" → "));
    else if (!done.has(path)) {
      for (const target of graph.get(path) ?? []) follow(target, [...way, path]);
      done.add(path);
    }
  };
  for (const path of graph.keys()) follow(path, []);
  return found;
}

test("a circle of files is found", () => {
  const graph = new Map([
    ["a", ["b"]],
    ["b", ["c", "d"]],
    ["c", ["b"]],
    ["d", []],
  ]);
  expect(circles(graph)).toEqual(["b → c → b"]);
});

test("every file that the architecture names is there", () => {
  const named = [...architecture.matchAll(/`((?:[a-z0-9.-]+\/)+[a-z0-9.-]+\.(?:ts|js))`/g)].map(
    ([, path = ""]) => path,
  );
  expect(named.length).toBeGreaterThan(30);
  const known = new Set([...sources.keys(), ...tests.keys(), ...filesBelow("examples", ".js").keys()]);
  expect(named.filter((path) => !known.has(path) && !known.has(join("src", path)))).toEqual([]);
});

test("every warning has its line in docs/errors.md", () => {
  const codes = (text: string): string[] => [...new Set(text.match(/(?<=["`])FAUCET_AUTH_[A-Z_]+(?=["`])/g))].sort();
  const documented = codes(readFileSync(join(root, "docs/errors.md"), "utf8"));
  expect(documented.length).toBeGreaterThan(5);
  expect(documented).toEqual(codes([...sources.values()].join("\n")));
});
