/** What is looked for in an answer: by a configured path, or where RFC 6749 has it (A4, A7, A10). */

import { isObject } from "../http/answer.js";
import { type FoundError, isError } from "../http/refusal.js";
import { finder, neighbourSelector, selector } from "../json-path/select.js";

/** Looks for one value in the document of an answer. */
export type Look = (body: unknown) => Promise<unknown>;

/** A value that answers have, and where. */
export interface Member {
  /** For messages: `access_token`, `$.data.token`. */
  readonly at: string;
  readonly isConfigured: boolean;
  readonly find: Look;
  /** The value called `name` that stands beside it. */
  beside(name: string): Look;
}

/** What `path` selects; without a path, the member `name` of the document. */
export function memberAt(path: string | undefined, name: string): Member {
  if (path === undefined) return { at: name, isConfigured: false, find: memberCalled(name), beside: memberCalled };
  return {
    at: path,
    isConfigured: true,
    find: selector(path),
    beside: (neighbour) => neighbourSelector(path, neighbour),
  };
}

/** Finds the error that `path` selects, and a sentence beside it. Without a path there is none but RFC 6749's. */
export function errorAt(path: string | undefined): (body: unknown) => Promise<FoundError | undefined> {
  if (path === undefined) return async () => undefined;
  const findError = finder(path, isError);
  const findSentences = SENTENCES.map((name) => neighbourSelector(path, name));
  return async (body) => {
    const error = await findError(body);
    if (error === undefined) return undefined;
    const sentences = await Promise.all(findSentences.map((find) => find(body)));
    return { error, description: sentences.find((sentence) => typeof sentence === "string" && sentence !== error) };
  };
}

/** What APIs call the sentence that goes with a code. */
const SENTENCES = ["error_description", "message", "description", "detail", "error_message", "msg"];

function memberCalled(name: string): Look {
  return async (body) => (isObject(body) && Object.hasOwn(body, name) ? body[name] : undefined);
}
