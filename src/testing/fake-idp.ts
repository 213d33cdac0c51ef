/** An identity provider on loopback, for tests: grants that rotate, reuse detection, revocation, and whatever goes wrong. */

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { faultOfRecord } from "faucet-auth";
import { checkOptions, faultOfDuration, faultOfFlag, faultOfLifetime } from "./checked-options.js";
import { FakeEndpoints } from "./fake-endpoints.js";
import { FakeGrants } from "./fake-grants.js";
import { checkAnswer, checkFailure, type FakeIdpAnswer, type FakeIdpFailure } from "./fake-idp-orders.js";
import type { FakeIdpRequest } from "./fake-idp-request.js";

export type { FakeIdpAnswer, FakeIdpFailure, FakeIdpResponse } from "./fake-idp-orders.js";
export type { FakeIdpRequest } from "./fake-idp-request.js";

/** How a fake identity provider deals with its clients. */
export interface FakeIdpOptions {
  /**
   * Client secrets by client id. A client shows its own by `client_secret_basic` or `client_secret_post`; without these, every
   * client is known.
   */
  readonly clients?: Readonly<Record<string, string>> | undefined;
  /**
   * Seconds that an access token lives; `null` for answers without `expires_in`.
   * @default 3600
   */
  readonly expiresIn?: number | null | undefined;
  /**
   * Whether each refresh brings a new refresh token, in place of the one that was presented.
   * @default true
   */
  readonly rotation?: boolean | undefined;
  /**
   * Whether a refresh token that is presented again after it was replaced ends its grant (RFC 9700 §4.14.2).
   * @default true
   */
  readonly reuseDetection?: boolean | undefined;
  /**
   * Seconds for which a refresh token that was replaced is taken all the same.
   * @default 0
   */
  readonly graceSecs?: number | undefined;
  /**
   * Milliseconds before each answer, of whichever endpoint.
   * @default 0
   */
  readonly latencyMs?: number | undefined;
}

/** A fake identity provider that runs, and an API beside it. */
export interface FakeIdp {
  /** Where it listens: `http://127.0.0.1:PORT`. It is the `issuer` of its metadata, too (RFC 8414). */
  readonly origin: string;
  /** The token endpoint: `refresh_token`, `client_credentials`, `password`, JWT bearer and token exchange. */
  readonly tokenUrl: string;
  /** The revocation endpoint (RFC 7009). */
  readonly revocationUrl: string;
  /** An API that gives rows to who shows a live access token as a bearer, and a 401 to all others. */
  readonly apiUrl: string;
  /** What the token endpoint was asked, in order. */
  readonly requests: readonly FakeIdpRequest[];
  /** How often a refresh token was presented after it was replaced. */
  readonly reuses: number;
  /** How many grants have ended, by revocation or reuse. */
  readonly revokedGrants: number;

  /** A user consents: the refresh token of a new grant, `refresh-1`, `refresh-2`, … */
  newGrant(): string;

  /** Whether an access token would be taken by an API, or a refresh token by the token endpoint. */
  isLive(token: string): boolean;

  /** Ends an access token; of a refresh token its whole grant. */
  revoke(token: string): void;

  /** Ends all access tokens that there are, as if they had expired early. Their grants go on. */
  revokeAccessTokens(): void;

  /**
   * Makes token requests fail from now on, until they have failed `times`, or `recover()`.
   *
   * @throws ConfigError for an unknown key, or a value that is no good.
   */
  failWith(failure: FakeIdpFailure): void;

  /** Lets token requests succeed again. */
  recover(): void;

  /** Answers the token endpoint in place of the fake, where it gives an answer. `undefined` ends that. */
  answerWith(answer: FakeIdpAnswer | undefined): void;

  /** Stops it, and ends all connections. */
  close(): Promise<void>;

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a fake identity provider on a free port of loopback.
 *
 * @throws ConfigError (rejects) for an unknown option, or one that is no good.
 * @example
 * await using idp = await startFakeIdp({ expiresIn: 60 });
 * const auth = new OAuth2RefreshProvider({
 *   token_url: idp.tokenUrl,
 *   client_id: "reports",
 *   client_secret: "s3cr3t",
 *   refresh_token: idp.newGrant(),
 * });
 */
export async function startFakeIdp(options: FakeIdpOptions = {}): Promise<FakeIdp> {
  checkOptions("startFakeIdp", options, {
    clients: faultOfClients,
    expiresIn: faultOfLifetime,
    rotation: faultOfFlag,
    reuseDetection: faultOfFlag,
    graceSecs: faultOfDuration,
    latencyMs: faultOfDuration,
  });
  const { clients, expiresIn = 3600, rotation = true, reuseDetection = true, graceSecs = 0, latencyMs = 0 } = options;
  const grants = new FakeGrants({ expiresIn, rotation, reuseDetection, graceSecs });
  const endpoints = new FakeEndpoints(grants, { clients, expiresIn, latencyMs });
  const server = createServer((request, response) => void endpoints.serve(request, response));
  const origin = await listen(server);
  const close = (): Promise<void> => stop(server);
  return {
    origin,
    tokenUrl: `${origin}/token`,
    revocationUrl: `${origin}/revoke`,
    apiUrl: `${origin}/api`,
    requests: endpoints.requests,
    get reuses() {
      return grants.reuses;
    },
    get revokedGrants() {
      return grants.revokedGrants;
    },
    newGrant: () => grants.begin(),
    isLive: (token) => grants.isLive(token),
    revoke: (token) => grants.revoke(token),
    revokeAccessTokens: () => grants.revokeAccessTokens(),
    failWith(failure) {
      checkFailure(failure);
      endpoints.failWith(failure);
    },
    recover: () => endpoints.failWith(undefined),
    answerWith(answer) {
      checkAnswer(answer);
      endpoints.answerWith(answer);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** On a free port. On a busy machine seconds pass between two requests: no connection is closed for being idle or slow. */
async function listen(server: Server): Promise<string> {
  Object.assign(server, { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** May be called again. */
function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function faultOfClients(clients: unknown): string | undefined {
  const expected = "must be an object of client secrets by client id";
  const isText = (secret: unknown): boolean => typeof secret === "string";
  return faultOfRecord(clients, expected) ?? (Object.values(clients as object).every(isText) ? undefined : expected);
}
