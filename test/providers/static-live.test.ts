/** A `static` credential that stands in a file, or comes from a function (V1, V3, C2, C14). */

import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AuthCatalog, Credential, StaticProvider } from "../../src/index.js";
import { testClock } from "../support/clock.js";
import { errorOf } from "../support/errors.js";
import { eventually } from "../support/eventually.js";
import { faultsOf } from "../support/faults.js";
import { newFolder } from "../support/folder.js";

async function newFile(text: string): Promise<string> {
  const path = join(await newFolder(), "secret");
  await writeFile(path, text);
  return path;
}

async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.next`, text);
  await rename(`${path}.next`, path);
}

describe("V1 a file", () => {
  test.each([
    [(file: string) => ({ token: { file } }), Credential.bearer("one"), Credential.bearer("two")],
    [
      (file: string) => ({ header: "X-Key", value: { file } }),
      Credential.header("X-Key", "one"),
      Credential.header("X-Key", "two"),
    ],
    [
      (file: string) => ({ headers: { "X-Key": { file }, "X-Tenant": "acme" } }),
      Credential.headers({ "X-Key": "one", "X-Tenant": "acme" }),
      Credential.headers({ "X-Key": "two", "X-Tenant": "acme" }),
    ],
    [
      (file: string) => ({ username: "u", password: { file } }),
      Credential.basic("u", "one"),
      Credential.basic("u", "two"),
    ],
    [
      (file: string) => ({ username: { file }, password: "" }),
      Credential.basic("one", ""),
      Credential.basic("two", ""),
    ],
  ])("V1 is read at construction, and on invalidate(): %#", async (configOf, one, two) => {
    const file = await newFile("one\n");
    const provider = new StaticProvider(configOf(file));
    const first = await provider.getToken();
    expect(Credential.equals(first, one)).toBe(true);
    expect(await provider.invalidate(first)).toBe(first);
    await replace(file, "two\n");
    const second = await provider.invalidate(first);
    expect(Credential.equals(second, two)).toBe(true);
    expect(await provider.getToken()).toBe(second);
    expect(provider.status()).toMatchObject({ state: "fresh", generation: 2, consecutiveFailures: 0 });
  });

  test("V1 C2 while it is asked, it is read behind the callers, once a minute at most", async () => {
    const [file, clock] = [await newFile("one"), testClock()];
    const provider = new StaticProvider({ token: { file } }, { clock });
    const promise = provider.getToken();
    await replace(file, "two");
    clock.advance(59);
    expect(provider.getToken()).toBe(promise);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(provider.getToken()).toBe(promise);
    clock.advance(1);
    // The caller that finds it due gets what is held; it waits for no reading.
    expect(provider.getToken()).toBe(promise);
    await eventually(() => expect(provider.getToken()).not.toBe(promise));
    expect(await provider.getToken()).toMatchObject({ token: "two" });
    await replace(file, "three");
    const second = provider.getToken();
    clock.advance(30);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(provider.getToken()).toBe(second);
  });

  test("V1 C10 a clock that jumps back does not keep it from being read", async () => {
    const [file, clock] = [await newFile("one"), testClock()];
    const provider = new StaticProvider({ token: { file } }, { clock });
    await replace(file, "two");
    clock.advance(-3600);
    await eventually(async () => expect(await provider.getToken()).toMatchObject({ token: "two" }));
  });

  test("V1 W2 a hundred reports at once share one reading, and each gets what was there when it came", async () => {
    const file = await newFile("one");
    const provider = new StaticProvider({ token: { file } });
    const first = await provider.getToken();
    const early = Array.from({ length: 50 }, () => provider.invalidate(first));
    await replace(file, "two");
    const late = Array.from({ length: 50 }, () => provider.invalidate(first));
    await Promise.all(early);
    expect(new Set(await Promise.all(late))).toEqual(new Set([await provider.getToken()]));
    expect(await provider.getToken()).toMatchObject({ token: "two" });
    expect(provider.status().generation).toBe(2);
  });

  test("V3 one that cannot be read is a fault at construction, with its place", async () => {
    const file = join(await newFolder(), "missing");
    const message = `the file ${file} cannot be read (ENOENT)`;
    expect(await faultsOf("static", { token: { file } })).toEqual({ "token.file": message });
    expect(await faultsOf("static", { headers: { "X-Key": { file } } })).toEqual({ "headers.X-Key.file": message });
    expect(await faultsOf("bearer", { token: { file } })).toEqual({ "token.file": message });
    expect(await faultsOf("custom", { headers: { "X-Key": { file } } })).toEqual({ "headers.X-Key.file": message });
  });

  test.each([
    ["a whole header", "Bearer t0ken", /begins with "Bearer "/],
    ["two lines", "a\nb", /cannot stand in a header/],
    ["nothing", "", /is empty/],
  ])("V3 A5 %s is no token", async (_what, text, reason) => {
    const file = await newFile(text);
    expect(await faultsOf("static", { token: { file } })).toEqual({ "token.file": expect.stringMatching(reason) });
  });

  test("V3 later it is a retryable ConfigError for those who report, and the others are served", async () => {
    const [file, clock] = [await newFile("one"), testClock()];
    const provider = new StaticProvider({ token: { file } }, { clock, name: "legacy" });
    const first = await provider.getToken();
    await rm(file);
    const error = await errorOf(() => provider.invalidate(first));
    expect(error).toMatchObject({ code: "config", retryable: true, provider: "legacy" });
    expect(error.message).toBe(`legacy: configuration: token: the file ${file} cannot be read (ENOENT)`);
    expect(await provider.getToken()).toBe(first);
    expect(provider.status()).toMatchObject({ state: "fresh", consecutiveFailures: 1, lastError: { code: "config" } });
    await writeFile(file, "two");
    expect(await provider.invalidate(first)).toMatchObject({ token: "two" });
    expect(provider.status()).toMatchObject({ consecutiveFailures: 0 });
  });

  test("V3 C9 a reading behind the callers that fails harms nobody", async () => {
    const [file, clock] = [await newFile("one"), testClock()];
    const provider = new StaticProvider({ token: { file } }, { clock });
    const first = await provider.getToken();
    await rm(file);
    clock.advance(60);
    expect(await provider.getToken()).toBe(first);
    await eventually(() => expect(provider.status().consecutiveFailures).toBe(1));
    expect(await provider.getToken()).toBe(first);
  });

  test("V1 D11 in a document it stands beside it, by the names that connectors have too", async () => {
    const file = await newFile("of the folder");
    const folder = join(file, "..");
    await writeFile(join(folder, "p.yaml"), "auth:\n  a: { type: static, config: { token: { file: secret } } }\n");
    await using catalog = await AuthCatalog.load(join(folder, "p.yaml"));
    const forms = [
      { ref: "a" },
      { type: "bearer", config: { token: { file: "secret" } } },
      { type: "basic", config: { username: "u", password: { file: "secret" } } },
      { type: "api_key", config: { header: "X-Key", value: { file: "secret" } } },
      { type: "custom", config: { headers: { "X-Key": { file: "secret" }, "X-Flag": true, "X-Number": 7 } } },
    ];
    const credentials = await Promise.all(forms.map((auth) => catalog.resolve(auth).getToken()));
    const expected = [
      Credential.bearer("of the folder"),
      Credential.bearer("of the folder"),
      Credential.basic("u", "of the folder"),
      Credential.header("X-Key", "of the folder"),
      Credential.headers({ "X-Key": "of the folder", "X-Flag": "true", "X-Number": "7" }),
    ];
    expect(
      credentials.map((credential, index) => Credential.equals(credential, expected[index] as Credential)),
    ).toEqual(expected.map(() => true));
  });

  test("S1 nothing of it is printed", async () => {
    const provider = new StaticProvider({ username: "visible", password: { file: await newFile("s3cr3t") } });
    await provider.getToken();
    const printed = inspect(provider, { depth: 20, showHidden: true, getters: true }) + JSON.stringify(provider);
    expect(printed).not.toContain("s3cr3t");
    expect(printed).toContain("visible");
  });
});

describe("V1 a function", () => {
  test("V1 C1 is called when somebody asks, once for all, and again on invalidate()", async () => {
    let calls = 0;
    const provider = new StaticProvider({ token: async () => `token-${++calls}\n` });
    expect(provider.status()).toMatchObject({ state: "empty", generation: 0 });
    expect(provider.status()).not.toHaveProperty("issuedAt");
    expect(JSON.stringify(provider)).toContain('"token":"***"');
    const [first, ...others] = await Promise.all(Array.from({ length: 100 }, () => provider.getToken()));
    expect(new Set([first, ...others]).size).toBe(1);
    expect(calls).toBe(1);
    expect(await provider.invalidate(first as Credential)).toMatchObject({ token: "token-2" });
    expect(await provider.getToken()).toMatchObject({ token: "token-2" });
    expect(calls).toBe(2);
  });

  test("V3 C7 one that fails is called again for the next caller", async () => {
    let calls = 0;
    const give = async () => {
      calls += 1;
      if (calls === 1) throw new Error("the vault is sealed");
      return "t";
    };
    const provider = new StaticProvider({ token: give }, { name: "vaulted" });
    const error = await errorOf(() => provider.getToken());
    expect(error).toMatchObject({ code: "config", retryable: true, provider: "vaulted" });
    expect(error.message).toMatch(/token: its function has failed: the vault is sealed$/);
    expect(provider.status()).toMatchObject({ state: "failing", consecutiveFailures: 1 });
    expect(await provider.getToken()).toMatchObject({ token: "t" });
  });

  test("C8 a caller may leave, and after close() nobody is served", async () => {
    let give: (text: string) => void = () => {};
    const provider = new StaticProvider({ token: () => new Promise<string>((resolve) => (give = resolve)) });
    const leaving = new AbortController();
    const left = errorOf(() => provider.getToken({ signal: leaving.signal }));
    const staying = provider.getToken();
    leaving.abort(new Error("gone"));
    expect((await left).message).toBe("gone");
    give("t");
    expect(await staying).toMatchObject({ token: "t" });
    await provider.close();
    expect(await errorOf(() => provider.invalidate(Credential.bearer("t")))).toMatchObject({ code: "closed" });
  });
});

describe("C14 a credential that is watched", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("C14 is read every minute without callers, until nobody watches", async () => {
    const file = await newFile("one");
    const provider = new StaticProvider({ token: { file } });
    const heard: string[] = [];
    const errors: unknown[] = [];
    const watch = provider.watch((credential) => heard.push((credential as { token: string }).token), {
      onError: (error) => errors.push(error),
    });
    await replace(file, "two");
    await vi.advanceTimersByTimeAsync(60_000);
    await eventually(() => expect(heard).toEqual(["one", "two"]));
    await vi.advanceTimersByTimeAsync(60_000);
    await eventually(() => expect(provider.status().inFlight).toBe(false));
    watch[Symbol.dispose]();
    await replace(file, "three");
    await vi.advanceTimersByTimeAsync(180_000);
    expect(heard).toEqual(["one", "two"]);
    expect(vi.getTimerCount()).toBe(0);
    expect(errors).toEqual([]);
  });

  test("C14 a function is called for whoever watches, and its failures are told", async () => {
    let calls = 0;
    const provider = new StaticProvider({
      token: async () => {
        calls += 1;
        if (calls === 1) throw new Error("not yet");
        return "t";
      },
    });
    const heard: unknown[] = [];
    const errors: unknown[] = [];
    using _watch = provider.watch((credential) => heard.push(credential), { onError: (error) => errors.push(error) });
    await eventually(() => expect(errors).toHaveLength(1));
    await vi.advanceTimersByTimeAsync(60_000);
    await eventually(() => expect(heard).toEqual([Credential.bearer("t")]));
  });
});
