import { randomBytes } from "node:crypto";
import { CompactEncrypt, compactDecrypt } from "jose";
import { describe, expect, test } from "vitest";
import { encryptedStore, MemoryTokenStore } from "../../src/index.js";
import { errorOf } from "../support/errors.js";

const [key, other] = [randomBytes(32), randomBytes(32)];
const record = { fencingToken: 3, text: '{"refreshToken":"s3cr3t"}' };

async function sealed() {
  const inner = new MemoryTokenStore();
  await encryptedStore(inner, { key }).write("k", record);
  const text = (await inner.read("k"))?.text ?? "";
  return { inner, text };
}

test("S1 what is stored is a JWE that names its key and shows nothing else", async () => {
  const { inner, text } = await sealed();
  const [header = ""] = text.split(".");
  expect(JSON.parse(Buffer.from(header, "base64url").toString())).toEqual({
    alg: "dir",
    enc: "A256GCM",
    kid: expect.stringMatching(/^[\w-]{11}$/),
    record: "k",
    fencingToken: 3,
  });
  expect(text).not.toMatch(/s3cr3t|refreshToken/);
  await encryptedStore(inner, { key }).write("k", record);
  expect((await inner.read("k"))?.text).not.toBe(text);
});

test("S1 a record that release 1.0 has encrypted, by hand, is read", async () => {
  const oldKey = Uint8Array.from({ length: 32 }, (_, index) => index);
  const text = [
    "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwia2lkIjoiVVFfb3BMbTdPNVciLCJyZWNvcmQiOiJjcm0tMDEyMyIsImZlbmNpbmdUb2tlbiI6N30",
    "",
    "Jcpsv_YHgoWFaDMn",
    "CLlFRoqYaLngXjNpemiLTK9DZdqUnduBvrDyKMzGMkXX5rNDBdlLP3-_KCBHwc5R9VuORHnT",
    "Bs7MBen5B0m_FmSuAlU7TA",
  ].join(".");
  const inner = new MemoryTokenStore();
  await inner.write("crm-0123", { fencingToken: 7, text });
  expect(await encryptedStore(inner, { key: oldKey }).read("crm-0123")).toEqual({
    fencingToken: 7,
    text: '{"version":2,"refreshToken":"réfresh-7","revision":7}',
  });
});

test("S1 what is stored is read by whoever has the key and knows JWE", async () => {
  const { text } = await sealed();
  const { plaintext } = await compactDecrypt(text, key);
  expect(new TextDecoder().decode(plaintext)).toBe(record.text);
});

test("S1 what another algorithm has encrypted with the same key is not taken for a record", async () => {
  const [header = ""] = (await sealed()).text.split(".");
  const { enc: _enc, ...others } = JSON.parse(Buffer.from(header, "base64url").toString());
  const foreign = await new CompactEncrypt(Buffer.from(record.text))
    .setProtectedHeader({ ...others, enc: "A128CBC-HS256" })
    .encrypt(key);
  const inner = new MemoryTokenStore();
  await inner.write("k", { ...record, text: foreign });
  expect((await errorOf(() => encryptedStore(inner, { key }).read("k"))).message).toContain("does not decrypt");
});

test("it is read with the same key in any spelling", async () => {
  const { inner } = await sealed();
  for (const same of [key, new Uint8Array(key), key.toString("base64"), key.toString("base64url")]) {
    expect(await encryptedStore(inner, { key: same }).read("k")).toEqual(record);
  }
});

test("it keeps a key of its own: the caller may wipe what it has given", async () => {
  const given = Buffer.from(key);
  const store = encryptedStore(new MemoryTokenStore(), { key: given });
  given.fill(0);
  await store.write("k", record);
  expect(await store.read("k")).toEqual(record);
  const { inner } = await sealed();
  expect(await encryptedStore(inner, { key }).read("k")).toEqual(record);
});

test("previous keys read what they have written; what is written next has the new one", async () => {
  const { inner } = await sealed();
  const rekeyed = encryptedStore(inner, { key: other, previousKeys: [key] });
  expect(await rekeyed.read("k")).toEqual(record);
  await rekeyed.write("k", record);
  expect(await encryptedStore(inner, { key: other }).read("k")).toEqual(record);
});

