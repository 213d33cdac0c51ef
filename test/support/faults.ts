/** The faults of a configuration, by their paths. */

import { expect } from "vitest";
import { fromConfig, type Runtime } from "../../src/index.js";
import { errorOf } from "./errors.js";

/** What `fromConfig` finds wrong: message by path below `config`. It must find something, and say all of it. */
export async function faultsOf(type: string, config: unknown, runtime?: Runtime): Promise<Record<string, string>> {
  const error = await errorOf(() => fromConfig({ type, config }, runtime));
  expect(error).toMatchObject({ name: "ConfigError", code: "config", retryable: false });
  const issues = error.issues as { path: string; message: string }[];
  for (const { path, message } of issues)
    expect(error.message).toContain(path === "" ? message : `${path}: ${message}`);
  return Object.fromEntries(issues.map(({ path, message }) => [path.replace(/^config\.?/, ""), message]));
}
