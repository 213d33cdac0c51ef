/** A reverse proxy before a realm's token endpoint: it keeps what has passed, and loses answers when it is told to. */

import { EventEmitter, once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { handled } from "../../src/values/handled.js";
import { listen } from "../support/server.js";
import type { Realm } from "./identity-server.js";

export interface SeenTokenRequest {
  readonly form: Readonly<Record<string, string>>;
  /** What the server answered, once it has. */
  status?: number;
}

/** What of an answer arrives. */
type Arrival = "all" | "half" | "nothing";

export interface Front {
  readonly tokenUrl: string;
  /** The token requests so far. */
  readonly requests: readonly SeenTokenRequest[];
  /** Rejects once the server has refused a token request. */
  readonly refusal: Promise<never>;
  /** How many answers have not arrived whole. */
  readonly lost: number;
  /** The server does its work for the next request, but of its answer only so much arrives. */
  loseAnswer(arrives: Arrival): void;
  /** Of each n-th answer from now on, nothing arrives. */
  loseEvery(n: number): void;
}

/** Starts one, until the test ends. */
export async function startFront({ tokenUrl }: Realm): Promise<Front> {
  const requests: SeenTokenRequest[] = [];
  const arrivals: Arrival[] = [];
  const events = new EventEmitter();
  let [period, lost] = [Number.POSITIVE_INFINITY, 0];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const seen: SeenTokenRequest = { form: Object.fromEntries(new URLSearchParams(body)) };
    const isDue = requests.push(seen) % period === 0;
    const arrives = arrivals.shift() ?? (isDue ? "nothing" : "all");
    const { authorization, "content-type": contentType = "", accept = "" } = request.headers;
    const headers = { "content-type": contentType, accept, ...(authorization && { authorization }) };
    const answer = await fetch(tokenUrl, { method: "POST", headers, body });
    const text = await answer.text();
    seen.status = answer.status;
    if (!answer.ok) events.emit("refusal", text);
    if (arrives !== "all") lost += 1;
    relay(answer, text, response, arrives);
  });
  const origin = await listen(server);
  return {
    tokenUrl: `${origin}/token`,
    requests,
    refusal: handled(
      once(events, "refusal").then(([text]) => {
        throw new Error(`a token request was refused: ${text}`);
      }),
    ),
    get lost() {
      return lost;
    },
    loseAnswer: (arrives) => arrivals.push(arrives),
    loseEvery(n) {
      period = n;
    },
  };
}

function relay({ status, headers }: Response, text: string, response: ServerResponse, arrives: Arrival): void {
  if (arrives === "nothing") {
    response.destroy();
    return;
  }
  const contentType = headers.get("content-type") ?? "";
  response.writeHead(status, { "content-type": contentType, "content-length": Buffer.byteLength(text) });
  if (arrives === "half") response.write(text.slice(0, text.length / 2), () => response.destroy());
  else response.end(text);
}