test.each([
  ["with a key that is not given", (text: string) => text, other, "k", 3, "a key that is not given"],
  ["that was never encrypted", () => record.text, key, "k", 3, "is not encrypted"],
  ["of another key", (text: string) => text, key, "elsewhere", 3, "was moved here"],
  ["of another lease", (text: string) => text, key, "k", 4, "was moved here"],
  ["that was changed", (text: string) => tampered(text, 3), key, "k", 3, "does not decrypt"],
  ["whose tag was changed", (text: string) => tampered(text, 4), key, "k", 3, "does not decrypt"],
  ["whose tag was cut off", (text: string) => text.slice(0, -16), key, "k", 3, "does not decrypt"],
  ["with a part that must be empty", (text: string) => text.replace("..", ".AAAA."), key, "k", 3, "is not encrypted"],
  ["of damaged text", () => "a.b.c.d.e", key, "k", 3, "is not encrypted"],
])("a record %s is a StoreError that quotes nothing", async (_what, change, withKey, at, lease, message) => {
  const { inner, text } = await sealed();
  await inner.write(at, { fencingToken: lease, text: change(text) });
  const error = await errorOf(() => encryptedStore(inner, { key: withKey }).read(at));
  expect(error).toMatchObject({ code: "store", retryable: false, message: expect.stringContaining(message) });
  expect(error.message + error.stack + error.cause).not.toContain("s3cr3t");
});

function tampered(text: string, part: number): string {
  const parts = text.split(".");
  const bytes = Buffer.from(parts[part] ?? "", "base64url");
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  return parts.with(part, bytes.toString("base64url")).join(".");
}

test("G2 what is no key is a ConfigError with its path", async () => {
  const inner = new MemoryTokenStore();
  for (const bad of ["short", "", randomBytes(31), "!".repeat(44), 5 as never, undefined as never]) {
    const error = await errorOf(() => encryptedStore(inner, { key: bad }));
    expect(error).toMatchObject({ code: "config", issues: [{ path: "key" }] });
    const previous = await errorOf(() => encryptedStore(inner, { key, previousKeys: [key, bad] }));
    expect(previous).toMatchObject({ code: "config", issues: [{ path: "previousKeys[1]" }] });
  }
});

describe("encryptExisting", () => {
  test("S1 a plain record is read, and encrypted when it is next written", async () => {
    const inner = new MemoryTokenStore();
    await inner.write("k", record);
    const store = encryptedStore(inner, { key, encryptExisting: true });
    expect(await store.read("k")).toEqual(record);
    expect(await inner.read("k")).toEqual(record);
    await store.write("k", record);
    expect((await inner.read("k"))?.text).not.toContain("s3cr3t");
    for (const encryptExisting of [true, false]) {
      expect(await encryptedStore(inner, { key, encryptExisting }).read("k")).toEqual(record);
    }
  });

  test.each([[undefined], [false]])(
    "S1 without it (%s) a plain record is an error that says how",
    async (encryptExisting) => {
      const inner = new MemoryTokenStore();
      await inner.write("k", record);
      const error = await errorOf(() => encryptedStore(inner, { key, encryptExisting }).read("k"));
      expect(error).toMatchObject({ code: "store", retryable: false });
      expect(error.message).toContain("persist.encrypt_existing: true");
    },
  );

  test.each([
    ["whose key is not given", (text: string) => text],
    ["that was damaged", (text: string) => tampered(text, 3)],
    ["whose header was damaged", (text: string) => text.slice(5)],
    ["that stands under another key", (text: string) => text],
  ])("S1 with it a record %s is an error all the same", async (_what, change) => {
    const { inner, text } = await sealed();
    await inner.write("other", { ...record, text: change(text) });
    const given = _what.includes("not given") ? other : key;
    const store = encryptedStore(inner, { key: given, encryptExisting: true });
    expect(await errorOf(() => store.read("other"))).toMatchObject({ code: "store", retryable: false });
  });
});

test("S1 keys are rotated in two steps, between which old and new processes read each other", async () => {
  const inner = new MemoryTokenStore();
  const before = encryptedStore(inner, { key });
  const prepared = encryptedStore(inner, { key, previousKeys: [other] });
  const after = encryptedStore(inner, { key: other, previousKeys: [key] });
  // First step: some processes know the new key. Second step: some write with it.
  for (const [writer, readers] of [
    [before, [before, prepared]],
    [prepared, [before, prepared, after]],
    [after, [prepared, after]],
  ] as const) {
    await writer.write("k", record);
    for (const reader of readers) expect(await reader.read("k")).toEqual(record);
  }
  expect(await errorOf(() => before.read("k"))).toMatchObject({
    message: expect.stringContaining("key that is not given"),
  });
});

test.each([
  [{ key, previousKey: [other] }, "previousKey"],
  [{ key, previousKeys: other.toString("base64") }, "previousKeys"],
  [{ key, encryptExisting: "yes" }, "encryptExisting"],
])("G5 G2 options that are misspelt or no such thing are a fault (%#)", async (keys, path) => {
  const error = await errorOf(() => encryptedStore(new MemoryTokenStore(), keys as never));
  expect(error).toMatchObject({ code: "config", issues: [{ path }] });
});

test.each([[undefined], [null], ["folder"], [{ read() {}, write() {} }]])(
  "G2 %j is no store to encrypt",
  async (store) => {
    const error = await errorOf(() => encryptedStore(store as never, { key }));
    expect(error).toMatchObject({ code: "config", issues: [{ path: "store" }] });
  },
);
