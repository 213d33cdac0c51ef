/**
 * A reporter that says in the last lines of a run which tests were left out because of what this machine lacks, and
 * what it would need: tests that call `skip()` with a note.
 */

/** @implements {import("vitest/reporters").Reporter} */
export default class LeftOutReporter {
  /** @param {ReadonlyArray<import("vitest/node").TestModule>} modules */
  onTestRunEnd(modules) {
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const module of modules) {
      for (const test of module.children.allTests("skipped")) {
        const note = /** @type {{ note?: string }} */ (test.result()).note;
        if (note !== undefined) counts.set(note, (counts.get(note) ?? 0) + 1);
      }
    }
    for (const [note, count] of counts) {
      process.stdout.write(`left out: ${count} ${count === 1 ? "test" : "tests"} (${note})\n`);
    }
  }
}
