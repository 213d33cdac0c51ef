/** The keys by which a configuration says how an IdP is reached: by which certificates, and through which proxy (H11). */

import * as z from "zod/mini";
import { isGiven, type Relation } from "../config/check.js";
import { type Field, optional, type Settings, url } from "../config/fields.js";
import { faultOfEncoding } from "../config/scalars.js";
import { type LiveText, liveText } from "../live/live-text.js";
import type { LiveValue } from "../live/live-value.js";
import { faultOfCertificate } from "../signing/certificate.js";
import { faultOfPemKey } from "../signing/private-key.js";
import type { ConfigFault } from "../values/errors.js";
import type { Runtime } from "./runtime.js";

/** Certificates of a provider's own, for its connections to the IdP. */
export interface TlsConfig {
  /** The client's certificate in PEM, with those of its issuers behind it where the IdP does not know them. */
  readonly cert?: LiveText | null;
  /** The private key of `cert`, in PEM. */
  readonly key?: LiveText | null;
  /** The authorities in PEM that may have issued the IdP's certificate, in place of those that Node knows. */
  readonly ca?: LiveText | null;
  /** What `key` or `pfx` is encrypted with. */
  readonly passphrase?: LiveText | null;
  /** Certificate and key in one archive (PKCS#12), in place of `cert` and `key`: in a file, or as text in base64. */
  readonly pfx?: LiveText | null;
}

/** How the IdP is reached, as configured. */
export interface ConnectionConfig {
  /** Certificates for the connection to the IdP. Each may be in a file; where that changes, the next connection has it. */
  readonly tls?: TlsConfig | null;
  /** The URL of an HTTP proxy through which the IdP is reached, with user name and password in it where the proxy wants them. */
  readonly proxy_url?: string | null;
}

/** The fields for those keys. */
export const connectionFields = () => ({
  tls: optional(
    z.strictObject({
      cert: certificates("tls.cert"),
      key: optional(liveText("tls.key", { role: "tls", faultOf: faultOfPemKey })),
      ca: certificates("tls.ca"),
      passphrase: optional(liveText("tls.passphrase", { role: "tls" })),
      pfx: optional(liveText("tls.pfx", { role: "tls", faultOf: faultOfBase64, textOf: base64Of })),
    }),
  ),
  proxy_url: optional(url()),
});

/** Those keys in their normal form. */
export type ConnectionSettings = Settings<typeof connectionFields>;

/** The certificates in their normal form. */
export type TlsSettings = NonNullable<ConnectionSettings["tls"]>;

function certificates(key: string): Field<LiveValue | undefined> {
  return optional(liveText(key, { role: "tls", faultOf: (text) => faultOfEncoding(text) ?? faultOfCertificate(text) }));
}

/** An archive is bytes, which stand in a file as they are, or as base64. */
function base64Of(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString("latin1");
  return faultOfBase64(text) === undefined ? text : Buffer.from(bytes).toString("base64");
}

function faultOfBase64(text: string): string | undefined {
  return /^[A-Za-z0-9+/\s]+=*\s*$/.test(text) ? undefined : "must be an archive (PKCS#12) in base64";
}

/** How these keys must stand to each other, to the rest, and to what the runtime gives. */
export function connectionRelations({ dispatcher, fetch }: Runtime): readonly Relation[] {
  const given = dispatcher === undefined ? (fetch === undefined ? undefined : "fetch") : "dispatcher";
  return [tlsIsWhole, tlsIsUsed, oneRoute(given), methodHasCertificate(given)];
}

type Config = Readonly<Record<string, unknown>>;

/** A certificate has its key, and there is one of them. */
function tlsIsWhole({ tls }: Config): ConfigFault[] {
  if (!isMapping(tls)) return [];
  const fault = (key: string, message: string): ConfigFault[] => [{ path: `tls${key}`, message }];
  const has = (key: string): boolean => isGiven(tls[key]);
  if (!["cert", "key", "ca", "pfx"].some(has)) return fault("", "must have cert and key, or pfx, or ca");
  if (has("pfx") && (has("cert") || has("key"))) return fault(".pfx", "cannot stand beside cert and key");
  if (has("cert") !== has("key")) {
    return has("cert") ? fault(".key", "is required beside cert") : fault(".cert", "is required beside key");
  }
  const isOpened = !has("passphrase") || has("key") || has("pfx");
  return isOpened ? [] : fault(".passphrase", "has no use without key or pfx");
}

/** Nothing is secured on the way to an http URL, but what goes through an https proxy. */
function tlsIsUsed(config: Config): ConfigFault[] {
  const urls = urlsOf(config).filter(isGiven);
  const isHttp = (value: unknown): boolean => typeof value === "string" && /^http:/i.test(value.trim());
  const isProxySecured = isGiven(config.proxy_url) && !isHttp(config.proxy_url);
  if (!isGiven(config.tls) || isProxySecured || urls.length === 0 || !urls.every(isHttp)) return [];
  return [{ path: "tls", message: "has no use with an http URL" }];
}

/** All to which requests may go, with those of a login of several steps. */
function urlsOf(config: Config): unknown[] {
  const { steps, logout, refresh_request: refresh } = config;
  const requests = (Array.isArray(steps) ? steps : []).map((step) => isMapping(step) && step.request);
  const within = [...requests, logout, refresh].map((request) => (isMapping(request) ? request.url : undefined));
  return [...["token_url", "issuer", "url", "token_uri"].map((key) => config[key]), ...within];
}

function oneRoute(given: "dispatcher" | "fetch" | undefined): Relation {
  return (config) => {
    const keys = given === undefined ? [] : ["tls", "proxy_url"].filter((key) => isGiven(config[key]));
    return keys.map((path) => ({
      path,
      message: `cannot stand beside runtime.${given}, which reaches the IdP its own way`,
    }));
  };
}

/** A dispatcher of the user's own may have a certificate that nobody sees here. */
function methodHasCertificate(given: string | undefined): Relation {
  return ({ tls, token_endpoint_auth_method: method }) => {
    const isByCertificate = method === "tls_client_auth" || method === "self_signed_tls_client_auth";
    if (!isByCertificate || given !== undefined) return [];
    const hasCertificate = isMapping(tls) && (isGiven(tls.cert) || isGiven(tls.pfx));
    const message = `is required with token_endpoint_auth_method: ${method}: cert and key, or pfx`;
    return hasCertificate ? [] : [{ path: "tls", message }];
  };
}

function isMapping(value: unknown): value is Config {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
