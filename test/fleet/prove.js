/** What many processes make of one rotating grant, measured: npm run prove. `KILLS=50` for fewer of them. */

import { runFleet } from "./fleet.js";
import { hang } from "./hang.js";
import { killMany } from "./kills.js";
import { newFolder } from "./processes.js";

const size = { processes: 8, connectors: 25, accessTokenSeconds: 2 };

console.log("8 processes × 25 connectors, tokens of 2 s, 30 s, one store");
console.log(await runFleet({ ...size, milliseconds: 30_000, path: await newFolder() }));

console.log("one grant with 4 audiences, otherwise the same");
const audiences = ["read", "write", "read write", "openid"];
console.log(await runFleet({ ...size, connectors: 24, milliseconds: 30_000, path: await newFolder(), audiences }));

console.log("the same without a store");
console.log(await runFleet({ ...size, milliseconds: 30_000 }));

console.log("a rolling change of the configured refresh token, old and new side by side for 20 s");
console.log(await runFleet({ ...size, milliseconds: 20_000, path: await newFolder(), configured: 2 }));

console.log("8 processes, an IdP that hangs, timeout_secs: 5");
console.log(await hang({ processes: 8, timeoutSecs: 5 }));

console.log("processes killed at a random instant of a refresh");
console.log(await killMany(Number(process.env.KILLS ?? 500)));
