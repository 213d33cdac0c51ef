/**
 * The shapes of `auth:` blocks in the documents, examples and tests of the Rust crates named faucet-*, from 1.0 to 1.5, with
 * values of our own. ORIGIN stands for a server on loopback, FOLDER for a folder of the test.
 */

import { expect } from "vitest";

/** What the server answers at a path; where nothing is said, a token. */
export type Answers = Readonly<
  Record<string, { status?: number; headers?: Record<string, string | string[]>; body?: unknown }>
>;

/** What a request must look like, in so far as it is said. */
export interface Expected {
  readonly path?: unknown;
  readonly headers?: unknown;
  readonly body?: unknown;
}

/** A catalog: the lines below `auth:`, whose entry `idp` or only entry is used. */
export interface CatalogShape {
  readonly what: string;
  readonly yaml: string;
  readonly answers?: Answers;
  /** What the IdP is asked, in order; by default it is not looked at. */
  readonly asks?: readonly Expected[];
  /** What the API gets. */
  readonly sends: Expected;
}

const NO_AUTHORIZATION = expect.not.objectContaining({ authorization: expect.anything() });
const TOKEN = { authorization: "Bearer at-1" };

const REFRESH_THEN_LOGIN = (more: string) => `
  erp:
    type: flow
    config:
      steps:
        - request: { method: POST, url: "ORIGIN/token",
                     form: { grant_type: refresh_token, refresh_token: "\${env:CRATE_SEED}" } }
          capture: { first: "$.access_token" }
        - request: { method: GET, url: "ORIGIN/rest/login",
                     query: { access_token: "\${first}" } }
          capture: { session_key: "$.SessionKey", home: "$.home" }
      apply:
        - { into: query, name: SessionKey, value: "\${session_key}" }
      base_url_from: "\${home}"${more}`;

const refreshThenLogin = {
  answers: { "/rest/login": { body: { SessionKey: "sk-1", home: "ORIGIN/tenant-7/" } } },
  asks: [
    { path: "/token", body: "grant_type=refresh_token&refresh_token=seed+1" },
    { path: "/rest/login?access_token=at-1" },
  ],
  sends: { path: "/tenant-7/rows?SessionKey=sk-1" },
};

const SIGNED = `
              alg: hmac_sha256
              key: "\${param.signing_key}"
              template: "\${param.client}:\${param.client_key}:\${ts}"
              encoding: base64
              into: { header: "Authorization", format: "AB \${param.access}:\${sig}" }`;

const AB = expect.stringMatching(/^AB acc-1:[\w+/]{43}=$/);

