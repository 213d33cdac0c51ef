/** Connection strings of PostgreSQL: what is wrong with one, and what may be shown of it. */

/** What is wrong with a connection string; nothing of it is repeated, since it may hold a password. */
export function faultOfPostgresUrl(url: string): string | undefined {
  const parsed = parsedUrl(url);
  if (parsed === undefined || !["postgres:", "postgresql:"].includes(parsed.protocol)) {
    return "must be the URL of a PostgreSQL, such as postgres://user:password@db.example/name";
  }
  return [parsed.username, parsed.password, parsed.pathname].every(isDecodable)
    ? undefined
    : "has a % in its user name, password or path that stands for nothing; a % itself is written %25";
}

/** `PostgreSQL at host:port`. */
export function serverNameOf(url: string): string {
  const host = parsedUrl(url)?.host;
  return host && !host.includes("%") ? `PostgreSQL at ${host}` : "PostgreSQL";
}

/** The driver takes a user without a host too, who comes by a socket of the system. */
function parsedUrl(url: string): URL | undefined {
  const text = url.replace(/^(\w+:\/\/[^/?#]*@)\//, "$1localhost/");
  return URL.canParse(text) ? new URL(text) : undefined;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
