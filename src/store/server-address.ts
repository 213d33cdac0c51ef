/** Where a Redis or a PostgreSQL is: what is wrong with an address. Nothing of it is repeated, since it may hold a password. */

/** What is wrong with the URL of a Redis. */
export function faultOfRedisUrl(url: string): string | undefined {
  const parsed = parsedUrl(url, ["redis:", "rediss:", "unix:"]);
  if (parsed === undefined) return "must be the URL of a Redis, such as rediss://user:password@redis.example:6379";
  if (parsed.search !== "")
    return "must have no query: the number of a database is its path, as in redis://redis.example/3";
  if (parsed.protocol === "unix:") return undefined;
  if (parsed.hostname === "") return "must name a host, as in redis://redis.example:6379";
  if (!/^\/?\d*$/.test(parsed.pathname)) return "must have the number of a database as its path, or none";
  return faultOfEscapes([parsed.username, parsed.password]);
}

/** What is wrong with a connection string of PostgreSQL. */
export function faultOfPostgresUrl(url: string): string | undefined {
  // The driver takes a user without a host too, who comes by a socket of the system.
  const parsed = parsedUrl(url.replace(/^(\w+:\/\/[^/?#]*@)\//, "$1localhost/"), ["postgres:", "postgresql:"]);
  if (parsed === undefined) return "must be the URL of a PostgreSQL, such as postgres://user:password@db.example/name";
  return faultOfEscapes([parsed.username, parsed.password, parsed.pathname]);
}

/** PostgreSQL cuts off what is longer. */
const LONGEST_NAME = 63;

/** What is wrong with the name of a table: `table` or `schema.table`, as PostgreSQL has it, so that capitals count. */
export function faultOfTable(table: unknown): string | undefined {
  const parts = typeof table === "string" ? table.split(".") : [];
  if (parts.length === 0 || parts.length > 2 || !parts.every((part) => /^[A-Za-z_][A-Za-z0-9_$]*$/.test(part))) {
    return "must be the name of a table, with the name of its schema and a dot before it or without: letters, digits and _";
  }
  const isShort = parts.every((part) => part.length <= LONGEST_NAME);
  return isShort ? undefined : `must not be longer than ${LONGEST_NAME} characters`;
}

function parsedUrl(url: string, protocols: readonly string[]): URL | undefined {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  return parsed !== undefined && protocols.includes(parsed.protocol) ? parsed : undefined;
}

function faultOfEscapes(parts: readonly string[]): string | undefined {
  try {
    for (const part of parts) decodeURIComponent(part);
    return undefined;
  } catch {
    return "has a % in its user name, password or path that stands for nothing; a % itself is written %25";
  }
}
