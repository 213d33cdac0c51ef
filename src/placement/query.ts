/** The query of a URL, changed as text: what a caller has spelt in its own way stays as it is. */

/** `url` with the parameter `name` in place of those of that name. */
export function withQuery(url: string, name: string, value: string): string {
  const added = `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
  return withPairs(url, (pairs) => [...pairs.filter((pair) => pair !== "" && nameOf(pair) !== name), added]);
}

/** `url` without the parameters that `isOne` says. */
export function withoutParameters(url: string, isOne: (name: string, value: string) => boolean): string {
  const isMeant = (pair: string): boolean => readingsOf(pair).some(([name, value]) => isOne(name, value));
  return withPairs(url, (pairs) => (pairs.some(isMeant) ? pairs.filter((pair) => !isMeant(pair)) : pairs));
}

function withPairs(url: string, change: (pairs: readonly string[]) => readonly string[]): string {
  const [beforeFragment = "", ...fragment] = url.split("#");
  const [path = "", ...query] = beforeFragment.split("?");
  const pairs = query.join("?").split("&");
  const changed = change(pairs);
  if (changed === pairs) return url;
  return [changed.length === 0 ? path : `${path}?${changed.join("&")}`, ...fragment].join("#");
}

/** `form` with the field `name` in place of those of that name (application/x-www-form-urlencoded). */
export function withField(form: string, name: string, value: string): string {
  const others = form.split("&").filter((pair) => pair !== "" && nameOf(pair) !== name);
  return [...others, new URLSearchParams({ [name]: value })].join("&");
}

/** As servers read it: a plus sign is a space. */
function nameOf(pair: string): string {
  return parsed(pair)[0];
}

/** Name and value, as those who take a plus sign for a space read them, and as others do. */
function readingsOf(pair: string): readonly (readonly [name: string, value: string])[] {
  return pair.includes("+") ? [parsed(pair), parsed(pair.replaceAll("+", "%2B"))] : [parsed(pair)];
}

/** The sign before it keeps a question mark that begins the name: at the beginning of a text, one is taken for that of a URL. */
function parsed(pair: string): readonly [name: string, value: string] {
  const [parameter = ["", ""] as const] = new URLSearchParams(`&${pair}`);
  return parameter;
}
