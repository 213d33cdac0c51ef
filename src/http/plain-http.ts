/** Secrets on an unencrypted connection, and the warning about them (H6). */

const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/;

/** Whether nobody on the way can read a request to `url`: it is encrypted, or stays on this machine. */
export function isProtected({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || (protocol === "http:" && LOOPBACK.test(hostname));
}

/** Warns, through `process.emitWarning`, if requests to `url` can be read on the way. Call it once per provider. */
export function warnOfPlainHttp(url: URL, provider: string): void {
  if (isProtected(url)) return;
  process.emitWarning(`${provider}: secrets go to ${url.origin} unencrypted; use https`, {
    code: "FAUCET_AUTH_PLAIN_HTTP",
  });
}
