/** A QR code in a terminal, for an address that is opened by the camera of a phone. */

import { renderUnicodeCompact } from "uqr";
import { type Output, widthOf } from "./surroundings.js";

/** `text` as a QR code of characters; `undefined` where it is wider than the terminal. */
export function qrCode(text: string, output: Output): string | undefined {
  const code = renderUnicodeCompact(text, { ecc: "L", border: 2 });
  return code.split("\n").some((line) => line.length > widthOf(output)) ? undefined : code;
}
