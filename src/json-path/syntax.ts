/**
 * The JSONPath that a configuration may use: plain selection, nothing that runs code (A4).
 * jsonpath-plus reads far more into a path, so it is given only what was understood here.
 */

const LONGEST_PATH = 512;

/** One step: `.name`, `.*`, `['name']`, `["name"]`, `[0]`, `[-1]`, `[*]`, `[1:3]`. */
const STEP = new RegExp(
  [
    String.raw`^(?:\.(?<name>[\p{L}_$][\p{L}\p{N}_$-]*)`,
    // What is excluded here means something to jsonpath-plus even between quotes.
    String.raw`\[(?<quote>['"])(?<quoted>[^'"[\](),;^#%\x60\\\p{Cc}]+)\k<quote>\]`,
    String.raw`\[(?<index>-?\d{1,9})\]`,
    String.raw`\[(?<slice>(?:-?\d{1,9})?:(?:-?\d{1,9})?(?::[1-9]\d{0,8})?)\]`,
    String.raw`(?<wildcard>\[\*\]|\.\*))`,
  ].join("|"),
  "u",
);

/** A path as jsonpath-plus takes it, or what is wrong with it. */
export type ParsedPath = { readonly expression: string } | { readonly fault: string };

/** Reads `path`, such as `$.data.token`. */
export function parsePath(path: string): ParsedPath {
  if (path.length > LONGEST_PATH) return { fault: `is longer than ${LONGEST_PATH} characters` };
  if (/\[\s*\??\s*\(|\[\s*\?/.test(path)) {
    return { fault: "has a script or filter expression, which could run code; name the keys instead" };
  }
  if (!path.startsWith("$")) return { fault: 'must begin with "$", as in $.access_token' };
  let expression = "$";
  let rest = path.slice(1);
  let descents = 0;
  while (rest !== "") {
    if (rest.startsWith("..")) {
      descents += 1;
      expression += "..";
      rest = rest.startsWith("..[") ? rest.slice(2) : rest.slice(1);
    }
    const step = STEP.exec(rest);
    if (step?.groups === undefined) {
      return {
        fault: `cannot be parsed from character ${path.length - rest.length + 1} on; known are .name, ['name'], [0], [*], [1:3] and one ..`,
      };
    }
    expression += spell(step.groups);
    rest = rest.slice(step[0].length);
  }
  return descents > 1 ? { fault: 'has more than one ".."' } : { expression };
}

function spell({ name, quoted, index, slice, wildcard }: Partial<Record<string, string>>): string {
  if (wildcard !== undefined) return "[*]";
  if (slice !== undefined) return `[${slice}]`;
  if (index === undefined) return `['\`${name ?? quoted}']`; // a backtick makes jsonpath-plus take it literally
  if (!index.startsWith("-")) return `[${Number(index)}]`;
  return index === "-1" ? "[-1:]" : `[${index}:${Number(index) + 1}]`;
}
