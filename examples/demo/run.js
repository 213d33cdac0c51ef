/** One run of the demo: its servers, its connectors, and what is shown of them. */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { AuthCatalog } from "faucet-auth";
import { parse } from "yaml";
import { Connector } from "./connector.js";
import { conclusion, showLive, table } from "./display.js";
import { startOpenIdProvider } from "./openid-provider.js";
import { startResourceApi } from "./resource-api.js";

const RUN_MS = 10_000;
const REVOKE_AT_MS = 4_000;
const ACCESS_TOKEN_SECONDS = 3;

const pipeline = fileURLToPath(new URL("../pipeline.yaml", import.meta.url));

/** Runs for ten seconds, or until `ending` is aborted. Gives whether the grant has survived. @param {boolean} shared @param {AbortController} ending */
export async function run(shared, ending) {
  const idp = await startOpenIdProvider({ accessTokenSeconds: ACCESS_TOKEN_SECONDS });
  const api = await startResourceApi(idp);
  process.env.DEMO_ISSUER = idp.issuer;
  process.env.DEMO_CLIENT_ID = idp.postClient.client_id;
  process.env.DEMO_CLIENT_SECRET = idp.postClient.client_secret;
  process.env.DEMO_REFRESH_TOKEN = await idp.mintRefreshToken();

  const connectors = await connect(shared, api.origin);
  const stopShowing = showLive(() => table(connectors, idp.seen));
  setTimeout(() => ending.abort(), RUN_MS).unref();
  setTimeout(() => revokeOne(idp, connectors), REVOKE_AT_MS).unref();
  await Promise.all(connectors.map((connector) => connector.run(ending.signal)));
  stopShowing();
  api.close();
  idp.close();

  if (!process.stdout.isTTY) console.log(table(connectors, idp.seen).join("\n"));
  const { text, succeeded } = conclusion(connectors, idp.seen, shared);
  console.log(`\n${text}`);
  return succeeded;
}

/** The connectors of the pipeline, over one catalog, or each over a catalog of its own. @param {boolean} shared @param {string} origin */
async function connect(shared, origin) {
  const {
    pipeline: { sources },
  } = parse(await readFile(pipeline, "utf8"));
  const common = await AuthCatalog.load(pipeline);
  return Promise.all(
    Object.entries(sources).map(async ([name, { auth }]) => {
      const catalog = shared ? common : await AuthCatalog.load(pipeline);
      return new Connector(name, catalog.resolve(auth), origin);
    }),
  );
}

/**
 * What an administrator might do: one access token becomes useless before its time.
 * @param {import("./openid-provider.js").OpenIdProvider} idp @param {readonly Connector[]} connectors
 */
async function revokeOne(idp, connectors) {
  const [authorization = ""] = [...(connectors[0]?.tokens ?? [])].slice(-1);
  await idp.revoke(authorization.replace("Bearer ", ""));
}
