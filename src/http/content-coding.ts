/** Content codings (RFC 9110 §8.4): which can be read, and how (H8). */

import { promisify } from "node:util";
import zlib from "node:zlib";
import { MAX_ANSWER_BYTES } from "./answer-handler.js";

type Decode = (bytes: Buffer, options: zlib.ZlibOptions) => Promise<Buffer>;

const gunzip: Decode = promisify(zlib.gunzip);
const inflate: Decode = promisify(zlib.inflate);
const inflateRaw: Decode = promisify(zlib.inflateRaw);
const brotli: Decode = promisify(zlib.brotliDecompress);

/** Not every Node that is supported has Zstandard. */
const { zstdDecompress } = zlib as { zstdDecompress?: Parameters<typeof promisify>[0] };

const DECODERS: Readonly<Record<string, Decode>> = {
  gzip: gunzip,
  "x-gzip": gunzip,
  // RFC 9110 means the zlib format; some servers send the bare one.
  deflate: (bytes, options) => inflate(bytes, options).catch((error) => inflateBare(bytes, options, error)),
  br: brotli,
  ...(zstdDecompress && { zstd: promisify(zstdDecompress) as Decode }),
};

/** For `Accept-Encoding`. */
export const READABLE_CODINGS: string = Object.keys(DECODERS)
  .filter((coding) => !coding.startsWith("x-"))
  .join(", ");

/** More of them would be an attack, not compression. */
const MOST_CODINGS = 5;

/** The body is in a coding that is not one of `READABLE_CODINGS`. */
export class UnknownCodingError extends Error {}

/** The body is more than `MAX_ANSWER_BYTES` once it is decoded. */
export class DecodedOversizeError extends Error {}

/**
 * `bytes` without their codings, which `header` lists in the order in which they were applied. Rejects
 * with an `UnknownCodingError`, a `DecodedOversizeError`, or zlib's error where the bytes are cut off or garbled.
 */
export async function decode(bytes: Buffer, header: string | string[] | undefined): Promise<Buffer> {
  const codings = codingsOf(header);
  if (bytes.byteLength === 0 || codings.length === 0) return bytes;
  const unknown = codings.find((coding) => !Object.hasOwn(DECODERS, coding));
  if (unknown !== undefined) throw new UnknownCodingError(unknown);
  if (codings.length > MOST_CODINGS) throw new UnknownCodingError(codings.join(", "));
  let decoded = bytes;
  for (const coding of codings.reverse()) decoded = await decodeOnce(decoded, coding);
  return decoded;
}

function codingsOf(header: string | string[] | undefined): string[] {
  const names = [header ?? []].flat().flatMap((field) => field.toLowerCase().split(","));
  return names.map((name) => name.trim()).filter((name) => name !== "" && name !== "identity");
}

async function decodeOnce(bytes: Buffer, coding: string): Promise<Buffer> {
  try {
    return await (DECODERS[coding] as Decode)(bytes, { maxOutputLength: MAX_ANSWER_BYTES });
  } catch (error) {
    if ((error as { code?: unknown }).code === "ERR_BUFFER_TOO_LARGE") throw new DecodedOversizeError();
    throw error;
  }
}

async function inflateBare(bytes: Buffer, options: zlib.ZlibOptions, inflateError: unknown): Promise<Buffer> {
  const isFormat = (inflateError as { code?: unknown }).code === "Z_DATA_ERROR";
  if (!isFormat) throw inflateError;
  return inflateRaw(bytes, options);
}
