/** The device authorization grant (RFC 8628): somebody types a code on another device, and this one asks until that is done. */

import { FaucetError } from "faucet-auth";
import { type Consent, newProof } from "./authorization-code.js";
import { CommandFailure } from "./exit-status.js";
import type { Surroundings } from "./surroundings.js";

/** What the server gives for somebody who is to agree. Times are in seconds. */
export interface DeviceAuthorization {
  readonly deviceCode: string;
  /** What shows that whoever asks for the tokens is who asked for the code. */
  readonly verifier: string;
  readonly userCode: string;
  /** Where the code is typed. */
  readonly verificationUri: string;
  /** The same with the code in it, where the server has one. */
  readonly completeUri: string | undefined;
  readonly expiresIn: number;
  readonly interval: number;
}

type Redemption = Awaited<ReturnType<Consent["redeem"]>>;

/** Asks for a code that somebody can type. */
export async function requestDeviceAuthorization(consent: Consent): Promise<DeviceAuthorization> {
  const { clientId, scope, targets } = await consent.request();
  // No part of RFC 8628, whose servers ignore what they do not know (§3.1); some want it of their public clients.
  const { verifier, challenge } = newProof();
  const parameters = [...Object.entries({ client_id: clientId, scope, ...challenge }), ...targets];
  const { to, status, document } = await consent.ask("device_authorization_endpoint", parameters);
  const body: Readonly<Record<string, unknown>> = Object(document);
  const { device_code: deviceCode, verification_uri_complete: complete } = body;
  const userCode = isText(body.user_code) ? printable(body.user_code) : "";
  const verificationUri = body.verification_uri ?? body.verification_url;
  if (!isText(deviceCode) || userCode === "" || !isWebAddress(verificationUri)) {
    throw new CommandFailure(`${to}: HTTP ${status}, but that is no device authorization`);
  }
  return {
    deviceCode,
    verifier,
    userCode,
    verificationUri,
    completeUri: isWebAddress(complete) ? complete : undefined,
    expiresIn: secondsOf(body.expires_in, DEFAULT_EXPIRY_SECS),
    interval: secondsOf(body.interval, DEFAULT_INTERVAL_SECS),
  };
}

/** RFC 8628 §3.2: how often to ask, where the server does not say. */
const DEFAULT_INTERVAL_SECS = 5;
const DEFAULT_EXPIRY_SECS = 1800;

/** Asks until somebody has agreed. Rejects when that is refused, or when the code has ended. */
export async function pollForTokens(
  consent: Consent,
  { deviceCode, verifier, expiresIn, interval }: DeviceAuthorization,
  madeKey: string | undefined,
  { clock, pause }: Surroundings,
): Promise<Redemption> {
  const end = clock() + expiresIn * 1000;
  let seconds = interval;
  while (clock() + seconds * 1000 < end) {
    await pause(seconds * 1000);
    try {
      const grant = { grant_type: DEVICE_CODE, device_code: deviceCode, code_verifier: verifier };
      return await consent.redeem(grant, madeKey);
    } catch (error) {
      seconds += moreSeconds(error, seconds);
    }
  }
  throw new CommandFailure("the code has ended before anybody has used it");
}

const DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code";

/** By how much longer to wait before the next request (RFC 8628 §3.5). Throws what is an answer. */
function moreSeconds(error: unknown, seconds: number): number {
  if (!FaucetError.is(error)) throw error;
  const { error: code } = error as { error?: string };
  if (code === "authorization_pending") return 0;
  if (code === "slow_down") return 5;
  if (code === "expired_token") throw new CommandFailure("the code has ended before anybody has used it");
  if (code === "access_denied") throw new CommandFailure("the login was refused");
  if (error.retryable) return Math.max(seconds, 1);
  throw error;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** It is printed, and followed by a person. */
function isWebAddress(value: unknown): value is string {
  return isText(value) && /^https?:\/\/[\x21-\x7e]+$/.test(value) && URL.canParse(value);
}

/** Without what moves the cursor, turns the direction of the text, or cannot be seen. */
function printable(text: string): string {
  return [...text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, "")].slice(0, 200).join("");
}

function secondsOf(value: unknown, otherwise: number): number {
  const seconds = Number(value ?? otherwise);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : otherwise;
}
