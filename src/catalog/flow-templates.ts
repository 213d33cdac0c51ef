/** The texts of a `flow` that are templates: names in them are the flow's own, and what is put into them is no template (P4). */

import type { Part } from "./references.js";

/** Where in a flow something stands. */
export type FlowPlace = "config" | "template";

/** The keys of a flow whose texts are templates. */
const TEMPLATES: ReadonlySet<string> = new Set(["steps", "apply", "base_url_from", "logout"]);

/** Where in a flow the key `name` of `mapping` stands, which stands at `place` itself. */
export function withinFlow(place: FlowPlace | undefined, mapping: object, name: string): FlowPlace | undefined {
  if (place === "template") return place;
  if (place === "config") return TEMPLATES.has(name) ? "template" : undefined;
  return name === "config" && (mapping as { type?: unknown }).type === "flow" ? "config" : undefined;
}

/** As a flow names what it has captured. */
const NAME = /^[A-Za-z_][\w-]*$/;

/** The parts of a template: names are left as they are written, and so is a literal `${`. */
export function withNames(parts: readonly Part[]): readonly Part[] {
  return parts.map((part): Part => {
    if (part.kind === "text") return { kind: "text", text: asTemplate(part.text) };
    const isName = part.kind === "reference" && NAME.test(part.target) && part.fallback === undefined;
    return isName ? { kind: "text", text: part.mark } : part;
  });
}

/** `text` as a template that gives just that. */
export function asTemplate(text: string): string {
  return text.replaceAll("${", () => "$${");
}
