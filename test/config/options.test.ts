import { describe, expect, test } from "vitest";
import { faultsOfOptions } from "../../src/config/options.js";

const known = ["dispatcher", "store", "clock"];

describe("G5 options are checked like configuration", () => {
  test.each([[undefined], [{}], [{ store: undefined }], [{ clock: 1, dispatcher: 2 }]])(
    "G5 %j has no unknown key",
    (options) => {
      expect(faultsOfOptions("runtime", options, known)).toEqual([]);
    },
  );

  test.each([
    ["dispatchr", 'did you mean "dispatcher"?'],
    ["Store", 'did you mean "store"?'],
    ["stores", 'did you mean "store"?'],
    ["proxy", "known are dispatcher, store, clock"],
  ])("G5 the key %s is a fault that names the nearest, else all", (key, hint) => {
    expect(faultsOfOptions("runtime", { clock: 1, [key]: undefined }, known)).toEqual([
      { path: `runtime.${key}`, message: `unknown option; ${hint}` },
    ]);
  });

  test("G5 a value that became part of a key is not repeated", () => {
    const [fault] = faultsOfOptions("", { "store: s3cr3t": 1 }, known);
    expect(fault).toEqual({ path: "store…", message: 'unknown option; did you mean "store"?' });
  });

  test.each([[null], ["text"], [5], [["list"]], [() => {}]])("G5 %s is no object of options", (options) => {
    expect(faultsOfOptions("options", options, known)).toEqual([
      { path: "options", message: "must be an object; its keys may be dispatcher, store, clock" },
    ]);
  });
});
