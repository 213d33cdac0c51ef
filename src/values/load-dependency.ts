/** Loads what is needed only by some programs, when they first need it (H10). */

import { ConfigError } from "./errors.js";

/**
 * The module that `load` imports. Where that fails, which no IdP has to do with, rejects with a
 * `ConfigError` that says so: trying again would change nothing.
 */
export async function loadDependency<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const { code, message = String(error) } = (error ?? {}) as { code?: unknown; message?: string };
    const reason = typeof code === "string" ? `${message} (${code})` : message;
    const fault = {
      path: "",
      message: `its dependency ${name} cannot be loaded: ${reason}; install it, or bundle it too`,
    };
    throw Object.defineProperty(new ConfigError("faucet-auth", [fault]), "cause", { value: error, configurable: true });
  }
}
