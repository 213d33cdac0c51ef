/** `login`: somebody agrees to a grant, with a browser here or elsewhere, and what that brings goes into the store (L3). */

import { type Command, Option } from "commander";
import type { AuthProvider } from "faucet-auth";
import {
  type AuthorizationRequest,
  authorizationRequest,
  type Consent,
  codeGrant,
  codeIn,
  isAnswerTo,
} from "./authorization-code.js";
import { openBrowser } from "./browser.js";
import { pollForTokens, requestDeviceAuthorization } from "./device-authorization.js";
import { ago, spoken } from "./duration.js";
import { CommandFailure } from "./exit-status.js";
import { linesOf } from "./input-lines.js";
import { type Administration, loginGrantOf } from "./login-grant.js";
import { isLoopback, type ReceivedAnswer, startLoopbackServer } from "./loopback-server.js";
import { type PipelineOptions, readsPipeline, withProvider } from "./pipeline-file.js";
import { say, show } from "./prose.js";
import { qrCode } from "./qr-code.js";
import { type Surroundings, untilInterrupted } from "./surroundings.js";

interface LoginOptions extends PipelineOptions {
  readonly device?: true;
  readonly paste?: true;
  readonly browser: boolean;
  readonly query?: readonly [string, string][];
}

/** Adds `login FILE NAME`. */
export function addLogin(program: Command, surroundings: Surroundings): void {
  readsPipeline(program.command("login"))
    .summary("let somebody agree to a grant, and keep what that brings")
    .description(
      "Opens a browser in which somebody logs in and agrees, and keeps the refresh token in the provider's store. The " +
        "address is printed too, for a browser that is elsewhere. Nothing of it is printed or kept in another place.",
    )
    .argument("<NAME>", "the provider's name in the auth: block")
    .addOption(new Option("--device", "show a code to type on another device").conflicts("paste"))
    .option("--paste", "read the address at which the browser ends from standard input")
    .option("--no-browser", "print the address only")
    .option("--query <NAME=VALUE>", "a further parameter of the request, such as prompt=login", withPair)
    .addHelpText("after", EXAMPLES)
    .action((file: string, name: string, options: LoginOptions) => {
      return withProvider(file, name, options, surroundings, (provider) => logIn(provider, options, surroundings));
    });
}

const EXAMPLES = `
Examples:
  faucet-auth login pipeline.yaml crm
  ssh server faucet-auth login pipeline.yaml crm --device`;

/** What a way of logging in works with. */
interface Login {
  readonly name: string;
  readonly consent: Consent;
  readonly options: LoginOptions;
  readonly surroundings: Surroundings;
  /** The key that the tokens are to be bound to, if they are. */
  readonly madeKey: string | undefined;
}

type Redemption = Awaited<ReturnType<Consent["redeem"]>>;

async function logIn(provider: AuthProvider, options: LoginOptions, surroundings: Surroundings): Promise<void> {
  const { name } = provider;
  const { administration, consent } = loginGrantOf(provider);
  if (administration.key === undefined) {
    throw new CommandFailure(`${name} has no store to keep a login in: give it persist, such as { path: ./state }`);
  }
  await tellOfFormer(name, administration, surroundings);
  const login = { name, consent, options, surroundings, madeKey: await administration.madeKey() };
  const keep = (brought: Redemption): Promise<void> => administration.begin(brought, login.madeKey);
  if (options.device || (!options.paste && isDeviceOnly(consent))) await byDevice(login, keep);
  else await byBrowser(login, keep);
  await tellOfResult(name, administration, surroundings);
}

/** Where no other way is configured, and no issuer could know of one. */
function isDeviceOnly({ endpointKeys, hasIssuer }: Consent): boolean {
  const isConfigured = (name: (typeof endpointKeys)[number]): boolean => endpointKeys.includes(name);
  return isConfigured("device_authorization_endpoint") && !isConfigured("authorization_endpoint") && !hasIssuer;
}

/** Somebody may not know that there is a login already, whose place this one takes. */
async function tellOfFormer(name: string, administration: Administration, surroundings: Surroundings): Promise<void> {
  const record = await administration.look();
  if (record?.isKept !== true) return;
  const { issuedAt, failure } = record;
  const now = surroundings.clock();
  const age = issuedAt === undefined ? "" : `, whose last token was issued ${ago(now - issuedAt)}`;
  const ending = failure === undefined ? "" : `; its last request has failed: ${failure.message}`;
  say(surroundings.stderr, `${name}: there is a login already${age}${ending}. The new one takes its place.`);
}

async function tellOfResult(
  name: string,
  administration: Administration,
  { stderr, clock }: Surroundings,
): Promise<void> {
  const { refreshTokenExpiresAt: end } = (await administration.look()) ?? {};
  const term = end === undefined ? "" : ` It is good for ${spoken(end - clock())}.`;
  say(stderr, `${name}: logged in. The refresh token is kept in its store, as ${administration.key}.${term}`);
}

