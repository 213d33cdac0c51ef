/** The keys by which a configuration says where somebody agrees to a grant, and where it is ended (RFC 6749 §3.1, RFC 8628, RFC 7009). */

import { isGiven, type Relation } from "../config/check.js";
import { because, type Field, optional, text, url } from "../config/fields.js";

/** Where a grant begins and ends, as configured. With `issuer`, its metadata say what is left out here. */
export interface ConsentConfig {
  /**
   * The authorization endpoint (RFC 6749 §3.1), to which `faucet-auth login` sends the browser. Its query is kept, such as
   * `?access_type=offline`.
   */
  readonly authorization_url?: string | null;
  /** The device authorization endpoint (RFC 8628 §3.1), for `faucet-auth login --device`. */
  readonly device_authorization_url?: string | null;
  /** The revocation endpoint (RFC 7009 §2), for `faucet-auth revoke`. */
  readonly revocation_url?: string | null;
  /**
   * Where the browser is sent when it is done, as it is registered for the client. One on loopback gets a port of its own, unless it
   * has one (RFC 8252 §7.3); with any other, the address is brought back by hand.
   *
   * @default http://127.0.0.1/callback
   */
  readonly redirect_uri?: string | null;
}

/** The fields for them. */
export const consentFields = () => ({
  authorization_url: optional(url()),
  device_authorization_url: optional(url()),
  revocation_url: optional(url()),
  redirect_uri: optional(redirectUri()),
});

/** RFC 6749 §3.1.2: absolute, and without a fragment. Apps have schemes of their own. */
function redirectUri(): Field<string> {
  return text().check(
    because((given) => {
      if (given === "") return undefined;
      if (!URL.canParse(given)) return "must be an absolute URI, such as http://127.0.0.1/callback";
      return new URL(given).hash === "" ? undefined : "must not have a fragment (RFC 6749 §3.1.2)";
    }),
  );
}

/** What shows that a login is possible. */
const LOGIN_KEYS = ["issuer", "authorization_url", "device_authorization_url"] as const;

/** Without a refresh token to begin with, one can only come by a login, which is kept in a store. */
export function refreshTokenOrLogin({ hasStore }: { readonly hasStore: boolean }): Relation {
  return (config) => {
    if (isGiven(config.refresh_token)) return [];
    if (!LOGIN_KEYS.some((key) => isGiven(config[key]))) {
      const others = "authorization_url, device_authorization_url or issuer";
      return [{ path: "refresh_token", message: `is required: a string; or ${others}, to log in by` }];
    }
    if (hasStore || isGiven(config.persist)) return [];
    const message = "is required without refresh_token: a login is kept there, such as { path: ./state }";
    return [{ path: "persist", message }];
  };
}
