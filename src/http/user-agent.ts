/** The name under which token requests are made (RFC 9110 §10.1.5). */

/** The package's version; the build puts it here. */
declare const FAUCET_AUTH_VERSION: string | undefined;

/** Firewalls refuse requests without one. */
export const USER_AGENT: string = `faucet-auth/${typeof FAUCET_AUTH_VERSION === "string" ? FAUCET_AUTH_VERSION : "source"}`;
