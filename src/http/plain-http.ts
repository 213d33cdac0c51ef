/** Secrets on an unencrypted connection, and the warning about them (H6). */

const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/;

/** Whether nothing leaves this machine on the way to `url`. */
export function isLoopback({ hostname }: URL): boolean {
  return LOOPBACK.test(hostname);
}

/** Whether nobody on the way can read a request to `url`: it is encrypted, or stays on this machine. */
export function isProtected(url: URL): boolean {
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url));
}

/** Warns, through `process.emitWarning`, if requests to `url` can be read on the way. Call it once per provider. */
export function warnOfPlainHttp(url: URL, provider: string): void {
  if (isProtected(url)) return;
  process.emitWarning(`${provider}: secrets go to ${url.origin} unencrypted; use https`, {
    code: "FAUCET_AUTH_PLAIN_HTTP",
  });
}
