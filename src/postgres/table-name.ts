/** The name of the table, as it is configured and as it stands in statements. */

/** The name that is used where none is configured. */
export const DEFAULT_TABLE = "faucet_auth";

/** PostgreSQL cuts off what is longer. */
const LONGEST_NAME = 63;

const NAME = /^[A-Za-z_][A-Za-z0-9_$]*$/;

/** What is wrong with a name: `table` or `schema.table`, as PostgreSQL has it, so that capitals count. */
export function faultOfTable(table: unknown): string | undefined {
  const parts = typeof table === "string" ? table.split(".") : [];
  if (parts.length === 0 || parts.length > 2 || !parts.every((part) => NAME.test(part))) {
    return "must be the name of a table, with the name of its schema and a dot before it or without: letters, digits and _";
  }
  return parts.every((part) => part.length <= LONGEST_NAME)
    ? undefined
    : `must not be longer than ${LONGEST_NAME} characters`;
}

/** `table`, from which `faultOfTable` has no fault, in quotes. */
export function quoted(table: string): string {
  return table
    .split(".")
    .map((part) => `"${part}"`)
    .join(".");
}
