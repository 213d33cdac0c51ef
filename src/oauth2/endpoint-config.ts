/** The keys by which a configuration says how a token endpoint is asked (K8). */

import * as z from "zod/mini";
import { type Settings, text, withDefault } from "../config/fields.js";
import { REQUEST_ENCODINGS, type RequestEncoding } from "../http/request-encoding.js";

/** A token endpoint, as configured. */
export interface TokenEndpoint {
  /**
   * How a token request is sent: as a form (RFC 6749 §4.4.2), as a JSON object, or in the query of the URL, whose own
   * parameters are kept, without a body.
   * @default form
   */
  readonly encoding?: RequestEncoding | null;
  /** What stands between scopes, for servers that want something other than the space of RFC 6749 §3.3. */
  readonly scope_separator?: string | null;
}

/** The fields for those keys. */
export const endpointFields = () => ({
  encoding: withDefault(z.enum(REQUEST_ENCODINGS), "form"),
  scope_separator: withDefault(text(), " "),
});

/** Those keys in their normal form. */
export type EndpointSettings = Settings<typeof endpointFields>;
