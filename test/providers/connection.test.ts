/** Certificates and a proxy of a provider's own: `tls` and `proxy_url` (H11), and clients that a certificate shows (K1). */

import { readFile, writeFile } from "node:fs/promises";
import { inspect } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { AuthCatalog, type FetchingProvider, fromConfig } from "../../src/index.js";
import {
  archiveOf,
  certificateAuthority,
  encryptedKey,
  type IssuedCertificate,
  selfSigned,
} from "../support/certificate-authority.js";
import { errorOf } from "../support/errors.js";
import { eventually } from "../support/eventually.js";
import { faultsOf } from "../support/faults.js";
import { startIdp } from "../support/idp.js";
import { startProxy, startSecureIdp } from "../support/secure-idp.js";
import { startStrictTlsServer } from "../support/tls-server.js";

/** Each type that fetches, with a configuration for that endpoint. */
const types = {
  oauth2: (url: string) => ({ token_url: url, client_id: "c", client_secret: "s" }),
  oauth2_refresh: (url: string) => ({ token_url: url, client_id: "c", client_secret: "s", refresh_token: "r" }),
  token_endpoint: (url: string) => ({ url, token_path: "$.access_token", body: { user: "u" } }),
  flow: (url: string) => ({ steps: [stepAt(url)], apply: [{ into: "header", name: "X-T", value: `$${"{t}"}` }] }),
};

/** A step that captures the token as `t`. */
function stepAt(url: string, name = "t") {
  return { request: { method: "POST", url, json: { user: "u" } }, capture: { [name]: "$.access_token" } };
}

/** A provider that is closed when the test ends. */
function provider(type: keyof typeof types, url: string, keys: object): FetchingProvider {
  const made = fromConfig({ type, config: { ...types[type](url), retries: 0, ...keys } }, { name: "crm" });
  onTestFinished(() => made.close?.());
  return made as FetchingProvider;
}

/** An authority, what it has issued to a server and to a client, and the options of a server that wants the latter. */
async function mutualTls() {
  const authority = await certificateAuthority();
  const [server, client] = [await authority.issue("server"), await authority.issue("client")];
  const secured = { key: server.key, cert: server.cert };
  const options = { ...secured, ca: authority.cert, requestCert: true, rejectUnauthorized: false };
  return { authority, server, client, secured, options };
}

const files = ({ certFile, keyFile }: IssuedCertificate) => ({ cert: { file: certFile }, key: { file: keyFile } });

/** As a variable of the environment often has it. */
const escaped = (pem: string) => pem.trim().replaceAll("\n", "\\n");

