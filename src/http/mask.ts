/** Takes secrets out of foreign text: those that are known, in the encodings in which an IdP may echo them, and what looks like a token (S2). */

import { containsBase64Of, type InnerBase64, innerBase64Of } from "./inner-base64.js";
import { maskTokens } from "./token-like.js";

const MASK = "***";
// Shorter ones would match by chance all over a text and garble it.
const SHORTEST_MASKED = 4;

/** Hides a set of secrets in text, and what looks like a token. */
export class Mask {
  readonly #short: ReadonlySet<string>;
  readonly #long: readonly string[];
  #pattern: RegExp | undefined;
  #inner: InnerBase64 | undefined;

  constructor(secrets: Iterable<string | undefined>) {
    const held = [...new Set(secrets)].filter((secret) => secret !== undefined).filter((secret) => secret !== "");
    this.#long = held.filter((secret) => secret.length >= SHORTEST_MASKED);
    this.#short = new Set(
      held.filter((secret) => secret.length < SHORTEST_MASKED).map((secret) => secret.toLowerCase()),
    );
  }

  /** Free text, masked; `undefined` if a secret is too short to be found in it without garbling. */
  prose(text: string): string | undefined {
    return this.#short.size > 0 ? undefined : maskTokens(this.#hide(text), MASK);
  }

  /** A name, masked; `undefined` if a short secret is a word of it. */
  name(text: string): string | undefined {
    const masked = this.secretsOnly(text);
    return masked === undefined ? undefined : maskTokens(masked, MASK);
  }

  /** A name that may look like a token and is none, such as a host; `undefined` if a short secret is a word of it. */
  secretsOnly(text: string): string | undefined {
    const words = text.toLowerCase().split(/[^\p{L}\p{N}]+/u);
    return [text.toLowerCase(), ...words].some((word) => this.#short.has(word)) ? undefined : this.#hide(text);
  }

  #hide(text: string): string {
    if (this.#long.length === 0) return text;
    this.#pattern ??= patternOf(this.#long);
    this.#inner ??= innerBase64Of(this.#long);
    const inner = this.#inner;
    return text.replace(this.#pattern, MASK).replace(BASE64_RUN, (run) => (containsBase64Of(inner, run) ? MASK : run));
  }
}

/** Of the `pieces` that a secret is made of, those that can be hidden: a short one would be found all over a text. */
export function hideable(pieces: readonly string[]): readonly string[] {
  return pieces.length === 1 ? pieces : pieces.filter((piece) => piece.length >= SHORTEST_MASKED);
}

/** `text` on one line, cut to `length` characters. */
export function shorten(text: string, length: number): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
  const characters = [...line];
  return characters.length <= length ? line : `${characters.slice(0, length).join("")}…`;
}

/** Base64 of either alphabet, in a URL too. */
const BASE64_RUN = /(?:[A-Za-z0-9+/_-]|%2[BF])+(?:=|%3D)*/gi;

/** Longest first, so that no part of a secret is left over where one contains another. */
function patternOf(secrets: readonly string[]): RegExp {
  const spellings = [...new Set(secrets.flatMap(spellingsOf))].sort((a, b) => b.length - a.length);
  return new RegExp(spellings.map((spelling) => spelling.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")).join("|"), "gi");
}

/** Base64 is looked for apart: it need not begin where the secret does. */
function spellingsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const percent = encodeURIComponent(bytes.toString());
  const json = JSON.stringify(secret).slice(1, -1);
  return [
    secret,
    percent,
    new URLSearchParams({ "": secret }).toString().slice(1),
    percent.replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`),
    json,
    json.replaceAll("/", "\\/"),
    // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what stays as it is
    json.replace(/[^\x00-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`),
    bytes.toString("hex"),
  ];
}
