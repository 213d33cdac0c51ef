/** `token`: prints one token, for a script (L2). */

import type { Command } from "commander";
import { accessToken } from "faucet-auth";
import { type PipelineOptions, readsPipeline, withProvider } from "./pipeline-file.js";
import type { Surroundings } from "./surroundings.js";

/** Adds `token FILE NAME`. */
export function addToken(program: Command, { stdout, signal }: Surroundings): void {
  readsPipeline(program.command("token"))
    .summary("print a token")
    .description("Prints the current token of a provider, and gets one first if there is none.")
    .argument("<NAME>", "the provider's name in the auth: block")
    .addHelpText(
      "after",
      '\nExample:\n  curl --oauth2-bearer "$(faucet-auth token pipeline.yaml crm)" https://api.example/v1',
    )
    .action(async (file: string, name: string, options: PipelineOptions) => {
      const { token } = await withProvider(file, name, options, (provider) => accessToken(provider, { signal }));
      stdout.write(`${token}\n`);
    });
}
