import { AsyncLocalStorage } from "node:async_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { TokenCache } from "../../src/cache/token-cache.js";
import { Credential } from "../../src/values/credential.js";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

async function isCollected(reference: WeakRef<object>): Promise<boolean> {
  for (let turn = 0; turn < 20 && reference.deref() !== undefined; turn += 1) {
    await new Promise(setImmediate);
    collect();
  }
  return reference.deref() === undefined;
}

const storage = new AsyncLocalStorage<object>();

/** The first call, by a caller with a store and a signal of its own; no frame of this keeps them. */
function firstCall(cache: TokenCache) {
  const store = { request: "of the first caller" };
  const { signal } = new AbortController();
  const called = storage.run(store, () => cache.getToken({ signal })).then(() => {});
  return { called, store: new WeakRef<object>(store), signal: new WeakRef<object>(signal) };
}

test("C12 a cached promise keeps neither the async context nor the signal of its first caller alive", async () => {
  const cache = new TokenCache(async () => {
    await new Promise(setImmediate);
    return { credential: Credential.bearer("t"), expiresIn: 3600 };
  });
  const first = firstCall(cache);
  await first.called;
  expect(await isCollected(first.store)).toBe(true);
  expect(await isCollected(first.signal)).toBe(true);
  expect(await cache.getToken()).toEqual(Credential.bearer("t"));
});

test("C8 a flight runs in the context of the cache's maker, a renewal too", async () => {
  const seen: (object | undefined)[] = [];
  const maker = { made: "the cache" };
  const cache = storage.run(maker, () => {
    return new TokenCache(async () => {
      seen.push(storage.getStore());
      return { credential: Credential.bearer("t"), expiresIn: 3600 };
    });
  });
  const token = await storage.run({ some: "caller" }, () => cache.getToken());
  await storage.run({ another: "caller" }, () => cache.invalidate(token));
  expect(seen).toEqual([maker, maker]);
});
