/** Which failures are about which values (V2). */

import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AuthError, ConfigError, TransportError } from "../../src/index.js";
import { LiveInputs } from "../../src/live/live-inputs.js";
import { FileValue, FunctionValue, fixedValue, type LiveRole, type LiveRules } from "../../src/live/live-value.js";
import { newFolder } from "../support/folder.js";

const rules = (role: LiveRole): LiveRules => ({
  key: "key",
  role,
  faultOf: () => undefined,
  textOf: (bytes) => Buffer.from(bytes).toString(),
});

const handshake = new TransportError("no answer: the TLS handshake has failed", { unsent: true, retryable: false });

test.each<[LiveRole, string, unknown, boolean]>([
  ["client", "invalid_client", new AuthError("", { error: "invalid_client" }), true],
  ["client", "HTTP 401", new AuthError("", { status: 401, error: "unauthorized_client" }), true],
  ["client", "invalid_grant", new AuthError("", { status: 400, error: "invalid_grant" }), false],
  ["client", "invalid_scope", new AuthError("", { status: 400, error: "invalid_scope" }), false],
  ["client", "a handshake", handshake, false],
  ["client", "what may pass", new AuthError("", { status: 401, error: "invalid_client", retryable: true }), false],
  ["client", "no answer", new TransportError(""), false],
  ["client", "a fault", new ConfigError("", []), false],
  ["client", "an error of another kind", new TypeError(""), false],
  ["client", "nothing", undefined, false],
  ["grant", "invalid_grant", new AuthError("", { status: 400, error: "invalid_grant" }), true],
  ["grant", "invalid_client", new AuthError("", { error: "invalid_client" }), true],
  ["grant", "a code of its own", new AuthError("", { status: 403, error: "bad_login" }), true],
  ["grant", "invalid_scope", new AuthError("", { status: 400, error: "invalid_scope" }), false],
  ["tls", "a handshake", handshake, true],
  ["tls", "invalid_client", new AuthError("", { error: "invalid_client" }), true],
  ["tls", "invalid_grant", new AuthError("", { status: 400, error: "invalid_grant" }), false],
  ["tls", "no answer", new TransportError(""), false],
])("V2 a value of the role %s is read again on %s: %#", async (role, _what, failure, isRead) => {
  const path = join(await newFolder(), "value");
  await writeFile(path, "old");
  const inputs = new LiveInputs([fixedValue("text", "client"), new FileValue(path, rules(role))]);
  const reading = await inputs.read();
  inputs.noteFailure(failure, reading);
  await writeFile(path, "new");
  expect(await inputs.haveChangedSince(failure)).toBe(isRead);
});

test("V2 V3 a look at what cannot be read is no failure: it has not changed", async () => {
  const path = join(await newFolder(), "value");
  await writeFile(path, "old");
  const inputs = new LiveInputs([new FileValue(path, rules("client"))]);
  const before = inputs.mark();
  await rm(path);
  await inputs.look();
  expect(inputs.mark()).toBe(before);
});

test("V2 what counts is what the refused request was made with, whatever others have read since", async () => {
  const path = join(await newFolder(), "value");
  await writeFile(path, "old");
  const inputs = new LiveInputs([new FileValue(path, rules("client"))]);
  const failure = new AuthError("", { error: "invalid_client" });
  inputs.noteFailure(failure, await inputs.read());
  await writeFile(path, "new");
  const before = inputs.mark(failure);
  await inputs.read();
  expect(inputs.mark()).not.toBe(before);
  expect(inputs.mark(failure)).toBe(before);
  expect(await inputs.haveChangedSince(failure)).toBe(true);
});

test("V2 values that cannot change are never read again, and have no mark", async () => {
  const inputs = new LiveInputs([fixedValue("text", "client")]);
  const failure = new AuthError("", { error: "invalid_client" });
  inputs.noteFailure(failure, await inputs.read());
  expect(await inputs.haveChangedSince(failure)).toBe(false);
  expect([inputs.canChange, inputs.mark(), inputs.mark(failure)]).toEqual([false, undefined, undefined]);
});

test("V2 a function whose text changes once has another mark then, and one whose text changes each time has not", async () => {
  let text = "a";
  let calls = 0;
  const steady = new LiveInputs([new FunctionValue(() => text, rules("client"))]);
  const restless = new LiveInputs([new FunctionValue(() => `${++calls}`, rules("client"))]);
  await steady.read();
  await restless.read();
  await restless.read();
  const [before, restlessBefore] = [steady.mark(), restless.mark()];
  text = "b";
  await steady.read();
  await restless.read();
  expect(steady.mark()).not.toBe(before);
  expect(restless.mark()).toBe(restlessBefore);
});

test("V4 the texts that were read last and before are kept for masking, and none twice", async () => {
  let text = "a";
  const value = new FunctionValue(() => text, rules("client"));
  expect(() => value.text).toThrow("key has not been read yet");
  for (text of ["a", "a", "b", "b", "c"]) await value.read();
  expect(value.secrets).toEqual(["c", "b"]);
});
