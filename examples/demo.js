/**
 * Eight connectors, one grant: npm run demo. With --unshared each connector has a provider of its
 * own, and the grant dies, since they present each other's spent refresh tokens.
 */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { AuthCatalog } from "faucet-auth";
import { parse } from "yaml";
import { Connector } from "./demo/connector.js";
import { conclusion, showLive, table } from "./demo/display.js";
import { startOpenIdProvider } from "./demo/openid-provider.js";
import { startResourceApi } from "./demo/resource-api.js";

const RUN_MS = 10_000;
const REVOKE_AT_MS = 4_000;
const ACCESS_TOKEN_SECONDS = 3;

const shared = !process.argv.includes("--unshared");
const pipeline = fileURLToPath(new URL("pipeline.yaml", import.meta.url));

const idp = await startOpenIdProvider({ accessTokenSeconds: ACCESS_TOKEN_SECONDS });
const api = await startResourceApi(idp);
process.env.DEMO_ISSUER = idp.issuer;
process.env.DEMO_CLIENT_ID = idp.postClient.client_id;
process.env.DEMO_CLIENT_SECRET = idp.postClient.client_secret;
process.env.DEMO_REFRESH_TOKEN = await idp.mintRefreshToken();

const connectors = await connect();
const ending = new AbortController();
const stopShowing = showLive(() => table(connectors, idp.seen));
setTimeout(() => ending.abort(), RUN_MS).unref();
setTimeout(revokeOne, REVOKE_AT_MS).unref();
await Promise.all(connectors.map((connector) => connector.run(ending.signal)));
stopShowing();

const { text, succeeded } = conclusion(connectors, idp.seen, shared);
console.log(process.stdout.isTTY ? `\n${text}` : `${table(connectors, idp.seen).join("\n")}\n\n${text}`);
process.exitCode = succeeded ? 0 : 1;
api.close();
idp.close();

/** The connectors of the pipeline, over one catalog, or each over a catalog of its own. */
async function connect() {
  const {
    pipeline: { sources },
  } = parse(await readFile(pipeline, "utf8"));
  const common = await AuthCatalog.load(pipeline);
  return Promise.all(
    Object.entries(sources).map(async ([name, { auth }]) => {
      const catalog = shared ? common : await AuthCatalog.load(pipeline);
      return new Connector(name, catalog.resolve(auth), api.origin);
    }),
  );
}

/** What an administrator might do: one access token becomes useless before its time. */
async function revokeOne() {
  const [authorization = ""] = [...(connectors[0]?.tokens ?? [])].slice(-1);
  await idp.revoke(authorization.replace("Bearer ", ""));
}
