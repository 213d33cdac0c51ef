/** What a person may know of a grant: what its record says, without its secrets. */

import { type GrantRecord, type RecordedToken, refreshTokenOf } from "../grant/record.js";

/** What is known of a grant without asking anybody. Instants are in milliseconds since the epoch. */
export interface RecordView {
  /** Whether there is a refresh token to present, be it recorded or configured. */
  readonly hasRefreshToken: boolean;
  /** Whether a refresh token is on record, so that a login would replace it. */
  readonly isKept: boolean;
  /** When the last token was issued, if that is known. */
  readonly issuedAt: number | undefined;
  /** When that token ends, if it does. */
  readonly expiresAt: number | undefined;
  /** When the refresh token itself ends, if the server says so. */
  readonly refreshTokenExpiresAt: number | undefined;
  /** Why the last request has failed, if it has. */
  readonly failure: { readonly message: string; readonly retryable: boolean; readonly at: number } | undefined;
}

/** What `record` says of a grant whose configured refresh token is `configured`. */
export function viewOf(record: GrantRecord, configured: string | undefined): RecordView {
  const { issuedAt, expiresIn } = lastTokenIn(record) ?? {};
  const { failure } = record;
  return {
    isKept: record.refreshToken !== undefined,
    hasRefreshToken: refreshTokenOf(record, configured) !== undefined,
    issuedAt,
    expiresAt: issuedAt === undefined || expiresIn === undefined ? undefined : issuedAt + expiresIn * 1000,
    refreshTokenExpiresAt: record.refreshTokenExpiresAt,
    failure: failure && {
      message: failure.error.message,
      retryable: failure.error.retryable,
      at: failure.gate.failedAt,
    },
  };
}

/** The access token that came last, of whichever audience. */
export function lastTokenIn({ tokens }: Pick<GrantRecord, "tokens"> = { tokens: {} }): RecordedToken | undefined {
  return Object.values(tokens).sort((a, b) => b.revision - a.revision)[0];
}
