/** axios in one line, with bodies of each kind: what is sent again is what was sent. */

import { Readable } from "node:stream";
import axios from "axios";
import { describe, expect, test } from "vitest";
import { authFetch } from "../../src/index.js";
import { startApi } from "../support/api.js";
import { scriptedProvider } from "../support/scripted-provider.js";

function formData(): FormData {
  const form = new FormData();
  form.append("a", "payload");
  return form;
}

const bodies: Record<string, [() => unknown, RegExp]> = {
  nothing: [() => undefined, /^$/],
  "an object": [() => ({ a: "payload" }), /^\{"a":"payload"\}$/],
  "a string": [() => "payload", /^payload$/],
  "a Buffer": [() => Buffer.from("payload"), /^payload$/],
  URLSearchParams: [() => new URLSearchParams({ a: "payload" }), /^a=payload$/],
  "a Blob": [() => new Blob(["payload"]), /^payload$/],
  FormData: [formData, /name="a"\r\n\r\npayload\r\n/],
  "a Node stream": [() => Readable.from([Buffer.from("payload")]), /^payload$/],
  "a web stream": [() => new Blob(["payload"]).stream(), /^payload$/],
};

describe.each(Object.entries(bodies))("%s", (name, [make, arrives]) => {
  test("W1 W3 is sent again whole, or the refusal is the answer", async () => {
    const api = await startApi(["Bearer t2"]);
    const client = axios.create({ adapter: "fetch", env: { fetch: authFetch(scriptedProvider()) } });
    const { status } = await client.post(api.origin, make(), { validateStatus: () => true });
    expect(api.seen).toHaveLength(status === 200 ? 2 : 1);
    for (const { body } of api.seen) expect(body).toMatch(arrives);
    if (status !== 200) expect([status, name]).toEqual([401, expect.stringContaining("stream")]);
  });
});
