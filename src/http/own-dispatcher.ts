/** A dispatcher for one provider: with certificates of its own, through a proxy of its own (H11). */

import { loadDependency } from "../values/load-dependency.js";
import type { Dispatcher } from "./dispatcher.js";
import { userinfoAuthorization } from "./url.js";

/** What a connection is secured by, as `tls.connect` of Node takes it. */
export interface TlsMaterial {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly ca?: string | undefined;
  readonly passphrase?: string | undefined;
  readonly pfx?: Buffer | undefined;
}

/** How an IdP is reached. */
export interface Route {
  readonly tls: TlsMaterial;
  readonly proxy?: URL | undefined;
}

/** A dispatcher that is closed by whoever made it. */
export interface OwnDispatcher extends Dispatcher {
  /** Ends once the requests that are under way have ended. */
  close(): Promise<void>;
  /** Ends them too. */
  destroy(): Promise<void>;
}

/** The proxy was not reached, or its certificate not accepted; the cause says why. */
export class ProxyConnectionError extends Error {
  constructor(cause: unknown) {
    super("the connection to the proxy has failed", { cause });
  }
}

/** A new dispatcher for `route`. undici is loaded when first needed. */
export async function ownDispatcher({ tls, proxy }: Route): Promise<OwnDispatcher> {
  const { Agent, Pool, ProxyAgent } = await loadDependency("undici", () => import("undici"));
  if (proxy === undefined) return new Agent({ connect: { ...tls } });
  const token = userinfoAuthorization(proxy);
  return new ProxyAgent({
    uri: proxy.origin,
    ...(token !== undefined && { token }),
    requestTls: { ...tls },
    ...(tls.ca !== undefined && { proxyTls: { ca: [...(await knownAuthorities()), tls.ca] } }),
    clientFactory: (origin, options) => new Pool(origin, { ...options, connect: markingErrors(connectOf(options)) }),
  });
}

/** A proxy may be known by the company's authority, or by one that everybody knows. */
async function knownAuthorities(): Promise<readonly string[]> {
  const { rootCertificates } = await import("node:tls");
  return rootCertificates;
}

/** As undici's connectors are called. */
type Connect = (options: object, callback: (error: Error | null, socket: unknown) => void) => unknown;

function connectOf(options: object): Connect {
  return (options as { readonly connect: Connect }).connect;
}

/** `connect`, whose errors say that they are the proxy's: else nothing tells them from those of the IdP. */
function markingErrors(connect: Connect): never {
  const marking: Connect = (options, callback) => {
    return connect(options, (error, socket) => callback(error && new ProxyConnectionError(error), socket));
  };
  return marking as never;
}