/** Blocks of a catalog. */
export const CATALOGS: readonly CatalogShape[] = [
  {
    what: "oauth2_refresh, all from secrets, in plain YAML (1.0)",
    yaml: `
  warehouse:
    type: oauth2_refresh
    config:
      token_url: ORIGIN/oauth/token-request
      client_id: \${secret:WH_ID}
      client_secret: \${secret:WH_SECRET}
      refresh_token: \${secret:WH_SEED}`,
    asks: [
      {
        path: "/oauth/token-request",
        body: "grant_type=refresh_token&refresh_token=of-WH_SEED&client_id=of-WH_ID&client_secret=of-WH_SECRET",
      },
    ],
    sends: { headers: TOKEN },
  },
  {
    what: "oauth2_refresh with a parameter in its URL, one scope string and persist (1.1)",
    yaml: `
  mail:
    type: oauth2_refresh
    config:
      token_url: "ORIGIN/\${param.tenant}/v2.0/token"
      client_id: "\${secret:mail_id}"
      client_secret: "\${secret:mail_secret}"
      refresh_token: "\${secret:mail_seed}"   # until it has rotated
      scope: "https://mail.example/.default offline_access"  # a comment
      persist:
        path: "FOLDER/state/auth"        # another comment`,
    asks: [
      { path: "/tenant-7/v2.0/token", body: expect.stringMatching(/scope=https%3A%2F%2Fmail.example%2F.default\+off/) },
    ],
    sends: { headers: TOKEN },
  },
  {
    what: "oauth2 with a list of scopes, the URL from the environment, and a comment beside its type (1.0)",
    yaml: `
  api:
    type: oauth2 # client credentials
    config:
      token_url: \${env:CRATE_TOKEN_URL}
      client_id: \${secret:API_ID}
      client_secret: \${secret:API_SECRET}
      scopes: [read]`,
    asks: [{ body: expect.stringMatching(/(^|&)scope=read(&|$)/) }],
    sends: { headers: TOKEN },
  },
  {
    what: "oauth2 with plain values in quotes (1.0)",
    yaml: `
  api:
    type: oauth2
    config:
      token_url: "ORIGIN/token"
      client_id: client-7
      client_secret: plain`,
    sends: { headers: TOKEN },
  },
  {
    what: "oauth2 with environment and secret side by side, under a name with an underscore (1.0)",
    yaml: `
  ware_house:
    type: oauth2
    config:
      token_url: ORIGIN/oauth/token
      client_id: \${env:CRATE_ID}
      client_secret: \${secret:WH_SECRET}`,
    sends: { headers: TOKEN },
  },
  {
    what: "oauth2 under a name with a hyphen (1.0)",
    yaml: `
  ticker-idp:
    type: oauth2
    config:
      token_url: ORIGIN/oauth/token
      client_id: \${env:CRATE_ID}
      client_secret: \${env:CRATE_ID}`,
    sends: { headers: TOKEN },
  },
  {
    what: "static with a token of the environment, in a flow mapping in a line of its own (1.0)",
    yaml: `
  search:
    type: static
    config: { token: \${env:CRATE_ID} }`,
    sends: { headers: { authorization: "Bearer id-7" } },
  },
  {
    what: "static in one line, quoted (1.0)",
    yaml: `
  idp: { type: static, config: { token: "\${env:CRATE_ID}" } }`,
    sends: { headers: { authorization: "Bearer id-7" } },
  },
  {
    what: "static in one line, plain (1.0)",
    yaml: `
  dead_letters: { type: static, config: { token: "plain" } }`,
    sends: { headers: { authorization: "Bearer plain" } },
  },
  {
    what: "static with a token of a vault, by path and field (1.0)",
    yaml: `
  idp: { type: static, config: { token: "\${vault:secret/data/acme#token}" } }`,
    sends: { headers: { authorization: "Bearer of-secret/data/acme#token" } },
  },
  {
    what: "static with a token of a cloud's secret manager (1.0)",
    yaml: `
  idp: { type: static, config: { token: "\${aws-sm:prod/acme#token}" } }`,
    sends: { headers: { authorization: "Bearer of-prod/acme#token" } },
  },
  {
    what: "static with a token of the parameters (1.4)",
    yaml: `
  spend: { type: static, config: { token: "\${param.access}" } }`,
    sends: { headers: { authorization: "Bearer acc-1" } },
  },
  {
    what: "static with a literal ${…} (1.4)",
    yaml: `
  idp: { type: static, config: { token: "$\${vars.literal}" } }`,
    sends: { headers: { authorization: "Bearer ${vars.literal}" } },
  },
  {
    what: "static with a variable of the document (1.0)",
    yaml: `
  idp: { type: static, config: { token: "\${vars.token}" } }`,
    sends: { headers: { authorization: "Bearer of-vars" } },
  },
  {
    what: "static, header and value (1.0)",
    yaml: `
  idp:
    type: static
    config: { header: X-Api-Key, value: "\${secret:KEY}" }`,
    sends: { headers: { "x-api-key": "of-KEY" } },
  },
  {
    what: "static, user name and password (1.0)",
    yaml: `
  idp:
    type: static
    config:
      username: reader
      password: \${secret:PASSWORD}`,
    sends: { headers: { authorization: `Basic ${Buffer.from("reader:of-PASSWORD").toString("base64")}` } },
  },
  {
    what: "token_endpoint whose token stands in a cookie beside a parameter (1.1)",
    yaml: `
  books:
    type: token_endpoint
    config:
      url: "ORIGIN/api/v1/Login"
      body: { Company: "\${param.tenant}", User: "\${param.client}", Password: "\${secret:books_pw}" }
      token_path: "$.SessionId"
      apply_as:
        header: "Cookie"
        template: "SID={token}; Company=\${param.tenant}"`,
    answers: { "/api/v1/Login": { body: { SessionId: "s-1" } } },
    asks: [{ path: "/api/v1/Login", body: '{"Company":"tenant-7","User":"client-7","Password":"of-books_pw"}' }],
    sends: { headers: { cookie: "SID=s-1; Company=tenant-7" } },
  },
  {
    what: "oauth1 with an account as its realm (1.1)",
    yaml: `
  ledger:
    type: oauth1
    config:
      consumer_key: "\${secret:ck}"
      consumer_secret: "\${secret:cs}"
      token: "\${secret:tk}"
      token_secret: "\${secret:ts}"
      realm: "\${param.account}"   # the account`,
    sends: {
      headers: {
        authorization: expect.stringMatching(
          /^OAuth realm="1234567_SB1", oauth_consumer_key="of-ck", oauth_token="of-tk", oauth_signature_method="HMAC-SHA256"/,
        ),
      },
    },
  },
  {
    what: "google_service_account with its key in a secret (1.3)",
    yaml: `
  google:
    type: google_service_account
    config:
      key_json: "\${secret:GOOGLE_KEY}"
      scopes: ["https://scopes.example/analytics.readonly"]
      subject: reports@acme.example   # optional`,
    asks: [{ path: "/google", body: expect.stringMatching(/^grant_type=urn%3Aietf.*assertion=eyJ/) }],
    sends: { headers: TOKEN },
  },
  {
    what: "google_service_account with a key file (1.3)",
    yaml: `
  google:
    type: google_service_account
    config:
      key_file: "FOLDER/key.json"
      scopes: ["https://scopes.example/sheets.readonly"]`,
    asks: [{ path: "/google", body: expect.stringMatching(/^grant_type=urn%3Aietf.*assertion=eyJ/) }],
    sends: { headers: TOKEN },
  },
  {
    what: "flow: refresh, log in, query placement, base URL, statuses (1.1)",
    yaml: REFRESH_THEN_LOGIN("\n      reauth_on: [401]"),
    ...refreshThenLogin,
  },
  {
    what: "flow: the same with ttl_secs (1.1)",
    yaml: REFRESH_THEN_LOGIN("\n      ttl_secs: 86400\n      reauth_on: [401]"),
    ...refreshThenLogin,
  },
  {
    what: "flow: the same with every mapping in lines of its own, and comments between (1.4)",
    yaml: `
  erp:
    type: flow
    config:
      steps:
        # One: a token.
        - request:
            method: POST
            url: "ORIGIN/token"
            form:
              grant_type: refresh_token
              refresh_token: "\${env:CRATE_SEED}"
          capture:
            first: "$.access_token"
        # Two: a session.
        - request:
            method: GET
            url: "ORIGIN/rest/login"
            query:
              access_token: "\${first}"
          capture:
            session_key: "$.SessionKey"
            home: "$.home"
      apply:
        - { into: query, name: SessionKey, value: "\${session_key}" }
      base_url_from: "\${home}"
      reauth_on: [401]`,
    ...refreshThenLogin,
  },
  {
    what: "flow: a signed login, signed requests and a session header (1.2)",
    yaml: `
  signed:
    type: flow
    config:
      steps:
        - request:
            method: POST
            url: "\${param.base_url}/auth/login"
            json: { clientId: "\${param.client}" }
            sign:                                   # this request itself${SIGNED}
          capture: { session: "$.session.token" }
      apply:
        - { sign: { alg: hmac_sha256, key: "\${param.signing_key}", template: "\${param.client}:\${ts}", encoding: base64, into: { header: Authorization, format: "AB \${param.access}:\${sig}" } } }
        - { into: header, name: "Session", value: "\${session}" }`,
    answers: { "/auth/login": { body: { session: { token: "s-1" } } } },
    asks: [{ path: "/auth/login", body: '{"clientId":"client-7"}', headers: { authorization: AB } }],
    sends: { headers: { authorization: AB, session: "s-1" } },
  },
  {
    what: "flow: captures from a cookie of an empty 204, XML and a header (1.2)",
    yaml: `
  erp:
    type: flow
    config:
      steps:
        - request: { method: POST, url: "\${param.base_url}/entity/auth/login",
                     json: { name: "\${param.client}", password: "\${secret:pw}" } }
          capture:
            cookie_value: { from: set_cookie, name: "ASP.NET_SessionId" }   # and no body
            place:        { from: header, name: "Location" }
        - request: { method: POST, url: "ORIGIN/gateway.xml" }
          capture:
            sess_id: { from: xml, path: "response.operation.result.data.api.sessionid" }
      apply:
        - { into: cookie, name: "ASP.NET_SessionId", value: "\${cookie_value}" }
        - { into: header, name: "X-Session", value: "\${sess_id}@\${place}" }`,
    answers: {
      "/entity/auth/login": {
        status: 204,
        headers: { location: "/there", "set-cookie": ["other=1", "ASP.NET_SessionId=c-1; path=/; HttpOnly"] },
      },
      "/gateway.xml": {
        body: '<?xml version="1.0"?><r:response xmlns:r="urn:x"><operation><result><data><api><sessionid>x-1</sessionid></api></data></result></operation></r:response>',
      },
    },
    sends: { headers: { cookie: "ASP.NET_SessionId=c-1", "x-session": "x-1@/there" } },
  },
  {
    what: "flow: captures that nothing is made of, without apply (1.4)",
    yaml: `
  login:
    type: flow
    config:
      steps:
        - request: { method: POST, url: "ORIGIN/login" }
          capture: { session: "$.Session" }`,
    answers: { "/login": { body: { Session: "s-1" } } },
    sends: { headers: NO_AUTHORIZATION },
  },
  {
    what: "flow: the same with an empty apply, and the URL before the method (1.4)",
    yaml: `
  gateway:
    type: flow
    config:
      steps:
        - request: { url: "ORIGIN/login", method: POST }
          capture: { session_id: "$.sessionid" }
      apply: []`,
    answers: { "/login": { body: { sessionid: "s-1" } } },
    sends: { headers: NO_AUTHORIZATION },
  },
];

