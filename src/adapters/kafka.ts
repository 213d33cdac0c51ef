/** Kafka: the `oauthBearerProvider` of kafkajs and of @confluentinc/kafka-javascript. */

import { type AuthProvider, accessToken, faultOfRecord } from "faucet-auth";
import { checkAdapter, faultOfText } from "./checked.js";
import { expiryOrSoon } from "./given-tokens.js";

/** A token with all that either client wants of it: kafkajs takes its `value` and `extensions`. */
export interface KafkaToken {
  /** The token. */
  readonly value: string;
  /** Whom the token is for. */
  readonly principal: string;
  /** When it expires, in milliseconds since the epoch; five minutes from now where that is not known. */
  readonly lifetime: number;
  /** SASL extensions of the login (RFC 7628 §3.1). */
  readonly extensions?: { [name: string]: string };
}

/** The options of `kafkaOauthBearer`. */
export interface KafkaOptions {
  /**
   * The principal that librdkafka logs.
   *
   * @default ""
   */
  readonly principal?: string;
  /** SASL extensions to send with each token, such as `logicalCluster` and `identityPoolId` of Confluent Cloud. */
  readonly extensions?: Readonly<Record<string, string>>;
}

/**
 * The `oauthBearerProvider` of kafkajs, which calls it for each connection, and of @confluentinc/kafka-javascript, which
 * calls it after four fifths of a token's life. What a broker refuses is not reported: neither says so. For
 * @platformatic/kafka, `tokenFunction` is the `token`.
 *
 * @throws `ConfigError` if this is no provider, or for an option that is unknown or no good. The function rejects as
 * `accessToken()` does.
 * @example
 * const kafka = new Kafka({ brokers, sasl: { mechanism: "oauthbearer", oauthBearerProvider: kafkaOauthBearer(provider) } });
 */
export function kafkaOauthBearer(provider: AuthProvider, options: KafkaOptions = {}): () => Promise<KafkaToken> {
  checkAdapter("kafkaOauthBearer", provider, options, { principal: faultOfText, extensions: faultOfExtensions });
  const { principal = "", extensions } = options;
  return async () => {
    const { token, expiresAt } = await accessToken(provider);
    const lifetime = Math.floor(expiryOrSoon(expiresAt));
    return { value: token, principal, lifetime, ...(extensions && { extensions: { ...extensions } }) };
  };
}

/** RFC 7628 §3.1: names are letters, and `auth` is that of the token itself. */
function faultOfExtensions(value: unknown): string | undefined {
  const isGood = ([name, text]: [string, unknown]): boolean =>
    /^[A-Za-z]+$/.test(name) && name !== "auth" && typeof text === "string" && /^[\t\r\n\x20-\x7e]*$/.test(text);
  const fault = faultOfRecord(value, EXTENSIONS);
  return fault ?? (Object.entries(value as object).every(isGood) ? undefined : EXTENSIONS);
}

const EXTENSIONS = "must be an object of strings, whose names are of letters and not auth";
