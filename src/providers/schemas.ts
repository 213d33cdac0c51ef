/** The schemas of all types, for what is generated from them: the documentation of the keys. */

import type * as z from "zod/mini";
import { FlowProvider, flowSchema } from "./flow.js";
import { IdentityTokenProvider, identityTokenSchema } from "./identity-token.js";
import { clientCredentialsSchema, OAuth2ClientCredentialsProvider } from "./oauth2-client-credentials.js";
import { OAuth2RefreshProvider, refreshSchema } from "./oauth2-refresh.js";
import { StaticProvider } from "./static.js";
import { staticSchema } from "./static-fields.js";
import { TokenEndpointProvider, tokenEndpointSchema } from "./token-endpoint.js";

/** Builds each type's schema, a strict object. */
export const SCHEMAS: Readonly<Record<string, () => z.ZodMiniType>> = {
  [StaticProvider.type]: staticSchema,
  [OAuth2ClientCredentialsProvider.type]: clientCredentialsSchema,
  [OAuth2RefreshProvider.type]: refreshSchema,
  [TokenEndpointProvider.type]: tokenEndpointSchema,
  [FlowProvider.type]: flowSchema,
  [IdentityTokenProvider.type]: identityTokenSchema,
};
