/** The blocks of the guides on client authentication and federation, as they stand there, against servers that look at what they send. */

import { X509Certificate } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeJwt, decodeProtectedHeader, importPKCS8, jwtVerify } from "jose";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { AuthCatalog, authFetch, Credential } from "../../src/index.js";
import { type TestClock, testClock } from "../support/clock.js";
import { newFolder } from "../support/folder.js";
import { guideKey, placeDocument, yamlBlocksOf } from "../support/guides.js";
import { type Answer, type Idp, json, numberedTokens, startIdp, toServer } from "../support/idp.js";
import { jwtOf } from "../support/jwt.js";

const authentication = await yamlBlocksOf("client-authentication.md");
const federation = await yamlBlocksOf("federation.md");

let clock: TestClock;
let folder: string;

beforeEach(async () => {
  clock = testClock(Math.floor(Date.now() / 1000) * 1000);
  folder = await newFolder();
});

/** The catalog of the guide's block, whose requests all go to `idp`. */
async function loaded(yaml: string | undefined, idp: Idp): Promise<AuthCatalog> {
  const path = placeDocument(yaml ?? "", folder);
  const runtime = { dispatcher: toServer(idp), clock, random: () => 0 };
  const catalog = await AuthCatalog.load(path, { runtime });
  vi.unstubAllEnvs();
  onTestFinished(() => catalog.close());
  return catalog;
}

/** What the first entry of the block sends to its token endpoint. */
async function sentBy(yaml: string | undefined, answer: Answer = numberedTokens()) {
  const idp = await startIdp(answer);
  const catalog = await loaded(yaml, idp);
  const credential = await catalog.get(catalog.names[0] ?? "").getToken();
  const { form = {}, headers = {} } = idp.seen.find(({ method }) => method === "POST") ?? {};
  return { form, headers, credential };
}

const CLIENT_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** The assertion that a request has, verified by the key of the guides. */
async function verified(assertion = ""): Promise<{ header: object; claims: object }> {
  const { alg = "" } = decodeProtectedHeader(assertion);
  const key = await importPKCS8(guideKey().pem, alg, { extractable: true });
  const { payload, protectedHeader } = await jwtVerify(assertion, key, { currentDate: new Date(clock.now) });
  return { header: protectedHeader, claims: payload };
}

