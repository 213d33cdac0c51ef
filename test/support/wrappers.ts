/** Both wrappers as one way to send, for what both of them promise. */

import { Agent, fetch as undiciFetch } from "undici";
import { onTestFinished } from "vitest";
import { type AuthProvider, authFetch, authInterceptor, type RefusalOptions } from "../../src/index.js";

export interface Sent {
  readonly status: number;
  text(): Promise<string>;
}

export type Send = (url: string, body?: unknown, signal?: AbortSignal) => Promise<Sent>;

/** Makes a way to send through `agent`; a request with a body is a POST. */
export type MakeSend = (provider: AuthProvider, options?: RefusalOptions, agent?: Agent) => Send;

/** An agent that ends with the test. */
export function newAgent(options?: Agent.Options): Agent {
  const agent = new Agent(options);
  onTestFinished(() => agent.destroy());
  return agent;
}

export const wrappers: Record<string, MakeSend> = {
  authFetch: (provider, options, agent = newAgent()) => {
    const fetch = authFetch(provider, { ...options, fetch: undiciFetch as never });
    return (url, body, signal) => fetch(url, { ...init(body, signal), dispatcher: agent } as object);
  },
  "authInterceptor with request": (provider, options, agent = newAgent()) => {
    const dispatcher = agent.compose(authInterceptor(provider, { ...options, origins: "any" }));
    return async (url, body, signal) => {
      const { origin, pathname, search } = new URL(url);
      const { method } = init(body);
      const request = { origin, path: pathname + search, method, body: (body ?? null) as string };
      const answer = await dispatcher.request({ ...request, ...(signal && { signal }) });
      return { status: answer.statusCode, text: () => answer.body.text() };
    };
  },
  "authInterceptor with fetch": (provider, options, agent = newAgent()) => {
    const dispatcher = agent.compose(authInterceptor(provider, { ...options, origins: "any" }));
    return (url, body, signal) => undiciFetch(url, { ...(init(body, signal) as object), dispatcher });
  },
};

function init(body: unknown, signal?: AbortSignal): { method: "GET" | "POST" } & RequestInit {
  const method = body === undefined ? "GET" : "POST";
  return {
    method,
    duplex: "half",
    ...(body !== undefined && { body: body as string }),
    ...(signal && { signal }),
  } as { method: typeof method };
}
