/** What an editor and a compiler find in the declarations of each entry of the package. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { root } from "../support/child.js";

interface Entry {
  /** As package.json exports it: `.`, `./adapters`. */
  readonly name: string;
  readonly import: { readonly types: string };
  readonly require: { readonly types: string };
}

const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const entries: readonly Entry[] = Object.keys(exports)
  .filter((name) => !name.endsWith(".json"))
  .map((name) => ({ name, ...exports[name] }));

const options: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  lib: ["lib.es2022.d.ts"],
  types: [],
};

const paths = entries.map(({ import: { types } }) => join(root, types));
const program = ts.createProgram(paths, options);
const checker = program.getTypeChecker();

test("each entry has declarations, for both builds", () => {
  expect(entries.map(({ name }) => name)).toEqual(expect.arrayContaining([".", "./adapters"]));
  for (const { import: module, require: commonjs } of entries) {
    const [types, twin] = [module.types, commonjs.types].map((path) => readFileSync(join(root, path), "utf8"));
    expect(twin).toBe(types);
  }
});

test("they compile where there is neither the DOM nor Node's types", () => {
  expect(faultsIn(program)).toEqual([]);
});

test.each([
  ["the DOM", ["lib.es2022.d.ts", "lib.dom.d.ts"], []],
  ["Node's types", ["lib.es2022.d.ts"], ["node"]],
  ["both", ["lib.es2022.d.ts", "lib.dom.d.ts"], ["node"]],
])("they compile with %s", { tags: ["slow"] }, (_what, lib, types) => {
  expect(faultsIn(ts.createProgram(paths, { ...options, lib, types }))).toEqual([]);
});

describe.each(entries.map(({ name }, index) => [name, paths[index] as string] as const))("%s", (_name, path) => {
  const file = program.getSourceFile(path) as ts.SourceFile;
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(file) as ts.Symbol).map(resolved);

  test("exports all that it declares: a type that users meet can be named", () => {
    const names = new Set(exported.map(({ name }) => name));
    const declared = file.statements.flatMap((statement) => declarationsIn(statement).map(({ name }) => name.text));
    expect(declared.length).toBeGreaterThan(0);
    expect(declared.filter((name) => !names.has(name))).toEqual([]);
  });

  test("says what each exported name, and each member of it, is", () => {
    const undocumented = exported.flatMap((symbol) => [
      ...(isDocumented(symbol) ? [] : [symbol.name]),
      ...(symbol.declarations ?? []).flatMap(membersIn).flatMap((member) => {
        const known = checker.getSymbolAtLocation(member.name);
        return known === undefined || isDocumented(known) ? [] : [`${symbol.name}.${member.name.getText()}`];
      }),
    ]);
    expect(undocumented).toEqual([]);
  });

  test("mentions no rule of docs/contract.md, and no comment that heads a file of src", () => {
    const comments = file.text.match(/\/\*\*.*?\*\//gs) ?? [];
    expect(comments.length).toBeGreaterThan(0);
    expect(comments.filter((comment) => /\b[ACDFGHKLPRSVW]\d{1,2}a?\b/.test(comment))).toEqual([]);
    expect(file.text.match(/^.*\*\/\n\n/gm) ?? []).toEqual([]);
  });
});

type Named = ts.Declaration & { readonly name: ts.Identifier };
type Member = (ts.TypeElement | ts.ClassElement) & { readonly name: ts.PropertyName };

function faultsIn(project: ts.Program): string[] {
  const faults = ts.getPreEmitDiagnostics(project).filter(({ file }) => paths.includes(file?.fileName ?? ""));
  return faults.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));
}

function resolved(symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** As an editor shows it: with what a class inherits from the interfaces that it implements. */
function isDocumented(symbol: ts.Symbol): boolean {
  return symbol.getDocumentationComment(checker).length > 0;
}

function declarationsIn(statement: ts.Statement): Named[] {
  if (ts.isVariableStatement(statement)) return [...statement.declarationList.declarations] as unknown as Named[];
  const isNamed =
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isFunctionDeclaration(statement) ||
    ts.isEnumDeclaration(statement);
  return isNamed ? [statement as unknown as Named] : [];
}

/** Properties and methods, also those of types that are written in place; not what parameters have. */
function membersIn(declaration: ts.Node): Member[] {
  const members: Member[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isParameter(node)) return;
    if (isPublicMember(node)) members.push(node);
    ts.forEachChild(node, visit);
  };
  visit(declaration);
  return members;
}

function isPublicMember(node: ts.Node): node is Member {
  if (!ts.isTypeElement(node) && !ts.isClassElement(node)) return false;
  if (node.name === undefined || ts.isPrivateIdentifier(node.name)) return false;
  const hidden = ts.ModifierFlags.Private;
  return (ts.getCombinedModifierFlags(node as ts.Declaration) & hidden) === 0;
}
