/** Exchanges past whatever proxy the process uses: with what is on the same host, and must not be asked by another one. */

import { handled } from "../values/handled.js";
import { loadDependency } from "../values/load-dependency.js";
import { type ExchangeOptions, exchange, type HttpAnswer, type HttpRequest } from "./exchange.js";

/**
 * `exchange` on a connection of its own (K6), unless there is a dispatcher or a fetch that is meant for it; with a `socket`, through
 * that (L4).
 */
export async function exchangeDirectly(
  request: HttpRequest,
  options: ExchangeOptions,
  socket?: string,
): Promise<HttpAnswer> {
  if (options.dispatcher !== undefined || options.fetch !== undefined) return exchange(request, options);
  const { Agent } = await loadDependency("undici", () => import("undici"));
  const agent = new Agent(socket === undefined ? {} : { connect: { socketPath: socket } });
  // Where another takes the place of undici, as in Bun, its agent may be none.
  if (typeof agent.dispatch !== "function") return exchange(request, options);
  try {
    return await exchange(request, { ...options, dispatcher: agent });
  } finally {
    handled(agent.destroy());
  }
}
