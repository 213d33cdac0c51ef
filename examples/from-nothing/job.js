/** A job of a pipeline: asks the API who it is, and says what that has cost. `node job.js pipeline.yaml` */

import { AuthCatalog, authFetch } from "faucet-auth";

const catalog = await AuthCatalog.load(process.argv[2] ?? "");
const crm = catalog.get("crm");
try {
  const { issuer } = /** @type {{ issuer: string }} */ (/** @type {any} */ (crm).toJSON());
  const response = await authFetch(crm)(new URL("/me", issuer));
  console.log("rows:", JSON.stringify(await response.json()));
} catch (error) {
  console.log("failed:", /** @type {Error} */ (error).message);
}
const { state, counts } = crm.status();
console.log("status:", state, `(token requests: ${counts.tokenRequests})`);
await catalog.close();
