/** Makes dist/schema.json, the JSON Schema of pipeline documents: what the guides and the doc comments say is in it too. */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Ajv } from "ajv";
import { build } from "tsup";
import { parse } from "yaml";
import { documentedKeysOf } from "../docs/generate.mjs";

const root = new URL("../", import.meta.url);
const outDir = fileURLToPath(new URL("node_modules/.cache/faucet-auth-schema", root));

/** So many configurations of the guides are shown for each type. */
const MOST_EXAMPLES = 2;

await build({
  config: false,
  entry: { "json-schema": fileURLToPath(new URL(".ci/json-schema.ts", root)) },
  format: "esm",
  outDir,
  silent: true,
});
const { pipelineSchema } = await import(pathToFileURL(`${outDir}/json-schema.js`).href);
const examples = examplesOfGuides();
const keysOf = documentedKeysOf();
const schema = pipelineSchema((/** @type {string} */ type) => ({
  keys: new Map(keysOf(type).map((key) => [key.path, key])),
  examples: (examples.get(type) ?? []).slice(0, MOST_EXAMPLES),
}));
writeFileSync(new URL("dist/schema.json", root), `${JSON.stringify(schema, withValidDefaults, 1)}\n`);

/** Leaves out a default that says in words what holds, such as "none". @param {string} _key @param {any} value */
function withValidDefaults(_key, value) {
  const isKey = typeof value?.description === "string" && "default" in value;
  if (
    !isKey ||
    new Ajv({ validateSchema: false, strict: false }).validate({ ...value, $defs: schema.$defs }, value.default)
  )
    return value;
  const { default: _words, ...others } = value;
  return others;
}

/** What stands in the `auth:` blocks of README and the guides, by type. @returns {Map<string, unknown[]>} */
function examplesOfGuides() {
  const guides = readdirSync(new URL("docs/", root)).filter((name) => name.endsWith(".md"));
  const texts = ["README.md", ...guides.sort().map((name) => `docs/${name}`)].map((path) => {
    return readFileSync(new URL(path, root), "utf8");
  });
  const found = new Map();
  for (const [, yaml = ""] of texts.flatMap((text) => [...text.matchAll(/^```yaml\n(.*?)^```$/gms)])) {
    for (const { type, config } of Object.values(parse(yaml)?.auth ?? {})) {
      if (config !== undefined) found.set(type, [...(found.get(type) ?? []), config]);
    }
  }
  return found;
}
