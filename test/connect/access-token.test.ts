import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import {
  type AuthProvider,
  accessToken,
  applyCredential,
  bareToken,
  Credential,
  credentialHeaders,
  StaticProvider,
  TokenCache,
} from "../../src/index.js";

function giving(credential: Credential): AuthProvider {
  return { type: "mine", name: "mine", getToken: async () => credential, invalidate: async () => credential };
}

describe("accessToken", () => {
  test.each([
    [Credential.bearer("t0ken"), "t0ken"],
    [Credential.token("t0ken"), "t0ken"],
    [Credential.header("X-Api-Key", "k3y"), "k3y"],
  ])("gives the text of a credential: %j", async (credential, token) => {
    const bare = await accessToken(giving(credential));
    expect(bare.token).toBe(token);
    expect(bare.credential).toBe(credential);
    expect(Object.keys(bare).sort()).toEqual(["credential", "token"]);
  });

  test("C13 gives the expiry of the very token, where there is one", async () => {
    const clock = () => 1_700_000_000_000;
    const cache = new TokenCache(async () => ({ credential: Credential.bearer("t0ken"), expiresIn: 60 }), { clock });
    const credential = await cache.getToken();
    expect(await accessToken(giving(credential))).toEqual({ token: "t0ken", expiresAt: clock() + 60_000, credential });
    expect((await accessToken(giving(credential))).credential).toBe(credential);
  });

  test.each([
    [Credential.basic("ann", "s3cr3t"), /type "basic" is not a single text/],
    [Credential.headers({ "X-A": "s3cr3t" }), /type "headers" is not a single text/],
    [undefined as never, /is not a single text/],
  ])("rejects where there is no single text: %j", async (credential, message) => {
    const failure = await accessToken(giving(credential)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TypeError);
    expect(inspect(failure)).toMatch(message);
    expect(inspect(failure)).not.toContain("s3cr3t");
  });

  test("C8 the signal reaches the provider", async () => {
    const signal = AbortSignal.abort("gone");
    await expect(accessToken(new StaticProvider({ token: "t" }), { signal })).rejects.toBe("gone");
  });

  test.each([[undefined], [null], ["provider"], [{}], [StaticProvider]])(
    "%# what is no provider is a TypeError",
    async (provider) => {
      await expect(accessToken(provider as never)).rejects.toThrow(/takes a provider/);
    },
  );
});

describe("bareToken", () => {
  test("gives the text of what invalidate() gives", async () => {
    const provider = new StaticProvider({ token: "t0ken" });
    const next = await provider.invalidate(await provider.getToken());
    expect(bareToken(next)).toEqual({ token: "t0ken", credential: next });
  });

  test.each([[Credential.basic("ann", "s3cr3t")], [Credential.headers({ "X-A": "s3cr3t" })], [undefined as never]])(
    "throws where there is no single text: %j",
    (credential) => {
      expect(() => bareToken(credential)).toThrow(TypeError);
    },
  );
});

describe("a credential of several headers", () => {
  const credential = Credential.headers({ "X-Api-Key": "k3y", "X-Tenant": "acme" });

  test("is these headers", () => {
    expect(credentialHeaders(credential)).toEqual({ "X-Api-Key": "k3y", "X-Tenant": "acme" });
  });

  test("goes onto a request, replacing what is there and nothing else", () => {
    const headers = new Headers({ "x-tenant": "old", other: "kept" });
    applyCredential({ method: "GET", url: new URL("https://api.example"), headers }, credential);
    expect([...headers]).toEqual([
      ["other", "kept"],
      ["x-api-key", "k3y"],
      ["x-tenant", "acme"],
    ]);
  });
});
