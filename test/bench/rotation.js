/**
 * What rotation costs: 25 callers over 20 lifetimes of a token, while the secret, the key or the assertion in a file is replaced
 * five times, in three ways. The server changes with the file, on a request that has the old text: the worst instant there is.
 */

import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, open, rename, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { JwtBearerProvider, OAuth2ClientCredentialsProvider } from "faucet-auth";
import { jwtVerify } from "jose";

const CALLERS = 25;
const LIFETIMES = 20;
const REPLACEMENTS = 5;
/** In seconds. */
const LIFETIME = 0.5;

/**
 * @typedef {object} Material
 * @property {string} text What stands in the file.
 * @property {(form: URLSearchParams) => Promise<boolean>} accepts Whether a request was made with it.
 *
 * @typedef {object} Kind
 * @property {() => Material} make
 * @property {string} refusal The code by which a server refuses the old one.
 * @property {(tokenUrl: string, file: string) => import("faucet-auth").FetchingProvider} provider
 */

/** @param {string} name @returns {() => Material} */
const sentAs = (name) => () => {
  const text = `${name}-${crypto.randomUUID()}`;
  return { text, accepts: async (form) => form.get(name) === text };
};

/** @returns {Material} */
function key() {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const text = /** @type {string} */ (privateKey.export({ type: "pkcs8", format: "pem" }));
  const verifies = (/** @type {string} */ jwt) => jwtVerify(jwt, publicKey).then(Boolean, () => false);
  return { text, accepts: (form) => verifies(form.get("client_assertion") ?? "") };
}

const client = { client_id: "reports", expiry_ratio: 0.9 };

/** @type {Record<string, Kind>} */
const KINDS = {
  "client secret": {
    make: sentAs("client_secret"),
    refusal: "invalid_client",
    provider: (token_url, file) =>
      new OAuth2ClientCredentialsProvider({ token_url, ...client, client_secret: { file } }),
  },
  "private key": {
    make: key,
    refusal: "invalid_client",
    provider: (token_url, file) =>
      new OAuth2ClientCredentialsProvider({
        token_url,
        ...client,
        token_endpoint_auth_method: "private_key_jwt",
        private_key: { file },
      }),
  },
  "client assertion": {
    make: sentAs("client_assertion"),
    refusal: "invalid_client",
    provider: (token_url, file) =>
      new OAuth2ClientCredentialsProvider({ token_url, ...client, client_assertion: { file } }),
  },
  "assertion of a grant": {
    make: sentAs("assertion"),
    refusal: "invalid_grant",
    provider: (token_url, file) => new JwtBearerProvider({ token_url, assertion: { file } }),
  },
};

/**
 * Ways in which a file gets another text, of a folder `place` of its own; its path there is `secret`.
 *
 * @type {Record<string, (place: string, text: string, number: number) => Promise<void>>}
 */
const WAYS = {
  "renamed over it": async (place, text) => {
    await writeFile(join(place, "next"), text);
    await rename(join(place, "next"), join(place, "secret"));
  },
  "as Kubernetes mounts it": async (place, text, number) => {
    await mkdir(join(place, `..${number}`));
    await writeFile(join(place, `..${number}`, "secret"), text);
    if (number === 0) {
      await symlink("..0", join(place, "..data"));
      await symlink("..data/secret", join(place, "secret"));
    } else {
      await symlink(`..${number}`, join(place, "..next"));
      await rename(join(place, "..next"), join(place, "..data"));
    }
  },
  "in place, in two halves": async (place, text) => {
    const file = await open(join(place, "secret"), "w");
    const half = text.length >> 1;
    await pause(10);
    await file.write(text.slice(0, half));
    await pause(20);
    await file.write(text.slice(half));
    await file.close();
  },
};

/** @param {string} kindName @param {string} wayName */
async function measure(kindName, wayName) {
  const [kind, replace] = [/** @type {Kind} */ (KINDS[kindName]), /** @type {typeof WAYS[""]} */ (WAYS[wayName])];
  const place = await mkdtemp(join(tmpdir(), "faucet-auth-rotation-"));
  let current = kind.make();
  let [issued, requests, replaced] = [0, 0, 0];
  await replace(place, current.text, 0);
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    requests += 1;
    if (replaced < REPLACEMENTS && issued >= ((replaced + 1) * LIFETIMES) / (REPLACEMENTS + 1)) {
      replaced += 1;
      current = kind.make();
      void replace(place, current.text, replaced);
    }
    const isAccepted = await current.accepts(new URLSearchParams(body));
    if (isAccepted) issued += 1;
    response.writeHead(isAccepted ? 200 : kind.refusal === "invalid_client" ? 401 : 400, {
      "content-type": "application/json",
    });
    response.end(
      JSON.stringify(isAccepted ? { access_token: `t${issued}`, expires_in: LIFETIME } : { error: kind.refusal }),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());

  const provider = kind.provider(`http://127.0.0.1:${port}/token`, join(place, "secret"));
  let [calls, failed] = [0, 0];
  const call = async () => {
    while (issued < LIFETIMES && failed < CALLERS) {
      calls += 1;
      await provider.getToken().catch(() => {
        failed += 1;
      });
      await pause(5);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, call));
  await provider.close();
  server.close();
  server.closeAllConnections();
  await rm(place, { recursive: true });
  return {
    what: kindName,
    replaced: `${replaced}× ${wayName}`,
    calls,
    failed,
    lifetimes: issued,
    beyond: requests - issued,
  };
}

const pairs = Object.keys(KINDS).flatMap((kind) => Object.keys(WAYS).map((way) => [kind, way]));
console.log(
  `${CALLERS} callers, ${LIFETIMES} lifetimes of ${LIFETIME} s; "beyond" are token requests beyond one for each lifetime`,
);
console.table(await Promise.all(pairs.map(([kind = "", way = ""]) => measure(kind, way))));
