/** What a store must stand of its server and of the network, whatever it is (R3). */

import { expect, onTestFinished, test } from "vitest";
import type { TokenStore } from "../../src/index.js";
import { errorOf } from "./errors.js";
import { eventually } from "./eventually.js";
import { startTcpProxy } from "./tcp-proxy.js";

interface Server {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  stop(): Promise<void>;
  start(): Promise<unknown>;
}

const HOUR = 3_600_000;

/** Tests of stores that `open` makes for a URL. */
export function outages(lent: { readonly server: Server }, open: (url: string) => Required<TokenStore>): void {
  let keys = 0;

  /** A store behind a proxy, one beside it, and a key that nobody has used. */
  async function behindProxy() {
    const { server } = lent;
    const proxy = await startTcpProxy(server);
    const [store, other] = [open(server.url.replace(`:${server.port}`, `:${proxy.port}`)), open(server.url)];
    onTestFinished(async () => {
      proxy.mend();
      await Promise.all([store.close(), other.close()]);
      proxy.close();
    });
    keys += 1;
    return { proxy, store, other, key: `outage-${keys}` };
  }

  const away = { name: "StoreError", code: "store", retryable: true };

  test("R3 a server that was killed and comes back: errors of the store meanwhile, then the record and its number", async () => {
    const { store, key } = await behindProxy();
    const lease = await store.lock(key, HOUR);
    await store.write(key, { fencingToken: 1, text: "kept" });
    await lent.server.stop();
    for (const use of [
      () => store.read(key),
      () => store.write(key, { fencingToken: 2, text: "lost" }),
      () => store.lock(key, HOUR),
      async () => lease?.release(),
    ]) {
      expect(await errorOf(use)).toMatchObject(away);
    }
    expect(await store.waitForRelease(key, HOUR, new AbortController().signal)).toBe(false);
    await lent.server.start();
    expect(await store.read(key)).toEqual({ fencingToken: 1, text: "kept" });
    await lease?.release();
    expect(await store.lock(key, HOUR)).toMatchObject({ fencingToken: 2 });
  });

  test("R3 a network that swallows everything: given up in time, and back by itself", async () => {
    const { proxy, store, other, key } = await behindProxy();
    await store.write(key, { fencingToken: 1, text: "kept" });
    proxy.cut();
    const errors = await Promise.all([
      errorOf(() => store.read(key)),
      errorOf(() => store.write(key, { fencingToken: 2, text: "lost" })),
      errorOf(() => store.lock(key, HOUR)),
    ]);
    for (const error of errors) expect(error).toMatchObject(away);
    // A connection that hangs is not used again, though it still hangs.
    expect(await other.lock(key, HOUR)).toMatchObject({ fencingToken: 2 });
    proxy.mend();
    expect(await store.read(key)).toEqual({ fencingToken: 1, text: "kept" });
  });

  test("D2 R3 a lease whose answer was lost is given back once that can be said", async () => {
    const { proxy, store, other, key } = await behindProxy();
    await store.read(key);
    proxy.cut("replies");
    expect(await errorOf(() => store.lock(key, HOUR))).toMatchObject(away);
    proxy.mend();
    await store.lock(`${key}-other`, 1);
    await eventually(async () => expect(await other.lock(key, HOUR)).toBeDefined());
  });

  test("R3 connections that were ended while they lay idle, as by a restart or a firewall, are made up for", async () => {
    const { proxy, store, key } = await behindProxy();
    for (let round = 1; round <= 3; round += 1) {
      expect(await store.write(key, { fencingToken: round, text: `${round}` })).toBe(true);
      proxy.reset();
      expect(await store.read(key)).toEqual({ fencingToken: round, text: `${round}` });
    }
  });

  test("R3 a server that takes 200 ms for each reply does its work, and its leases are shorter by that", async () => {
    const { proxy, store, other, key } = await behindProxy();
    proxy.slow(200);
    expect(await store.write(key, { fencingToken: 1, text: "kept" })).toBe(true);
    const lease = await store.lock(key, 60_000);
    expect(lease?.timeLeft()).toBeLessThanOrEqual(59_800);
    const [told] = await Promise.all([
      store.waitForRelease(key, HOUR, new AbortController().signal),
      new Promise((resolve) => setTimeout(resolve, 300)).then(() => lease?.release()),
    ]);
    expect(told).toBe(true);
    expect(await other.lock(key, HOUR)).toMatchObject({ fencingToken: 3 });
  });

  test("R3 whoever waits is woken when the connection is lost, and told of the release over the next", async () => {
    const { proxy, store, other, key } = await behindProxy();
    const lease = await other.lock(key, HOUR);
    const listening = proxy.connections() + 2;
    const first = store.waitForRelease(key, HOUR, new AbortController().signal);
    await eventually(() => expect(proxy.connections()).toBe(listening));
    await new Promise((resolve) => setTimeout(resolve, 300));
    proxy.reset();
    await first;
    const second = store.waitForRelease(key, HOUR, new AbortController().signal);
    setTimeout(() => lease?.release(), 300);
    await second;
    await eventually(async () => expect(await store.lock(key, HOUR)).toBeDefined());
  });
}
