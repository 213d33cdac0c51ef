/** A file in which a platform keeps the token of a workload, and replaces it before that ends (K6). */

import { pathToFileURL } from "node:url";
import { faultOfWord } from "../config/scalars.js";
import type { ExchangeOptions, HttpAnswer, HttpRequest } from "../http/exchange.js";
import { folderOf } from "../live/document-folder.js";
import { FileValue, faultOfFile } from "../live/live-value.js";
import { decoded } from "../live/text-file.js";
import { reliable, wallClock } from "../values/clock.js";
import { absolutePath, faultOfFilePath } from "../values/file-path.js";

/** The keys of a configuration that say which file it is, as they are given. */
interface FileConfig {
  readonly path?: unknown;
  readonly token_path?: unknown;
}

/** What is wrong with the file at `path`: it cannot be read now, or has no token in it (V3). */
export function faultOfTokenFile(config: FileConfig): string | undefined {
  const wrong = faultOfFilePath(config.path, "file");
  if (wrong !== undefined) return wrong;
  try {
    fileOf(config);
    return undefined;
  } catch (error) {
    return faultOfFile(pathOf(config), error);
  }
}

/** The request and its answer: the file is read as if a server had sent it just now. */
export function tokenFile(config: FileConfig): {
  request(): HttpRequest;
  send(request: HttpRequest, options: ExchangeOptions): Promise<HttpAnswer>;
} {
  const file = fileOf(config);
  const url = pathToFileURL(pathOf(config));
  return {
    request: () => ({ method: "GET", url, headers: {} }),
    async send(_request, { signal, clock = wallClock }) {
      const text = await file.read();
      if (signal.aborted) throw signal.reason;
      const receivedAt = reliable(clock)();
      const headers = { "content-type": "text/plain", date: new Date(receivedAt).toUTCString() };
      return { to: `the file ${pathOf(config)}`, url, usedBasic: false, status: 200, headers, receivedAt, text };
    },
  };
}

function fileOf(config: FileConfig): FileValue {
  // A document in which the token stands at a path of its own may have many lines.
  const faultOf = (text: string): string | undefined => {
    if (text === "") return "is empty";
    return (config.token_path ?? "$") === "$" ? faultOfWord(text) : undefined;
  };
  return new FileValue(pathOf(config), { key: "path", role: "grant", textOf: decoded, faultOf });
}

function pathOf(config: FileConfig): string {
  return absolutePath(config.path as string, folderOf(config));
}
