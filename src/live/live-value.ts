/** A text of a configuration as it is just now: given once, or read again each time from a file or from a function (V1, V3, V4). */

import { pause } from "../failure/deadline.js";
import { Mask, shorten } from "../http/mask.js";
import { ConfigError } from "../values/errors.js";
import { bytesOfLastingFile, bytesOfLastingFileSync, FileFault, MAX_TEXT_BYTES } from "./text-file.js";

/** A value of a configuration. Whoever makes a token request reads it first; `text` is what was read last. */
export interface LiveValue {
  readonly source: "text" | "file" | "function" | "provider";
  readonly role: LiveRole;
  /** Whether another reading may give another text. */
  readonly isLive: boolean;
  /** What was read last. Throws if it has not been read yet, which only a function may not have. */
  readonly text: string;
  /** Whether the last reading gave what the one before had given. */
  readonly isSettled: boolean;
  /** The last two texts that were not the same, as far as there are so many: an IdP may echo the one before too (V4). */
  readonly secrets: readonly string[];
  /** What tells the value from others, whatever it is just now: its text, or the path of its file. */
  readonly identity: string;
  /** Rejects with a retryable `ConfigError` if there is nothing that could be used (V3). */
  read(signal?: AbortSignal): Promise<string>;
  /** Of another provider: the statuses by which its credential is refused, if they are not 401 alone. */
  readonly refusedStatuses?: readonly number[] | undefined;
  /** Of another provider: what is to be presented in place of `refused`, which is current no more (K4). */
  renew?(refused: string, signal?: AbortSignal): Promise<string>;
  /** The IdP has taken `text`. */
  noteAccepted?(text: string): void;
}

/** Whether `given` is a value already, whoever has made it. */
export function isLiveValue(given: unknown): given is LiveValue {
  return typeof given === "object" && given !== null && "isLive" in given && "read" in given;
}

/**
 * What a value shows, which an IdP refuses by codes of its own (V2): who the client is, what the grant is that it asks by, who
 * it is to the TLS of the other side, or that whoever sends the request may do so, as with every API.
 */
export type LiveRole = "client" | "grant" | "tls" | "request";

/** A file that is caught half-written is whole a moment later: so long is waited, and so often is it read. */
export const WRITING_MS = 50;
export const MOST_READINGS = 3;

/** What a value must be, and where it stands. */
export interface LiveRules {
  /** Its key in the configuration, for errors. */
  readonly key: string;
  readonly role: LiveRole;
  /** What is wrong with a text, without repeating it. */
  faultOf(text: string): string | undefined;
  /** The text that the bytes of a file are. Throws a `FileFault`. */
  textOf(bytes: Uint8Array): string;
}

/** Gives a text, or a promise of it. */
export type LiveFunction = (options: {
  /** Aborted when nobody waits for the text any more. */
  readonly signal?: AbortSignal | undefined;
}) => string | PromiseLike<string>;

/** A value that is `text`, for good. */
export function fixedValue(text: string, role: LiveRole): LiveValue {
  const read = async (): Promise<string> => text;
  return { source: "text", role, isLive: false, text, isSettled: true, secrets: [text], identity: text, read };
}

/** A value that another reading may find changed. */
abstract class ChangingValue implements LiveValue {
  abstract readonly source: "file" | "function";
  abstract readonly identity: string;
  readonly isLive = true;
  readonly role: LiveRole;
  protected readonly rules: LiveRules;
  #texts: readonly string[] = [];
  #isSettled = true;

  constructor(rules: LiveRules) {
    this.rules = rules;
    this.role = rules.role;
  }

  get text(): string {
    const [text] = this.#texts;
    if (text === undefined) throw new Error(`${this.rules.key} has not been read yet`);
    return text;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  get secrets(): readonly string[] {
    return this.#texts;
  }

  abstract read(signal?: AbortSignal): Promise<string>;

  protected note(text: string): string {
    const [last] = this.#texts;
    this.#isSettled = last === undefined || last === text;
    if (last !== text) this.#texts = [text, ...(last === undefined ? [] : [last])];
    return text;
  }

  protected unreadable(message: string): ConfigError {
    return new ConfigError("configuration", [{ path: this.rules.key, message }], { retryable: true });
  }
}

/** The text of a file. */
export class FileValue extends ChangingValue {
  readonly source = "file";
  readonly #path: string;

  /** Reads it at once. Throws a `FileFault` if it cannot be used. */
  constructor(path: string, rules: LiveRules) {
    super(rules);
    this.#path = path;
    this.note(againAtOnce(() => this.#usable(bytesOfLastingFileSync(path))));
  }

  get identity(): string {
    // In ASCII, which may stand wherever the text may.
    return JSON.stringify({ file: this.#path }).replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16)}`);
  }

  async read(): Promise<string> {
    try {
      return this.note(await again(async () => this.#usable(await bytesOfLastingFile(this.#path))));
    } catch (error) {
      throw this.unreadable(faultOfFile(this.#path, error));
    }
  }

  #usable(bytes: Uint8Array): string {
    const text = this.rules.textOf(bytes).trimEnd();
    const fault = this.rules.faultOf(text);
    if (fault !== undefined) throw new FileFault(fault);
    return text;
  }
}

/** What is wrong with the file at `path`, by the `FileFault` that a reading has thrown. */
export function faultOfFile(path: string, error: unknown): string {
  if (error instanceof FileFault) return `the file ${path} ${error.message}`;
  throw error;
}

async function again<T>(read: () => Promise<T>): Promise<T> {
  for (let readings = 1; ; readings += 1) {
    try {
      return await read();
    } catch (error) {
      if (readings === MOST_READINGS) throw error;
      await pause(WRITING_MS);
    }
  }
}

/** The same in a constructor, which cannot wait in any other way. */
function againAtOnce<T>(read: () => T): T {
  for (let readings = 1; ; readings += 1) {
    try {
      return read();
    } catch (error) {
      if (readings === MOST_READINGS) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WRITING_MS);
    }
  }
}

/** What a function gives. It is not called before a token is needed. */
export class FunctionValue extends ChangingValue {
  readonly source = "function";
  readonly identity = "function";
  readonly #give: LiveFunction;

  constructor(give: LiveFunction, rules: LiveRules) {
    super(rules);
    this.#give = give;
  }

  async read(signal?: AbortSignal): Promise<string> {
    const text = (await this.#given(signal)).trimEnd();
    const isTooLong = Buffer.byteLength(text) > MAX_TEXT_BYTES;
    const fault = isTooLong ? `is larger than ${MAX_TEXT_BYTES} bytes` : this.rules.faultOf(text);
    if (fault !== undefined) throw this.unreadable(`what its function gave ${fault}`);
    return this.note(text);
  }

  async #given(signal: AbortSignal | undefined): Promise<string> {
    let given: unknown;
    try {
      given = await this.#give({ signal });
    } catch (error) {
      throw this.unreadable(`its function has failed${this.#reason(error)}`);
    }
    if (typeof given === "string") return given;
    throw this.unreadable("its function gave no string");
  }

  /** What it throws is of its own making, and may quote the secret. */
  #reason(error: unknown): string {
    const { message } = Object(error) as { message?: unknown };
    const masked = typeof message === "string" ? new Mask(this.secrets).prose(message) : undefined;
    return masked ? `: ${shorten(masked, LONGEST_REASON)}` : "";
  }
}

const LONGEST_REASON = 500;
