/** `flow`: a login of several steps, and what it puts onto requests (P4). */

import * as z from "zod/mini";
import { lazily } from "../config/check.js";
import { within } from "../failure/deadline.js";
import { type FlowKeys, faultsOfFlow, flowFields } from "../flow/flow-config.js";
import { visiblePlacements } from "../flow/placements.js";
import { requestsFit } from "../flow/request-config.js";
import { FlowSession } from "../flow/session.js";
import { identityOf } from "../flow/step-request.js";
import { exchange, type HttpRequest } from "../http/exchange.js";
import { Mask } from "../http/mask.js";
import { secretsOfRequest } from "../http/url.js";
import { reliable, wallClock } from "../values/clock.js";
import { TransportError } from "../values/errors.js";
import { Connection } from "./connection.js";
import { FetchingProvider, type FetchingSettings, type FlightConfig, flightFields } from "./fetching-provider.js";
import { withParams } from "./flow-params.js";
import { settingsOf } from "./provider-settings.js";
import type { Runtime } from "./runtime.js";
import type { TokenSource } from "./token-source.js";

/** Configuration of a `FlowProvider`. What its answers look like, its steps say. */
export interface FlowConfig extends FlowKeys, FlightConfig {}

/**
 * A login of several steps: each sends a request and captures values from its answer, which go onto the next one, and
 * onto the requests of connectors.
 *
 * @example
 * const provider = new FlowProvider({
 *   steps: [
 *     {
 *       request: { method: "POST", url: "https://api.example/login", json: { user: "u", password: "p" } },
 *       capture: { session: "$.session.id" },
 *     },
 *   ],
 *   apply: [{ into: "header", name: "X-Session", value: "${session}" }],
 *   reauth_on: [403],
 * });
 */
export class FlowProvider extends FetchingProvider {
  /** The name of the type in configurations. */
  static readonly type = "flow";

  /** The HTTP statuses by which the API says that a session is over. */
  readonly refusedStatuses: readonly number[];
  readonly #logout: () => Promise<void>;

  /** @throws ConfigError with every fault of `config`, and of `runtime`. */
  constructor(config: FlowConfig, runtime: Runtime = {}) {
    const { type } = FlowProvider;
    const rules = { schema: flowSchema(), relations: [requestsFit] };
    const settings = settingsOf(type, rules, withParams(type, config, runtime), runtime);
    const clock = reliable(runtime.clock ?? wallClock);
    const session = new FlowSession(settings, clock);
    const isShared = settings.persist !== undefined || runtime.store !== undefined;
    super(sourceOf(session), { ...UNSHAPED, ...settings }, runtime);
    this.refusedStatuses = [...new Set([401, ...settings.reauth_on])];
    this.#logout = async () => {
      const requests = isShared ? [] : session.logouts();
      if (requests.length > 0) await sent(requests, session, settings, runtime);
    };
  }

  /** Ends the provider, and its session if `logout` says how. Rejects with a `StoreError` if something could not be saved. */
  override async close(): Promise<void> {
    await super.close();
    // The session ends by itself; that it could not be ended sooner is no failure.
    await this.#logout().catch(() => {});
  }
}

/** The schema of its configuration. */
export const flowSchema = lazily(() =>
  z.strictObject({ ...flowFields(), ...flightFields() }).check((payload) => {
    payload.issues.push(...faultsOfFlow(payload.value));
  }),
);

/** The settings that a flow has no keys for. */
const UNSHAPED = {
  token_path: undefined,
  expiry_path: undefined,
  expiry_format: "seconds",
  refresh_token_path: undefined,
  error_path: undefined,
  base_url_path: undefined,
  allowed_origins: undefined,
  default_expires_in: undefined,
  apply_as: undefined,
} as const;

function sourceOf(session: FlowSession): TokenSource {
  const { flow, firstValues } = session;
  const requests = flow.steps.map(({ request }) => identityOf(request));
  return {
    type: FlowProvider.type,
    url: session.url,
    urls: session.urls,
    ...(firstValues !== undefined && { refreshToken: firstValues }),
    account: firstValues === undefined ? requests : [session.url.href],
    audience: [],
    secrets: session.secrets,
    live: session.live,
    visible: {
      steps: flow.steps.length,
      apply: visiblePlacements(flow.apply),
      base_url_from: flow.base_url_from,
      ttl_secs: flow.ttl_secs,
      reauth_on: flow.reauth_on,
      rotates: firstValues === undefined ? undefined : Object.keys(flow.rotates),
    },
    ask: ({ refreshToken }, errand) => session.begin(refreshToken, errand),
    credential: (text) => session.credential(text),
    baseUrl: ({ accessToken }) => session.baseUrl(accessToken),
    prepare: session.prepare,
  };
}

/** By a connection of its own: that of the provider is closed by then. What cannot be sent keeps nothing else from it. */
async function sent(
  requests: readonly (() => HttpRequest)[],
  { secrets }: FlowSession,
  settings: Pick<FetchingSettings, "timeout_secs" | "tls" | "proxy_url">,
  runtime: Runtime,
): Promise<void> {
  const { timeout_secs: seconds } = settings;
  const connection = new Connection(settings, runtime);
  const late = (): Error => new TransportError(`no answer within ${seconds} s`);
  await within(seconds * 1000, late, async (signal) => {
    await connection.read(signal);
    const sender = await connection.sender();
    const send = async (make: () => HttpRequest): Promise<unknown> => {
      const request = make();
      const mask = new Mask([...secrets, ...connection.secrets, ...secretsOfRequest(request)]);
      return exchange(request, { ...sender, signal, mask });
    };
    await Promise.allSettled(requests.map(send));
  }).finally(() => connection.close());
}
