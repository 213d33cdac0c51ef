import { defineConfig } from "tsup";

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
    compilerOptions: { ignoreDeprecations: "6.0" },
  },
});
