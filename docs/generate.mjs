/**
 * Generates what docs/configuration.md says of each key: keys and defaults from the schemas, meanings from
 * the doc comments of the configuration's interfaces. Run it by `npm run docs`.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";

/** The interface, or the union of interfaces, that documents the keys of each type. */
const INTERFACES = {
  static: "StaticConfig",
  oauth2: "OAuth2ClientCredentialsConfig",
  oauth2_refresh: "OAuth2RefreshConfig",
  token_endpoint: "TokenEndpointConfig",
  flow: "FlowConfig",
  oauth1: "OAuth1Config",
  jwt_bearer: "JwtBearerConfig",
  token_exchange: "TokenExchangeConfig",
  google_service_account: "GoogleServiceAccountConfig",
  identity_token: "IdentityTokenConfig",
  broker: "BrokerConfig",
};

const PAGE = fileURLToPath(new URL("configuration.md", import.meta.url));
const SOURCES = fileURLToPath(new URL("../src", import.meta.url));
const GENERATED = /(?<=<!-- generated: keys -->\n).*(?=<!-- \/generated -->)/s;

/**
 * @typedef {{ safeParse(value: unknown): { success: boolean, data?: unknown }, _zod: { def: object } }} Schema
 * @typedef {{ path: string, isRequired: boolean, default: unknown }} SchemaKey
 * @typedef {{ path: string, isRequired: boolean, meaning: string, default: string | undefined }} DocumentedKey
 * @typedef {{ type: string, inSchema: SchemaKey | undefined, documented: DocumentedKey | undefined }} Key
 */

/**
 * All keys of all types, as the schemas have them and as the interfaces document them.
 *
 * @param {Readonly<Record<string, () => Schema>>} schemas
 * @returns {Key[]}
 */
export function configurationKeys(schemas) {
  const document = documentation();
  return Object.entries(schemas).flatMap(([type, schema]) => {
    const inSchema = new Map(schemaKeys(schema(), "").map((key) => [key.path, key]));
    const documented = new Map(document(type).map((key) => [key.path, key]));
    const paths = new Set([...inSchema.keys(), ...documented.keys()]);
    return [...paths].map((path) => ({ type, inSchema: inSchema.get(path), documented: documented.get(path) }));
  });
}

/**
 * The documented keys of a type, those of mappings in lists too, as `steps.request`; of a type that has no interface of its own, none.
 *
 * @returns {(type: string) => DocumentedKey[]}
 */
export function documentedKeysOf() {
  const document = documentation({ withinLists: true });
  return (type) => (type in INTERFACES ? document(type) : []);
}

/**
 * The page with its table of keys generated anew.
 *
 * @param {string} page
 * @param {readonly Key[]} keys
 */
export function withTable(page, keys) {
  if (!GENERATED.test(page)) throw new Error(`${PAGE} has no place for the table of keys`);
  return page.replace(GENERATED, () => `\n${table(keys)}\n`);
}

/** @param {readonly Key[]} keys */
function table(keys) {
  const types = [...new Set(keys.map(({ type }) => type))];
  const fetching = types.filter((type) => keys.some((key) => key.type === type && key.inSchema?.path === "persist"));
  /** @type {Map<string, { cells: readonly string[], of: string[] }>} */
  const rows = new Map();
  for (const { type, inSchema, documented } of keys) {
    if (inSchema === undefined || documented === undefined) continue;
    const cells = [`\`${inSchema.path}\``, defaultOf(inSchema, documented), documented.meaning.replaceAll("|", "\\|")];
    const row = rows.get(cells.join()) ?? { cells, of: [] };
    rows.set(cells.join(), { ...row, of: [...row.of, type] });
  }
  const isShared = (/** @type {{ of: readonly string[] }} */ { of }) =>
    of.length === fetching.length && of.every((type) => fetching.includes(type));
  const ordered = [...rows.values()].sort((a, b) => Number(isShared(a)) - Number(isShared(b)));
  const lines = ordered.map((row) => {
    const of = isShared(row) ? "all that fetch" : row.of.map((type) => `\`${type}\``).join(", ");
    const [key, byDefault, meaning] = row.cells;
    return `| ${key} | ${of} | ${byDefault} | ${meaning} |`;
  });
  return ["| key | of | default | meaning |", "|---|---|---|---|", ...lines].join("\n");
}

/**
 * @param {SchemaKey} inSchema
 * @param {DocumentedKey} documented
 */
function defaultOf(inSchema, documented) {
  if (inSchema.isRequired) return "*required*";
  return isPlain(inSchema.default) ? `\`${inSchema.default}\`` : (documented.default ?? "");
}

/** @param {unknown} value */
export function isPlain(value) {
  return ["string", "number", "boolean"].includes(typeof value);
}

/**
 * The keys of a schema, those of mappings in it as `persist.path`.
 *
 * @param {Schema} schema
 * @param {string} above
 * @returns {SchemaKey[]}
 */
