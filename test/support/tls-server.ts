/**
 * OpenSSL's own TLS server, for what Node's does not do: it says in an alert that it wants a certificate. With TLS 1.3 the alert
 * comes after the handshake, and is often lost when the connection closes.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { onTestFinished } from "vitest";

/** Starts one that refuses clients without a certificate of `caFile`. Gives its URL. */
export async function startStrictTlsServer(keyFile: string, certFile: string, caFile: string): Promise<string> {
  const files = ["-key", keyFile, "-cert", certFile, "-CAfile", caFile];
  const server = spawn("openssl", ["s_server", "-accept", "127.0.0.1:0", ...files, "-Verify", "1", "-tls1_2", "-www"]);
  onTestFinished(async () => {
    server.kill();
    await once(server, "exit");
  });
  let output = "";
  for await (const chunk of server.stdout) {
    output += chunk;
    const [, port] = /ACCEPT .*:(\d+)/.exec(output) ?? [];
    if (port !== undefined) return `https://127.0.0.1:${port}/token`;
  }
  throw new Error(`openssl s_server did not start: ${output}`);
}
