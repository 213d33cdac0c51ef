import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A new, empty folder, which is removed when the test ends. */
export async function newFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "faucet-auth-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}
