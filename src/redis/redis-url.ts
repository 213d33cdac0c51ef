/** URLs of Redis: what is wrong with one, and what may be shown of it. */

const PROTOCOLS: readonly string[] = ["redis:", "rediss:", "unix:"];

/** What is wrong with a URL; nothing of it is repeated, since it may hold a password. */
export function faultOfRedisUrl(url: string): string | undefined {
  const parsed = parsedUrl(url);
  if (parsed === undefined || !PROTOCOLS.includes(parsed.protocol)) {
    return "must be the URL of a Redis, such as rediss://user:password@redis.example:6379";
  }
  if (parsed.protocol === "unix:") return undefined;
  if (parsed.hostname === "") return "must name a host, as in redis://redis.example:6379";
  if (!/^\/?\d*$/.test(parsed.pathname)) return "must have the number of a database as its path, or none";
  return [parsed.username, parsed.password].every(isDecodable)
    ? undefined
    : "has a % in its user name or password that stands for nothing; a % itself is written %25";
}

/** `Redis at host:port`. */
export function serverNameOf(url: string): string {
  const host = parsedUrl(url)?.host;
  return host ? `Redis at ${host}` : "Redis";
}

function parsedUrl(url: string): URL | undefined {
  return URL.canParse(url) ? new URL(url) : undefined;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