function schemaKeys(schema, above) {
  return Object.entries(shapeOf(schema) ?? {}).flatMap(([key, field]) => {
    const absent = field.safeParse(undefined);
    const path = above + key;
    return [{ path, isRequired: !absent.success, default: absent.data }, ...schemaKeys(field, `${path}.`)];
  });
}

/**
 * The fields of a mapping, whatever stands around it for it to be optional.
 *
 * @param {Schema} schema
 * @returns {Record<string, Schema> | undefined}
 */
function shapeOf(schema) {
  const { shape, in: before, out, innerType, options } = /** @type {any} */ (schema._zod.def);
  if (shape !== undefined) return shape;
  // One, or a list of them: the keys are those of one.
  if (options !== undefined) return options.map(shapeOf).find(Boolean);
  return [before, out, innerType].filter(Boolean).map(shapeOf).find(Boolean);
}

/**
 * Reads the interfaces' doc comments.
 *
 * @param {{ withinLists?: boolean }} [options]
 * @returns {(type: string) => DocumentedKey[]}
 */
function documentation({ withinLists = false } = {}) {
  // The sources alone, without the libraries that they import: doc comments need no more.
  const options = { module: ts.ModuleKind.NodeNext, strict: true, noLib: true, noResolve: true };
  const program = ts.createProgram(ts.sys.readDirectory(SOURCES, [".ts"]), options);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(`${SOURCES}/index.ts`);
  const face = source && checker.getSymbolAtLocation(source);
  const exported = new Map(face ? checker.getExportsOfModule(face).map((symbol) => [symbol.name, symbol]) : []);
  return (type) => {
    const symbol = exported.get(INTERFACES[/** @type {keyof typeof INTERFACES} */ (type)]);
    if (symbol === undefined) throw new Error(`no interface is known that documents the keys of ${type}`);
    const { flags } = symbol;
    const original = flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    return documentedKeys({ checker, withinLists }, checker.getDeclaredTypeOfSymbol(original), "");
  };
}

/**
 * The members of an interface, and those of the interfaces that they are of, which are documented likewise. No member of a
 * union of interfaces is required, since another of them may be meant.
 *
 * @param {{ checker: ts.TypeChecker, withinLists: boolean }} reading
 * @param {ts.Type} type
 * @param {string} above
 * @returns {DocumentedKey[]}
 */
function documentedKeys(reading, type, above) {
  const { checker, withinLists } = reading;
  if (type.isUnion()) {
    return type.types
      .flatMap((one) => documentedKeys(reading, one, above))
      .map((key) => ({ ...key, isRequired: false }));
  }
  return checker.getPropertiesOfType(type).flatMap((symbol) => {
    const path = above + symbol.name;
    const tag = symbol.getJsDocTags(checker).find(({ name }) => name === "default");
    const key = {
      path,
      isRequired: (symbol.flags & ts.SymbolFlags.Optional) === 0,
      meaning: ts.displayPartsToString(symbol.getDocumentationComment(checker)).replace(/\s+/g, " ").trim(),
      default: tag && ts.displayPartsToString(tag.text).trim(),
    };
    const own = checker.getNonNullableType(checker.getTypeOfSymbol(symbol));
    const within =
      (own.isUnion() ? own.types : [own]).find(isInterface) ?? (withinLists ? itemIn(checker, symbol) : undefined);
    return [key, ...(within === undefined ? [] : documentedKeys(reading, within, `${path}.`))];
  });
}

/**
 * The interface of the items of a list, as it is written: without the libraries, no list has a type.
 *
 * @param {ts.TypeChecker} checker
 * @param {ts.Symbol} symbol
 */
function itemIn(checker, symbol) {
  /** @param {ts.Node | undefined} node @returns {ts.Type | undefined} */
  const search = (node) => {
    if (node === undefined) return undefined;
    if (!ts.isArrayTypeNode(node)) return ts.forEachChild(node, search);
    const item = checker.getTypeFromTypeNode(node.elementType);
    return isInterface(item) ? item : undefined;
  };
  return search(symbol.valueDeclaration);
}

/** Interfaces of what a configuration may refer to, whose members are no keys of it. */
const REFERRED = new Set(["AuthProvider", "ProviderReference"]);

/** @param {ts.Type} type */
function isInterface({ symbol }) {
  return symbol !== undefined && (symbol.flags & ts.SymbolFlags.Interface) !== 0 && !REFERRED.has(symbol.name);
}

/** The schemas of the sources, which Node cannot read as they are. */
async function schemasOfSources() {
  const { build } = await import("tsup");
  const outDir = fileURLToPath(new URL("../node_modules/.cache/faucet-auth-docs", import.meta.url));
  const entry = { schemas: fileURLToPath(new URL("../src/providers/schemas.ts", import.meta.url)) };
  await build({ config: false, entry, format: "esm", outDir, silent: true });
  const { SCHEMAS } = await import(pathToFileURL(`${outDir}/schemas.js`).href);
  return SCHEMAS;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const page = readFileSync(PAGE, "utf8");
  writeFileSync(PAGE, withTable(page, configurationKeys(await schemasOfSources())));
}
