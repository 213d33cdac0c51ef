/** Waits on loopback for the browser to come back, and shows it how the login went (RFC 8252 §7.3). */

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { CommandFailure } from "./exit-status.js";

/** A server that waits for one answer. */
export interface LoopbackServer {
  /** With the port that it has got. */
  readonly redirectUri: string;
  /** The first request that `isAnswer` takes for the answer. */
  answer(isAnswer: (answer: URLSearchParams) => boolean): Promise<ReceivedAnswer>;
  close(): Promise<void>;
}

/** An answer, whose browser waits for a page. */
export interface ReceivedAnswer {
  readonly parameters: URLSearchParams;
  /** Shows how it went. */
  show(page: Page): Promise<void>;
}

/** What a browser shows in the end. */
export interface Page {
  readonly title: string;
  readonly text: string;
}

/** Whether `redirectUri` leads to this machine. */
export function isLoopback(redirectUri: string): boolean {
  const { protocol, hostname } = new URL(redirectUri);
  return protocol === "http:" && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}

/** Listens where `redirectUri` leads: on its port, or where it has none on a free one. */
export async function startLoopbackServer(redirectUri: string): Promise<LoopbackServer> {
  const [, origin = "", configured = ""] = ORIGIN.exec(redirectUri) ?? [];
  const server = createServer();
  await listen(server, new URL(redirectUri).hostname, configured);
  const { port } = server.address() as AddressInfo;
  const uri = configured === "" ? redirectUri.replace(ORIGIN, `${origin}:${port}`) : redirectUri;
  return {
    redirectUri: uri,
    answer: (isAnswer) => {
      return new Promise((resolve) => {
        server.on("request", (request, response) => {
          const received = answerIn(request, response, new URL(uri).pathname, isAnswer);
          if (received !== undefined) resolve(received);
        });
      });
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/**
 * Scheme and host as they are written, and the port where one is: a `URL` has no port 80, and writes the others another way
 * than the server has them registered.
 */
const ORIGIN = /^([a-z]+:[/\\]*(?:\[[^\]]*\]|[^:/\\?#]*))(?::(\d*))?/i;

async function listen(server: Server, hostname: string, port: string): Promise<void> {
  server.listen(Number(port), hostname.replace(/^\[|\]$/g, ""));
  await once(server, "listening").catch((error: NodeJS.ErrnoException) => {
    throw new CommandFailure(`${hostname}:${port || "0"} cannot be listened on (${error.code}); is its port taken?`);
  });
}

const LOOPBACK = "http://127.0.0.1";

function answerIn(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  isAnswer: (answer: URLSearchParams) => boolean,
): ReceivedAnswer | undefined {
  const target = request.url ?? "";
  // Whoever finds the port may ask for what is no address at all, such as //.
  const url = URL.canParse(target, LOOPBACK) ? new URL(target, LOOPBACK) : undefined;
  if (request.method !== "GET" || url?.pathname !== path) {
    send(response, 404, { title: "Nothing here", text: "The login ends at another address." });
    return undefined;
  }
  const { searchParams } = url;
  if (!isAnswer(searchParams)) {
    send(response, 400, { title: "Not this login", text: "This is not the answer to the login that is waited for." });
    return undefined;
  }
  return {
    parameters: searchParams,
    show: async (page) => {
      send(response, 200, page);
      if (!response.writableFinished && !response.destroyed) await once(response, "close");
    },
  };
}

function send(response: ServerResponse, status: number, { title, text }: Page): void {
  response.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    connection: "close",
  });
  response.end(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)} · faucet-auth</title>
<style>body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 20vh auto; padding: 0 1rem }</style>
<h1>${escaped(title)}</h1>
<p>${escaped(text)}</p>
</html>
`);
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
