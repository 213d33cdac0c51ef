import { readFileSync } from "node:fs";
import { defineConfig } from "tsup";

const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));

export default defineConfig({
  entry: ["src/index.ts"],
  format: ["esm", "cjs"],
  target: "node20",
  clean: true,
  silent: true,
  dts: { compilerOptions: { ignoreDeprecations: "6.0" } },
  // The version that a token request names in its User-Agent.
  define: { FAUCET_AUTH_VERSION: JSON.stringify(version) },
  esbuildOptions(options, { format }) {
    // A dependency is loaded by require() there: Jest, vm scripts and single executables have no import().
    if (format === "cjs") options.supported = { ...options.supported, "dynamic-import": false };
  },
});
