/** Processes that are killed in the middle of a refresh, and those that come after them (D6). */

import { setTimeout as pause } from "node:timers/promises";
import { startOpenIdProvider } from "../../examples/demo/openid-provider.js";
import { faultsOfStore, newFolder, start } from "./processes.js";

/** Beyond the time that a refresh takes here, so that some kills come too late. */
const LONGEST_MS = 120;

/** Kills so many, each at a random instant of its refresh. Counts what became of the next. @param {number} runs */
export async function killMany(runs) {
  const idp = await startOpenIdProvider();
  let issued = 0;
  idp.on("success", () => {
    issued += 1;
  });
  const path = await newFolder();
  const counts = { runs, killed: 0, continued: 0, answerLost: 0 };
  /** @type {string[]} */
  const violations = [];
  let refresh_token = await idp.mintRefreshToken();
  for (let run = 0; run < runs; run += 1) {
    // A record is never fresh: every process refreshes.
    const config = { token_url: idp.tokenUrl, ...idp.postClient, refresh_token, persist: { path }, expiry_ratio: 1e-9 };
    const issuedBefore = issued;
    const victim = start("refresher", { config });
    await victim.message();
    const outcome = victim.message().catch(() => undefined);
    await pause(Math.random() * LONGEST_MS);
    victim.child.kill("SIGKILL");
    const wasServed = (await outcome) !== undefined;
    if (!wasServed) counts.killed += 1;
    await victim.exited;
    violations.push(...(await faultsOfStore(path)));
    const wasIssued = issued > issuedBefore;

    const next = start("refresher", { config });
    await next.message();
    const { token, message } = await next.message();
    await next.exited;
    if (token !== undefined) {
      counts.continued += 1;
    } else if (wasIssued && !wasServed) {
      counts.answerLost += 1;
      // A new consent: it wins over what is stored (D5).
      refresh_token = await idp.mintRefreshToken();
    } else {
      violations.push(`run ${run}: nothing was rotated, and the next process has ${message}`);
      refresh_token = await idp.mintRefreshToken();
    }
  }
  idp.close();
  return { ...counts, violations };
}
