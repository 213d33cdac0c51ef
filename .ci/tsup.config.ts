import { readFileSync } from "node:fs";
import { defineConfig, type Options } from "tsup";

const { version, exports } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

/** The entries beside the main one: each is a room of src, by the name that package.json exports it under. */
const subpaths = Object.keys(exports)
  .filter((name) => name !== "." && !name.endsWith(".json"))
  .map((name) => name.slice("./".length));

/**
 * What the declarations mention and a project may not have: it may lack both @types/node and the
 * DOM's types. Where one of them is there, an empty interface adds nothing to it.
 */
const declarationsOfGlobals = `/// <reference lib="esnext.disposable" />
declare global {
  interface AbortSignal {}
  interface Headers {}
  interface Request {}
  interface RequestInit {}
  interface Response {}
  interface URL {}
}
`;

const common: Options = {
  format: ["esm", "cjs"],
  target: "node20",
  silent: true,
  sourcemap: true,
  dts: {
    banner: declarationsOfGlobals,
    compilerOptions: { ignoreDeprecations: "6.0", stripInternal: true },
  },
  // The version that a token request names in its User-Agent.
  define: { FAUCET_AUTH_VERSION: JSON.stringify(version) },
  // One entry imports another by the package's name, so that a program holds each class once.
  external: [/^faucet-auth(?:\/|$)/],
  esbuildOptions(options, { format }) {
    // A dependency is loaded by require() there: Jest, vm scripts and single executables have no import().
    if (format === "cjs") options.supported = { ...options.supported, "dynamic-import": false };
  },
  plugins: [
    {
      name: "classes by their own names",
      // A class that mentions itself is named _ClassName by esbuild, and that would be printed.
      renderChunk(code) {
        const classes = new Set([...code.matchAll(/^var (\w+) = class _\1\b/gm)].map(([, name]) => name));
        return { code: code.replaceAll(/\b_(\w+)\b/g, (whole, name) => (classes.has(name) ? name : whole)) };
      },
    },
    {
      name: "require where it stands",
      // Only so do bundlers see that it stands in a try block, and that what it names may be missing.
      renderChunk(code) {
        return {
          code: code.replaceAll(/Promise\.resolve\(\)\.then\(\(\) => (__toESM\(require\("[^"]+"\), 1\))\)/g, "$1"),
        };
      },
    },
  ],
};

export default defineConfig([
  { ...common, entry: ["src/index.ts"] },
  {
    ...common,
    entry: Object.fromEntries(subpaths.map((name) => [name, `src/${name}/index.ts`])),
    splitting: false,
  },
  // The program, which imports the package as others do.
  { ...common, entry: { cli: "src/cli/main.ts" }, format: ["esm"], dts: false, splitting: false },
]);
