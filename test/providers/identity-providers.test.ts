/** The blocks of docs/identity-providers.md, and what each provider answers (A7, A10, K7, K8): the guide is the test's data. */

import { readFile } from "node:fs/promises";
import { describe, expect, test, vi } from "vitest";
import { AuthCatalog, Credential } from "../../src/index.js";
import { testClock } from "../support/clock.js";
import { errorOf } from "../support/errors.js";
import { type Answer, json, startIdp, toServer } from "../support/idp.js";
import { hearWarnings } from "../support/warnings.js";

const guide = await readFile(new URL("../../docs/identity-providers.md", import.meta.url), "utf8");

interface Section {
  readonly yaml: string;
  readonly token: Record<string, unknown>;
  readonly refusal: Record<string, unknown>;
}

const sections = new Map(
  guide
    .split(/^## /m)
    .filter((section) => section.includes("```yaml"))
    .map((section): [string, Section] => {
      const [yaml = ""] = [...section.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, code = ""]) => code);
      const [token, refusal] = [...section.matchAll(/^```json\n(.*?)^```$/gms)].map(([, code = ""]) =>
        JSON.parse(code),
      );
      return [section.split("\n")[0] ?? "", { yaml, token, refusal }];
    }),
);

const DATE = "Wed, 25 Nov 2026 12:00:00 GMT";

/** What is to come of a section: how the token goes onto a request, how long it lives, and how the request looks. */
interface Expected {
  readonly credential: Credential;
  readonly seconds?: number;
  readonly baseUrl?: string;
  readonly encoding?: "form" | "json";
  readonly sent?: object;
  /** The refresh token that is presented next. */
  readonly rotated?: string;
  readonly refused: { readonly status: number; readonly error: string; readonly errorDescription?: string };
  readonly retryable?: { readonly status: number; readonly body: object };
}

const refresh = { grant_type: "refresh_token", client_id: "s3cr3t", client_secret: "s3cr3t", refresh_token: "s3cr3t" };
const { bearer, header } = Credential;

const EXPECTED: Readonly<Record<string, Expected>> = {
  Salesforce: {
    credential: bearer("00D000000000001!example.access_token"),
    baseUrl: "https://acme.my.salesforce.com",
    sent: refresh,
    refused: { status: 400, error: "invalid_grant", errorDescription: "expired access/refresh token" },
  },
  Slack: {
    credential: bearer("xoxe.xoxb-example"),
    seconds: 43_200,
    rotated: "xoxe-example-2",
    sent: refresh,
    refused: { status: 200, error: "invalid_refresh_token" },
    retryable: { status: 200, body: { ok: false, error: "ratelimited" } },
  },
  Zoho: {
    credential: header("Authorization", "Zoho-oauthtoken 1000.example.token"),
    seconds: 3600,
    baseUrl: "https://www.zohoapis.com",
    sent: refresh,
    refused: { status: 200, error: "invalid_code" },
    retryable: { status: 400, body: { error: "Access Denied", status: "failure" } },
  },
  TikTok: {
    credential: header("Access-Token", "act.example"),
    seconds: 86_400,
    rotated: "rft.example-2",
    encoding: "json",
    sent: refresh,
    refused: { status: 200, error: "40002", errorDescription: "The refresh token is invalid or has expired" },
    retryable: { status: 200, body: { code: 40100, message: "Too many requests", data: {} } },
  },
  QuickBooks: {
    credential: bearer("eyJhbGciOiJkaXIifQ..example"),
    seconds: 3600,
    rotated: "AB1-example-2",
    refused: { status: 400, error: "invalid_grant", errorDescription: "Incorrect or invalid refresh token" },
  },
  Shopify: {
    credential: header("X-Shopify-Access-Token", "shpat_example"),
    seconds: 86_399,
    encoding: "json",
    sent: { grant_type: "client_credentials", client_id: "s3cr3t", client_secret: "s3cr3t" },
    refused: { status: 400, error: "invalid_client" },
  },
  "Exact Online": {
    credential: bearer("stampEU001.example"),
    seconds: 600,
    rotated: "stampEU001.example!2",
    sent: refresh,
    refused: { status: 400, error: "invalid_grant", errorDescription: "Old refresh token used" },
  },
  Tableau: {
    credential: header("X-Tableau-Auth", "example-session|part-two|site"),
    seconds: 3 * 3600 + 59 * 60 + 30,
    encoding: "json",
    sent: { credentials: { personalAccessTokenName: "reports", personalAccessTokenSecret: "s3cr3t" } },
    refused: {
      status: 401,
      error: "401001",
      errorDescription: "The personal access token you provided is invalid.",
    },
  },
  Fiserv: {
    credential: bearer("example-apigee-token"),
    seconds: 899,
    sent: { grant_type: "client_credentials" },
    refused: { status: 200, error: "invalid_client" },
  },
  "Microsoft, version 1": {
    credential: bearer("eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJncmFwaCJ9.c2ln"),
    seconds: 3600,
    sent: { grant_type: "client_credentials", resource: "https://graph.microsoft.com" },
    refused: {
      status: 401,
      error: "invalid_client",
      errorDescription: "AADSTS7000215: Invalid client secret provided.",
    },
  },
  GitLab: {
    credential: bearer("example-gitlab-token"),
    seconds: 7200,
    rotated: "example-gitlab-refresh-2",
    sent: refresh,
    refused: { status: 400, error: "invalid_grant" },
  },
  Xero: {
    credential: bearer("eyJhbGciOiJSUzI1NiJ9.eyJzY3AiOlsiYWNjb3VudGluZyJdfQ.c2ln"),
    seconds: 1800,
    rotated: "example-xero-refresh-2",
    refused: { status: 400, error: "invalid_grant" },
  },
};

