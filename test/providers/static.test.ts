import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { Credential, type StaticConfig, StaticProvider } from "../../src/index.js";
import { errorOf } from "../support/errors.js";

describe("static", () => {
  test.each([
    [{ token: "t" }, Credential.bearer("t")],
    [{ header: "X-Api-Key", value: "k" }, Credential.header("X-Api-Key", "k")],
    [{ header: "Authorization", value: "Bearer t" }, Credential.header("Authorization", "Bearer t")],
    [{ headers: { "X-Api-Key": "k", "X-Tenant": "t" } }, Credential.headers({ "X-Api-Key": "k", "X-Tenant": "t" })],
    [{ headers: { "X-Api-Key": "k" }, token: null }, Credential.headers({ "X-Api-Key": "k" })],
    [{ username: "u", password: "p" }, Credential.basic("u", "p")],
    [{ username: "key", password: "" }, Credential.basic("key", "")],
  ])("%j", async (config, credential) => {
    const provider = new StaticProvider(config as StaticConfig);
    expect(await provider.getToken()).toEqual(credential);
    expect(provider).toMatchObject({ type: "static", name: "static" });
  });

  test("there is nothing to refresh: invalidate gives the same credential", async () => {
    const provider = new StaticProvider({ token: "t" }, { name: "mine" });
    const token = await provider.getToken();
    expect(await provider.invalidate(token)).toBe(token);
    expect(await provider.invalidate(Credential.bearer("other"))).toBe(token);
    expect(provider.name).toBe("mine");
  });

  test("C2 it hands out one promise; C8 not to one who has left", async () => {
    const provider = new StaticProvider({ token: "t" });
    expect(provider.getToken()).toBe(provider.getToken());
    await expect(provider.getToken({ signal: AbortSignal.abort("gone") })).rejects.toBe("gone");
  });

  test("S1 it prints without its secret", () => {
    const provider = new StaticProvider({ header: "X-Api-Key", value: "s3cr3t" });
    const printed =
      inspect([provider], { depth: null, showHidden: true }) + JSON.stringify(provider) + String(provider);
    expect(printed).not.toContain("s3cr3t");
    expect(printed).toContain("X-Api-Key");
    expect(inspect(provider, { customInspect: false, showHidden: true, depth: null })).not.toContain("s3cr3t");
  });

  test.each([
    [{ username: "sk_live_s3cr3t", password: "" }],
    [{ headers: { "X-A": "s3cr3t", "X-B": "s3cr3t" } }],
    [{ token: "s3cr3t" }],
  ])("S3 %# it prints no key, not as user name beside an empty password either", (config) => {
    const provider = new StaticProvider(config);
    const printed = [
      inspect(provider, { depth: null }),
      inspect(provider, { customInspect: false, showHidden: true, depth: null }),
      inspect({ ...provider }, { depth: null, getters: true, customInspect: false }),
      JSON.stringify(provider),
    ];
    expect(printed.join("\n")).not.toContain("s3cr3t");
    expect(printed[0]).toContain("***");
  });

  test.each([
    ["Bearer s3cr3t", /^token: begins with "Bearer ": leave that out/],
    ["bearer s3cr3t", /^token: begins with "Bearer "/],
    ["BEARER\ts3cr3t", /^token: begins with "Bearer "/],
    ["Basic czNjcjN0", /^token: begins with "Basic ": give username and password/],
    ["basic czNjcjN0", /^token: begins with "Basic "/],
  ])("G2 the token %j is a fault", async (token, message) => {
    const error = await errorOf(() => new StaticProvider({ token }));
    expect(error).toMatchObject({ code: "config", issues: [{ path: "token" }] });
    expect(error.message.replace("static: ", "")).toMatch(message);
    expect(error.message).not.toMatch(/s3cr3t|czNjcjN0/);
  });

  test.each([["bearer"], ["Bearers3cr3t"], ["basic.1"]])("G2 the token %j is a token", (token) => {
    expect(() => new StaticProvider({ token })).not.toThrow();
  });

  test.each([
    [{ headers: { "X Y": "s3cr3t" } }, { "headers.…": "is not the name of a header (RFC 9110 §5.1)" }],
    [{ headers: { "X-A": "s3cr3t", "x-a": "s3cr3t" } }, { "headers.x-a": "is given twice" }],
    [{ headers: { "X-A": "" } }, { "headers.X-A": "is empty" }],
    [{ headers: { "X-A": true } }, { "headers.X-A": "must be a string, not a boolean" }],
    [{ headers: ["s3cr3t"] }, { headers: "must be a mapping of names to values, not a list" }],
    [{ headers: new Headers() }, { headers: "must be a mapping of names to values, not a Headers" }],
    [{ headers: new Map() }, { headers: "is a Map: a configuration has plain objects and lists" }],
    [
      { headers: { "X-A": "a" }, token: "s3cr3t" },
      { "": "exactly one of token, header with value, headers, username with password; it has token, headers" },
    ],
  ])("G2 %j is a fault", async (config, faults) => {
    const error = await errorOf(() => new StaticProvider(config as never));
    const { issues } = error as unknown as { issues: { path: string; message: string }[] };
    expect(Object.fromEntries(issues.map(({ path, message }) => [path, message]))).toEqual(faults);
    expect(error.message).not.toContain("s3cr3t");
  });
});
