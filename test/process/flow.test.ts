/** Processes that share a login whose refresh token rotates, by a folder (P4, D). */

import { expect, test } from "vitest";
import { run } from "../support/child.js";
import { newFolder } from "../support/folder.js";
import { json, startIdp } from "../support/idp.js";

/** Gets a session, reports it so many times, and says what it ends with. */
const program = (origin: string, path: string, reports: number) => `
  import { authFetch, FlowProvider } from "faucet-auth";
  const provider = new FlowProvider({
    steps: [
      { request: { method: "POST", url: "${origin}/token", form: { rt: "$\{rt}" } }, capture: { rt: "$.rt", first: "$.t" } },
      { request: { url: "${origin}/login", query: { t: "$\{first}" } }, capture: { session: "$.session" } },
    ],
    apply: [{ into: "header", name: "X-Session", value: "$\{session}" }],
    rotates: { rt: "seed" },
    logout: { url: "${origin}/logout" },
    persist: { path: ${JSON.stringify(path)} },
  });
  let session = await provider.getToken();
  for (let n = 0; n < ${reports}; n += 1) session = await provider.invalidate(session);
  await provider.close();
  console.log(session.value);`;

async function startLogins() {
  let good = "seed";
  const seen = { refused: 0, logouts: 0 };
  const idp = await startIdp(({ path, form }, response, n) => {
    if (path === "/logout") seen.logouts += 1;
    if (!path.startsWith("/token"))
      return json(response, { session: `s-${new URL(path, "http://x").searchParams.get("t")}` });
    if (form.rt !== good) {
      seen.refused += 1;
      return json(response, { error: "invalid_grant" }, 400);
    }
    good = `r${n}`;
    json(response, { rt: good, t: `t${n}` });
  });
  return { idp, seen };
}

test("P4 D5 what rotates survives its process: the next one goes on from it, and shares the session", async () => {
  const { idp, seen } = await startLogins();
  const path = await newFolder();
  const sessions: string[] = [];
  for (const reports of [0, 0, 1]) {
    const { code, stdout, stderr } = await run("module", program(idp.origin, path, reports));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    sessions.push(stdout.trim());
  }
  expect(sessions).toEqual(["s-t1", "s-t1", "s-t3"]);
  expect(seen).toEqual({ refused: 0, logouts: 0 });
});

test("P4 D2 three at once present each refresh token once, and all end with a session", async () => {
  const { idp, seen } = await startLogins();
  const path = await newFolder();
  const ended = await Promise.all(Array.from({ length: 3 }, () => run("module", program(idp.origin, path, 3))));
  for (const { code, stdout, stderr } of ended) {
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^s-t\d+\n$/);
  }
  expect(seen).toEqual({ refused: 0, logouts: 0 });
});
