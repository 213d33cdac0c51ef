/**
 * One process may hold two copies of the library, the ES module and the CommonJS build, and subpaths of both: whatever one
 * has made works with the other.
 */

import { describe, expect, test } from "vitest";
import { startApi } from "../support/api.js";
import { run } from "../support/child.js";
import { newFolder } from "../support/folder.js";

/** All four, as a program has them that imports the one and depends on what requires the other. */
const prelude = `
  import { createRequire } from "node:module";
  import assert from "node:assert/strict";
  import { inspect } from "node:util";
  import * as esm from "faucet-auth";
  import * as esmAdapters from "faucet-auth/adapters";
  const require = createRequire(process.cwd() + "/x.js");
  const cjs = require("faucet-auth");
  const cjsAdapters = require("faucet-auth/adapters");
  const copies = [{ ...esm, ...esmAdapters, name: "esm" }, { ...cjs, ...cjsAdapters, name: "cjs" }];
  /** Issues t1, t2, … for an hour. */
  const numbered = (copy, options) => {
    let n = 0;
    return new copy.TokenCache(async () => ({ credential: copy.Credential.bearer("t" + ++n), expiresIn: 3600 }), options);
  };
  const pairs = copies.flatMap((maker) => copies.map((user) => [maker, user]));`;

/** What the program prints for each pair of copies. */
async function printedBy(program: string): Promise<string[]> {
  const { code, stdout, stderr } = await run("module", `${prelude}\n${program}`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout.trimEnd().split("\n");
}

const eachPair = (...found: unknown[]) => Array(4).fill(found.join(" "));

describe("two copies, and subpaths of both", () => {
  test("a subpath holds no copy of its own: four entries are two copies", async () => {
    expect(
      await printedBy(`
      console.log(esm.Credential === cjs.Credential, esm.TokenCache === cjs.TokenCache, esmAdapters.tokenFunction === cjsAdapters.tokenFunction);
      const cached = Object.keys(require.cache).filter((path) => path.includes("dist"));
      console.log(cached.map((path) => path.split("/").at(-1)).sort().join(" "));`),
    ).toEqual(["false false false", "adapters.cjs index.cjs"]);
  });

  test("C13 the expiry and the bare token of a credential are read by each", async () => {
    expect(
      await printedBy(`
      for (const [maker, user] of pairs) {
        const clock = () => 1_700_000_000_000;
        const provider = numbered(maker, { clock });
        const { token, expiresAt, credential } = await user.accessToken(provider);
        const adapted = await user.tokenFunction(provider)();
        console.log(token, adapted, expiresAt - clock(), user.Credential.expiresAt(credential) === expiresAt);
      }`),
    ).toEqual(eachPair("t1", "t1", 3_600_000, true));
  });

  test("C13 no copy prints more of what another has made", async () => {
    expect(
      await printedBy(`
      for (const [maker, user] of pairs) {
        const credential = await numbered(maker).getToken();
        const other = user.Credential.bearer("t1");
        console.log(inspect(credential), user.Credential.equals(credential, other), JSON.stringify(credential) === JSON.stringify(other));
      }`),
    ).toEqual(eachPair("{ type: 'bearer', token: '***' }", true, true));
  });

  test("W1 C3 authFetch of each reports to a provider of each by the very object, and late reports cost nothing", async () => {
    const api = await startApi(["Bearer t2", "Bearer t3"]);
    expect(
      await printedBy(`
      for (const [maker, user] of pairs) {
        const provider = numbered(maker);
        const first = await provider.getToken();
        const send = user.authFetch(provider);
        const statuses = await Promise.all([1, 2, 3].map(async () => (await send(${JSON.stringify(api.origin)})).status));
        const late = await provider.invalidate(first);
        const copied = await provider.invalidate(user.Credential.bearer("t2"));
        console.log(statuses.join(), late.token, copied.token, provider.status().counts.flights);
      }`),
    ).toEqual(eachPair("200,200,200", "t2", "t3", 3));
  });

  test("F5 what a wrapper of each has seen accepted, the cache of each believes", async () => {
    const api = await startApi();
    api.answerWith((_request, response) => response.end("rows"));
    expect(
      await printedBy(`
      for (const [maker, user] of pairs) {
        const provider = numbered(maker);
        const send = user.authFetch(provider);
        for (let n = 1; n <= 6; n += 1) {
          await send(${JSON.stringify(api.origin)});
          await provider.invalidate(await provider.getToken());
        }
        console.log((await provider.getToken()).token);
      }`),
    ).toEqual(eachPair("t7"));
  });

  test("C1 a request that an issuer makes through a wrapper of the other copy does not wait for itself", async () => {
    const api = await startApi();
    expect(
      await printedBy(`
      for (const [maker, user] of pairs) {
        let send;
        const provider = new maker.TokenCache(async () => {
          const { status } = await send(${JSON.stringify(api.origin)});
          return { credential: maker.Credential.bearer("t" + status) };
        });
        send = user.authFetch(provider);
        console.log((await provider.getToken()).token);
      }`),
    ).toEqual(eachPair("t401"));
  });

  test("D10 an issuer that one has made durable is kept by a cache of the other", async () => {
    const path = await newFolder();
    expect(
      await printedBy(`
      for (const [maker, user] of pairs) {
        const store = new maker.FileTokenStore(${JSON.stringify(path)} + "/" + maker.name + user.name);
        let calls = 0;
        const issue = maker.durable(async ({ refreshToken }) => {
          calls += 1;
          return { credential: user.Credential.bearer("t" + calls), refreshToken: "r" + calls + (refreshToken ?? "") };
        }, { store, key: "k" });
        for (let run = 0; run < 2; run += 1) {
          const cache = new user.TokenCache(issue);
          await cache.getToken();
          await cache.close();
        }
        const { refreshToken } = JSON.parse((await store.read("k")).text);
        await store.close();
        console.log(calls, refreshToken);
      }`),
    ).toEqual(eachPair(1, "r1"));
  });

  test("C14 a client that is told of tokens by an adapter of one is told by a provider of the other", async () => {
    expect(
      await printedBy(`
      for (const [maker, user] of pairs) {
        const provider = numbered(maker);
        const current = await user.currentToken(provider);
        const before = current();
        await provider.invalidate(await provider.getToken());
        await new Promise(setImmediate);
        console.log(before, current());
        await provider.close();
      }`),
    ).toEqual(eachPair("t1", "t2"));
  });
});
