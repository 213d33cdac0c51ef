/** The options of a broker, checked before anything listens (G5), and in their normal form. */

import { resolve } from "node:path";
import { type AuthCatalog, ConfigError, type ConfigFault, faultOfRecord } from "faucet-auth";

/** What a broker serves: an `AuthCatalog`, of either build. */
export type BrokerCatalog = Pick<AuthCatalog, "names" | "get">;

/** Where a broker listens: on a socket, on TCP, or on both. */
export interface BrokerOptions {
  /**
   * The path of a Unix socket. Only the user of this process may connect to it. A socket that a dead broker has left is replaced.
   * @default none
   */
  readonly socket?: string | undefined;
  /**
   * A port of this machine, for those who cannot connect to a socket.
   * @default none
   */
  readonly tcp?: BrokerTcpOptions | undefined;
}

/** A port of loopback, and what those who ask there must show. */
export interface BrokerTcpOptions {
  /**
   * An address of loopback.
   * @default "127.0.0.1"
   */
  readonly host?: string | undefined;
  /**
   * The port; 0 for one that the system chooses.
   * @default 0
   */
  readonly port?: number | undefined;
  /** What is sent as `Authorization: Bearer …`, of 16 characters or more; or a function that gives it at each request. */
  readonly token: string | (() => string | Promise<string>);
}

/** The options in their normal form. */
export interface CheckedOptions {
  /** An absolute path. */
  readonly socket: string | undefined;
  readonly tcp: CheckedTcp | undefined;
}

/** A port, in its normal form. */
export interface CheckedTcp {
  readonly host: string;
  readonly port: number;
  readonly token: BrokerTcpOptions["token"];
}

/** Paths that no provider can have as its name. */
export const OWN_PAGES: readonly string[] = ["healthz", "metrics"];

/** The shortest token that guards a port: one that cannot be guessed. */
const SHORTEST_TOKEN = 16;

/** The options in their normal form. Throws a `ConfigError` with all that is wrong with them and with the names of the catalog. */
export function checkBroker(catalog: BrokerCatalog, options: BrokerOptions): CheckedOptions {
  const faults = [...faultsOfCatalog(catalog), ...faultsOfOptions(options)];
  if (faults.length > 0) throw new ConfigError("broker", faults);
  const { socket, tcp } = options;
  return {
    socket: socket === undefined ? undefined : resolve(socket),
    tcp: tcp && { host: tcp.host ?? "127.0.0.1", port: tcp.port ?? 0, token: tcp.token },
  };
}

function faultsOfCatalog(catalog: BrokerCatalog): readonly ConfigFault[] {
  if (typeof catalog?.get !== "function" || !Array.isArray(catalog.names)) {
    return [{ path: "catalog", message: "must be an AuthCatalog" }];
  }
  return catalog.names.flatMap((name) => {
    const fault = faultOfName(name);
    return fault === undefined ? [] : [{ path: `auth.${name}`, message: `${fault}: give the provider another name` }];
  });
}

function faultOfName(name: string): string | undefined {
  if (OWN_PAGES.includes(name)) return `/${name} is a page of the broker's own`;
  return STEPS.includes(name) ? `/${name} is a step in a path, which no client sends (RFC 3986 §5.2.4)` : undefined;
}

/** What is taken out of a path before it is sent, however it is spelt. */
const STEPS: readonly string[] = [".", ".."];

function faultsOfOptions(options: unknown): readonly ConfigFault[] {
  const faults = faultsOfKeys("options", options, ["socket", "tcp"]);
  const { socket, tcp } = (options ?? {}) as Partial<BrokerOptions>;
  if (socket === undefined && tcp === undefined) faults.push({ path: "options", message: NOWHERE });
  if (socket !== undefined && (typeof socket !== "string" || socket === "" || socket.includes("\0"))) {
    faults.push({ path: "options.socket", message: "must be the path of a Unix socket" });
  }
  return tcp === undefined ? faults : [...faults, ...faultsOfTcp(tcp)];
}

const NOWHERE = "must say where the broker listens: socket, or tcp with a token";

function faultsOfTcp(tcp: Partial<BrokerTcpOptions>): readonly ConfigFault[] {
  const faults = faultsOfKeys("options.tcp", tcp, ["host", "port", "token"]);
  const { host = "127.0.0.1", port = 0, token } = tcp ?? {};
  if (typeof host !== "string" || !LOOPBACK.test(host)) {
    faults.push({ path: "options.tcp.host", message: "must be an address of loopback, such as 127.0.0.1 or [::1]" });
  }
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    faults.push({ path: "options.tcp.port", message: "must be a port, from 0 to 65535" });
  }
  const isLongEnough = typeof token === "string" && token.length >= SHORTEST_TOKEN;
  if (typeof token !== "function" && !isLongEnough) {
    const message = `must be a text of ${SHORTEST_TOKEN} characters or more, or a function that gives one`;
    faults.push({ path: "options.tcp.token", message });
  }
  return faults;
}

/** What the credentials travel through unencrypted must not leave the machine. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/;

function faultsOfKeys(path: string, given: unknown, known: readonly string[]): ConfigFault[] {
  const fault = faultOfRecord(given, `must be an object; its keys may be ${known.join(", ")}`);
  if (fault !== undefined) return [{ path, message: fault }];
  const unknown = Object.keys(given as object).filter((key) => !known.includes(key));
  return unknown.map((key) => ({ path: `${path}.${key}`, message: `unknown option; there are: ${known.join(", ")}` }));
}
