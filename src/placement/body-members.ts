/** Bodies that can carry a credential: JSON objects and forms, changed as text, so that nothing else of them changes (P5). */

import { withField } from "./query.js";

/** `body` with the member `name` in place of those of that name. Throws a `TypeError` for any other body. */
export function withMember(
  body: string | Uint8Array | undefined,
  contentType: string | null,
  name: string,
  value: string,
): string {
  const type = (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (body !== undefined && type === "application/x-www-form-urlencoded") return withField(textOf(body), name, value);
  if (body !== undefined && (type === "application/json" || type.endsWith("+json"))) {
    const text = textOf(body);
    if (isObject(text)) return withJsonMember(text, name, value);
  }
  throw new TypeError(
    `a credential that stands in the body goes into a JSON object or a form, by its content-type; the request has ${
      body === undefined ? "no body" : type === "" ? "a body without a content-type" : `another body (${type})`
    }`,
  );
}

/** Where bytes are in another encoding, to read and write them would change what the caller sends. */
function textOf(body: string | Uint8Array): string {
  if (typeof body === "string") return body;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    throw new TypeError(
      "a credential that stands in the body goes into text in UTF-8, and the request's body is none: encode it so",
    );
  }
}

function isObject(text: string): boolean {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
  } catch {
    return false;
  }
}

/** Reading and writing the whole would cost large numbers their digits. */
function withJsonMember(text: string, name: string, value: string): string {
  const others = membersOf(text).filter((member) => nameOf(member) !== name);
  return `{${[...others, `${JSON.stringify(name)}:${JSON.stringify(value)}`].join(",")}}`;
}

function nameOf(member: string): string {
  const [name = '""'] = STRING.exec(member) ?? [];
  return JSON.parse(name);
}

const STRING = /"(?:[^"\\]|\\.)*"/;

/** The members of a JSON object that is known to be one, each as it is spelt. */
function membersOf(text: string): string[] {
  const members: string[] = [];
  let [depth, begin] = [0, 0];
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token === "{" || token === "[") {
      depth += 1;
      if (depth === 1) begin = index + 1;
    }
    const isEnd = (token === "}" && depth === 1) || (token === "," && depth === 1);
    if (isEnd) {
      members.push(text.slice(begin, index).trim());
      begin = index + 1;
    }
    if (token === "}" || token === "]") depth -= 1;
  }
  return members.filter((member) => member !== "");
}

const TOKEN = new RegExp(`${STRING.source}|[{}[\\],]`, "g");
