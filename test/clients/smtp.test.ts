/** nodemailer's XOAUTH2 against a real SMTP server, which accepts one token at a time. */

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createTransport } from "nodemailer";
import { SMTPServer } from "smtp-server";
import { describe, expect, onTestFinished, test } from "vitest";
import { smtpXoauth2 } from "../../src/adapters/index.js";
import { errorOf } from "../support/errors.js";
import { liveProvider } from "../support/live-provider.js";

/** A server that keeps which tokens it was shown, and by whom. */
async function startMailServer() {
  const shown: string[] = [];
  let accepted = "token-1";
  const server = new SMTPServer({
    authMethods: ["XOAUTH2"],
    allowInsecureAuth: true,
    disabledCommands: ["STARTTLS"],
    onAuth({ username, accessToken }, _session, callback) {
      shown.push(`${username} ${accessToken}`);
      if (accessToken === accepted) callback(null, { user: username });
      else callback(null, { data: { status: "401", schemes: "bearer" } } as never);
    },
    onData(stream, _session, callback) {
      stream.on("end", callback).resume();
    },
  });
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  onTestFinished(() => new Promise<void>((resolve) => server.close(resolve)));
  const { port } = server.server.address() as AddressInfo;
  return {
    shown,
    options: { host: "127.0.0.1", port },
    accept(token: string) {
      accepted = token;
    },
  };
}

const mail = { from: "ann@a.example", to: "bob@b.example", subject: "orders", text: "all of them" };

describe.each([
  ["one connection a mail", false],
  ["a pool", true],
])("nodemailer with %s", (_name, pool) => {
  test("C3 a token that the server refuses is replaced, and the mail is sent", async () => {
    const server = await startMailServer();
    const { provider, issued } = await liveProvider();
    const auth = { type: "OAuth2" as const, user: "ann", provisionCallback: smtpXoauth2(provider) };
    const transport = pool
      ? createTransport({ ...server.options, auth, pool: true, maxMessages: 1 })
      : createTransport({ ...server.options, auth });
    onTestFinished(() => transport.close());
    await transport.sendMail(mail);
    await transport.sendMail(mail);
    expect([server.shown, issued()]).toEqual([["ann token-1", "ann token-1"], 1]);

    server.accept("token-2");
    await transport.sendMail(mail);
    expect([server.shown.slice(2), issued()]).toEqual([["ann token-1", "ann token-2"], 2]);
  });
});

test("nodemailer asks again once the token has expired, without a refusal", async () => {
  const server = await startMailServer();
  const { provider, issued } = await liveProvider({ expires_in: 1 });
  const transport = createTransport({ ...server.options, auth: { type: "OAuth2", user: "ann" } });
  transport.set("oauth2_provision_cb", smtpXoauth2(provider));
  onTestFinished(() => transport.close());
  await transport.sendMail(mail);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  server.accept("token-2");
  await transport.sendMail(mail);
  expect([server.shown, issued()]).toEqual([["ann token-1", "ann token-2"], 2]);
});

test("an error of the provider is that of the mail", async () => {
  const server = await startMailServer();
  const { provider } = await liveProvider();
  await provider.close();
  const auth = { type: "OAuth2" as const, user: "ann", provisionCallback: smtpXoauth2(provider) };
  const transport = createTransport({ ...server.options, auth });
  onTestFinished(() => transport.close());
  expect((await errorOf(() => transport.sendMail(mail))).message).toMatch(/closed/);
  expect(server.shown).toEqual([]);
});
