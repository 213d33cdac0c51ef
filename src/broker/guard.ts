/** Who may ask a broker: no web page, and on TCP only who shows the token (L4). */

import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { type BrokerAnswer, problem } from "./answers.js";
import type { BrokerTcpOptions } from "./broker-options.js";

/** The answer to a request that is not let in, by its headers. */
export type Guard = (headers: IncomingHttpHeaders) => Promise<BrokerAnswer | undefined>;

/** On a socket, the system has looked at who connects. */
export function guardOfSocket(): Guard {
  return async (headers) => refusalOfBrowser(headers);
}

/**
 * On TCP, anybody on the machine can connect, and so can any web page: by a name of its own that resolves to this
 * machine (DNS rebinding), which then stands in the Host header.
 */
export function guardOfTcp(url: string, token: BrokerTcpOptions["token"]): Guard {
  const hosts = hostsOf(new URL(url));
  return async (headers) => {
    const ofBrowser = refusalOfBrowser(headers);
    if (ofBrowser !== undefined) return ofBrowser;
    if (!hosts.includes(headers.host?.toLowerCase() ?? "")) {
      return problem(403, "the Host header names another machine than this one");
    }
    const expected = await expectedOf(token).catch(() => undefined);
    if (typeof expected !== "string" || expected === "") return problem(503, "the broker's own token cannot be read");
    const [, shown = ""] = /^Bearer +(.+)$/i.exec(headers.authorization ?? "") ?? [];
    if (isSame(shown, expected)) return undefined;
    return problem(401, "show the broker's token as Authorization: Bearer …", { "www-authenticate": "Bearer" });
  };
}

/** What a Host header may say. The port of http is left out of URLs, and by clients (RFC 9110 §4.2.3). */
function hostsOf({ hostname, port }: URL): readonly string[] {
  const names = ["127.0.0.1", "localhost", "[::1]", hostname];
  return port === "" ? names.flatMap((name) => [name, `${name}:80`]) : names.map((name) => `${name}:${port}`);
}

async function expectedOf(token: BrokerTcpOptions["token"]): Promise<unknown> {
  return typeof token === "function" ? token() : token;
}

/** Browsers send these headers, and nobody else does. */
function refusalOfBrowser(headers: IncomingHttpHeaders): BrokerAnswer | undefined {
  const isOfBrowser = headers.origin !== undefined || headers["sec-fetch-site"] !== undefined;
  return isOfBrowser ? problem(403, "web pages are not served") : undefined;
}

/** In the same time, however much of it is right. */
function isSame(shown: string, expected: string): boolean {
  const [a, b] = [shown, expected].map((text) => createHash("sha256").update(text).digest());
  return timingSafeEqual(a as Buffer, b as Buffer);
}
