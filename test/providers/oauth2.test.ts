import { describe, expect, test } from "vitest";
import { Credential, OAuth2ClientCredentialsProvider, OAuth2RefreshProvider } from "../../src/index.js";
import { testClock } from "../support/clock.js";
import { errorOf } from "../support/errors.js";
import { json, numberedTokens, startIdp } from "../support/idp.js";

const client = { client_id: "my client", client_secret: "s:cr%t +ü" };

describe("the token request", () => {
  test("client_credentials with client_secret_post, as the crate sends it", async () => {
    const idp = await startIdp();
    await new OAuth2ClientCredentialsProvider({ token_url: idp.tokenUrl, ...client, scopes: ["a", "b"] }).getToken();
    expect(idp.seen[0]).toMatchObject({
      method: "POST",
      path: "/token",
      form: { grant_type: "client_credentials", ...client, scope: "a b" },
      headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    });
    expect(idp.seen[0]?.headers.authorization).toBeUndefined();
  });

  test("refresh_token sends the refresh token, and scope only when given", async () => {
    const idp = await startIdp();
    const config = { token_url: `${idp.tokenUrl}?tenant=1`, ...client, refresh_token: "r" };
    await new OAuth2RefreshProvider(config).getToken();
    await new OAuth2RefreshProvider({ ...config, scopes: " a  b " }).getToken();
    expect(idp.seen[0]).toMatchObject({ path: "/token?tenant=1" });
    expect(idp.seen.map(({ form }) => form)).toEqual([
      { grant_type: "refresh_token", refresh_token: "r", ...client },
      { grant_type: "refresh_token", refresh_token: "r", ...client, scope: "a b" },
    ]);
  });

  test("K1 client_secret_basic form-encodes both parts, and repeats nothing in the body (RFC 6749 §2.3.1)", async () => {
    const idp = await startIdp();
    const config = { token_url: idp.tokenUrl, ...client, token_endpoint_auth_method: "client_secret_basic" } as const;
    await new OAuth2ClientCredentialsProvider(config).getToken();
    const pair = Buffer.from("my%20client:s%3Acr%25t%20%2B%C3%BC").toString("base64");
    expect(idp.seen[0]?.headers.authorization).toBe(`Basic ${pair}`);
    expect(idp.seen[0]?.form).toEqual({ grant_type: "client_credentials" });
  });

  test("none sends the client_id alone", async () => {
    const idp = await startIdp();
    const config = { token_url: idp.tokenUrl, client_id: "public", token_endpoint_auth_method: "none" } as const;
    await new OAuth2RefreshProvider({ ...config, refresh_token: "r" }).getToken();
    expect(idp.seen[0]?.form).toEqual({ grant_type: "refresh_token", refresh_token: "r", client_id: "public" });
  });

  test("params and headers are added", async () => {
    const idp = await startIdp();
    await new OAuth2ClientCredentialsProvider({
      token_url: idp.tokenUrl,
      ...client,
      params: { audience: "https://api.example", version: 2, flag: true },
      headers: { "X-Tenant": "t1", Accept: "application/vnd.example+json" },
    }).getToken();
    expect(idp.seen[0]?.form).toMatchObject({ audience: "https://api.example", version: "2", flag: "true" });
    expect(idp.seen[0]?.headers).toMatchObject({ "x-tenant": "t1", accept: "application/vnd.example+json" });
  });

  test.each([[undefined], [null], [[]], [""], ["  "]])(
    "H5 scopes %j and empty parameters are left out",
    async (scopes) => {
      const idp = await startIdp();
      const config = {
        token_url: idp.tokenUrl,
        ...client,
        scopes: scopes as string,
        params: { audience: "", resource: null },
      };
      await new OAuth2ClientCredentialsProvider(config).getToken();
      expect(Object.keys(idp.seen[0]?.form ?? {})).toEqual(["grant_type", "client_id", "client_secret"]);
    },
  );
});

