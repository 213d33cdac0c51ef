/** Each adapter as its client asks it for a token: one call that gives the text, whatever the hook looks like. */

import {
  awsToken,
  azureCredential,
  currentToken,
  googleRefreshHandler,
  jsforceRefresh,
  kafkaOauthBearer,
  mongoOidc,
  neo4jTokenManager,
  onToken,
  redisCredentials,
  smtpXoauth2,
  tokenFunction,
} from "../../src/adapters/index.js";
import type { AuthProvider } from "../../src/index.js";

/** Makes the adapter, and gives what its client asks. */
export type Adapt = (provider: AuthProvider) => () => Promise<string>;

/** The adapters that give a text. */
export const givingText: Record<string, Adapt> = {
  tokenFunction,
  azureCredential: (provider) => {
    const credential = azureCredential(provider);
    return async () => (await credential.getToken("scope")).token;
  },
  awsToken: (provider) => {
    const give = awsToken(provider);
    return async () => (await give()).token;
  },
  googleRefreshHandler: (provider) => {
    const give = googleRefreshHandler(provider);
    return async () => (await give()).access_token;
  },
  mongoOidc: (provider) => {
    const give = mongoOidc(provider);
    return async () => (await give()).accessToken;
  },
  kafkaOauthBearer: (provider) => {
    const give = kafkaOauthBearer(provider);
    return async () => (await give()).value;
  },
  smtpXoauth2: (provider) => {
    const provision = smtpXoauth2(provider);
    return () =>
      new Promise((resolve, reject) => {
        provision("ann", false, (error, token) => (error ? reject(error) : resolve(token as string)));
      });
  },
  jsforceRefresh: (provider) => {
    const refresh = jsforceRefresh(provider);
    return () =>
      new Promise((resolve, reject) => {
        refresh({}, (error, token) => (error ? reject(error) : resolve(token as string)));
      });
  },
  neo4jTokenManager: (provider) => {
    const manager = neo4jTokenManager(provider);
    return async () => (await manager.getToken()).credentials;
  },
  redisCredentials: (provider) => {
    const credentials = redisCredentials(provider);
    return async () => {
      const [{ password }, subscription] = await credentials.subscribe({ onNext() {}, onError() {} });
      subscription.dispose();
      return password;
    };
  },
  currentToken: (provider) => {
    const asked = currentToken(provider);
    return async () => {
      using current = await asked;
      return current();
    };
  },
  onToken: (provider) => () =>
    new Promise((resolve, reject) => {
      const watch = onToken(
        provider,
        (token) => {
          resolve(token);
          watch[Symbol.dispose]();
        },
        { onError: reject },
      );
    }),
};
