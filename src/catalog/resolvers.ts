/** The schemes of interpolation that are always there: environment variables and files. */

import { open } from "node:fs/promises";
import { resolve as resolvePath } from "node:path";
import { Absent, type Resolver } from "./references.js";

const MAX_FILE_BYTES = 1024 * 1024;

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
  return decoded(await bytesOf(path)).trimEnd();
}

async function bytesOf(path: string): Promise<Uint8Array> {
  const file = await open(path).catch(throwReason);
  try {
    const buffer = Buffer.alloc(MAX_FILE_BYTES + 1);
    let size = 0;
    for (let read = -1; read !== 0 && size <= MAX_FILE_BYTES; size += read) {
      read = (await file.read(buffer, size, buffer.length - size).catch(throwReason)).bytesRead;
    }
    if (size > MAX_FILE_BYTES) throw new Error(`the file is larger than ${MAX_FILE_BYTES} bytes`);
    return buffer.subarray(0, size);
  } finally {
    await file.close();
  }
}

/**
 * The text of UTF-8 bytes, without a byte order mark. Throws an `Error` for any other encoding: read
 * as UTF-8, a secret would have other characters.
 */
export function decoded(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const hasUtf16Mark = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (hasUtf16Mark || bytes.includes(0)) throw new Error("the file is in UTF-16, or no text; save it as UTF-8");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error("the file is not in UTF-8; save it as UTF-8");
  }
}

function throwReason(error: NodeJS.ErrnoException): never {
  const message = `the file cannot be read (${error.code ?? error.name})`;
  throw error.code === "ENOENT" ? new Absent(message) : new Error(message);
}
