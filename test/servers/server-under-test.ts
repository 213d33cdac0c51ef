/** The server that the suite runs against, and what a test does beside what it tests. */

import { inject } from "vitest";
import { type AuthProvider, Credential } from "../../src/index.js";
import type { ClientKeys, IdentityServer, Realm } from "./identity-server.js";
import { servers } from "./start/servers.js";
import { postForm } from "./start/token-request.js";

declare module "vitest" {
  interface ProvidedContext {
    server: IdentityServer;
    /** The environment of a job that gets identity tokens as GitHub Actions gives them. */
    workload: Readonly<Record<string, string>>;
  }
  interface TaskMeta {
    /** What the table shows in place of "yes". */
    seen?: string;
  }
}

export const server: IdentityServer = inject("server");

/** The client that tests use where the method does not matter. */
export function clientOf(realm: Realm): ClientKeys {
  const { client_secret_basic: client } = realm.clients;
  if (client === undefined) throw new Error("every server has a client with a secret");
  return client;
}

/** The first refresh token of a new grant. */
export function mintRefreshToken(realm: Realm, client: ClientKeys = clientOf(realm)): Promise<string> {
  return servers[server.name].mintRefreshToken(realm, client);
}

export async function tokenOf(provider: AuthProvider): Promise<string> {
  return tokenIn(await provider.getToken());
}

export function tokenIn(credential: Credential): string {
  return Credential.authorizationValue(credential)?.replace("Bearer ", "") ?? "";
}

/** What the server says of a token (RFC 7662), to the client that asks. */
export function introspect(
  realm: Realm,
  token: string,
  client: ClientKeys = clientOf(realm),
): Promise<{ active: boolean; client_id?: string; scope?: string }> {
  return postForm(realm.introspectionUrl, { token }, client);
}

/** Ends one access token (RFC 7009). */
export function revoke(realm: Realm, token: string): Promise<unknown> {
  return postForm(realm.revocationUrl, { token, token_type_hint: "access_token" }, clientOf(realm));
}
