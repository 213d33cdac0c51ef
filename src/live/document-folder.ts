/** The folder of the document that a part of a configuration stands in, at which relative paths in it start (D11). */

const FOLDER: unique symbol = Symbol.for("faucet-auth.document-folder") as never;

/**
 * A copy of `data` in which every mapping knows that it stands in a document of `folder`, if it is in one. What is no data
 * stays as it is, and so does what `isWhole` knows: an object of code may look like a mapping.
 */
export function standingIn<T>(folder: string | undefined, data: T, isWhole: (value: unknown) => boolean): T {
  if (folder === undefined) return data;
  if (Array.isArray(data)) return data.map((item) => standingIn(folder, item, isWhole)) as T;
  if (!isData(data) || isWhole(data)) return data;
  const copy = Object.fromEntries(Object.entries(data).map(([key, item]) => [key, standingIn(folder, item, isWhole)]));
  return Object.defineProperty(copy, FOLDER, { value: folder }) as T;
}

/** `copy`, which stands where `mapping` does. */
export function standingWith<T extends object>(mapping: object, copy: T): T {
  const folder = folderOf(mapping);
  return folder === undefined ? copy : Object.defineProperty(copy, FOLDER, { value: folder });
}

/** The folder that `mapping` knows of; `undefined` for one of code, whose paths start at the working directory. */
export function folderOf(mapping: object): string | undefined {
  return (mapping as { readonly [FOLDER]?: string })[FOLDER];
}

/** Whether `value` is a mapping, of any realm, and no object of a class. */
export function isData(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
