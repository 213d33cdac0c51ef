/** What `check` says of one provider: its store, its record, the clock of its server, and a token of it. */

import { type AuthProvider, administrationOf, FaucetError } from "faucet-auth";
import { ago, spoken } from "./duration.js";
import { faultOfNewStore, faultOfStoreModes, isThere } from "./file-modes.js";
import type { Findings, Where } from "./findings.js";
import { type Surroundings, untilInterrupted } from "./surroundings.js";

/** What is known of a provider. Instants are in milliseconds since the epoch. */
export interface ProviderReport {
  readonly name: string;
  readonly type: string;
  /** The key of its record, if it is in a store. */
  readonly key: string | undefined;
  readonly record: Awaited<ReturnType<Administration["look"]>>;
  readonly server: Awaited<ReturnType<Administration["serverTime"]>>;
  /** Whether a token was got just now; `undefined` where none was asked for. */
  readonly isOnline: boolean | undefined;
}

type Administration = NonNullable<ReturnType<typeof administrationOf>>;

/** How it is inspected, and where what is wrong goes. */
export interface InspectionOptions {
  /** Where the provider is defined. */
  readonly where: Where;
  /** Where its `persist` is. */
  readonly ofStore: Where;
  readonly findings: Findings;
  readonly surroundings: Surroundings;
  readonly online?: true;
  readonly offline?: true;
}

/** Looks at `provider`. What is wrong with it becomes a finding. */
export async function inspectProvider(provider: AuthProvider, options: InspectionOptions): Promise<ProviderReport> {
  const { name, type } = provider;
  const administration = administrationOf(provider);
  const isOnline = options.online === true ? await hasToken(provider, options) : undefined;
  const report = { name, type, key: administration?.key, isOnline };
  if (administration === undefined) return { ...report, record: undefined, server: undefined };
  if (administration.consent !== undefined && administration.key === undefined)
    options.findings.warning(options.where, NO_STORE);
  const record = await lookedAt(administration, options);
  return { ...report, record, server: options.offline ? undefined : await serverOf(administration, options) };
}

const NO_STORE =
  "has no store: a refresh token that the server puts in place of this one is lost when the process ends; give it persist, " +
  "such as { path: ./state }";

async function hasToken(provider: AuthProvider, options: InspectionOptions): Promise<boolean> {
  const { findings, where, surroundings } = options;
  try {
    await provider.getToken({ signal: surroundings.signal });
    return true;
  } catch (error) {
    findings.fault(where, textOf(error, provider.name));
    return false;
  }
}

async function lookedAt(administration: Administration, options: InspectionOptions): Promise<ProviderReport["record"]> {
  const { folder } = administration;
  const { findings, ofStore } = options;
  if (folder !== undefined && !(await isThere(folder))) {
    const fault = await faultOfNewStore(folder);
    if (fault !== undefined) findings.fault(ofStore, fault);
  } else {
    if (folder === undefined && options.offline) return undefined;
    const modes = folder === undefined ? undefined : await faultOfStoreModes(folder);
    if (modes !== undefined) findings.warning(ofStore, modes);
    await administration.tryLease().catch((error: unknown) => findings.fault(ofStore, textOf(error)));
  }
  const record = await administration.look().catch((error: unknown) => {
    findings.fault(ofStore, textOf(error));
  });
  if (record === undefined || record === null) return undefined;
  if (administration.consent !== undefined && !record.hasRefreshToken) {
    findings.fault(options.where, administration.faultOfNoLogin);
  } else {
    addFaultsOfRecord(record, options);
  }
  return record;
}

/** What a pipeline would fail by, and what it will fail by in a week. */
function addFaultsOfRecord(record: NonNullable<ProviderReport["record"]>, options: InspectionOptions): void {
  const { findings, where, surroundings } = options;
  const { refreshTokenExpiresAt: end, failure } = record;
  const left = end === undefined ? Number.POSITIVE_INFINITY : end - surroundings.clock();
  if (left <= 0) findings.fault(where, `its refresh token has ended, ${ago(-left)}: a new login is needed`);
  else if (left < WARNING_MS) findings.warning(where, `its refresh token ends in ${spoken(left)}`);
  if (failure === undefined) return;
  const message = `its last request failed ${ago(surroundings.clock() - failure.at)}: ${failure.message}`;
  if (failure.retryable) findings.warning(where, message);
  else findings.fault(where, message);
}

const WARNING_MS = 7 * 86_400_000;

async function serverOf(administration: Administration, options: InspectionOptions): Promise<ProviderReport["server"]> {
  const { findings, where, surroundings } = options;
  try {
    const server = await untilInterrupted(administration.serverTime(), surroundings);
    const skew = server?.skew ?? 0;
    if (Math.abs(skew) > MOST_SKEW_MS) findings.fault(where, skewText(skew, server?.server ?? ""));
    return server;
  } catch (error) {
    surroundings.signal.throwIfAborted();
    findings.warning(where, `its clock cannot be compared with the server's: ${textOf(error)}`);
    return undefined;
  }
}

/** Servers that look at the times of an assertion allow for about so much. */
const MOST_SKEW_MS = 60_000;

function skewText(skew: number, server: string): string {
  const direction = skew > 0 ? "ahead of" : "behind";
  return `the clock of this machine is ${spoken(Math.abs(skew))} ${direction} that of ${server}`;
}

/** An error of the library begins with the name of its provider, which stands before it already. */
function textOf(error: unknown, name = ""): string {
  const { message } = error as Error;
  return FaucetError.is(error) && message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message;
}

/** A report for people, as it is at `now`. */
export function reportText({ name, type, key, record, server, isOnline }: ProviderReport, now: number): string {
  const lines = [
    ...(key === undefined ? [] : [`record: ${key}`]),
    ...(record === undefined ? [] : recordLines(record, now)),
    ...(server?.skew === undefined || Math.abs(server.skew) > MOST_SKEW_MS
      ? []
      : [`clock: agrees with ${server.server}`]),
    ...(isOnline === true ? ["online: a token was given"] : []),
  ];
  return [`${name} (${type})`, ...lines.map((line) => `  ${line}`), ""].join("\n");
}

function recordLines(
  { hasRefreshToken, issuedAt, expiresAt, refreshTokenExpiresAt }: NonNullable<ProviderReport["record"]>,
  now: number,
): string[] {
  const token = issuedAt === undefined ? [] : [`token: issued ${ago(now - issuedAt)}, ${endText(expiresAt, now)}`];
  if (!hasRefreshToken) return token;
  const end = refreshTokenExpiresAt === undefined ? "has no end that is known" : endText(refreshTokenExpiresAt, now);
  return [...token, `refresh token: ${end}`];
}

function endText(at: number | undefined, now: number): string {
  if (at === undefined) return "good until it is refused";
  return at <= now ? `ended ${ago(now - at)}` : `good for ${spoken(at - now)}`;
}

/** A report for programs. */
export function reportJson({ name, type, key, record, server, isOnline }: ProviderReport): object {
  return {
    name,
    type,
    record: key ?? null,
    has_refresh_token: record?.hasRefreshToken ?? null,
    issued_at: isoOf(record?.issuedAt),
    expires_at: isoOf(record?.expiresAt),
    refresh_token_expires_at: isoOf(record?.refreshTokenExpiresAt),
    clock_skew_ms: server?.skew ?? null,
    online: isOnline ?? null,
  };
}

function isoOf(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString();
}
