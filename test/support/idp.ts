/** A real HTTP server on a free loopback port that plays the IdP, keeps what it was asked, and answers as told. */

import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { Agent } from "undici";
import { onTestFinished } from "vitest";
import type { Dispatcher } from "../../src/index.js";
import { listen } from "./server.js";

interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly form: Record<string, string>;
}

export type Answer = (request: SeenRequest, response: ServerResponse, index: number) => unknown;

export interface Idp {
  readonly origin: string;
  readonly tokenUrl: string;
  /** All requests so far. */
  readonly seen: SeenRequest[];
  /** Connections that are open. */
  connections(): Promise<number>;
  answerWith(answer: Answer): void;
}

/** Answers every request with a token of its own: `token-1`, `token-2`, … */
export const numberedTokens =
  (fields: Record<string, unknown> = { expires_in: 3600 }): Answer =>
  (_request, response, index) =>
    json(response, { access_token: `token-${index}`, token_type: "Bearer", ...fields });

export function json(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

/** Starts an IdP that stops when the test ends. */
export async function startIdp(initial: Answer = numberedTokens()): Promise<Idp> {
  let answer = initial;
  const seen: SeenRequest[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { method = "", url: path = "", headers } = request;
    const known = { method, path, headers, body, form: Object.fromEntries(new URLSearchParams(body)) };
    seen.push(known);
    await answer(known, response, seen.length);
  });
  const origin = await listen(server);
  return {
    origin,
    tokenUrl: `${origin}/token`,
    seen,
    connections: () =>
      new Promise((resolve, reject) => server.getConnections((error, n) => (error ? reject(error) : resolve(n)))),
    answerWith(next) {
      answer = next;
    },
  };
}

/** Sends every request to `idp`, whatever its host: a configuration may have the addresses that it has elsewhere. */
export function toServer(idp: Pick<Idp, "origin">): Dispatcher {
  const agent = new Agent();
  onTestFinished(() => agent.close());
  return { dispatch: (options, handler) => agent.dispatch({ ...options, origin: idp.origin }, handler) };
}
