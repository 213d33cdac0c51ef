/** What a fake identity provider was asked. */

import type { IncomingMessage } from "node:http";

/** What the token endpoint was asked. */
export interface FakeIdpRequest {
  /** The HTTP method. */
  readonly method: string;
  /** The path with its query. */
  readonly path: string;
  /** The headers, by lower-case name. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The body, as text. */
  readonly body: string;
  /** The parameters of the query and of the body, which is a form or a JSON object; the last of a name. */
  readonly form: Readonly<Record<string, string>>;
}

/** `incoming` with its whole body. Rejects if its client goes away. */
export async function readRequest(incoming: IncomingMessage): Promise<FakeIdpRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString();
  const { method = "", url: path = "", headers } = incoming;
  const [, query = ""] = /\?(.*)/s.exec(path) ?? [];
  const isJson = /^application\/json\b/i.test(headers["content-type"] ?? "");
  const ofBody = isJson ? membersOf(body) : Object.fromEntries(new URLSearchParams(body));
  return { method, path, headers, body, form: { ...Object.fromEntries(new URLSearchParams(query)), ...ofBody } };
}

/** The texts and numbers of a JSON object; nothing of any other body. */
function membersOf(body: string): Record<string, string> {
  const members = Object.entries(parsed(body) ?? {}).filter(([, value]) => ["string", "number"].includes(typeof value));
  return Object.fromEntries(members.map(([name, value]) => [name, String(value)]));
}

function parsed(body: string): object | undefined {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