/** Blocks that are valid there and faults here, each with its path, and the reason. */
export const CATALOGS_THAT_DIFFER = [
  {
    what: 'a static token that begins with "Bearer ", which the crate sends as "Bearer Bearer …"',
    yaml: `
  idp: { type: static, config: { token: "Bearer \${vars.token}" } }`,
    path: "auth.idp.config.token",
  },
];

/** `{ type, config }` as a constructor takes it. */
export interface SpecShape extends Omit<CatalogShape, "yaml"> {
  readonly type: string;
  readonly config: object;
}

const client = { token_url: "ORIGIN/token", client_id: "client-7", client_secret: "s3cr3t" };
const refresh = { ...client, refresh_token: "seed-1" };
const endpoint = { url: "ORIGIN/token", token_path: "$.access_token" };
const login = (more = {}, capture: object = { sid: "$.sid" }) => ({
  request: { method: "POST", url: "ORIGIN/login", ...more },
  capture,
});
const inHeader = { into: "header", name: "X-Session", value: "${sid}" };
const loginAnswers = { "/login": { body: { sid: "s-1" } } };
const withSession = { headers: { "x-session": "s-1" } };
const signature = (more: object) => ({
  alg: "hmac_sha256",
  key: "k-7",
  template: "client-7:${ts}",
  into: { header: "Authorization", format: "AB ${sig}" },
  ...more,
});
const HEX = expect.stringMatching(/^AB [0-9a-f]{64}$/);
const BASE64 = expect.stringMatching(/^AB [\w+/]{43}=$/);
const account = {
  type: "service_account",
  client_email: "etl@acme.example",
  private_key: "KEY",
  private_key_id: "kid-7",
  token_uri: "ORIGIN/google",
};
const google = { scopes: ["https://scopes.example/a", "b"] };

