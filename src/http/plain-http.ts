/** The warning about secrets on an unencrypted connection (H6). */

const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/;

/** Warns, through `process.emitWarning`, if requests to `url` can be read on the way. Call it once per provider. */
export function warnOfPlainHttp(url: URL, provider: string): void {
  if (url.protocol !== "http:" || LOOPBACK.test(url.hostname)) return;
  process.emitWarning(`${provider}: secrets go to ${url.origin} unencrypted; use https`, {
    code: "FAUCET_AUTH_PLAIN_HTTP",
  });
}
