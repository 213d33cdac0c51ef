/** Finds what looks like a token in foreign text: an IdP may quote secrets that we do not hold (S2). */

/** `text` with `mask` in place of everything that looks like a token, or that follows the name of an HTTP scheme as one. */
export function maskTokens(text: string, mask: string): string {
  return text
    .replace(AFTER_SCHEME, (all: string, scheme: string, value: string) => (isNoWord(value) ? scheme + mask : all))
    .replace(RUN, (run) => (looksLikeToken(run) ? mask : run));
}

const AFTER_SCHEME = /\b((?:bearer|basic|dpop)\s+)([\w.~+/-]+=*)/gi;

/** Letters and digits, with what may stand between them in a token. */
const RUN = /[A-Za-z0-9]+(?:[+/_.~-][A-Za-z0-9]+)*=*/g;

/** A digit, an inner capital or padding: `Bearer authentication`, `Basic Authentication` and `Bearer realm=` are words. */
function isNoWord(value: string): boolean {
  return /\d|[a-z][A-Z]/.test(value) || (value.endsWith("=") && value.length % 4 === 0);
}

const SHORTEST_TOKEN = 10;
const FEWEST_CHANGES = 4;
const LONGEST_WORD = 31;
const LONGEST_NUMBER = 15;
const FEWEST_DIFFERENT = 10;

/**
 * Whether letters and digits follow each other as they do by chance. In words and in names such as
 * `AADSTS7000215`, `SHA256withRSA` or a URL, changes from small to capital letters and from letters to digits are rare:
 * fewer than one in five characters; in random text they are two in five. A new word's capital counts for nothing.
 */
function looksLikeToken(run: string): boolean {
  const atoms = run.split(/[^A-Za-z0-9]+/);
  if (atoms.some(isTooLong)) return true;
  const length = atoms.join("").length;
  const changes = atoms.reduce((sum, atom) => sum + changesIn(atom), 0);
  return length >= SHORTEST_TOKEN && changes >= Math.max(FEWEST_CHANGES, length * 0.22);
}

function changesIn(atom: string): number {
  return atom.match(/(?=[a-z][A-Z0-9]|[A-Z][0-9]|[0-9][A-Za-z])/g)?.length ?? 0;
}

/** Longer than a word or a number is, and no row of the same few characters. */
function isTooLong(atom: string): boolean {
  if (/^\d+$/.test(atom)) return atom.length > LONGEST_NUMBER;
  const words = atom.split(/(?<=[a-z])(?=[A-Z])/);
  return words.some((word) => word.length > LONGEST_WORD && new Set(word).size >= FEWEST_DIFFERENT);
}
