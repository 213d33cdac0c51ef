/** The table of what was tried: a line for each test of the suite, a column for each server. */

/** @typedef {{ title: string, modules: import("vitest/node").TestModule[] }} Column */

/** In Markdown. @param {readonly Column[]} columns */
export function tableOf(columns) {
  /** @type {Map<string, string[]>} */
  const lines = new Map();
  columns.forEach(({ modules }, index) => {
    const inOrder = modules.toSorted((one, other) => one.moduleId.localeCompare(other.moduleId));
    for (const test of inOrder.flatMap((module) => [...module.children.allTests()])) {
      const cells = lines.get(rowOf(test)) ?? [];
      cells[index] = cellOf(test);
      lines.set(rowOf(test), cells);
    }
  });
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(" | ")} |`;
  const titles = ["", ...columns.map(({ title }) => title)];
  const rule = titles.map(() => "---");
  return [titles, rule, ...[...lines].map(([row, cells]) => [row, ...cells])].map(line).join("\n");
}

/** The title, without the rules that it proves. @param {import("vitest/node").TestCase} test */
function rowOf({ name }) {
  return name.replace(/^(?:[A-Z]\d+a?,? )+/, "");
}

/** @param {import("vitest/node").TestCase} test */
function cellOf(test) {
  const { state } = test.result();
  if (state === "passed") return test.meta().seen ?? "yes";
  return state === "skipped" ? "not offered" : "FAILED";
}
