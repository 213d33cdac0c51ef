import { inspect } from "node:util";
import { describe, expect, test, vi } from "vitest";
import {
  type AuthProvider,
  Credential,
  OAuth2ClientCredentialsProvider,
  OAuth2RefreshProvider,
  StaticProvider,
  TokenEndpointProvider,
} from "../../src/index.js";

const client = { token_url: "https://idp.example/token", client_id: "id", client_secret: "s3cr3t" };
const providers = [
  new StaticProvider({ token: "s3cr3t" }),
  new OAuth2ClientCredentialsProvider(client),
  new OAuth2RefreshProvider({ ...client, refresh_token: "s3cr3t" }),
  new TokenEndpointProvider({ url: "https://idp.example/login", token_path: "$.t", body: { password: "s3cr3t" } }),
].map((provider) => [provider.type, provider] as const);

describe.each(providers)("a provider of type %s", (type, provider) => {
  const wrappers: [string, AuthProvider][] = [
    ["a Proxy", new Proxy(provider, {})],
    ["a Proxy of a Proxy", new Proxy(new Proxy(provider, {}), {})],
    ["an object that inherits from it", Object.create(provider)],
  ];

  test.each(wrappers)("S4 %s prints as it does, and its methods work", async (_what, wrapper) => {
    expect(inspect(wrapper)).toBe(inspect(provider));
    expect(JSON.stringify(wrapper)).toBe(JSON.stringify(provider));
    expect(JSON.stringify(wrapper)).toContain(`"type":"${type}"`);
    expect(inspect({ wrapper }, { depth: null, showHidden: true, showProxy: true })).not.toContain("s3cr3t");
    expect(wrapper.status?.()).toEqual(provider.status());
    await expect(wrapper.getToken({ signal: AbortSignal.abort("gone") })).rejects.toBe("gone");
  });

  test("S4 what has its prototype prints too", () => {
    const prototype = Object.getPrototypeOf(provider);
    for (const hollow of [prototype, Object.create(prototype)]) {
      expect(() => inspect(hollow)).not.toThrow();
      expect(JSON.stringify(hollow)).toBe("{}");
    }
  });

  test("C2 its methods may be taken out of it", async () => {
    const { getToken, invalidate, status } = provider;
    const signal = AbortSignal.abort("gone");
    await expect(getToken({ signal })).rejects.toBe("gone");
    await expect(invalidate(Credential.bearer("old"), { signal })).rejects.toBe("gone");
    expect(status()).toMatchObject({ inFlight: false });
    expect(provider.getToken).toBe(provider.getToken);
    expect(Object.keys(provider)).toEqual(["type", "name"]);
  });

  test("its methods can be replaced by a test", async () => {
    const spy = vi.spyOn(provider, "getToken").mockResolvedValue(Credential.bearer("fake"));
    expect(await provider.getToken()).toEqual(Credential.bearer("fake"));
    spy.mockRestore();
  });
});