describe("client authentication", () => {
  const [plain, okta, entra, netsuite, bank, orders] = [
    "A private key",
    "Okta",
    "Microsoft Entra",
    "NetSuite",
    "A secret that signs",
    "An assertion that somebody else issues",
  ].map((heading) => authentication.get(heading) ?? []);

  test("K1 each section of the guide is proved; those on certificates of TLS by their own tests", () => {
    expect([...authentication.keys()]).toEqual([
      "A secret",
      "A private key",
      "Okta",
      "Microsoft Entra",
      "NetSuite",
      "A secret that signs",
      "A certificate",
      "An assertion that somebody else issues",
    ]);
  });

  test("K1 a secret, as HTTP Basic", async () => {
    const { headers } = await sentBy(authentication.get("A secret")?.[0]);
    expect(headers.authorization).toBe(`Basic ${Buffer.from("reports:s3cr3t").toString("base64")}`);
  });

  test("K2 a private key in PEM", async () => {
    const { form } = await sentBy(plain?.[0]);
    expect(form.client_assertion_type).toBe(CLIENT_ASSERTION);
    expect(await verified(form.client_assertion)).toEqual({
      header: { alg: "RS256", kid: "2026-11", typ: "JWT" },
      claims: {
        iss: "reports",
        sub: "reports",
        aud: "https://idp.example/token",
        jti: expect.any(String),
        iat: Math.floor(clock.now / 1000),
        exp: Math.floor(clock.now / 1000) + 240,
      },
    });
  });

  test("K2 Okta's key as a JWK, with its own kid", async () => {
    const { form } = await sentBy(okta?.[0]);
    expect(form.scope).toBe("okta.users.read okta.groups.read");
    expect(await verified(form.client_assertion)).toMatchObject({
      header: { alg: "RS256", kid: "kid-of-the-jwk" },
      claims: { iss: "0oa1example", aud: "https://acme.okta.com/oauth2/v1/token" },
    });
  });

  test("K2 Entra's thumbprints", async () => {
    const { form } = await sentBy(entra?.[0]);
    const { header } = await verified(form.client_assertion);
    const { fingerprint, fingerprint256 } = new X509Certificate(guideKey().certificate);
    const thumbprint = (hex: string): string => Buffer.from(hex.replaceAll(":", ""), "hex").toString("base64url");
    expect(header).toEqual({
      alg: "PS256",
      typ: "JWT",
      x5t: thumbprint(fingerprint),
      "x5t#S256": thumbprint(fingerprint256),
    });
  });

  test.each([
    ["PS256", netsuite?.[0]],
    ["RS256", netsuite?.[1]],
  ])("K2 NetSuite's certificate id and scopes, by %s", async (alg, yaml) => {
    const { form } = await sentBy(yaml);
    expect(await verified(form.client_assertion)).toMatchObject({
      header: { alg, kid: "custcertificate_reports_1" },
      claims: { scope: ["rest_webservices", "restlets"], aud: expect.stringContaining("/oauth2/v1/token") },
    });
  });

  test("K2 a secret that signs, at the endpoint that its issuer tells", async () => {
    const { form } = await sentBy(bank?.[0], ({ path }, response, index) => {
      if (!path.startsWith("/.well-known/")) return numberedTokens()({} as never, response, index);
      json(response, { issuer: "https://idp.example", token_endpoint: "https://idp.example/token" });
    });
    const { payload, protectedHeader } = await jwtVerify(
      form.client_assertion ?? "",
      new TextEncoder().encode("s3cr3t"),
      { currentDate: new Date(clock.now) },
    );
    expect(protectedHeader.alg).toBe("HS512");
    expect(payload).toMatchObject({ iss: "reports", aud: "https://idp.example/token" });
    expect(form).not.toHaveProperty("client_secret");
  });

  test("K3 the assertion of a platform", async () => {
    const { form } = await sentBy(orders?.[0]);
    expect(form).toMatchObject({ client_assertion: "s3cr3t", client_assertion_type: CLIENT_ASSERTION });
  });
});

const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const TOKEN_TYPE = "urn:ietf:params:oauth:token-type:";

