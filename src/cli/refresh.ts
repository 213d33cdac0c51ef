/** `refresh`: keeps grants alive that are idle, for cron: a refresh token that nobody presents ends by itself. */

import { type Command, InvalidArgumentError } from "commander";
import { type AuthCatalog, administrationOf, type CatalogProvider, FaucetError } from "faucet-auth";
import { ago, parseDuration, spoken } from "./duration.js";
import { CommandFailure } from "./exit-status.js";
import { refuseOtherAudience } from "./login-grant.js";
import { distinctProviders, type PipelineOptions, readsPipeline, withCatalog } from "./pipeline-file.js";
import type { Surroundings } from "./surroundings.js";

interface RefreshOptions extends PipelineOptions {
  /** In milliseconds. */
  readonly olderThan?: number;
}

/** Adds `refresh FILE [NAME]`. */
export function addRefresh(program: Command, surroundings: Surroundings): void {
  readsPipeline(program.command("refresh"))
    .summary("keep grants alive that are idle")
    .description(
      "Presents the refresh token of a provider, or of each that has one, so that neither it nor the consent behind it " +
        "ends for not being used. What comes in its place goes into the store: one without persist fails before any request. " +
        "The exit status is 1 if one of them fails.",
    )
    .argument("[NAME]", "the provider's name in the auth: block; without it, all that have a refresh token")
    .option("--older-than <AGE>", "only where the last token is older than that: 20d, 12h, 30m", durationOf)
    .addHelpText("after", "\nExample, for cron:\n  17 3 * * * faucet-auth refresh /srv/pipeline.yaml --older-than 20d")
    .action((file: string, name: string | undefined, options: RefreshOptions) => {
      return withCatalog(file, options, surroundings, (catalog) => refreshAll(catalog, name, options, surroundings));
    });
}

function durationOf(text: string): number {
  const duration = parseDuration(text);
  if (duration === undefined) throw new InvalidArgumentError("must be a number with d, h, m or s, such as 20d");
  return duration;
}

async function refreshAll(
  catalog: AuthCatalog,
  name: string | undefined,
  options: RefreshOptions,
  surroundings: Surroundings,
): Promise<void> {
  const { stdout, stderr, signal } = surroundings;
  if (name !== undefined) refuseOtherAudience(catalog.get(name));
  const providers = name === undefined ? distinctProviders(catalog) : [catalog.get(name)];
  let failures = 0;
  for (const provider of providers) {
    try {
      const outcome = await refreshOne(provider, options, surroundings);
      if (outcome !== undefined || name !== undefined) {
        stdout.write(`${provider.name}: ${outcome ?? "has no refresh token, and needs none to be presented"}\n`);
      }
    } catch (error) {
      signal.throwIfAborted();
      failures += 1;
      stderr.write(`faucet-auth: ${textOf(error, provider.name)}\n`);
    }
  }
  if (failures > 0) throw new CommandFailure("");
}

/** What came of it, in words; `undefined` for a provider that has no refresh token. */
async function refreshOne(
  provider: CatalogProvider,
  { olderThan = 0 }: RefreshOptions,
  { clock, signal }: Surroundings,
): Promise<string | undefined> {
  const administration = administrationOf(provider);
  const { consent, key } = administration ?? {};
  // A server that rotates would end the grant: what it answers with would be lost when this process ends.
  if (consent !== undefined && key === undefined) {
    throw new CommandFailure(
      "has no store to keep its next refresh token in: give it persist, such as { path: ./state }",
    );
  }
  const before = await administration?.look();
  if (administration === undefined || (before?.hasRefreshToken !== true && consent === undefined)) return undefined;
  const age = before?.issuedAt === undefined ? Number.POSITIVE_INFINITY : clock() - before.issuedAt;
  if (age < olderThan) return `left alone, its last token was issued ${ago(age)}`;
  const credential = await provider.getToken({ signal });
  const { issuedAt } = (await administration.look()) ?? {};
  // What is still good was handed out from the record: the refresh token has not been presented by that.
  if (issuedAt !== undefined && issuedAt === before?.issuedAt) await provider.invalidate(credential, { signal });
  const { refreshTokenExpiresAt: end } = (await administration.look()) ?? {};
  return end === undefined ? "refreshed" : `refreshed, its refresh token is good for ${spoken(end - clock())}`;
}

/** An error of the library names its provider. */
function textOf(error: unknown, name: string): string {
  const { message } = error as Error;
  return FaucetError.is(error) && message.startsWith(name) ? message : `${name}: ${message}`;
}
