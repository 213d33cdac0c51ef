import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { Credential, StaticProvider } from "../../src/index.js";

describe("static", () => {
  test.each([
    [{ token: "t" }, Credential.bearer("t")],
    [{ header: "X-Api-Key", value: "k" }, Credential.header("X-Api-Key", "k")],
    [{ username: "u", password: "p" }, Credential.basic("u", "p")],
    [{ username: "key", password: "" }, Credential.basic("key", "")],
  ])("%j", async (config, credential) => {
    const provider = new StaticProvider(config);
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
});
