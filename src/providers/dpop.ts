/** Tokens that are bound to a key (RFC 9449; P6): its proofs on token requests, and the tokens that come of them. */

import type { KeyObject } from "node:crypto";
import type { Binding, HeldSecrets, MadeKey } from "../grant/grant-options.js";
import { exchange, type HttpAnswer, type HttpRequest } from "../http/exchange.js";
import { isObject } from "../http/json-object.js";
import type { LiveValue } from "../live/live-value.js";
import type { Bind, TokenResponse } from "../oauth2/token-response.js";
import type { SigningAlgorithm } from "../signing/algorithms.js";
import { dpopCredential } from "../signing/dpop-credential.js";
import { newProofKey } from "../signing/dpop-key.js";
import { DpopNonces, NONCE_WANTED } from "../signing/dpop-nonces.js";
import { DpopProver } from "../signing/dpop-proof.js";
import { privateKeyFrom } from "../signing/private-key.js";
import type { SigningKey } from "../signing/signing-key.js";
import type { Clock } from "../values/clock.js";
import { Credential } from "../values/credential.js";
import { StoreError } from "../values/errors.js";
import { parseJson } from "../values/parse-json.js";
import { type DpopSettings, givenKey } from "./dpop-config.js";

const DEFAULT_ALGORITHM = "ES256";

/** The proof of one token request. */
interface Proof extends Bind {
  /** `request` with the proof, which is made anew each time that it is sent. */
  on(request: HttpRequest): HttpRequest;
}

/** What binds the tokens of one provider, whatever their audience: one key, and what servers have asked to see in proofs. */
export class TokenBinding {
  /** Where none is configured. */
  readonly madeKey: MadeKey | undefined;
  readonly live: readonly LiveValue[];
  /** What of it may be printed. */
  readonly visible: Readonly<Record<string, unknown>> | true;
  readonly #givenKey: SigningKey | undefined;
  readonly #nonces = new DpopNonces();
  readonly #clock: Clock;
  readonly #name: string;
  #last: { readonly key: unknown; readonly prover: DpopProver } | undefined;
  #hasWarned = false;

  constructor(settings: DpopSettings, name: string, clock: Clock) {
    const { private_key: given, signing_alg: algorithm = DEFAULT_ALGORITHM } = settings;
    this.live = given === undefined ? [] : [given];
    const visible = { ...(given && { private_key: "***" }), ...(settings.signing_alg && { signing_alg: algorithm }) };
    this.visible = Object.keys(visible).length === 0 || visible;
    this.#givenKey = givenKey(settings);
    let made: Promise<string> | undefined;
    const make = (): Promise<string> => {
      made ??= newProofKey(algorithm);
      return made;
    };
    this.madeKey = given === undefined ? { name: algorithm, make } : undefined;
    this.#name = name;
    this.#clock = clock;
  }

  /** Reads the configured key, if it may change. */
  get readKey(): (() => Promise<unknown>) | undefined {
    const [given] = this.live;
    return given?.isLive ? () => given.read() : undefined;
  }

  /** What shows the key in one token request, and binds the token that it brings to that very key. */
  proof(held: HeldSecrets): Proof {
    const prover = this.#prover(held.madeKey);
    const nonces = this.#nonces;
    return {
      on: (request) => {
        const { method, url } = request;
        const proofOf = (): string => prover.proof({ method, url: url.href, nonce: nonces.of(url.origin) });
        return { ...request, freshHeaders: () => ({ dpop: proofOf() }) };
      },
      boundTo: prover.thumbprint,
      credential: (token) => dpopCredential(token, prover, nonces),
    };
  }

  /** An exchange, after which proofs have the nonce that the server gave (RFC 9449 §8). */
  readonly exchange: typeof exchange = async (request, options) => {
    const answer = await exchange(request, options);
    const [nonce] = [answer.headers["dpop-nonce"]].flat();
    this.#nonces.note(answer.url.origin, nonce);
    return answer;
  };

  /** What a token on record is. Throws a `TypeError` for one that was asked for without a key, or with another one. */
  credential(token: string, { boundTo, madeKey }: Binding): Credential {
    if (boundTo === null) return Credential.bearer(token);
    const prover = this.#prover(madeKey);
    if (boundTo !== prover.thumbprint) throw new TypeError("the token is bound to another key, or to none");
    return dpopCredential(token, prover, this.#nonces);
  }

  /** Warns once of a token that is no more than a bearer. */
  noteAnswer(response: TokenResponse): void {
    if (this.#hasWarned || !("token" in response) || response.token.boundTo !== null) return;
    this.#hasWarned = true;
    const message = `${this.#name}: a token that is bound to a key was asked for, and a bearer came; it is used as one`;
    process.emitWarning(message, { code: "FAUCET_AUTH_DPOP" });
  }

  #prover(madeKey: string | undefined): DpopProver {
    const signer = this.#givenKey?.signer();
    const key = signer ?? madeKey;
    if (this.#last === undefined || this.#last.key !== key) {
      const [privateKey, algorithm] =
        signer === undefined ? keyOnRecord(madeKey) : ([signer.key, signer.header.alg] as const);
      this.#last = { key, prover: new DpopProver(privateKey as KeyObject, algorithm, this.#clock) };
    }
    return this.#last.prover;
  }
}

function keyOnRecord(text: string | undefined): readonly [KeyObject, SigningAlgorithm] {
  const found = privateKeyFrom(text ?? "");
  if ("key" in found) return [found.key, found.alg ?? DEFAULT_ALGORITHM];
  throw new StoreError(`the key on record, to which tokens are bound, ${found.fault}`, { retryable: false });
}

/** Whether the server wants to see its nonce in the proof (RFC 9449 §8): by its code, which stands in a 400; some servers say 401. */
export function wantsNonce({ status, headers, text }: HttpAnswer): boolean {
  if ((status !== 400 && status !== 401) || headers["dpop-nonce"] === undefined) return false;
  const body = parseJson(text);
  return isObject(body) && body.error === NONCE_WANTED;
}
