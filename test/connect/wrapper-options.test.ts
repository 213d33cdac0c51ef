import { describe, expect, test } from "vitest";
import { AuthCatalog, authFetch, authInterceptor, StaticProvider } from "../../src/index.js";
import { errorOf } from "../support/errors.js";
import { scriptedProvider } from "../support/scripted-provider.js";

const makers = {
  authFetch: (provider: unknown, options: object = {}) => authFetch(provider as never, options),
  authInterceptor: (provider: unknown, options: object = {}) =>
    authInterceptor(provider as never, { origins: "any", ...options }),
};

describe.each(Object.entries(makers))("%s", (_name, make) => {
  test.each([
    ["undefined", undefined, "is its variable set?"],
    ["null", null, "is its variable set?"],
    ["a promise", Promise.resolve(scriptedProvider()), "a promise: await it"],
    ["a class", StaticProvider, "new StaticProvider(…)"],
    ["a function", () => scriptedProvider(), "a function: call it"],
    ["a catalog", AuthCatalog.fromConfig({}), "catalog.get(name)"],
    ["a configuration", { type: "static", config: { token: "s3cr3t" } }, "fromConfig(…)"],
    ["half a provider", { getToken: async () => {} }, "without invalidate()"],
    ["a string", "s3cr3t", "it is a string"],
  ])("G5 %s in place of the provider is an error at once, which says how to mend it", async (_what, given, hint) => {
    const error = await errorOf(() => make(given));
    expect(error).toMatchObject({ code: "config", issues: [{ path: "provider" }] });
    expect(error.message).toContain(hint);
    expect(error.message).not.toContain("s3cr3t");
  });

  test.each([
    [{ origin: ["https://a.example"] }, "origin", 'did you mean "origins"?'],
    [{ status: [403] }, "status", 'did you mean "statuses"?'],
    [{ grace_ms: 5 }, "grace_ms", 'did you mean "graceMs"?'],
    [{ constructor: 1 }, "constructor", "unknown option"],
    [{ statuses: 401 }, "statuses", "a list of HTTP statuses"],
    [{ statuses: [200] }, "statuses", "from 400 to 599"],
    [{ origins: "https://a.example" }, "origins", "a list"],
    [{ isRefused: true }, "isRefused", "a function"],
    [{ isRefused: () => true, statuses: [401] }, "isRefused", "one of the two"],
    [{ graceMs: -1 }, "graceMs", "zero or more"],
    [{ graceMs: "800" }, "graceMs", "milliseconds"],
  ])("G5 %j is a fault that says what would be right", async (options, path, hint) => {
    const error = await errorOf(() => make(scriptedProvider(), options));
    expect(error).toMatchObject({ code: "config", issues: [{ path }] });
    expect(error.message).toContain(hint);
  });

  test("G2 all faults come in one error", async () => {
    const error = await errorOf(() => make(undefined, { origin: [], statuses: [1] }));
    expect(error.issues).toMatchObject([{ path: "provider" }, { path: "origin" }, { path: "statuses" }]);
  });
});

test("G5 authFetch's fetch must be a function, and its options an object", async () => {
  expect(await errorOf(() => authFetch(scriptedProvider(), { fetch: {} as never }))).toMatchObject({
    issues: [{ path: "fetch" }],
  });
  expect(await errorOf(() => authFetch(scriptedProvider(), fetch as never))).toMatchObject({
    issues: [{ path: "options" }],
  });
});

test.each([[undefined], [{}], [{ origins: null }], [{ origins: "some" }]])(
  "W5 authInterceptor with the options %j: origins must be said",
  async (options) => {
    const error = await errorOf(() => authInterceptor(scriptedProvider(), options as never));
    expect(error).toMatchObject({ code: "config", issues: [{ path: "origins" }] });
    expect(error.message).toContain('"any"');
  },
);
