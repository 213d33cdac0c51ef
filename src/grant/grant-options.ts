/** What a grant is made of, and what each of its audiences adds. */

import type { Random } from "../failure/policy.js";
import type { LiveInputs } from "../live/live-inputs.js";
import type { Clock } from "../values/clock.js";
import type { Credential } from "../values/credential.js";
import type { FlightContext, IssueContext, Redemption } from "../values/issued.js";
import type { GrantName } from "./grant-events.js";
import type { GrantRepository } from "./repository.js";

/** A grant: where its record is kept, and what happens when a token cannot be had. */
export interface GrantOptions {
  readonly name: GrantName;
  readonly repository: GrantRepository;
  /** Whether other processes use the record too. */
  readonly isShared: boolean;
  /** Whether a store that fails is an error even where a token can be had. */
  readonly strict: boolean;
  /** The configured refresh token, of a grant that has one. */
  readonly refreshToken: string | undefined;
  /** Whether it begins with a login, with which a refresh token may come: where that is refused, the login is made again. */
  readonly logsIn?: boolean | undefined;
  /**
   * Whether it may have refresh tokens though none is configured: those that come are kept, and a store that cannot be
   * read may hold one.
   */
  readonly mayHaveRefreshTokens?: boolean | undefined;
  /** What a recorded access token is on a request. Throws `TypeError` if it is none. */
  readonly credential: (accessToken: string, binding: Binding) => Credential;
  /** The address of the API that a recorded token is for; by default the recorded one. Throws where no credential may go (P2). */
  readonly baseUrl?: ((recorded: LocatedToken) => string | undefined) | undefined;
  /** Reads what else a credential is made of that may change, before a recorded token becomes one. */
  readonly prepare?: (() => Promise<unknown>) | undefined;
  /** The key that its tokens are bound to, if that is made here and kept with the record. */
  readonly madeKey?: MadeKey | undefined;
  /** Reads the key that its tokens are bound to, if that is configured and may change. */
  readonly readKey?: (() => Promise<unknown>) | undefined;
  /** What its requests are made with that may change (V2). */
  readonly inputs: LiveInputs;
  readonly expiryRatio: number;
  /** In seconds. */
  readonly defaultExpiresIn: number | undefined;
  readonly retries: number;
  readonly timeoutSecs: number;
  readonly clock: Clock;
  readonly random: Random;
}

/** A recorded access token, and the address of the API that came with it. */
export interface LocatedToken {
  readonly accessToken: string;
  readonly baseUrl?: string | undefined;
}

/** What a recorded access token is bound to. */
export interface Binding {
  /** As an `AccessToken` has it. */
  readonly boundTo: string | null | undefined;
  /** The key on record that was made for the grant. */
  readonly madeKey: string | undefined;
}

/** A private key that is made once for a grant: all who share its record show the same (RFC 9449). */
export interface MadeKey {
  /** Tells it from others that the record may have. */
  readonly name: string;
  /** Its text, each time the same. */
  make(): Promise<string>;
}

/** What the tokens of a grant are asked for, and how (D9). */
export interface GrantAudience {
  /** Tells apart the access tokens of one grant: a text made of scopes and parameters. */
  readonly audience: string;
  readonly requestToken: RequestToken;
  /** Whether its flights no longer wait for others to give up the lease. */
  readonly isClosing: () => boolean;
}

/** All that an issuer of one audience works by. */
export type IssuerOptions = GrantOptions & GrantAudience;

/** Makes one token request. */
export type RequestToken = (
  held: HeldSecrets,
  why: IssueContext & Pick<FlightContext, "onAttempt">,
) => Promise<Redemption>;

/** The secrets that a grant holds when it makes a request: the first is presented, none may be shown. */
export interface HeldSecrets {
  readonly refreshToken: string | undefined;
  readonly accessToken: string | undefined;
  /** The refresh token on record: where it was refused, a login follows that presents none. */
  readonly recorded?: string | undefined;
  /** The key that was made for the grant, if it has one. */
  readonly madeKey?: string | undefined;
}
