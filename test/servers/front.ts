/** A reverse proxy before a realm's token endpoint: it keeps what has passed, and loses answers when it is told to. */

import { createServer, type ServerResponse } from "node:http";
import { listen } from "../support/server.js";
import type { Realm } from "./identity-server.js";

export interface SeenTokenRequest {
  readonly form: Readonly<Record<string, string>>;
  /** What the server answered, once it has. */
  status?: number;
}

export interface Front {
  readonly tokenUrl: string;
  /** The token requests so far. */
  readonly requests: readonly SeenTokenRequest[];
  /** The server does its work for the next request, but of its answer nothing arrives, or only the first half. */
  loseAnswer(arrives: "nothing" | "half"): void;
}

/** Starts one, until the test ends. */
export async function startFront({ tokenUrl }: Realm): Promise<Front> {
  const requests: SeenTokenRequest[] = [];
  const losses: ("nothing" | "half")[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const seen: SeenTokenRequest = { form: Object.fromEntries(new URLSearchParams(body)) };
    requests.push(seen);
    const { authorization, "content-type": contentType = "", accept = "" } = request.headers;
    const headers = { "content-type": contentType, accept, ...(authorization && { authorization }) };
    const answer = await fetch(tokenUrl, { method: "POST", headers, body });
    const text = await answer.text();
    seen.status = answer.status;
    relay(answer, text, response, losses.shift());
  });
  const origin = await listen(server);
  return {
    tokenUrl: `${origin}/token`,
    requests,
    loseAnswer: (arrives) => losses.push(arrives),
  };
}

function relay(answer: Response, text: string, response: ServerResponse, arrives?: "nothing" | "half"): void {
  if (arrives === "nothing") {
    response.destroy();
    return;
  }
  const contentType = answer.headers.get("content-type") ?? "";
  response.writeHead(answer.status, { "content-type": contentType, "content-length": Buffer.byteLength(text) });
  if (arrives === "half") response.write(text.slice(0, text.length / 2), () => response.destroy());
  else response.end(text);
}
