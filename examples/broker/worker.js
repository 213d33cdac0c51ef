/** Gets the URL once for each line of standard input: node worker.js SOCKET NAME URL. Prints the status of each answer. */

import { createInterface } from "node:readline";
import { authFetch, BrokerProvider } from "faucet-auth";

const [, , socket = "", name = "", url = ""] = process.argv;
const send = authFetch(new BrokerProvider({ socket, name }));

for await (const _line of createInterface(process.stdin)) {
  const answer = await send(url);
  await answer.body?.cancel();
  console.log(answer.status);
}