/** Specs that run. */
export const SPECS: readonly SpecShape[] = [
  { what: "a token", type: "static", config: { token: "t-1" }, sends: { headers: { authorization: "Bearer t-1" } } },
  {
    what: "header and value",
    type: "static",
    config: { header: "X-Api-Key", value: "k-1" },
    sends: { headers: { "x-api-key": "k-1" } },
  },
  {
    what: "user name and password",
    type: "static",
    config: { username: "u", password: "p" },
    sends: { headers: { authorization: "Basic dTpw" } },
  },
  { what: "no scopes", type: "oauth2", config: client, sends: { headers: TOKEN } },
  {
    what: "one scope",
    type: "oauth2",
    config: { ...client, scopes: ["read"] },
    asks: [{ body: expect.stringMatching(/(^|&)scope=read(&|$)/) }],
    sends: { headers: TOKEN },
  },
  ...[null, 0.5, 1, 0.9].map(
    (expiry_ratio): SpecShape => ({
      what: `expiry_ratio ${expiry_ratio}`,
      type: "oauth2",
      config: { ...client, scopes: [], expiry_ratio },
      sends: { headers: TOKEN },
    }),
  ),
  { what: "a refresh token", type: "oauth2_refresh", config: refresh, sends: { headers: TOKEN } },
  {
    what: "a scope",
    type: "oauth2_refresh",
    config: { ...refresh, scope: "https://mail.example/.default offline_access" },
    asks: [{ body: expect.stringMatching(/scope=https%3A%2F%2Fmail.example%2F.default\+offline_access/) }],
    sends: { headers: TOKEN },
  },
  {
    what: "an empty scope, which is not sent",
    type: "oauth2_refresh",
    config: { ...refresh, scope: "" },
    asks: [{ body: expect.stringMatching(/^(?!.*scope)/) }],
    sends: { headers: TOKEN },
  },
  {
    what: "persist with a path",
    type: "oauth2_refresh",
    config: { ...refresh, persist: { path: "FOLDER/state" } },
    sends: { headers: TOKEN },
  },
  {
    what: "persist with a path and a key",
    type: "oauth2_refresh",
    config: { ...refresh, persist: { path: "FOLDER/state", key: "mine" } },
    sends: { headers: TOKEN },
  },
  { what: "a path", type: "token_endpoint", config: endpoint, sends: { headers: TOKEN } },
  {
    what: "paths of token and expiry",
    type: "token_endpoint",
    config: { url: "ORIGIN/t", token_path: "$.auth.access_token", expiry_path: "$.ttl" },
    answers: { "/t": { body: { auth: { access_token: "at-2" }, ttl: 3600 } } },
    sends: { headers: { authorization: "Bearer at-2" } },
  },
  ...[3599.9, "1800", " 1800.5 ", -5].map(
    (ttl): SpecShape => ({
      what: `a lifetime of ${JSON.stringify(ttl)}`,
      type: "token_endpoint",
      config: { url: "ORIGIN/t", token_path: "$.t", expiry_path: "$.ttl", expiry_ratio: 0.5 },
      answers: { "/t": { body: { t: "at-2", ttl } } },
      sends: { headers: { authorization: "Bearer at-2" } },
    }),
  ),
  {
    what: "a body",
    type: "token_endpoint",
    config: { ...endpoint, body: { client_id: "client-7", client_secret: "s3cr3t" } },
    asks: [{ body: '{"client_id":"client-7","client_secret":"s3cr3t"}' }],
    sends: { headers: TOKEN },
  },
  {
    what: "a form",
    type: "token_endpoint",
    config: {
      ...endpoint,
      encoding: "form",
      body: { grant_type: "client_credentials", resource: "https://r.example", n: 2, flag: true },
    },
    asks: [{ body: "grant_type=client_credentials&resource=https%3A%2F%2Fr.example&n=2&flag=true" }],
    sends: { headers: TOKEN },
  },
  {
    what: "a header with a template",
    type: "token_endpoint",
    config: { ...endpoint, apply_as: { header: "Cookie", template: "SID={token}; Company=acme" } },
    sends: { headers: { cookie: "SID=at-1; Company=acme" } },
  },
  {
    what: "a header alone",
    type: "token_endpoint",
    config: { ...endpoint, apply_as: { header: "X-Session" } },
    sends: { headers: { "x-session": "at-1" } },
  },
  {
    what: "the key as text, with a subject",
    type: "google_service_account",
    config: { key_json: JSON.stringify(account), ...google, subject: "reports@acme.example" },
    sends: { headers: TOKEN },
  },
  {
    what: "the key as a mapping",
    type: "google_service_account",
    config: { key_json: account, ...google },
    sends: { headers: TOKEN },
  },
  {
    what: "the key in a file, with a subject",
    type: "google_service_account",
    config: { key_file: "FOLDER/key.json", ...google, subject: "reports@acme.example" },
    sends: { headers: TOKEN },
  },
  {
    what: "another endpoint than the key's",
    type: "google_service_account",
    config: { key_json: account, ...google, token_uri: "ORIGIN/elsewhere" },
    asks: [{ path: "/elsewhere" }],
    sends: { headers: TOKEN },
  },
  {
    what: "a realm",
    type: "oauth1",
    config: { consumer_key: "ck", consumer_secret: "cs", token: "tk", token_secret: "ts", realm: "ACCT" },
    sends: { headers: { authorization: expect.stringMatching(/^OAuth realm="ACCT", oauth_consumer_key="ck"/) } },
  },
  {
    what: "no realm",
    type: "oauth1",
    config: { consumer_key: "ck", consumer_secret: "cs", token: "tk", token_secret: "ts" },
    sends: { headers: { authorization: expect.stringMatching(/^OAuth oauth_consumer_key="ck"/) } },
  },
  {
    what: "a header without steps",
    type: "flow",
    config: { apply: [{ into: "header", name: "X-Key", value: "v-1" }] },
    sends: { headers: { "x-key": "v-1" } },
  },
  {
    what: "a refresh, a login, the query and a base URL",
    type: "flow",
    config: {
      steps: [
        {
          request: { method: "POST", url: "ORIGIN/token", form: { grant_type: "refresh_token" } },
          capture: { first: "$.access_token" },
        },
        {
          request: { method: "GET", url: "ORIGIN/rest/login", query: { access_token: "${first}" } },
          capture: { session_key: "$.SessionKey", home: "$.home" },
        },
      ],
      apply: [{ into: "query", name: "SessionKey", value: "${session_key}" }],
      base_url_from: "${home}",
      reauth_on: [401],
    },
    answers: refreshThenLogin.answers,
    sends: refreshThenLogin.sends,
  },
  {
    what: "a session in a header",
    type: "flow",
    config: { steps: [login()], apply: [inHeader] },
    answers: loginAnswers,
    sends: withSession,
  },
  {
    what: "a session of an hour",
    type: "flow",
    config: { steps: [login()], apply: [inHeader], ttl_secs: 3600 },
    answers: loginAnswers,
    sends: withSession,
  },
  {
    what: "a session for ever",
    type: "flow",
    config: { steps: [login()], apply: [inHeader], ttl_secs: 2 ** 64 },
    answers: loginAnswers,
    sends: withSession,
  },
  {
    what: "headers and a JSON body of the login, and a scheme before the token",
    type: "flow",
    config: {
      steps: [login({ headers: { "X-Tenant": "acme" }, json: { scope: "read" } }, { t: "$.tok" })],
      apply: [{ into: "header", name: "Authorization", value: "Bearer ${t}" }],
    },
    answers: { "/login": { body: { tok: "t-1" } } },
    asks: [{ body: '{"scope":"read"}', headers: { "x-tenant": "acme" } }],
    sends: { headers: { authorization: "Bearer t-1" } },
  },
  {
    what: "a step without captures, whose body is no JSON",
    type: "flow",
    config: { steps: [{ request: { url: "ORIGIN/ping" } }, login()], apply: [inHeader] },
    answers: { "/ping": { body: "pong" }, ...loginAnswers },
    sends: withSession,
  },
  {
    what: "one step without captures, and a fixed header",
    type: "flow",
    config: { steps: [{ request: { url: "ORIGIN/ping" } }], apply: [{ into: "header", name: "X-Key", value: "v" }] },
    answers: { "/ping": { body: "pong" } },
    sends: { headers: { "x-key": "v" } },
  },
  {
    what: "a signature alone",
    type: "flow",
    config: {
      apply: [{ sign: signature({ template: "fixed", into: { header: "Authorization", format: "AB ${sig}" } }) }],
    },
    sends: { headers: { authorization: HEX } },
  },
  {
    what: "a signature with the time, in hexadecimal digits",
    type: "flow",
    config: { apply: [{ sign: signature({ encoding: "hex" }) }] },
    sends: { headers: { authorization: HEX } },
  },
  {
    what: "a signature without a format",
    type: "flow",
    config: { apply: [{ sign: signature({ into: { header: "X-Signature" } }) }] },
    sends: { headers: { "x-signature": expect.stringMatching(/^[0-9a-f]{64}$/) } },
  },
  {
    what: "a signed login",
    type: "flow",
    config: {
      steps: [login({ json: { clientId: "client-7" }, sign: signature({ encoding: "base64" }) })],
      apply: [inHeader],
    },
    answers: loginAnswers,
    asks: [{ body: '{"clientId":"client-7"}', headers: { authorization: BASE64 } }],
    sends: withSession,
  },
  {
    what: "a signed login and signed requests by one signer",
    type: "flow",
    config: {
      steps: [login({ json: { clientId: "client-7" }, sign: signature({ encoding: "base64" }) })],
      apply: [{ sign: signature({ encoding: "base64" }) }, inHeader],
    },
    answers: loginAnswers,
    asks: [{ headers: { authorization: BASE64 } }],
    sends: { headers: { authorization: BASE64, "x-session": "s-1" } },
  },
  {
    what: "captures of every source",
    type: "flow",
    config: {
      steps: [
        login(
          {},
          {
            h: { from: "header", name: "Location" },
            c: { from: "set_cookie", name: "sid" },
            j: { from: "json", path: "$.tok" },
            s: "$.sid",
          },
        ),
        { request: { url: "ORIGIN/x" }, capture: { x: { from: "xml", path: "a.b" } } },
      ],
      apply: [{ into: "header", name: "X-Session", value: "${h} ${c} ${j} ${s} ${x}" }],
    },
    answers: {
      "/login": { headers: { location: "/l", "set-cookie": "sid=c-1" }, body: { tok: 7, sid: "s-1" } },
      "/x": { body: "<a><b>x-1</b></a>" },
    },
    sends: { headers: { "x-session": "/l c-1 7 s-1 x-1" } },
  },
  {
    what: "JSON in which names stand in keys, lists and beside numbers",
    type: "flow",
    config: {
      steps: [
        login({}, { v: "$.v" }),
        {
          request: { method: "POST", url: "ORIGIN/next", json: { a: "${v}", n: 3, list: ["x-${v}"], "k-${v}": true } },
        },
      ],
      apply: [{ into: "body", name: "session", value: "${v}" }],
    },
    answers: { "/login": { body: { v: 'q"},{"b":"1' } }, "/next": { body: "ok" } },
    asks: [{}, { body: JSON.stringify({ a: 'q"},{"b":"1', n: 3, list: ['x-q"},{"b":"1'], 'k-q"},{"b":"1': true }) }],
    sends: { body: JSON.stringify({ rows: 1, session: 'q"},{"b":"1' }) },
  },
  {
    what: "all four places at once",
    type: "flow",
    config: {
      steps: [login()],
      apply: [
        inHeader,
        { into: "query", name: "sid", value: "${sid}" },
        { into: "cookie", name: "sid", value: "${sid}" },
        { into: "body", name: "sid", value: "${sid}" },
      ],
    },
    answers: loginAnswers,
    sends: {
      path: "/rows?sid=s-1",
      headers: { "x-session": "s-1", cookie: "sid=s-1" },
      body: '{"rows":1,"sid":"s-1"}',
    },
  },
];

