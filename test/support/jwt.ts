/** JSON Web Tokens for tests that need no signature. */

/** A token with these claims, in its compact form. */
export function jwtOf(claims: object, header: object = { alg: "RS256", typ: "JWT" }): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part(header)}.${part(claims)}.c2lnbmF0dXJl`;
}
