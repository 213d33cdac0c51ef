/** Expiries: the real one is told, or none; five minutes from now only where a client's type demands one. */

import { describe, expect, test } from "vitest";
import {
  awsToken,
  azureCredential,
  googleRefreshHandler,
  kafkaOauthBearer,
  mongoOidc,
  smtpXoauth2,
} from "../../src/adapters/index.js";
import { type AuthProvider, Credential, StaticProvider, TokenCache } from "../../src/index.js";
import { over } from "../support/cache-provider.js";
import { numberedIssuer } from "../support/issuers.js";

/** What the client is told, in milliseconds since the epoch. */
type Told = (provider: AuthProvider) => Promise<number | undefined>;

const demanding: Record<string, Told> = {
  azureCredential: async (provider) => (await azureCredential(provider).getToken("scope")).expiresOnTimestamp,
  googleRefreshHandler: async (provider) => (await googleRefreshHandler(provider)()).expiry_date,
  kafkaOauthBearer: async (provider) => (await kafkaOauthBearer(provider)()).lifetime,
};

const content: Record<string, Told> = {
  awsToken: async (provider) => (await awsToken(provider)()).expiration?.getTime(),
  smtpXoauth2: (provider) =>
    new Promise((resolve) => smtpXoauth2(provider)("ann", false, (_error, _token, expires) => resolve(expires))),
  mongoOidc: async (provider) => {
    const { expiresInSeconds } = await mongoOidc(provider)();
    return expiresInSeconds && Date.now() + expiresInSeconds * 1000;
  },
};

describe.each(Object.entries({ ...demanding, ...content }))("%s", (_name, ask) => {
  test.each([[3600], [61.5], [10 ** 9]])("C13 tells the real expiry of a token of %d s", async (lifetime) => {
    const provider = over(new TokenCache(numberedIssuer(lifetime).issue));
    const expiresAt = Credential.expiresAt(await provider.getToken()) as number;
    const told = (await ask(provider)) as number;
    // Where a client counts whole seconds, less than one of them and the time of this test are lost.
    expect(told).toBeLessThanOrEqual(expiresAt + 1);
    expect(told).toBeGreaterThan(expiresAt - 1001);
  });
});

describe.each(Object.entries(demanding))("%s", (_name, ask) => {
  test.each([
    ["a static token", new StaticProvider({ token: "t" })],
    ["a token without a lifetime", over(new TokenCache(numberedIssuer().issue))],
  ])("C13 says of %s that it expires in five minutes", async (_what, provider) => {
    const before = Date.now();
    const told = (await ask(provider)) as number;
    expect(told - before).toBeGreaterThanOrEqual(300_000);
    expect(told - Date.now()).toBeLessThanOrEqual(300_000);
  });
});

describe.each(Object.entries(content))("%s", (_name, ask) => {
  test.each([
    ["a static token", new StaticProvider({ token: "t" })],
    ["a token without a lifetime", over(new TokenCache(numberedIssuer().issue))],
  ])("C13 tells no expiry of %s", async (_what, provider) => {
    expect(await ask(provider)).toBeUndefined();
  });
});

test("C13 an expiry that is absent is no property: drivers refuse what they do not know", async () => {
  const provider = new StaticProvider({ token: "t" });
  expect(Object.keys(await mongoOidc(provider)())).toEqual(["accessToken"]);
  expect(Object.keys(await awsToken(provider)())).toEqual(["token"]);
  expect(Object.keys(await kafkaOauthBearer(provider)())).toEqual(["value", "principal", "lifetime"]);
});

test("Kafka's clients get the principal, and extensions of their own that the caller cannot change later", async () => {
  const extensions = { logicalCluster: "lkc-1" };
  const ask = kafkaOauthBearer(new StaticProvider({ token: "t" }), { principal: "reports", extensions });
  const first = await ask();
  Object.assign(first.extensions as object, { logicalCluster: "changed" });
  expect(await ask()).toMatchObject({ value: "t", principal: "reports", extensions: { logicalCluster: "lkc-1" } });
});
