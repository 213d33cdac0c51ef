/** The schemes of interpolation that are always there: environment variables and files. */

import { resolve as resolvePath } from "node:path";
import { bytesOfFile, decoded, type FileFault } from "../live/text-file.js";
import { Absent, type Resolver } from "./references.js";

/** `secret`, `env` and `file`, whose relative paths start at `folder`. */
export function builtInResolvers(folder: string): Record<string, Resolver> {
  return { secret: environment, env: environment, file: (path) => fileText(resolvePath(folder, path)) };
}

function environment(name: string): string {
  const value = Object.hasOwn(process.env, name) ? process.env[name] : undefined;
  if (value === undefined) throw new Absent(`the environment variable ${name} is not set`);
  return value;
}

/** The file's text without white space at its end, which editors and `echo` leave there. */
async function fileText(path: string): Promise<string> {
  try {
    return decoded(await bytesOfFile(path)).trimEnd();
  } catch (error) {
    const { message, code } = error as FileFault;
    throw code === "ENOENT" ? new Absent(`the file ${message}`) : new Error(`the file ${message}`);
  }
}
