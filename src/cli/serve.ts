/** `serve`: shares the providers of a pipeline with other processes, until it is told to end (L4). */

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import type { Command } from "commander";
import type { Broker, BrokerTcpOptions } from "faucet-auth/broker";
import { CommandFailure, UsageError } from "./exit-status.js";
import { isLoopback } from "./loopback-server.js";
import { type PipelineOptions, readsPipeline, withCatalog } from "./pipeline-file.js";
import type { Surroundings } from "./surroundings.js";

interface ServeOptions extends PipelineOptions {
  readonly socket?: string;
  readonly tcp?: string;
  readonly tokenFile?: string;
}

/** Adds `serve FILE`. */
export function addServe(program: Command, surroundings: Surroundings): void {
  readsPipeline(program.command("serve"))
    .summary("share the providers with other processes")
    .description(
      "Serves the current credentials of all providers over HTTP, to processes of this machine in whatever language, so that " +
        "they share each grant. Runs until a signal ends it.",
    )
    .option("--socket <PATH>", "listen on a Unix socket, which only you may connect to")
    .option("--tcp <ADDRESS>", "listen on 127.0.0.1:PORT; port 0 lets the system choose")
    .option("--token-file <PATH>", "what to show on TCP as Authorization: Bearer; made if it is not there")
    .addHelpText(
      "after",
      "\nExample:\n  faucet-auth serve pipeline.yaml --socket /run/user/1000/faucet.sock &\n" +
        "  curl --unix-socket /run/user/1000/faucet.sock http://localhost/crm",
    )
    .action((file: string, options: ServeOptions) => serve(file, options, surroundings));
}

async function serve(file: string, options: ServeOptions, surroundings: Surroundings): Promise<void> {
  const { socket, tcp: address, tokenFile } = options;
  if (socket === undefined && address === undefined) throw new UsageError("say where to listen: --socket or --tcp");
  if ((address === undefined) !== (tokenFile === undefined)) {
    throw new UsageError("--tcp and --token-file belong together: what comes by TCP must show the token");
  }
  for (const [option, path] of Object.entries({ "--socket": socket, "--token-file": tokenFile })) {
    if (path === "") throw new UsageError(`${option}: must be a path`);
  }
  const place = address === undefined ? undefined : placeOf(address);
  const { serveBroker } = await import("faucet-auth/broker");
  await withCatalog(file, options, surroundings, async (catalog) => {
    const tcp = place && { ...place, token: await tokenIn(tokenFile as string, surroundings) };
    const broker = await serveBroker(catalog, { ...(socket !== undefined && { socket }), ...(tcp && { tcp }) });
    await untilTheEnd(broker, catalog.names, surroundings);
  });
}

/** A second signal ends the process at once, whoever still waits. */
async function untilTheEnd(broker: Broker, names: readonly string[], { stderr, signal }: Surroundings): Promise<void> {
  const places = [broker.socket, broker.url].filter((place) => place !== undefined);
  stderr.write(`Serving ${names.join(", ")} on ${places.join(" and ")}\n`);
  if (!signal.aborted) await once(signal, "abort");
  stderr.write("Ending, once those who wait have their answers …\n");
  await broker.close();
}

function placeOf(address: string): Pick<BrokerTcpOptions, "host" | "port"> {
  const [, host = "127.0.0.1", port = ""] = /^(?:(\[[^\]]*\]|[^:]*):)?(\d{1,5})$/.exec(address) ?? [];
  const url = `http://${host}:${port}`;
  if (port === "" || !URL.canParse(url) || !isLoopback(url)) {
    throw new UsageError(`--tcp ${address}: must be 127.0.0.1:PORT`);
  }
  return { host: new URL(url).hostname, port: Number(port) };
}

/** What the broker wants to be shown: read at each request, so that it may be replaced while the broker runs. */
async function tokenIn(path: string, { stderr }: Surroundings): Promise<() => Promise<string>> {
  const read = async (): Promise<string> => (await readFile(path, "utf8")).trim();
  const made = await writeFile(path, `${randomBytes(32).toString("base64url")}\n`, { flag: "wx", mode: 0o600 }).then(
    () => true,
    ({ code }: NodeJS.ErrnoException) => {
      if (code === "EEXIST") return false;
      throw new CommandFailure(`--token-file ${path}: cannot be made (${code})`);
    },
  );
  // Whatever the umask takes away of the mode, its owner can read it.
  if (made) await chmod(path, 0o600);
  const token = await read().catch(({ code }: NodeJS.ErrnoException) => {
    throw new CommandFailure(`--token-file ${path}: cannot be read (${code})`);
  });
  if (token.length < SHORTEST_TOKEN || !ONE_LINE.test(token)) {
    throw new CommandFailure(
      `--token-file ${path}: must hold ${SHORTEST_TOKEN} characters or more, of ASCII and on one line; remove it, and it is made`,
    );
  }
  if (made) stderr.write(`Made ${path}, with a token that those must show who come by TCP\n`);
  else if (((await stat(path)).mode & 0o077) !== 0)
    stderr.write(`Warning: others can read ${path}; chmod 600 ends that\n`);
  return read;
}

const SHORTEST_TOKEN = 16;

/** What a header can carry: nobody could show another token. */
const ONE_LINE = /^[\x20-\x7e]+$/;