test("the guide has twelve, and each is proved", () => {
  expect([...sections.keys()]).toEqual(Object.keys(EXPECTED));
});

/** Answers as the provider does, whose metadata are those of the issuer in its block. */
function as({ yaml }: Section, answer: Answer): Answer {
  const [, issuer] = /issuer: (\S+)/.exec(yaml) ?? [];
  return (request, response, n) => {
    if (!request.path.startsWith("/.well-known/")) return answer(request, response, n);
    if (request.path.includes("oauth-authorization-server")) return json(response, {}, 404);
    return json(response, { issuer, token_endpoint: `${issuer}/oauth/token` });
  };
}

async function load(section: Section, answer: Answer) {
  for (const [, name = ""] of section.yaml.matchAll(/\$\{secret:(\w+)\}/g)) vi.stubEnv(name, "s3cr3t");
  const idp = await startIdp(as(section, answer));
  const clock = testClock();
  const runtime = { dispatcher: toServer(idp), clock, random: () => 0 };
  const catalog = await AuthCatalog.fromYaml(section.yaml, { runtime });
  vi.unstubAllEnvs();
  const provider = catalog.get(catalog.names[0] ?? "");
  const tokenRequests = () => idp.seen.filter(({ method }) => method === "POST");
  return { provider, clock, tokenRequests };
}

describe.each([...sections])("%s", (name, section) => {
  const expected = EXPECTED[name] as Expected;
  const tokens: Answer = (_request, response) => json(response, section.token, 200, { date: DATE });

  test("A7 K7 K8 its token, what it lives, and where it goes", async () => {
    const warnings = hearWarnings("FAUCET_AUTH_EXPIRY");
    const before = (await warnings.all()).length;
    const { provider, clock } = await load(section, tokens);
    const credential = await provider.getToken();
    expect(Credential.equals(credential, expected.credential)).toBe(true);
    const { seconds } = expected;
    expect(Credential.expiresAt(credential)).toBe(seconds === undefined ? undefined : clock() + seconds * 1000);
    expect(Credential.baseUrl(credential)).toEqual(expected.baseUrl && expect.stringContaining(expected.baseUrl));
    expect((await warnings.all()).slice(before)).toEqual([]);
  });

  test("K8 its request, and the refresh token that it presents next", async () => {
    const { provider, tokenRequests } = await load(section, tokens);
    await provider.invalidate(await provider.getToken());
    const [first, second] = tokenRequests();
    const isJson = expected.encoding === "json";
    expect(first?.headers["content-type"]).toBe(isJson ? "application/json" : "application/x-www-form-urlencoded");
    const read = (request = first) => (isJson ? JSON.parse(request?.body ?? "") : request?.form);
    expect(read()).toMatchObject(expected.sent ?? {});
    const isByRefreshToken = section.yaml.includes("oauth2_refresh");
    expect(read(second).refresh_token).toBe(isByRefreshToken ? (expected.rotated ?? "s3cr3t") : undefined);
  });

  test("A10 S2 its refusal", async () => {
    const { status } = expected.refused;
    const { provider, tokenRequests } = await load(section, (_request, response) =>
      json(response, section.refusal, status),
    );
    const error = await errorOf(() => provider.getToken());
    expect(error).toMatchObject({ code: "auth", retryable: false, ...expected.refused });
    expect(tokenRequests()).toHaveLength(1);
  });

  test.runIf(expected.retryable)("F2 what it means by try again", async () => {
    const { status = 200, body = {} } = expected.retryable ?? {};
    const { provider, tokenRequests } = await load(section, (request, response, n) =>
      n === 1 ? json(response, body, status) : tokens(request, response, n),
    );
    await provider.getToken();
    expect(tokenRequests()).toHaveLength(2);
  });
});

test("A7 Zoho's services that send seconds only, and Tableau's that leave the seconds out", async () => {
  const zoho = sections.get("Zoho") as Section;
  const { expires_in_sec: _seconds, ...token } = zoho.token;
  const seconds = await load(zoho, (_request, response) => json(response, { ...token, expires_in: 3600 }));
  expect(Credential.expiresAt(await seconds.provider.getToken())).toBe(seconds.clock() + 3_600_000);
  const tableau = sections.get("Tableau") as Section;
  const credentials = { ...(tableau.token.credentials as object), estimatedTimeToExpiration: "177:05:38" };
  const days = await load(tableau, (_request, response) => json(response, { credentials }));
  const lifetime = ((177 * 24 + 5) * 60 + 38) * 60_000;
  expect(Credential.expiresAt(await days.provider.getToken())).toBe(days.clock() + lifetime);
});

test("a refresh token of QuickBooks ends when it says", async () => {
  const { token, yaml } = sections.get("QuickBooks") as Section;
  const { provider, clock } = await load({ yaml, token, refusal: {} }, (_request, response) => json(response, token));
  await provider.getToken();
  expect(provider.status?.()).toMatchObject({ refreshTokenExpiresAt: clock() + 8_726_400_000 });
});
