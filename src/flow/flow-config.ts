/** The keys of a flow: its steps, what they bring, and what goes onto requests (P4). */

import * as z from "zod/mini";
import { lazily } from "../config/check.js";
import { because, count, faultAt, optional, seconds, text, withDefault } from "../config/fields.js";
import { allowedOriginsField, faultOfBaseUrl } from "../http/base-url.js";
import { type SeedText, seedText } from "../live/seed-text.js";
import { CLOCK_NAMES } from "./clock-values.js";
import { SIGNATURE_NAME } from "./hmac-signature.js";
import { type FlowStepConfig, stepField } from "./login.js";
import { faultsOfPlacement, type PlacementConfig, placementField } from "./placements.js";
import { type FlowRequestConfig, faultsOfRequest, requestField } from "./request-config.js";
import { faultOfTemplate, namesIn, sampleOf, type TemplateFault } from "./template.js";

/** The keys of a flow. */
export interface FlowKeys {
  /**
   * The requests of the login, one after the other.
   *
   * @default none
   */
  readonly steps?: readonly FlowStepConfig[] | null;
  /**
   * What goes onto each request of a connector.
   *
   * @default nothing
   */
  readonly apply?: readonly PlacementConfig[] | null;
  /** The address of the API, in which `${name}` stands for what was captured: `authFetch` resolves relative URLs against it. It must be https, or loopback. */
  readonly base_url_from?: string | null;
  /**
   * The origins that such an address may have, such as `https://eu.api.example`. Another is an error.
   *
   * @default any
   */
  readonly allowed_origins?: readonly string[] | null;
  /** Seconds that a session is used. Without it, a session is kept until an API refuses it. */
  readonly ttl_secs?: number | null;
  /**
   * HTTP statuses by which the API says that a session is over, beside 401: what wrappers take for a refusal unless they are
   * told otherwise.
   *
   * @default []
   */
  readonly reauth_on?: readonly number[] | null;
  /**
   * Values that a login replaces, such as a refresh token that rotates: their names, and their first values, of which
   * `{ file: PATH }` is read once, when the provider is made. A step uses `${name}`, and one that captures it replaces it, for
   * the next login and, with `persist`, the next process.
   */
  readonly rotates?: Readonly<Record<string, SeedText>> | null;
  /** A request that ends the session, sent on `close()`, unless a store shares it. Its failure is no error. */
  readonly logout?: FlowRequestConfig | null;
}

/** The fields for those keys. */
export const flowFields = () => ({
  steps: withDefault(z.array(stepField()), []),
  apply: withDefault(z.array(placementField()), []),
  base_url_from: optional(text().check(because(faultOfBaseTemplate))),
  allowed_origins: allowedOriginsField(),
  ttl_secs: optional(seconds()),
  reauth_on: withDefault(z.array(count(599).check(z.refine(isStatus, "must be an HTTP status from 300 to 599"))), []),
  rotates: withDefault(z.record(z.string(), seedText("rotates")), {}),
  logout: optional(requestField()),
});

function isStatus(given: number): boolean {
  return given >= 300 && given <= 599;
}

const flowSchema = lazily(() => z.object(flowFields()));

/** Those keys in their normal form. */
export type FlowSettings = z.output<ReturnType<typeof flowSchema>>;

/** What is wrong with how the parts of a flow stand to each other, each with its path. */
export function faultsOfFlow(flow: FlowSettings): readonly z.core.$ZodRawIssue[] {
  const { steps, apply, rotates, logout } = flow;
  const known: string[] = Object.keys(rotates);
  const issues = steps.flatMap(({ request, capture }, index) => {
    const later = steps.slice(index).flatMap((step) => Object.keys(step.capture));
    const faults = placed(["steps", index, "request"], faultsOfRequest(request, known, later));
    const names = Object.keys(capture).flatMap((name) => faultOfName(name, ["steps", index, "capture", name]));
    known.push(...Object.keys(capture));
    return [...faults, ...names];
  });
  const isEmpty = steps.length === 0 && apply.length === 0;
  const lost = Object.keys(rotates).filter((name) => !steps.some(({ capture }) => Object.hasOwn(capture, name)));
  const baseFault = faultOfBase(flow, known);
  return [
    ...(isEmpty ? [faultAt([], "has neither steps nor apply: there is nothing to do")] : []),
    ...issues,
    ...Object.keys(rotates).flatMap((name) => faultOfName(name, ["rotates", name])),
    ...lost.map((name) => faultAt(["rotates", name], "is captured by no step")),
    ...apply.flatMap((each, index) => placed(["apply", index], faultsOfPlacement(each, known))),
    ...(baseFault === undefined ? [] : [faultAt(["base_url_from"], baseFault)]),
    ...(logout === undefined ? [] : placed(["logout"], faultsOfRequest(logout, known))),
  ];
}

/** What is wrong with a base URL, whatever its names stand for. One that begins with a name may become anything. */
function faultOfBaseTemplate(template: string): string | undefined {
  return template.startsWith("${") ? undefined : faultOfBaseUrl(sampleOf(template), undefined);
}

/** What is wrong with its names, or with the origin of one that has none. */
function faultOfBase({ base_url_from: template, allowed_origins: allowed }: FlowSettings, known: readonly string[]) {
  if (template === undefined) return undefined;
  const isFixed = namesIn(template).length === 0;
  return faultOfTemplate(template, known) ?? (isFixed ? faultOfBaseUrl(sampleOf(template), allowed) : undefined);
}

function placed(above: readonly PropertyKey[], faults: readonly TemplateFault[]): z.core.$ZodRawIssue[] {
  return faults.map(({ path, fault }) => faultAt([...above, ...path], fault));
}

/** A catalog leaves just such names alone. */
const NAME = /^[A-Za-z_][\w-]*$/;

function faultOfName(name: string, path: PropertyKey[]): z.core.$ZodRawIssue[] {
  const isReserved = [...CLOCK_NAMES, SIGNATURE_NAME].includes(name);
  if (NAME.test(name) && !isReserved) return [];
  return [
    faultAt(path, isReserved ? "is a name that has a value of its own" : "must be a name of letters, digits, _ and -"),
  ];
}
