/** `check`: says all that can be known of a pipeline before it runs, all faults at once (L1). */

import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { type Command, Option } from "commander";
import {
  AuthCatalog,
  type AuthProvider,
  type AuthSpec,
  type ConfigError,
  type ConfigFault,
  Credential,
  FaucetError,
  fromConfig,
  inspectPipeline,
  LEFT_OUT,
  type ProviderSpec,
  STAND_IN,
  STAND_IN_TEXT,
} from "faucet-auth";
import { CommandFailure } from "./exit-status.js";
import { faultOfModes } from "./file-modes.js";
import { Findings, lineOf } from "./findings.js";
import { distinctProviders, loadCatalog, type PipelineOptions, readsPipeline } from "./pipeline-file.js";
import { inspectProvider, type ProviderReport, reportJson, reportText } from "./provider-report.js";
import type { Surroundings } from "./surroundings.js";

interface CheckOptions extends PipelineOptions {
  readonly online?: true;
  readonly offline?: true;
  readonly format: "text" | "json";
}

type Inspection = Awaited<ReturnType<typeof inspectPipeline>>;

/** Adds `check FILE`. */
export function addCheck(program: Command, surroundings: Surroundings): void {
  readsPipeline(program.command("check"))
    .summary("say what is wrong with a pipeline before it runs")
    .description(
      "Checks the auth: block of a pipeline, and whoever refers to it: YAML, references, keys, files and their modes, " +
        "stores, clocks, and what is on record of each grant. Every fault is a line FILE:LINE:COLUMN: message on " +
        "standard output. The exit status is 1 if there is one.",
    )
    .addOption(new Option("--online", "get a token of each provider, too").conflicts("offline"))
    .option("--offline", "ask no server, not even for the time")
    .addOption(new Option("--format <format>", "text or json").choices(["text", "json"]).default("text"))
    .addHelpText("after", "\nExample:\n  faucet-auth check pipeline.yaml --online")
    .action((file: string, options: CheckOptions) => check(file, options, surroundings));
}

async function check(file: string, options: CheckOptions, surroundings: Surroundings): Promise<void> {
  const findings = new Findings();
  const providers = await inspect(file, findings, options, surroundings);
  const { stdout, clock } = surroundings;
  if (options.format === "json") {
    stdout.write(`${JSON.stringify(jsonOf(file, findings, providers), undefined, 2)}\n`);
  } else {
    for (const finding of findings.all) stdout.write(lineOf(file, finding));
    for (const report of providers) stdout.write(reportText(report, clock()));
    stdout.write(summaryOf(file, findings, providers.length));
  }
  if (findings.faults.length > 0) throw new CommandFailure("");
}

async function inspect(
  file: string,
  findings: Findings,
  options: CheckOptions,
  surroundings: Surroundings,
): Promise<readonly ProviderReport[]> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    findings.fault({ path: "" }, `cannot be read (${error.code ?? error.name})`);
  });
  if (text === undefined) return [];
  const { param: params = {} } = options;
  const folder = resolve(dirname(file));
  const given = { params, runtime: { clock: surroundings.clock } };
  const completed = { ...given, [STAND_IN]: STAND_IN_TEXT };
  const load = (): Promise<AuthCatalog> => loadCatalog(file, given);
  const catalog = await faultless(findings, load, (faults) => {
    return addHidden(findings, faults, () => AuthCatalog.load(file, completed));
  });
  try {
    const place = { subject: file, folder, params };
    const inspection = await faultless(findings, () => inspectPipeline(text, place));
    if (inspection === undefined) return [];
    const sound =
      catalog ??
      (await soundPart(inspection, findings, (leftOut) => AuthCatalog.load(file, { ...completed, ...leftOut })));
    checkConnectors(inspection, sound, findings);
    if (catalog === undefined) await sound?.close();
    await checkFiles(inspection, findings);
    return await Promise.all(
      distinctProviders(catalog).map((provider) => {
        const { name } = provider;
        const where = { path: `auth.${name}`, ...inspection.placeOfProvider(name) };
        const ofStore = `${where.path}.config.persist`;
        const places = { where, ofStore: { path: ofStore, ...inspection.placeOf(ofStore) } };
        return inspectProvider(provider, { ...places, findings, surroundings, ...options });
      }),
    );
  } finally {
    await catalog?.close();
  }
}

/** What `work` gives; `undefined` where it has faults, which are findings then. */
async function faultless<T>(
  findings: Findings,
  work: () => Promise<T>,
  onFaults: (faults: readonly ConfigFault[]) => Promise<void> = async () => {},
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!isConfigError(error)) throw error;
    addFaults(findings, error.issues);
    await onFaults(error.issues);
    return undefined;
  }
}

