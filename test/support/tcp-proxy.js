/** A TCP proxy before a server, which can stop answering, answer late, or cut every connection. */

import { once } from "node:events";
import { connect, createServer } from "node:net";

/** Starts it on a free port of loopback before `port` of `host`. @param {{ port: number, host?: string }} target */
export async function startTcpProxy({ port, host = "127.0.0.1" }) {
  /** @type {"nothing" | "replies" | "everything"} */
  let swallowed = "nothing";
  let replyDelayMs = 0;
  /** @type {Set<import("node:net").Socket>} */
  const sockets = new Set();
  let connections = 0;

  const server = createServer((near) => {
    connections += 1;
    const far = connect({ port, host });
    forward(near, far, { isCut: () => swallowed === "everything", delay: () => 0 });
    forward(far, near, { isCut: () => swallowed !== "nothing", delay: () => replyDelayMs });
  });

  /** @param {import("node:net").Socket} from @param {import("node:net").Socket} to @param {{ isCut: () => boolean, delay: () => number }} how */
  function forward(from, to, { isCut, delay }) {
    sockets.add(from);
    from.setNoDelay(true);
    let due = 0;
    const pass = (/** @type {() => void} */ send) => {
      // What is delayed arrives in order.
      due = Math.max(due, performance.now() + delay());
      setTimeout(send, due - performance.now());
    };
    // What comes while it is cut is swallowed, as by a network that drops packets for good.
    from.on("data", (chunk) => isCut() || pass(() => isCut() || to.destroyed || to.write(chunk)));
    from.on("end", () => isCut() || pass(() => isCut() || to.end()));
    from.on("error", () => {});
    from.on("close", () => {
      sockets.delete(from);
      if (!isCut()) pass(() => isCut() || to.destroy());
    });
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: own } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    port: own,
    host: "127.0.0.1",
    /** How many connections have been made to it so far. */
    connections: () => connections,
    /** From now on it accepts everything and answers nothing; with `replies`, the server still hears what is asked. @param {"replies" | "everything"} [what] */
    cut(what = "everything") {
      swallowed = what;
    },
    /** It answers again; connections of before stay dead, as after a partition in which the other side has forgotten them. */
    mend() {
      swallowed = "nothing";
      for (const socket of sockets) socket.destroy();
    },
    /** Each reply of the server comes so much later. @param {number} milliseconds */
    slow(milliseconds) {
      replyDelayMs = milliseconds;
    },
    /** Ends all connections; new ones are taken. */
    reset() {
      for (const socket of sockets) socket.destroy();
    },
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
