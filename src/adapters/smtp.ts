/** SMTP: XOAUTH2 with nodemailer. */

import { callbackify } from "node:util";
import type { AuthProvider } from "faucet-auth";
import { checkAdapter } from "./checked.js";
import { GivenTokens } from "./given-tokens.js";

/** A `provisionCallback` of nodemailer. */
export type SmtpProvisionCallback = (
  user: string,
  /** Whether the server has refused what was given last: that is reported. */
  renew: boolean,
  /** Called with an error, or with the token and when it expires, in milliseconds since the epoch, where that is known. */
  callback: (error: Error | null, accessToken?: string, expires?: number) => void,
) => void;

/**
 * The `provisionCallback` of one nodemailer transport.
 *
 * @throws `ConfigError` if this is no provider. What `accessToken()` rejects with goes to nodemailer.
 * @example
 * const transport = createTransport({ host, auth: { type: "OAuth2", user } });
 * transport.set("oauth2_provision_cb", smtpXoauth2(provider));
 */
export function smtpXoauth2(provider: AuthProvider): SmtpProvisionCallback {
  checkAdapter("smtpXoauth2", provider);
  const given = new GivenTokens(provider);
  return (_user, renew, callback) => {
    callbackify(() => (renew ? given.afterRefusal() : given.current()))((error, bare) => {
      if (error) callback(error);
      else callback(null, bare.token, bare.expiresAt);
    });
  };
}
