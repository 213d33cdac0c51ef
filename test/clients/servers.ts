/** Says at the end which tests were left out, since a server is not installed. */

import { withoutNats } from "../support/nats.js";
import { withoutPostgres } from "../support/postgres.js";
import { withoutRedis } from "../support/redis.js";
import { withoutOauthlib } from "./oauthlib.js";

export function teardown(): void {
  for (const reason of [withoutPostgres, withoutRedis, withoutNats, withoutOauthlib]) {
    if (reason === undefined) continue;
    process.stdout.write(
      `Tests of a client were left out: this machine ${reason}; test/clients/install.sh does that.\n`,
    );
  }
}