describe("Kubernetes → Google Cloud", () => {
  const POOL = "//iam.googleapis.com/projects/123456/locations/global/workloadIdentityPools/acme/providers/cluster";
  const ACCOUNT = "/v1/projects/-/serviceAccounts/reports@acme.iam.gserviceaccount.com:generateAccessToken";

  /** The pod's token of that number, which lives an hour, as the kubelet writes it. */
  async function project(number: number): Promise<string> {
    const token = jwtOf({ sub: "system:serviceaccount:acme:reports", jti: `${number}`, exp: clock.now / 1000 + 3600 });
    await writeFile(join(folder, "var/run/secrets/tokens/google"), `${token}\n`);
    return token;
  }

  /** Google's two services. What is in `ended` they refuse as they do. */
  function google(ended: ReadonlySet<string>): Answer {
    return ({ path, form, headers, body }, response, index) => {
      if (path === "/v1/token") {
        if (ended.has(form.subject_token ?? "")) {
          return json(response, { error: "invalid_grant", error_description: "The token has expired" }, 400);
        }
        const issued_token_type = `${TOKEN_TYPE}access_token`;
        return json(response, {
          access_token: `pool-${index}`,
          issued_token_type,
          token_type: "Bearer",
          expires_in: 3599,
        });
      }
      const { authorization = "" } = headers;
      if (path !== ACCOUNT || ended.has(authorization)) {
        const error = { code: 401, message: "Request had invalid credentials.", status: "UNAUTHENTICATED" };
        return json(response, { error }, 401);
      }
      const { lifetime } = JSON.parse(body) as { lifetime: string };
      const expireTime = new Date(clock.now + Number.parseInt(lifetime, 10) * 1000).toISOString();
      json(response, { accessToken: `reports-${index}`, expireTime }, 200, { date: new Date(clock.now).toUTCString() });
    };
  }

  async function started(ended: ReadonlySet<string> = new Set()) {
    const idp = await startIdp(google(ended));
    const [yaml] = federation.get("Kubernetes → Google Cloud") ?? [];
    const catalog = await loaded(yaml, idp);
    const first = await project(1);
    return { idp, catalog, first };
  }

  test("K4 K6 a file → the exchange → a service account, in one YAML without a secret", async () => {
    const { idp, catalog, first } = await started();
    const credential = await catalog.get("reports").getToken();
    expect(Credential.equals(credential, Credential.bearer("reports-2"))).toBe(true);
    expect(Credential.expiresAt(credential)).toBe(clock.now + 3_600_000);
    expect(idp.seen.map(({ path }) => path)).toEqual(["/v1/token", ACCOUNT]);
    expect(idp.seen[0]?.form).toEqual({
      grant_type: EXCHANGE,
      subject_token: first,
      subject_token_type: `${TOKEN_TYPE}jwt`,
      requested_token_type: `${TOKEN_TYPE}access_token`,
      audience: POOL,
      scope: "https://www.googleapis.com/auth/cloud-platform",
    });
    expect(idp.seen[1]?.headers.authorization).toBe("Bearer pool-1");
    expect(JSON.parse(idp.seen[1]?.body ?? "")).toEqual({
      scope: ["https://www.googleapis.com/auth/bigquery"],
      lifetime: "3600s",
    });
  });

  test("K4 each is renewed in its time, with what the file has then", async () => {
    const { idp, catalog } = await started();
    await catalog.get("reports").getToken();
    clock.advance(3500);
    const second = await project(2);
    expect(await catalog.get("reports").getToken()).toEqual(Credential.bearer("reports-4"));
    expect(idp.seen[2]?.form.subject_token).toBe(second);
    expect(idp.seen[3]?.headers.authorization).toBe("Bearer pool-3");
  });

  test("K4 a token of the pool that was ended costs one exchange, whoever finds out", async () => {
    const ended = new Set<string>();
    const { idp, catalog } = await started(ended);
    const reports = catalog.get("reports");
    const credential = await reports.getToken();
    ended.add("Bearer pool-1");
    expect(await reports.invalidate(credential)).toEqual(Credential.bearer("reports-5"));
    expect(idp.seen.slice(2).map(({ path }) => path)).toEqual([ACCOUNT, "/v1/token", ACCOUNT]);
  });

  test("V2 K4 a token in the file that is refused is read again, and the exchange made once more", async () => {
    const ended = new Set<string>();
    const { idp, catalog, first } = await started(ended);
    ended.add(first);
    idp.answerWith(async (request, response, index) => {
      // While it is refused, the kubelet writes the next.
      if (index === 1) await project(2);
      return google(ended)(request, response, index);
    });
    expect(await catalog.get("reports").getToken()).toEqual(Credential.bearer("reports-3"));
    expect(idp.seen.map(({ path }) => path)).toEqual(["/v1/token", "/v1/token", ACCOUNT]);
  });
});

