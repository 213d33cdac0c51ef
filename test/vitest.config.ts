import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Tests that run the built package, in processes of their own. */
const OF_THE_PACKAGE = ["test/{process,package,examples,docs}/**/*.test.ts"];

/** Tests with commands of their own: `npm run test:clients`, `npm run test:runtimes`, `npm run test:servers`. */
const APART = ["test/{clients,runtimes,servers}/**"];

/** The package's own name, by which one of its entries imports another. */
export const TO_SOURCE = [
  { find: /^faucet-auth$/, replacement: fileURLToPath(new URL("../src/index.ts", import.meta.url)) },
  { find: /^faucet-auth\/([\w-]+)$/, replacement: fileURLToPath(new URL("../src/$1/index.ts", import.meta.url)) },
];

export default defineConfig({
  test: {
    root: fileURLToPath(new URL("..", import.meta.url)),
    projects: [
      {
        extends: true,
        resolve: { alias: TO_SOURCE },
        test: { name: "source", include: ["test/**/*.test.ts"], exclude: [...OF_THE_PACKAGE, ...APART] },
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
    // The last lines say what this machine was not able to run.
    reporters: ["default", fileURLToPath(new URL("../.ci/left-out.js", import.meta.url))],
    // No bound on time that a busy machine could pass: this ends a test that hangs.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: "100%",
    coverage: { include: ["src/**"], reporter: ["text"] },
  },
});
