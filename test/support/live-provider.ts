/** A provider as a connector meets it: tokens of one grant from an IdP on loopback, each replaced when it is refused. */

import { onTestFinished } from "vitest";
import { OAuth2ClientCredentialsProvider } from "../../src/index.js";
import { type Idp, numberedTokens, startIdp } from "./idp.js";

export interface LiveProvider {
  readonly provider: OAuth2ClientCredentialsProvider;
  /** How many tokens the IdP has given. */
  issued(): number;
  /** The IdP gives another token, as it does to whoever is the first to find the current one refused. */
  rotate(): Promise<void>;
}

/** Tokens are `token-1`, `token-2`, …, or what `name` makes of their number; an IdP and provider end with the test. */
export async function liveProvider(fields: Record<string, unknown> = { expires_in: 3600 }): Promise<LiveProvider> {
  const idp: Idp = await startIdp(numberedTokens(fields));
  const provider = new OAuth2ClientCredentialsProvider({
    token_url: idp.tokenUrl,
    client_id: "reports",
    client_secret: "s3cr3t",
  });
  onTestFinished(() => provider.close());
  return {
    provider,
    issued: () => idp.seen.length,
    async rotate() {
      await provider.invalidate(await provider.getToken());
    },
  };
}