async function byDevice({ name, consent, surroundings, madeKey }: Login, keep: Keep): Promise<void> {
  const { stderr } = surroundings;
  const device = await untilInterrupted(requestDeviceAuthorization(consent), surroundings);
  say(stderr, `${name}: open this address on any device, and type the code ${device.userCode}`);
  show(stderr, device.verificationUri);
  const address = device.completeUri ?? device.verificationUri;
  const code = qrCode(address, stderr);
  if (code !== undefined) stderr.write(`${code}\n\n`);
  say(stderr, `Waiting for you to agree, for ${spoken(device.expiresIn * 1000)} …`);
  await keep(await pollForTokens(consent, device, madeKey, surroundings));
}

type Keep = (brought: Redemption) => Promise<void>;

/** The redirect goes to this machine, unless it is configured to go elsewhere, or nobody listens to it here. */
async function byBrowser(login: Login, keep: Keep): Promise<void> {
  const { redirectUri = "http://127.0.0.1/callback" } = login.consent;
  if (login.options.paste || !isLoopback(redirectUri)) await byPaste(redirectUri, login, keep);
  else await byLoopback(redirectUri, login, keep);
}

async function byLoopback(redirectUri: string, login: Login, keep: Keep): Promise<void> {
  const { name, options, surroundings, consent } = login;
  const { stderr, isInteractive, env } = surroundings;
  const server = await startLoopbackServer(redirectUri);
  try {
    const request = await requestTo(server.redirectUri, login);
    say(stderr, `${name}: log in with a browser at this address:`);
    show(stderr, request.url.href);
    if (options.browser && isInteractive) openBrowser(request.url.href, env);
    const waiting = server.answer((answer) => isAnswerTo(request, answer));
    const answer = await untilInterrupted(waiting, surroundings);
    await finish(answer, name, async () => {
      const code = codeIn(answer.parameters, await consent.expectedIssuer());
      await keep(await consent.redeem(codeGrant(code, request), login.madeKey));
    });
  } finally {
    await server.close();
  }
}

/** Does `work`, and shows the browser how it went. */
async function finish(answer: ReceivedAnswer, name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const text = `Nothing was kept of it. The terminal says why: ${(error as Error).message}`;
    await answer.show({ title: `The login of ${name} failed`, text });
    throw error;
  }
  await answer.show({ title: `${name} is logged in`, text: "You can close this window and go back to the terminal." });
}

async function byPaste(redirectUri: string, login: Login, keep: Keep): Promise<void> {
  const { name, surroundings, consent } = login;
  const { stderr } = surroundings;
  const request = await requestTo(redirectUri, login);
  say(stderr, `${name}: log in with any browser at this address:`);
  show(stderr, request.url.href);
  say(stderr, `It ends at an address that begins with ${redirectUri}, which may not open. Paste that address here:`);
  const code = codeOf(await pastedLine(surroundings), request, await consent.expectedIssuer());
  await keep(await consent.redeem(codeGrant(code, request), login.madeKey));
}

async function requestTo(redirectUri: string, { consent, options }: Login): Promise<AuthorizationRequest> {
  const endpoint = await consent.endpoint("authorization_endpoint");
  return authorizationRequest(endpoint, redirectUri, await consent.request(), options.query ?? []);
}

/** The code in the address that was pasted, or the code itself, which some servers show: only this request can use it. */
function codeOf(
  line: string,
  request: AuthorizationRequest,
  expected: Awaited<ReturnType<Consent["expectedIssuer"]>>,
): string {
  if (!ANSWER.test(line)) {
    if (line === "") throw new CommandFailure("nothing was pasted");
    return line;
  }
  const answer = URL.canParse(line) ? new URL(line).searchParams : new URLSearchParams(line.replace(/^[^?]*\?/, ""));
  if (!isAnswerTo(request, answer))
    throw new CommandFailure("that is not the answer to this login: its state is another");
  return codeIn(answer, expected);
}

/** An address, or the query of one. A code may have `:` and `=` of its own. */
const ANSWER = /^[a-z][\w+.-]*:\/\/|(?:^|[?&#])(?:state|code|error)=/i;

async function pastedLine(surroundings: Surroundings): Promise<string> {
  for await (const line of linesOf(surroundings)) return line.trim();
  return "";
}

function withPair(given: string, others: readonly [string, string][] = []): readonly [string, string][] {
  const [name = ""] = given.split("=", 1);
  if (name === "" || name === given) throw new CommandFailure(`--query ${name}: must be NAME=VALUE`, 2);
  return [...others, [name, given.slice(name.length + 1)]];
}
