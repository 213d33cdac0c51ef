/** The SDKs of OpenAI and Anthropic, over an API on loopback: each takes a fetch. */

import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { authFetch } from "../../src/index.js";
import { type Api, type ApiRequest, startApi } from "../support/api.js";
import { liveProvider } from "../support/live-provider.js";
import { scriptedProvider } from "../support/scripted-provider.js";

interface Answers {
  readonly json: unknown;
  /** What it answers to a request for a stream: server-sent events. */
  readonly events: readonly string[];
}

interface Asks {
  ask(origin: string, fetch: typeof globalThis.fetch): Promise<string>;
  stream(origin: string, fetch: typeof globalThis.fetch): Promise<string>;
  readonly answers: Answers;
}

const question = [{ role: "user" as const, content: "How many orders?" }];
const message = {
  id: "m",
  type: "message",
  role: "assistant",
  model: "m",
  usage: { input_tokens: 1, output_tokens: 1 },
};

const clients: Record<string, Asks> = {
  openai: {
    async ask(origin, fetch) {
      const client = new OpenAI({ baseURL: origin, apiKey: "unused", fetch, maxRetries: 0 });
      const { choices } = await client.chat.completions.create({ model: "m", messages: question });
      return choices[0]?.message.content ?? "";
    },
    async stream(origin, fetch) {
      const client = new OpenAI({ baseURL: origin, apiKey: "unused", fetch, maxRetries: 0 });
      let text = "";
      for await (const chunk of await client.chat.completions.create({
        model: "m",
        messages: question,
        stream: true,
      })) {
        text += chunk.choices[0]?.delta.content ?? "";
      }
      return text;
    },
    answers: {
      json: { id: "c", choices: [{ index: 0, message: { role: "assistant", content: "forty-two" } }] },
      events: [
        `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "forty-" } }] })}`,
        `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "two" } }] })}`,
        "data: [DONE]",
      ],
    },
  },
  "@anthropic-ai/sdk": {
    async ask(origin, fetch) {
      const client = new Anthropic({ baseURL: origin, authToken: "unused", fetch, maxRetries: 0 });
      const { content } = await client.messages.create({ model: "m", max_tokens: 9, messages: question });
      return content[0]?.type === "text" ? content[0].text : "";
    },
    async stream(origin, fetch) {
      const client = new Anthropic({ baseURL: origin, authToken: "unused", fetch, maxRetries: 0 });
      return client.messages.stream({ model: "m", max_tokens: 9, messages: question }).finalText();
    },
    answers: {
      json: { ...message, content: [{ type: "text", text: "forty-two" }] },
      events: [
        { type: "message_start", message: { ...message, content: [] } },
        { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
        { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "forty-two" } },
        { type: "content_block_stop", index: 0 },
        { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 1 } },
        { type: "message_stop" },
      ].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}`),
    },
  },
};

/** An API of that SDK which refuses `token-1`, as one that was just revoked. */
async function startModel({ json, events }: Answers): Promise<Api> {
  const api = await startApi();
  api.answerWith(({ headers, body }: ApiRequest, response) => {
    if (headers.authorization !== "Bearer token-2") {
      response.writeHead(401, { "content-type": "application/json" });
      return response.end('{"error":{"message":"expired"}}');
    }
    const streams = JSON.parse(body).stream === true;
    response.writeHead(200, { "content-type": streams ? "text/event-stream" : "application/json" });
    response.end(streams ? `${events.join("\n\n")}\n\n` : JSON.stringify(json));
  });
  return api;
}

describe.each(Object.entries(clients))("%s", (_name, { ask, stream, answers }) => {
  test("W1 W2 a storm of refused requests is answered after one token request", async () => {
    const api = await startModel(answers);
    const { provider, issued } = await liveProvider();
    const fetch = authFetch(provider);
    const texts = await Promise.all(Array.from({ length: 20 }, () => ask(api.origin, fetch)));
    expect(new Set(texts)).toEqual(new Set(["forty-two"]));
    expect(issued()).toBe(2);
    // What the SDK has for a key goes nowhere.
    expect(new Set(api.authorizations())).toEqual(new Set(["Bearer token-1", "Bearer token-2"]));
    for (const { headers } of api.seen) expect(headers).not.toHaveProperty("x-api-key");
  });

  test("W1 a refused stream begins again", async () => {
    const api = await startModel(answers);
    const { provider } = await liveProvider();
    expect(await stream(api.origin, authFetch(provider))).toBe("forty-two");
    expect(api.authorizations()).toEqual(["Bearer token-1", "Bearer token-2"]);
  });

  test("an error of the provider reaches the caller", async () => {
    const api = await startModel(answers);
    const provider = scriptedProvider();
    const failing = { ...provider, getToken: () => Promise.reject(new Error("the IdP is down")) };
    const error = await ask(api.origin, authFetch(failing)).catch((failure: Error) => failure);
    expect(error).toMatchObject({ cause: { message: "the IdP is down" } });
    expect(api.seen).toEqual([]);
  });
});
