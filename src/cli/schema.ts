/** `schema`: prints the JSON Schema of pipeline documents (G6). */

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Command } from "commander";
import type { Surroundings } from "./surroundings.js";

/** Adds `schema`. */
export function addSchema(program: Command, { stdout }: Surroundings): void {
  program
    .command("schema")
    .summary("print the JSON Schema of pipeline documents")
    .description("Prints the JSON Schema of a pipeline document with its auth: block, for editors and other checkers.")
    .addHelpText("after", "\nExample:\n  faucet-auth schema > pipeline.schema.json")
    .action(async () => {
      // By its name, the package is found from wherever this file runs.
      stdout.write(await readFile(createRequire(import.meta.url).resolve("faucet-auth/schema.json"), "utf8"));
    });
}
