import { describe, expect, test } from "vitest";
import { AuthError, ConfigError, FaucetError, TransportError } from "../../src/values/errors.js";

describe("errors", () => {
  test("each has its code and name, and says whether a retry can help", () => {
    const errors = [
      new ConfigError("oauth2", [{ path: "client_id", message: "is required" }]),
      new AuthError("refused", { status: 400, error: "invalid_grant", errorDescription: "revoked" }),
      new AuthError("busy", { status: 503, retryable: true }),
      new TransportError("no answer", { cause: new Error("reset") }),
    ];
    expect(errors.map(({ name, code, retryable }) => ({ name, code, retryable }))).toEqual([
      { name: "ConfigError", code: "config", retryable: false },
      { name: "AuthError", code: "auth", retryable: false },
      { name: "AuthError", code: "auth", retryable: true },
      { name: "TransportError", code: "transport", retryable: true },
    ]);
    expect(errors.every((error) => error instanceof FaucetError && error instanceof Error)).toBe(true);
  });

  test("a ConfigError tells every fault with its path", () => {
    const issues = [
      { path: "a", message: "is required" },
      { path: "", message: "is odd" },
    ];
    const error = new ConfigError("oauth2", issues);
    expect(error.issues).toEqual(issues);
    expect(error.message).toBe("oauth2: 2 faults\n  a: is required\n  is odd");
  });

  test("FaucetError.is knows its kind from all else", () => {
    expect(FaucetError.is(new TransportError("x"))).toBe(true);
    for (const other of [new Error("x"), { code: "auth" }, null, undefined, "auth"])
      expect(FaucetError.is(other)).toBe(false);
  });
});