describe("A3 rotation", () => {
  const config = { ...client, refresh_token: "r0" };

  test("A3 each new refresh token is presented next, once", async () => {
    const idp = await startIdp((_request, response, n) =>
      json(response, { access_token: `t${n}`, refresh_token: `r${n}` }),
    );
    const provider = new OAuth2RefreshProvider({ token_url: idp.tokenUrl, ...config });
    let token = await provider.getToken();
    for (let n = 0; n < 3; n += 1) token = await provider.invalidate(token);
    expect(idp.seen.map(({ form }) => form.refresh_token)).toEqual(["r0", "r1", "r2", "r3"]);
  });

  test.each([
    [undefined, "r0"],
    [null, "r0"],
    ["", "r0"],
    [true, "r0"],
    [777, "777"],
  ])("A3 after a refresh_token of %j, %s is presented", async (refresh_token, presented) => {
    const idp = await startIdp((_request, response, n) => json(response, { access_token: `t${n}`, refresh_token }));
    const provider = new OAuth2RefreshProvider({ token_url: idp.tokenUrl, ...config });
    await provider.invalidate(await provider.getToken());
    expect(idp.seen.map(({ form }) => form.refresh_token)).toEqual(["r0", presented]);
  });

  test("A3 A2 a string as expires_in does not lose the rotated token", async () => {
    const clock = testClock();
    const idp = await startIdp((_request, response, n) =>
      json(response, { access_token: `t${n}`, refresh_token: `r${n}`, expires_in: "60" }),
    );
    const provider = new OAuth2RefreshProvider({ token_url: idp.tokenUrl, ...config }, { clock });
    await provider.getToken();
    clock.advance(60);
    await provider.getToken();
    expect(idp.seen[1]?.form.refresh_token).toBe("r1");
  });

  test("A3 after a failed refresh the held token is presented again", async () => {
    const idp = await startIdp((_request, response, n) =>
      n === 2 ? json(response, {}, 503) : json(response, { access_token: `t${n}`, refresh_token: `r${n}` }),
    );
    const provider = new OAuth2RefreshProvider({ token_url: idp.tokenUrl, ...config, retries: 0 });
    const stale = await provider.getToken();
    await expect(provider.invalidate(stale)).rejects.toThrow("503");
    await provider.getToken();
    expect(idp.seen.map(({ form }) => form.refresh_token)).toEqual(["r0", "r1", "r1"]);
  });

  test.each([
    ["of a type that needs a proof", { access_token: "t", token_type: "DPoP" }],
    ["that no header can carry", { access_token: "a\nb" }],
    ["that is empty", { access_token: "" }],
    ["that is no string", { access_token: 5 }],
  ])("A3 the rotation beside a token %s is not lost", async (_what, fields) => {
    const idp = await startIdp((_request, response, n) => json(response, { ...fields, refresh_token: `r${n}` }));
    const clock = testClock();
    const provider = new OAuth2RefreshProvider({ token_url: idp.tokenUrl, ...config }, { clock });
    expect(await errorOf(() => provider.getToken())).toMatchObject({ code: "auth" });
    idp.answerWith(numberedTokens());
    clock.advance(60);
    await provider.getToken();
    expect(idp.seen.at(-1)?.form.refresh_token).toBe("r1");
  });

  test("C11 two providers of one configuration rotate apart", async () => {
    const idp = await startIdp((_request, response, n) =>
      json(response, { access_token: `t${n}`, refresh_token: `r${n}` }),
    );
    const [a, b] = [1, 2].map(() => new OAuth2RefreshProvider({ token_url: idp.tokenUrl, ...config })) as [
      OAuth2RefreshProvider,
      OAuth2RefreshProvider,
    ];
    const fromA = await a.getToken();
    await b.getToken();
    await a.invalidate(fromA);
    expect(idp.seen.map(({ form }) => form.refresh_token)).toEqual(["r0", "r0", "r1"]);
  });
});

describe("A6 token_type", () => {
  test.each([[undefined], ["Bearer"], ["bearer"], ["BEARER"], ["urn:example:kind"], [7], [null]])(
    "A6 %j is a bearer",
    async (token_type) => {
      const idp = await startIdp((_request, response) => json(response, { access_token: "t", token_type }));
      const provider = new OAuth2ClientCredentialsProvider({ token_url: idp.tokenUrl, ...client });
      expect(await provider.getToken()).toEqual(Credential.bearer("t"));
    },
  );

  test.each([["DPoP"], ["dpop"], ["mac"]])("A6 %s is an AuthError", async (token_type) => {
    const idp = await startIdp((_request, response) => json(response, { access_token: "t", token_type }));
    const provider = new OAuth2ClientCredentialsProvider({ token_url: idp.tokenUrl, ...client });
    expect(await errorOf(() => provider.getToken())).toMatchObject({
      code: "auth",
      message: expect.stringContaining(token_type),
    });
  });

  test.each([[42], [{}], [true], [["t"]]])("A1 an access_token of %j is an AuthError", async (access_token) => {
    const idp = await startIdp(numberedTokens({ access_token }));
    const provider = new OAuth2ClientCredentialsProvider({ token_url: idp.tokenUrl, ...client });
    expect(await errorOf(() => provider.getToken())).toMatchObject({
      code: "auth",
      message: expect.stringContaining("access_token is not a string"),
    });
  });
});
