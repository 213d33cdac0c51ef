/**
 * Fifty connectors share one rotating grant for 24 simulated hours, while the IdP is everything that
 * an IdP can be. What must never happen is counted.
 */

import { TokenCache } from "../../src/cache/token-cache.js";
import type { RequestToken } from "../../src/grant/grant-options.js";
import { PrivateRepository } from "../../src/grant/repository.js";
import { MemoryTokenStore } from "../../src/store/memory-token-store.js";
import { Credential } from "../../src/values/credential.js";
import { AuthError, TransportError } from "../../src/values/errors.js";
import type { Redemption } from "../../src/values/issued.js";
import { grantIn } from "./grants.js";
import { type Simulation, seeded, simulate } from "./simulation.js";

const CONNECTORS = 50;
const DAY = 24 * 3_600_000;
const MINUTE = 60_000;
const DEADLINE = 30_000;

type Weather = "up" | "slow" | "hanging" | "refusing" | "resetting" | "busy" | "broken" | "garbage";

const WEATHERS: readonly Weather[] = ["up", "slow", "hanging", "refusing", "resetting", "busy", "broken", "garbage"];
const DEAD: ReadonlySet<Weather> = new Set(["hanging", "refusing", "broken", "garbage"]);

export interface ChaosReport {
  readonly calls: number;
  readonly served: number;
  readonly failed: number;
  readonly tokenRequests: number;
  /** What must not have happened, in words. */
  readonly violations: string[];
}

export async function chaos(seed: number, calls = 100_000): Promise<ChaosReport> {
  const simulation = simulate();
  try {
    const random = seeded(seed);
    const violations: string[] = [];
    const idp = new StrictIdp(simulation, random, violations);
    const place = seed % 2 === 0 ? new PrivateRepository() : new MemoryTokenStore();
    const requestToken: RequestToken = ({ refreshToken }, { signal }) => idp.redeem(refreshToken ?? "", signal);
    const grant = grantIn(place, "r0", requestToken, { random, isShared: false });
    const refresh = random() < 0.5 ? "background" : "blocking";
    const cache = new TokenCache(grant.issue, { random, refresh });
    const counts = { calls: 0, served: 0, failed: 0 };

    const call = async (held: { credential?: Credential }): Promise<void> => {
      counts.calls += 1;
      const began = simulation.now();
      const reported = held.credential !== undefined && random() < 0.05 ? held.credential : undefined;
      try {
        held.credential = await (reported === undefined ? cache.getToken() : cache.invalidate(reported));
        counts.served += 1;
        if (reported !== undefined && held.credential === reported && !idp.isYoung(reported)) {
          violations.push(`a rejected credential at ${simulation.now()}`);
        }
        if (idp.isExpired(held.credential)) violations.push(`an expired credential at ${simulation.now()}`);
      } catch (error) {
        counts.failed += 1;
        if (!(error instanceof AuthError || error instanceof TransportError))
          violations.push(`a foreign error: ${error}`);
      }
      if (simulation.now() - began > DEADLINE + 1) violations.push(`a caller waited ${simulation.now() - began} ms`);
    };
    const connect = (): void => {
      const held = {};
      const again = (): void => {
        if (simulation.now() >= DAY) return;
        void call(held);
        // Exponential pauses: at times many at once, at times nobody.
        simulation.after((-Math.log(1 - random()) * DAY * CONNECTORS) / calls, again);
      };
      simulation.after(random() * MINUTE, again);
    };
    for (let n = 0; n < CONNECTORS; n += 1) connect();
    idp.changeWeather();
    await simulation.live(DAY);
    await simulation.live(DEADLINE + 10);
    const unsettled = counts.calls - counts.served - counts.failed;
    if (unsettled > 0) violations.push(`${unsettled} calls have never ended`);
    violations.push(...idp.floods());
    return { ...counts, tokenRequests: idp.requests.length, violations };
  } finally {
    simulation.restore();
  }
}