/** Specs that the crate refuses: here they are faults at these paths. */
export const REFUSED: readonly (readonly [type: string | undefined, config: unknown, paths: readonly string[]])[] = [
  ["magic", {}, ["type"]],
  [undefined, {}, ["type"]],
  ["oauth2", undefined, ["config.client_id", "config.client_secret", "config.token_url"]],
  ["oauth2_refresh", {}, ["config.client_id", "config.client_secret", "config.refresh_token", "config.token_url"]],
  ...[0, -0.5, 1.5, 2].map((expiry_ratio) => ["oauth2", { ...client, expiry_ratio }, ["config.expiry_ratio"]] as const),
  ...[0, 1.5].map(
    (expiry_ratio) => ["token_endpoint", { ...endpoint, expiry_ratio }, ["config.expiry_ratio"]] as const,
  ),
  ["google_service_account", { key_json: account, ...google, expiry_ratio: 3 }, ["config.expiry_ratio"]],
  ["token_endpoint", { token_path: "$.t" }, ["config.url"]],
  ["token_endpoint", { ...endpoint, expiry_pth: "$.e" }, ["config.expiry_pth"]],
  ["token_endpoint", { ...endpoint, encoding: "xml" }, ["config.encoding"]],
  ["token_endpoint", { ...endpoint, apply_as: { template: "{token}" } }, ["config.apply_as"]],
  ["token_endpoint", { ...endpoint, encoding: "form", body: { nested: { a: 1 } } }, ["config.body"]],
  ["oauth2_refresh", { ...refresh, persist: {} }, ["config.persist.path"]],
  ["oauth2_refresh", { ...refresh, persist: { path: "FOLDER/s", dir: "y" } }, ["config.persist.dir"]],
  ["static", {}, ["config"]],
  ["static", { token: "t", headers: {} }, ["config"]],
  ["google_service_account", google, ["config.key_json"]],
  ["google_service_account", { key_json: account, key_file: "/k", ...google }, ["config.key_file"]],
  ["google_service_account", { key_json: 5, ...google }, ["config.key_json"]],
  ["google_service_account", { key_file: 5, ...google }, ["config.key_file"]],
  ["google_service_account", { key_file: "FOLDER/none.json", ...google }, ["config.key_file"]],
  ["google_service_account", { key_json: "{}", ...google }, ["config.key_json"]],
  ["google_service_account", { key_json: { ...account, private_key: "none" }, ...google }, ["config.key_json"]],
  ["google_service_account", { key_json: account }, ["config.scopes"]],
  ["google_service_account", { key_json: account, scope: 1, ...google }, ["config.scope"]],
  ["oauth1", { consumer_key: "x" }, ["config.consumer_secret"]],
  ["oauth1", { consumer_key: "x", consumer_secret: "y", token: "t", token_secret: "s", nonce: 1 }, ["config.nonce"]],
  ["flow", {}, ["config"]],
  ["flow", { bogus: 1 }, ["config", "config.bogus"]],
  ["flow", { steps: [{ request: { url: " " } }] }, ["config.steps[0].request.url"]],
  [
    "flow",
    { steps: [{ request: { url: "ORIGIN/x", form: { a: "b" }, json: { c: "d" } } }] },
    ["config.steps[0].request.json"],
  ],
  ["flow", { apply: [{ into: "query", name: "", value: "x" }] }, ["config.apply[0].name"]],
  ["flow", { apply: [{ sign: signature({ into: { header: "" } }) }] }, ["config.apply[0].sign.into.header"]],
  [
    "flow",
    { steps: [{ request: { url: "ORIGIN/x", sign: signature({ into: { header: "" } }) } }] },
    ["config.steps[0].request.sign.into.header"],
  ],
  [
    "flow",
    { steps: [{ request: { url: "ORIGIN/x" }, capture: { h: { from: "header" } } }] },
    ["config.steps[0].capture.h.name"],
  ],
  [
    "flow",
    { steps: [{ request: { url: "ORIGIN/x" }, capture: { x: { from: "xml" } } }] },
    ["config.steps[0].capture.x.path"],
  ],
];

