/** Text for people, as wide as their terminal. */

import { type Output, widthOf } from "./surroundings.js";

/** Writes `text` as a paragraph. A word that is longer than a line, such as an address, stays whole. */
export function say(output: Output, text: string): void {
  output.write(`${wrapped(text, widthOf(output))}\n`);
}

/** Writes `text` on a line of its own, whole, with empty lines around it: something to copy. */
export function show(output: Output, text: string): void {
  output.write(`\n${text}\n\n`);
}

/** `text` as lines that fit into a terminal. Where there is none it stays as it is, for whoever searches in it. */
export function fitted(text: string, output: Output): string {
  if (output.columns === undefined) return text;
  const lines = text.split("\n").map((line) => wrapped(line, widthOf(output)));
  return lines.join("\n");
}

/** `text` with line breaks, so that no line is longer than `width` unless a word is. */
function wrapped(text: string, width: number): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join("\n");
}
