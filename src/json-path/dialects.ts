/** What other dialects of JSONPath have and this one has not, and what to write instead. */

const FOREIGN: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "^": 'the parent "^" is not known; filter the parent by its child, as in $.list[?@.child].name',
    "~": 'the name of a key "~" is not known; a path selects values',
    "@": 'tests of types such as "@string()" are not known; strings and numbers are selected anyway',
    "`": "a backtick is not known; a name of any characters stands in quotes: ['name']",
    "(": "no function is known; a name with parentheses stands in quotes: ['name(x)']",
    ",": "several names stand in brackets: ['a','b']",
    "]": 'there is no "[" before it',
  }),
);

/** What to write where a filter cannot be read. */
export const KNOWN_IN_FILTERS: string =
  "a filter compares values or asks whether there are any, as in [?@.type == 'access' && @.value]; " +
  "known are ==, !=, <, <=, >, >=, &&, ||, ! and parentheses";

/** Why a path cannot go on with the character `next`. */
export function mendingOf(next: string): string {
  return (
    FOREIGN.get(next) ??
    `${JSON.stringify(next)} is not known here; other names than words stand in quotes: ['my name']`
  );
}
