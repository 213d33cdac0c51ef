/**
 * Takes the comments that head a file of src out of the declarations: bundled, they head nothing any
 * more, and they speak to whoever works on that file.
 */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const dist = new URL("../dist/", import.meta.url);

for (const name of readdirSync(dist).filter((each) => /\.d\.c?ts$/.test(each))) {
  const file = new URL(name, dist);
  writeFileSync(file, readFileSync(file, "utf8").replaceAll(/^\/\*\*(?:(?!\*\/).)*\*\/\n+(?=\n|\/\*\*)/gms, ""));
}
