/** Secrets on an unencrypted connection, and the warning about them (H6). */

const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/;

/** The link to the host itself, on which the metadata servers of clouds are. */
const LINK_LOCAL = /^(?:169\.254(?:\.\d+){2}|\[fe[89ab].*\]|metadata\.google\.internal)$/;

/** Whether nothing leaves this machine on the way to `url`. */
export function isLoopback({ hostname }: URL): boolean {
  return LOOPBACK.test(hostname);
}

/** Whether nobody on the way can read a request to `url`: it is encrypted, or stays on this machine. */
export function isProtected(url: URL): boolean {
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url));
}

/** Warns, through `process.emitWarning`, of the first of `urls` to which requests can be read on the way. Call it once per provider. */
export function warnOfPlainHttp(urls: readonly URL[], provider: string): void {
  const url = urls.find((each) => each.protocol === "http:" && !isLoopback(each) && !LINK_LOCAL.test(each.hostname));
  if (url === undefined) return;
  process.emitWarning(`${provider}: secrets go to ${url.origin} unencrypted; use https`, {
    code: "FAUCET_AUTH_PLAIN_HTTP",
  });
}
