import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Tests that need the tools of this folder's package.json: `npm run test:runtimes` installs them first. */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL("../..", import.meta.url)),
    include: ["test/runtimes/*.test.ts"],
  },
});
