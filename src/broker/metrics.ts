/** What a broker counts, as Prometheus reads it (text format 0.0.4). */

import type { ProviderStatus, StatusCounts } from "faucet-auth";

/** How many requests of one kind there were. */
export interface RequestCount {
  readonly route: string;
  /** Empty where there is no such provider, so that what strangers ask for makes no series. */
  readonly provider: string;
  readonly status: number;
  count: number;
}

/** Counts the requests of a broker. */
export class RequestCounts {
  readonly #counts = new Map<string, RequestCount>();

  add(request: Omit<RequestCount, "count">): void {
    const key = JSON.stringify([request.route, request.provider, request.status]);
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { ...request, count: 1 });
    else known.count += 1;
  }

  get all(): readonly RequestCount[] {
    return [...this.#counts.values()];
  }
}

/** All of it, as text. */
export function metricsOf(providers: readonly ProviderStatus[], requests: readonly RequestCount[]): string {
  const counters = COUNTERS.map(([key, name, help]) => {
    return family(
      `faucet_auth_${name}_total`,
      "counter",
      help,
      providers.map((of) => sample(of, of.counts[key])),
    );
  });
  const gauges = GAUGES.map(({ name, help, value }) => {
    return family(
      `faucet_auth_${name}`,
      "gauge",
      help,
      providers.flatMap((of) => sampleOf(of, value(of))),
    );
  });
  const served = requests.map(({ count, ...labels }) => ({ labels, value: count }));
  return [
    ...counters,
    ...gauges,
    family("faucet_auth_broker_requests_total", "counter", "Requests that the broker has answered.", served),
  ].join("");
}

const COUNTERS: readonly (readonly [key: keyof StatusCounts, name: string, help: string])[] = [
  ["flights", "flights", "Exchanges with the identity provider or with a store."],
  ["tokenRequests", "token_requests", "Requests to the identity provider, retries included."],
  ["failures", "failures", "Exchanges that failed."],
  ["joined", "joined", "Calls that waited for an exchange in progress."],
  ["invalidations", "invalidations", "Credentials that were reported as refused."],
];

interface Gauge {
  readonly name: string;
  readonly help: string;
  value(status: ProviderStatus): number | undefined;
}

const GAUGES: readonly Gauge[] = [
  {
    name: "usable",
    help: "Whether there is a credential that can be used.",
    value: ({ state }) => Number(state === "fresh" || state === "stale"),
  },
  { name: "generation", help: "How many credentials there have been.", value: ({ generation }) => generation },
  {
    name: "consecutive_failures",
    help: "Exchanges that have failed since the last success.",
    value: ({ consecutiveFailures }) => consecutiveFailures,
  },
  {
    name: "expiry_timestamp_seconds",
    help: "When the current credential expires.",
    value: ({ expiresAt }) => inSeconds(expiresAt),
  },
  {
    name: "refresh_token_expiry_timestamp_seconds",
    help: "When the refresh token ends.",
    value: ({ refreshTokenExpiresAt }) => inSeconds(refreshTokenExpiresAt),
  },
  {
    name: "retry_timestamp_seconds",
    help: "Before then, the identity provider is not asked.",
    value: ({ retryAt }) => inSeconds(retryAt),
  },
];

interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

function sample({ name }: ProviderStatus, value: number): Sample {
  return { labels: { provider: name }, value };
}

function sampleOf(status: ProviderStatus, value: number | undefined): readonly Sample[] {
  return value === undefined ? [] : [sample(status, value)];
}

function inSeconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : milliseconds / 1000;
}

function family(name: string, type: string, help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return "";
  const lines = samples.map(({ labels, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(String(text))}"`);
    return `${name}{${pairs.join(",")}} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
