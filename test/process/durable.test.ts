/** Processes that share one grant by `durable` (D10), against an IdP whose refresh tokens can be used once. */

import { expect, test } from "vitest";
import { run } from "../support/child.js";
import { newFolder } from "../support/folder.js";
import { json, startIdp } from "../support/idp.js";

/** Reports each token that it gets, so many times; `n` tells the processes apart. */
const program = (tokenUrl: string, path: string) => `
  import { Credential, durable, FileTokenStore, TokenCache } from "faucet-auth";
  const store = new FileTokenStore(${JSON.stringify(path)});
  const issue = async ({ refreshToken = "r0", signal }) => {
    const body = new URLSearchParams({ refresh_token: refreshToken });
    const response = await fetch(${JSON.stringify(tokenUrl)}, { method: "POST", body, signal });
    if (!response.ok) throw Object.assign(new Error("refused " + refreshToken), { retryable: false });
    const answer = await response.json();
    return { credential: Credential.bearer(answer.access_token), refreshToken: answer.refresh_token, expiresIn: 3600 };
  };
  const cache = new TokenCache(durable(issue, { store, key: "my_idp" }));
  let token = await cache.getToken();
  for (let n = 0; n < 3; n += 1) token = await cache.invalidate(token);
  await cache.close();
  await store.close();
  console.log(token.token);`;

test("D10 D2 processes redeem one after the other, each refresh token once, and all end with a token", async () => {
  let good = "r0";
  let open = 0;
  const seen = { overlaps: 0, refused: 0 };
  const idp = await startIdp(async ({ form }, response, n) => {
    open += 1;
    if (open > 1) seen.overlaps += 1;
    await new Promise((resolve) => setTimeout(resolve, 20));
    open -= 1;
    if (form.refresh_token !== good) {
      seen.refused += 1;
      return json(response, { error: "invalid_grant" }, 400);
    }
    good = `r${n}`;
    json(response, { access_token: `t${n}`, refresh_token: good });
  });
  const path = await newFolder();
  const processes = await Promise.all(Array.from({ length: 3 }, () => run("module", program(idp.tokenUrl, path))));
  for (const { code, stdout, stderr } of processes) {
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^t\d+\n$/);
  }
  expect(seen).toEqual({ overlaps: 0, refused: 0 });
  expect(idp.seen.length).toBeGreaterThanOrEqual(4);
});
