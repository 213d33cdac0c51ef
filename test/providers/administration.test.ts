/** What a person does with a grant, where the store does not go along. */

import { expect, test } from "vitest";
import {
  administrationOf,
  Credential,
  MemoryTokenStore,
  OAuth2RefreshProvider,
  type StoredRecord,
} from "../../src/index.js";
import type { Redemption } from "../../src/values/issued.js";
import { errorOf } from "../support/errors.js";

/** Another lease writes in the middle of so many of ours, as where this process was stopped for too long. */
class OvertakenStore extends MemoryTokenStore {
  #times: number;

  constructor(times: number) {
    super();
    this.#times = times;
  }

  override async write(key: string, record: StoredRecord): Promise<boolean> {
    if (this.#times-- <= 0) return super.write(key, record);
    const { fencingToken, text } = record;
    await super.write(key, { ...record, fencingToken: fencingToken + 1, text: text.replace('"r1"', '"r0"') });
    return super.write(key, record);
  }
}

const BROUGHT: Redemption = {
  token: { text: "t1", credential: Credential.bearer("t1"), expiresIn: 60 },
  refreshToken: "r1",
};

function grantIn(store: MemoryTokenStore) {
  const config = { token_url: "https://idp.example/token", client_id: "reports", client_secret: "s3cr3t" };
  const consent = { authorization_url: "https://idp.example/authorize" };
  const administration = administrationOf(new OAuth2RefreshProvider({ ...config, ...consent }, { store, name: "crm" }));
  if (administration === undefined) throw new Error("it has no administration");
  return administration;
}

test("L3 D2 what a login has brought is kept, though its lease was over when it came", async () => {
  const store = new OvertakenStore(1);
  const administration = grantIn(store);
  await administration.begin(BROUGHT, undefined);
  expect(await store.read(administration.key ?? "")).toMatchObject({ text: expect.stringContaining('"r1"') });
});

test("L3 D2 a login that cannot be kept is not told as kept", async () => {
  const administration = grantIn(new OvertakenStore(9));
  const error = await errorOf(() => administration.begin(BROUGHT, undefined));
  expect(error).toMatchObject({ code: "store", message: expect.stringContaining("could not be locked") });
});