/** Specs that the crate takes, or refuses only when they run, and that are something else here; each with its reason. */
export const SPECS_THAT_DIFFER: readonly {
  readonly what: string;
  readonly type: string;
  readonly config: object;
  readonly paths: readonly string[];
}[] = [
  {
    what: "a name that nothing has captured, which the crate sends as it is written",
    type: "flow",
    config: { apply: [{ into: "header", name: "X", value: "${t}" }] },
    paths: ["config.apply[0].value"],
  },
  {
    what: "a method that is none, which the crate finds when it logs in",
    type: "flow",
    config: { steps: [login({ method: "BAD METHOD" })], apply: [inHeader] },
    paths: ["config.steps[0].request.method"],
  },
];

/** Specs that the crate refuses, and that run here. */
export const SPECS_THAT_RUN_HERE: readonly SpecShape[] = [
  {
    what: "HMAC-SHA1",
    type: "oauth1",
    config: {
      consumer_key: "ck",
      consumer_secret: "cs",
      token: "tk",
      token_secret: "ts",
      signature_method: "HMAC-SHA1",
    },
    sends: { headers: { authorization: expect.stringMatching(/oauth_signature_method="HMAC-SHA1"/) } },
  },
  {
    what: "a ratio as text, as a variable of the environment gives it",
    type: "oauth2",
    config: { ...client, expiry_ratio: "0.5" },
    sends: { headers: TOKEN },
  },
];

