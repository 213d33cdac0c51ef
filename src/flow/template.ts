/** Texts with `${name}` in them: what a login has brought, the time, a nonce (P4). Values are never read for names again. */

import { misspelt } from "../config/check.js";

/** The values that names stand for. */
export type Values = Readonly<Record<string, string>>;

/** `$${` for a literal `${`; a name; a `${` that nothing ends. */
const MARK = /\$\$\{|\$\{([^{}]*)\}|\$\{/g;

/** A name, in a text that has no other mark. */
const NAME = /(?<!\$)\$\{[^{}]*\}/;

/** A template, and where it stands. */
export interface Templated {
  readonly path: readonly PropertyKey[];
  readonly template: string;
  /** Names that have a value there alone. */
  readonly more?: readonly string[];
}

/** What is wrong with one of them. */
export interface TemplateFault {
  readonly path: readonly PropertyKey[];
  readonly fault: string;
}

/** What is wrong with `templates`, where `known` are the names that have a value by then, and `later` those that get one. */
export function faultsOfTemplates(
  templates: readonly Templated[],
  known: readonly string[],
  later: readonly string[] = [],
): readonly TemplateFault[] {
  return templates.flatMap(({ path, template, more = [] }) => {
    const fault = faultOfTemplate(template, [...known, ...more], later);
    return fault === undefined ? [] : [{ path, fault }];
  });
}

/** `text` as a template that gives just that. */
export function asTemplate(text: string): string {
  return text.replaceAll("${", () => "$${");
}

/** The names in `template`. */
export function namesIn(template: string): readonly string[] {
  return [...template.matchAll(MARK)].flatMap(([, name]) => (name === undefined ? [] : [name]));
}

/** What of `template` is sent as it stands there, whatever its names stand for: all of it, or what is beside its names. */
export function piecesOf(template: string): readonly string[] {
  return template.split(NAME).map((piece) => piece.replaceAll("$${", () => "${"));
}

/** `template` with `value` for each name, as any might be: what is wrong with that is wrong with the template. */
export function sampleOf(template: string, value = "0"): string {
  return render(template, Object.fromEntries(namesIn(template).map((name) => [name, value])));
}

/** What is wrong with `template`, where `known` are the names that have a value by then, and `later` those that get one. */
export function faultOfTemplate(
  template: string,
  known: readonly string[],
  later: readonly string[] = [],
): string | undefined {
  if ([...template.matchAll(MARK)].some(([mark]) => mark === "${")) {
    return "has ${ without a }; write $${ for a literal ${";
  }
  const unknown = namesIn(template).find((name) => !known.includes(name));
  return unknown === undefined ? undefined : faultOfName(unknown, known, later);
}

/** A name is shown if it is one of the flow's, or a misspelling of one: another may be a part of a secret. */
function faultOfName(name: string, known: readonly string[], later: readonly string[]): string {
  if (later.includes(name)) return `has \${${name}}, which nothing has captured by then; a later step does`;
  const meant = misspelt(name, [...known, ...later]);
  if (meant !== undefined) return `has \${${name}}, which nothing captures; did you mean "${meant}"?`;
  const choice = known.length === 0 ? "there are none" : `known are ${known.join(", ")}`;
  return `has a name that nothing has captured by then; ${choice}; write $\${ for a literal \${`;
}

/** `template` with each name replaced by its value. */
export function render(template: string, values: Values): string {
  return renderEach(template, values, (value) => value);
}

/** The same with what `written` makes of each value, behind the part of the template that stands before it. */
export function renderEach(
  template: string,
  values: Values,
  written: (value: string, before: string) => string,
): string {
  return template.replace(MARK, (mark: string, name: string | undefined, position: number) => {
    if (mark === "$${") return "${";
    const value = name === undefined ? undefined : values[name];
    return value === undefined ? mark : written(value, template.slice(0, position));
  });
}

/** A JSON value whose texts, keys too, are templates: what is put in is data, whatever characters it has. */
export function renderJson(value: unknown, values: Values): unknown {
  if (typeof value === "string") return render(value, values);
  if (Array.isArray(value)) return value.map((item) => renderJson(item, values));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [render(key, values), renderJson(item, values)] as const);
  return Object.fromEntries(entries);
}

/** Each text of the JSON value at `path`, keys too. */
export function textsIn(value: unknown, path: readonly PropertyKey[]): readonly Templated[] {
  if (typeof value === "string") return [{ path, template: value }];
  if (Array.isArray(value)) return value.flatMap((item, index) => textsIn(item, [...path, index]));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const at = [...path, key];
    return [{ path: at, template: key }, ...textsIn(item, at)];
  });
}
