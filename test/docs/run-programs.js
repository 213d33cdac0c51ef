/**
 * Runs programs one after the other, each in a worker thread of its own: `node run-programs.js a.mjs b.mjs`. Prints
 * a JSON list of how each has ended.
 */

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";

const endings = [];
for (const program of process.argv.slice(2)) endings.push(await run(program));
process.stdout.write(JSON.stringify(endings));

/**
 * The world is there before the program begins, as by `node --import`.
 * @param {string} program
 * @returns {Promise<{ code: number, stdout: string, stderr: string }>}
 */
async function run(program) {
  const makesSpans = (await readFile(program, "utf8")).includes("@opentelemetry/");
  const world = ["world.js", ...(makesSpans ? ["spans.js"] : [])].map((name) => new URL(name, import.meta.url));
  const steps = [...world, pathToFileURL(resolve(program))].map(({ href }) => `await import(${JSON.stringify(href)});`);
  const code = `(async () => { ${steps.join(" ")} })()`;
  const worker = new Worker(code, { eval: true, stdout: true, stderr: true });
  const printed = { stdout: "", stderr: "" };
  for (const stream of /** @type {const} */ (["stdout", "stderr"])) {
    worker[stream].setEncoding("utf8").on("data", (chunk) => {
      printed[stream] += chunk;
    });
  }
  worker.on("error", (error) => {
    printed.stderr += error instanceof Error ? error.stack : String(error);
  });
  return new Promise((ended) => {
    // What was printed last may come after the exit.
    worker.on("exit", (code) => setImmediate(() => ended({ code, ...printed })));
  });
}
