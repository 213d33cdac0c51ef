/** A file in which a platform keeps the token of a workload, and replaces it before that ends (K6). */

import { pathToFileURL } from "node:url";
import { faultOfWord } from "../config/scalars.js";
import type { ExchangeOptions, HttpAnswer } from "../http/exchange.js";
import { faultOfFileAt, fileAt, pathAt } from "../live/file-key.js";
import type { LiveRules } from "../live/live-value.js";
import { decoded } from "../live/text-file.js";
import { wallClock } from "../values/clock.js";
import type { OneRequest } from "./one-request.js";

/** The keys of a configuration that say which file it is, as they are given. */
interface FileConfig {
  readonly path?: unknown;
  readonly token_path?: unknown;
}

/** What is wrong with the file at `path`: it cannot be read now, or has no token in it (V3). */
export function faultOfTokenFile(config: FileConfig): string | undefined {
  return faultOfFileAt({ config, key: "path" }, rulesOf(config));
}

/** How the file is asked: it is read as if a server had sent it just now. */
export function tokenFile(config: FileConfig): Pick<OneRequest, "request" | "send"> {
  const file = fileAt({ config, key: "path" }, rulesOf(config));
  const path = pathAt({ config, key: "path" });
  const url = pathToFileURL(path);
  return {
    request: () => ({ method: "GET", url, headers: {} }),
    async send(_request, { signal, clock = wallClock }: ExchangeOptions): Promise<HttpAnswer> {
      const text = await file.read();
      signal.throwIfAborted();
      const receivedAt = clock();
      const headers = { "content-type": "text/plain", date: new Date(receivedAt).toUTCString() };
      return { to: `the file ${path}`, url, status: 200, headers, receivedAt, text };
    },
  };
}

/** A document in which the token stands at a path of its own may have many lines. */
function rulesOf({ token_path: at }: FileConfig): Omit<LiveRules, "key"> {
  const isBare = (at ?? "$") === "$";
  const faultOf = (text: string): string | undefined =>
    text === "" ? "is empty" : isBare ? faultOfWord(text) : undefined;
  return { role: "grant", textOf: decoded, faultOf };
}
