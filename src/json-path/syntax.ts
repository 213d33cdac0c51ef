/**
 * Reads a JSONPath as RFC 9535 spells it, without its functions. Nothing that is read here can run
 * code, and what could in other dialects is a fault (A4).
 */

import { KNOWN_IN_FILTERS, mendingOf } from "./dialects.js";
import {
  type ComparisonOperator,
  type Condition,
  isSingular,
  type Operand,
  type Query,
  type Segment,
  type Selector,
} from "./path.js";
import { PathFault, Scanner } from "./scanner.js";

const LONGEST_PATH = 512;

// Wider than RFC 9535 §2.5.1.1 by "$" and "-".
const NAME = /(?:[A-Za-z_$]|\P{ASCII})(?:[A-Za-z0-9_$-]|\P{ASCII})*/uy;
const INTEGER = /0|-?[1-9]\d*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /(?:true|false|null)(?![\w(])/y;
const OPERATOR = /[=!<>]=|[<>]/y;
const CALL = /[A-Za-z_]\w*\s*\(/y;

/** What `path` means, or what is wrong with it. */
export function parsePath(path: string): { readonly query: Query } | { readonly fault: string } {
  if (path.length > LONGEST_PATH) return { fault: `is longer than ${LONGEST_PATH} characters` };
  if (!path.startsWith("$")) return { fault: 'must begin with "$", as in $.access_token' };
  const parser = new Parser(path);
  try {
    return { query: parser.path() };
  } catch (error) {
    if (error instanceof PathFault) return { fault: error.message };
    throw error;
  }
}

/** Each method reads what its name says, from where the scanner stands. */
class Parser {
  readonly #scanner: Scanner;

  constructor(path: string) {
    this.#scanner = new Scanner(path);
  }

  path(): Query {
    const query = this.#query();
    return this.#scanner.isAtEnd ? query : this.#unexpected();
  }

  #query(): Query {
    const from = this.#scanner.take("$") ? "root" : "current";
    if (from === "current") this.#scanner.take("@");
    const segments: Segment[] = [];
    for (let segment = this.#segment(); segment !== undefined; segment = this.#segment()) segments.push(segment);
    return { from, segments };
  }

  #segment(): Segment | undefined {
    const { place } = this.#scanner;
    this.#scanner.skipBlanks();
    const descends = this.#scanner.take("..");
    if (this.#scanner.take("[")) return { descends, selectors: this.#bracketed() };
    if (descends || this.#scanner.take(".")) return { descends, selectors: [this.#dotted()] };
    this.#scanner.returnTo(place);
    return undefined;
  }

  #dotted(): Selector {
    if (this.#scanner.take("*")) return { kind: "wildcard" };
    const name = this.#scanner.match(NAME)?.[0];
    if (name !== undefined) return { kind: "name", name };
    if (this.#scanner.isAtEnd) return this.#scanner.fail("a name is missing at its end");
    if (/\d/.test(this.#scanner.next)) return this.#scanner.fail("an element of a list is written as [0]");
    return this.#unexpected();
  }

  #bracketed(): readonly Selector[] {
    const selectors: Selector[] = [];
    do {
      this.#scanner.skipBlanks();
      selectors.push(this.#selector());
      this.#scanner.skipBlanks();
    } while (this.#scanner.take(","));
    if (this.#scanner.take("]")) return selectors;
    if (this.#scanner.isAtEnd) return this.#scanner.fail('its "[" is not closed');
    if (selectors.at(-1)?.kind === "filter") return this.#unknownInFilter();
    return this.#scanner.fail('after a selector comes "," or "]"');
  }

  #selector(): Selector {
    const name = this.#scanner.quoted();
    if (name !== undefined) return { kind: "name", name };
    if (this.#scanner.take("*")) return { kind: "wildcard" };
    if (this.#scanner.take("?")) return { kind: "filter", condition: this.#anyOf() };
    if (this.#scanner.next === "(") {
      this.#scanner.fail("a script could run code; name the key, or count from the end: [-1]");
    }
    return this.#indexOrSlice();
  }

  #indexOrSlice(): Selector {
    const { place } = this.#scanner;
    const start = this.#integer();
    this.#scanner.skipBlanks();
    if (!this.#scanner.take(":")) {
      return start === undefined ? this.#noSelector(place) : { kind: "index", index: start };
    }
    this.#scanner.skipBlanks();
    const end = this.#integer();
    this.#scanner.skipBlanks();
    const step = this.#scanner.take(":") ? this.#step() : 1;
    return { kind: "slice", start, end, step };
  }

  #step(): number {
    this.#scanner.skipBlanks();
    const { place } = this.#scanner;
    const step = this.#integer() ?? 1;
    return step === 0 ? this.#scanner.fail("a step of 0 selects nothing", place) : step;
  }

  #integer(): number | undefined {
    const { place } = this.#scanner;
    const digits = this.#scanner.match(INTEGER)?.[0];
    if (digits === undefined) return undefined;
    return Number.isSafeInteger(Number(digits))
      ? Number(digits)
      : this.#scanner.fail("the number is beyond 2^53", place);
  }

  #noSelector(place: number): never {
    this.#scanner.returnTo(place);
    const isName = this.#scanner.match(NAME) !== undefined;
    return this.#scanner.fail(
      isName
        ? "a name in brackets stands in quotes, as in ['name']"
        : "known are ['name'], [0], [-1], [1:3], [*] and [?…]",
      place,
    );
  }

  #anyOf(): Condition {
    return this.#chain("or", "||", () => this.#allOf());
  }

  #allOf(): Condition {
    return this.#chain("and", "&&", () => this.#condition());
  }

  #chain(kind: "and" | "or", operator: string, read: () => Condition): Condition {
    const first = read();
    const conditions = [first];
    while (this.#scanner.take(operator)) conditions.push(read());
    return conditions.length === 1 ? first : { kind, conditions };
  }

  /** With the blanks around it. */
  #condition(): Condition {
    this.#scanner.skipBlanks();
    const condition = this.#scanner.take("!") ? this.#negated() : this.#positive();
    this.#scanner.skipBlanks();
    return condition;
  }

  #negated(): Condition {
    this.#scanner.skipBlanks();
    const condition: Condition = this.#inParentheses() ?? { kind: "existence", query: this.#filterQuery() };
    this.#scanner.skipBlanks();
    if (this.#scanner.match(OPERATOR)) this.#scanner.fail("a comparison is negated in parentheses: !(@.a == 1)");
    return { kind: "not", condition };
  }

  #positive(): Condition {
    const inParentheses = this.#inParentheses();
    if (inParentheses !== undefined) return inParentheses;
    const { place } = this.#scanner;
    const left = this.#operand();
    const operator = this.#operator();
    if (operator !== undefined) {
      const right = this.#singular(this.#scanner.place, this.#operand());
      return { kind: "comparison", operator, left: this.#singular(place, left), right };
    }
    if (left.kind === "query") return { kind: "existence", query: left.query };
    return this.#scanner.fail("a value alone is no condition; compare it, as in @.type == 'access'", place);
  }

  #inParentheses(): Condition | undefined {
    const { place } = this.#scanner;
    if (!this.#scanner.take("(")) return undefined;
    const condition = this.#anyOf();
    if (!this.#scanner.take(")")) {
      if (this.#scanner.isAtEnd) this.#scanner.fail('its "(" is not closed', place);
      this.#unknownInFilter();
    }
    return condition;
  }

  #operator(): ComparisonOperator | undefined {
    this.#scanner.skipBlanks();
    const { place } = this.#scanner;
    const operator = this.#scanner.match(OPERATOR)?.[0];
    if (operator === undefined) return undefined;
    if (this.#scanner.next === "=") this.#scanner.fail("equality is written as ==, inequality as !=", place);
    this.#scanner.skipBlanks();
    return operator as ComparisonOperator;
  }

  #operand(): Operand {
    const { place } = this.#scanner;
    const text = this.#scanner.quoted();
    if (text !== undefined) return { kind: "literal", value: text };
    const literal = (this.#scanner.match(NUMBER) ?? this.#scanner.match(WORD))?.[0];
    if (literal === undefined) return { kind: "query", query: this.#filterQuery() };
    const value: number | boolean | null = JSON.parse(literal);
    if (value === Number.POSITIVE_INFINITY) this.#scanner.fail("the number is too large", place);
    return { kind: "literal", value };
  }

  #singular(place: number, operand: Operand): Operand {
    if (operand.kind === "literal" || isSingular(operand.query)) return operand;
    return this.#scanner.fail("a comparison takes one value: a path of names and single indices", place);
  }

  #filterQuery(): Query {
    const { place, next } = this.#scanner;
    if (next !== "@" && next !== "$") return this.#unknownInFilter();
    const query = this.#query();
    if (query.segments.length === 0 && this.#scanner.match(NAME)) {
      this.#scanner.fail("known are @, the element, and $, the whole document, each followed by .name or [0]", place);
    }
    return query;
  }

  #unexpected(): never {
    return this.#scanner.fail(mendingOf(this.#scanner.next));
  }

  #unknownInFilter(): never {
    const { place } = this.#scanner;
    const isCall = this.#scanner.match(CALL) !== undefined;
    return this.#scanner.fail(isCall ? "a filter knows no functions" : KNOWN_IN_FILTERS, place);
  }
}
