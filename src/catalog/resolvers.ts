/** The schemes of interpolation that are always there: environment variables and files. */

import { bytesOfFile, decoded, type FileFault } from "../live/text-file.js";
import { absolutePath, faultOfFilePath } from "../values/file-path.js";
import { Absent, type Resolver } from "./references.js";

/** `secret`, `env` and `file`, whose relative paths start at `folder`. */
export function builtInResolvers(folder: string): Record<string, Resolver> {
  return { secret: environment, env: environment, file: (path) => fileText(path, folder) };
}

function environment(name: string): string {
  const value = Object.hasOwn(process.env, name) ? process.env[name] : undefined;
  if (value === undefined) throw new Absent(`the environment variable ${name} is not set`);
  return value;
}

/** The file's text without white space at its end, which editors and `echo` leave there. */
async function fileText(given: string, folder: string): Promise<string> {
  const fault = faultOfFilePath(given, "file");
  if (fault !== undefined) throw new Error(`its path ${fault}`);
  const path = absolutePath(given, folder);
  try {
    return decoded(await bytesOfFile(path)).trimEnd();
  } catch (error) {
    const { message, code } = error as FileFault;
    const reason = `the file ${path} ${message}`;
    throw code === "ENOENT" ? new Absent(reason) : new Error(reason);
  }
}
