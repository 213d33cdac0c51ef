/** How a wrapper reports that an API has accepted a credential: unseen by users, the same in all builds. */

/** The method of a provider or cache that takes the report. */
export const ACCEPTED: unique symbol = Symbol.for("faucet-auth.accepted") as never;

/** Whatever takes such reports. */
export interface AcceptanceListener {
  [ACCEPTED]?(credential: object): void;
}
