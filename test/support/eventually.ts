import { setTimeout as pause } from "node:timers/promises";

/** What `check` gives once it no longer throws. Fake timers do not stop it; the test's own timeout ends it. */
export async function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await check();
    } catch {
      await pause(5);
    }
  }
}
