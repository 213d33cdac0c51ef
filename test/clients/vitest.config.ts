import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Tests that need the clients of this folder's package.json: `npm run test:clients` installs them first. */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL("../..", import.meta.url)),
    include: ["test/clients/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
