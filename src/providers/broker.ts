/** `broker`: the tokens of a provider that another process of this machine serves (L4). */

import * as z from "zod/mini";
import { TokenCache } from "../cache/token-cache.js";
import type { RefreshMode } from "../cache/token-cache-options.js";
import { check, isGiven, lazily, type Relation } from "../config/check.js";
import {
  because,
  count,
  expiryRatio,
  type Field,
  optional,
  seconds,
  text,
  url,
  withDefault,
} from "../config/fields.js";
import { MAX_TIMEOUT_SECS } from "../failure/deadline.js";
import { DEFAULT_RETRIES } from "../failure/policy.js";
import { retrying } from "../failure/retrying.js";
import { warnOfPlainHttp } from "../http/plain-http.js";
import { folderOf } from "../live/document-folder.js";
import { type LiveText, liveText } from "../live/live-text.js";
import { absolutePath, faultOfFilePath } from "../values/file-path.js";
import { DEFAULT_EXPIRY_RATIO } from "../values/lifespan.js";
import { BrokerClient } from "./broker-client.js";
import { CachedProvider } from "./cached-provider.js";
import { faultsOfRuntime, type Runtime } from "./runtime.js";

/** The configuration of a `broker` provider: where the broker listens, and which of its providers is meant. */
export interface BrokerConfig {
  /**
   * The path of the broker's Unix socket. A relative one starts at the folder of the document, in code at the working directory;
   * `~` is the home directory.
   */
  readonly socket?: string | null;
  /** In place of a socket, the broker's address on TCP, such as `http://127.0.0.1:7777`. */
  readonly url?: string | null;
  /** With `url`: the token that the broker wants to be shown. */
  readonly token?: LiveText | null;
  /**
   * The provider's name at the broker.
   * @default its name here
   */
  readonly name?: string | null;
  /**
   * The share of its lifetime for which a token is used, in (0, 1].
   * @default 0.9
   */
  readonly expiry_ratio?: number | null;
  /**
   * Attempts after the first in one flight, where the broker is not there; at most 10.
   * @default 2
   */
  readonly retries?: number | null;
  /**
   * Seconds that a flight may take, at most 3600: the broker's own, and the way there.
   * @default 60
   */
  readonly timeout_secs?: number | null;
  /**
   * From the expiry ratio on: `blocking` lets callers wait for the renewal, for 5 s at most; `background` gives
   * them the token that is still good and renews behind them.
   * @default blocking
   */
  readonly refresh?: RefreshMode | null;
}

/**
 * The credentials of a provider that a broker shares: `faucet-auth serve`, or `serveBroker()` of `faucet-auth/broker`. What is
 * reported here is reported there, by the id of what was refused: of all processes that report one token, one causes a request.
 *
 * @example
 * const auth = new BrokerProvider({ socket: "/run/user/1000/faucet.sock", name: "crm" });
 */
export class BrokerProvider extends CachedProvider {
  /** The name of the type in configurations. */
  static readonly type = "broker";

  /** @throws ConfigError with every fault of `config`, and of `runtime`. */
  constructor(config: BrokerConfig, runtime: Runtime = {}) {
    const { type } = BrokerProvider;
    const settings = check(type, config, {
      schema: brokerSchema(),
      relations: [onePlace, nameIsKnown(runtime)],
      others: faultsOfRuntime(runtime),
    });
    const { name: nameThere = runtime.name ?? "", url, token } = settings;
    const { expiry_ratio: expiryRatio, timeout_secs: timeoutSecs, refresh, retries } = settings;
    const socket = settings.socket === undefined ? undefined : absolutePath(settings.socket, folderOf(config));
    const { name = type, clock, random } = runtime;
    const client = new BrokerClient({ socket, url, token, name: nameThere }, runtime);
    const issue = retrying((why) => client.issue(why), { retries, random });
    const options = { type, name, expiryRatio, timeoutSecs, refresh, clock, random };
    const visible = { socket, url: url?.href, broker_name: nameThere, expiry_ratio: expiryRatio };
    super(type, visible, runtime, () => new TokenCache(issue, options));
    if (url !== undefined) warnOfPlainHttp([url], name);
  }
}

/** A flight of the broker may take half a minute, and it may have to wait for another process. */
const DEFAULT_BROKER_TIMEOUT_SECS = 60;
const MOST_RETRIES = 10;

/** The schema of its configuration. */
export const brokerSchema = lazily(() =>
  z.strictObject({
    socket: optional(socketPath()),
    url: optional(url()),
    token: optional(liveText("token")),
    name: optional(text()),
    expiry_ratio: withDefault(expiryRatio(), DEFAULT_EXPIRY_RATIO),
    retries: withDefault(count(MOST_RETRIES), DEFAULT_RETRIES),
    timeout_secs: withDefault(seconds(MAX_TIMEOUT_SECS), DEFAULT_BROKER_TIMEOUT_SECS),
    refresh: withDefault(z.enum(["blocking", "background"]), "blocking"),
  }),
);

function socketPath(): Field<string> {
  return z.string().check(because((path) => faultOfFilePath(path, "file")?.replace("a file", "a Unix socket")));
}

/** Where the broker is. Whoever can connect to its socket needs no token. */
const onePlace: Relation = ({ socket, url, token }) => {
  if (isGiven(socket) === isGiven(url)) {
    return [
      {
        path: "",
        message: `must say where the broker is: either socket, or url with token; it has ${isGiven(url) ? "both" : "none"}`,
      },
    ];
  }
  if (isGiven(url) && !isGiven(token)) return [{ path: "token", message: "is required beside url: a string" }];
  if (isGiven(socket) && isGiven(token)) return [{ path: "token", message: "has no use with a socket" }];
  return [];
};

function nameIsKnown({ name: own }: Runtime): Relation {
  return ({ name }) => (isGiven(name) || own !== undefined ? [] : [{ path: "name", message: "is required: a string" }]);
}
