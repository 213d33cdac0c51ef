/** Answers of an IdP, and the settings by which they are read, without a server. */

import * as z from "zod/mini";
import type { HttpAnswer } from "../../src/http/exchange.js";
import { type AnswerConfig, answerFields } from "../../src/oauth2/answer-config.js";

/** The settings that `config` stands for. */
export function answerSettings(config: AnswerConfig & { default_expires_in?: number } = {}) {
  const { default_expires_in, ...paths } = config;
  return { ...z.strictObject(answerFields()).parse(paths), default_expires_in };
}

/** An answer with that body, which is sent as JSON unless it is text already. */
export function answerWith(body: unknown, given: Partial<HttpAnswer> & { type?: string } = {}): HttpAnswer {
  const { type, headers = {}, ...rest } = given;
  return {
    to: "POST https://idp.example/token",
    url: new URL("https://idp.example/token"),
    status: 200,
    headers: { ...(type !== undefined && { "content-type": type }), ...headers },
    receivedAt: 0,
    text: typeof body === "string" ? body : JSON.stringify(body),
    ...rest,
  };
}

/** A JWT with these claims, whose signature nobody looks at. */
export function jwtWith(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256", typ: "JWT" })}.${part(claims)}.c2lnbmF0dXJl`;
}
