/** What a `broker` provider says to its broker: one request a flight, by the id of what was refused. */

import { exchangeDirectly } from "../http/direct-exchange.js";
import type { ExchangeOptions, HttpAnswer, HttpRequest } from "../http/exchange.js";
import { Mask } from "../http/mask.js";
import type { LiveValue } from "../live/live-value.js";
import { brokerIdOf } from "../values/brands.js";
import { Credential } from "../values/credential.js";
import { FaucetError, TransportError } from "../values/errors.js";
import type { IssueContext, Issued } from "../values/issued.js";
import { isOfSameBroker, readBrokerAnswer } from "./broker-answer.js";
import type { Runtime } from "./runtime.js";

/** Which provider of which broker. */
interface BrokerPlace {
  /** An absolute path. */
  readonly socket: string | undefined;
  readonly url: URL | undefined;
  readonly token: LiveValue | undefined;
  readonly name: string;
}

/** A client of one provider of a broker. */
export class BrokerClient {
  readonly #place: BrokerPlace;
  readonly #runtime: Runtime;

  constructor(place: BrokerPlace, runtime: Runtime) {
    this.#place = place;
    this.#runtime = runtime;
  }

  /** The current credential; where one was refused, what there is in its place. */
  async issue({ rejected, signal }: IssueContext): Promise<Issued> {
    const id = brokerIdOf(rejected);
    if (rejected === undefined || id === undefined) return this.#ask("GET", "", undefined, signal);
    const issued = await this.#invalidate(id, signal);
    // A broker that was started anew has the refused one under an id of its own: only by that can it be told.
    const isRefused = Credential.equals(issued.credential, rejected) && !isOfSameBroker(issued.brokerId, id);
    return isRefused && issued.brokerId !== undefined ? this.#invalidate(issued.brokerId, signal) : issued;
  }

  #invalidate(id: string, signal: AbortSignal): Promise<Issued> {
    return this.#ask("POST", "/invalidate", JSON.stringify({ id }), signal);
  }

  /** A token that the broker does not take is read again: there may be a new one. */
  async #ask(method: string, action: string, body: string | undefined, signal: AbortSignal): Promise<Issued> {
    const { token } = this.#place;
    const shown = await token?.read(signal);
    const answer = await this.#send(method, action, body, { shown, signal });
    const again = answer.status === 401 ? await token?.read(signal) : shown;
    const last = again === shown ? answer : await this.#send(method, action, body, { shown: again, signal });
    return readBrokerAnswer(last, this.#mask, (this.#runtime.clock ?? Date.now)());
  }

  async #send(
    method: string,
    action: string,
    body: string | undefined,
    { shown, signal }: { readonly shown: string | undefined; readonly signal: AbortSignal },
  ): Promise<HttpAnswer> {
    const { socket, url = new URL("http://localhost"), name } = this.#place;
    const target = new URL(url);
    target.pathname = `${url.pathname.replace(/\/$/, "")}/${encodeURIComponent(name)}${action}`;
    const headers = {
      accept: "application/json",
      ...(shown !== undefined && { authorization: `Bearer ${shown}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
    };
    const request: HttpRequest = { method, url: target, headers, body };
    const { clock, dispatcher, fetch } = this.#runtime;
    // A socket is reached in one way; what the process has for the net does not lead there.
    const way = socket === undefined ? { dispatcher, fetch } : {};
    const options: ExchangeOptions = { ...way, clock, signal, mask: this.#mask };
    return exchangeDirectly(request, options, socket).catch((error: unknown) => {
      throw socket === undefined || signal.aborted ? error : unreachable(error, socket);
    });
  }

  get #mask(): Mask {
    return new Mask(this.#place.token?.secrets ?? []);
  }
}

/** Nobody sees a socket in the URL of a request to it. */
function unreachable(error: unknown, socket: string): unknown {
  if (!FaucetError.is(error) || error.code !== "transport") return error;
  const { message, retryable, unsent, cause } = error as TransportError;
  return new TransportError(`the broker at ${socket}: ${message}`, { retryable, unsent, cause });
}
