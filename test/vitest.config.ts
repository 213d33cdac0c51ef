import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Tests that run the built package, in processes of their own. */
const OF_THE_PACKAGE = ["test/{process,package,examples,docs}/**/*.test.ts"];

/** Tests with a package.json of their own: `npm run test:clients`, `npm run test:runtimes`. */
const APART = ["test/{clients,runtimes}/**"];

/** Tests that replace modules of Node, dispatchers and fetches of the whole process, or that walk its heap. */
const ISOLATED = ["test/{catalog,connect,http,integration,providers,store}/**/*.test.ts"];

export default defineConfig({
  test: {
    root: fileURLToPath(new URL("..", import.meta.url)),
    projects: [
      {
        extends: true,
        test: {
          name: "source",
          include: ["test/**/*.test.ts"],
          exclude: [...OF_THE_PACKAGE, ...APART, ...ISOLATED],
          // src keeps nothing global (C11), so that it is loaded once for all files: half of the time.
          isolate: false,
        },
      },
      {
        extends: true,
        test: { name: "isolated", include: ISOLATED },
      },
      {
        extends: true,
        test: { name: "package", include: OF_THE_PACKAGE, globalSetup: ".ci/dist.js" },
      },
    ],
    tags: [
      {
        name: "slow",
        description:
          "Left out of `npm test`; a quick test proves the same rule, or `npm run test:all` has the only proof.",
      },
    ],
    // No bound on time that a busy machine could pass: this ends a test that hangs.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: "100%",
    coverage: { include: ["src/**"], reporter: ["text"] },
  },
});
