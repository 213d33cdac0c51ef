/** `token` and `header`: print a credential for a script, or for a program that asks a helper for one (L2). */

import { type Command, Option } from "commander";
import { UsageError } from "./exit-status.js";
import { answerGit } from "./git-credential.js";
import { type PipelineOptions, readsPipeline, withProvider } from "./pipeline-file.js";
import type { Surroundings } from "./surroundings.js";
import { TOKEN_FORMATS } from "./token-format.js";

interface TokenOptions extends PipelineOptions {
  readonly format: keyof typeof TOKEN_FORMATS | "git";
  readonly host?: readonly string[];
  readonly username: string;
}

/** Adds `token FILE NAME`. */
export function addToken(program: Command, surroundings: Surroundings): void {
  const formats = [...Object.keys(TOKEN_FORMATS), "git"];
  readsPipeline(program.command("token"))
    .summary("print a token")
    .description(
      "Prints the current token of a provider, from its store where it has one, and gets one first if there is none. " +
        "With --format git it is a credential helper; git adds get, store or erase as the last word.",
    )
    .argument("<NAME>", "the provider's name in the auth: block")
    .argument("[ACTION]", "with --format git: get, store, or erase, which reports the token as refused")
    .addOption(new Option("--format <FORMAT>", "raw: the bare token; or for a program").choices(formats).default("raw"))
    .option("--host <HOST>", "with --format git: answer for this host only; may be given again", listed)
    .option("--username <NAME>", "with --format git: the user name beside a token", "oauth2")
    .addHelpText("after", EXAMPLES)
    .action(async (file: string, name: string, action: string | undefined, options: TokenOptions) => {
      const { format } = options;
      if (format === "git") {
        if (action === undefined) throw new UsageError("--format git needs a last word: get, store or erase");
        await answerGit({ ...options, action, hosts: options.host ?? [] }, surroundings, (use) =>
          withProvider(file, name, options, surroundings, use),
        );
      } else {
        if (action !== undefined) throw new UsageError(`${action}: has a meaning with --format git only`);
        await print(file, name, format, options, surroundings);
      }
    });
}

const EXAMPLES = `
Examples:
  faucet-auth token pipeline.yaml crm
  git config credential.https://git.example.helper \\
    "!faucet-auth token $PWD/pipeline.yaml crm --format git"`;

/** Adds `header FILE NAME`. */
export function addHeader(program: Command, surroundings: Surroundings): void {
  readsPipeline(program.command("header"))
    .summary("print a token as the header that carries it")
    .description("Prints the headers of a request as a provider authorizes it, a line each, as curl reads them.")
    .argument("<NAME>", "the provider's name in the auth: block")
    .addHelpText("after", "\nExample:\n  faucet-auth header pipeline.yaml crm | curl -H @- https://api.example/v1/me")
    .action((file: string, name: string, options: PipelineOptions) => {
      return print(file, name, "header", options, surroundings);
    });
}

async function print(
  file: string,
  name: string,
  format: keyof typeof TOKEN_FORMATS,
  options: PipelineOptions,
  surroundings: Surroundings,
): Promise<void> {
  const { stdout, env, signal } = surroundings;
  const text = await withProvider(file, name, options, surroundings, async (provider) => {
    return TOKEN_FORMATS[format](await provider.getToken({ signal }), env);
  });
  stdout.write(text);
}

function listed(given: string, others: readonly string[] = []): readonly string[] {
  return [...others, given];
}
