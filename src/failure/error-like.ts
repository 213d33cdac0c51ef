/** Errors that say more than the one that they follow from, and are of its class: callers tell both apart in the same way. */

/** Whether it is an error, of whichever realm: Jest and `vm` have classes of their own. */
export function isError(value: unknown): value is Error {
  return typeof value === "object" && value !== null && typeof (value as { message?: unknown }).message === "string";
}

/**
 * A new error of the class of `failure` and with its fields, but with another message and cause, and with `fields`. Made without the
 * constructor of the class, whose parameters are not known. `undefined` if that does not work.
 */
export function errorLike(
  failure: Error,
  message: string,
  { cause, ...fields }: Readonly<{ cause: unknown } & Record<string, unknown>>,
): Error | undefined {
  const error = new Error(message, { cause });
  Object.setPrototypeOf(error, Object.getPrototypeOf(failure));
  const own = Object.getOwnPropertyDescriptors(failure) as Record<string, PropertyDescriptor>;
  for (const name of ["message", "stack", "cause", ...Object.keys(fields)]) delete own[name];
  for (const field of Object.values(own)) field.configurable = true;
  Object.defineProperties(error, own);
  for (const [name, value] of Object.entries(fields)) {
    Object.defineProperty(error, name, { value, enumerable: true, configurable: true, writable: true });
  }
  const isWhole = error.message === message && inheritedGetters(failure).every((name) => canBeRead(error, name));
  return isWhole ? error : undefined;
}

/** The getters of its class: one that reads a private field works on no object that its constructor has not made. */
function inheritedGetters(failure: Error): PropertyKey[] {
  const names: PropertyKey[] = [];
  for (
    let prototype = Object.getPrototypeOf(failure);
    prototype !== null;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    const getters = Object.entries(Object.getOwnPropertyDescriptors(prototype)).filter(
      ([, { get }]) => get !== undefined,
    );
    names.push(...getters.map(([name]) => name).filter((name) => name !== "__proto__"));
  }
  return names;
}

function canBeRead(error: Error, name: PropertyKey): boolean {
  try {
    Reflect.get(error, name);
    return true;
  } catch {
    return false;
  }
}
