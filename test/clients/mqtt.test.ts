/** MQTT.js against a real broker, aedes, which accepts one token at a time. */

import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { Aedes } from "aedes";
import mqtt from "mqtt";
import { expect, onTestFinished, test } from "vitest";
import { onToken } from "../../src/adapters/index.js";
import { accessToken } from "../../src/index.js";
import { liveProvider } from "../support/live-provider.js";

async function startBroker() {
  const shown: string[] = [];
  let accepted = "token-1";
  const aedes = await Aedes.createBroker({
    authenticate(_client, username, password, done) {
      shown.push(`${username} ${password}`);
      done(null, String(password) === accepted);
    },
  });
  const server = createServer(aedes.handle).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    aedes.close();
    server.close();
  });
  return {
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    shown,
    /** From now on it accepts another token, and all connections are cut. */
    rotate(token: string) {
      accepted = token;
      for (const client of Object.values(
        (aedes as unknown as { clients: Record<string, { close(): void }> }).clients,
      )) {
        client.close();
      }
    },
  };
}

test("a connection that is cut comes back with the token that is current then", async () => {
  const broker = await startBroker();
  const { provider, rotate, issued } = await liveProvider();
  const password = (await accessToken(provider)).token;
  const client = await mqtt.connectAsync(broker.url, { username: "reports", password, reconnectPeriod: 10 });
  onTestFinished(() => client.endAsync(true));
  const renewing = onToken(provider, (token) => {
    client.options.password = token;
  });
  onTestFinished(() => renewing[Symbol.dispose]());
  await client.publishAsync("orders", "1");

  await rotate();
  broker.rotate("token-2");
  await new Promise((resolve) => client.once("connect", resolve));
  await client.publishAsync("orders", "2");
  expect(broker.shown).toEqual(["reports token-1", "reports token-2"]);
  expect(issued()).toBe(2);
});
