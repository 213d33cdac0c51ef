/** Files with a text of a configuration in them: read whole up to a limit, in UTF-8. */

import { closeSync, openSync, readSync, statSync } from "node:fs";
import { open, stat } from "node:fs/promises";

/** The most that a secret can have, or what a document refers to. */
export const MAX_TEXT_BYTES: number = 1024 * 1024;

/** Why a file cannot be used; the message follows the words "the file". */
export class FileFault extends Error {
  /** The code of the system, if it was the system that refused. */
  readonly code: string | undefined;

  constructor(message: string, code?: string) {
    super(message);
    this.code = code;
  }
}

/** The bytes of the file at `path`. Rejects with a `FileFault`. */
export async function bytesOfFile(path: string): Promise<Uint8Array> {
  const file = await open(path).catch(fail);
  try {
    const buffer = Buffer.alloc(MAX_TEXT_BYTES + 1);
    let size = 0;
    for (let read = -1; read !== 0 && size < buffer.length; size += read) {
      read = (await file.read(buffer, size, buffer.length - size).catch(fail)).bytesRead;
    }
    return upToLimit(buffer, size);
  } finally {
    await file.close();
  }
}

/** The bytes of a file that can be read again and again: opening a pipe that nobody writes to would wait for ever. */
export async function bytesOfLastingFile(path: string): Promise<Uint8Array> {
  const stats = await stat(path).catch(fail);
  if (!stats.isFile()) throw new FileFault(NOT_LASTING);
  return bytesOfFile(path);
}

/** The same, read at once. Throws a `FileFault`. */
export function bytesOfLastingFileSync(path: string): Uint8Array {
  let descriptor: number | undefined;
  try {
    if (!statSync(path).isFile()) throw new FileFault(NOT_LASTING);
    descriptor = openSync(path, "r");
    const buffer = Buffer.alloc(MAX_TEXT_BYTES + 1);
    let size = 0;
    for (let read = -1; read !== 0 && size < buffer.length; size += read) {
      read = readSync(descriptor, buffer, size, buffer.length - size, null);
    }
    return upToLimit(buffer, size);
  } catch (error) {
    return fail(error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/**
 * The text of UTF-8 bytes, without a byte order mark. Throws a `FileFault` for any other encoding: read
 * as UTF-8, a secret would have other characters.
 */
export function decoded(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const hasUtf16Mark = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (hasUtf16Mark || bytes.includes(0)) throw new FileFault("is in UTF-16, or no text; save it as UTF-8");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new FileFault("is not in UTF-8; save it as UTF-8");
  }
}

const NOT_LASTING = "is a folder, a pipe or a device, which cannot be read again";

function upToLimit(buffer: Buffer, size: number): Uint8Array {
  if (size > MAX_TEXT_BYTES) throw new FileFault(`is larger than ${MAX_TEXT_BYTES} bytes`);
  return buffer.subarray(0, size);
}

function fail(error: unknown): never {
  if (error instanceof FileFault) throw error;
  const { code, name } = error as NodeJS.ErrnoException;
  throw new FileFault(`cannot be read (${code ?? name})`, code);
}
