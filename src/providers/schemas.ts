/** The schemas of all types, for what is generated from them: the documentation of the keys. */

import type * as z from "zod/mini";
import { BrokerProvider, brokerSchema } from "./broker.js";
import { FlowProvider, flowSchema } from "./flow.js";
import { GoogleServiceAccountProvider, googleServiceAccountSchema } from "./google-service-account.js";
import { IdentityTokenProvider, identityTokenSchema } from "./identity-token.js";
import { JwtBearerProvider, jwtBearerSchema } from "./jwt-bearer.js";
import { OAuth1Provider, oauth1Schema } from "./oauth1.js";
import { clientCredentialsSchema, OAuth2ClientCredentialsProvider } from "./oauth2-client-credentials.js";
import { OAuth2RefreshProvider, refreshSchema } from "./oauth2-refresh.js";
import { StaticProvider } from "./static.js";
import { staticSchema } from "./static-fields.js";
import { TokenEndpointProvider, tokenEndpointSchema } from "./token-endpoint.js";
import { TokenExchangeProvider, tokenExchangeSchema } from "./token-exchange.js";

/** Builds each type's schema, a strict object. */
export const SCHEMAS: Readonly<Record<string, () => z.ZodMiniType>> = {
  [StaticProvider.type]: staticSchema,
  [OAuth2ClientCredentialsProvider.type]: clientCredentialsSchema,
  [OAuth2RefreshProvider.type]: refreshSchema,
  [TokenEndpointProvider.type]: tokenEndpointSchema,
  [FlowProvider.type]: flowSchema,
  [OAuth1Provider.type]: oauth1Schema,
  [JwtBearerProvider.type]: jwtBearerSchema,
  [TokenExchangeProvider.type]: tokenExchangeSchema,
  [GoogleServiceAccountProvider.type]: googleServiceAccountSchema,
  [IdentityTokenProvider.type]: identityTokenSchema,
  [BrokerProvider.type]: brokerSchema,
};
