/** A server of oauthlib's, where Python has it: test/clients/install.sh puts it below node_modules/.cache. */

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../../node_modules/.cache/faucet-auth/python", import.meta.url));
const PROGRAM = fileURLToPath(new URL("oauth1-server.py", import.meta.url));
const ENV = { ...process.env, PYTHONPATH: FOLDER, PYTHONDONTWRITEBYTECODE: "1" };

const isThere = spawnSync("python3", ["-c", "import oauthlib, jwt, cryptography"], { env: ENV }).status === 0;

/** Why there can be none here, for tests that have to be left out; `undefined` if there can be. */
export const withoutOauthlib = isThere ? undefined : "needs Python 3 with oauthlib[signedtoken]";

/** What the server knows of its one client. */
export interface OAuth1Secrets {
  readonly client_key: string;
  readonly client_secret: string;
  readonly token: string;
  readonly token_secret: string;
  readonly realm: string;
  readonly public_key: string;
}

/** Starts one; `stop` ends it. */
export async function startOauthlib(secrets: OAuth1Secrets): Promise<{ origin: string; stop(): Promise<unknown> }> {
  const child = spawn("python3", [PROGRAM, JSON.stringify(secrets)], {
    env: ENV,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return {
    origin: line.toString().trim(),
    stop: async () => {
      const ended = once(child, "exit");
      child.kill();
      return ended;
    },
  };
}
