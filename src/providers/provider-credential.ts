/** The credential of another provider, which goes onto a request to an IdP as a connector puts it onto its own (K4). */

import * as z from "zod/mini";
import { type Field, faultAt, optional } from "../config/fields.js";
import { REFERENCE_SHAPE, shaped } from "../config/shapes.js";
import { isError } from "../failure/error-like.js";
import { type ExchangeOptions, exchange, type HttpAnswer, type HttpRequest } from "../http/exchange.js";
import { Mask } from "../http/mask.js";
import { withoutUserinfo } from "../http/url.js";
import { isLiveValue } from "../live/live-value.js";
import { isChallenged } from "../placement/challenge.js";
import { placed } from "../placement/placement.js";
import { type Credential, remake, type SignableRequest, type SignedAnswer } from "../values/credential.js";
import { labelOf, secretOf } from "../values/credential-content.js";
import { ProviderValue } from "./provider-value.js";

/** A credential of any kind that another provider gives. */
export class ProviderCredential extends ProviderValue {
  /** `request` with the credential on it that was read last. Throws a `ConfigError` if it cannot carry that. */
  onto(request: HttpRequest): HttpRequest {
    const { credential } = this;
    const to = this.#usable(() => placed(signable(request), credential));
    const url = new URL(to.url);
    url.username = request.url.username;
    url.password = request.url.password;
    const added = Object.entries(to.headers).map(([name, value]) => [name.toLowerCase(), value]);
    return {
      ...request,
      url,
      headers: { ...request.headers, ...Object.fromEntries(added) },
      body: to.body ?? request.body,
    };
  }

  /** Sends a request that has the credential on it; once more, signed anew, where the answer asks for that (P6). */
  async exchange(request: HttpRequest, options: ExchangeOptions): Promise<HttpAnswer> {
    const answer = await exchange(request, options);
    return isChallenged(this.credential, () => signedAnswer(answer)) ? exchange(this.onto(request), options) : answer;
  }

  /** Two credentials have the same if they are equal. */
  protected override textOf(credential: Credential): string {
    this.#usable(() => remake(credential));
    return JSON.stringify([labelOf(credential), secretOf(credential)]);
  }

  /** What a signer of a user's own throws may quote its secret. */
  #usable<T>(use: () => T): T {
    try {
      return use();
    } catch (error) {
      const reason = isError(error) ? new Mask(this.secrets).prose(error.message) : undefined;
      throw this.unusable(`a credential that cannot go onto the request${reason === undefined ? "" : `: ${reason}`}`);
    }
  }
}

/** A request as what signs it sees it. */
function signable({ method, url, headers, body }: HttpRequest): SignableRequest {
  return {
    method,
    url: withoutUserinfo(url),
    header: (name) => headers[name.toLowerCase()] ?? null,
    body: () => body,
  };
}

/** An answer as whatever signed its request hears of it. */
function signedAnswer({ url, status, headers }: HttpAnswer): SignedAnswer {
  const get = (name: string): string | null => [headers[name.toLowerCase()] ?? []].flat()[0] ?? null;
  return { origin: url.origin, status, headers: { get } };
}

/** The field for one, which stands for a provider by then. */
export function credentialField(): Field<ProviderCredential | undefined> {
  const bound = z.pipe(
    z.unknown(),
    z.transform((given, context): ProviderCredential => {
      if (!isLiveValue(given)) context.issues.push(faultAt([], NO_PROVIDER));
      return given as ProviderCredential;
    }),
  );
  return optional(shaped(bound, REFERENCE_SHAPE));
}

const NO_PROVIDER = "must be { ref: NAME } for a provider of the catalog; in code, the provider itself";
