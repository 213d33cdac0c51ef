/** What commands that work with a pipeline file have in common: its argument, its parameters, its catalog. */

import type { Command } from "commander";
import { AuthCatalog, type CatalogProvider, type CatalogRuntime } from "faucet-auth";
import { UsageError } from "./exit-status.js";

/** The options of such a command. */
export interface PipelineOptions {
  /** Values of `${param.name}`. */
  readonly param: Readonly<Record<string, string>>;
}

/** Declares the argument FILE, and the options that every command has which reads a pipeline. */
export function readsPipeline(command: Command): Command {
  return command
    .argument("<FILE>", "the pipeline document, in YAML, with its auth: block")
    .option("--param <NAME=VALUE>", "a value of ${param.NAME}; may be given again", withParam, {});
}

/** Opens the catalog of `file` for `use`, and closes it whatever comes of that. */
export async function withCatalog<T>(
  file: string,
  { param }: PipelineOptions,
  use: (catalog: AuthCatalog) => Promise<T>,
  runtime: CatalogRuntime = {},
): Promise<T> {
  const catalog = await AuthCatalog.load(file, { params: param, runtime });
  try {
    return await use(catalog);
  } finally {
    await catalog.close();
  }
}

/** `withCatalog` for one provider of it, the one of that name. */
export function withProvider<T>(
  file: string,
  name: string,
  options: PipelineOptions,
  use: (provider: CatalogProvider) => Promise<T>,
): Promise<T> {
  return withCatalog(file, options, (catalog) => use(catalog.get(name)));
}

function withParam(given: string, others: Readonly<Record<string, string>>): Record<string, string> {
  const [name = ""] = given.split("=", 1);
  if (name === "" || name === given) throw new UsageError(`--param ${name}: must be NAME=VALUE`);
  return { ...others, [name]: given.slice(name.length + 1) };
}
