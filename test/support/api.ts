/** A real API on a free loopback port that accepts some tokens, and keeps what it was sent. */

import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import { listen } from "./server.js";

export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Api {
  readonly origin: string;
  readonly seen: ApiRequest[];
  readonly server: Server;
  /** The values of `authorization` that were seen, in order. */
  authorizations(): (string | undefined)[];
  /** Replaces what is answered. */
  answerWith(answer: (request: ApiRequest, response: ServerResponse) => unknown): void;
}

/** Answers 200 to whoever shows one of `accepted`, else 401. A path of `/to?URL` redirects there with the given status. */
export async function startApi(accepted: readonly string[] = []): Promise<Api> {
  const seen: ApiRequest[] = [];
  let answer = ({ headers }: ApiRequest, response: ServerResponse): void => {
    const ok = accepted.includes(headers.authorization ?? "");
    response.writeHead(ok ? 200 : 401, { "content-type": "text/plain" });
    response.end(ok ? "rows" : "refused");
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    request.on("error", () => {});
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = "", url: path = "", headers } = request;
    const known = { method, path, headers, body: Buffer.concat(chunks).toString() };
    seen.push(known);
    answer(known, response);
  });
  return {
    origin: await listen(server),
    seen,
    server,
    authorizations: () => seen.map(({ headers }) => headers.authorization),
    answerWith(next) {
      answer = next as typeof answer;
    },
  };
}
