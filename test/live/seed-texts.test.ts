/** Texts that are read once, when their provider is made: first refresh tokens, and the keys of a store (D5, V1). */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { AuthCatalog, FileTokenStore, fromConfig } from "../../src/index.js";
import { errorOf } from "../support/errors.js";
import { faultsOf } from "../support/faults.js";
import { newFolder } from "../support/folder.js";
import { json, startIdp } from "../support/idp.js";

const KEY = Buffer.alloc(32, 7).toString("base64");

/** An IdP at which each refresh token is good once. */
const rotating = () =>
  startIdp((_request, response, n) => json(response, { access_token: `t${n}`, refresh_token: `r${n}`, ttl: 60 }));

const client = { client_id: "c", client_secret: "s" };

describe("a refresh token in a file", () => {
  test("V1 D5 is the seed that its text is: read once, and never again once another came", async () => {
    const [idp, folder] = [await rotating(), await newFolder()];
    const file = join(folder, "token");
    await writeFile(file, "r0\n");
    const config = { token_url: idp.tokenUrl, ...client, persist: { path: join(folder, "state") } };
    const make = (refresh_token: unknown) =>
      fromConfig({ type: "oauth2_refresh", config: { ...config, refresh_token } });
    const first = make({ file });
    const key = (JSON.parse(JSON.stringify(first)) as { persist: { key: string } }).persist.key;
    await writeFile(file, "written later");
    await first.invalidate(await first.getToken());
    expect(idp.seen.map(({ form }) => form.refresh_token)).toEqual(["r0", "r1"]);
    const second = make("r0");
    expect(JSON.parse(JSON.stringify(second))).toMatchObject({ persist: { key } });
    await second.invalidate(await second.getToken());
    expect(idp.seen.at(-1)?.form.refresh_token).toBe("r2");
  });

  test("V1 starts at the folder of its document, as the first values of a flow do", async () => {
    const [idp, folder] = [await rotating(), await newFolder()];
    await writeFile(join(folder, "token"), "r0");
    const pipeline = `auth:
  a: { type: oauth2_refresh, config: { token_url: ${idp.tokenUrl}, client_id: c, client_secret: s, refresh_token: { file: token } } }
  b:
    type: flow
    config:
      rotates: { rt: { file: token } }
      steps:
        - request: { method: POST, url: ${idp.origin}/flow, form: { refresh_token: "\${rt}" } }
          capture: { rt: $.refresh_token, at: $.access_token }
      apply: [{ into: header, name: authorization, value: "Bearer \${at}" }]
`;
    await writeFile(join(folder, "pipeline.yaml"), pipeline);
    await using catalog = await AuthCatalog.load(join(folder, "pipeline.yaml"));
    await catalog.get("a").getToken();
    await catalog.get("b").getToken();
    expect(idp.seen.map(({ form }) => form.refresh_token)).toEqual(["r0", "r0"]);
  });
});

test("V1 S1 the keys of a store may stand in files", async () => {
  const [idp, folder] = [await rotating(), await newFolder()];
  const [file, old] = [join(folder, "key"), join(folder, "old")];
  const path = join(folder, "state");
  const config = { token_url: idp.tokenUrl, ...client };
  const tokenWith = (persist: object) =>
    fromConfig({ type: "oauth2", config: { ...config, persist: { path, key: "k", ...persist } } }).getToken();
  await writeFile(file, `${KEY}\n`);
  const first = await tokenWith({ encryption_key: { file } });
  expect((await new FileTokenStore(path).read("k"))?.text).toMatch(/^[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/);
  expect(await tokenWith({ encryption_key: KEY })).toEqual(first);
  await writeFile(old, KEY);
  await writeFile(file, Buffer.alloc(32, 8).toString("base64"));
  expect(await tokenWith({ encryption_key: { file }, previous_encryption_keys: [{ file: old }] })).toEqual(first);
});

describe("what cannot be read once", () => {
  const base = { token_url: "https://idp.example/token", ...client };

  test("V3 G2 a file that is not there, or holds no key, is a fault with its path", async () => {
    const folder = await newFolder();
    const file = join(folder, "s3cr3t");
    await writeFile(file, "s3cr3t");
    const config = {
      ...base,
      refresh_token: { file: join(folder, "none") },
      persist: { path: folder, encryption_key: { file }, previous_encryption_keys: [{ file }, "short"] },
    };
    expect(await faultsOf("oauth2_refresh", config)).toEqual({
      "refresh_token.file": expect.stringContaining("cannot be read (ENOENT)"),
      "persist.encryption_key.file": expect.stringContaining("must be 32 bytes, in base64"),
      "persist.previous_encryption_keys[0].file": expect.stringContaining("must be 32 bytes, in base64"),
      "persist.previous_encryption_keys[1]": expect.stringContaining("must be 32 bytes, in base64"),
    });
  });

  test("V1 a function is a fault that says why", async () => {
    const error = await errorOf(() =>
      fromConfig({ type: "oauth2_refresh", config: { ...base, refresh_token: () => "r0" } }),
    );
    expect(error).toMatchObject({ code: "config", message: expect.stringMatching(/refresh_token: .*not a function/) });
  });
});
