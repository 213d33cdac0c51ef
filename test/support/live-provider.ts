/** A provider as a connector meets it: tokens of one grant from an IdP on loopback, each replaced when it is refused. */

import { onTestFinished } from "vitest";
import { OAuth2ClientCredentialsProvider } from "../../src/index.js";
import { startFakeIdp } from "../../src/testing/index.js";

export interface LiveProvider {
  readonly provider: OAuth2ClientCredentialsProvider;
  /** How many tokens the IdP has given. */
  issued(): number;
  /** The IdP gives another token, as it does to whoever is the first to find the current one refused. */
  rotate(): Promise<void>;
}

/** Tokens are `token-1`, `token-2`, …; IdP and provider end with the test. */
export async function liveProvider(
  fields: { readonly expires_in?: number } = { expires_in: 3600 },
): Promise<LiveProvider> {
  const idp = await startFakeIdp({ expiresIn: fields.expires_in ?? null });
  onTestFinished(() => idp.close());
  const provider = new OAuth2ClientCredentialsProvider({
    token_url: idp.tokenUrl,
    client_id: "reports",
    client_secret: "s3cr3t",
  });
  onTestFinished(() => provider.close());
  return {
    provider,
    issued: () => idp.requests.length,
    async rotate() {
      await provider.invalidate(await provider.getToken());
    },
  };
}
