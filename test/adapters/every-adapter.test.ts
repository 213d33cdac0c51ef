/** What all adapters have in common: the text of a token, the provider's own errors, no secret in print. */

import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import * as adapters from "../../src/adapters/index.js";
import { type AuthProvider, Credential, StaticProvider, TokenCache } from "../../src/index.js";
import { over } from "../support/cache-provider.js";
import { errorOf } from "../support/errors.js";
import { numberedIssuer } from "../support/issuers.js";
import { scriptedProvider } from "../support/scripted-provider.js";
import { givingText } from "./asking.js";

/** A provider that gives what it is told to. */
function providing(credential: Credential): AuthProvider {
  return over(new TokenCache(async () => ({ credential })));
}

describe.each(Object.entries(givingText))("%s", (_name, adapt) => {
  test.each([
    [Credential.bearer("t0ken"), "t0ken"],
    [Credential.token("t0ken"), "t0ken"],
    [Credential.header("X-Api-Key", "k3y"), "k3y"],
  ])("gives the text of %j", async (credential, text) => {
    expect(await adapt(providing(credential))()).toBe(text);
  });

  test.each([
    [Credential.basic("ann", "s3cr3t"), "basic"],
    [Credential.headers({ "X-A": "s3cr3t", "X-B": "s3cr3t" }), "headers"],
  ])("S1 %j is a TypeError that says what to do", async (credential, type) => {
    const error = await errorOf(() => adapt(providing(credential))());
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain(`type "${type}" is not a single text`);
    expect(error.message).toContain("credentialHeaders()");
    expect(inspect(error)).not.toContain("s3cr3t");
  });

  test("an error of the provider comes through as it is", async () => {
    const failure = new Error("the IdP is down");
    expect(await errorOf(adapt(over(new TokenCache(() => Promise.reject(failure)))))).toBe(failure);
  });

  test("C1 a thousand clients that ask at once share one token", async () => {
    const { issue, calls } = numberedIssuer(3600);
    const ask = adapt(over(new TokenCache(issue)));
    const texts = await Promise.all(Array.from({ length: 1000 }, ask));
    expect([calls.length, ...new Set(texts)]).toEqual([1, "token-1"]);
  });
});

/** Each adapter, made with a provider and with options. */
const makers: Record<string, (provider: AuthProvider, options?: object) => unknown> = {
  ...(adapters as unknown as Record<string, (provider: AuthProvider, options?: object) => unknown>),
  onToken: (provider, options) => adapters.onToken(provider, () => {}, options),
};

/** The adapters that have options, with a word that nearly is one of them. */
const withOptions: Record<string, [misspelt: object, known: string]> = {
  azureCredential: [{ per_scope: true }, "perScope"],
  currentToken: [{ onerror() {} }, "onError"],
  kafkaOauthBearer: [{ principle: "reports" }, "principal, extensions"],
  onToken: [{ onerror() {} }, "onError"],
  redisCredentials: [{ user: "reports" }, "username, onError"],
};

describe.each(Object.entries(makers))("making %s", (name, make) => {
  test.each([[undefined], [null], ["t0ken-s3cr3t"], [{ getToken: async () => {} }], [StaticProvider]])(
    "G5 %# what is no provider is a fault at once",
    async (given) => {
      const error = await errorOf(() => make(given as never));
      expect(error).toMatchObject({ code: "config", issues: [{ path: "provider" }] });
      expect(error.message).toMatch(new RegExp(`^${name}: provider: must be an object with getToken\\(\\)`));
      expect(error.message).not.toContain("s3cr3t");
    },
  );

  test("S1 S4 prints without a secret", async () => {
    const provider = providing(Credential.bearer("s3cr3t-t0ken"));
    await provider.getToken();
    const made = await make(provider);
    await (made as { subscribe?: (listener: object) => unknown }).subscribe?.({ onNext() {} });
    expect(inspect(made, { depth: null, showHidden: true })).not.toContain("s3cr3t");
    expect(JSON.stringify(made) ?? "").not.toContain("s3cr3t");
    expect(String(made)).not.toContain("s3cr3t");
  });
});

describe.each(Object.entries(withOptions))("options of %s", (name, [misspelt, known]) => {
  const make = makers[name] as (provider: AuthProvider, options?: unknown) => unknown;
  const provider = providing(Credential.bearer("t"));

  test("G5 one that is not known is a fault that names those that are", async () => {
    const error = await errorOf(() => make(provider, misspelt));
    expect(error).toMatchObject({ code: "config", issues: [{ path: Object.keys(misspelt)[0] }] });
    expect(error.message).toContain(`unknown option; there are: ${known}`);
  });

  test.each([[null], ["reports"], [[]]])("G5 what is no object is a fault: %j", async (options) => {
    const error = await errorOf(() => make(provider, options));
    expect(error).toMatchObject({ code: "config", issues: [{ path: "options" }] });
  });

  test("an option that is undefined is left out", async () => {
    for (const option of known.split(", ")) await make(provider, { [option]: undefined });
  });
});

test.each([
  ["azureCredential", { perScope: "yes" }, "true or false"],
  ["kafkaOauthBearer", { principal: 1 }, "a string"],
  ["kafkaOauthBearer", { extensions: "a=b" }, "an object of strings"],
  ["kafkaOauthBearer", { extensions: { auth: "x" } }, "not auth"],
  ["kafkaOauthBearer", { extensions: { "a-b": "x" } }, "letters"],
  ["kafkaOauthBearer", { extensions: { a: "x\u0001auth=Bearer y" } }, "an object of strings"],
  ["redisCredentials", { username: null }, "a string"],
  ["redisCredentials", { onError: "log" }, "a function"],
  ["onToken", { onError: {} }, "a function"],
  ["currentToken", { onError: {} }, "a function"],
])("G5 %s with %j is a fault that says what would be right", async (name, options, hint) => {
  const error = await errorOf(() => makers[name]?.(scriptedProvider(), options));
  expect(error).toMatchObject({ code: "config" });
  expect(error.message).toContain(hint);
});

test.each([
  ["watch", "onToken", (provider: AuthProvider) => adapters.onToken(provider, () => {})],
  ["watch", "currentToken", (provider: AuthProvider) => adapters.currentToken(provider)],
  ["watch", "redisCredentials", (provider: AuthProvider) => adapters.redisCredentials(provider)],
  ["for", "azureCredential", (provider: AuthProvider) => adapters.azureCredential(provider, { perScope: true })],
])("without %s() a provider is a TypeError of %s, which says so", async (method, adapter, make) => {
  const error = await errorOf(() => make(scriptedProvider()));
  expect(error).toBeInstanceOf(TypeError);
  expect(error.message).toContain(adapter);
  expect(error.message).toContain(`needs a provider with ${method}(), which "scripted" has not`);
});