/** The `auth:` of connectors, inline. */
export const INLINE: readonly { readonly yaml: string; readonly sends: Expected }[] = [
  { yaml: "{ type: none }", sends: { headers: NO_AUTHORIZATION } },
  { yaml: "{ type: bearer, config: { token: plain } }", sends: { headers: { authorization: "Bearer plain" } } },
  {
    yaml: "\n  type: bearer\n  config:\n    token: ${env:CRATE_ID}",
    sends: { headers: { authorization: "Bearer id-7" } },
  },
  {
    yaml: '\n  type: bearer\n  config:\n    token: "${vault:secret/data/acme#token}"',
    sends: { headers: { authorization: "Bearer of-secret/data/acme#token" } },
  },
  {
    yaml: "\n  type: basic\n  config:\n    username: ${env:CRATE_ID}\n    password: ${secret:vault:secret/in#password}",
    sends: {
      headers: { authorization: `Basic ${Buffer.from("id-7:of-vault:secret/in#password").toString("base64")}` },
    },
  },
  {
    yaml: "\n  type: api_key\n  config:\n    header: X-Api-Key\n    value: ${secret:KEY}",
    sends: { headers: { "x-api-key": "of-KEY" } },
  },
  {
    yaml: "{ type: api_key, config: { key: aWQ6a2V5 } }",
    sends: { headers: { authorization: "ApiKey aWQ6a2V5" } },
  },
  {
    yaml: "{ type: api_key_query, config: { param: key, value: ${secret:KEY} } }",
    sends: { path: "/rows?key=of-KEY" },
  },
  {
    yaml: "\n  type: custom\n  config:\n    headers:\n      X-Api-Key: ${secret:KEY}\n      X-Tenant: acme",
    sends: { headers: { "x-api-key": "of-KEY", "x-tenant": "acme" } },
  },
  {
    yaml: "\n  type: custom\n  config:\n    headers:\n      SOAPAction: '\"http://orders.example/Get\"'",
    sends: { headers: { soapaction: '"http://orders.example/Get"' } },
  },
  {
    yaml: "\n  type: metadata\n  config:\n    entries:\n      - key: x-api-key\n        value: ${secret:KEY}\n      - { key: x-tenant, value: acme }",
    sends: { headers: { "x-api-key": "of-KEY", "x-tenant": "acme" } },
  },
  {
    yaml: '\n  type: oauth2\n  config:\n    token_url: ORIGIN/token\n    client_id: ${env:CRATE_ID}\n    client_secret: ${secret:S}\n    scopes: ["read:rows"]\n    expiry_ratio: 0.9',
    sends: { headers: TOKEN },
  },
  {
    yaml: "\n  type: token_endpoint\n  config:\n    url: ORIGIN/token\n    method: POST\n    body: { user: u }\n    token_path: $.access_token\n    expiry_path: $.expires_in\n    encoding: form",
    sends: { headers: TOKEN },
  },
];

/** Types of connectors that authorize no HTTP request of the connector's own, or whose flat form is of an older release. */
export const INLINE_OF_OTHERS: readonly { readonly what: string; readonly yaml: string }[] = [
  { what: "a key of Google's, which its own client takes", yaml: "{ type: service_account_key, config: { json: x } }" },
  { what: "its path", yaml: "{ type: service_account_key_path, config: { path: x } }" },
  { what: "what Google's client finds by itself", yaml: "{ type: application_default }" },
  { what: "a key pair of Snowflake", yaml: "{ type: key_pair, config: { user: U, private_key_pem: x } }" },
  { what: "a token of Snowflake, whose type goes into another header", yaml: "{ type: oauth, config: { token: t } }" },
  { what: "a token of Databricks' SQL client", yaml: "{ type: pat, config: { token: t } }" },
  { what: "a key of Azure's storage", yaml: "{ type: account_key, config: { account_key: x } }" },
  { what: "SASL's user and password", yaml: "{ type: plain, config: { username: u, password: p } }" },
  { what: "the flat form, which the crate's 1.0 refuses too", yaml: "{ type: bearer, token: t }" },
];
