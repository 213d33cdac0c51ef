/** Reads the text of a path from left to right, and says where it cannot be read. */

/** Why a path cannot be read, and from where on. */
export class PathFault extends Error {}

const BLANKS = /[ \t\r\n]*/y;
const ESCAPE = /\\(?:u(?<code>[0-9A-Fa-f]{4})|(?<letter>[bfnrt/\\'"]))/y;
const ESCAPED: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be escaped
const CONTROL = /[\x00-\x1f]/;

/** A text and a place in it. */
export class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The place in the text, to be given to `fail` or `returnTo`. */
  get place(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  /** The next character, a whole one beyond the BMP too; empty at the end. */
  get next(): string {
    const code = this.#text.codePointAt(this.#at);
    return code === undefined ? "" : String.fromCodePoint(code);
  }

  returnTo(place: number): void {
    this.#at = place;
  }

  /** Passes over `token`, if it is what comes next. */
  take(token: string): boolean {
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  /** Passes over what the sticky `pattern` matches here. */
  match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text) ?? undefined;
    this.#at += match?.[0].length ?? 0;
    return match;
  }

  skipBlanks(): void {
    this.match(BLANKS);
  }

  /** A text in single or double quotes, with JSON's escapes (RFC 9535 §2.3.1.1); `undefined` if no quote comes next. */
  quoted(): string | undefined {
    const begin = this.#at;
    const quote = this.next;
    if (quote !== "'" && quote !== '"') return undefined;
    this.take(quote);
    let text = "";
    while (!this.take(quote)) {
      if (this.isAtEnd) this.fail(`the quote ${quote} is not closed`, begin);
      text += this.next === "\\" ? this.#escaped() : this.#plain();
    }
    if (/\p{Surrogate}/u.test(text)) this.fail("half of a surrogate pair is no character", begin);
    return text;
  }

  #escaped(): string {
    const { code, letter } = this.match(ESCAPE)?.groups ?? {};
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
    if (letter !== undefined) return ESCAPED[letter] ?? letter;
    return this.fail(String.raw`no escape is spelt so; known are \\ \/ \' \" \b \f \n \r \t and \u0000`);
  }

  #plain(): string {
    const character = this.next;
    if (CONTROL.test(character)) this.fail(String.raw`a control character in quotes is written as \u0000`);
    this.take(character);
    return character;
  }

  /** Throws a `PathFault` that names the place by its character, from 1 on. */
  fail(fault: string, place: number = this.#at): never {
    const character = [...this.#text.slice(0, place)].length + 1;
    throw new PathFault(`cannot be parsed from character ${character} on: ${fault}`);
  }
}
