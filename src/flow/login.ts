/** A login of several steps: each sends a request, and captures values from its answer for those after it (P4). */

import * as z from "zod/mini";
import { type Field, withDefault } from "../config/fields.js";
import { accepted, parseBody } from "../http/answer.js";
import type { HttpAnswer, HttpRequest } from "../http/exchange.js";
import type { Mask } from "../http/mask.js";
import type { Clock } from "../values/clock.js";
import { type Capture, type CaptureSource, captureField, nothingCaptured } from "./capture.js";
import { type FlowRequest, type FlowRequestConfig, requestField, requestWith } from "./step-request.js";
import type { Values } from "./template.js";

/** One step: a request, and what is taken from its answer. */
export interface FlowStepConfig {
  /** What is sent. */
  readonly request: FlowRequestConfig;
  /** What is taken from the answer, by the name that it gets: a JSONPath, or where else it stands. */
  readonly capture?: Readonly<Record<string, string | CaptureSource>> | null;
}

/** The field for it. */
export const stepField = () => z.strictObject({ request: requestField(), capture: withDefault(captures(), {}) });

function captures(): Field<Readonly<Record<string, Capture>>> {
  return z.record(z.string(), captureField()) as Field<Record<string, Capture>>;
}

/** That in its normal form. */
export interface FlowStep {
  readonly request: FlowRequest;
  readonly capture: Readonly<Record<string, Capture>>;
}

/** Sends one request. What it rejects with is the failure of the login. */
export type SendStep = (request: HttpRequest) => Promise<{ readonly answer: HttpAnswer; readonly mask: Mask }>;

/** What a login has captured, in so far as it came: all, or what there was when a step failed. */
export type Login = { readonly captured: Values } & ({ readonly isWhole: true } | { readonly failure: unknown });

/** Runs `steps` one after the other, beginning with the values that are known. */
export async function login(steps: readonly FlowStep[], known: Values, send: SendStep, clock: Clock): Promise<Login> {
  let captured = known;
  try {
    for (const { request, capture } of steps) {
      const { answer, mask } = await send(requestWith(request, captured, clock));
      accepted(answer, parseBody(answer) ?? {}, mask);
      captured = { ...captured, ...(await capturedFrom(answer, capture)) };
    }
    return { captured, isWhole: true };
  } catch (failure) {
    return { captured, failure };
  }
}

async function capturedFrom(answer: HttpAnswer, capture: FlowStep["capture"]): Promise<Values> {
  const entries = Object.entries(capture).map(async ([name, find]) => {
    const value = await find(answer);
    if (value === undefined || value === "") throw nothingCaptured(name, answer);
    return [name, value] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
