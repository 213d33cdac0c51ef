import { MockAgent } from "undici";
import { describe, expect, test } from "vitest";
import { fromConfig, MemoryTokenStore, type Runtime, StaticProvider } from "../../src/index.js";
import { errorOf } from "../support/errors.js";
import { faultsOf } from "../support/faults.js";

const oauth2 = { token_url: "https://idp.example/token", client_id: "id", client_secret: "s3cr3t" };
const types = Object.entries({
  static: { token: "t" },
  oauth2,
  oauth2_refresh: { ...oauth2, refresh_token: "r" },
  token_endpoint: { url: "https://api.example/login", token_path: "$.token" },
  bearer: { token: "t" },
  mine: {},
});
const mine = { types: { mine: () => new StaticProvider({ token: "t" }) } };

describe.each(types)("the runtime of %s", (type, config) => {
  const faults = (runtime: object) => faultsOf(type, config, { name: "n", ...mine, ...runtime } as Runtime);

  test.each([
    ["dispatchr", {}, /did you mean "dispatcher"/],
    ["stor", new MemoryTokenStore(), /did you mean "store"/],
    ["Clock", Date.now, /did you mean "clock"/],
    ["proxy_url", "http://proxy", /known are name, dispatcher/],
  ])("G5 %s is a fault that names the nearest option", async (key, value, reason) => {
    expect(await faults({ [key]: value })).toEqual({ [`runtime.${key}`]: expect.stringMatching(reason) });
  });

  test.each([
    ["dispatcher", { request() {} }, /a method dispatch\(\)/],
    ["dispatcher", "http://proxy", /a method dispatch\(\)/],
    ["fetch", "https://idp.example", /must be a function/],
    ["clock", 5, /milliseconds/],
    ["random", 0.5, /numbers in \[0, 1\)/],
    ["store", { read() {} }, /read, write, lock/],
    ["name", "", /non-empty/],
    ["types", { ...mine.types, other: new StaticProvider({ token: "t" }) }, /functions/],
  ])("G5 a %s of %j", async (key, value, reason) => {
    expect(await faults({ [key]: value })).toEqual({ [`runtime.${key}`]: expect.stringMatching(reason) });
  });

  test("G5 fetch beside dispatcher is a fault", async () => {
    expect(await faults({ fetch, dispatcher: new MockAgent() })).toEqual({
      "runtime.fetch": "cannot stand beside runtime.dispatcher: give one of them",
    });
  });

  test("H1 a dispatcher is anything that dispatches; fetch any function; what is undefined is absent", () => {
    fromConfig({ type, config }, { ...mine, dispatcher: { dispatch: () => true } } as object as Runtime);
    fromConfig({ type, config }, { ...mine, fetch: async () => new Response() });
    fromConfig({ type, config }, { ...mine, name: undefined, dispatcher: undefined, fetch: undefined });
  });
});

test.each([[null], ["name"], [["name"]]])("G5 a runtime of %j is no object", async (runtime) => {
  const error = await errorOf(() => new StaticProvider({ token: "t" }, runtime as never));
  expect(error).toMatchObject({ code: "config", message: expect.stringContaining("runtime: must be an object") });
});

describe("a type of the user's own", () => {
  test("G5 that is no function is a fault of the runtime", async () => {
    const error = await errorOf(() => fromConfig({ type: "mine" }, { types: { mine: {} as never } }));
    expect(error).toMatchObject({ code: "config", message: expect.stringContaining("runtime.types: must be") });
  });

  test.each([
    ["resolves", async () => new StaticProvider({ token: "t" })],
    ["rejects", () => Promise.reject(new Error("vault is sealed"))],
  ])("C9 whose factory %s instead of returning is a fault that says so", async (_how, mine) => {
    const unhandled: unknown[] = [];
    const collect = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", collect);
    const error = await errorOf(() => fromConfig({ type: "mine" }, { types: { mine: mine as never } }));
    await new Promise(setImmediate);
    process.off("unhandledRejection", collect);
    expect(error).toMatchObject({ code: "config", message: expect.stringContaining("its factory is asynchronous") });
    expect(unhandled).toEqual([]);
  });

  test.each([[undefined], [null], [5], [{}], [{ getToken() {} }]])("that makes %j makes no provider", async (made) => {
    const error = await errorOf(() => fromConfig({ type: "mine" }, { types: { mine: () => made as never } }));
    expect(error).toMatchObject({ code: "config", message: expect.stringContaining("must return a provider") });
  });
});
