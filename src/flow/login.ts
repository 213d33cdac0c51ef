/** A login of several steps: each sends a request, and captures values from its answer for those after it (P4). */

import * as z from "zod/mini";
import { type Field, withDefault } from "../config/fields.js";
import { accepted, parseBody } from "../http/answer.js";
import type { HttpAnswer, HttpRequest } from "../http/exchange.js";
import type { Mask } from "../http/mask.js";
import type { Clock } from "../values/clock.js";
import { type Capture, type CaptureSource, captureField, nothingCaptured } from "./capture.js";
import { type FlowRequest, type FlowRequestConfig, requestField } from "./request-config.js";
import { requestWith } from "./step-request.js";
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

/** What a login has captured, in so far as it came: all, or what there was when a step failed, be it the first one or not. */
export type Login = { readonly captured: Values } & (
  | { readonly isWhole: true }
  | { readonly failure: unknown; readonly hasBegun: boolean }
);

/** Runs `steps` one after the other, beginning with the values that are known. */
export async function login(steps: readonly FlowStep[], known: Values, send: SendStep, clock: Clock): Promise<Login> {
  const captured = { ...known };
  let hasBegun = false;
  try {
    for (const { request, capture } of steps) {
      const { answer, mask } = await send(requestWith(request, captured, clock));
      accepted(answer, parseBody(answer) ?? {}, mask);
      hasBegun = true;
      await captureAll(answer, capture, captured);
    }
    return { captured, isWhole: true };
  } catch (failure) {
    return { captured, failure, hasBegun };
  }
}

/** All that can be captured is: a refresh token must not be lost since something else is missing. */
async function captureAll(
  answer: HttpAnswer,
  capture: FlowStep["capture"],
  captured: Record<string, string>,
): Promise<void> {
  let failure: unknown;
  for (const [name, find] of Object.entries(capture)) {
    try {
      const value = await find(answer);
      if (!value) throw nothingCaptured(name, answer);
      captured[name] = value;
    } catch (error) {
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
}
