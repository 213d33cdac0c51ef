/** Requests that are not under test: they bring refresh tokens, and ask a server what it knows of a token. */

import { createHash, randomBytes } from "node:crypto";

/** @typedef {import("../identity-server.js").Realm} Realm */
/** @typedef {import("../identity-server.js").ClientKeys} ClientKeys */

/** Where the authorization code grant ends; nothing has to be there. */
export const REDIRECT_URI = "https://pipeline.example/callback";

/**
 * Posts a form, with the client's secret as its method has it (RFC 6749 §2.3.1). Gives the answer's JSON.
 * @param {string} url @param {Record<string, string>} form
 * @param {Pick<ClientKeys, "client_id" | "client_secret" | "token_endpoint_auth_method">} client
 * @returns {Promise<any>}
 */
export async function postForm(url, form, { client_id, client_secret, token_endpoint_auth_method: method }) {
  const isBasic = method === "client_secret_basic";
  const inForm = isBasic ? {} : { client_id, ...(client_secret && { client_secret }) };
  const basic = Buffer.from([client_id, client_secret ?? ""].map(encodeURIComponent).join(":")).toString("base64");
  const headers = isBasic ? { authorization: `Basic ${basic}` } : {};
  const answer = await fetch(url, { method: "POST", headers, body: new URLSearchParams({ ...form, ...inForm }) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url}: HTTP ${answer.status} ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}

/**
 * The refresh token at the end of the authorization code grant (RFC 6749 §4.1, RFC 7636). `getCode` plays the user and the
 * browser: from the query of the authorization request to the code.
 * @param {Realm} realm @param {ClientKeys} client @param {(query: URLSearchParams) => Promise<string>} getCode
 * @returns {Promise<string>}
 */
export async function authorized(realm, client, getCode) {
  const { client_id, scopes: scope } = client;
  const code_verifier = randomBytes(32).toString("base64url");
  const query = new URLSearchParams({
    response_type: "code",
    client_id,
    redirect_uri: REDIRECT_URI,
    scope,
    state: randomBytes(16).toString("base64url"),
    code_challenge: createHash("sha256").update(code_verifier).digest("base64url"),
    code_challenge_method: "S256",
  });
  const code = await getCode(query);
  const form = { grant_type: "authorization_code", code, redirect_uri: REDIRECT_URI, code_verifier };
  return (await postForm(realm.tokenUrl, form, client)).refresh_token;
}

/** Opens pages with the cookies that those before have set: gives the page, and where it redirects, if it does. */
export function browser() {
  /** @type {Map<string, string>} */
  const cookies = new Map();
  /** @param {string | URL} url @param {RequestInit} [init] */
  return async (url, init = {}) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, { ...init, headers: { cookie }, redirect: "manual" });
    for (const set of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      cookies.set(name, value);
    }
    return { text: await answer.text(), target: new URL(answer.headers.get("location") ?? url, url) };
  };
}
