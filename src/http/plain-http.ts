/** The warning about secrets on an unencrypted connection (H6). */

/** Loopback, and the link to the host itself, on which metadata servers are: nobody can read along there. */
const LOCAL =
  /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\]|169\.254(?:\.\d+){2}|\[fe[89ab].*\]|metadata\.google\.internal)$/;

/** Warns, through `process.emitWarning`, if requests to `url` can be read on the way. Call it once per provider. */
export function warnOfPlainHttp(url: URL, provider: string): void {
  if (url.protocol !== "http:" || LOCAL.test(url.hostname)) return;
  process.emitWarning(`${provider}: secrets go to ${url.origin} unencrypted; use https`, {
    code: "FAUCET_AUTH_PLAIN_HTTP",
  });
}
