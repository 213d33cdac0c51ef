/** Those who watch a provider (C14), against a real IdP. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Credential, MemoryTokenStore, StaticProvider } from "../../src/index.js";
import { errorOf } from "../support/errors.js";
import { eventually } from "../support/eventually.js";
import { json, numberedTokens, startIdp } from "../support/idp.js";
import { fetchingTypes } from "../support/providers.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
});
afterEach(() => vi.useRealTimers());

const seconds = (n: number) => vi.advanceTimersByTimeAsync(n * 1000);

function hearing() {
  const heard: (string | undefined)[] = [];
  return { heard, listener: (credential: Credential) => void heard.push(Credential.authorizationValue(credential)) };
}

const bearers = (...numbers: number[]) => numbers.map((n) => `Bearer token-${n}`);

describe.each(fetchingTypes)("%s", (_type, make) => {
  test("C14 hears of each token, which is renewed without callers, until the end", async () => {
    const idp = await startIdp(numberedTokens({ expires_in: 100 }));
    const provider = make(idp);
    const { watch } = provider;
    const { heard, listener } = hearing();
    const watching = watch(listener);
    for (const lifetime of [1, 2, 3]) {
      await eventually(() => expect(heard).toHaveLength(lifetime));
      await seconds(95);
    }
    await eventually(() => expect(heard).toEqual(bearers(1, 2, 3, 4)));
    expect(idp.seen).toHaveLength(4);
    watching[Symbol.dispose]();
    await seconds(1000);
    expect(idp.seen).toHaveLength(4);
  });

  test("C14 hears of tokens that another has fetched, and none twice", async () => {
    const [idp, store] = [await startIdp(numberedTokens({ expires_in: 100 })), new MemoryTokenStore()];
    const persist = { key: "shared" };
    // The one renews at the earliest instant, the other at the latest: it adopts.
    const [early, late] = [0, 0.999].map((chance) =>
      make(idp, { persist }, { name: "sf", store, random: () => chance }),
    );
    const [first, second] = [hearing(), hearing()];
    using _one = early?.watch(first.listener);
    await eventually(() => expect(first.heard).toEqual(bearers(1)));
    using _other = late?.watch(second.listener);
    await eventually(() => expect(second.heard).toEqual(bearers(1)));
    await seconds(92);
    await eventually(() => expect(first.heard).toEqual(bearers(1, 2)));
    expect(second.heard).toEqual(bearers(1));
    await seconds(3);
    await eventually(() => expect(second.heard).toEqual(bearers(1, 2)));
    expect(idp.seen).toHaveLength(2);
    expect(late?.status().counts).toMatchObject({ flights: 2, tokenRequests: 0 });
  });

  test("C14 close() ends it", async () => {
    const idp = await startIdp(numberedTokens({ expires_in: 100 }));
    const provider = make(idp);
    const { heard, listener } = hearing();
    provider.watch(listener);
    await eventually(() => expect(heard).toHaveLength(1));
    await provider.close();
    await seconds(1000);
    expect(idp.seen).toHaveLength(1);
    expect(await errorOf(() => provider.watch(listener))).toMatchObject({ code: "closed" });
  });

  test("C14 the errors of failing renewals are told, with the provider's name", async () => {
    const idp = await startIdp(numberedTokens({ expires_in: 100 }));
    const provider = make(idp, { retries: 0 }, { name: "crm" });
    const { heard, listener } = hearing();
    const errors: unknown[] = [];
    using _watch = provider.watch(listener, { onError: (error) => errors.push(error) });
    await eventually(() => expect(heard).toHaveLength(1));
    idp.answerWith((_request, response) => json(response, { error: "invalid_client" }, 401));
    await seconds(95);
    await eventually(() => expect(errors).toMatchObject([{ code: "auth", provider: "crm", error: "invalid_client" }]));
    expect(await provider.getToken()).toEqual(Credential.bearer("token-1"));
  });
});

describe("static", () => {
  test("C14 hears of the one credential, once, and not before watch() has returned", async () => {
    const provider = new StaticProvider({ token: "t" });
    const { heard, listener } = hearing();
    const { watch } = provider;
    using _watch = watch(listener);
    expect(heard).toEqual([]);
    await provider.invalidate(await provider.getToken());
    await seconds(1000);
    expect(heard).toEqual(["Bearer t"]);
  });

  test("C14 after disposal, and after close(), nothing is heard", async () => {
    const provider = new StaticProvider({ token: "t" });
    const { heard, listener } = hearing();
    provider.watch(listener)[Symbol.dispose]();
    provider.watch(listener);
    await provider.close();
    await seconds(1);
    expect(heard).toEqual([]);
    expect(await errorOf(() => provider.watch(listener))).toMatchObject({ code: "closed" });
  });

  test("C14 what is no listener is a TypeError", async () => {
    const provider = new StaticProvider({ token: "t" });
    expect(await errorOf(() => provider.watch(undefined as never))).toBeInstanceOf(TypeError);
  });
});
