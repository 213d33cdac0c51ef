import { readFileSync } from "node:fs";
import { defineConfig } from "tsup";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

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

export default defineConfig({
  entry: ["src/index.ts"],
  format: ["esm", "cjs"],
  target: "node20",
  clean: true,
  silent: true,
  sourcemap: true,
  dts: {
    banner: declarationsOfGlobals,
    compilerOptions: { ignoreDeprecations: "6.0", stripInternal: true },
  },
  // The version that a token request names in its User-Agent.
  define: { FAUCET_AUTH_VERSION: JSON.stringify(version) },
  esbuildOptions(options, { format }) {
    // A dependency is loaded by require() there: Jest, vm scripts and single executables have no import().
    if (format === "cjs") options.supported = { ...options.supported, "dynamic-import": false };
  },
});
