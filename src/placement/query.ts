/** The query of a URL, changed as text: what a caller has spelt in its own way stays as it is. */

/** `url` with the parameter `name` in place of those of that name. */
export function withQuery(url: string, name: string, value: string): string {
  const [beforeFragment = "", ...fragment] = url.split("#");
  const [path = "", ...query] = beforeFragment.split("?");
  const others = query
    .join("?")
    .split("&")
    .filter((pair) => pair !== "" && nameOf(pair) !== name);
  const all = [...others, `${encodeURIComponent(name)}=${encodeURIComponent(value)}`].join("&");
  return [`${path}?${all}`, ...fragment].join("#");
}

/** `form` with the field `name` in place of those of that name (application/x-www-form-urlencoded). */
export function withField(form: string, name: string, value: string): string {
  const others = form.split("&").filter((pair) => pair !== "" && nameOf(pair) !== name);
  return [...others, new URLSearchParams({ [name]: value })].join("&");
}

/** As servers read it: a plus sign is a space. */
function nameOf(pair: string): string {
  const [name = ""] = new URLSearchParams(pair).keys();
  return name;
}
