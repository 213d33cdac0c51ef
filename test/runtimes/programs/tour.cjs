// @ts-nocheck: it runs where the package is installed, which is nowhere in this repository
/** What every runtime and every bundle must do: each fetching provider, authFetch with a 401, a durable grant, YAML. */

module.exports = async function tour(faucet, { createServer, mkdtempSync, tmpdir }) {
  const { authorizationValue } = faucet.Credential;
  let tokens = 0;
  const asked = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers["user-agent"]}`);
    response.setHeader("content-type", "application/json");
    if (request.url.startsWith("/token")) {
      tokens += 1;
      response.end(JSON.stringify({ access_token: `t${tokens}`, refresh_token: `r${tokens}`, expires_in: 60 }));
    } else {
      response.statusCode = request.headers.authorization === "Bearer t4" ? 200 : 401;
      response.end("{}");
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const origin = `http://127.0.0.1:${server.address().port}`;
  const client = { token_url: `${origin}/token?tenant=a`, client_id: "c", client_secret: "s3cr3t" };
  const persist = { path: mkdtempSync(`${tmpdir()}/faucet-auth-runtime-`), key: "tour" };
  const durable = () => new faucet.OAuth2RefreshProvider({ ...client, refresh_token: "r0", persist }, { name: "tour" });

  const got = [];
  for (const provider of [
    new faucet.OAuth2ClientCredentialsProvider(client),
    new faucet.TokenEndpointProvider({ url: client.token_url, token_path: "$.access_token" }),
  ]) {
    got.push(authorizationValue(await provider.getToken()));
  }
  const first = durable();
  got.push((await faucet.authFetch(first, { origins: [origin] })(`${origin}/api`)).status);
  await first.close();
  const second = durable();
  got.push(authorizationValue(await second.getToken()));
  await second.close();
  const catalog = await faucet.AuthCatalog.fromYaml("auth: { a: { type: static, config: { token: t } } }");
  got.push(authorizationValue(await catalog.resolve({ ref: "a" }).getToken()));
  const gone = new faucet.OAuth2ClientCredentialsProvider({ ...client, token_url: "http://127.0.0.1:9/", retries: 0 });
  const failure = await gone.getToken().catch((error) => error);
  got.push([failure.code, failure.unsent, failure.cause?.code]);

  server.closeAllConnections?.();
  server.close();
  return JSON.stringify({ got, asked: asked.filter((line) => line.includes("/token")) });
};
