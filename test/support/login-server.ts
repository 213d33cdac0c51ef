/** oidc-provider with pages on which somebody logs in and agrees, and who clicks through them: without a browser, or with one. */

import { createServer } from "node:http";
import Provider from "oidc-provider";
import { listen } from "./server.js";

/** Starts it, until the test ends. Its client `reports` is a program on somebody's machine, without a secret. */
export async function startLoginServer(): Promise<string> {
  const server = createServer();
  const issuer = await listen(server);
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "reports",
        application_type: "native",
        token_endpoint_auth_method: "none",
        grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
        redirect_uris: ["http://127.0.0.1/callback"],
      },
    ],
    cookies: { keys: ["tests"] },
    features: { devInteractions: { enabled: true }, deviceFlow: { enabled: true }, revocation: { enabled: true } },
    scopes: ["openid", "offline_access"],
    rotateRefreshToken: true,
    ttl: Object.fromEntries(
      ["AccessToken", "DeviceCode", "Grant", "IdToken", "Interaction", "RefreshToken", "Session"].map((kind) => [
        kind,
        3600,
      ]),
    ),
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  });
  server.on("request", provider.callback());
  return issuer;
}

/**
 * Opens `address`, follows redirects, and fills in and sends each form that it meets, as somebody does who agrees to all. Gives
 * the text of the page at the end, which has none.
 */
export async function agreeTo(address: string): Promise<string> {
  const cookies = new Map<string, string>();
  const open = async (url: string, init: RequestInit = {}): Promise<{ text: string; next: string | undefined }> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, { ...init, redirect: "manual", headers: { cookie } });
    for (const set of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      cookies.set(name, value);
    }
    const location = answer.headers.get("location");
    return { text: await answer.text(), next: location === null ? undefined : new URL(location, url).href };
  };
  let at = address;
  let page = await open(at);
  for (let steps = 0; steps < 20; steps += 1) {
    if (page.next !== undefined) {
      at = page.next;
      page = await open(at);
      continue;
    }
    const [, action] = /<form[^>]*\baction="([^"]*)"/.exec(page.text) ?? [];
    if (action === undefined) return page.text;
    at = new URL(action.replaceAll("&amp;", "&"), at).href;
    page = await open(at, { method: "POST", body: formIn(page.text) });
  }
  throw new Error(`no end at ${at}`);
}

/** The fields of a form with their values; where somebody types, the user's. */
function formIn(html: string): URLSearchParams {
  const form = new URLSearchParams();
  for (const [input] of html.matchAll(/<input[^>]*>/g)) {
    const [, name] = /\bname="([^"]*)"/.exec(input) ?? [];
    const [, value = "ann"] = /\bvalue="([^"]*)"/.exec(input) ?? [];
    if (name !== undefined) form.set(name, value);
  }
  return form;
}
