/** The token of another provider, where a configuration has an assertion or a token (K4). */

import type { AuthProvider } from "../auth-provider.js";
import type { LiveText } from "../live/live-text.js";
import type { Credential } from "../values/credential.js";
import { tokenOf } from "../values/credential-content.js";
import { ProviderValue } from "./provider-value.js";
import type { ProviderReference } from "./runtime.js";

/** A token that another provider gives: by its name in a catalog, in code the provider itself. */
export type ProvidedToken = ProviderReference | AuthProvider;

/** An assertion or a token: a text that may change while the provider lives, or the token of another provider. */
export type TokenConfig = LiveText | ProvidedToken;

/** The one text that the credential of another provider is. */
export class ProviderToken extends ProviderValue {
  protected override textOf(credential: Credential): string {
    const token = tokenOf(credential);
    if (token === undefined) {
      throw this.unusable(`a credential of type ${JSON.stringify(credential?.type)}, which is no token`);
    }
    if (credential.type === "header" && /\s/.test(token)) {
      const instead = "configure it by token, and apply_as where it is no bearer, in place of header and value";
      throw this.unusable(`the header ${credential.name}, whose value is more than a token: ${instead}`);
    }
    return token;
  }
}