/** Of an entry with a value that cannot be resolved, the library looks no further: what else is wrong with it is found with a stand-in. */
async function addHidden(
  findings: Findings,
  known: readonly ConfigFault[],
  load: () => Promise<AuthCatalog>,
): Promise<void> {
  const hidden = new Findings();
  const catalog = await faultless(hidden, load);
  await catalog?.close();
  for (const fault of hidden.faults) {
    if (!isBesideOf(known, fault.path)) continue;
    findings.fault(fault, fault.message);
  }
}

/** A catalog of the entries without faults, nor any behind them, by which references are checked; `undefined` where there can be none. */
async function soundPart(
  { providers }: Inspection,
  { faults }: Findings,
  load: (leftOut: { readonly [LEFT_OUT]: readonly string[] }) => Promise<AuthCatalog>,
): Promise<AuthCatalog | undefined> {
  const known = new Findings();
  for (const fault of faults) known.fault(fault, fault.message);
  for (const _each of providers) {
    const faulty = providers.filter(([, path]) => !isBesideOf(known.faults, path)).map(([name]) => name);
    const catalog = await faultless(known, () => load({ [LEFT_OUT]: faulty }));
    if (catalog !== undefined) return catalog;
  }
  return undefined;
}

/** Whether what stands at `path` has nothing to do with what is known to be wrong. */
function isBesideOf(known: readonly Pick<ConfigFault, "path">[], path: string): boolean {
  return !known.some((fault) => isWithin(fault.path, path) || isWithin(path, fault.path));
}

function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(`${outer}.`) || inner.startsWith(`${outer}[`);
}

function isConfigError(error: unknown): error is ConfigError {
  return FaucetError.is(error) && error.code === "config";
}

/** The faults of the YAML itself have their place in their message too. */
function addFaults(findings: Findings, faults: readonly ConfigFault[], above = "", place: object = {}): void {
  for (const { path, line, column, message } of faults) {
    const whole = [above, path].filter(Boolean).join(".");
    findings.fault(
      { ...place, path: whole, ...(line && { line, column }) },
      message.replace(/^line \d+, column \d+: /, ""),
    );
  }
}

/** Each connector refers to a provider that is there, or defines one that can be built. */
function checkConnectors(inspection: Inspection, catalog: AuthCatalog | undefined, findings: Findings): void {
  for (const { path, spec, faults } of inspection.connectors) {
    for (const fault of faults) addFaults(findings, [fault], "", inspection.placeOf(fault.path));
    if (spec === undefined) continue;
    for (const fault of faultsOfConnector(spec, inspection, catalog)) {
      const whole = [path, fault.path].filter(Boolean).join(".");
      if (isBesideOf(faults, whole)) addFaults(findings, [{ ...fault, path: whole }], "", inspection.placeOf(whole));
    }
  }
}

/** Of a provider that has faults itself, its name tells. A type that is none of ours is one of the connector's own. */
function faultsOfConnector(
  spec: AuthSpec,
  { faultsOfReference }: Inspection,
  catalog: AuthCatalog | undefined,
): readonly ConfigFault[] {
  if ("ref" in spec && catalog?.names.includes(String(spec.ref)) !== true) return faultsOfReference(spec);
  try {
    if (catalog !== undefined) catalog.resolve(spec);
    else fromConfig(spec as ProviderSpec, { resolve: () => UNBUILT });
    return [];
  } catch (error) {
    if (!isConfigError(error)) throw error;
    const isForeign = !("ref" in spec) && error.issues.some(({ path }) => path === "type");
    return isForeign ? [] : error.issues;
  }
}

/** For a provider that is referred to, where none can be made. */
const UNBUILT: AuthProvider = {
  type: "static",
  name: "stand-in",
  getToken: async () => Credential.bearer("none"),
  invalidate: async (stale) => stale,
};

async function checkFiles({ files, placeOf }: Inspection, findings: Findings): Promise<void> {
  for (const { path, file } of files) {
    const fault = await faultOfModes(file);
    if (fault !== undefined) findings.warning({ path, ...placeOf(path) }, `${file} ${fault}`);
  }
}

function jsonOf(file: string, findings: Findings, providers: readonly ProviderReport[]): object {
  const of = (wanted: string): object[] =>
    findings.all.filter(({ severity }) => severity === wanted).map(({ severity: _severity, ...found }) => found);
  return { file, faults: of("fault"), warnings: of("warning"), providers: providers.map(reportJson) };
}

function summaryOf(file: string, findings: Findings, providers: number): string {
  const faults = findings.faults.length;
  const warnings = findings.all.length - faults;
  const parts = [
    ...(faults > 0 && providers === 0 ? [] : [counted(providers, "provider")]),
    faults === 0 ? "no faults" : counted(faults, "fault"),
    ...(warnings > 0 ? [counted(warnings, "warning")] : []),
  ];
  return `${file}: ${parts.join(", ")}\n`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
