/** An `OAuthClientProvider` of the MCP SDK as its documentation asks for one: it keeps what it is given, and hands it out. */

export class StoredTokens {
  redirects = 0;
  redirectUrl = "https://client.example/callback";
  #client;
  /** @type {object | undefined} */
  #tokens;
  #verifier = "";
  /** @type {object | undefined} */
  #discovered;

  /** @param {import("../demo/openid-provider.js").OpenIdProvider} idp @param {object} tokens The first answer of the IdP. */
  constructor(idp, tokens) {
    this.#client = { ...idp.postClient, token_endpoint_auth_method: "client_secret_post", issuer: idp.issuer };
    this.#tokens = { ...tokens, issuer: idp.issuer };
  }

  get clientMetadata() {
    return { redirect_uris: [this.redirectUrl], token_endpoint_auth_method: "client_secret_post" };
  }

  clientInformation() {
    return this.#client;
  }

  tokens() {
    return this.#tokens;
  }

  /** @param {object} tokens */
  saveTokens(tokens) {
    this.#tokens = tokens;
  }

  /** A person would have to log in now. */
  redirectToAuthorization() {
    this.redirects += 1;
  }

  /** @param {string} verifier */
  saveCodeVerifier(verifier) {
    this.#verifier = verifier;
  }

  codeVerifier() {
    return this.#verifier;
  }

  discoveryState() {
    return this.#discovered;
  }

  /** @param {object} discovered */
  saveDiscoveryState(discovered) {
    this.#discovered = discovered;
  }

  /** The OpenID provider has one audience, and wants no resource indicator (RFC 8707). */
  async validateResourceURL() {
    return undefined;
  }

  /** @param {string} scope */
  invalidateCredentials(scope) {
    if (scope === "all" || scope === "tokens") this.#tokens = undefined;
    if (scope === "all" || scope === "discovery") this.#discovered = undefined;
  }
}
