/** What a broker answers to a request, whatever it came through (L4). */

import { randomBytes } from "node:crypto";
import { Credential } from "faucet-auth";
import { type BrokerAnswer, failed, problem } from "./answers.js";
import { type BrokerCatalog, OWN_PAGES } from "./broker-options.js";
import { type BrokeredCredential, BrokeredProvider } from "./brokered-provider.js";
import { headersOf } from "./credential-headers.js";
import { metricsOf, RequestCounts } from "./metrics.js";

/** A request that a guard has let in. */
export interface BrokerRequest {
  readonly method: string;
  /** The path with its query, as it was sent. */
  readonly target: string;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Rejects with a `BodyTooLarge` where it is, and when the broker ends before it has come whole. */
  body(): Promise<string>;
}

/** A body that nobody would send who means well. */
export class BodyTooLarge extends Error {}

/** Serves the providers of one catalog. */
export class BrokerService {
  readonly #catalog: BrokerCatalog;
  readonly #providers: ReadonlyMap<string, BrokeredProvider>;
  readonly #counts = new RequestCounts();
  readonly #end = new AbortController();

  constructor(catalog: BrokerCatalog) {
    this.#catalog = catalog;
    // Ids of another broker, be it one that ran before on the same socket, are none of this one's.
    const instance = randomBytes(9).toString("base64url");
    const providers = catalog.names.map((name) => [name, new BrokeredProvider(catalog.get(name), instance)] as const);
    this.#providers = new Map(providers);
  }

  /** From now on every request is told that the broker ends. */
  close(): void {
    this.#end.abort();
  }

  get isClosed(): boolean {
    return this.#end.signal.aborted;
  }

  /** Aborted when the broker ends. */
  get end(): AbortSignal {
    return this.#end.signal;
  }

  /** The answer; it never rejects. */
  async answer(request: BrokerRequest): Promise<BrokerAnswer> {
    const route = this.#routeOf(request.target);
    const answer = await this.#answerOf(route, request);
    this.#counts.add({ route: route.page, provider: route.name ?? "", status: answer.status });
    return answer;
  }

  async #answerOf({ page, name }: Route, request: BrokerRequest): Promise<BrokerAnswer> {
    if (this.isClosed) return ending();
    if (page === "malformed") return problem(400, "the path is malformed, or has a query: ask for /NAME");
    if (page === "unknown") return problem(404, this.#noSuchPage());
    const allowed = page === "invalidate" ? "POST" : "GET";
    if (request.method !== allowed)
      return problem(405, `${request.method} is no use here: ${allowed} is`, { allow: allowed });
    if (page === "healthz") return this.#health();
    if (page === "metrics") return this.#metrics();
    const provider = this.#providers.get(name as string) as BrokeredProvider;
    return page === "token" ? this.#token(provider, request) : this.#invalidate(provider, request);
  }

  #token(provider: BrokeredProvider, { signal }: BrokerRequest): Promise<BrokerAnswer> {
    return credentialOrFailure(provider, () => provider.current(signal));
  }

  async #invalidate(provider: BrokeredProvider, { signal, body }: BrokerRequest): Promise<BrokerAnswer> {
    const text = await body().catch((error: unknown) => {
      if (this.isClosed) return ending();
      if (error instanceof BodyTooLarge) return problem(413, 'the body is too large: send { "id": … }');
      return problem(400, "the body has not come whole");
    });
    if (typeof text !== "string") return text;
    const id = idIn(text);
    if (id === undefined) return problem(400, 'the body must be { "id": "…" }, as GET has given it');
    return credentialOrFailure(provider, () => provider.replace(id, signal));
  }

  /** That it answers is what tells of its health; where providers stand is for those who look closer. */
  #health(): BrokerAnswer {
    const states = [...this.#providers].map(([name, { status }]) => [name, status.state]);
    return { status: 200, body: { status: "ok", providers: Object.fromEntries(states) } };
  }

  #metrics(): BrokerAnswer {
    const standings = [...this.#providers].map(([name, { status }]) => ({ ...status, name }));
    return {
      status: 200,
      headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
      body: metricsOf(standings, this.#counts.all),
    };
  }

  #routeOf(target: string): Route {
    const [path = "", query] = target.split("?", 2);
    const segments = path.split("/").map(decoded);
    const [before, name, action, ...others] = segments;
    if (segments.includes(undefined) || before !== "") return { page: "malformed" };
    const isOwnPage = action === undefined && OWN_PAGES.includes(name ?? "");
    if (isOwnPage) return { page: name as "healthz" | "metrics" };
    const isKnown = this.#providers.has(name ?? "") && others.length === 0;
    if (!isKnown || (action !== undefined && action !== "invalidate")) return { page: "unknown" };
    // What a query asks for, be it a scope, nobody would get: it must not look as if.
    if (query !== undefined) return { page: "malformed" };
    return { page: action === undefined ? "token" : "invalidate", name: name as string };
  }

  #noSuchPage(): string {
    const names = this.#catalog.names.map((name) => `/${encodeURIComponent(name)}`);
    return `there is no such page; there are ${[...names, ...OWN_PAGES.map((page) => `/${page}`)].join(", ")}`;
  }
}

function ending(): BrokerAnswer {
  return problem(503, "the broker ends", { connection: "close" });
}

/** What a path leads to. */
interface Route {
  readonly page: "token" | "invalidate" | "healthz" | "metrics" | "unknown" | "malformed";
  /** Of a provider that there is. */
  readonly name?: string;
}

async function credentialOrFailure(
  provider: BrokeredProvider,
  ask: () => Promise<BrokeredCredential>,
): Promise<BrokerAnswer> {
  try {
    return given(provider.name, await ask());
  } catch (error) {
    return failed(error, provider.status);
  }
}

/** Times are in seconds since the epoch, as in RFC 7591 and what is written in Python. */
function given(name: string, { id, credential }: BrokeredCredential): BrokerAnswer {
  const headers = headersOf(credential);
  if (headers === undefined) {
    return problem(
      501,
      `${name} gives a credential of type ${credential.type}, which is no header: it cannot be shared`,
    );
  }
  const expiresAt = Credential.expiresAt(credential);
  const baseUrl = Credential.baseUrl(credential);
  const body = {
    id,
    headers,
    expires_at: expiresAt === undefined ? null : expiresAt / 1000,
    ...(baseUrl !== undefined && { base_url: baseUrl }),
  };
  return { status: 200, body };
}

function idIn(body: string): string | undefined {
  try {
    const { id } = JSON.parse(body) as { id?: unknown };
    return typeof id === "string" && id !== "" ? id : undefined;
  } catch {
    return undefined;
  }
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
