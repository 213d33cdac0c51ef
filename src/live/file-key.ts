/** A key of a configuration that is the path of a file with a live text in it (V1, V3, D11). */

import { absolutePath, faultOfFilePath } from "../values/file-path.js";
import { folderOf } from "./document-folder.js";
import { FileValue, faultOfFile, type LiveRules } from "./live-value.js";

/** Which file it is: the configuration as it was given, and its key. */
export interface FileKey {
  readonly config: object;
  readonly key: string;
}

/** The path, absolute: a relative one starts at the folder of the document, in code at the working directory. */
export function pathAt({ config, key }: FileKey): string {
  return absolutePath((config as Readonly<Record<string, string>>)[key] ?? "", folderOf(config));
}

/** The file, which is read at once. Throws where `faultOfFileAt` has a fault. */
export function fileAt(file: FileKey, rules: Omit<LiveRules, "key">): FileValue {
  return new FileValue(pathAt(file), { key: file.key, ...rules });
}

/** What is wrong with the path, or with the file. */
export function faultOfFileAt(file: FileKey, rules: Omit<LiveRules, "key">): string | undefined {
  const wrong = faultOfFilePath((file.config as Readonly<Record<string, unknown>>)[file.key], "file");
  if (wrong !== undefined) return wrong;
  try {
    fileAt(file, rules);
    return undefined;
  } catch (error) {
    return faultOfFile(pathAt(file), error);
  }
}
