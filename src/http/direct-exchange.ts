/** An exchange past whatever proxy the process uses (K6): a metadata server is on the same host, and must not be asked by another one. */

import { handled } from "../values/handled.js";
import { loadDependency } from "../values/load-dependency.js";
import { type ExchangeOptions, exchange, type HttpAnswer, type HttpRequest } from "./exchange.js";

/** `exchange` on a connection of its own, unless there is a dispatcher or a fetch that is meant for it. */
export async function exchangeDirectly(request: HttpRequest, options: ExchangeOptions): Promise<HttpAnswer> {
  if (options.dispatcher !== undefined || options.fetch !== undefined) return exchange(request, options);
  const { Agent } = await loadDependency("undici", () => import("undici"));
  const agent = new Agent();
  // Where another takes the place of undici, as in Bun, its agent may be none.
  if (typeof agent.dispatch !== "function") return exchange(request, options);
  try {
    return await exchange(request, { ...options, dispatcher: agent });
  } finally {
    handled(agent.destroy());
  }
}
