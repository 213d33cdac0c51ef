/** `revoke`: ends a grant at its server, and takes it out of the store (RFC 7009). */

import type { Command } from "commander";
import type { AuthProvider } from "faucet-auth";
import type { Consent } from "./authorization-code.js";
import { CommandFailure } from "./exit-status.js";
import { loginGrantOf } from "./login-grant.js";
import { type PipelineOptions, readsPipeline, withProvider } from "./pipeline-file.js";
import { say } from "./prose.js";
import type { Surroundings } from "./surroundings.js";

/** Adds `revoke FILE NAME`. */
export function addRevoke(program: Command, surroundings: Surroundings): void {
  readsPipeline(program.command("revoke"))
    .summary("end a grant")
    .description(
      "Has the server revoke the refresh token of a provider, or the access token where there is no other, and takes " +
        "both out of its store. The server is named by revocation_url, or by what its issuer says of itself.",
    )
    .argument("<NAME>", "the provider's name in the auth: block")
    .addHelpText("after", "\nExample:\n  faucet-auth revoke pipeline.yaml crm")
    .action((file: string, name: string, options: PipelineOptions) => {
      return withProvider(file, name, options, surroundings, (provider) => revoke(provider, surroundings));
    });
}

async function revoke(provider: AuthProvider, { stderr }: Surroundings): Promise<void> {
  const { name } = provider;
  const { administration, consent } = loginGrantOf(provider);
  const presentable = await administration.presentable();
  if (presentable === undefined) throw new CommandFailure(`${name} has nothing to revoke: nobody has logged in`);
  const { token, hint } = presentable;
  await askToRevoke(consent, token, hint);
  await administration.end();
  say(stderr, `${name}: revoked. A new login begins the next grant.`);
}

/** RFC 7009 §2.2: a token that the server does not know is as good as revoked. */
async function askToRevoke(consent: Consent, token: string, hint: string): Promise<void> {
  const parameters = { token, token_type_hint: hint };
  await consent.ask("revocation_endpoint", Object.entries(parameters), ({ to, status, text }, mask) => {
    if (status >= 200 && status < 300) return;
    const code = /"error"\s*:\s*"([\w.-]{1,60})"/.exec(text)?.[1];
    const reason = code === undefined ? undefined : mask.name(code);
    throw new CommandFailure(`${to}: HTTP ${status}${reason === undefined ? "" : `, ${reason}`}: nothing is revoked`);
  });
}
