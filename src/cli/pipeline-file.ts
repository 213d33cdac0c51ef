/** What commands that work with a pipeline file have in common: its argument, its parameters, its catalog. */

import type { Command } from "commander";
import { AuthCatalog, type CatalogOptions, type CatalogProvider, ConfigError, FaucetError } from "faucet-auth";
import { UsageError } from "./exit-status.js";
import type { Surroundings } from "./surroundings.js";

/** The options of such a command. */
export interface PipelineOptions {
  /** Values of `${param.name}`. */
  readonly param?: Readonly<Record<string, string>>;
}

/** Declares the argument FILE, and the options that every command has which reads a pipeline. */
export function readsPipeline(command: Command): Command {
  return command
    .argument("<FILE>", "the pipeline document, in YAML, with its auth: block")
    .option("--param <NAME=VALUE>", "a value of ${param.NAME}; may be given again", withParam);
}

/** Opens the catalog of `file` for `use`, and closes it whatever comes of that. */
export async function withCatalog<T>(
  file: string,
  { param = {} }: PipelineOptions,
  { clock, signal, stderr }: Surroundings,
  use: (catalog: AuthCatalog) => Promise<T>,
): Promise<T> {
  const catalog = await loadCatalog(file, { params: param, runtime: { clock } });
  try {
    return await use(catalog);
  } finally {
    const note = setTimeout(() => signal.aborted && stderr.write(WAITING), NOTE_MS);
    await catalog.close().finally(() => clearTimeout(note));
  }
}

/** The providers of `catalog`, each once, however many names it has there. */
export function distinctProviders(catalog: AuthCatalog | undefined): readonly CatalogProvider[] {
  return [...new Set(catalog?.names.map((name) => catalog.get(name)))];
}

/** The catalog of `file`. Rejects with a `ConfigError` that calls parameters as a command line does. */
export function loadCatalog(file: string, options: CatalogOptions): Promise<AuthCatalog> {
  return AuthCatalog.load(file, options).catch((error: unknown) => {
    const { issues = [] } = (FaucetError.is(error) ? error : {}) as Partial<ConfigError>;
    if (!issues.some(({ path }) => OF_PARAMS.test(path))) throw error;
    const named = issues.map((fault) => ({ ...fault, path: fault.path.replace(OF_PARAMS, "--param ") }));
    throw new ConfigError(file, named);
  });
}

const OF_PARAMS = /^options\.params\./;

/** After so many milliseconds somebody who has pressed Ctrl-C wonders. */
const NOTE_MS = 500;

const WAITING = "faucet-auth: waiting for an answer that may bring a new refresh token; a second signal gives it up\n";

/** `withCatalog` for one provider of it, the one of that name. */
export function withProvider<T>(
  file: string,
  name: string,
  options: PipelineOptions,
  surroundings: Surroundings,
  use: (provider: CatalogProvider) => Promise<T>,
): Promise<T> {
  return withCatalog(file, options, surroundings, (catalog) => use(catalog.get(name)));
}

function withParam(given: string, others: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [name = ""] = given.split("=", 1);
  if (name === "" || name === given) throw new UsageError(`--param ${name}: must be NAME=VALUE`);
  return { ...others, [name]: given.slice(name.length + 1) };
}