test("K4 K6 GitHub → Keycloak → an API: each token in its place", async () => {
  const github = jwtOf({ sub: "repo:acme/reports", exp: clock.now / 1000 + 300 });
  const realm = "https://keycloak.example/realms/acme";
  const idp = await startIdp(({ path, form }, response) => {
    if (path.startsWith("/github")) return json(response, { value: github });
    if (path === "/realms/acme/.well-known/openid-configuration") {
      return json(response, { issuer: realm, token_endpoint: `${realm}/token` });
    }
    if (path !== "/realms/acme/token") return json(response, {}, 404);
    json(response, {
      access_token: `for-${form.audience ?? "the client itself"}`.replaceAll(" ", "-"),
      expires_in: 60,
    });
  });
  const catalog = await loaded(federation.get("GitHub → Keycloak → an API")?.[0], idp);
  vi.stubEnv("ACTIONS_ID_TOKEN_REQUEST_URL", "https://actions.example/github?api-version=2.0");
  vi.stubEnv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "of-the-runner");
  onTestFinished(() => void vi.unstubAllEnvs());
  const seen: (string | null)[] = [];
  const api = async (_url: unknown, init?: RequestInit): Promise<Response> => {
    seen.push(new Headers(init?.headers).get("authorization"));
    return new Response("rows");
  };
  await authFetch(catalog.get("orders"), { fetch: api as typeof fetch })("https://api.example/orders");
  expect(seen).toEqual(["Bearer for-orders"]);
  const [asked, ...requests] = idp.seen.filter(({ path }) => !path.includes(".well-known"));
  expect(asked).toMatchObject({
    method: "GET",
    path: `/github?api-version=2.0&audience=${encodeURIComponent(realm)}`,
    headers: { authorization: "Bearer of-the-runner" },
  });
  expect(requests.map(({ form }) => form)).toEqual([
    expect.objectContaining({ grant_type: "client_credentials", client_id: "pipeline", client_assertion: github }),
    expect.objectContaining({ grant_type: EXCHANGE, subject_token: "for-the-client-itself", client_assertion: github }),
  ]);
});

describe("the others", () => {
  test("K4 Salesforce's assertion, and the address of the API", async () => {
    const answer = { access_token: "00Dx", instance_url: "https://acme.my.salesforce.com", token_type: "Bearer" };
    const { form, credential } = await sentBy(federation.get("Salesforce")?.[0], (_request, response) =>
      json(response, answer),
    );
    expect(form.grant_type).toBe("urn:ietf:params:oauth:grant-type:jwt-bearer");
    expect((await verified(form.assertion)).claims).toMatchObject({
      iss: "s3cr3t",
      sub: "reports@acme.example",
      aud: "https://login.salesforce.com",
      exp: Math.floor(clock.now / 1000) + 180,
    });
    expect(Credential.baseUrl(credential)).toMatch("https://acme.my.salesforce.com");
  });

  test("K4 A7 Snowflake's assertion, and its bare token", async () => {
    const { form, credential } = await sentBy(federation.get("Snowflake")?.[0], (_request, response) => {
      response.writeHead(200, { "content-type": "text/plain" }).end("sf-t0ken\n");
    });
    expect((await verified(form.assertion)).claims).toMatchObject({
      iss: expect.stringMatching(/^ACME-ANALYTICS\.REPORTS\.SHA256:/),
      sub: "ACME-ANALYTICS.REPORTS",
    });
    expect(form.scope).toBe("session:role:READER example.snowflakecomputing.app");
    expect(Credential.equals(credential, Credential.header("Authorization", 'Snowflake Token="sf-t0ken"'))).toBe(true);
    expect(Credential.expiresAt(credential)).toBe(clock.now + 3_540_000);
  });

  test("K5 Google's key of a service account", async () => {
    const { form } = await sentBy(federation.get("Google's key of a service account")?.[0]);
    expect(decodeJwt(form.assertion ?? "")).toMatchObject({
      iss: "reports@acme.iam.gserviceaccount.com",
      scope: "https://www.googleapis.com/auth/spreadsheets.readonly",
    });
  });

  test("K3 Azure's token of a workload, by the file of its variable", async () => {
    const { form } = await sentBy(federation.get("Azure workload identity")?.[0]);
    expect(form).toMatchObject({ client_assertion: "s3cr3t", scope: "https://graph.microsoft.com/.default" });
  });
});
