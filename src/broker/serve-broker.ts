/** Starts a broker: its options, its servers, and its end. */

import { createServer, type Server } from "node:http";
import { type BrokerCatalog, type BrokerOptions, type CheckedOptions, checkBroker } from "./broker-options.js";
import { BrokerService } from "./broker-service.js";
import { guardOfSocket, guardOfTcp } from "./guard.js";
import { BrokerListener } from "./request-listener.js";
import { listenOnSocket } from "./socket-file.js";
import { listenOnTcp } from "./tcp-listener.js";

/** A broker that runs. */
export interface Broker {
  /** The absolute path of its socket, if it has one. */
  readonly socket: string | undefined;
  /** Its address on TCP, such as `http://127.0.0.1:7777`, if it has one. */
  readonly url: string | undefined;
  /**
   * Ends it: nobody new is served, and who waits for a token gets it. The catalog is left open. May be called again.
   */
  close(): Promise<void>;
  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Serves the providers of `catalog` to other processes, until it is closed.
 *
 * @throws ConfigError (rejects) for options that are no good, where another broker listens on the socket or the port, and for a
 * catalog whose names the broker has pages of its own for.
 * @example
 * await using catalog = await AuthCatalog.load("pipeline.yaml");
 * await using broker = await serveBroker(catalog, { socket: "/run/user/1000/faucet.sock" });
 */
export async function serveBroker(catalog: BrokerCatalog, options: BrokerOptions): Promise<Broker> {
  const settings = checkBroker(catalog, options);
  const service = new BrokerService(catalog);
  const listening = await listenOnAll(service, settings);
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= endAll(service, listening);
    return closing;
  };
  return {
    socket: settings.socket,
    url: listening.find(({ url }) => url !== undefined)?.url,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A server that listens, and what is left to do when it ends. */
interface Listening {
  readonly server: Server;
  readonly listener: BrokerListener;
  readonly url?: string;
  /** Takes away the name by which others find it. */
  hide?(): Promise<void>;
}

/** On both, or on none: what was begun before one fails is ended again. */
async function listenOnAll(service: BrokerService, { socket, tcp }: CheckedOptions): Promise<readonly Listening[]> {
  const listening: Listening[] = [];
  try {
    if (socket !== undefined) {
      const server = createServer();
      const listener = new BrokerListener(service, guardOfSocket());
      server.on("request", listener.onRequest);
      listening.push({ server, listener, ...(await listenOnSocket(server, socket)) });
    }
    if (tcp !== undefined) {
      const server = createServer();
      const url = await listenOnTcp(server, tcp);
      const listener = new BrokerListener(service, guardOfTcp(url, tcp.token));
      server.on("request", listener.onRequest);
      listening.push({ server, listener, url });
    }
    return listening;
  } catch (error) {
    await endAll(service, listening);
    throw error;
  }
}

async function endAll(service: BrokerService, listening: readonly Listening[]): Promise<void> {
  service.close();
  await Promise.all(listening.map(end));
}

/** Once those who wait have their answers, nothing is left but connections on which nobody has asked. */
async function end({ server, listener, hide }: Listening): Promise<void> {
  await hide?.();
  const ended = new Promise<void>((resolve) => server.close(() => resolve()));
  await listener.drained();
  server.closeAllConnections();
  await ended;
}
