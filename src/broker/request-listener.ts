/** Between Node's HTTP server and the broker's service: reads requests, sends answers. */

import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { type BrokerAnswer, problem } from "./answers.js";
import { BodyTooLarge, type BrokerService } from "./broker-service.js";
import type { Guard } from "./guard.js";

/** Answers what a guard lets in by the broker's service. */
export class BrokerListener {
  readonly #service: BrokerService;
  readonly #guard: Guard;
  readonly #pending = new Set<ServerResponse>();

  constructor(service: BrokerService, guard: Guard) {
    this.#service = service;
    this.#guard = guard;
  }

  /** As `server.on("request", …)` takes it. */
  readonly onRequest: RequestListener = async (request, response) => {
    // A client that goes away is no fault of the broker.
    request.on("error", () => {});
    response.on("error", () => {});
    this.#pending.add(response);
    response.once("close", () => this.#pending.delete(response));
    const parts = { service: this.#service, guard: this.#guard };
    const answer = await answerTo(request, response, parts).catch(() => problem(500, "the broker has failed"));
    send(response, answer, this.#service.isClosed || !request.complete);
  };

  /** Resolves once all who wait have had their answers, or have gone away. */
  async drained(): Promise<void> {
    await Promise.all([...this.#pending].map((response) => new Promise((gone) => response.once("close", gone))));
  }
}

const LARGEST_BODY = 16 * 1024;

async function answerTo(
  request: IncomingMessage,
  response: ServerResponse,
  { service, guard }: { readonly service: BrokerService; readonly guard: Guard },
): Promise<BrokerAnswer> {
  const refusal = await guard(request.headers);
  if (refusal !== undefined) return refusal;
  const { method = "", url: target = "" } = request;
  return service.answer({ method, target, signal: leavingOf(response), body: () => bodyUntil(service.end, request) });
}

/** Aborted when the connection ends before there is an answer: then a caller less waits for the flight. */
function leavingOf(response: ServerResponse): AbortSignal {
  const leaving = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) leaving.abort(new Error("the client has gone away"));
  });
  return leaving.signal;
}

/** The body, as long as it comes before `end`: a client that never sends the rest must not keep the broker from ending. */
function bodyUntil(end: AbortSignal, request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(new Error("the broker ends"));
    end.addEventListener("abort", giveUp);
    bodyOf(request)
      .finally(() => end.removeEventListener("abort", giveUp))
      .then(resolve, reject);
  });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > LARGEST_BODY) throw new BodyTooLarge();
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}

/** What is left of a request that was not read whole must not be taken for the next. */
function send(response: ServerResponse, { status, headers, body }: BrokerAnswer, isLast: boolean): void {
  const text = typeof body === "string" ? body : `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    "content-type": "application/json",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-length": Buffer.byteLength(text),
    ...(isLast && { connection: "close" }),
    ...headers,
  });
  response.end(text);
}
