import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** The suite over real identity servers: `npm run test:servers` starts one, and runs this against it. */
export default defineConfig({
  resolve: { alias: { "faucet-auth": fileURLToPath(new URL("../../src/index.ts", import.meta.url)) } },
  test: {
    root: fileURLToPath(new URL("../..", import.meta.url)),
    include: ["test/servers/*.test.ts"],
    testTimeout: 300_000,
    fileParallelism: false,
    sequence: { shuffle: false },
  },
});
