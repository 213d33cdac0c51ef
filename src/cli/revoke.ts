/** `revoke`: ends a grant at its server, and takes it out of the store (RFC 7009). */

import type { Command } from "commander";
import type { AuthProvider } from "faucet-auth";
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
  // RFC 7009 §2.2: a token that the server does not know is as good as revoked.
  await consent.ask("revocation_endpoint", [
    ["token", token],
    ["token_type_hint", hint],
  ]);
  await administration.end();
  say(stderr, `${name}: revoked. A new login begins the next grant.`);
}
