/** The schemes of interpolation that are always there: environment variables and files. */

import { open } from "node:fs/promises";
import { resolve as resolvePath } from "node:path";
import type { Resolver } from "./interpolation.js";

const MAX_FILE_BYTES = 1024 * 1024;

/** `secret`, `env` and `file`, whose relative paths start at `folder`. */
export function builtInResolvers(folder: string): Record<string, Resolver> {
  return { secret: environment, env: environment, file: (path) => fileText(resolvePath(folder, path)) };
}

function environment(name: string): string {
  const value = Object.hasOwn(process.env, name) ? process.env[name] : undefined;
  if (value === undefined) throw new Error(`the environment variable ${name} is not set`);
  return value;
}

/** The file's text without white space at its end, which editors and `echo` leave there. */
async function fileText(path: string): Promise<string> {
  const file = await open(path).catch(retellSystemError);
  try {
    const buffer = Buffer.alloc(MAX_FILE_BYTES + 1);
    let size = 0;
    for (let read = -1; read !== 0 && size <= MAX_FILE_BYTES; size += read) {
      read = (await file.read(buffer, size, buffer.length - size).catch(retellSystemError)).bytesRead;
    }
    if (size > MAX_FILE_BYTES) throw new Error(`the file is larger than ${MAX_FILE_BYTES} bytes`);
    return new TextDecoder().decode(buffer.subarray(0, size)).trimEnd();
  } finally {
    await file.close();
  }
}

function retellSystemError(error: NodeJS.ErrnoException): never {
  throw new Error(`the file cannot be read (${error.code ?? error.name})`);
}
