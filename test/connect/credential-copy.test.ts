/** What is made of a copy of a credential, in which the secret is not. */

import { Agent } from "undici";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  type AuthProvider,
  accessToken,
  applyCredential,
  authFetch,
  authInterceptor,
  bareToken,
  Credential,
  credentialHeaders,
  StaticProvider,
  TokenExchangeProvider,
} from "../../src/index.js";
import { startApi } from "../support/api.js";
import { errorOf } from "../support/errors.js";
import { startIdp } from "../support/idp.js";
import { scriptedProvider } from "../support/scripted-provider.js";

const sign = () => Credential.header("x-signature", "s3cr3t");
const credentials = [
  Credential.bearer("s3cr3t"),
  Credential.token("s3cr3t"),
  Credential.header("X-Api-Key", "s3cr3t"),
  Credential.headers({ "X-Api-Key": "s3cr3t" }),
  Credential.basic("ann", "s3cr3t"),
  Credential.basic("s3cr3t", ""),
  Credential.query("api_key", "s3cr3t"),
  Credential.cookie("sid", "s3cr3t"),
  Credential.body("session", "s3cr3t"),
  Credential.signer({ scheme: "ACME", secret: "s3cr3t", sign }),
  Credential.composite([Credential.bearer("s3cr3t"), Credential.query("tenant", "s3cr3t")]),
];

const copiers: [string, (credential: Credential) => Credential][] = [
  ["structuredClone", structuredClone],
  ["a spread", (credential) => ({ ...credential })],
  ["JSON", (credential) => JSON.parse(JSON.stringify(credential))],
];

const copies = copiers.flatMap(([how, copy]) =>
  credentials
    // The parts of a composite are credentials, which a spread takes as they are.
    .filter(({ type }) => type !== "composite" || how !== "a spread")
    .map((credential) => [credential.type, how, copy(credential)] as const),
);

describe.each(copies)("S3 a copy of a %s by %s", (_type, _how, copy) => {
  test.each<[string, () => unknown]>([
    ["credentialHeaders", () => credentialHeaders(copy)],
    ["applyCredential", () => applyCredential({ method: "GET", url: "https://a.example", headers: new Map() }, copy)],
    ["Credential.authorizationValue", () => Credential.authorizationValue(copy)],
    ["bareToken", () => bareToken(copy)],
    ["accessToken", () => accessToken(scriptedProvider(copy))],
  ])("S3 is refused by %s", async (_use, use) => {
    const error = await errorOf(use as () => never);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(/this is a copy of a credential, .* \(await accessToken\(provider\)\)\.token/);
  });

  test("S3 is sent by no wrapper", async () => {
    const api = await startApi();
    const agent = new Agent();
    onTestFinished(() => agent.destroy());
    const provider = scriptedProvider(copy);
    const ways = [
      () => authFetch(provider)(api.origin),
      () =>
        agent
          .compose(authInterceptor(provider, { origins: "any" }))
          .request({ origin: api.origin, path: "/", method: "GET" }),
    ];
    for (const send of ways) expect((await errorOf(send as () => never)).message).toContain("copy of a credential");
    expect(api.seen).toEqual([]);
  });
});

test("S3 a copy of another provider's credential is exchanged for no token", async () => {
  const idp = await startIdp();
  const copying = (provider: AuthProvider): AuthProvider => ({
    ...scriptedProvider(),
    getToken: async () => JSON.parse(JSON.stringify(await provider.getToken())),
  });
  const provider = new TokenExchangeProvider({
    token_url: idp.tokenUrl,
    subject_token: copying(new StaticProvider({ token: "s3cr3t" })),
    subject_token_type: "access_token",
  });
  expect((await errorOf(() => provider.getToken() as never)).message).toContain("copy of a credential");
  expect(idp.seen).toEqual([]);
});

test("S3 an object with the fields of a credential is one, whoever has made it", () => {
  expect(credentialHeaders({ type: "bearer", token: "t0ken" })).toEqual({ authorization: "Bearer t0ken" });
});
