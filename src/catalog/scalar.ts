/**
 * Scalars that can be read in two ways: as text, which is what was written, or as the number or
 * boolean that the text spells. Which of them is meant is known to the key that takes the scalar.
 */

import { isAuthProvider } from "../auth-provider.js";
import { faultOfNumber } from "../config/scalars.js";
import { isPlainRecord } from "../values/plain-record.js";

/**
 * A scalar beside the text that it was written as (A8). Only the text is a property, so that whoever takes
 * it for data sees a mapping with an unknown key.
 */
export class Scalar {
  /** What was written. */
  readonly text: string;
  readonly #value: number | boolean | undefined;
  readonly #plain: string | number | boolean;
  readonly #isInexact: boolean;

  private constructor(text: string, { value, plain, isInexact }: Readings) {
    this.text = text;
    this.#value = value;
    this.#plain = plain;
    this.#isInexact = isInexact;
  }

  /** The number or boolean that it spells; `undefined` if it spells none that is exact. */
  get value(): number | boolean | undefined {
    return this.#value;
  }

  /** What it is where nothing is known of its key, as in a JSON body. */
  get plain(): string | number | boolean {
    return this.#plain;
  }

  /** Whether it spells a number that cannot be kept as one: infinite, or so large that its digits would be lost. */
  get isInexact(): boolean {
    return this.#isInexact;
  }

  /** A number or boolean of a document, beside its source text. */
  static literal(text: string, value: number | boolean): Scalar {
    const isInexact = faultOfNumber(value) !== undefined;
    const exact = isInexact ? undefined : value;
    const plain = exact === undefined || LEADING_ZERO.test(text) ? text : exact;
    return new Scalar(text, { value: exact, plain, isInexact });
  }

  /** The text that a reference stands for: a `Scalar` if it could be meant as a number or a boolean. */
  static referred(text: string): Scalar | string {
    const value = spelt(text);
    return value === undefined ? text : new Scalar(text, { value, plain: text, isInexact: false });
  }

  /** What a key is offered first: the number or boolean, if writing it gives the same text again. */
  get offer(): Scalar | number | boolean {
    return this.#value !== undefined && this.#value === this.#plain && String(this.#value) === this.text
      ? this.#value
      : this;
  }

  /** What stands in a JSON body that contains the scalar. */
  toJSON(): string | number | boolean {
    return this.plain;
  }
}

interface Readings {
  readonly value: number | boolean | undefined;
  readonly plain: string | number | boolean;
  readonly isInexact: boolean;
}

/** An account or a postal code, rather than a quantity. */
const LEADING_ZERO = /^[-+]?0\d/;

const NUMBER = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i;

function spelt(text: string): number | boolean | undefined {
  if (/^(?:true|false)$/i.test(text)) return text.toLowerCase() === "true";
  if (!NUMBER.test(text)) return undefined;
  const value = Number(text);
  return faultOfNumber(value) === undefined ? value : undefined;
}

/** `value` as plain data, with each scalar as what it is where nothing is known of its key. */
export function plainData(value: unknown): unknown {
  return replaced(value, "", ({ plain }) => plain);
}

/** A copy of `value` with each `Scalar` replaced by what `replace` gives for it; `step` makes paths. */
export function replaced(
  value: unknown,
  path: string,
  replace: (scalar: Scalar, path: string) => unknown,
  step: (path: string, key: string | number) => string = () => "",
): unknown {
  if (value instanceof Scalar) return replace(value, path);
  if (Array.isArray(value)) return value.map((item, index) => replaced(item, step(path, index), replace, step));
  // In code, a provider may stand where YAML has a reference to one.
  if (!isPlainRecord(value) || isAuthProvider(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, replaced(item, step(path, key), replace, step)]);
  return Object.fromEntries(entries);
}
