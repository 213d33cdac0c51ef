/**
 * Takes the comments that head a file of src out of the declarations: bundled, they head nothing any
 * more, and they speak to whoever works on that file.
 */

import { readFileSync, writeFileSync } from "node:fs";

for (const name of ["index.d.ts", "index.d.cts"]) {
  const file = new URL(`../dist/${name}`, import.meta.url);
  writeFileSync(file, readFileSync(file, "utf8").replaceAll(/^\/\*\*(?:(?!\*\/).)*\*\/\n+(?=\n|\/\*\*)/gms, ""));
}
