/** Catalogs for tests: what a scalar of a document becomes, and what is wrong with a document. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { AuthCatalog, type CatalogOptions } from "../../src/index.js";
import { errorOf } from "./errors.js";

/** A document of one static provider, `a`, with this YAML as its token, and other lines before it. */
export function documentOf(token: string, before = ""): string {
  return `${before}\nauth:\n  a:\n    type: static\n    config:\n      token: ${token}`;
}

/** The token that this YAML becomes, with other lines before it. */
export async function tokenOf(token: string, before = "", options?: CatalogOptions): Promise<string> {
  const catalog = await AuthCatalog.fromYaml(documentOf(token, before), options);
  return ((await catalog.get("a").getToken()) as { token: string }).token;
}

/** The faults of the `ConfigError` that `work` ends with, by path. */
export async function faultsOf(work: () => unknown): Promise<Record<string, string>> {
  const error = await errorOf(work);
  expect(error).toMatchObject({ name: "ConfigError" });
  const faults = error.issues as { path: string; message: string }[];
  return Object.fromEntries(faults.map(({ path, message }) => [path, message]));
}

/** A folder with these files, until the test ends. */
export async function folder(files: Record<string, string | Uint8Array> = {}): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "faucet-auth-"));
  onTestFinished(() => rm(path, { recursive: true }));
  for (const [name, content] of Object.entries(files)) await writeFile(join(path, name), content);
  return path;
}
