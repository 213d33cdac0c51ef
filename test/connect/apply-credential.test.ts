import { Request as UndiciRequest } from "undici";
import { describe, expect, expectTypeOf, test } from "vitest";
import { applyCredential, Credential, credentialHeaders, type FetchFunction } from "../../src/index.js";

const cases = [
  [Credential.bearer("t"), { authorization: "Bearer t" }],
  [Credential.token("Custom t"), { authorization: "Custom t" }],
  [Credential.basic("ü", "p:w"), { authorization: `Basic ${Buffer.from("ü:p:w").toString("base64")}` }],
  [Credential.header("X-Api-Key", "k"), { "X-Api-Key": "k" }],
] as const;

describe("each kind of credential", () => {
  test.each(cases)("%s as headers", (credential, headers) => {
    expect(credentialHeaders(credential)).toEqual(headers);
  });

  test.each(cases)("%s onto a request, replacing what is there and nothing else", (credential, headers) => {
    const request = {
      method: "GET",
      url: new URL("https://api.example"),
      headers: new Headers({ authorization: "old", "x-api-key": "old", other: "kept" }),
    };
    applyCredential(request, credential);
    const [[name, value]] = Object.entries(headers) as [[string, string]];
    expect(request.headers.get(name)).toBe(value);
    expect(request.headers.get("other")).toBe("kept");
    expect([...request.headers].filter(([, other]) => other === "old")).toHaveLength(1);
  });

  test("a Request of any fetch is one", () => {
    const request = new Request("https://api.example");
    applyCredential(request, Credential.bearer("t"));
    expect(request.headers.get("authorization")).toBe("Bearer t");
    const other = new UndiciRequest("https://api.example");
    applyCredential(other, Credential.bearer("t"));
    expect(other.headers.get("authorization")).toBe("Bearer t");
  });

  test("a kind that is not known is an error", () => {
    expect(() => credentialHeaders({ type: "mystery" } as never)).toThrow(/type "mystery" is not known/);
  });
});

test("what authFetch gives is typed as the environment's fetch, and takes it", () => {
  expectTypeOf<FetchFunction>().toEqualTypeOf<typeof globalThis.fetch>();
});
