/** A server on a port of loopback. */

import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ConfigError } from "faucet-auth";

/** Listens; gives the address, with the port that the system has chosen. Rejects with a `ConfigError` where it is taken. */
export function listenOnTcp(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", ({ code }: NodeJS.ErrnoException) => {
      const reason = code === "EADDRINUSE" ? "another program listens there" : `cannot be listened on (${code})`;
      reject(new ConfigError("broker", [{ path: "tcp", message: `${host}:${port}: ${reason}` }]));
    });
    server.listen(port, host.replace(/[[\]]/g, ""), () => {
      const { address, family, port: chosen } = server.address() as AddressInfo;
      resolve(`http://${family === "IPv6" ? `[${address}]` : address}:${chosen}`);
    });
  });
}