describe("H11 tls", () => {
  test.each(Object.keys(types) as (keyof typeof types)[])(
    "H11 %s trusts the authority in ca, and no other",
    async (type) => {
      const { authority, options } = await mutualTls();
      const idp = await startSecureIdp(options);
      await provider(type, idp.tokenUrl, { tls: { ca: { file: authority.certFile } } }).getToken();
      await provider(type, idp.tokenUrl, { tls: { ca: authority.cert } }).getToken();
      expect(idp.seen).toHaveLength(2);
      const other = await selfSigned("other");
      const error = await errorOf(() => provider(type, idp.tokenUrl, { tls: { ca: other.cert } }).getToken());
      expect(error).toMatchObject({ code: "transport", unsent: true, retryable: false });
      expect(error.message).toMatch(/the server's certificate .*; if that is meant, .* tls\.ca/);
    },
  );

  test.each([
    ["files", async (client: IssuedCertificate) => files(client)],
    ["text", async ({ cert, key }: IssuedCertificate) => ({ cert, key })],
    ["what functions give", async ({ cert, key }: IssuedCertificate) => ({ cert: () => cert, key: async () => key })],
    [
      "a key with a passphrase",
      async (client: IssuedCertificate) => ({
        ...files(client),
        key: await encryptedKey(client, "open!"),
        passphrase: () => "open!",
      }),
    ],
    [
      "an archive",
      async (client: IssuedCertificate) => {
        const file = `${client.keyFile}.pfx`;
        await writeFile(file, await archiveOf(client, "open!"));
        return { pfx: { file }, passphrase: "open!" };
      },
    ],
    [
      "with \\n for the line breaks",
      async ({ cert, keyFile }: IssuedCertificate) => {
        const key = await readFile(keyFile, "utf8");
        return { cert: escaped(cert), key: escaped(key) };
      },
    ],
    [
      "an archive in base64",
      async (client: IssuedCertificate) => ({
        pfx: (await archiveOf(client, "open!")).toString("base64"),
        passphrase: "open!",
      }),
    ],
  ])("H11 shows the client's certificate: %s", async (_what, tlsOf) => {
    const { authority, client, options } = await mutualTls();
    const idp = await startSecureIdp(options);
    const ca = escaped(authority.cert);
    await provider("oauth2", idp.tokenUrl, { tls: { ca, ...(await tlsOf(client)) } }).getToken();
    expect(idp.seen[0]?.subject).toBe("client");
  });

  test("H11 V1 where a file has changed, the next request goes over a new connection with it", async () => {
    const { authority, client, options } = await mutualTls();
    const idp = await startSecureIdp(options);
    const auth = provider("oauth2", idp.tokenUrl, { tls: { ca: authority.cert, ...files(client) } });
    await auth.invalidate(await auth.getToken());
    const next = await authority.issue("next");
    await writeFile(client.certFile, next.cert);
    await writeFile(client.keyFile, next.key);
    await auth.invalidate(await auth.getToken());
    expect(idp.seen.map(({ subject, connection }) => `${subject} ${connection}`)).toEqual([
      "client 1",
      "client 1",
      "next 2",
    ]);
    await eventually(() => expect(idp.connections()).toBe(1));
    await auth.close();
    await eventually(() => expect(idp.connections()).toBe(0));
  });

  test("H11 V3 a certificate whose key has not been replaced yet is waited for", async () => {
    const { authority, client, options } = await mutualTls();
    const idp = await startSecureIdp(options);
    const tls = { ca: authority.cert, ...files(client) };
    const [patient, hasty] = [
      provider("oauth2", idp.tokenUrl, { tls, retries: 2 }),
      provider("oauth2", idp.tokenUrl, { tls }),
    ];
    const next = await authority.issue("next");
    await writeFile(client.certFile, next.cert);
    const error = await errorOf(() => hasty.getToken());
    expect(error).toMatchObject({ code: "config", retryable: true });
    expect(error.message).toContain("tls.key: is not the key of tls.cert");
    const getting = patient.getToken();
    await writeFile(client.keyFile, next.key);
    await getting;
    expect(idp.seen[0]?.subject).toBe("next");
  });

  test("H11 a server that wants a certificate, and gets none, says so; nothing was sent", async () => {
    const { authority, server } = await mutualTls();
    const url = await startStrictTlsServer(server.keyFile, server.certFile, authority.certFile);
    const auth = provider("oauth2_refresh", url, { tls: { ca: authority.cert } });
    const error = await errorOf(() => auth.getToken());
    expect(error).toMatchObject({ code: "transport", unsent: true, retryable: false });
    expect(error.message).toMatch(
      /refused the TLS handshake .*; give one in tls\.cert and tls\.key, .* if it wants one/,
    );
  });

  test("H11 D11 S1 in a document, beside it; and nothing of it is printed", async () => {
    const { client, options } = await mutualTls();
    const idp = await startSecureIdp(options);
    const folder = client.keyFile.replace(/\/[^/]*$/, "");
    await writeFile(
      `${folder}/pipeline.yaml`,
      `auth:
  crm:
    type: oauth2
    config:
      token_url: ${idp.tokenUrl}
      client_id: c
      token_endpoint_auth_method: tls_client_auth
      tls: { cert: { file: client.crt }, key: { file: client.key }, ca: { file: authority.crt } }
`,
    );
    await using catalog = await AuthCatalog.load(`${folder}/pipeline.yaml`);
    await catalog.get("crm").getToken();
    expect(idp.seen[0]).toMatchObject({ subject: "client", form: { client_id: "c" } });
    expect(inspect(catalog.get("crm"), { depth: 20, showHidden: true, getters: true })).not.toContain("PRIVATE KEY");
  });
});

describe("K1 clients that a certificate shows", () => {
  test.each(["tls_client_auth", "self_signed_tls_client_auth"])(
    "K1 %s sends the client's id, and no secret",
    async (method) => {
      const { authority, client, options } = await mutualTls();
      const shown = method === "tls_client_auth" ? client : await selfSigned("self");
      const idp = await startSecureIdp(options);
      const keys = { client_secret: undefined, token_endpoint_auth_method: method };
      await provider("oauth2", idp.tokenUrl, { ...keys, tls: { ca: authority.cert, ...files(shown) } }).getToken();
      expect(idp.seen[0]).toMatchObject({ subject: method === "tls_client_auth" ? "client" : "self" });
      expect(idp.seen[0]?.form).toEqual({ grant_type: "client_credentials", client_id: "c" });
    },
  );

  test("K1 V2 on invalid_client a certificate that was replaced is shown at once", async () => {
    const { authority, client, options } = await mutualTls();
    const next = await authority.issue("next");
    const idp = await startSecureIdp(options, async ({ subject }) => {
      if (subject === "next") return undefined;
      await writeFile(client.certFile, next.cert);
      await writeFile(client.keyFile, next.key);
      return "invalid_client";
    });
    const keys = { client_secret: undefined, token_endpoint_auth_method: "tls_client_auth" };
    const auth = provider("oauth2", idp.tokenUrl, { ...keys, tls: { ca: authority.cert, ...files(client) } });
    await auth.getToken();
    expect(idp.seen.map(({ subject }) => subject)).toEqual(["client", "next"]);
  });
});

describe("H11 proxy_url", () => {
  test.each(Object.keys(types) as (keyof typeof types)[])(
    "H11 %s goes through it, with the credentials in it",
    async (type) => {
      const [proxy, idp] = [await startProxy(undefined, "us er:p@ss"), await startIdp()];
      const url = new URL(proxy.url);
      [url.username, url.password] = ["us er", "p@ss"];
      await provider(type, idp.tokenUrl, { proxy_url: url.href }).getToken();
      expect(proxy.tunnels).toEqual([
        { to: new URL(idp.origin).host, authorization: `Basic ${Buffer.from("us er:p@ss").toString("base64")}` },
      ]);
      expect(idp.seen).toHaveLength(1);
    },
  );

  test("H11 with tls, the certificate goes through the tunnel, and not to the proxy", async () => {
    const { authority, client, secured, options } = await mutualTls();
    const [proxy, idp] = [await startProxy(secured), await startSecureIdp(options)];
    const tls = { ca: authority.cert, ...files(client) };
    await provider("oauth2", idp.tokenUrl, { tls, proxy_url: proxy.url }).getToken();
    expect(proxy.tunnels).toHaveLength(1);
    expect(idp.seen[0]?.subject).toBe("client");
  });

  test.each([
    ["does not answer", async () => "http://127.0.0.1:1", /no connection to the proxy \(ECONNREFUSED\)$/, true],
    [
      "has a certificate that is not trusted",
      async () => (await startProxy(await selfSigned("proxy"))).url,
      /no connection to the proxy: .*self-signed and not trusted/,
      false,
    ],
    [
      "wants credentials",
      async () => (await startProxy(undefined, "a:b")).url,
      /no answer: the proxy has refused the request with HTTP 407; .* proxy_url/,
      false,
    ],
  ])("H11 one that %s is told as such, and nothing was sent", async (_what, start, reason, retryable) => {
    const idp = await startIdp();
    const error = await errorOf(async () =>
      provider("oauth2_refresh", idp.tokenUrl, { proxy_url: await start() }).getToken(),
    );
    expect(error).toMatchObject({ code: "transport", unsent: true, retryable });
    expect(error.message).toMatch(reason);
    expect(idp.seen).toEqual([]);
  });

  test("H11 a TLS error of the IdP behind it is the IdP's", async () => {
    const { options } = await mutualTls();
    const [proxy, idp] = [await startProxy(), await startSecureIdp(options)];
    const error = await errorOf(() => provider("oauth2", idp.tokenUrl, { proxy_url: proxy.url }).getToken());
    expect(error).toMatchObject({ code: "transport", unsent: true, retryable: false });
    expect(error.message).toMatch(/no answer: .*certificate/);
  });

  test("H11 S1 its password is not shown, though an answer echoes it", async () => {
    const idp = await startIdp((_request, response) => {
      response.writeHead(400, { "content-type": "application/json" });
      response.end('{"error":"invalid_request","error_description":"by proxyuser:pr0xyp4ss"}');
    });
    const proxy = await startProxy();
    const auth = provider("oauth2", idp.tokenUrl, { proxy_url: proxy.url.replace("//", "//proxyuser:pr0xyp4ss@") });
    const error = await errorOf(() => auth.getToken());
    expect(inspect([auth, error], { depth: 20, showHidden: true, getters: true })).not.toContain("pr0xyp4ss");
  });

  test("H11 close() closes its connections, and may be called again, or before any request", async () => {
    const [proxy, idp] = [await startProxy(), await startIdp()];
    const auth = provider("oauth2", idp.tokenUrl, { proxy_url: proxy.url });
    await auth.getToken();
    await auth.close();
    await auth.close();
    await eventually(async () => expect(await idp.connections()).toBe(0));
    await provider("oauth2", idp.tokenUrl, { proxy_url: proxy.url }).close();
  });
});

describe("H11 of a flow", () => {
  const apply = [{ into: "header", name: "X-T", value: `$${"{t}"}` }];

  test("H11 P4 each step, and the logout, shows the certificate, through the proxy", async () => {
    const { authority, client, options } = await mutualTls();
    const [proxy, idp] = [await startProxy(), await startSecureIdp(options)];
    const keys = {
      steps: [stepAt(idp.tokenUrl, "first"), stepAt(idp.tokenUrl)],
      apply,
      logout: { method: "POST", url: `${idp.tokenUrl}/end`, json: { end: true } },
      tls: { ca: authority.cert, ...files(client) },
      proxy_url: proxy.url,
    };
    const auth = provider("flow", idp.tokenUrl, keys);
    await auth.getToken();
    await auth.close();
    expect(idp.seen.map(({ subject, body }) => `${subject} ${body}`)).toEqual([
      'client {"user":"u"}',
      'client {"user":"u"}',
      'client {"end":true}',
    ]);
    expect(new Set(proxy.tunnels.map(({ to }) => to))).toEqual(new Set([new URL(idp.tokenUrl).host]));
    await eventually(() => expect(idp.connections()).toBe(0));
  });

  test("H11 V1 the next login has the certificate that a file has by then, and the logout has it too", async () => {
    const { authority, client, options } = await mutualTls();
    const idp = await startSecureIdp(options);
    const logout = { method: "POST", url: idp.tokenUrl };
    const auth = provider("flow", idp.tokenUrl, { logout, tls: { ca: authority.cert, ...files(client) } });
    const first = await auth.getToken();
    const next = await authority.issue("next");
    await writeFile(client.certFile, next.cert);
    await writeFile(client.keyFile, next.key);
    await auth.invalidate(first);
    await auth.close();
    expect(idp.seen.map(({ subject }) => subject)).toEqual(["client", "next", "next"]);
  });

  test("H11 faults are told where they stand", async () => {
    const { cert } = await selfSigned("one");
    const config = { steps: [stepAt("https://idp.example/login")], apply };
    expect(await faultsOf("flow", { ...config, tls: { cert } })).toEqual({ "tls.key": "is required beside cert" });
    const dispatcher = { dispatch: () => true };
    const message = "cannot stand beside runtime.dispatcher, which reaches the IdP its own way";
    expect(
      await faultsOf("flow", { ...config, tls: { ca: cert }, proxy_url: "http://proxy.example" }, { dispatcher }),
    ).toEqual({ tls: message, proxy_url: message });
    const plain = { steps: [stepAt("http://127.0.0.1/login")], apply, tls: { ca: cert } };
    expect(await faultsOf("flow", plain)).toEqual({ tls: "has no use with an http URL" });
  });
});

describe("H11 one clear fault for each mistake", () => {
  const base = { token_url: "https://idp.example/token", client_id: "c", client_secret: "s" };
  const byCertificate = { token_url: base.token_url, client_id: "c", token_endpoint_auth_method: "tls_client_auth" };

  test("H11 of shape", async () => {
    const [one, other] = [await selfSigned("one"), await selfSigned("other")];
    const { cert, key } = one;
    const encrypted = await encryptedKey(one, "open!");
    const archive = (await archiveOf(one, "open!")).toString("base64");
    for (const [keys, expected] of [
      [{ tls: {} }, { tls: "must have cert and key, or pfx, or ca" }],
      [{ tls: { passphrase: "p" } }, { tls: "must have cert and key, or pfx, or ca" }],
      [{ tls: { cert } }, { "tls.key": "is required beside cert" }],
      [{ tls: { key } }, { "tls.cert": "is required beside key" }],
      [{ tls: { cert: null, key: null, ca: null } }, { tls: "must have cert and key, or pfx, or ca" }],
      [{ tls: { cert, key, pfx: archive, passphrase: "open!" } }, { "tls.pfx": "cannot stand beside cert and key" }],
      [{ tls: { ca: cert, passphrase: "p" } }, { "tls.passphrase": "has no use without key or pfx" }],
      [{ tls: { cert, key: other.key } }, { "tls.key": "is not the key of tls.cert" }],
      [{ tls: { cert, key: encrypted } }, { "tls.passphrase": "is required: tls.key is encrypted" }],
      [{ tls: { cert, key: encrypted, passphrase: "shut" } }, { "tls.passphrase": "does not open tls.key" }],
      [{ tls: { pfx: archive } }, { "tls.passphrase": "is required: tls.pfx is encrypted" }],
      [{ tls: { pfx: archive, passphrase: "shut" } }, { "tls.passphrase": "does not open tls.pfx" }],
      [{ tls: { pfx: "aGVsbG8=" } }, { "tls.pfx": "is no archive (PKCS#12), or is cut off or damaged" }],
      [{ tls: { pfx: "–" } }, { "tls.pfx": "must be an archive (PKCS#12) in base64" }],
      [{ tls: { ca: "s3cr3t" } }, { "tls.ca": "must be a certificate in PEM (-----BEGIN CERTIFICATE-----)" }],
      [{ tls: { cert, key: "s3cr3t" } }, { "tls.key": expect.stringContaining("neither PEM") }],
      [{ tls: { cert, key: { file: "/no/such/file" } } }, { "tls.key.file": expect.stringContaining("ENOENT") }],
      [{ tls: { cert, key, certs: 1 } }, { "tls.certs": 'unknown key; did you mean "cert"?' }],
      [{ tls: "x" }, { tls: expect.stringContaining("must be a mapping") }],
      [{ proxy_url: "socks5://127.0.0.1:1" }, { proxy_url: "must be an https or http URL" }],
      [{ proxy_url: "proxy:3128" }, { proxy_url: expect.stringContaining("must be") }],
      [{ token_url: "http://127.0.0.1/token", tls: { ca: cert } }, { tls: "has no use with an http URL" }],
    ] as const) {
      expect(await faultsOf("oauth2", { ...base, ...keys })).toEqual(expected);
    }
    fromConfig({ type: "oauth2", config: { ...base, tls: null, proxy_url: null } });
    const secured = { tls: { ca: cert }, proxy_url: "https://proxy.example" };
    fromConfig({ type: "oauth2", config: { ...base, ...secured, token_url: "http://127.0.0.1/token" } });
  });

  test.each([
    ["dispatcher", { dispatcher: { dispatch: () => true } }],
    ["fetch", { fetch: globalThis.fetch as never }],
  ])("H11 beside runtime.%s", async (name, runtime) => {
    const { cert } = await selfSigned("one");
    const message = `cannot stand beside runtime.${name}, which reaches the IdP its own way`;
    const keys = { tls: { ca: cert }, proxy_url: "http://proxy.example" };
    expect(await faultsOf("oauth2", { ...base, ...keys }, runtime)).toEqual({ tls: message, proxy_url: message });
    fromConfig({ type: "oauth2", config: byCertificate }, runtime);
  });

  test("K1 a method by certificate without one", async () => {
    const message = "is required with token_endpoint_auth_method: tls_client_auth: cert and key, or pfx";
    expect(await faultsOf("oauth2", byCertificate)).toEqual({ tls: message });
    const { cert } = await selfSigned("one");
    expect(await faultsOf("oauth2", { ...byCertificate, tls: { ca: cert } })).toEqual({ tls: message });
  });
});
