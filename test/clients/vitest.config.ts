import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { TO_SOURCE } from "../vitest.config.js";

/** Tests that need the clients of this folder's package.json: `npm run test:clients` installs them first. */
export default defineConfig({
  resolve: { alias: TO_SOURCE },
  test: {
    root: fileURLToPath(new URL("../..", import.meta.url)),
    include: ["test/clients/**/*.test.ts"],
    globalSetup: fileURLToPath(new URL("servers.ts", import.meta.url)),
    expect: { poll: { timeout: 100_000 } },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
