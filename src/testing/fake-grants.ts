/** What a fake identity provider has agreed to: grants, their refresh tokens, each of which may be used once, and their access tokens. */

/** How tokens are given and taken. */
export interface GrantRules {
  /** Seconds that an access token lives; `null` where none is told, and it lives on. */
  readonly expiresIn: number | null;
  /** Whether each refresh brings a new refresh token in place of the one that was presented. */
  readonly rotation: boolean;
  /** Whether a refresh token that is presented again ends its grant (RFC 9700 §4.14.2). */
  readonly reuseDetection: boolean;
  /** Seconds for which one that was replaced is taken all the same. */
  readonly graceSecs: number;
}

/** What a token request brings. */
export interface IssuedTokens {
  readonly accessToken: string;
  /** Absent where the grant has none, and where the one that was presented stays. */
  readonly refreshToken?: string;
}

interface Grant {
  readonly refreshTokens: RefreshToken[];
  isRevoked: boolean;
}

interface RefreshToken {
  readonly text: string;
  /** When it was replaced, in milliseconds since the epoch. */
  spentAt?: number;
}

interface AccessToken {
  readonly grant: Grant;
  readonly expiresAt: number;
  isRefused: boolean;
}

/** All grants of one identity provider. */
export class FakeGrants {
  readonly #rules: GrantRules;
  readonly #byRefreshToken = new Map<string, Grant>();
  readonly #accessTokens = new Map<string, AccessToken>();
  #refreshTokens = 0;
  /** How often a refresh token was presented that had been replaced, beyond its grace. */
  reuses = 0;
  /** How many grants have ended. */
  revokedGrants = 0;

  constructor(rules: GrantRules) {
    this.#rules = rules;
  }

  /** A grant that a user has given: its first refresh token. */
  begin(): string {
    return this.#newRefreshToken({ refreshTokens: [], isRevoked: false });
  }

  /** A token of a grant that the client has by itself. */
  issue(): IssuedTokens {
    return { accessToken: this.#newAccessToken({ refreshTokens: [], isRevoked: false }) };
  }

  /** What `refreshToken` brings; `undefined` if it is refused. */
  redeem(refreshToken: string): IssuedTokens | undefined {
    const grant = this.#byRefreshToken.get(refreshToken);
    const presented = grant?.refreshTokens.find(({ text }) => text === refreshToken);
    if (grant === undefined || presented === undefined || grant.isRevoked) return undefined;
    const { rotation, reuseDetection } = this.#rules;
    if (presented.spentAt === undefined) {
      if (!rotation) return { accessToken: this.#newAccessToken(grant) };
      presented.spentAt = Date.now();
      const next = this.#newRefreshToken(grant);
      return { accessToken: this.#newAccessToken(grant), refreshToken: next };
    }
    if (this.#isTaken(presented)) {
      const { text = "" } = grant.refreshTokens.at(-1) ?? {};
      return { accessToken: this.#newAccessToken(grant), refreshToken: text };
    }
    this.reuses += 1;
    if (reuseDetection) this.#end(grant);
    return undefined;
  }

  /** Whether a token can be used: an access token at an API, a refresh token for a token request. */
  isLive(token: string): boolean {
    const access = this.#accessTokens.get(token);
    if (access !== undefined) return !access.isRefused && !access.grant.isRevoked && Date.now() < access.expiresAt;
    const grant = this.#byRefreshToken.get(token);
    const known = grant?.refreshTokens.find(({ text }) => text === token);
    return grant?.isRevoked === false && known !== undefined && this.#isTaken(known);
  }

  /** Ends an access token alone, or the whole grant of a refresh token (RFC 7009 §2.1). Of an unknown one, nothing. */
  revoke(token: string): void {
    const access = this.#accessTokens.get(token);
    if (access !== undefined) access.isRefused = true;
    const grant = this.#byRefreshToken.get(token);
    if (grant !== undefined) this.#end(grant);
  }

  /** Ends all access tokens that there are; the grants go on. */
  revokeAccessTokens(): void {
    for (const token of this.#accessTokens.values()) token.isRefused = true;
  }

  /** Whether a refresh token was not replaced yet, or only just. */
  #isTaken({ spentAt }: RefreshToken): boolean {
    return spentAt === undefined || Date.now() - spentAt < this.#rules.graceSecs * 1000;
  }

  /** Ends a grant, and with it all that came of it. */
  #end(grant: Grant): void {
    if (!grant.isRevoked) this.revokedGrants += 1;
    grant.isRevoked = true;
  }

  #newRefreshToken(grant: Grant): string {
    this.#refreshTokens += 1;
    const text = `refresh-${this.#refreshTokens}`;
    grant.refreshTokens.push({ text });
    this.#byRefreshToken.set(text, grant);
    return text;
  }

  #newAccessToken(grant: Grant): string {
    const text = `token-${this.#accessTokens.size + 1}`;
    const lifetime = this.#rules.expiresIn ?? Number.POSITIVE_INFINITY;
    this.#accessTokens.set(text, { grant, expiresAt: Date.now() + lifetime * 1000, isRefused: false });
    return text;
  }
}
