/** Processes that are killed in the middle of a refresh, and those that come after them (D6). */

import { rm } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { startOpenIdProvider } from "../../examples/demo/openid-provider.js";
import { faultsOfStore, newFolder, start } from "./processes.js";

/** Kills so many, each at a random instant of its refresh. Counts what became of the next. @param {number} kills */
export async function killMany(kills) {
  const idp = await startOpenIdProvider();
  let issued = 0;
  idp.on("success", () => {
    issued += 1;
  });
  const path = await newFolder();
  const counts = { runs: 0, killed: 0, killedBeforeRequest: 0, killedAfterAnswer: 0, continued: 0, answerLost: 0 };
  // How long the last whole refresh took: what is killed later was not killed in it.
  let refreshMs = 200;
  /** @type {string[]} */
  const violations = [];
  let refresh_token = await idp.mintRefreshToken();
  for (; counts.killed < kills; counts.runs += 1) {
    // A record is never fresh: every process refreshes.
    const config = { token_url: idp.tokenUrl, ...idp.postClient, refresh_token, persist: { path }, expiry_ratio: 1e-9 };
    const issuedBefore = issued;
    const victim = start("refresher", { config });
    await victim.message();
    const requestsBefore = idp.seen.tokenRequests;
    const outcome = victim.message().catch(() => undefined);
    await pause(Math.random() * refreshMs);
    victim.child.kill("SIGKILL");
    const wasServed = (await outcome) !== undefined;
    await victim.exited;
    violations.push(...(await faultsOfStore(path)));
    const wasIssued = issued > issuedBefore;
    if (!wasServed) {
      counts.killed += 1;
      if (idp.seen.tokenRequests === requestsBefore) counts.killedBeforeRequest += 1;
      if (wasIssued) counts.killedAfterAnswer += 1;
    }

    const issuedBeforeNext = issued;
    const next = start("refresher", { config });
    await next.message();
    const began = performance.now();
    const { token, message } = await next.message();
    refreshMs = performance.now() - began;
    await next.exited;
    // With a token that is merely still good, the grant may be dead all the same.
    if (token !== undefined && issued > issuedBeforeNext) {
      counts.continued += 1;
    } else if (wasIssued && !wasServed) {
      counts.answerLost += 1;
      // A new consent: it wins over what is stored (D5).
      refresh_token = await idp.mintRefreshToken();
    } else {
      violations.push(
        `run ${counts.runs}: nothing was rotated, and the next process has ${message ?? "only the old token"}`,
      );
      refresh_token = await idp.mintRefreshToken();
    }
  }
  await rm(path, { recursive: true });
  idp.close();
  return { ...counts, violations };
}