/** Every refresh token counts once; one whose answer was lost may be presented again until its successor is. */
class StrictIdp {
  readonly requests: number[] = [];
  readonly #outages: { from: number; to: number }[] = [];
  readonly #expiries = new Map<string, number>();
  readonly #births = new Map<string, number>();
  readonly #simulation: Simulation;
  readonly #random: () => number;
  readonly #violations: string[];
  #mix: Weather[] = ["up"];
  #good = "r0";
  /** The token before the good one, while the good one may not have arrived. */
  #unanswered: string | undefined;
  #issued = 0;

  constructor(simulation: Simulation, random: () => number, violations: string[]) {
    this.#simulation = simulation;
    this.#random = random;
    this.#violations = violations;
  }

  /** A mix of one to three weathers, for minutes or hours. */
  changeWeather(): void {
    const now = this.#simulation.now();
    const length = (1 + this.#random() ** 3 * 180) * MINUTE;
    this.#mix = Array.from({ length: 1 + Math.floor(this.#random() * 3) }, () => this.#pick(WEATHERS));
    if (this.#random() < 0.3) this.#mix = ["up"];
    if (this.#mix.every((weather) => DEAD.has(weather))) this.#outages.push({ from: now, to: now + length });
    this.#simulation.after(length, () => this.changeWeather());
  }

  isExpired(credential: Credential): boolean {
    const token = credential.type === "bearer" ? credential.token : "";
    return this.#simulation.now() >= (this.#expiries.get(token) ?? 0);
  }

  /** Whether it was issued within the last minute: then it may be served although it was reported (F5). */
  isYoung(credential: Credential): boolean {
    const token = credential.type === "bearer" ? credential.token : "";
    return this.#simulation.now() - (this.#births.get(token) ?? 0) < MINUTE;
  }

  async redeem(refreshToken: string, signal: AbortSignal): Promise<Redemption> {
    this.requests.push(this.#simulation.now());
    switch (this.#pick(this.#mix)) {
      case "refusing":
        throw new TransportError("refused", { unsent: true });
      case "broken":
        throw new AuthError("HTTP 500", { status: 500, retryable: true });
      case "busy":
        throw new AuthError("HTTP 429", { status: 429, retryable: true, retryAfter: this.#random() * 120 });
      case "hanging":
        if (this.#random() < 0.5) this.#rotate(refreshToken);
        return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      case "resetting":
        if (this.#random() < 0.5) this.#rotate(refreshToken);
        throw new TransportError("reset");
      case "garbage":
        throw new AuthError("HTTP 200, but the body is not JSON", { status: 200 });
      case "slow":
        await this.#pause(this.#random() * 12_000);
        if (signal.aborted) throw signal.reason;
        return this.#answer(refreshToken);
      case "up":
        await this.#pause(20);
        return this.#answer(refreshToken);
    }
  }

  /**
   * Outages with more requests than the gate allows. Cool-downs of 1, 2, 4, … 32 s, halved by jitter,
   * let eight flights pass within half a minute, and then one more each 30 s; three requests a flight.
   */
  floods(): string[] {
    return this.#outages.flatMap(({ from, to }) => {
      const inVain = this.requests.filter((at) => at >= from && at < to);
      const first = inVain[0] ?? from;
      const excess = inVain.findIndex((at, index) => index + 1 > 3 * (9 + (at - first) / 30_000));
      return excess === -1 ? [] : [`${excess + 1} requests within ${(inVain[excess] ?? 0) - first} ms of an outage`];
    });
  }

  #answer(refreshToken: string): Redemption {
    this.#rotate(refreshToken);
    this.#unanswered = undefined;
    this.#issued += 1;
    const text = `t${this.#issued}`;
    const expiresIn = 30 + this.#random() * 3570;
    this.#births.set(text, this.#simulation.now());
    this.#expiries.set(text, this.#simulation.now() + expiresIn * 1000);
    return { refreshToken: this.#good, token: { text, credential: Credential.bearer(text), expiresIn } };
  }

  #rotate(presented: string): void {
    if (presented === this.#good) {
      this.#unanswered = this.#good;
      this.#good = `r${Number(this.#good.slice(1)) + 1}`;
    } else if (presented !== this.#unanswered) {
      this.#violations.push(`${presented} was presented after ${this.#good} had been issued`);
    }
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)] as T;
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.#simulation.after(milliseconds, resolve));
  }
}
