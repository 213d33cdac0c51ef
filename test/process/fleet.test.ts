/** What processes do to each other through a `FileTokenStore`. `npm run prove` has the same at full size. */

import { decodeJwt } from "jose";
import { describe, expect, onTestFinished, test } from "vitest";
import { FileTokenStore } from "../../src/index.js";
import { runFleet } from "../fleet/fleet.js";
import { hang } from "../fleet/hang.js";
import { killMany } from "../fleet/kills.js";
import { faultsOfStore, start } from "../fleet/processes.js";
import { startDpopServer } from "../support/dpop-server.js";
import { eventually } from "../support/eventually.js";
import { newFolder } from "../support/folder.js";
import { json, startIdp } from "../support/idp.js";

describe("D1 one grant, many processes", () => {
  test("D1 D2 D6 three processes present no refresh token twice", async () => {
    const path = await newFolder();
    const seen = await runFleet({ processes: 3, connectors: 5, tokens: 3, accessTokenSeconds: 600, path });
    expect(seen).toMatchObject({ overlaps: 0, reuses: 0, revokedGrants: 0, errors: 0, refused: 0 });
    // The first, and one for each time that a token had been used for long enough.
    expect(seen.tokenRequests).toBeGreaterThanOrEqual(3);
    expect(seen.tokenRequests).toBeLessThanOrEqual(seen.expiries + 1);
    expect(await faultsOfStore(path)).toEqual([]);
  });

  test("P6 D1 D2 eight processes show one key, to which their tokens and the refresh token are bound", async () => {
    const server = await startDpopServer();
    Object.assign(server.nonces, { idp: "n1", api: "n2" });
    const config = {
      token_url: server.idp.tokenUrl,
      client_id: "public",
      token_endpoint_auth_method: "none",
      refresh_token: "rt-0",
      dpop: true,
      expiry_ratio: 1 / 3600,
      persist: { path: await newFolder() },
    };
    const orders = { config, name: "fleet", api: server.api.origin, connectors: 2, tokens: 3 };
    const reports = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const { child, message } = start("worker", orders);
        onTestFinished(() => void child.kill());
        return message();
      }),
    );
    expect(reports).toMatchObject(Array(8).fill({ errors: [], refused: 0 }));
    const { idp, api } = server.taken;
    expect(new Set([...idp, ...api].map(({ thumbprint }) => thumbprint))).toEqual(new Set([server.bound]));
    // Nobody has asked with a refresh token that was spent, and nobody more often than tokens were used up.
    const redeemed = server.idp.seen.filter(({ headers }) => decodeJwt(String(headers.dpop)).nonce === "n1");
    expect(new Set(redeemed.map(({ form }) => form.refresh_token)).size).toBe(redeemed.length);
    expect(redeemed.length).toBe(idp.length);
  });

  test("D9 redemptions of one grant never overlap, whatever their audience, and each token is of its own", {
    tags: ["slow"],
  }, async () => {
    const path = await newFolder();
    const audiences = ["read", "write", "read write", "openid"];
    const size = { processes: 4, connectors: 4, tokens: 3, accessTokenSeconds: 600 };
    const seen = await runFleet({ ...size, path, audiences });
    expect(seen).toMatchObject({ overlaps: 0, reuses: 0, revokedGrants: 0, errors: 0, refused: 0 });
    expect(seen.tokenRequests).toBeGreaterThanOrEqual(3 * audiences.length);
    expect(seen.tokenRequests).toBeLessThanOrEqual((seen.expiries + 1) * audiences.length);
    expect(await faultsOfStore(path)).toEqual([]);
  });

  test("D5 old and new processes side by side while the configured refresh token changes", {
    tags: ["slow"],
  }, async () => {
    const path = await newFolder();
    const size = { processes: 4, connectors: 2, tokens: 3, accessTokenSeconds: 600, configured: 2 };
    expect(await runFleet({ ...size, path })).toMatchObject({ reuses: 0, revokedGrants: 0, errors: 0 });
  });

  test("D7 those who wait for a refresh that fails have its error, and none of them asks", async () => {
    const { ended, requests } = await hang({ processes: 4, timeoutSecs: 30, cutWhenAllWait: true });
    expect(ended.map(({ code }) => code)).toEqual(Array(4).fill("transport"));
    expect(requests).toBe(1);
  });

  test("D6 killed in the middle of a refresh, a process leaves what the next continues from", async () => {
    expect(await killMany(1)).toMatchObject({ killed: 1, violations: [] });
  });

  test("D6 so it does whenever it is killed", { tags: ["slow"] }, async () => {
    expect(await killMany(8)).toMatchObject({ killed: 8, violations: [] });
  });
});

const accessTokensIn = (record: { tokens: Record<string, { accessToken: string }> }) =>
  Object.values(record.tokens).map(({ accessToken }) => accessToken);

describe("D2 a holder that is stopped beyond its lease", () => {
  /** One process is stopped with its request under way; another, whose clocks are a minute ahead, takes over. */
  async function stopped(answerToTheOther: (n: number) => [body: object, status: number]) {
    const path = await newFolder();
    const answers: (() => void)[] = [];
    const idp = await startIdp((_request, response, n) => {
      if (n === 1) answers.push(() => json(response, { access_token: "t1", refresh_token: "r1", expires_in: 3600 }));
      else json(response, ...answerToTheOther(n));
    });
    const config = {
      token_url: idp.tokenUrl,
      client_id: "c",
      client_secret: "s",
      refresh_token: "r0",
      persist: { key: "k" },
    };
    const sleeper = start("refresher", { config, path });
    onTestFinished(() => {
      sleeper.child.kill("SIGKILL");
    });
    await sleeper.message();
    const woken = sleeper.message();
    await eventually(() => expect(idp.seen).toHaveLength(1));
    sleeper.child.kill("SIGSTOP");
    const other = start("refresher", { config, path, aheadMilliseconds: 60_000 });
    await other.message();
    const overtaker = await other.message();
    answers[0]?.();
    sleeper.child.kill("SIGCONT");
    const record = async () => JSON.parse((await new FileTokenStore(path).read("k"))?.text ?? "null");
    return { idp, overtaker, woken: await woken, record: await record() };
  }

  test("D2 it never overwrites a later lease's record, but adopts it", async () => {
    const { overtaker, woken, record } = await stopped((n) => [
      { access_token: `t${n}`, refresh_token: `r${n}`, expires_in: 3600 },
      200,
    ]);
    expect(overtaker).toEqual({ token: "t2" });
    expect(woken).toEqual({ token: "t2" });
    expect(record).toMatchObject({ refreshToken: "r2" });
    expect(accessTokensIn(record)).toEqual(["t2"]);
  });

  test("D2 its answer is kept where there is none", async () => {
    const { overtaker, woken, record, idp } = await stopped(() => [{ error: "invalid_grant" }, 400]);
    expect(overtaker).toMatchObject({ code: "auth" });
    expect(woken).toEqual({ token: "t1" });
    expect(record).toMatchObject({ refreshToken: "r1" });
    expect(accessTokensIn(record)).toEqual(["t1"]);
    expect(idp.seen).toHaveLength(2);
  });
});
