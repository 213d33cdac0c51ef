/** The three fetching providers against one IdP, for what all of them promise. */

import {
  OAuth2ClientCredentialsProvider,
  OAuth2RefreshProvider,
  type Runtime,
  TokenEndpointProvider,
} from "../../src/index.js";
import type { Idp } from "./idp.js";

export const SECRETS = {
  client_secret: "cl1ent-s3cr3t/+=",
  refresh_token: "r3fr3sh-t0k3n",
  password: "p4ssw0rd in the body",
  header: "h3ad3r-k3y",
} as const;

const client = { client_id: "the-client", client_secret: SECRETS.client_secret };

export const fetching = {
  oauth2: (idp: Pick<Idp, "tokenUrl">, config: object = {}, runtime?: Runtime) =>
    new OAuth2ClientCredentialsProvider({ token_url: idp.tokenUrl, ...client, ...config }, runtime),
  oauth2_refresh: (idp: Pick<Idp, "tokenUrl">, config: object = {}, runtime?: Runtime) =>
    new OAuth2RefreshProvider(
      { token_url: idp.tokenUrl, ...client, refresh_token: SECRETS.refresh_token, ...config },
      runtime,
    ),
  token_endpoint: (idp: Pick<Idp, "tokenUrl">, config: object = {}, runtime?: Runtime) =>
    new TokenEndpointProvider(
      {
        url: idp.tokenUrl,
        body: { user: "service", password: SECRETS.password },
        headers: { "X-Api-Key": SECRETS.header },
        token_path: "$.access_token",
        expiry_path: "$.expires_in",
        ...config,
      },
      runtime,
    ),
};

export const fetchingTypes = Object.entries(fetching);
