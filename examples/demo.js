/** Eight connectors, one grant: npm run demo. See `--help`. */

import { parseArgs } from "node:util";

const USAGE = `Usage: npm run demo [-- OPTION]

Eight connectors read an API for ten seconds, with tokens that live for three, from
an OpenID provider that revokes the grant when a refresh token is presented twice.
After four seconds, one access token is revoked.

  --unshared  gives each connector a provider of its own: the grant dies, since they
              present each other's spent refresh tokens
  --help      prints this

Exit status: 0 if the grant has survived, 1 if not, 2 for an unknown option, 130
after Ctrl-C.
`;

const options = parsed();
if (options.help) process.stdout.write(USAGE);
else await demonstrate(!options.unshared);

function parsed() {
  try {
    const known = /** @type {const} */ ({ unshared: { type: "boolean" }, help: { type: "boolean", short: "h" } });
    return parseArgs({ options: known }).values;
  } catch (error) {
    console.error(`${/** @type {Error} */ (error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

/** @param {boolean} shared */
async function demonstrate(shared) {
  const ending = new AbortController();
  let interrupted = false;
  // A second Ctrl-C ends the process at once.
  process.once("SIGINT", () => {
    interrupted = true;
    ending.abort();
  });
  console.log("Starting an OpenID provider, an API and eight connectors …\n");
  const { run } = await import("./demo/run.js");
  const survived = await run(shared, ending);
  if (interrupted) console.log("\nStopped by Ctrl-C.");
  process.exitCode = interrupted ? 130 : survived ? 0 : 1;
}
