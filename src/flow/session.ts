/** The session of a flow: how it is begun, what it is on requests, and how it is ended (P4). */

import { faultOfBaseUrl } from "../http/base-url.js";
import type { HttpAnswer, HttpRequest } from "../http/exchange.js";
import type { Mask } from "../http/mask.js";
import { tokenOrFault } from "../http/token.js";
import type { LiveValue } from "../live/live-value.js";
import type { Clock } from "../values/clock.js";
import type { Credential } from "../values/credential.js";
import { AuthError, FaucetError } from "../values/errors.js";
import type { AccessToken, Redemption } from "../values/issued.js";
import { parseJson } from "../values/parse-json.js";
import type { FlowSettings } from "./flow-config.js";
import { login } from "./login.js";
import { credentialOf, neededBy, valuesOf as valuesOfPlacements } from "./placements.js";
import { type FlowRequest, neededFor } from "./request-config.js";
import { requestWith, secretsIn, valuesOf } from "./step-request.js";
import { renderUrl } from "./step-url.js";
import { namesIn, render, type Values } from "./template.js";

/** What sends the requests of a login, and masks what comes back. */
export interface FlowSender {
  send(request: HttpRequest): Promise<HttpAnswer>;
  maskOf(request: HttpRequest): Mask;
}

/** The sessions of one provider. */
export class FlowSession {
  readonly flow: FlowSettings;
  /** What tells one provider's logins from another's: the first URL, as it is configured. */
  readonly url: URL;
  /** Those of all steps, and of `logout`, likewise. */
  readonly urls: readonly URL[];
  /** What is configured, and may be echoed. */
  readonly secrets: readonly string[];
  readonly #clock: Clock;
  readonly #make: (captured: Values) => Credential;
  /** What the last whole login has captured. */
  #captured: Values | undefined;
  /** What logins have captured that came to nothing behind a step which may have begun a session. */
  readonly #stranded: Values[] = [];

  constructor(flow: FlowSettings, clock: Clock) {
    this.flow = flow;
    const requests = [...flow.steps.map(({ request }) => request), ...(flow.logout ? [flow.logout] : [])];
    this.url = addressOf(flow.steps[0]?.request);
    this.urls = requests.map(addressOf);
    this.secrets = requests.flatMap(secretsIn);
    this.#clock = clock;
    this.#make = credentialOf(flow.apply, clock);
  }

  /** What is read before each login (V1). */
  get live(): readonly LiveValue[] {
    const { steps, apply, logout } = this.flow;
    const requests = [...steps.map(({ request }) => request), ...(logout === undefined ? [] : [logout])];
    return [...requests.flatMap(valuesOf), ...valuesOfPlacements(apply)];
  }

  /** Reads what a session that another process has begun is put onto requests with. */
  readonly prepare = (): Promise<unknown> =>
    Promise.all(valuesOfPlacements(this.flow.apply).map((each) => each.read()));

  /** The first values of what rotates, as one text; `undefined` if nothing does. */
  get firstValues(): string | undefined {
    return this.#rotating(this.flow.rotates);
  }

