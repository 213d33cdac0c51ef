import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: fileURLToPath(new URL("..", import.meta.url)),
    include: ["test/**/*.test.ts"],
    // Child processes start slowly on a busy machine.
    testTimeout: 20_000,
    coverage: { include: ["src/**"], reporter: ["text"] },
  },
});
