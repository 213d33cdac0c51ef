/** Where an `Authorization` header comes from: a request has one, so that a second source is a fault. */

import type { Relation } from "./check.js";

/** User name and password in the URL of `urlKey` become a header, and so does `headers.authorization`. */
export function authorizedOnce(urlKey: string): Relation {
  return (config) => {
    if (!givesUserinfo(config[urlKey])) return [];
    const message = `would replace the user name and password in ${urlKey}: give one of them`;
    return headersNamed("authorization", config).map((name) => ({ path: `headers.${name}`, message }));
  };
}

/** The configured headers of that lower-case name, as they are spelt. */
export function headersNamed(name: string, { headers }: Readonly<Record<string, unknown>>): string[] {
  const names = typeof headers === "object" && headers !== null ? Object.keys(headers) : [];
  return names.filter((spelt) => spelt.toLowerCase() === name);
}

/** Whether `url` has a user name or a password in it. */
export function givesUserinfo(url: unknown): boolean {
  if (typeof url !== "string" || !URL.canParse(url)) return false;
  const { username, password } = new URL(url);
  return username !== "" || password !== "";
}
