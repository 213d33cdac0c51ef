/** Processes that are killed in the middle of a refresh, and those that come after them (D6). */

import { setTimeout as pause } from "node:timers/promises";
import { startOpenIdProvider } from "../../examples/demo/openid-provider.js";
import { filePlace } from "./places.js";
import { faultsOfStore, start } from "./processes.js";

/** No refresh takes longer by itself, in milliseconds. */
const LONGEST_REFRESH_MS = 1000;

/**
 * Kills so many, each at a random instant of its refresh. Counts what became of the next, which takes the lease over: at
 * once where it can see that its holder is dead, else once its time is over.
 * @param {number} kills
 * @param {import("./places.js").Place} [given] Where the record is; a new folder, if that is not said.
 */
export async function killMany(kills, given) {
  const idp = await startOpenIdProvider();
  let issued = 0;
  idp.on("success", () => {
    issued += 1;
  });
  const place = given ?? (await filePlace());
  // A server cannot see that a holder is dead: its lease lasts ten seconds longer than this.
  const timeout_secs = place.kind === "files" ? 30 : 5;
  const counts = { runs: 0, killed: 0, killedBeforeRequest: 0, killedAfterAnswer: 0, continued: 0, answerLost: 0 };
  // How long the last whole refresh took: what is killed later was not killed in it.
  let refreshMs = 200;
  /** @type {string[]} */
  const violations = [];
  let refresh_token = await idp.mintRefreshToken();
  for (; counts.killed < kills; counts.runs += 1) {
    // A record is never fresh: every process refreshes.
    const client = { token_url: idp.tokenUrl, ...idp.postClient, refresh_token, timeout_secs };
    const config = { ...client, persist: place.persist, expiry_ratio: 1e-9 };
    const issuedBefore = issued;
    const victim = start("refresher", { config });
    await victim.message();
    const requestsBefore = idp.seen.tokenRequests;
    const outcome = victim.message().catch(() => undefined);
    await pause(Math.random() * refreshMs);
    victim.child.kill("SIGKILL");
    const wasServed = (await outcome) !== undefined;
    await victim.exited;
    if (place.kind === "files") violations.push(...(await faultsOfStore(place.persist.path ?? "")));
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
    // What it has waited for the lease of the dead is no part of it.
    refreshMs = Math.min(performance.now() - began, LONGEST_REFRESH_MS);
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
  if (given === undefined) await place.remove();
  idp.close();
  return { ...counts, violations };
}