  /**
   * Logs in. `rotating` are the values of what rotates that are good now. New ones are given also where the login has
   * failed after they came: the old ones are spent.
   */
  async begin(rotating: string | undefined, { send, maskOf }: FlowSender): Promise<Redemption> {
    const known = rotating === undefined ? this.flow.rotates : valuesIn(rotating);
    const sendStep = async (request: HttpRequest) => ({ answer: await send(request), mask: maskOf(request) });
    const result = await login(this.flow.steps, known, sendStep, this.#clock);
    const refreshToken = this.#rotating(result.captured);
    if ("isWhole" in result) {
      const outcome = tokenOrFault(() => this.#token(result.captured));
      if ("token" in outcome) this.#captured = result.captured;
      else this.#strand(result.captured);
      return { refreshToken, ...outcome };
    }
    if (result.hasBegun) this.#strand(result.captured);
    if (refreshToken === undefined || refreshToken === this.#rotating(known)) throw result.failure;
    return { refreshToken, unusable: asAuthError(result.failure) };
  }

  /** What a session is on requests, by the text that stands for it on record. Throws a `TypeError` if other steps have begun it. */
  credential(text: string): Credential {
    return this.#make(valuesOnRecord(text, neededBy(this.flow.apply)));
  }

  /** The address of the API of such a session. Throws for one that no credential may go to (P2). */
  baseUrl(text: string): string | undefined {
    const { base_url_from: template = "" } = this.flow;
    return this.#baseUrl(valuesOnRecord(text, namesIn(template)));
  }

  /** What makes the requests that end sessions, each once: the last one, and those that came to nothing. None if nothing is said of how one ends. */
  logouts(): readonly (() => HttpRequest)[] {
    const { logout } = this.flow;
    const begun = [...this.#stranded.splice(0), ...(this.#captured === undefined ? [] : [this.#captured])];
    this.#captured = undefined;
    return logout === undefined ? [] : begun.map((captured) => () => requestWith(logout, captured, this.#clock));
  }

  /** Remembers what a session is ended with, if it was captured. Of very many, the oldest will have ended by themselves. */
  #strand(captured: Values): void {
    const { logout } = this.flow;
    if (logout === undefined || !neededFor(logout).every((name) => Object.hasOwn(captured, name))) return;
    this.#stranded.push(captured);
    if (this.#stranded.length > MOST_STRANDED) this.#stranded.shift();
  }

  #token(captured: Values): AccessToken {
    const baseUrl = this.#baseUrl(captured);
    const credential = this.#usable(captured);
    return { text: JSON.stringify(captured), credential, expiresIn: this.flow.ttl_secs, baseUrl };
  }

  #baseUrl(captured: Values): string | undefined {
    const { base_url_from: template, allowed_origins: allowed } = this.flow;
    if (template === undefined) return undefined;
    const baseUrl = renderUrl(template, captured);
    const fault = faultOfBaseUrl(baseUrl, allowed);
    if (fault !== undefined) throw new AuthError(`the base URL that the login gave ${fault}`);
    return baseUrl;
  }

  /** A maker's TypeError says what is wrong with a value, and does not quote it. */
  #usable(captured: Values): Credential {
    try {
      return this.#make(captured);
    } catch (error) {
      throw new AuthError(`what the login captured cannot go onto a request: ${(error as TypeError).message}`);
    }
  }

  #rotating(values: Values): string | undefined {
    const names = Object.keys(this.flow.rotates).sort();
    return names.length === 0
      ? undefined
      : JSON.stringify(Object.fromEntries(names.map((name) => [name, values[name]])));
  }
}

const MOST_STRANDED = 20;

/** What is no URL as it is configured, since a value is missing in it, has none. */
function addressOf(request: FlowRequest | undefined): URL {
  const template = request?.url ?? "";
  const text = render(template, Object.fromEntries(namesIn(template).map((name) => [name, name])));
  return URL.canParse(text) ? new URL(text) : new URL("urn:faucet-auth:flow");
}

/** Throws a `TypeError` where other steps have begun the session on record, which have captured none of some `names`. */
function valuesOnRecord(text: string, names: readonly string[]): Values {
  const values = valuesIn(text);
  const missing = names.find((name) => !Object.hasOwn(values, name));
  if (missing !== undefined) throw new TypeError(`the session on record has no ${missing}`);
  return values;
}

function valuesIn(text: string): Values {
  return (parseJson(text) ?? {}) as Values;
}

function asAuthError(failure: unknown): AuthError {
  if (FaucetError.is(failure) && failure.code === "auth") return failure as AuthError;
  const message = `the login did not end: ${(failure as Error | undefined)?.message}`;
  return new AuthError(message, { retryable: true, cause: failure });
}
