/** Processes that share a grant on a server. `npm run prove:stores` has the same at full size. */

import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { runFleet } from "../fleet/fleet.js";
import { hang } from "../fleet/hang.js";
import { killMany } from "../fleet/kills.js";
import { withoutNamespaces } from "../fleet/network.js";
import { disturb } from "../fleet/outages.js";
import { partition } from "../fleet/partition.js";
import { serverPlace } from "../fleet/places.js";
import { stopHolder } from "../fleet/stopped.js";
import { withoutPostgres } from "../support/postgres.js";
import { withoutRedis } from "../support/redis.js";

const missing = { redis: withoutRedis, postgres: withoutPostgres };

describe.each(["redis", "postgres"] as const)("one grant of many processes on %s", (kind) => {
  beforeEach(({ skip }) => skip(missing[kind] !== undefined, missing[kind]));

  async function place() {
    const opened = await serverPlace(kind);
    onTestFinished(() => opened.remove());
    return opened;
  }

  const isAlive = { overlaps: 0, reuses: 0, revokedGrants: 0 };

  test("R1 D1 D2 three processes present no refresh token twice, and ask no more often than tokens expire", async () => {
    const { persist } = await place();
    const seen = await runFleet({ processes: 3, connectors: 5, tokens: 3, accessTokenSeconds: 600, persist });
    expect(seen).toMatchObject({ ...isAlive, errors: 0, refused: 0, early: 0 });
    expect(seen.tokenRequests).toBeGreaterThanOrEqual(3);
    expect(seen.tokenRequests).toBeLessThanOrEqual(seen.expiries + 1);
  });

  test("R1 D2 a holder that is stopped beyond its lease wakes up with its answer, and overwrites nothing", async () => {
    const where = await place();
    const { overtook, woke, follows, presented } = await stopHolder(where, where.expire);
    expect([overtook, woke, follows]).toEqual(Array(3).fill({ token: "t2" }));
    expect(presented).toEqual(["r0", "r0"]);
  });

  test("R1 D7 those who wait for a refresh that fails have its error, and none of them asks", {
    tags: ["slow"],
  }, async () => {
    const { ended, requests } = await hang({ processes: 4, timeoutSecs: 30, cutWhenAllWait: true }, await place());
    expect(ended.map(({ code }) => code)).toEqual(Array(4).fill("transport"));
    expect(requests).toBe(1);
  });

  test("R1 D6 killed in the middle of a refresh, a process leaves what the next continues from", {
    tags: ["slow"],
  }, async () => {
    expect(await killMany(2, await place())).toMatchObject({ killed: 2, violations: [] });
  });

  test("R1 C10 clocks that are an hour apart end no lease of another, and lose nothing", {
    tags: ["slow"],
  }, async () => {
    const { persist } = await place();
    const ahead = { tokens: 3, aheadMilliseconds: 3_600_000 };
    const seen = await runFleet({ processes: 4, connectors: 2, accessTokenSeconds: 600, persist, ...ahead });
    expect(seen).toMatchObject({ ...isAlive, errors: 0, refused: 0 });
  });

  test("R3 D3 the server is killed, cut off and slow: errors of the store alone, and service comes back by itself", {
    tags: ["slow"],
  }, async () => {
    const outages = { apartMs: 1500, downMs: 1500, cutMs: 5000, slowMs: 200 };
    const { rotating, plain } = await disturb(await place(), {
      ...{ processes: 3, connectors: 3, accessTokenSeconds: 2 },
      ...outages,
    });
    expect(rotating).toMatchObject({ ...isAlive, codes: ["store"], unserved: 0 });
    expect(plain).toMatchObject({ ...isAlive, errors: 0, unserved: 0 });
  });

  test("R3 three hosts, one of them parted from the store during a renewal: nothing is spent twice", {
    tags: ["slow"],
  }, async ({ skip }) => {
    skip(withoutNamespaces !== undefined, withoutNamespaces);
    expect(await partition(kind)).toEqual({
      before: ["t1", "t1", "t1"],
      holderParted: ["t2", "t2", "t2"],
      otherParted: { parted: "store", renewed: ["t3", "t3"] },
      after: "t4",
      tokenRequests: 4,
      overlaps: 0,
      reuses: 0,
    });
  });
});
