/** Redis: the streaming credentials of node-redis. */

import { AsyncLocalStorage } from "node:async_hooks";
import { type AuthProvider, accessToken, type Credential } from "faucet-auth";
import { checkAdapter, faultOfFunction, faultOfText, having } from "./checked.js";
import { watchTokens } from "./on-token.js";

/** What a connection logs in with. */
export interface RedisLogin {
  /** The user of the ACL; the default one if it is absent. */
  username?: string;
  /** The token. */
  password: string;
}

/** A `credentialsProvider` of node-redis. */
export interface RedisCredentials {
  /** The kind of provider, as node-redis spells it. */
  readonly type: "streaming-credentials-provider";
  /** Called for each connection. Gives what it logs in with; `onNext` makes it log in anew. */
  subscribe(listener: {
    /** Gets each later login. */
    onNext(login: RedisLogin): void;
    /** Is not called: a renewal that fails is tried again. */
    onError(error: Error): void;
  }): Promise<
    [
      RedisLogin,
      {
        /** Ends the subscription. */
        dispose(): void;
      },
    ]
  >;
  /** Called where logging in anew has failed. A token that the server has refused is reported. */
  onReAuthenticationError(error: Error): void;
}

/** The options of `redisCredentials`. */
export interface RedisCredentialsOptions {
  /**
   * The user of the ACL.
   *
   * @default the default user
   */
  readonly username?: string;
  /** Gets the errors of renewals, and of logging in anew. */
  readonly onError?: (error: unknown) => unknown;
}

/**
 * The `credentialsProvider` of a node-redis client, of its duplicates, pools and clusters. Each connection logs in anew
 * with each new token, before the old one expires.
 *
 * @throws `ConfigError` if this is no provider, or for an option that is unknown or no good; `TypeError` if the
 * provider has no `watch()`. A connection fails where `accessToken()` rejects.
 * @example
 * const client = createClient({ url, credentialsProvider: redisCredentials(provider, { username }) });
 */
export function redisCredentials(provider: AuthProvider, options: RedisCredentialsOptions = {}): RedisCredentials {
  checkAdapter("redisCredentials", provider, options, { username: faultOfText, onError: faultOfFunction });
  having("watch", provider, "redisCredentials");
  const { username } = options;
  const tell = once(options.onError ?? (() => {}));
  const loginWith = (password: string): RedisLogin => ({ ...(username !== undefined && { username }), password });
  const loggingIn = new AsyncLocalStorage<Login>();
  let last: Login | undefined;

  return {
    type: "streaming-credentials-provider",

    async subscribe(listener) {
      const first = await accessToken(provider);
      let given = first.token;
      const end = (): void => watch[Symbol.dispose]();
      last = { credential: first.credential, end };
      const watch = watchTokens(
        "redisCredentials",
        provider,
        (token, { credential }) => {
          if (token === given) return;
          given = token;
          last = { credential, end };
          loggingIn.run(last, () => listener.onNext(loginWith(token)));
        },
        { onError: tell },
      );
      return [loginWith(first.token), { dispose: end }];
    },

    onReAuthenticationError(error) {
      const login = loggingIn.getStore() ?? last;
      if (isEnd(error)) return login?.end();
      if (isRefusal(error) && login !== undefined) provider.invalidate(login.credential).catch(tell);
      tell(error);
    },
  };
}

/** One connection's login with one token. */
interface Login {
  readonly credential: Credential;
  /** Ends what the connection has subscribed to. */
  readonly end: () => void;
}

/**
 * Whether the client was closed. One that had to reconnect has subscribed more than once, and ends only the last of its
 * subscriptions.
 */
function isEnd({ message }: Error): boolean {
  return /The client is closed|Disconnects client/.test(message);
}

/** What Redis, Valkey and the services that speak like them answer to a wrong password. */
function isRefusal({ message }: Error): boolean {
  return /\bWRONGPASS\b|\binvalid password\b/.test(message);
}

/** Each connection watches, and hears of each failure: `tell` hears of it once. */
function once(tell: (error: unknown) => unknown): (error: unknown) => void {
  const told = new WeakSet<object>();
  return (error) => {
    const isObject = typeof error === "object" && error !== null;
    if (isObject && told.has(error)) return;
    if (isObject) told.add(error);
    tell(error);
  };
}
